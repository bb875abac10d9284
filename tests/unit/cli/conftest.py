"""The command line in this process, and a fake bank behind a socket for it to talk to."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from bankgateway import cli
from bankgateway_mocks import FakeBank, samples
from bankgateway_mocks.fake_command import Material
from bankgateway_mocks.inter.fake import InterFakeBank


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Main = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _clean_desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No settings but those of the test, and no handler of ours left behind."""
    for name in [name for name in os.environ if name.startswith("BANKGATEWAY_")]:
        monkeypatch.delenv(name)
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    desk, home = tmp_path / "desk", tmp_path / "home"
    desk.mkdir()
    monkeypatch.chdir(desk)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    logger = logging.getLogger("bankgateway")
    before = list(logger.handlers)
    yield
    logger.handlers[:] = before


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Main:
    """`bankgateway` as `python -m` would run it, exit codes included."""

    def run(*arguments: object, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "argv", ["bankgateway", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err or ended.value.code == cli.ExitCode.DEFECT
        assert "\x1b" not in said.out + said.err
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run


@dataclass(frozen=True)
class Counter:
    """A fake bank on this machine, and a profile that leads there."""

    bank: InterFakeBank
    config: Path

    @property
    def profile(self) -> tuple[str, ...]:
        return ("--profile", "fake", "--config", str(self.config))


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    bank = FakeBank("inter")
    folder = tmp_path / "fake"
    folder.mkdir()
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(bank.serve()) as served:
        Material.write(folder, served, served.base_url)
        yield Counter(bank, folder / "bankgateway.toml")


def boleto_data(seu_numero: str, **changes: Any) -> dict[str, Any]:
    """A boleto as a user writes it down."""
    new = samples.new_boleto("inter", seu_numero=seu_numero)
    return {**new.model_dump(mode="json", exclude_none=True, exclude_defaults=True), **changes}


@pytest.fixture
def new_boleto() -> Callable[..., dict[str, Any]]:
    return boleto_data


@pytest.fixture
def boleto_file(tmp_path: Path) -> Callable[..., Path]:
    """A file with one boleto for each seu_numero."""

    def write(*numbers: str, **changes: Any) -> Path:
        path = tmp_path / f"boletos-{'-'.join(numbers)[:40]}.json"
        boletos = [boleto_data(number, **changes) for number in numbers]
        path.write_text(json.dumps(boletos if len(boletos) > 1 else boletos[0]), "utf-8")
        return path

    return write
