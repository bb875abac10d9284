"""Reading client certificates: PEM, files, PFX, and what stored configuration names."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from bankgateway.errors import (
    CertificateKeyMismatch,
    CertificateUnreadable,
    ConfigurationError,
)
from bankgateway.security.certificate import ClientCertificate
from bankgateway_mocks.pki import ClientMaterial, Pki

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

load = ClientCertificate.from_pem
from_pfx = ClientCertificate.from_pfx


def fingerprint(material: ClientMaterial) -> str:
    return hashlib.sha256(material.der).hexdigest()


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


# What is wrong, in a sentence

CSR = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Empresa Exemplo")]))
    .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    .public_bytes(serialization.Encoding.PEM)
)
ENCRYPTED = GOOD.encrypted_pem(PASSWORD)
TRADITIONAL = GOOD.encrypted_pem(PASSWORD, traditional=True)
PFX = GOOD.pfx(PASSWORD)
BROKEN_CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
BROKEN_KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


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
        (lambda: load(GOOD.cert_pem, GOOD.key_pem.replace(b"MII", b"AAA", 1)), "private key is damaged"),
        (lambda: load(GOOD.pem + PKI.wrong_key().key_pem), "more than one private key"),
        (lambda: load(GOOD.pfx(PASSWORD)), "is a PFX.*use from_pfx"),
        (lambda: load(GOOD.zip_inter()), "is a ZIP: use from_zip"),
        (lambda: load(b"0garbage"), "neither a certificate nor a private key"),
        (lambda: load(ENCRYPTED), "no password was given"),
        (lambda: load(ENCRYPTED, password=""), "no password was given"),
        (lambda: load(ENCRYPTED, password="errada"), "password is wrong"),
        (lambda: load(ENCRYPTED, password="errada\udc80"), "password is wrong"),
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
    key = serialization.load_pem_private_key(GOOD.key_pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    certificate = x509.load_pem_x509_certificate(GOOD.cert_pem)
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
