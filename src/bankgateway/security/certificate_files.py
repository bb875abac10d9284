"""The forms in which certificates are handed out: PEM, PFX, ZIP, and what stored configuration names."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.serialization import pkcs12

from bankgateway.errors import CertificateUnreadable, ConfigurationError
from bankgateway.security.certificate_pair import Pair, assemble, pair, seen
from bankgateway.security.certificate_pem import Contents, contents, pem_blocks
from bankgateway.security.certificate_source import (
    UNREADABLE,
    FilePath,
    Source,
    Text,
    is_pfx,
    is_zip,
    password_bytes,
    read,
    source_of,
    to_bytes,
    wrong_form,
)
from bankgateway.security.certificate_zip import zip_members


def from_text(certificate: Text, key: Text | None, password: Text | None) -> Pair:
    """Read PEM text, in one piece or two."""
    return _from_sources(
        Source("the certificate text", to_bytes(certificate)),
        None if key is None else Source("the key text", to_bytes(key)),
        password,
    )


def from_files(certificate: FilePath, key: FilePath | None, password: Text | None) -> Pair:
    """Read PEM files, one or two."""
    return _from_sources(read(certificate), None if key is None else read(key), password)


def _from_sources(certificate: Source, key: Source | None, password: Text | None) -> Pair:
    sources = [certificate] if key is None else [certificate, key]
    for source in sources:
        if problem := wrong_form(source):
            raise problem
    held = contents(certificate)
    if key is None:
        return assemble(held, certificate.name, password)
    held_by_key = contents(key)
    if held.keys and not held.certificates and held_by_key.certificates and not held_by_key.keys:
        raise CertificateUnreadable(
            f"Certificate and key are swapped: {certificate.name} holds the private key and {key.name} the "
            "certificate. Exchange the two."
        )
    if not held_by_key.keys:
        raise key.error(f"holds no private key in PEM form{seen(held_by_key)}. Give the .key file here.")
    if not held.certificates and not held_by_key.certificates:
        raise certificate.error(f"holds no certificate{seen(held)}. Give the .crt file here.")
    return assemble(Contents(held.certificates) + held_by_key, certificate.name, password)


def from_pfx(given: FilePath | bytes, password: Text | None) -> Pair:
    """Read a PFX: a path, or the content itself."""
    source = source_of(given, "the PFX")
    if not is_pfx(source.data):
        raise source.error(_instead_of_pfx(source.data))
    try:
        key, leaf, chain = pkcs12.load_key_and_certificates(source.data, password_bytes(password))
    except UNREADABLE:
        why = "no password was given" if not password else "the password is wrong"
        raise source.error(
            f"cannot be opened: {why}, or the file is damaged, or it is encrypted with an old algorithm "
            "(RC2) that OpenSSL refuses on this machine; the three cannot be told apart. Check the password "
            "first. If it is right, export the certificate again with AES-256 encryption, or convert it to "
            "PEM and use from_files."
        ) from None
    certificates = ([leaf] if leaf else []) + chain
    if key is None:
        raise source.error(
            "holds no private key. Export it again from the machine where it was installed, with the option "
            "to include the private key. An A3 certificate (card, token) cannot be exported."
        )
    if not certificates:
        raise source.error("holds a private key but no certificate. Export it again with both.")
    return pair(certificates, key, source.name)


def _instead_of_pfx(data: bytes) -> str:
    if not data.strip():
        return "is empty. Get the file again from where it was made."
    if is_zip(data):
        return "is not a PFX but a ZIP: use from_zip."
    if any(pem_blocks(data)):
        return "is not a PFX but PEM text: use from_pem or from_files."
    return (
        "is not a PFX (PKCS #12). A .cer or .crt file holds no private key: export certificate and key "
        "together as .pfx."
    )


def from_zip(given: FilePath | bytes, password: Text | None) -> Pair:
    """Read a ZIP: a path, or the content itself."""
    source = source_of(given, "the ZIP")
    if not source.data:
        raise source.error("is empty. Get the file again from where it was made.")
    members = zip_members(source)
    held = sum(map(contents, members), Contents())
    if not held.keys and any(is_pfx(member.data) for member in members):
        raise source.error("holds a PFX (PKCS #12): unpack it and use from_pfx with its password.")
    return assemble(held, source.name, password)


_FORMS = ("zip", "pfx", "certificate", "pem")


def from_stored(form: dict[str, FilePath | None]) -> Pair:
    """Read the one form that stored configuration names.

    Raises:
        ConfigurationError: For unknown keys, no form or more than one form.
    """
    given = {name: value for name, value in form.items() if value is not None}
    if unknown := sorted(set(form) - {*_FORMS, "key", "password"}):
        raise ConfigurationError(
            f"A certificate is described by zip=, pfx=, certificate= with key=, or pem=, and password=; "
            f"not by {', '.join(unknown)}."
        )
    forms = [name for name in _FORMS if name in given]
    if len(forms) != 1:
        raise ConfigurationError(
            "A certificate is described by exactly one of zip=, pfx=, certificate= (with key=) or pem=; "
            f"{'given: ' + ', '.join(forms) if forms else 'none of them is given'}."
        )
    if "key" in given and "certificate" not in given:
        raise ConfigurationError(f"key= belongs to certificate=, not to {forms[0]}=.")
    for name, value in given.items():
        if not isinstance(value, str if name in ("pem", "password") else (str, os.PathLike)):
            raise ConfigurationError(f"{name}= of a certificate must be text.")
    return _READERS[forms[0]](given)


_READERS: dict[str, Callable[[dict[str, Any]], Pair]] = {
    "zip": lambda form: from_zip(form["zip"], form.get("password")),
    "pfx": lambda form: from_pfx(form["pfx"], form.get("password")),
    "certificate": lambda form: from_files(form["certificate"], form.get("key"), form.get("password")),
    "pem": lambda form: from_text(form["pem"], None, form.get("password")),
}
