"""The command line: exit codes, what it prints, and what it says when something is not installed."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import bankgateway
from bankgateway import ConfigurationError, NotFound, cli
from bankgateway.cli import plugins
from bankgateway.cli.app import app
from bankgateway.cli.console import can_print, make_console
from bankgateway.cli.exits import MEANING
from bankgateway.codes import crc16

Main = Callable[..., Any]

BLOCKED = """
import sys
sys.modules[{package!r}] = None
sys.argv = ["bankgateway", *{arguments!r}]
from bankgateway.cli import main
main()
"""


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments, env={"FORCE_COLOR": None, "TTY_COMPATIBLE": None})
    return result.exit_code, result.output


def run_without(package: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`bankgateway` in a process where a package cannot be imported."""
    code = BLOCKED.format(package=package, arguments=arguments)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


def test_version() -> None:
    assert invoke("--version") == (0, f"bankgateway {bankgateway.__version__}\n")


def test_help_lists_our_commands_and_those_that_join() -> None:
    code, output = invoke("--help")
    assert code == 0
    for command in ("banks", "certificate", "register", "demo", "fake"):
        assert f" {command} " in output


def test_help_has_the_exit_codes() -> None:
    said = " ".join(invoke("--help")[1].split())
    for exit_code, meaning in MEANING.items():
        assert f"{exit_code.value}: {meaning}" in said


@pytest.mark.parametrize("package", ["typer", "rich", "pydantic_settings"])
def test_a_missing_extra_is_named_without_traceback(package: str) -> None:
    ended = run_without(package, "banks")
    assert ended.returncode == cli.WRONG_SETUP
    assert ended.stdout == ""
    assert ended.stderr == (
        f"bankgateway: the command line needs the package {package!r}: "
        "install it with  pip install 'bankgateway[cli]'\n"
    )


@pytest.mark.parametrize(("package", "extra"), [("h11", "mocks"), ("respx", "mocks"), ("segno", "cli")])
def test_a_joined_command_names_the_extra_it_misses(package: str, extra: str) -> None:
    ended = run_without(package, "demo")
    assert ended.returncode == cli.WRONG_SETUP
    assert re.fullmatch(
        rf"bankgateway: .* needs the package {package!r}: install it with  pip install "
        rf"'bankgateway\[{extra}\]'\n",
        ended.stderr,
    )


def test_the_other_commands_work_without_it() -> None:
    ended = run_without("respx", "--help")
    assert ended.returncode == 0
    assert "Not available here" in ended.stdout
    assert "List the banks" in ended.stdout


# -- commands that join --------------------------------------------------------------------------

things = typer.Typer()


@things.command()
def show() -> None:
    """Show it."""
    typer.echo("shown")


def greet(name: str) -> None:
    """Greet somebody."""
    typer.echo(f"hello {name}")


def stop_by_setup() -> None:
    raise ConfigurationError("no such carteira")


def stop_by_bank() -> None:
    raise NotFound("unknown boleto", bank="inter", operation="query", http_status=404)


def stop_by_hand() -> None:
    raise KeyboardInterrupt


def stop_by_defect() -> None:
    raise RuntimeError("a defect \x1b[31m")


