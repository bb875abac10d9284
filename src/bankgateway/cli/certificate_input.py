"""Certificates from files of any form: the content tells which."""

from __future__ import annotations

from pathlib import Path

from bankgateway.cli.passwords import PASSWORD, ask_password, somebody_is_there
from bankgateway.errors import CertificateError, CertificateUnreadable
from bankgateway.security import certificate_files as files
from bankgateway.security.certificate_pair import Pair
from bankgateway.security.certificate_pem import contents
from bankgateway.security.certificate_source import is_pfx, is_zip, read
from bankgateway.security.certificate_zip import zip_members


def read_pair(file: Path, key: Path | None, password: str | None) -> Pair:
    """Certificate, key and chain. A password that is needed and not given is asked for on a terminal.

    Args:
        file: PEM, PFX or ZIP.
        key: The private key, where it is in a file of its own.
        password: As stored somewhere, if it is.

    Raises:
        CertificateError: As the constructors of `ClientCertificate`.
    """
    try:
        return _open(file, key, password)
    except CertificateUnreadable as error:
        if password is not None or not _is_locked(file, key):
            raise
        if not somebody_is_there():
            raise CertificateUnreadable(f"{error} Give it with --password-file or in {PASSWORD}.") from None
    return _open(file, key, ask_password(f"Password of {key or file}"))


def _open(file: Path, key: Path | None, password: str | None) -> Pair:
    data = read(file).data
    if key is not None and (is_pfx(data) or is_zip(data)):
        raise CertificateError(f"{file} holds its key itself: leave --key out.")
    if is_pfx(data):
        return files.from_pfx(file, password)
    if is_zip(data):
        return files.from_zip(file, password)
    return files.from_files(file, key, password)


def _is_locked(file: Path, key: Path | None) -> bool:
    """Whether a password could make the difference."""
    source = read(key or file)
    if is_pfx(source.data):
        return True
    try:
        members = zip_members(source) if is_zip(source.data) else [source]
        blocks = [block for member in members for block in contents(member).keys]
    except CertificateUnreadable:
        return False
    return any(b"ENCRYPTED" in block for block in blocks)
