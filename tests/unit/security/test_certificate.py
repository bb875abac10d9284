"""What a client certificate says, and whether banks can accept it."""

from __future__ import annotations

import copy
import hashlib
import pickle
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from bankgateway.errors import (
    CertificateError,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnreadable,
)
from bankgateway.security.certificate import ClientCertificate
from bankgateway_mocks.pki import ClientMaterial, Pki

PKI = Pki()
GOOD = PKI.client_certificate()
CHAINED = PKI.with_intermediate()
CNPJ = "12345678000195"
PASSWORD = b"senha-que-nao-vaza"
NOW = datetime.now(UTC)

load = ClientCertificate.from_pem


def fingerprint(material: ClientMaterial) -> str:
    return hashlib.sha256(material.der).hexdigest()


Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def self_signed(key: Key, name: x509.Name, *extensions: x509.ExtensionType) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=100))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


# What it says


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()]
)
def test_other_kinds_of_keys(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> None:
    certificate = self_signed(key, common_name("Empresa Exemplo"))
    read = ClientCertificate.from_pem(pem(certificate), key_pem(key))
    read.check(NOW)
    assert read.subject == read.issuer == "Empresa Exemplo"


def test_properties() -> None:
    certificate = PKI.client_certificate(
        "Empresa Exemplo LTDA", not_after=datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    )
    read = certificate.certificate()
    assert read.subject == "Empresa Exemplo LTDA"
    assert read.issuer == "bankgateway test CA"
    assert read.cnpj is None
    assert read.serial_number == x509.load_pem_x509_certificate(certificate.cert_pem).serial_number
    assert read.expires_at == datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert read.not_before.tzinfo is UTC or read.not_before.utcoffset() == timedelta(0)
    assert read.fingerprint == fingerprint(certificate)
    assert len(read.thumbprint) == 43
    assert urlsafe_b64decode(read.thumbprint + "=").hex() == read.fingerprint


def test_whole_name_where_there_is_no_common_name() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Empresa Exemplo")])
    assert load(pem(self_signed(key, name)), key_pem(key)).subject == "O=Empresa Exemplo"


@pytest.mark.parametrize(
    ("subject", "value", "expected"),
    [
        ("EMPRESA EXEMPLO LTDA", b"\x04\x0e12345678000195", CNPJ),
        ("EMPRESA EXEMPLO LTDA", b"\x13\x0e12ABC34501DE35", "12ABC34501DE35"),
        ("EMPRESA EXEMPLO LTDA", b"\x04\x00", None),
        ("EMPRESA EXEMPLO LTDA", b"\x05\x00", None),
        (f"EMPRESA EXEMPLO LTDA:{CNPJ}", None, CNPJ),
        ("EMPRESA EXEMPLO LTDA:12ABC34501DE35", None, "12ABC34501DE35"),
        ("FULANO DE TAL:11144477735", None, None),
    ],
)
def test_cnpj(subject: str, value: bytes | None, expected: str | None) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [
        x509.OtherName(ObjectIdentifier("2.16.76.1.3.2"), b"\x04\x0e00000000000000")
    ]
    if value is not None:
        names.append(x509.OtherName(ObjectIdentifier("2.16.76.1.3.3"), value))
    certificate = self_signed(key, common_name(subject), x509.SubjectAlternativeName(names))
    assert load(pem(certificate), key_pem(key)).cnpj == expected


def test_icp_brasil_sample() -> None:
    certificate = PKI.client_certificate("EMPRESA EXEMPLO LTDA", icp_brasil_cnpj=CNPJ).certificate()
    assert (certificate.subject, certificate.cnpj) == (f"EMPRESA EXEMPLO LTDA:{CNPJ}", CNPJ)


def test_unreadable_extensions_do_not_matter() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    garbage = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, b"\x30\x03\x01\x01")
    certificate = load(pem(self_signed(key, common_name(f"EMPRESA:{CNPJ}"), garbage)), key_pem(key))
    certificate.check(NOW)
    assert certificate.cnpj == CNPJ


def test_names_that_cannot_be_read() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    der = self_signed(key, common_name("Exemplo")).public_bytes(serialization.Encoding.DER)
    with pytest.raises(CertificateUnreadable, match="in a form that cannot be read"):
        load(der.replace(b"Exemplo", b"Exempl\xff"), key_pem(key))


