"""The ZIP a bank hands out: read in memory, refused when hostile or damaged."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from bankgateway.errors import (
    CertificateError,
    CertificateUnreadable,
)
from bankgateway.security.certificate import ClientCertificate
from bankgateway_mocks.pki import ClientMaterial, Pki, pack_zip

PKI = Pki()
GOOD = PKI.client_certificate()
PASSWORD = b"senha-que-nao-vaza"


def fingerprint(material: ClientMaterial) -> str:
    return hashlib.sha256(material.der).hexdigest()


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


def test_chain_certificate_of_an_unknown_algorithm_does_not_matter() -> None:
    stranger = PKI.client_certificate(ec=True)
    odd = stranger.der.replace(b"\x2a\x86\x48\xce\x3d\x02\x01", b"\x2a\x86\x48\xce\x3d\x02\x09")
    assert odd != stranger.der
    packed = pack_zip({"stranger.cer": odd, "a.crt": GOOD.cert_pem, "a.key": GOOD.key_pem})
    assert ClientCertificate.from_zip(packed).fingerprint == fingerprint(GOOD)
