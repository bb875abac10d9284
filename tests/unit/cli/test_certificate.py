"""`bankgateway certificate check` and `convert`."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from bankgateway import ClientCertificate
from bankgateway.cli import WRONG_SETUP, certificate_input, passwords
from bankgateway.cli import certificate as command
from bankgateway.cli.files import write_private
from bankgateway.errors import ConfigurationError
from bankgateway_mocks import Pki

Main = Callable[..., Any]

PKI = Pki()
MATERIAL = PKI.client_certificate()
CHAINED = PKI.with_intermediate()
PASSWORD = "senha secreta "
LEGACY = Path(__file__).parents[1] / "security" / "data" / "legacy_rc2.pfx"
LEGACY_PASSWORD = "senha-de-teste"

FORMS: dict[str, bytes] = {
    "empresa.txt": MATERIAL.pem,
    "empresa.bin": MATERIAL.pfx(PASSWORD.encode()),
    "empresa.dat": MATERIAL.zip_inter(),
    "trancada.pem": MATERIAL.encrypted_pem(PASSWORD.encode()),
    "antiga.pem": MATERIAL.encrypted_pem(PASSWORD.encode(), traditional=True),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FORMS.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "cert.crt").write_bytes(MATERIAL.cert_pem)
    (tmp_path / "key.key").write_bytes(MATERIAL.key_pem)
    (tmp_path / "password").write_bytes(f"{PASSWORD}\r\n".encode())
    return tmp_path


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody sits at the terminal and types these passwords."""
    answers: list[str] = []
    for module in (certificate_input, command):
        monkeypatch.setattr(module, "somebody_is_there", lambda: True)
    monkeypatch.setattr(passwords, "getpass", lambda question: answers.pop(0))
    return answers


# -- check -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
def test_the_content_tells_the_form(main: Main, folder: Path, name: str) -> None:
    ended = main("certificate", "check", folder / name, "--password-file", folder / "password", "--json")
    assert ended.code == 0
    told = ended.json
    assert (told["state"], told["subject"]) == ("fine", "Empresa Exemplo LTDA")
    assert told["fingerprint"] == MATERIAL.certificate().fingerprint
    assert (told["key"], told["key_matches"], told["chain"]) == ("RSA 2048", True, [])
    assert told["days_left"] == 364


def test_check_as_text(main: Main, tmp_path: Path) -> None:
    made = PKI.client_certificate("LOJA MODELO LTDA", icp_brasil_cnpj="12345678000195", intermediate=True)
    (tmp_path / "a1.pem").write_bytes(made.pem)
    said = main("certificate", "check", tmp_path / "a1.pem").out
    assert said.splitlines()[0] == f"{tmp_path / 'a1.pem'}: fine"
    assert "CNPJ         12345678000195" in said
    assert "issuer       bankgateway test CA, intermediate" in said
    assert "(364 days left)" in said
    assert "chain        bankgateway test CA, intermediate" in said
    assert made.certificate().fingerprint in said


def test_certificate_and_key_in_two_files(main: Main, folder: Path) -> None:
    files = (folder / "cert.crt", "--key", folder / "key.key")
    assert main("certificate", "check", *files).code == 0
    alone = main("certificate", "check", folder / "cert.crt")
    assert alone.code == command.State.UNUSABLE
    assert "no private key" in alone.out
    (folder / "key.key").write_bytes(PKI.wrong_key().key_pem)
    wrong = main("certificate", "check", *files, "--json")
    assert wrong.code == command.State.UNUSABLE
    assert wrong.json["key_matches"] is False
    assert main("certificate", "check", folder / "empresa.bin", "--key", folder / "key.key").code == 2
    assert main("certificate", "check", *files, folder / "cert.crt").code == WRONG_SETUP


def test_the_worst_of_several_counts(main: Main, tmp_path: Path) -> None:
    materials = {
        "fine": MATERIAL,
        "soon": PKI.expiring(12),
        "expired": PKI.expired(),
        "ca": PKI.ca_as_client(),
    }
    files = {}
    for name, material in materials.items():
        files[name] = tmp_path / f"{name}.pem"
        files[name].write_bytes(material.pem)
    assert main("certificate", "check", files["fine"]).code == 0
    assert main("certificate", "check", files["fine"], files["soon"]).code == 1
    assert main("certificate", "check", files["soon"], "--days", 12).code == 0
    assert main("certificate", "check", files["soon"], "--days", 13).code == 1
    ended = main("certificate", "check", *files.values(), tmp_path / "none.pem", "--json")
    assert ended.code == 2
    assert [line["state"] for line in ended.json_lines] == [
        "fine", "expiring", "unusable", "unusable", "unusable",
    ]  # fmt: skip
    expired = ended.json_lines[2]
    assert expired["days_left"] < 0
    assert "expired on" in expired["problem"]