def test_days_left_is_rounded_down() -> None:
    certificate = PKI.client_certificate(not_after=datetime(2031, 1, 31, 12, tzinfo=UTC)).certificate()
    end = certificate.expires_at
    assert certificate.days_left(end - timedelta(days=30)) == 30
    assert certificate.days_left(end - timedelta(days=30) + timedelta(seconds=1)) == 29
    assert certificate.days_left(end) == 0
    assert certificate.days_left(end + timedelta(seconds=1)) == -1
    assert PKI.expiring(10).certificate().days_left() == 10


def test_value_semantics() -> None:
    one, other = GOOD.certificate(), GOOD.certificate()
    assert one == other
    assert hash(one) == hash(other)
    assert one != CHAINED.certificate()
    assert one != one.fingerprint
    assert copy.copy(one) is one
    assert copy.deepcopy({"certificate": one})["certificate"] is one


def test_immutable() -> None:
    certificate = GOOD.certificate()
    with pytest.raises(AttributeError):
        certificate.subject = "outra"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        certificate._key = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        del certificate._key


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_not_picklable(protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(GOOD.certificate(), protocol)


def test_repr_shows_expiry_and_the_beginning_of_the_fingerprint() -> None:
    certificate = PKI.client_certificate(
        "FULANO DE TAL:11144477735", not_after=datetime(2031, 5, 6, tzinfo=UTC)
    )
    shown = repr(certificate.certificate())
    assert shown == f"<ClientCertificate {fingerprint(certificate)[:8]}… expires 2031-05-06 00:00 UTC>"


# Whether banks can accept it


@pytest.mark.parametrize(
    "material",
    [
        GOOD,
        CHAINED,
        PKI.client_certificate(eku=None),
        PKI.client_certificate(eku=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]),
        PKI.client_certificate(eku=[ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
        PKI.client_certificate(ec=True),
    ],
    ids=["good", "chain", "no EKU", "any EKU", "both EKU", "EC"],
)
def test_accepted(material: ClientMaterial) -> None:
    material.certificate().check(NOW)


@pytest.mark.parametrize(
    ("material", "error", "says"),
    [
        (PKI.expired(), CertificateExpired, "expired on .* UTC. Renew"),
        (PKI.not_yet_valid(), CertificateNotYetValid, "not valid before .* clock of this machine"),
        (PKI.server_only(), CertificateError, "clientAuth"),
        (PKI.ca_as_client(), CertificateError, "is a CA certificate"),
        (PKI.weak_key(), CertificateError, "1024 bits"),
    ],
)
def test_refused(material: ClientMaterial, error: type[CertificateError], says: str) -> None:
    certificate = material.certificate()
    with pytest.raises(error, match=says) as caught:
        certificate.check(NOW)
    assert type(caught.value) is error


def test_edges_of_validity() -> None:
    certificate = GOOD.certificate()
    certificate.check(certificate.not_before - timedelta(minutes=5))
    certificate.check(certificate.expires_at - timedelta(seconds=1))
    with pytest.raises(CertificateNotYetValid):
        certificate.check(certificate.not_before - timedelta(minutes=5, seconds=1))
    with pytest.raises(CertificateExpired, match="Renove no portal"):
        certificate.check(certificate.expires_at, renewal_hint="Renove no portal.")


@pytest.mark.parametrize(
    ("subject", "shown", "hidden"),
    [
        (f"EMPRESA EXEMPLO LTDA:{CNPJ}", "EMPRESA EXEMPLO LTDA", CNPJ),
        ("FULANO DE TAL:11144477735", "with fingerprint", "FULANO"),
        (f"FULANO DE TAL 11144477735:{CNPJ}", "with fingerprint", "FULANO"),
        (f"12.345.678 FULANO DE TAL:{CNPJ}", "with fingerprint", "FULANO"),
    ],
)
def test_messages_name_companies_but_no_persons(subject: str, shown: str, hidden: str) -> None:
    certificate = PKI.client_certificate(subject).certificate()
    with pytest.raises(CertificateExpired) as caught:
        certificate.check(certificate.expires_at)
    assert shown in str(caught.value)
    assert hidden not in str(caught.value)


def test_the_key_leaves_only_encrypted() -> None:
    content = GOOD.certificate()._encrypted_pem(PASSWORD)
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in content
    assert b"BEGIN PRIVATE KEY" not in content
    assert content.startswith(GOOD.cert_pem)
    assert ClientCertificate.from_pem(content, password=PASSWORD) == GOOD.certificate()


def test_public_surface_has_no_key() -> None:
    public = {name for name in dir(ClientCertificate) if not name.startswith("_")}
    assert not any("key" in name for name in public)
