"""Where a certificate comes from: bytes with a name for messages, and what kind of file they are."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm

from bankgateway.errors import CertificateUnreadable

Text = str | bytes
FilePath = str | os.PathLike[str]

UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)
"""What `cryptography` raises for content that it cannot read."""


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes, and what to call them in a message."""

    name: str
    data: bytes = field(repr=False)

    def error(self, sentence: str) -> CertificateUnreadable:
        """The error that says what is wrong with it."""
        return CertificateUnreadable(f"{self.name[:1].upper()}{self.name[1:]} {sentence}")


def to_bytes(text: Text) -> bytes:
    """Text as UTF-8."""
    # `surrogatepass` because the error that strict encoding raises carries the whole text.
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)


def password_bytes(password: Text | None) -> bytes | None:
    """A password as `cryptography` takes it."""
    return None if password is None else to_bytes(password)


def source_of(source: FilePath | bytes, name: str) -> Source:
    """The content itself, called `name`, or the file at a path."""
    return Source(name, source) if isinstance(source, bytes) else read(source)


def read(path: FilePath) -> Source:
    """The file at a path.

    Raises:
        CertificateUnreadable: There is none, or it is the text itself instead of a path.
    """
    shown = os.fspath(path)
    if "-----BEGIN" in shown or "\n" in shown or len(shown) > 4096:
        raise CertificateUnreadable("A path was expected, but the text itself was given: use from_pem.")
    try:
        return Source(f"the file {shown!r}", Path(path).read_bytes())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise CertificateUnreadable(
            f"The file {shown!r} cannot be read: {why}. Check path and permissions."
        ) from None


def is_zip(data: bytes) -> bool:
    """Whether it begins as a ZIP does."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def is_pfx(data: bytes) -> bool:
    """DER of a sequence that begins with the integer 3, the version of PKCS #12."""
    return data.startswith(b"\x30") and b"\x02\x01\x03" in data[2:9]


def wrong_form(source: Source) -> CertificateUnreadable | None:
    """The error for a source that clearly belongs to another constructor, or holds nothing."""
    if not source.data.strip():
        return source.error("is empty. Get the file again from where it was made.")
    if is_zip(source.data):
        return source.error("is a ZIP: use from_zip.")
    if is_pfx(source.data):
        return source.error("is a PFX (PKCS #12): use from_pfx with its password.")
    return None