def test_a_wrong_password_is_unusable_and_stays_secret(
    main: Main, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(passwords.PASSWORD, "errada-e-secreta")
    for name in ("empresa.bin", "trancada.pem", "antiga.pem"):
        ended = main("certificate", "check", folder / name)
        assert ended.code == command.State.UNUSABLE
        assert "password is wrong" in ended.out
        assert "errada" not in ended.out + ended.err
    monkeypatch.setenv(passwords.PASSWORD, PASSWORD)
    assert main("certificate", "check", folder / "empresa.bin", folder / "trancada.pem").code == 0


def test_without_password_and_without_terminal(main: Main, folder: Path) -> None:
    for name in ("empresa.bin", "trancada.pem", "antiga.pem"):
        ended = main("certificate", "check", folder / name)
        assert ended.code == command.State.UNUSABLE
        assert "--password-file" in ended.out
    missing = main("certificate", "check", folder / "empresa.bin", "--password-file", folder / "none")
    assert missing.code == WRONG_SETUP


def test_a_password_is_asked_only_where_one_is_needed(main: Main, folder: Path, typed: list[str]) -> None:
    typed += [PASSWORD, PASSWORD]
    files = [folder / name for name in ("empresa.txt", "empresa.dat", "empresa.bin", "trancada.pem")]
    assert main("certificate", "check", *files).code == 0
    assert typed == []
    (folder / "damaged.txt").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert main("certificate", "check", folder / "damaged.txt").code == command.State.UNUSABLE


# -- convert -----------------------------------------------------------------------------------------


def test_pem_to_pfx_and_back(main: Main, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pem").write_bytes(CHAINED.pem)
    monkeypatch.setenv(passwords.NEW_PASSWORD, PASSWORD)
    monkeypatch.setenv(passwords.PASSWORD, PASSWORD)
    ended = main("certificate", "convert", tmp_path / "a.pem", tmp_path / "b.pfx")
    assert ended.code == 0, ended.err
    made = ClientCertificate.from_pfx(tmp_path / "b.pfx", PASSWORD)
    assert made == CHAINED.certificate()
    assert made.chain == CHAINED.certificate().chain
    back = main("certificate", "convert", tmp_path / "b.pfx", tmp_path / "c.pem", "--json")
    assert back.json == {
        "file": str(tmp_path / "c.pem"), "encrypted": True, "fingerprint": made.fingerprint,
    }  # fmt: skip
    text = (tmp_path / "c.pem").read_bytes()
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in text
    assert ClientCertificate.from_pem(text, password=PASSWORD).chain == made.chain
    for name in ("b.pfx", "c.pem"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_the_pfx_is_modern(main: Main, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(passwords.NEW_PASSWORD, PASSWORD)
    assert main("certificate", "convert", folder / "empresa.txt", folder / "new.p12").code == 0
    der = (folder / "new.p12").read_bytes()
    aes_256_cbc, rc2, triple_des = (
        bytes.fromhex(oid)
        for oid in ("060960864801650304012a", "060a2a864886f70d010c0106", "060a2a864886f70d010c0103")
    )
    assert aes_256_cbc in der
    assert rc2 not in der
    assert triple_des not in der


def test_an_old_pfx_is_modernised(main: Main, tmp_path: Path, typed: list[str]) -> None:
    typed += [LEGACY_PASSWORD, PASSWORD, PASSWORD]
    ended = main("certificate", "convert", LEGACY, tmp_path / "new.pfx")
    assert ended.code == 0, ended.err
    assert ClientCertificate.from_pfx(tmp_path / "new.pfx", PASSWORD) == ClientCertificate.from_pfx(
        LEGACY, LEGACY_PASSWORD
    )


def test_zip_to_pem_without_encryption_only_when_said(main: Main, folder: Path) -> None:
    target = folder / "new.pem"
    refused = main("certificate", "convert", folder / "empresa.dat", target)
    assert refused.code == WRONG_SETUP
    assert "--no-encryption" in refused.err
    assert not target.exists()
    ended = main("certificate", "convert", folder / "empresa.dat", target, "--no-encryption")
    assert ended.code == 0
    assert "NOT encrypted" in ended.out
    assert load_pem_private_key(target.read_bytes().partition(b"-----END CERTIFICATE-----\n")[2], None)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    pfx = folder / "new.pfx"
    assert main("certificate", "convert", folder / "empresa.dat", pfx, "--no-encryption").code == 0
    assert pkcs12.load_pkcs12(pfx.read_bytes(), None).cert is not None


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_nothing_is_ever_overwritten(
    main: Main, folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(passwords.NEW_PASSWORD, PASSWORD)
    target = folder / "there.pem"
    if kind == "file":
        target.write_text("precious", "utf-8")
    else:
        target.symlink_to(folder / "elsewhere.pem")
    ended = main("certificate", "convert", folder / "empresa.txt", target)
    assert ended.code == WRONG_SETUP
    assert "not overwritten" in ended.err
    assert not (folder / "elsewhere.pem").exists()
    # Also when it comes to be between the look and the writing.
    with pytest.raises(ConfigurationError, match="not overwritten"):
        write_private(target, b"new")
    if kind == "file":
        assert target.read_text("utf-8") == "precious"


def test_two_new_passwords_that_differ(main: Main, folder: Path, typed: list[str]) -> None:
    typed += ["um", "dois"]
    ended = main("certificate", "convert", folder / "empresa.txt", folder / "new.pem")
    assert ended.code == WRONG_SETUP
    assert "differ" in ended.err
    typed += ["", ""]
    assert main("certificate", "convert", folder / "empresa.txt", folder / "new.pem").code == WRONG_SETUP
    assert not (folder / "new.pem").exists()


def test_a_wrong_password_writes_nothing(main: Main, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(passwords.PASSWORD, "errada")
    ended = main("certificate", "convert", folder / "empresa.bin", folder / "new.pem", "--no-encryption")
    assert ended.code == WRONG_SETUP
    assert not (folder / "new.pem").exists()


def test_the_target_says_its_form(main: Main, folder: Path) -> None:
    ended = main("certificate", "convert", folder / "empresa.txt", folder / "new.jks", "--no-encryption")
    assert ended.code == WRONG_SETUP
    assert ".pfx" in ended.err


def test_half_a_file_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bankgateway.cli.files.os.fsync", full)
    with pytest.raises(ConfigurationError, match="No space left"):
        write_private(tmp_path / "new.pem", b"data")
    assert list(tmp_path.glob("*.pem")) == []
