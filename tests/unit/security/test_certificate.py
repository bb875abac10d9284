"""Reading, judging and announcing client certificates."""

from __future__ import annotations

import contextlib
import copy
import gc
import hashlib
import io
import logging
import os
import pickle
import subprocess
import sys
import threading
import warnings
import zipfile
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
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
from bankgateway.security import certificate as certificate_module
from bankgateway.security.certificate import (
    EXPIRY_REGISTRY,
    ClientCertificate,
    ExpiryNotice,
    ExpiryRegistry,
    expiry_threshold,
    notice_expiry,
)
from bankgateway_mocks.pki import ClientMaterial, Pki, pack_zip

PKI = Pki()
GOOD = PKI.client_certificate()
CHAINED = PKI.with_intermediate()
CNPJ = "12345678000195"
PASSWORD = b"senha-que-nao-vaza"
ACCENTED = "maçã-e-pêssego"
NOW = datetime.now(UTC)

# Made for this test with `openssl pkcs12 -export -legacy`: RC2-40 certificates and a 3DES key, the old
# default of Windows. A throw-away key of an invented company, worth nothing.
LEGACY = Path(__file__).parent / "data" / "legacy_rc2.pfx"
LEGACY_PASSWORD = "senha-de-teste"


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


# PEM


@pytest.mark.parametrize(
    "text",
    [
        GOOD.pem,
        GOOD.pem.decode(),
        GOOD.key_pem + GOOD.cert_pem,
        b"\xef\xbb\xbf" + GOOD.pem,
        GOOD.pem.decode().encode("utf-16"),
        GOOD.pem.replace(b"\n", b"\r\n"),
        "Bag Attributes\n    friendlyName: Açaí - Indústria\n".encode() + GOOD.pem,
        GOOD.pem.decode().replace("\n", "\\n"),
        GOOD.pem.decode().replace("\n", "\\r\\n"),
        GOOD.pem.decode().replace("\n", " "),
        GOOD.encrypted_pem(PASSWORD),
        GOOD.encrypted_pem(PASSWORD, traditional=True),
        GOOD.encrypted_pem(PASSWORD, traditional=True).decode().replace("\n", "\\n"),
    ],
    ids=[
        "bytes", "text", "key first", "BOM", "UTF-16", "CRLF", "bag attributes", "escaped", "escaped CRLF",
        "spaces", "encrypted", "traditional", "traditional escaped",
    ],
)  # fmt: skip
def test_one_text(text: str | bytes) -> None:
    assert ClientCertificate.from_pem(text, password=PASSWORD).fingerprint == fingerprint(GOOD)


def test_certificate_and_key_apart() -> None:
    certificate = ClientCertificate.from_pem(GOOD.cert_pem.decode(), GOOD.key_pem)
    assert certificate.fingerprint == fingerprint(GOOD)


def test_der_certificate_with_its_key() -> None:
    assert ClientCertificate.from_pem(GOOD.der, GOOD.key_pem).fingerprint == fingerprint(GOOD)


def test_key_argument_wins_over_a_key_in_the_certificate_text() -> None:
    assert ClientCertificate.from_pem(PKI.wrong_key().pem, GOOD.key_pem, password=None).subject


