"""The client certificate: read from whatever the bank or the CA handed out, checked, never written down.

Reading is synchronous and takes about 30 ms for an RSA key, most of it the consistency check of the
key. Inside a running event loop call the constructors through a thread:

    certificate = await anyio.to_thread.run_sync(ClientCertificate.from_pfx, "empresa.pfx", password)

No message, `repr` or chained exception of this module carries key material or a password.
"""

from __future__ import annotations

import base64
import io
import logging
import os
import re
import stat
import struct
import threading
import types
import warnings
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Never, TypeVar, final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from bankgateway.errors import (
    CertificateError,
    CertificateExpired,
    CertificateExpiringWarning,
    CertificateKeyMismatch,
    CertificateNotYetValid,
    CertificateUnreadable,
    ConfigurationError,
)

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far in the future `not_before` may lie: clocks of servers differ."""

_logger = logging.getLogger("bankgateway.certificate")

_MINIMUM_RSA_BITS = 2048
_ICP_BRASIL_CNPJ = ObjectIdentifier("2.16.76.1.3.3")
_CNPJ = r"[0-9A-Z]{12}[0-9]{2}"
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)

Text = str | bytes
FilePath = str | os.PathLike[str]


# --- The certificate ------------------------------------------------------------------------------------


@final
class ClientCertificate:
    """A client certificate with its private key and the intermediates to send along.

    Make it with one of the constructors `from_pem`, `from_files`, `from_pfx`, `from_zip` or `load`.
    All of them raise `CertificateUnreadable` when the source is not what it should be or the password is
    wrong, and `CertificateKeyMismatch` when certificate and key do not belong together. Validity and
    fitness for client authentication depend on the day and are judged by `check`.

    Immutable, safe to share between threads, equal to another by its fingerprint. It cannot be pickled:
    store where it comes from (see `load`), not the key.
    """

    __slots__ = ("__weakref__", "_chain", "_fingerprint", "_key", "_leaf")

    _leaf: x509.Certificate
    _key: PrivateKeyTypes
    _chain: tuple[x509.Certificate, ...]
    _fingerprint: bytes

    def __init__(
        self, leaf: x509.Certificate, key: PrivateKeyTypes, chain: tuple[x509.Certificate, ...] = ()
    ) -> None:
        for name, value in (
            ("_leaf", leaf),
            ("_key", key),
            ("_chain", chain),
            ("_fingerprint", leaf.fingerprint(hashes.SHA256())),
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def from_pem(
        cls, certificate: Text, key: Text | None = None, *, password: Text | None = None
    ) -> ClientCertificate:
        r"""Read PEM text, in one piece or as certificate and key.

        Line ends, a byte order mark, text around the blocks and the one-line form of environment
        variables (`\n` written as two characters) do not matter, nor does the order of the blocks.

        Args:
            certificate: The certificate, with its chain if there is one; with the key if `key` is `None`.
            key: The private key, encrypted or not.
            password: Of the private key. Ignored when the key is not encrypted.
        """
        return _from_texts(
            _Source("the certificate text", _to_bytes(certificate)),
            None if key is None else _Source("the key text", _to_bytes(key)),
            password,
        )

    @classmethod
    def from_files(
        cls, certificate: FilePath, key: FilePath | None = None, *, password: Text | None = None
    ) -> ClientCertificate:
        """Read PEM files, such as the `.crt` and `.key` pair of Banco Inter, Itaú and Bradesco.

        Args:
            certificate: Path of the certificate, or of one file with both.
            key: Path of the private key.
            password: Of the private key. Ignored when the key is not encrypted.
        """
        return _from_texts(_read(certificate), None if key is None else _read(key), password)

    @classmethod
    def from_pfx(cls, source: FilePath | bytes, password: Text | None) -> ClientCertificate:
        """Read a PFX (PKCS #12, `.pfx` or `.p12`), the form of ICP-Brasil A1 certificates.

        Args:
            source: A path, or the content itself as bytes.
            password: Of the PFX; text is taken as UTF-8. `None` and empty mean the empty password.
        """
        return _from_pfx(_source(source, "the PFX"), password)

    @classmethod
    def from_zip(cls, source: FilePath | bytes, *, password: Text | None = None) -> ClientCertificate:
        """Read the ZIP a bank hands out (Banco Inter), in memory, without unpacking it to disk.

        The content of the members decides, not their names.

        Args:
            source: A path, or the content itself as bytes.
            password: Of the private key. Encrypted ZIP members are refused.
        """
        return _from_zip(_source(source, "the ZIP"), password)

    @classmethod
    def load(cls, **form: FilePath | None) -> ClientCertificate:
        """Read the certificate that stored configuration describes.

        Exactly one of the forms `zip=`, `pfx=`, `certificate=` (with `key=`) or `pem=`, each with an
        optional `password=`. `pem` is the text itself, the others are paths. `None` means not given.

        Raises:
            ConfigurationError: For unknown keys, no form or more than one form.
            CertificateError: As the other constructors.
        """
        return _from_stored(form)

    @property
    def subject(self) -> str:
        """Common name of the holder, or the whole name where it has none."""
        return _common_name(self._leaf.subject)

    @property
    def issuer(self) -> str:
        """Common name of the CA that issued the certificate, or the whole name where it has none."""
        return _common_name(self._leaf.issuer)

    @property
    def cnpj(self) -> str | None:
        """CNPJ of the holder, 14 characters without punctuation; `None` where the certificate names none.

        Taken from the otherName 2.16.76.1.3.3 or the common name `NAME:CNPJ` (ICP-Brasil).
        """
        return _cnpj_of_other_name(self._leaf) or _cnpj_of_common_name(self.subject)

    @property
    def serial_number(self) -> int:
        """Serial number, unique for the issuer."""
        return self._leaf.serial_number

    @property
    def not_before(self) -> datetime:
        """First instant of validity, aware, UTC."""
        return self._leaf.not_valid_before_utc

    @property
    def expires_at(self) -> datetime:
        """Last instant of validity, aware, UTC."""
        return self._leaf.not_valid_after_utc

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER form, 64 hexadecimal characters."""
        return self._fingerprint.hex()

    @property
    def thumbprint(self) -> str:
        """`x5t#S256` (RFC 8705): SHA-256 of the DER form in base64url without padding, 43 characters."""
        return base64.urlsafe_b64encode(self._fingerprint).rstrip(b"=").decode()

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates sent after the leaf, in DER form, each the issuer of the one before."""
        return tuple(certificate.public_bytes(serialization.Encoding.DER) for certificate in self._chain)

    def days_left(self, now: datetime | None = None) -> int:
        """Whole days until `expires_at`, rounded down; negative once expired.

        Args:
            now: An aware instant; the system's time when `None`.
        """
        return (self.expires_at - (now or datetime.now(UTC))) // timedelta(days=1)

    def check(self, now: datetime, *, renewal_hint: str = "") -> None:
        """Make sure that banks can accept the certificate at `now`.

        Args:
            now: An aware instant.
            renewal_hint: A sentence on how this bank renews, added to the error of an expired one.

        Raises:
            CertificateExpired: `expires_at` has passed.
            CertificateNotYetValid: `not_before` lies more than `CLOCK_SKEW` ahead.
            CertificateError: It is a CA certificate, not meant for client authentication, or its RSA key
                is shorter than 2048 bits.
        """
        self._check_fitness()
        if self.expires_at <= now:
            hint = renewal_hint or "Renew it and configure the new certificate with its new key."
            raise CertificateExpired(f"{self._label} expired on {_utc(self.expires_at)}. {hint}")
        if self.not_before > now + CLOCK_SKEW:
            raise CertificateNotYetValid(
                f"{self._label} is not valid before {_utc(self.not_before)}. Wait until then, or correct the "
                f"clock of this machine, which says {_utc(now)}."
            )

    def _check_fitness(self) -> None:
        if _is_ca(self._leaf):
            raise CertificateError(
                f"{self._label} is a CA certificate, not a client certificate. Configure the certificate the "
                "bank issued or registered for the API. If you made it yourself, make it again with the "
                "extension basicConstraints=CA:FALSE."
            )
        usages = _extension(self._leaf, x509.ExtendedKeyUsage)
        if usages is not None and not {
            ExtendedKeyUsageOID.CLIENT_AUTH,
            ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        } & set(usages):
            raise CertificateError(
                f"{self._label} cannot be used for client authentication: its extended key usage lacks "
                "clientAuth (certificates of public web CAs are for servers only). Get one from the bank or "
                "from ICP-Brasil."
            )
        if isinstance(self._key, rsa.RSAPrivateKey) and self._key.key_size < _MINIMUM_RSA_BITS:
            raise CertificateError(
                f"{self._label} has an RSA key of {self._key.key_size} bits; TLS needs at least "
                f"{_MINIMUM_RSA_BITS}. Have a certificate issued for a new key."
            )

    @property
    def _label(self) -> str:
        short = f"{self.fingerprint[:8]}…"
        if _NATURAL_PERSON.search(self.subject):
            return f"The client certificate with fingerprint {short}"
        name = self.subject.rpartition(":")[0] or self.subject
        return f"The client certificate of {name!r} (fingerprint {short})"

    def _encrypted_pem(self, password: bytes) -> bytes:
        """Leaf, chain and encrypted key; OpenSSL insists on the leaf before the other certificates."""
        certificates = (self._leaf, *self._chain)
        return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates) + (
            self._key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(password),
            )
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClientCertificate):
            return NotImplemented
        return self._fingerprint == other._fingerprint

    def __hash__(self) -> int:
        return hash(self._fingerprint)

    def __repr__(self) -> str:
        return f"<ClientCertificate {self.fingerprint[:8]}… expires {_utc(self.expires_at)}>"

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a ClientCertificate cannot be changed")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError("a ClientCertificate cannot be changed")

    def __copy__(self) -> ClientCertificate:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ClientCertificate:
        return self

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError(
            "a ClientCertificate holds a private key and cannot be pickled: store where it comes from and "
            "read it again with ClientCertificate.load(...)"
        )


# --- What the certificate says --------------------------------------------------------------------------

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

# The common name of an e-CPF is `NAME:CPF`; that of a sole trader carries the CPF, or begins with the root
# of the CNPJ. Such names are personal data and stay out of messages.
_NATURAL_PERSON = re.compile(r"(?<!\d)\d{11}(?!\d)|^\d{2}\.?\d{3}\.?\d{3}\s")


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    # An extension that `cryptography` cannot read is not a reason to refuse what a bank may accept.
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return None


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def _cnpj_of_other_name(certificate: x509.Certificate) -> str | None:
    names = _extension(certificate, x509.SubjectAlternativeName)
    for other in names.get_values_for_type(x509.OtherName) if names else ():
        # The value is DER of a string type that differs by issuer: skip its tag and its length.
        text = other.value[2:].decode("latin-1").strip()
        if other.type_id == _ICP_BRASIL_CNPJ and re.fullmatch(_CNPJ, text):
            return text
    return None


def _cnpj_of_common_name(common_name: str) -> str | None:
    found = re.search(rf":({_CNPJ})$", common_name.strip())
    return found[1] if found else None


def _is_ca(certificate: x509.Certificate) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _only_ca(certificates: Iterable[x509.Certificate]) -> bool:
    return all(map(_is_ca, certificates))


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


# --- Reading --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Source:
    """Bytes, and what to call them in a message."""

    name: str
    data: bytes = field(repr=False)

    def error(self, sentence: str) -> CertificateUnreadable:
        return CertificateUnreadable(f"{self.name[:1].upper()}{self.name[1:]} {sentence}")


@dataclass(frozen=True, slots=True)
class _Contents:
    """What was found in one or more sources, by content."""

    certificates: tuple[x509.Certificate, ...] = ()
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    other_blocks: tuple[str, ...] = ()
    der: bool = False

    def __add__(self, more: _Contents) -> _Contents:
        return _Contents(
            self.certificates + more.certificates,
            self.keys + more.keys,
            self.other_blocks + more.other_blocks,
            self.der or more.der,
        )


def _to_bytes(text: Text) -> bytes:
    # `surrogatepass` because the error that strict encoding raises carries the whole text.
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)


def _password_bytes(password: Text | None) -> bytes | None:
    return None if password is None else _to_bytes(password)


def _source(source: FilePath | bytes, name: str) -> _Source:
    return _Source(name, source) if isinstance(source, bytes) else _read(source)


def _read(path: FilePath) -> _Source:
    shown = os.fspath(path)
    if "-----BEGIN" in shown or "\n" in shown or len(shown) > 4096:
        raise CertificateUnreadable("A path was expected, but the text itself was given: use from_pem.")
    try:
        return _Source(f"the file {shown!r}", Path(path).read_bytes())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise CertificateUnreadable(
            f"The file {shown!r} cannot be read: {why}. Check path and permissions."
        ) from None


def _is_zip(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _is_pfx(data: bytes) -> bool:
    """DER of a sequence that begins with the integer 3, the version of PKCS #12."""
    return data.startswith(b"\x30") and b"\x02\x01\x03" in data[2:9]


def _wrong_form(source: _Source) -> CertificateUnreadable | None:
    """The error for a source that clearly belongs to another constructor, or holds nothing."""
    if not source.data.strip():
        return source.error("is empty. Get the file again from where it was made.")
    if _is_zip(source.data):
        return source.error("is a ZIP: use from_zip.")
    if _is_pfx(source.data):
        return source.error("is a PFX (PKCS #12): use from_pfx with its password.")
    return None


# A block ends at the next run of hyphens, so that hostile input cannot make the search slow.
_PEM_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----((?:[^-]++|-(?!----))*+)-----END \1-----")


def _pem_blocks(data: bytes) -> Iterator[tuple[str, bytes]]:
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


def _contents(source: _Source) -> _Contents:
    certificates: list[x509.Certificate] = []
    keys: list[bytes] = []
    others: list[str] = []
    for label, block in _pem_blocks(source.data):
        if label in ("CERTIFICATE", "X509 CERTIFICATE"):
            certificates.append(_certificate(source, block))
        elif label.endswith("PRIVATE KEY"):
            keys.append(block)
        else:
            others.append(label)
    if certificates or keys or others or not source.data.startswith(b"\x30"):
        return _Contents(tuple(certificates), tuple(keys), tuple(others))
    try:
        return _Contents((x509.load_der_x509_certificate(source.data),), der=True)
    except _UNREADABLE:
        return _Contents()


def _certificate(source: _Source, block: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(block)
    except _UNREADABLE:
        raise source.error("holds a damaged certificate. Get it again from where it was issued.") from None


def _from_texts(certificate: _Source, key: _Source | None, password: Text | None) -> ClientCertificate:
    sources = [certificate] if key is None else [certificate, key]
    for source in sources:
        if problem := _wrong_form(source):
            raise problem
    held = _contents(certificate)
    if key is None:
        return _assemble(held, certificate.name, password)
    held_by_key = _contents(key)
    if held.keys and not held.certificates and held_by_key.certificates and not held_by_key.keys:
        raise CertificateUnreadable(
            f"Certificate and key are swapped: {certificate.name} holds the private key and {key.name} the "
            "certificate. Exchange the two."
        )
    if not held_by_key.keys:
        raise key.error(f"holds no private key in PEM form{_seen(held_by_key)}. Give the .key file here.")
    if not held.certificates and not held_by_key.certificates:
        raise certificate.error(f"holds no certificate{_seen(held)}. Give the .crt file here.")
    return _assemble(_Contents(held.certificates) + held_by_key, certificate.name, password)


def _from_pfx(source: _Source, password: Text | None) -> ClientCertificate:
    if not _is_pfx(source.data):
        raise source.error(_instead_of_pfx(source.data))
    try:
        key, leaf, chain = pkcs12.load_key_and_certificates(source.data, _password_bytes(password))
    except _UNREADABLE:
        given = "no password was given" if not password else "the password is wrong"
        raise source.error(
            f"cannot be opened: {given}, or the file is damaged, or it is encrypted with an old algorithm "
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
    return _pair(certificates, key, source.name)


def _instead_of_pfx(data: bytes) -> str:
    if not data.strip():
        return "is empty. Get the file again from where it was made."
    if _is_zip(data):
        return "is not a PFX but a ZIP: use from_zip."
    if any(_pem_blocks(data)):
        return "is not a PFX but PEM text: use from_pem or from_files."
    return (
        "is not a PFX (PKCS #12). A .cer or .crt file holds no private key: export certificate and key "
        "together as .pfx."
    )


def _assemble(held: _Contents, name: str, password: Text | None) -> ClientCertificate:
    source = _Source(name, b"")
    if not held.certificates:
        if held.keys:
            raise source.error("holds a private key but no certificate: give the certificate too.")
        raise source.error(
            f"holds neither a certificate nor a private key in PEM form{_seen(held)}. A path belongs into "
            "from_files, not into from_pem."
        )
    if not held.keys:
        raise _key_missing(held, source)
    if len(set(held.keys)) > 1:
        raise source.error("comes with more than one private key. Keep only the one of this certificate.")
    return _pair(held.certificates, _private_key(held.keys[0], password), name)


def _seen(held: _Contents) -> str:
    if any("CERTIFICATE REQUEST" in label for label in held.other_blocks):
        return " but a request (CSR): use the certificate that was issued for it"
    labels = sorted({label.lower()[:40] for label in held.other_blocks})
    labels += ["certificate"] if held.certificates else []
    return f" (only: {', '.join(labels)})" if labels else ""


def _key_missing(held: _Contents, source: _Source) -> CertificateUnreadable:
    if _only_ca(held.certificates):
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
        return serialization.load_pem_private_key(block, _password_bytes(password) if encrypted else None)
    except _UNREADABLE:
        raise CertificateUnreadable(_key_problem(encrypted, bool(password))) from None


def _key_problem(encrypted: bool, password_given: bool) -> str:
    if not encrypted:
        return "The private key is damaged or of a kind that TLS does not use. Get the file again."
    if not password_given:
        return "The private key is encrypted and no password was given: add password=."
    return "The private key cannot be opened: the password is wrong, or the file is damaged."


def _pair(certificates: Iterable[x509.Certificate], key: PrivateKeyTypes, name: str) -> ClientCertificate:
    """Choose the leaf by its key: neither order nor names say which certificate it is."""
    wanted = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    matching = [c for c in certificates if _public_key(c) == wanted]
    if not matching:
        ca = (
            " The certificate is one of a CA: give that of the API integration."
            if _only_ca(certificates)
            else ""
        )
        raise CertificateKeyMismatch(
            f"Certificate and private key do not belong together ({name}).{ca} Use the key that was made "
            "with this certificate; after a renewal both files have to be exchanged."
        )
    leaf = max(matching, key=lambda c: c.not_valid_after_utc)
    try:
        return ClientCertificate(leaf, key, _chain_of(leaf, certificates))
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
    except _UNREADABLE:
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


# --- ZIP ------------------------------------------------------------------------------------------------

_ZIP_MEMBERS = 20
_ZIP_MEMBER_BYTES = 1_000_000
_ZIP_ENCRYPTED = 0x1
_ZIP_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError)


def _from_zip(source: _Source, password: Text | None) -> ClientCertificate:
    if not source.data:
        raise source.error("is empty. Get the file again from where it was made.")
    members = _zip_members(source)
    held = sum(map(_contents, members), _Contents())
    if not held.keys and any(_is_pfx(member.data) for member in members):
        raise source.error("holds a PFX (PKCS #12): unpack it and use from_pfx with its password.")
    return _assemble(held, source.name, password)


def _zip_members(source: _Source) -> list[_Source]:
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            wanted = [info for info in archive.infolist() if not _is_clutter(info)]
            _refuse_hostile(source, wanted)
            return [_Source(f"the member {info.filename!r}", _unpack(archive, info)) for info in wanted]
    except _ZIP_DAMAGED:
        raise source.error(
            "is not a readable ZIP. Give the file as the bank handed it out, or unpack it and use from_files."
        ) from None


def _is_clutter(info: zipfile.ZipInfo) -> bool:
    """Directories, links and what macOS and editors leave behind."""
    parts = re.split(r"[/\\]", info.filename)
    link = stat.S_ISLNK(info.external_attr >> 16)
    return info.is_dir() or link or any(part == "__MACOSX" or part.startswith(".") for part in parts)


def _refuse_hostile(source: _Source, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > _ZIP_MEMBERS:
        raise source.error(
            f"has more than {_ZIP_MEMBERS} files: not the one a bank hands out. Give the bank's own ZIP."
        )
    for info in members:
        if info.flag_bits & _ZIP_ENCRYPTED:
            raise source.error("is encrypted. Unpack it with its password and use from_files.")
        if info.file_size > _ZIP_MEMBER_BYTES:
            raise source.error(
                "has a file above 1 MB, far more than a certificate or key. Give the bank's own ZIP."
            )


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # The other methods need libraries that raise errors of their own; nobody packs two small files so.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    with archive.open(info) as member:
        return member.read(_ZIP_MEMBER_BYTES + 1)


# --- Stored configuration -------------------------------------------------------------------------------

_FORMS = ("zip", "pfx", "certificate", "pem")


def _from_stored(form: dict[str, FilePath | None]) -> ClientCertificate:
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


_READERS: dict[str, Callable[[dict[str, Any]], ClientCertificate]] = {
    "zip": lambda form: ClientCertificate.from_zip(form["zip"], password=form.get("password")),
    "pfx": lambda form: ClientCertificate.from_pfx(form["pfx"], form.get("password")),
    "certificate": lambda form: ClientCertificate.from_files(
        form["certificate"], form.get("key"), password=form.get("password")
    ),
    "pem": lambda form: ClientCertificate.from_pem(form["pem"], password=form.get("password")),
}


# --- Expiry notices -------------------------------------------------------------------------------------

FIRST_NOTICE: Final = 30
"""Notices begin when fewer than this many days are left."""


@dataclass(frozen=True, slots=True)
class ExpiryNotice:
    """A client certificate nears its end.

    Attributes:
        days_left: Whole days, rounded down.
        expires_at: Last instant of validity, aware, UTC.
        subject: Common name of the holder. Of a natural person it is personal data.
        fingerprint: SHA-256 of the DER form, hexadecimal.
        renewal_hint: How this bank renews, a sentence.
    """

    days_left: int
    expires_at: datetime
    subject: str = field(repr=False)
    fingerprint: str
    renewal_hint: str


ExpiryCallback = Callable[[ExpiryNotice], object]


def expiry_threshold(days_left: int) -> int | None:
    """The threshold that `days_left` whole days have reached.

    30 while fewer than 30 days are left, 15 from 15 days on, and from 7 days on each day is a threshold
    of its own. `None` with 30 days and more.
    """
    if days_left >= FIRST_NOTICE:
        return None
    if days_left > 15:
        return FIRST_NOTICE
    return 15 if days_left > 7 else days_left


class ExpiryRegistry:
    """What was announced already. Thread-safe.

    A service that makes a client for every request must not warn on every request.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noticed: set[tuple[str, int]] = set()
        self._called: dict[tuple[str, int], list[Callable[[], object]]] = {}

    def first_notice(self, fingerprint: str, threshold: int) -> bool:
        """True the first time, False ever after."""
        with self._lock:
            known = (fingerprint, threshold) in self._noticed
            self._noticed.add((fingerprint, threshold))
        return not known

    def first_call(self, fingerprint: str, threshold: int, callback: ExpiryCallback) -> bool:
        """True the first time for this callback, False ever after. Kept alive only where it must be."""
        with self._lock:
            called = [ref for ref in self._called.get((fingerprint, threshold), ()) if ref() is not None]
            known = any(_same_callback(ref(), callback) for ref in called)
            if not known:
                called.append(_reference(callback))
            self._called[fingerprint, threshold] = called
        return not known

    def reset(self) -> None:
        """Forget everything: for tests."""
        with self._lock:
            self._noticed.clear()
            self._called.clear()


EXPIRY_REGISTRY: Final = ExpiryRegistry()
"""The registry of this process."""


def notice_expiry(
    certificate: ClientCertificate,
    now: datetime,
    *,
    renewal_hint: str = "",
    callback: ExpiryCallback | None = None,
) -> ExpiryNotice | None:
    """Announce that the certificate nears its end, if it does and if that was not announced yet.

    Once per process, certificate and threshold: a log record (logger `bankgateway.certificate`, WARNING)
    and a `CertificateExpiringWarning`. Once per threshold for each callback: the callback. What a callback
    raises is logged and goes no further.

    Args:
        certificate: The certificate.
        now: An aware instant.
        renewal_hint: How this bank renews, a sentence.
        callback: Called synchronously with the notice.

    Returns:
        The notice, whether announced now or before; `None` while no threshold is reached.
    """
    days_left = certificate.days_left(now)
    threshold = expiry_threshold(days_left)
    if threshold is None:
        return None
    notice = ExpiryNotice(
        days_left, certificate.expires_at, certificate.subject, certificate.fingerprint, renewal_hint
    )
    first = EXPIRY_REGISTRY.first_notice(certificate.fingerprint, threshold)
    text = f"{certificate._label} expires on {_utc(certificate.expires_at)}, {_in_days(days_left)}."
    text = f"{text} {renewal_hint}".rstrip()
    if first:
        _logger.warning("%s", text)
    if callback is not None and EXPIRY_REGISTRY.first_call(certificate.fingerprint, threshold, callback):
        try:
            callback(notice)
        except Exception:
            _logger.exception("The callback for expiring certificates failed")
    # Last, because under `-W error` it raises.
    if first:
        warnings.warn(text, CertificateExpiringWarning, stacklevel=2)
    return notice


def _in_days(days: int) -> str:
    if days < 1:
        return "in less than a day" if days == 0 else "already over"
    return f"in {days} day{'s' if days > 1 else ''}"


# `obj.method` makes a new object at every access: such objects are equal, never identical.
_METHODS = (types.MethodType, types.BuiltinMethodType)


def _same_callback(known: object, callback: ExpiryCallback) -> bool:
    return known is callback or (isinstance(callback, _METHODS) and known == callback)


def _reference(callback: ExpiryCallback) -> Callable[[], object]:
    try:
        if isinstance(callback, types.MethodType):
            return weakref.WeakMethod(callback)
        if not isinstance(callback, types.BuiltinMethodType):
            return weakref.ref(callback)
    except TypeError:
        pass
    # Neither `list.append` nor an object with slots can be referred to weakly: these are kept.
    return lambda: callback