@pytest.fixture
def join(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Offer commands, as `name=attribute of this module`."""

    def offer(**commands: str) -> None:
        # This test's module is not importable by its path: it is offered under a name of its own.
        monkeypatch.setitem(sys.modules, "joined_commands", sys.modules[__name__])
        points = {
            name: EntryPoint(name, f"joined_commands:{attribute}", plugins.ENTRY_POINTS)
            for name, attribute in commands.items()
        }
        monkeypatch.setattr(plugins, "_points", lambda: points)

    return offer


def test_a_function_joins(join: Callable[..., None]) -> None:
    join(greet="greet")
    assert invoke("greet", "Ana") == (0, "hello Ana\n")


def test_a_group_joins_also_with_one_command(join: Callable[..., None]) -> None:
    join(things="things")
    assert invoke("things", "show") == (0, "shown\n")


def test_nobody_takes_over_a_command_of_ours(join: Callable[..., None]) -> None:
    join(banks="greet")
    code, output = invoke("banks", "--json")
    assert code == 0
    assert json.loads(output)[0]["slug"] == "inter"


def test_a_command_that_cannot_be_loaded_says_so(join: Callable[..., None]) -> None:
    join(broken="nowhere")
    assert "Not available here" in invoke("--help")[1]
    result = CliRunner().invoke(app, ["broken"])
    assert isinstance(result.exception, ConfigurationError)
    assert "'broken' cannot be loaded" in str(result.exception)


def test_an_unknown_command_is_wrong_usage() -> None:
    assert invoke("pay-everything")[0] == 2


@pytest.mark.parametrize(
    ("attribute", "code", "sentence"),
    [
        ("stop_by_setup", cli.WRONG_SETUP, "bankgateway: no such carteira\n"),
        ("stop_by_bank", cli.ExitCode.NOT_FOUND, "bankgateway: inter query: unknown boleto [HTTP 404]\n"),
    ],
)
def test_errors_end_with_a_sentence(
    join: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    attribute: str,
    code: int,
    sentence: str,
) -> None:
    join(stop=attribute)
    monkeypatch.setattr(sys, "argv", ["bankgateway", "stop"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code
    assert capsys.readouterr().err == sentence


def test_ctrl_c_ends_quietly(
    join: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    join(stop="stop_by_hand")
    monkeypatch.setattr(sys, "argv", ["bankgateway", "stop"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == cli.INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


def test_a_defect_is_no_refusal(
    join: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    join(stop="stop_by_defect")
    monkeypatch.setattr(sys, "argv", ["bankgateway", "stop"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == cli.ExitCode.DEFECT
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "\x1b" not in said


# -- the console ---------------------------------------------------------------------------------


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> io.BytesIO:
    """Standard output that says it is a terminal."""
    written = io.BytesIO()
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stdout", Terminal(written, encoding=encoding, write_through=True))
    return written


def test_colours_on_a_terminal_only_and_not_when_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    written = terminal(monkeypatch)
    make_console().print("a", style="bold red")
    assert b"\x1b[" in written.getvalue()
    written = terminal(monkeypatch)
    make_console(plain=True).print("a", style="bold red")
    assert written.getvalue() == b"a\n"


def test_square_brackets_are_text(monkeypatch: pytest.MonkeyPatch) -> None:
    written = terminal(monkeypatch)
    make_console(plain=True).print("[HTTP 404] :bank:")
    assert written.getvalue() == b"[HTTP 404] :bank:\n"


def test_what_the_terminal_cannot_print_does_not_end_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    written = terminal(monkeypatch, "ascii")
    console = make_console(plain=True)
    console.print("Gestão ✓")
    assert written.getvalue() == b"Gest?o ?\n"
    assert can_print(console, "Gestao")
    assert not can_print(console, "█")


LINE = "07790.00116 12765.432146 21530.078639 1 16050000018745"


def test_decode_a_line_as_pasted(main: Main) -> None:
    result = main("decode", *LINE.split(), "--as-of", "2026-11-20", "--json")
    assert result.code == 0, result.err
    told = json.loads(result.out)
    assert (told["bank"], told["bank_name"], told["amount"], told["due_date"]) == (
        "077", "Inter", "187.45", "2026-10-20",
    )  # fmt: skip
    assert told["barcode"] == "07791160500000187450001112765432142153007863"
    assert told["digitable_line"] == LINE
    plain = main("decode", told["barcode"], "--as-of", "2026-11-20")
    assert LINE in plain.out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["07790.00116 12765.432146 21530.078639 2 16050000018745"], "check digit"),
        (["07790.00117 12765.432146 21530.078639 1 16050000018745"], "field 1"),
        (["0779O"], "wrong character"),
        (["00020126"], "Pix"),
        ([LINE, "--as-of", "tomorrow"], "tomorrow"),
    ],
)
def test_decode_says_what_is_wrong(main: Main, arguments: list[str], word: str) -> None:
    result = main("decode", *arguments)
    assert result.code == 2
    assert word in result.err


def test_a_pix_code_cannot_steer_the_terminal(main: Main) -> None:
    def field(tag: str, value: str) -> str:
        return f"{tag}{len(value):02}{value}"

    key = field("00", "br.gov.bcb.pix") + field("01", "loja@example.com")
    head = field("00", "01") + field("26", key) + field("52", "0000") + field("53", "986") + field("58", "BR")
    text = (
        head
        + field("59", "LOJA\x1b[2J\u202e")
        + field("60", "CIDADE")
        + field("62", field("05", "***"))
        + "6304"
    )
    code = text + crc16(text.encode())
    said = main("decode", code)
    assert said.code == 0, said.err
    assert "LOJA\ufffd[2J\ufffd" in said.out
    as_json = main("decode", code, "--json")
    assert as_json.json["merchant_name"] == "LOJA\x1b[2J\u202e"
    assert "\u202e" not in as_json.out


def test_pdf_from_a_file(main: Main, tmp_path: Path) -> None:
    slip = {
        "bank_code": "077-9", "bank_name": "Inter", "barcode": "07791160500000187450001112765432142153007863",
        "digitable_line": "07790001161276543214621530078639116050000018745", "nosso_numero": "00019/112/4215300786-3",
        "seu_numero": "FAT-1", "due_date": "2026-10-20", "amount": "187.45",
        "beneficiary": {
            "name": "Loja Modelo Ltda", "tax_id": "98765432000198",
            "address": {"street": "Rua A", "number": "1", "city": "Belo Horizonte", "state": "MG", "postal_code": "30140000"},
        },
        "payer": {"name": "Pessoa Exemplo", "tax_id": "52998224725"},
    }  # fmt: skip
    file = tmp_path / "slips.json"
    file.write_text(json.dumps([slip, slip, slip]), "utf-8")
    result = main("pdf", str(file), "--carne")
    assert result.code == 0, result.err
    made = (tmp_path / "slips.pdf").read_bytes()
    assert made.startswith(b"%PDF")
    again = main("pdf", str(file))
    assert again.code == 2
    assert "--force" in again.err
    assert (tmp_path / "slips.pdf").read_bytes() == made
    file.write_text(json.dumps({**slip, "amount": "1.00"}), "utf-8")
    wrong = main("pdf", str(file), "--force")
    assert wrong.code == 2
    assert "Pessoa" not in wrong.err
    assert main("pdf", str(tmp_path / "none.json")).code == 2
