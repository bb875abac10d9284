"""Throw-away certificates for tests: a CA, servers, and clients that are right or wrong in one way each.

Everything is generated in memory; RSA keys are made once per process and role, so that a test suite does
not spend its time on primes. Never use any of it outside tests.
"""

from __future__ import annotations

import io
import ipaddress
import ssl
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.tls import Trust, load_certificate

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

CLIENT_AUTH: Final = (ExtendedKeyUsageOID.CLIENT_AUTH,)
SERVER_AUTH: Final = (ExtendedKeyUsageOID.SERVER_AUTH,)

_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
_END = datetime(2049, 12, 31, tzinfo=UTC)
_ICP_BRASIL_CNPJ = ObjectIdentifier("2.16.76.1.3.3")


@cache
def _rsa_key(role: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def _ec_key(role: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class ClientMaterial:
    """A client certificate in the forms customers have it.

    Attributes:
        cert_pem: The certificate.
        key_pem: Its private key, PKCS #8, not encrypted.
        chain_pem: The intermediates, empty when the root issued the certificate itself.
    """

    cert_pem: bytes
    key_pem: bytes = field(repr=False)
    chain_pem: bytes = b""

    @property
    def pem(self) -> bytes:
        """Certificate, chain and key in one text."""
        return self.cert_pem + self.chain_pem + self.key_pem

    @property
    def der(self) -> bytes:
        """The certificate alone in DER form, as uploaded to a bank's portal."""
        return self._leaf.public_bytes(serialization.Encoding.DER)

    def certificate(self) -> ClientCertificate:
        """The certificate as the SDK reads it."""
        return ClientCertificate.from_pem(self.cert_pem + self.chain_pem, self.key_pem)

    def without_chain(self) -> ClientMaterial:
        """The same without the intermediates: servers cannot verify it."""
        return replace(self, chain_pem=b"")

    def encrypted_key(self, password: bytes, *, traditional: bool = False) -> bytes:
        """The key in PEM, encrypted; `traditional` is OpenSSL's old form with `DEK-Info`."""
        form = serialization.PrivateFormat
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            form.TraditionalOpenSSL if traditional else form.PKCS8,
            serialization.BestAvailableEncryption(password),
        )

    def encrypted_pem(self, password: bytes, *, traditional: bool = False) -> bytes:
        """Certificate, chain and encrypted key in one text."""
        return self.cert_pem + self.chain_pem + self.encrypted_key(password, traditional=traditional)

    def pfx(self, password: bytes, *, modern: bool = True) -> bytes:
        """PKCS #12: AES-256 with SHA-256, or, not `modern`, 3DES with SHA-1. Unencrypted without password."""
        return pkcs12.serialize_key_and_certificates(
            b"bankgateway test", self._key, self._leaf, self._chain or None, _pfx_encryption(password, modern)
        )

    def zip_inter(self) -> bytes:
        """The ZIP of Banco Inter's API integration."""
        return pack_zip({"Inter API_Certificado.crt": self.cert_pem, "Inter API_Chave.key": self.key_pem})

    @property
    def _leaf(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.cert_pem)

    @property
    def _chain(self) -> list[x509.Certificate]:
        return x509.load_pem_x509_certificates(self.chain_pem) if self.chain_pem else []

    @property
    def _key(self) -> PrivateKey:
        return cast("PrivateKey", serialization.load_pem_private_key(self.key_pem, None))


def pack_zip(members: dict[str, bytes]) -> bytes:
    """A ZIP with these members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


class Pki:
    """A CA that tests trust, and everything it can issue.

    Two instances of the same name share their root; another name is another CA, which the first one's
    servers do not trust.

    Args:
        name: Common name of the root.
    """

    def __init__(self, name: str = "bankgateway test CA") -> None:
        self.name = name

    @property
    def ca_pem(self) -> bytes:
        """The root certificate."""
        return _pem(self._root.certificate)

    @property
    def trust(self) -> Trust:
        """Trust in servers of this CA."""
        return Trust(ca_pem=self.ca_pem)

    def server_certificate(
        self, hosts: Iterable[str] = ("localhost", "127.0.0.1", "::1")
    ) -> tuple[bytes, bytes]:
        """Certificate and key of a server with these host names and addresses, as PEM."""
        names = [_general_name(host) for host in hosts]
        key = _rsa_key("server")
        certificate = self._root.issue("bankgateway test server", key, names=names, usages=SERVER_AUTH)
        return _pem(certificate), _pem_of_key(key)

    def server_context(
        self,
        require_client_certificate: bool = True,
        maximum_version: ssl.TLSVersion | None = None,
        *,
        hosts: Iterable[str] = ("localhost", "127.0.0.1", "::1"),
        client_ca: bytes | None = None,
    ) -> ssl.SSLContext:
        """A context for servers.

        Args:
            require_client_certificate: Refuse clients that show none.
            maximum_version: Cap at TLS 1.2, for example.
            hosts: Names and addresses in the server's certificate.
            client_ca: PEM of the CAs that may have issued client certificates; this CA when `None`.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if maximum_version is not None:
            context.maximum_version = maximum_version
        load_certificate(context, ClientCertificate.from_pem(*self.server_certificate(hosts)))
        context.load_verify_locations(cadata=(client_ca or self.ca_pem).decode())
        if require_client_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client_certificate(
        self,
        common_name: str = "Empresa Exemplo LTDA",
        *,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        eku: Sequence[ObjectIdentifier] | None = CLIENT_AUTH,
        key: PrivateKey | None = None,
        ca: Pki | None = None,
        intermediate: bool = False,
        is_ca: bool = False,
        icp_brasil_cnpj: str | None = None,
        key_size: int = 2048,
        ec: bool = False,
    ) -> ClientMaterial:
        """Issue a client certificate; without arguments one that every check accepts.

        Args:
            common_name: Name of the holder.
            not_before: Aware; an hour ago when `None`.
            not_after: Aware; in a year when `None`.
            eku: Extended key usages; `None` leaves the extension out.
            key: The private key; from the pool of this process when `None`.
            ca: Another CA to issue it.
            intermediate: Issue it by an intermediate of the CA, given in `chain_pem`.
            is_ca: BasicConstraints says that it is a CA.
            icp_brasil_cnpj: Name and CNPJ in the places of ICP-Brasil.
            key_size: RSA bits.
            ec: An EC P-256 key instead of RSA.
        """
        now = datetime.now(UTC)
        key = key or (_ec_key("client") if ec else _rsa_key("client", key_size))
        pki = ca or self
        issuer = pki._intermediate if intermediate else pki._root
        names: list[x509.GeneralName] = [x509.DNSName("client.example.com.br")]
        if icp_brasil_cnpj is not None:
            common_name = f"{common_name}:{icp_brasil_cnpj}"
            names.append(x509.OtherName(_ICP_BRASIL_CNPJ, _der_octet_string(icp_brasil_cnpj)))
        certificate = issuer.issue(
            common_name,
            key,
            names=names,
            usages=eku,
            is_ca=is_ca,
            not_before=not_before or min(now, not_after or now) - timedelta(hours=1),
            not_after=not_after or now + timedelta(days=365),
        )
        chain = _pem(issuer.certificate) if intermediate else b""
        return ClientMaterial(_pem(certificate), _pem_of_key(key), chain)

    def expired(self) -> ClientMaterial:
        """Expired yesterday."""
        return self.expiring(-1)

    def not_yet_valid(self) -> ClientMaterial:
        """Valid from tomorrow on."""
        return self.client_certificate(not_before=datetime.now(UTC) + timedelta(days=1))

    def expiring(self, days: float) -> ClientMaterial:
        """Valid for so many days more, and half an hour, so that whole days count to `days`."""
        return self.client_certificate(not_after=datetime.now(UTC) + timedelta(days=days, minutes=30))

    def wrong_key(self) -> ClientMaterial:
        """The key belongs to another certificate."""
        return replace(self.client_certificate(), key_pem=_pem_of_key(_rsa_key("another client")))

    def server_only(self) -> ClientMaterial:
        """Extended key usage serverAuth alone."""
        return self.client_certificate(eku=SERVER_AUTH)

    def weak_key(self) -> ClientMaterial:
        """RSA with 1024 bits."""
        return self.client_certificate(key_size=1024)

    def ca_as_client(self) -> ClientMaterial:
        """A CA certificate, with its key, in the place of a client certificate."""
        return self.client_certificate("bankgateway test sub-CA", eku=None, is_ca=True)

    def with_intermediate(self) -> ClientMaterial:
        """Issued by an intermediate, which is in `chain_pem`."""
        return self.client_certificate(intermediate=True)

    def webhook_ca(self) -> bytes:
        """PEM of the CA behind a bank's webhook calls: no client certificate, and no key comes with it."""
        return Pki("bankgateway test webhook CA").ca_pem

    def zip_webhook_ca(self) -> bytes:
        """The other ZIP of Banco Inter (`Certificado_Webhook.zip`), often taken for the right one."""
        return pack_zip({"ca.crt": self.webhook_ca()})

    @property
    def _root(self) -> _Authority:
        return _root_of(self.name)

    @property
    def _intermediate(self) -> _Authority:
        return _intermediate_of(self.name)


@dataclass(frozen=True)
class _Authority:
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    def issue(
        self,
        common_name: str,
        key: PrivateKey,
        *,
        names: Sequence[x509.GeneralName] = (),
        usages: Sequence[ObjectIdentifier] | None = None,
        is_ca: bool = False,
        not_before: datetime = _BEGINNING,
        not_after: datetime = _END,
    ) -> x509.Certificate:
        builder = _builder(common_name, key, is_ca, not_before, not_after)
        builder = builder.issuer_name(self.certificate.subject).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if usages is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        return builder.sign(self.key, hashes.SHA256())


@cache
def _root_of(name: str) -> _Authority:
    key = _rsa_key(f"root {name}")
    builder = _builder(name, key, True, _BEGINNING, _END).issuer_name(_name(name))
    return _Authority(builder.sign(key, hashes.SHA256()), key)


@cache
def _intermediate_of(name: str) -> _Authority:
    key = _rsa_key(f"intermediate {name}")
    return _Authority(_root_of(name).issue(f"{name}, intermediate", key, is_ca=True), key)


def _builder(
    common_name: str, key: PrivateKey, is_ca: bool, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(_key_usage(is_ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not is_ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _der_octet_string(text: str) -> bytes:
    return bytes([0x04, len(text)]) + text.encode()


def _pfx_encryption(password: bytes, modern: bool) -> serialization.KeySerializationEncryption:
    if not password:
        return serialization.NoEncryption()
    if modern:
        return serialization.BestAvailableEncryption(password)
    builder = serialization.PrivateFormat.PKCS12.encryption_builder()
    builder = builder.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
    return builder.hmac_hash(hashes.SHA1()).build(password)  # noqa: S303


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