def test_password_as_text_is_utf8() -> None:
    text = GOOD.encrypted_pem(ACCENTED.encode())
    assert ClientCertificate.from_pem(text, password=ACCENTED).fingerprint == fingerprint(GOOD)


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()]
)
def test_other_kinds_of_keys(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> None:
    certificate = self_signed(key, common_name("Empresa Exemplo"))
    read = ClientCertificate.from_pem(pem(certificate), key_pem(key))
    read.check(NOW)
    assert read.subject == read.issuer == "Empresa Exemplo"


def test_leaf_is_the_one_of_the_key_and_the_chain_is_put_in_order() -> None:
    unrelated = Pki("bankgateway test unrelated CA").ca_pem
    text = unrelated + PKI.ca_pem + CHAINED.chain_pem + CHAINED.cert_pem + CHAINED.key_pem
    certificate = ClientCertificate.from_pem(text)
    assert certificate.fingerprint == fingerprint(CHAINED)
    subjects = [x509.load_der_x509_certificate(der).subject.rfc4514_string() for der in certificate.chain]
    assert subjects == ["CN=bankgateway test CA\\, intermediate", "CN=bankgateway test CA"]


def test_renewed_with_the_same_key_the_later_one_is_the_leaf() -> None:
    later = PKI.client_certificate(not_after=NOW + timedelta(days=700))
    certificate = ClientCertificate.from_pem(GOOD.cert_pem + later.cert_pem + GOOD.key_pem)
    assert certificate.fingerprint == fingerprint(later)


def test_no_chain() -> None:
    assert GOOD.certificate().chain == ()


# Files


def test_files(tmp_path: Path) -> None:
    crt, key = tmp_path / "Inter API_Certificado.crt", tmp_path / "Inter API_Chave.key"
    crt.write_bytes(GOOD.cert_pem)
    key.write_bytes(GOOD.encrypted_key(PASSWORD))
    assert ClientCertificate.from_files(crt, str(key), password=PASSWORD).fingerprint == fingerprint(GOOD)


def test_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nada.crt"
    with pytest.raises(CertificateUnreadable, match=r"nada\.crt.*No such file") as caught:
        ClientCertificate.from_files(path)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_directory_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(CertificateUnreadable, match="cannot be read"):
        ClientCertificate.from_pfx(tmp_path, "x")


def test_impossible_path() -> None:
    with pytest.raises(CertificateUnreadable, match="not a path"):
        ClientCertificate.from_files("a\0b")


# PFX


@pytest.mark.parametrize("modern", [True, False], ids=["AES", "3DES"])
@pytest.mark.parametrize("password", ["simples", ACCENTED])
def test_pfx(password: str, modern: bool) -> None:
    packed = CHAINED.pfx(password.encode(), modern=modern)
    for given in (password, password.encode()):
        certificate = ClientCertificate.from_pfx(packed, given)
        assert (certificate.fingerprint, len(certificate.chain)) == (fingerprint(CHAINED), 1)


@pytest.mark.parametrize("password", ["", b"", None])
def test_pfx_with_empty_password(password: str | bytes | None) -> None:
    assert ClientCertificate.from_pfx(GOOD.pfx(b""), password).fingerprint == fingerprint(GOOD)


def test_pfx_of_old_windows() -> None:
    certificate = ClientCertificate.from_pfx(LEGACY, LEGACY_PASSWORD)
    assert certificate.subject == f"EMPRESA EXEMPLO LTDA:{CNPJ}"
    assert len(certificate.chain) == 1


def test_pfx_of_old_windows_where_openssl_refuses_it() -> None:
    script = (
        "import sys\n"
        "from bankgateway.security.certificate import ClientCertificate\n"
        "try: ClientCertificate.from_pfx(sys.argv[1], sys.argv[2])\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    environment = os.environ | {
        "CRYPTOGRAPHY_OPENSSL_NO_LEGACY": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    ran = subprocess.run(
        [sys.executable, "-c", script, str(LEGACY), LEGACY_PASSWORD],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert ran.stdout.startswith("CertificateUnreadable")
    assert "RC2" in ran.stdout
    assert "AES-256" in ran.stdout


def test_pfx_leaf_is_the_one_of_the_key_whatever_the_file_says() -> None:
    key = serialization.load_pem_private_key(CHAINED.key_pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    leaf, intermediate = (x509.load_pem_x509_certificate(p) for p in (CHAINED.cert_pem, CHAINED.chain_pem))
    packed = pkcs12.serialize_key_and_certificates(
        None, key, None, [intermediate, leaf], serialization.BestAvailableEncryption(PASSWORD)
    )
    certificate = ClientCertificate.from_pfx(packed, PASSWORD)
    assert certificate.fingerprint == fingerprint(CHAINED)
    assert len(certificate.chain) == 1


# ZIP


def test_zip(tmp_path: Path) -> None:
    path = tmp_path / "Inter_API-Chave_e_Certificado.zip"
    path.write_bytes(GOOD.zip_inter())
    for source in (path, str(path), GOOD.zip_inter()):
        assert ClientCertificate.from_zip(source).fingerprint == fingerprint(GOOD)
    assert list(tmp_path.iterdir()) == [path]


def test_zip_content_decides_and_clutter_is_ignored() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.mkdir("pasta")
        archive.writestr("pasta/chave.txt", GOOD.encrypted_key(PASSWORD))
        archive.writestr("pasta/certificado.dat", GOOD.der)
        archive.writestr("leia-me.txt", "Instruções do banco")
        archive.writestr("vazio", b"")
        for number in range(30):
            archive.writestr(f"__MACOSX/pasta/._{number}", GOOD.key_pem)
        archive.writestr("pasta\\.DS_Store", PKI.wrong_key().key_pem)
    certificate = ClientCertificate.from_zip(packed.getvalue(), password=PASSWORD)
    assert certificate.fingerprint == fingerprint(GOOD)


def test_zip_may_hold_the_ca_too() -> None:
    packed = pack_zip({"ca.crt": PKI.webhook_ca(), "a": GOOD.cert_pem, "b": GOOD.key_pem})
    assert ClientCertificate.from_zip(packed).chain == ()


def _flag_first_member_as_encrypted(packed: bytes) -> bytes:
    changed = bytearray(packed)
    changed[6] |= 1
    changed[changed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def _understate_size(packed: bytes) -> bytes:
    changed = bytearray(packed)
    directory = changed.index(b"PK\x01\x02")
    changed[directory + 24 : directory + 28] = (100).to_bytes(4, "little")
    return bytes(changed)


@pytest.mark.parametrize(
    ("packed", "says"),
    [
        (_flag_first_member_as_encrypted(GOOD.zip_inter()), "is encrypted"),
        (pack_zip({f"{n}.txt": b"x" for n in range(21)}), "more than 20 files"),
        (pack_zip({"a.key": b"0" * 2_000_000}), "above 1 MB"),
        (_understate_size(pack_zip({"a.key": b"0" * 2_000_000})), "not a readable ZIP"),
        (GOOD.zip_inter()[:-40], "not a readable ZIP"),
        (b"certainly no ZIP", "not a readable ZIP"),
        (GOOD.pfx(PASSWORD), "not a readable ZIP"),
        (b"", "is empty"),
        (pack_zip({}), "neither a certificate nor a private key"),
        (pack_zip({"leia-me.txt": b"oi"}), "neither a certificate nor a private key"),
        (pack_zip({"a.crt": GOOD.cert_pem}), "no private key"),
        (pack_zip({"a.key": GOOD.key_pem}), "no certificate"),
        (pack_zip({"a.pfx": GOOD.pfx(PASSWORD)}), "use from_pfx"),
        (PKI.zip_webhook_ca(), r"CA certificate.*Certificado_Webhook\.zip"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_zip_that_cannot_be_used(packed: bytes, says: str) -> None:
    with pytest.raises(CertificateUnreadable, match=says):
        ClientCertificate.from_zip(packed)


@pytest.mark.parametrize("damage", range(0, 400, 7))
def test_damaged_zip_raises_nothing_else(damage: int) -> None:
    packed = bytearray(GOOD.zip_inter())
    packed[-1 - damage] ^= 0xFF
    with contextlib.suppress(CertificateError):
        assert ClientCertificate.from_zip(bytes(packed)).fingerprint == fingerprint(GOOD)


def test_zip_with_other_compression_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", GOOD.pem)
    with pytest.raises(CertificateUnreadable, match="not a readable ZIP"):
        ClientCertificate.from_zip(packed.getvalue())


# What is wrong, in a sentence

CSR = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(common_name("Empresa Exemplo"))
    .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    .public_bytes(serialization.Encoding.PEM)
)
ENCRYPTED = GOOD.encrypted_pem(PASSWORD)
TRADITIONAL = GOOD.encrypted_pem(PASSWORD, traditional=True)
PFX = GOOD.pfx(PASSWORD)
BROKEN_CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
BROKEN_KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

load = ClientCertificate.from_pem
from_pfx = ClientCertificate.from_pfx


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (lambda: load(b""), "is empty"),
        (lambda: load(" \n"), "is empty"),
        (lambda: load(GOOD.cert_pem, b""), "key text is empty"),
        (lambda: load("/etc/certificado.pem"), "neither a certificate nor a private key.*from_files"),
        (lambda: load(GOOD.cert_pem), "holds a certificate but no private key"),
        (lambda: load(GOOD.key_pem), "holds a private key but no certificate"),
        (lambda: load(GOOD.key_pem, GOOD.key_pem), "holds no certificate"),
        (lambda: load(GOOD.cert_pem, GOOD.cert_pem), "key text holds no private key.*only: certificate"),
        (lambda: load(GOOD.key_pem, GOOD.cert_pem), "swapped"),
        (lambda: load(GOOD.cert_pem, b"oi"), "key text holds no private key"),
        (lambda: load(b"oi", GOOD.key_pem), "certificate text holds no certificate"),
        (lambda: load(PKI.webhook_ca()), r"only a CA certificate.*ca\.crt"),
        (lambda: load(GOOD.der), r"DER form \(\.cer\)"),
        (lambda: load(CSR + GOOD.key_pem), "no certificate"),
        (lambda: load(CSR, GOOD.key_pem), r"request \(CSR\)"),
        (lambda: load(CSR), r"request \(CSR\)"),
        (lambda: load(BROKEN_CERTIFICATE + GOOD.key_pem), "damaged certificate"),
        (lambda: load(GOOD.cert_pem + BROKEN_KEY), "private key is damaged"),
        (lambda: load(GOOD.pem + PKI.wrong_key().key_pem), "more than one private key"),
        (lambda: load(GOOD.pfx(PASSWORD)), "is a PFX.*use from_pfx"),
        (lambda: load(GOOD.zip_inter()), "is a ZIP: use from_zip"),
        (lambda: load(b"0garbage"), "neither a certificate nor a private key"),
        (lambda: load(ENCRYPTED), "no password was given"),
        (lambda: load(ENCRYPTED, password=""), "no password was given"),
        (lambda: load(ENCRYPTED, password="errada"), "password is wrong"),
        (lambda: load(ENCRYPTED, password="\udc80"), "password is wrong"),
        (lambda: load(TRADITIONAL, password="errada"), "password is wrong"),
        (lambda: ClientCertificate.from_files(GOOD.pem.decode()), "use from_pem"),
        (lambda: from_pfx(b"", "x"), "is empty"),
        (lambda: from_pfx(b"qualquer coisa", "x"), "is not a PFX"),
        (lambda: from_pfx(GOOD.der, "x"), r"is not a PFX.*\.cer"),
        (lambda: from_pfx(GOOD.pem, "x"), "PEM text: use from_pem"),
        (lambda: from_pfx(GOOD.zip_inter(), "x"), "ZIP: use from_zip"),
        (lambda: from_pfx(PFX, "errada"), "password is wrong, or .* damaged, or.*RC2"),
        (lambda: from_pfx(PFX, None), "no password was given, or the file is damaged"),
        (lambda: from_pfx(PFX[:-200], PASSWORD), "the file is damaged.*AES-256"),
        (lambda: from_pfx(PFX, b"\xff\xfe"), "password is wrong"),
    ],
)  # fmt: skip
def test_unreadable(read: Callable[[], ClientCertificate], says: str) -> None:
    with pytest.raises(CertificateUnreadable, match=says) as caught:
        read()
    assert type(caught.value) is CertificateUnreadable
    assert _secrets_in(caught.value) == []


def test_pfx_without_key_or_certificate() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed(key, common_name("Empresa Exemplo"))
    encryption = serialization.BestAvailableEncryption(PASSWORD)
    no_key = pkcs12.serialize_key_and_certificates(None, None, certificate, None, encryption)
    no_certificate = pkcs12.serialize_key_and_certificates(None, key, None, None, encryption)
    with pytest.raises(CertificateUnreadable, match="no private key"):
        ClientCertificate.from_pfx(no_key, PASSWORD)
    with pytest.raises(CertificateUnreadable, match="no certificate"):
        ClientCertificate.from_pfx(no_certificate, PASSWORD)


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (lambda: load(PKI.wrong_key().pem), "do not belong together"),
        (lambda: load(PKI.webhook_ca(), GOOD.key_pem), "do not belong together.*one of a CA"),
        (lambda: ClientCertificate.from_zip(PKI.wrong_key().zip_inter()), "do not belong together"),
    ],
)
def test_wrong_key(read: Callable[[], ClientCertificate], says: str) -> None:
    with pytest.raises(CertificateKeyMismatch, match=says) as caught:
        read()
    assert _secrets_in(caught.value) == []


def _secrets_in(error: BaseException) -> list[str]:
    """Parts of keys and passwords that whoever gets the error could read."""
    secrets = [PASSWORD.decode(), "errada", *(line.decode() for line in GOOD.key_pem.splitlines()[1:-1])]
    shown, waiting = "", [error]
    while waiting:
        one = waiting.pop()
        shown += f"{one!s} {one!r} {one.args!r} {vars(one)!r} {getattr(one, 'object', '')!r}"
        waiting += [e for e in (one.__cause__, one.__context__) if e is not None]
    return [secret for secret in secrets if secret in shown]


def test_hostile_text_is_read_in_linear_time() -> None:
    with pytest.raises(CertificateUnreadable):
        load("-----BEGIN A-----" * 60_000)


# What it says


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


# Stored configuration


def test_load(tmp_path: Path) -> None:
    files = {
        "a.zip": GOOD.zip_inter(),
        "a.pfx": GOOD.pfx(PASSWORD),
        "a.crt": GOOD.cert_pem,
        "a.key": GOOD.encrypted_key(PASSWORD),
        "both.pem": GOOD.encrypted_pem(PASSWORD),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    at = {name: str(tmp_path / name) for name in files}
    password = PASSWORD.decode()
    forms: list[dict[str, str | Path | None]] = [
        {"zip": at["a.zip"]},
        {"zip": at["a.zip"], "pfx": None, "password": None},
        {"pfx": at["a.pfx"], "password": password},
        {"pfx": tmp_path / "a.pfx", "password": password},
        {"certificate": at["a.crt"], "key": at["a.key"], "password": password},
        {"certificate": at["both.pem"], "password": password},
        {"pem": GOOD.pem.decode()},
        {"pem": GOOD.encrypted_pem(PASSWORD).decode(), "password": password},
    ]
    for form in forms:
        assert ClientCertificate.load(**form).fingerprint == fingerprint(GOOD)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "none of them is given"),
        ({"zip": None}, "none of them is given"),
        ({"password": "x"}, "none of them is given"),
        ({"zip": "a", "pfx": "b"}, "given: zip, pfx"),
        ({"pfx": "a", "key": "b"}, "key= belongs to certificate="),
        ({"key": "b"}, "none of them is given"),
        ({"p12": "a"}, "not by p12"),
        ({"zip": "a", "passwort": None}, "not by passwort"),
        ({"zip": b"PK"}, "zip= .* must be text"),
        ({"pem": Path("a.pem")}, "pem= .* must be text"),
        ({"pfx": "a", "password": 1234}, "password= .* must be text"),
    ],
)
def test_load_refuses_what_is_not_one_form(form: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        ClientCertificate.load(**form)  # type: ignore[arg-type]


# Announcing the end


@pytest.fixture(autouse=True)
def nothing_announced_yet() -> Iterator[None]:
    EXPIRY_REGISTRY.reset()
    yield
    EXPIRY_REGISTRY.reset()


@pytest.mark.parametrize(
    ("days", "threshold"),
    [
        (365, None),
        (30, None),
        (29, 30),
        (16, 30),
        (15, 15),
        (8, 15),
        (7, 7),
        (6, 6),
        (1, 1),
        (0, 0),
        (-3, -3),
    ],
)
def test_thresholds(days: int, threshold: int | None) -> None:
    assert expiry_threshold(days) == threshold


def announce(
    certificate: ClientCertificate, now: datetime, callback: Callable[[ExpiryNotice], object] | None = None
) -> int:
    """How many warnings came."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        notice_expiry(certificate, now, renewal_hint="Renove no portal.", callback=callback)
    assert all(one.category is CertificateExpiringWarning for one in caught)
    return len(caught)


def test_a_month_of_notices(caplog: pytest.LogCaptureFixture) -> None:
    certificate = GOOD.certificate()
    notices: list[ExpiryNotice] = []
    instants = [certificate.expires_at - timedelta(hours=hours) for hours in range(40 * 24, 0, -6)]
    warned = [certificate.days_left(now) for now in instants if announce(certificate, now, notices.append)]
    assert warned == [29, 15, 7, 6, 5, 4, 3, 2, 1, 0]
    assert [notice.days_left for notice in notices] == warned
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * len(warned)
    assert {record.name for record in caplog.records} == {"bankgateway.certificate"}
    assert "in 29 days. Renove no portal." in caplog.messages[0]
    assert "in 1 day." in caplog.messages[-2]
    assert "in less than a day." in caplog.messages[-1]


def test_the_notice() -> None:
    certificate = PKI.client_certificate(
        "FULANO DE TAL:11144477735", not_after=NOW + timedelta(days=5)
    ).certificate()
    with pytest.warns(CertificateExpiringWarning, match=r"expires on .* in \d days"):
        notice = notice_expiry(certificate, NOW, renewal_hint="Renove no portal.")
    assert notice is not None
    assert notice == ExpiryNotice(
        certificate.days_left(NOW), certificate.expires_at, certificate.subject, certificate.fingerprint,
        "Renove no portal.",
    )  # fmt: skip
    assert "FULANO" not in repr(notice)
    with pytest.raises(FrozenInstanceError):
        notice.days_left = 9  # type: ignore[misc]


def test_nothing_to_announce() -> None:
    assert notice_expiry(GOOD.certificate(), NOW) is None


def test_each_certificate_has_its_own_notices() -> None:
    one, other = PKI.expiring(5).certificate(), PKI.expiring(5).certificate()
    assert [announce(c, NOW) for c in (one, other, one)] == [1, 1, 0]


def test_each_callback_is_called_once() -> None:
    certificate = PKI.expiring(10).certificate()
    listener = _Listener()
    second: list[ExpiryNotice] = []
    third: list[int] = []

    def note(notice: ExpiryNotice) -> None:
        third.append(notice.days_left)

    for _ in range(3):
        announce(certificate, NOW, listener.hear)
        announce(certificate, NOW, second.append)
        announce(certificate, NOW, note)
        announce(certificate, NOW)
    assert (len(listener.heard), len(second), len(third)) == (1, 1, 1)
    other = _Listener()
    announce(certificate, NOW, other.hear)
    assert len(other.heard) == 1


def test_callbacks_are_not_kept_alive() -> None:
    certificate = PKI.expiring(10).certificate()
    listener = _Listener()
    announce(certificate, NOW, listener.hear)
    del listener
    gc.collect()
    assert not any(isinstance(thing, _Listener) for thing in gc.get_objects())


def test_callback_without_weak_references_is_called_once() -> None:
    certificate = PKI.expiring(10).certificate()
    slotted = _Slotted()
    for _ in range(2):
        announce(certificate, NOW, slotted)
    assert slotted.calls == 1


def test_a_failing_callback_is_logged_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    def fail(notice: ExpiryNotice) -> None:
        raise RuntimeError("no network for the mail")

    assert announce(PKI.expiring(10).certificate(), NOW, fail) == 1
    assert "The callback for expiring certificates failed" in caplog.messages


def test_under_warnings_as_errors_the_callback_still_comes() -> None:
    heard = _Listener()
    with pytest.raises(CertificateExpiringWarning):
        notice_expiry(PKI.expiring(10).certificate(), NOW, callback=heard.hear)
    assert len(heard.heard) == 1


def test_registry_counts_once_among_threads() -> None:
    registry = ExpiryRegistry()
    gate = threading.Barrier(8)
    answers: list[bool] = []

    def ask() -> None:
        gate.wait(5)
        answers.append(registry.first_notice("aa", 30))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert sorted(answers) == [False] * 7 + [True]
    assert registry.first_notice("aa", 15)
    registry.reset()
    assert registry.first_notice("aa", 30)


class _Listener:
    def __init__(self) -> None:
        self.heard: list[ExpiryNotice] = []

    def hear(self, notice: ExpiryNotice) -> None:
        self.heard.append(notice)


class _Slotted:
    __slots__ = ("calls",)

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, notice: ExpiryNotice) -> None:
        self.calls += 1


def test_the_key_leaves_only_encrypted() -> None:
    content = GOOD.certificate()._encrypted_pem(PASSWORD)
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in content
    assert b"BEGIN PRIVATE KEY" not in content
    assert content.startswith(GOOD.cert_pem)
    assert ClientCertificate.from_pem(content, password=PASSWORD) == GOOD.certificate()


def test_public_surface_has_no_key() -> None:
    public = {name for name in dir(ClientCertificate) if not name.startswith("_")}
    assert not any("key" in name for name in public)
    assert certificate_module.__name__ == "bankgateway.security.certificate"
