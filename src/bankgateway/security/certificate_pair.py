"""Certificate and key that belong together, and the chain between them and the CA."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from bankgateway.errors import CertificateKeyMismatch, CertificateUnreadable
from bankgateway.security.certificate_facts import only_ca
from bankgateway.security.certificate_pem import Contents
from bankgateway.security.certificate_source import UNREADABLE, Source, Text, password_bytes


class Pair(NamedTuple):
    """What a client certificate is made of.

    Attributes:
        leaf: The holder's certificate.
        key: Its private key.
        chain: The intermediates, each the issuer of the one before.
    """

    leaf: x509.Certificate
    key: PrivateKeyTypes
    chain: tuple[x509.Certificate, ...]


def assemble(held: Contents, name: str, password: Text | None) -> Pair:
    """The pair that was found.

    Args:
        held: What was found.
        name: Of the source, for messages.
        password: Of the private key.

    Raises:
        CertificateUnreadable: Something is missing, or there is more than one key.
        CertificateKeyMismatch: Certificate and key do not belong together.
    """
    source = Source(name, b"")
    if not held.certificates:
        if held.keys:
            raise source.error("holds a private key but no certificate: give the certificate too.")
        raise source.error(
            f"holds neither a certificate nor a private key in PEM form{seen(held)}. A path belongs into "
            "from_files, not into from_pem."
        )
    if not held.keys:
        raise _key_missing(held, source)
    if len(set(held.keys)) > 1:
        raise source.error("comes with more than one private key. Keep only the one of this certificate.")
    return pair(held.certificates, _private_key(held.keys[0], password), name)


def seen(held: Contents) -> str:
    """What there is instead, to end a message with."""
    if any("CERTIFICATE REQUEST" in label for label in held.other_blocks):
        return " but a request (CSR): use the certificate that was issued for it"
    labels = sorted({label.lower()[:40] for label in held.other_blocks})
    labels += ["certificate"] if held.certificates else []
    return f" (only: {', '.join(labels)})" if labels else ""


def _key_missing(held: Contents, source: Source) -> CertificateUnreadable:
    if only_ca(held.certificates):
        return source.error(
            "holds only a CA certificate, no client certificate and no private key. Banco Inter hands out "
            "such a file, ca.crt in Certificado_Webhook.zip, to recognise its webhook calls. Configure the "
            "certificate and key of the API integration instead."
        )
    if held.der:
        return source.error(
            "holds a certificate in DER form (.cer) without its private key: the file that is uploaded to a "
            "bank's portal. Configure the PFX, or certificate and .key file, it was taken from."
        )
    return source.error(
        "holds a certificate but no private key. Give the .key file that was made with it, or the PFX."
    )


def _private_key(block: bytes, password: Text | None) -> PrivateKeyTypes:
    # OpenSSL refuses a password for a key that has none, so it is given to encrypted keys only.
    encrypted = b"BEGIN ENCRYPTED" in block or b"Proc-Type: 4,ENCRYPTED" in block
    try:
        return serialization.load_pem_private_key(block, password_bytes(password) if encrypted else None)
    except UNREADABLE:
        raise CertificateUnreadable(_key_problem(encrypted, bool(password))) from None


def _key_problem(encrypted: bool, password_given: bool) -> str:
    if not encrypted:
        return "The private key is damaged or of a kind that TLS does not use. Get the file again."
    if not password_given:
        return "The private key is encrypted and no password was given: add password=."
    return "The private key cannot be opened: the password is wrong, or the file is damaged."


def pair(certificates: Iterable[x509.Certificate], key: PrivateKeyTypes, name: str) -> Pair:
    """Choose the leaf by its key: neither order nor names say which certificate it is."""
    wanted = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    matching = [c for c in certificates if _public_key(c) == wanted]
    if not matching:
        ca = (
            " The certificate is one of a CA: give that of the API integration."
            if only_ca(certificates)
            else ""
        )
        raise CertificateKeyMismatch(
            f"Certificate and private key do not belong together ({name}).{ca} Use the key that was made "
            "with this certificate; after a renewal both files have to be exchanged."
        )
    leaf = max(matching, key=lambda c: c.not_valid_after_utc)
    try:
        return Pair(leaf, key, _chain_of(leaf, certificates))
    except ValueError:
        raise CertificateUnreadable(
            f"A certificate names its holder or issuer in a form that cannot be read ({name}). Have it "
            "issued again."
        ) from None


def _public_key(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except UNREADABLE:
        return None


def _chain_of(
    leaf: x509.Certificate, certificates: Iterable[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """The issuers of the leaf in the order TLS sends them; unrelated certificates are left out."""
    rest = [c for c in certificates if c != leaf]
    chain: list[x509.Certificate] = []
    child = leaf
    while child.issuer != child.subject:
        parent = next((c for c in rest if c.subject == child.issuer), None)
        if parent is None:
            break
        rest.remove(parent)
        chain.append(parent)
        child = parent
    return tuple(chain)
