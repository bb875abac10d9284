"""`bankgateway register`: what it takes, every way it can end, and that no result is lost."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bankgateway import BankClient, BoletoRef, CertificateExpired, NotFound, NotSent
from bankgateway.cli import ExitCode
from bankgateway.cli.exits import MEANING, code_of, code_of_write
from bankgateway.cli.profiles import Profile
from bankgateway_mocks import faults

Main = Callable[..., Any]
"""The fixtures of conftest.py, whose classes cannot be imported from here."""
Counter = Any

COMMAND = [sys.executable, "-c", "from bankgateway.cli import main; main()"]


@pytest.fixture
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BankClient, "recovery_pauses", (0.0, 0.0))


def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen([*COMMAND, *map(str, arguments)], **options)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


# -- what it takes -----------------------------------------------------------------------------------


def test_one_boleto(main: Main, counter: Counter, boleto_file: Callable[..., Path]) -> None:
    ended = main("register", boleto_file("F-1"), *counter.profile, "--wait", 5)
    assert (ended.code, ended.err) == (0, "")
    assert counter.bank.books[0].seu_numero == "F-1"
    assert "registered (A_RECEBER)" in ended.out
    assert "line " in ended.out
    assert "pix " in ended.out


def test_a_list_gives_one_line_each_in_order(
    main: Main, counter: Counter, boleto_file: Callable[..., Path]
) -> None:
    numbers = [f"F-{number}" for number in range(12)]
    ended = main("register", boleto_file(*numbers), *counter.profile, "--json", "--concurrency", 4)
    assert ended.code == 0
    told = ended.json_lines
    assert [(line["index"], line["seu_numero"]) for line in told] == list(enumerate(numbers))
    assert {line["outcome"] for line in told} == {"done"}
    held = {entry.bank_id for entry in counter.bank.books}
    assert {line["boleto"]["ref"]["bank_id"] for line in told} == held
    assert not any("raw" in line["boleto"] for line in told)


def test_json_lines_from_standard_input(
    main: Main, counter: Counter, new_boleto: Callable[..., dict[str, Any]]
) -> None:
    text = "\n".join(json.dumps(new_boleto(number)) for number in ("F-1", "F-2")) + "\n"
    ended = main("register", "-", *counter.profile, stdin=text)
    assert ended.code == 0
    assert [line.split()[3] for line in ended.out.splitlines()[1:]] == ["F-1", "F-2"]


def test_a_json_number_is_exact(
    main: Main, counter: Counter, new_boleto: Callable[..., dict[str, Any]]
) -> None:
    assert main("register", "-", *counter.profile, stdin=json.dumps(new_boleto("F", amount=187.1))).code == 0
    assert counter.bank.books[0].amount == Decimal("187.10")
    text = json.dumps(new_boleto("G")).replace('"187.45"', "187.450000001")
    assert main("register", "-", *counter.profile, stdin=text).code == ExitCode.WRONG_SETUP


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "standard input: not JSON"),
        ("[]", "standard input: holds no boleto"),
        ("[1]", "standard input: item 1: a JSON object was expected"),
        ('{"seu_numero": "F"}\n{"seu_numero"\n', "standard input: line 2: not JSON"),
        ("NEW\nNEW", "standard input: line 2: the same boleto as standard input: line 1"),
        ('{"seu_numero": "F", "amount": "segredo"}', "standard input: amount: "),
    ],
)
def test_wrong_input_is_refused_before_anything_is_sent(
    main: Main, counter: Counter, new_boleto: Callable[..., dict[str, Any]], text: str, sentence: str
) -> None:
    text = text.replace("NEW", json.dumps(new_boleto("F-1")))
    ended = main("register", "-", *counter.profile, stdin=text)
    assert ended.code == ExitCode.WRONG_SETUP
    assert sentence in ended.err
    assert "segredo" not in ended.err
    assert counter.bank.calls == ()


def test_a_fault_in_the_last_line_keeps_the_first_from_being_sent(
    main: Main, counter: Counter, new_boleto: Callable[..., dict[str, Any]]
) -> None:
    boletos = [new_boleto("F-1"), new_boleto("F-2", payer={"name": "Fulana"})]
    ended = main("register", "-", *counter.profile, stdin=json.dumps(boletos))
    assert ended.code == ExitCode.WRONG_SETUP
    assert "item 2: payer.tax_id" in ended.err
    assert "Fulana" not in ended.err
    assert counter.bank.calls == ()


def test_no_such_file(main: Main, counter: Counter, tmp_path: Path) -> None:
    assert main("register", tmp_path / "none.json", *counter.profile).code == ExitCode.WRONG_SETUP


# -- how it ends -------------------------------------------------------------------------------------


def test_the_answer_was_lost_but_the_boleto_found(
    main: Main, counter: Counter, boleto_file: Callable[..., Path]
) -> None:
    counter.bank.faults.add(faults.DropAfter())
    ended = main("register", boleto_file("F-1"), *counter.profile, "--json")
    assert ended.code == 0
    assert [notice["code"] for notice in ended.json["boleto"]["notices"]] == ["recovered"]
    assert counter.bank.processed("register") == 1


@pytest.mark.usefixtures("_no_pauses")
def test_unknown_is_9_and_the_printed_command_looks_it_up(
    main: Main, counter: Counter, boleto_file: Callable[..., Path]
) -> None:
    counter.bank.faults.add(faults.DropAfter())
    counter.bank.faults.add(faults.EmptyBody(), operation="search", times=2)
    ended = main("register", boleto_file("F 1"), *counter.profile, "--json")
    assert ended.code == ExitCode.UNKNOWN
    assert ended.json["outcome"] == "unknown"
    assert ended.json["error"]["type"] == "OutcomeUnknown"
    command = ended.err.splitlines()[-1]
    assert command == ended.json["look_up"]
    assert "11222333000181" not in command
    program, *arguments = shlex.split(command)
    assert program == "bankgateway"
    found = main(*arguments, "--json")
    assert found.code == 0
    assert found.json["ref"]["bank_id"] == counter.bank.books[0].bank_id


@pytest.mark.usefixtures("_no_pauses")
def test_one_unknown_among_many_is_9(main: Main, counter: Counter, boleto_file: Callable[..., Path]) -> None:
    counter.bank.faults.add(faults.DropBefore())
    ended = main("register", boleto_file("F-1", "F-2"), *counter.profile, "--concurrency", 1)
    assert ended.code == ExitCode.UNKNOWN
    assert [entry.seu_numero for entry in counter.bank.books] == ["F-2"]
    assert "--seu-numero=F-1 " in ended.err.splitlines()[-1]


def test_refused_is_1(main: Main, counter: Counter, boleto_file: Callable[..., Path]) -> None:
    counter.bank.accounts = ["12345678"]
    ended = main("register", boleto_file("F-1"), *counter.profile, "--json")
    assert ended.code == ExitCode.REFUSED
    assert ended.json["outcome"] == "refused"
    assert ended.json["error"]["http_status"] == 403
    assert ended.json["error"]["message"] in ended.err
    assert counter.bank.books == []


def test_what_the_bank_does_not_offer_is_2(
    main: Main, counter: Counter, boleto_file: Callable[..., Path]
) -> None:
    ended = main("register", boleto_file("F-1", amount="1.00"), *counter.profile, "--json")
    assert (ended.code, ended.json["outcome"]) == (ExitCode.WRONG_SETUP, "invalid")
    ended = main("register", boleto_file("F-2", protest={"days": 5}), *counter.profile, "--json")
    assert (ended.code, ended.json["outcome"]) == (ExitCode.WRONG_SETUP, "invalid")
    assert "protest" in ended.err
    assert counter.bank.processed("register") == 0


def test_not_sent_is_3(
    main: Main, counter: Counter, boleto_file: Callable[..., Path], tmp_path: Path
) -> None:
    text = counter.config.read_text("utf-8").replace(counter_url(counter), "https://127.0.0.1:1")
    config = tmp_path / "nobody.toml"
    config.write_text(text, "utf-8")
    ended = main("register", boleto_file("F-1"), "-p", "fake", "-c", config, "--json")
    assert (ended.code, ended.json["outcome"]) == (ExitCode.NOT_SENT, "not_sent")


def counter_url(counter: Counter) -> str:
    return next(line for line in counter.config.read_text("utf-8").splitlines() if "base_url" in line).split(
        '"'
    )[1]


def test_some_done_and_some_not_is_never_safe_to_repeat(
    main: Main, counter: Counter, new_boleto: Callable[..., dict[str, Any]]
) -> None:
    boletos = [new_boleto("F-1"), new_boleto("F-2", amount="1.00")]
    ended = main("register", "-", *counter.profile, stdin=json.dumps(boletos))
    assert ended.code == ExitCode.REFUSED
    assert len(counter.bank.books) == 1
    assert "F-1" in ended.out
    assert "seu_numero F-2: " in ended.err


def test_the_same_file_again_says_that_it_is_there_already(
    main: Main, counter: Counter, boleto_file: Callable[..., Path]
) -> None:
    file = boleto_file("F-1", "F-2")
    assert main("register", file, *counter.profile).code == 0
    ended = main("register", file, *counter.profile)
    assert ended.code == 0
    assert ended.out.count("(already_registered)") == 2
    assert len(counter.bank.books) == 2


def test_a_defect_in_the_middle_leaves_the_outcome_unknown(
    main: Main, counter: Counter, boleto_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: BankClient, new: Any) -> Any:
        raise RuntimeError("a defect")

    monkeypatch.setattr("bankgateway.banks.inter.client.InterClient._register", broken)
    ended = main("register", boleto_file("F-1"), *counter.profile)
    assert ended.code == ExitCode.UNKNOWN
    assert "RuntimeError: a defect" in ended.err


# -- nothing is lost ---------------------------------------------------------------------------------


def test_the_first_ctrl_c_lets_what_is_under_way_end(
    counter: Counter, boleto_file: Callable[..., Path]
) -> None:
    counter.bank.faults.add(faults.Slow(0.2, after=True), times=200)
    file = boleto_file(*(f"F-{number}" for number in range(60)))
    process = start("register", file, *counter.profile, "--json", "--concurrency", 2)
    wait_for(lambda: any(call.operation == "register" for call in counter.bank.calls))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED, err
    told = [json.loads(line) for line in out.splitlines()]
    assert {line["outcome"] for line in told} == {"done"}
    assert {line["seu_numero"] for line in told} == {entry.seu_numero for entry in counter.bank.books}
    assert len(told) == 8
    assert err.splitlines()[-1] == "bankgateway: not begun: the last 52 of 60 boletos"


def test_the_second_ctrl_c_gives_up_and_lists_what_to_look_up(
    counter: Counter, boleto_file: Callable[..., Path]
) -> None:
    counter.bank.faults.add(faults.Slow(30, after=True), times=200)
    process = start("register", boleto_file("F-1", "F-2"), *counter.profile)
    wait_for(lambda: len(counter.bank.books) == 2)
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    assert "Ctrl-C again" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED, err
    assert "Traceback" not in err
    commands = [line for line in err.splitlines() if line.startswith("bankgateway query")]
    assert [shlex.split(line)[-2] for line in commands] == ["--seu-numero=F-1", "--seu-numero=F-2"]


def test_a_reader_that_leaves_loses_no_result(counter: Counter, boleto_file: Callable[..., Path]) -> None:
    numbers = [f"F-{number}" for number in range(10)]
    process = start("register", boleto_file(*numbers), *counter.profile, "--json", "--concurrency", 1)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=30)
    told = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    # The batch under way comes to its end, the rest is not begun.
    assert [line["seu_numero"] for line in told] == numbers[:4]
    assert len(counter.bank.books) == 4
    assert "not begun: the last 6 of 10" in err
    assert process.returncode == ExitCode.REFUSED


def test_a_bar_on_the_terminal_stays_out_of_the_file(
    counter: Counter, boleto_file: Callable[..., Path]
) -> None:
    numbers = [f"F-{number}" for number in range(10)]
    terminal, tty = pty.openpty()
    process = start(
        "register",
        boleto_file(*numbers),
        *counter.profile,
        "--json",
        stderr=tty,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(tty)
    out, _ = process.communicate(timeout=30)
    shown = os.read(terminal, 100_000)
    os.close(terminal)
    assert process.returncode == 0
    assert [json.loads(line)["seu_numero"] for line in out.splitlines()] == numbers
    assert b"/10" in shown


# -- exit codes --------------------------------------------------------------------------------------


def test_every_code_has_a_meaning() -> None:
    assert set(MEANING) == set(ExitCode)


def test_codes_of_errors() -> None:
    assert code_of(NotFound("x")) is ExitCode.NOT_FOUND
    assert code_of(NotSent("x")) is ExitCode.NOT_SENT
    assert code_of(CertificateExpired("x")) is ExitCode.WRONG_SETUP
    assert code_of(ValueError()) is ExitCode.DEFECT
    assert code_of_write(ValueError()) is ExitCode.UNKNOWN
    assert code_of_write(NotFound("x")) is ExitCode.REFUSED


def test_the_look_up_is_quoted_for_the_shell() -> None:
    from bankgateway.cli.calls import look_up

    profile = Profile("loja", Path("/tmp/a b.toml"), "inter", "sandbox", {}, {})
    ref = BoletoRef(seu_numero="F'1; rm", payer_tax_id="52998224725")
    line = look_up(profile, ref)
    assert shlex.split(line) == [
        "bankgateway", "query", "--profile", "loja", "--config", "/tmp/a b.toml", "--seu-numero=F'1; rm",
    ]  # fmt: skip
    assert look_up(profile, BoletoRef(bank_id="b", seu_numero="F")).endswith("--bank-id=b")
