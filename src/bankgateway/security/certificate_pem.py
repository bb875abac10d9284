"""Certificates and keys in PEM text, and the lone certificate in DER form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography import x509

from bankgateway.security.certificate_source import UNREADABLE, Source


@dataclass(frozen=True, slots=True)
class Contents:
    """What was found in one or more sources, by content."""

    certificates: tuple[x509.Certificate, ...] = ()
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    other_blocks: tuple[str, ...] = ()
    der: bool = False

    def __add__(self, more: Contents) -> Contents:
        return Contents(
            self.certificates + more.certificates,
            self.keys + more.keys,
            self.other_blocks + more.other_blocks,
            self.der or more.der,
        )


# A block ends at the next run of hyphens, so that hostile input cannot make the search slow.
_PEM_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----((?:[^-]++|-(?!----))*+)-----END \1-----")


def pem_blocks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Label and normal form of each PEM block."""
    # Windows PowerShell writes redirected output as UTF-16.
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if utf16 else "utf-8", "replace")
    for escaped in (r"\r\n", r"\n", r"\r"):
        text = text.replace(escaped, "\n")
    for label, body in _PEM_BLOCK.findall(text):
        # Only the traditional form of encrypted keys has headers, whose lines must be kept.
        lines = body.strip() if ":" in body else "\n".join(re.findall(".{1,64}", "".join(body.split())))
        yield label, f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def contents(source: Source) -> Contents:
    """The certificates and keys of a source. Keys stay as they are, encrypted or not.

    Raises:
        CertificateUnreadable: A certificate is damaged.
    """
    certificates: list[x509.Certificate] = []
    keys: list[bytes] = []
    others: list[str] = []
    for label, block in pem_blocks(source.data):
        if label in ("CERTIFICATE", "X509 CERTIFICATE"):
            certificates.append(_certificate(source, block))
        elif label.endswith("PRIVATE KEY"):
            keys.append(block)
        else:
            others.append(label)
    if certificates or keys or others or not source.data.startswith(b"\x30"):
        return Contents(tuple(certificates), tuple(keys), tuple(others))
    try:
        return Contents((x509.load_der_x509_certificate(source.data),), der=True)
    except UNREADABLE:
        return Contents()


def _certificate(source: Source, block: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(block)
    except UNREADABLE:
        raise source.error("holds a damaged certificate. Get it again from where it was issued.") from None
