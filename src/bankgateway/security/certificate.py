"""The client certificate: read from whatever the bank or the CA handed out, checked, never written down.

Reading is synchronous and takes about 30 ms for an RSA key, most of it the consistency check of the
key. Inside a running event loop call the constructors through a thread:

    certificate = await anyio.to_thread.run_sync(ClientCertificate.from_pfx, "empresa.pfx", password)

No message, `repr` or chained exception of the modules that read certificates carries key material or a
password.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Never, final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID

from bankgateway.errors import CertificateError, CertificateExpired, CertificateNotYetValid
from bankgateway.security import certificate_facts as facts
from bankgateway.security import certificate_files as files
from bankgateway.security.certificate_facts import utc
from bankgateway.security.certificate_source import FilePath, Text

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far in the future `not_before` may lie: clocks of servers differ."""

_MINIMUM_RSA_BITS = 2048


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
        return cls(*files.from_text(certificate, key, password))

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
        return cls(*files.from_files(certificate, key, password))

    @classmethod
    def from_pfx(cls, source: FilePath | bytes, password: Text | None) -> ClientCertificate:
        """Read a PFX (PKCS #12, `.pfx` or `.p12`), the form of ICP-Brasil A1 certificates.

        Args:
            source: A path, or the content itself as bytes.
            password: Of the PFX; text is taken as UTF-8. `None` and empty mean the empty password.
        """
        return cls(*files.from_pfx(source, password))

    @classmethod
    def from_zip(cls, source: FilePath | bytes, *, password: Text | None = None) -> ClientCertificate:
        """Read the ZIP a bank hands out (Banco Inter), in memory, without unpacking it to disk.

        The content of the members decides, not their names.

        Args:
            source: A path, or the content itself as bytes.
            password: Of the private key. Encrypted ZIP members are refused.
        """
        return cls(*files.from_zip(source, password))

    @classmethod
    def load(cls, **form: FilePath | None) -> ClientCertificate:
        """Read the certificate that stored configuration describes.

        Exactly one of the forms `zip=`, `pfx=`, `certificate=` (with `key=`) or `pem=`, each with an
        optional `password=`. `pem` is the text itself, the others are paths. `None` means not given.

        Raises:
            ConfigurationError: For unknown keys, no form or more than one form.
            CertificateError: As the other constructors.
        """
        return cls(*files.from_stored(form))

    @property
    def subject(self) -> str:
        """Common name of the holder, or the whole name where it has none."""
        return facts.common_name(self._leaf.subject)

    @property
    def issuer(self) -> str:
        """Common name of the CA that issued the certificate, or the whole name where it has none."""
        return facts.common_name(self._leaf.issuer)

    @property
    def cnpj(self) -> str | None:
        """CNPJ of the holder, 14 characters without punctuation; `None` where the certificate names none.

        Taken from the otherName 2.16.76.1.3.3 or the common name `NAME:CNPJ` (ICP-Brasil).
        """
        return facts.cnpj(self._leaf)

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
            raise CertificateExpired(f"{self._label} expired on {utc(self.expires_at)}. {hint}")
        if self.not_before > now + CLOCK_SKEW:
            raise CertificateNotYetValid(
                f"{self._label} is not valid before {utc(self.not_before)}. Wait until then, or correct the "
                f"clock of this machine, which says {utc(now)}."
            )

    def _check_fitness(self) -> None:
        if facts.is_ca(self._leaf):
            raise CertificateError(
                f"{self._label} is a CA certificate, not a client certificate. Configure the certificate the "
                "bank issued or registered for the API. If you made it yourself, make it again with the "
                "extension basicConstraints=CA:FALSE."
            )
        usages = facts.extension(self._leaf, x509.ExtendedKeyUsage)
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
        if facts.is_a_person(self.subject):
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
        return f"<ClientCertificate {self.fingerprint[:8]}… expires {utc(self.expires_at)}>"

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
