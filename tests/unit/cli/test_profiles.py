"""Profiles: the file, the environment over it, and what is said when something is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bankgateway import CertificateExpired, CertificateUnreadable, ConfigurationError
from bankgateway.cli import WRONG_SETUP, profiles
from bankgateway.cli.profiles import Profile, read_profile
from bankgateway_mocks import Pki

Main = Callable[..., Any]

SECRET = "segredo-que-nao-vaza"
MATERIAL = Pki().client_certificate()


def write(
    path: Path,
    *,
    name: str = "loja",
    bank: str = "inter",
    environment: object = "sandbox",
    account: dict[str, Any] | None = None,
    credentials: dict[str, Any] | None = None,
    certificate: dict[str, Any] | None = None,
) -> Path:
    """A file with one profile; what is `None` is left out."""
    tables = {
        "": {"bank": bank, "environment": environment},
        ".account": account,
        ".credentials": credentials,
    }
    tables[".credentials.certificate"] = certificate
    text = ""
    for table, values in tables.items():
        if values is not None:
            lines = [f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None]
            text += "\n".join([f"[profiles.{name}{table}]", *lines, "\n"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the bank's ZIP."""
    (tmp_path / "api.zip").write_bytes(MATERIAL.zip_inter())
    (tmp_path / "empresa.pfx").write_bytes(MATERIAL.pfx(b"s3nha"))
    return tmp_path


@pytest.fixture
def complete(folder: Path) -> Path:
    return write(
        folder / "bankgateway.toml",
        account={"conta_corrente": "76543218"},
        credentials={"client_id": "id", "client_secret": SECRET},
        certificate={"zip": "api.zip"},
    )


async def made(profile: Profile) -> Any:
    """The client's account and credentials."""
    async with profile.connect() as client:
        return client


pytestmark = pytest.mark.anyio


async def test_a_complete_profile(complete: Path, folder: Path) -> None:
    profile = read_profile("loja", complete)
    assert (profile.bank, profile.environment) == ("inter", "sandbox")
    assert profile.credentials["certificate"] == {"zip": str(folder / "api.zip")}
    client = await made(profile)
    assert client.account.conta_corrente == "76543218"
    assert client.credentials.client_secret.get_secret_value() == SECRET
    assert client.environment.name == "sandbox"
    assert SECRET not in repr(profile)
    assert profile.arguments == ("--profile", "loja", "--config", str(complete))


async def test_secrets_in_files_of_their_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "secrets").mkdir()
    for name, text in (("id", "id\n"), ("secret", f"{SECRET}\r\n"), ("password", "s3nha\n")):
        (folder / "secrets" / name).write_text(text, "utf-8")
    file = write(
        folder / "conf" / "bankgateway.toml",
        credentials={
            "client_id_file": "../secrets/id",
            "client_secret_file": str(folder / "secrets" / "secret"),
        },
        certificate={"pfx": "../empresa.pfx", "password_file": "../secrets/password"},
    )
    client = await made(read_profile("loja", file))
    assert client.credentials.client_id == "id"
    assert client.credentials.client_secret.get_secret_value() == SECRET
    assert client.credentials.certificate.subject == "Empresa Exemplo LTDA"


