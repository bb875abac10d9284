"""docs/cli.md says what the commands do."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import typer

from bankgateway import NewBoleto
from bankgateway.cli.app import app
from bankgateway.cli.certificate import State
from bankgateway.cli.exits import MEANING
from bankgateway.cli.profiles import read_profile
from bankgateway.cli.register import OUTCOMES
from bankgateway_mocks import Pki

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text("utf-8")


def block(language: str, containing: str) -> str:
    found = [code for code in re.findall(rf"```{language}\n(.*?)```", PAGE, re.S) if containing in code]
    assert len(found) == 1
    return str(found[0])


def table(heading: str) -> dict[str, str]:
    section = re.search(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", PAGE, re.S | re.M)
    assert section is not None
    return dict(re.findall(r"^\| (\d+) \| (.+) \|$", section[1], re.M))


def test_the_table_of_exit_codes() -> None:
    assert table("Exit codes") == {str(code.value): meaning for code, meaning in MEANING.items()}


def test_the_codes_of_certificate_check() -> None:
    assert {code: meaning.split(":")[0] for code, meaning in table("Check").items()} == {
        str(state.value): state.name.lower() for state in State
    }


def test_the_outcomes() -> None:
    assert [word for word in OUTCOMES.values() if f"`{word}`" not in PAGE] == []


def test_the_profile_works(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "client_secret").write_text("x\n", "utf-8")
    (tmp_path / "secrets" / "empresa.password").write_text("s3nha\n", "utf-8")
    (tmp_path / "secrets" / "empresa.pfx").write_bytes(Pki().client_certificate().pfx(b"s3nha"))
    (tmp_path / "bankgateway.toml").write_text(block("toml", "[profiles.loja]"), "utf-8")
    profile = read_profile("loja", tmp_path / "bankgateway.toml")
    assert "inter client, sandbox" in repr(profile.connect())


def test_the_variables_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in re.findall(r"^export (\w+)=(\S+)$", block("sh", "export"), re.M):
        monkeypatch.setenv(name, value.replace("/run/secrets", str(tmp_path)))
    (tmp_path / "client_secret").write_text("x", "utf-8")
    (tmp_path / "inter.zip").write_bytes(Pki().client_certificate().zip_inter())
    profile = read_profile("loja", None)
    assert "inter client, production" in repr(profile.connect())


def test_the_boleto_is_one() -> None:
    assert NewBoleto.model_validate(json.loads(block("json", "seu_numero"))).payer.is_company


def test_the_fake_s_environment_is_read() -> None:
    assert "environment" in tomllib.loads(block("toml", "like ="))["profiles"]["fake"]


def test_every_command_and_every_option_of_the_examples_exists() -> None:
    root = typer.main.get_command(app)
    lines = [
        line
        for code in re.findall(r"```sh\n(.*?)```", PAGE, re.S)
        for line in code.splitlines()
        if line.startswith("bankgateway ")
    ]
    assert len(lines) > 10
    used = set()
    for line in lines:
        words = re.sub(r'"[^"]*"', "x", line).split()[1:]
        command = root
        while hasattr(command, "get_command") and words and not words[0].startswith("-"):
            used.add(words[0])
            command = command.get_command(None, words.pop(0))
            assert command is not None, line
        known = {name for parameter in command.params for name in parameter.opts}
        options = {word for word in words if word.startswith("-")} - {"--help"}
        assert options <= known, line
    named = set(re.findall(r"`([a-z-]+)(?: [a-z-]+)*`", PAGE))
    assert set(root.list_commands(None)) <= used | named