async def test_the_environment_wins_and_digits_stay_text(
    complete: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANKGATEWAY_LOJA_ENVIRONMENT", "production")
    monkeypatch.setenv("BANKGATEWAY_LOJA_ACCOUNT__CONTA_CORRENTE", "123456789")
    monkeypatch.setenv("BANKGATEWAY_LOJA_ACCOUNT__EXPIRES_AFTER_DAYS", "7")
    monkeypatch.setenv("BANKGATEWAY_LOJA_CREDENTIALS__CLIENT_SECRET", "42")
    monkeypatch.setenv("BANKGATEWAY_OUTRA_CREDENTIALS__CLIENT_SECRET", "of another profile")
    client = await made(read_profile("loja", complete))
    assert client.environment.name == "production"
    assert (client.account.conta_corrente, client.account.expires_after_days) == ("123456789", 7)
    assert client.credentials.client_secret.get_secret_value() == "42"
    assert client.credentials.client_id == "id"


async def test_the_environment_alone(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (folder / "secret").write_text(SECRET, "utf-8")
    for name, value in {
        "BANK": "inter",
        "ENVIRONMENT": "sandbox",
        "CREDENTIALS__CLIENT_ID": "id",
        "CREDENTIALS__CLIENT_SECRET_FILE": str(folder / "secret"),
        "CREDENTIALS__CERTIFICATE__PEM": MATERIAL.pem.decode(),
    }.items():
        monkeypatch.setenv(f"BANKGATEWAY_LOJA_DA_ANA_{name}", value)
    profile = read_profile("loja-da-ana", None)
    client = await made(profile)
    assert client.credentials.client_secret.get_secret_value() == SECRET
    assert profile.arguments == ("--profile", "loja-da-ana")


def test_where_the_file_is_looked_for(complete: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users = Path(profiles.typer.get_app_dir("bankgateway")) / "bankgateway.toml"
    users.parent.mkdir(parents=True)
    users.write_bytes(complete.read_bytes())
    assert read_profile("loja", None).file == users
    monkeypatch.chdir(folder)
    assert read_profile("loja", None).file == complete


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        (
            {"environment": None},
            [
                "lacks environment (one of production, sandbox; there is no default)",
                "BANKGATEWAY_LOJA_ENVIRONMENT",
            ],
        ),
        (
            {"credentials": {"client_id": "id"}},
            [
                "lacks credentials.client_secret (or client_secret_file)",
                "under [profiles.loja]",
                "BANKGATEWAY_LOJA_CREDENTIALS__CLIENT_SECRET",
            ],
        ),
        (
            {"certificate": None},
            [
                "lacks credentials.certificate.zip (or pfx, certificate with key, or pem)",
                "BANKGATEWAY_LOJA_CREDENTIALS__CERTIFICATE__ZIP",
            ],
        ),
        ({"bank": None}, ["lacks bank: give it", "BANKGATEWAY_LOJA_BANK"]),
        ({"bank": "nubank"}, ["unknown bank 'nubank'"]),
        ({"environment": ["sandbox"]}, ["environment"]),
        ({"account": {"agencia": "1"}}, ["account.agencia"]),
        (
            {"credentials": {"client_id": "i", "client_secret": SECRET, "client_secret_file": "x"}},
            ["both given"],
        ),
        ({"credentials": {"client_id": "i", "client_secret_file": "none"}}, ["none: No such file"]),
        ({"credentials": {"client_id": "i", "client_secret": [SECRET]}}, ["credentials.client_secret"]),
    ],
)
def test_what_is_missing_or_wrong_is_named_with_its_place(
    folder: Path, changes: dict[str, Any], sentences: list[str]
) -> None:
    parts: dict[str, Any] = {
        "credentials": {"client_id": "id", "client_secret": SECRET},
        "certificate": {"zip": "api.zip"},
        **changes,
    }
    write(folder / "b.toml", **parts)
    with pytest.raises(ConfigurationError) as caught:
        read_profile("loja", folder / "b.toml")
    for sentence in sentences:
        assert sentence in str(caught.value)
    assert SECRET not in str(caught.value)


def test_an_empty_secret_counts_as_missing(
    complete: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANKGATEWAY_LOJA_CREDENTIALS__CLIENT_SECRET", "")
    assert read_profile("loja", complete).credentials["client_secret"] == SECRET
    (folder / "empty").write_text("\n", "utf-8")
    file = write(folder / "e.toml", credentials={"client_id": "i", "client_secret_file": "empty"})
    with pytest.raises(ConfigurationError, match="is empty"):
        read_profile("loja", file)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[profiles.loja", "not TOML"),
        ('bank = "inter"', "unknown keys bank: everything is below"),
        ('[profiles]\nloja = "inter"', "profiles are tables"),
        ('[profiles.outra]\nbank = "inter"', "no profile 'loja'; there are: outra"),
        ("", "no profile 'loja'"),
    ],
)
def test_a_file_that_makes_no_sense(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "b.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_profile("loja", file)
    assert sentence in str(caught.value)


def test_neither_file_nor_environment(main: Main, tmp_path: Path) -> None:
    ended = main("query", "--bank-id", "x")
    assert ended.code == WRONG_SETUP
    assert "there is no bankgateway.toml in this folder nor in " in ended.err
    assert "BANKGATEWAY_DEFAULT_BANK" in ended.err
    assert main("query", "--bank-id", "x", "--config", tmp_path / "none.toml").code == WRONG_SETUP
    assert "lower-case" in main("query", "--bank-id", "x", "--profile", "../x").err


@pytest.mark.parametrize(
    "url",
    [
        "https://fake.example.com",
        "http://127.0.0.1:8443",
        "https://127.0.0.1.example.com",
        "127.0.0.1:1",
        "https://[x",
    ],
)
def test_a_file_cannot_lead_credentials_to_another_machine(complete: Path, url: str) -> None:
    text = complete.read_text("utf-8").replace(
        'environment = "sandbox"', f'environment = {{base_url = "{url}"}}'
    )
    complete.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match="on this machine"):
        read_profile("loja", complete)


def test_a_fake_plays_one_of_the_environments(complete: Path) -> None:
    text = complete.read_text("utf-8")
    there = 'environment = {base_url = "https://localhost:1", ca_file = "ca.pem", like = "LIKE"}'
    complete.write_text(text.replace('environment = "sandbox"', there.replace("LIKE", "sandbox")), "utf-8")
    profile = read_profile("loja", complete)
    assert not isinstance(profile.environment, str)
    assert profile.environment.hosts == {"api": "https://localhost:1"}
    assert not profile.environment.checks_answers
    assert profile.ca_file == complete.parent / "ca.pem"
    complete.write_text(text.replace('environment = "sandbox"', there), "utf-8")
    with pytest.raises(ConfigurationError, match=r"environment\.like"):
        read_profile("loja", complete)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(Pki().expired().zip_inter(), CertificateExpired), (b"not a zip", CertificateUnreadable)],
)
def test_a_certificate_keeps_its_own_sentence(
    complete: Path, folder: Path, content: bytes, kind: type[Exception]
) -> None:
    (folder / "api.zip").write_bytes(content)
    with pytest.raises(kind, match=r"^profile 'loja': "):
        read_profile("loja", complete).connect()


def test_an_expiring_certificate_is_told_once(main: Main, complete: Path, folder: Path) -> None:
    (folder / "api.zip").write_bytes(Pki().expiring(12).zip_inter())
    text = complete.read_text("utf-8").replace('"sandbox"', '{base_url = "https://127.0.0.1:1"}')
    complete.write_text(text, "utf-8")
    ended = main("query", "-p", "loja", "-c", complete, "--bank-id", "x")
    assert ended.code == 4
    assert ended.err.count("in 12 days") == 1
    assert ended.err.startswith("bankgateway: The client certificate of ")
