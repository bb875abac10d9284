"""`bankgateway query`, `search`, `cancel` and `fetch-pdf`."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bankgateway import BankClient, BoletoRef
from bankgateway.cli import ExitCode
from bankgateway.models.clock import SYSTEM_CLOCK
from bankgateway_mocks import faults

Main = Callable[..., Any]
Counter = Any

COMMAND = [sys.executable, "-c", "from bankgateway.cli import main; main()"]
TODAY = SYSTEM_CLOCK.today()
RANGE = ("--since", TODAY.isoformat(), "--until", (TODAY + timedelta(days=60)).isoformat())


@pytest.fixture
def ids(main: Main, counter: Counter, boleto_file: Callable[..., Path]) -> list[str]:
    """The bank's ids of three boletos, F-1 to F-3."""
    assert main("register", boleto_file("F-1", "F-2", "F-3"), *counter.profile, "--wait", 5).code == 0
    return [entry.bank_id for entry in sorted(counter.bank.books, key=lambda entry: entry.seu_numero)]


# -- query -------------------------------------------------------------------------------------------


def test_query_by_either_name(main: Main, counter: Counter, ids: list[str]) -> None:
    by_id = main("query", *counter.profile, "--bank-id", ids[1], "--json")
    by_number = main("query", *counter.profile, "--seu-numero", "F-2", "--json")
    assert by_id.code == by_number.code == 0
    assert by_id.json["seu_numero"] == "F-2"
    assert by_id.json["amount"] == "187.45"
    assert by_id.json["ref"]["bank_id"] == by_number.json["ref"]["bank_id"] == ids[1]
    assert "raw" not in by_id.json


def test_query_as_text(main: Main, counter: Counter, ids: list[str]) -> None:
    counter.bank.pay(ids[0])
    said = main("query", *counter.profile, "--bank-id", ids[0]).out
    assert "status        paid (RECEBIDO)" in said
    assert "paid by       pix" in said


def test_what_the_bank_does_not_know_is_5(main: Main, counter: Counter) -> None:
    assert main("query", *counter.profile, "--seu-numero", "F-9").code == ExitCode.NOT_FOUND
    assert main("query", *counter.profile, "--bank-id", "none").code == ExitCode.NOT_FOUND


def test_a_boleto_has_to_be_named(main: Main, counter: Counter) -> None:
    for command in ("query", "cancel"):
        ended = main(command, *counter.profile, "--issue-date", "2026-11-01")
        assert ended.code == ExitCode.WRONG_SETUP
        assert "--bank-id" in ended.err
    ended = main("query", *counter.profile, "--bank-id", "x", "--issue-date", "tomorrow")
    assert ended.code == ExitCode.WRONG_SETUP
    assert "issue_date" in ended.err


def test_a_bank_that_is_down_is_4(main: Main, counter: Counter) -> None:
    counter.bank.faults.add(faults.WrongContentType(), operation="query", times=9)
    assert main("query", *counter.profile, "--bank-id", "x").code == ExitCode.UNAVAILABLE


def test_the_bank_cannot_steer_the_terminal(main: Main, counter: Counter, ids: list[str]) -> None:
    hostile = "Lo\x1b[2Jja\x9b31m \u202eLtda\r\n"
    counter.bank._charges[ids[0]].order["pagador"]["nome"] = hostile
    for arguments in (["query", "--bank-id", ids[0]], ["search", *RANGE]):
        text = main(*arguments, *counter.profile)
        assert "Lo\ufffd[2Jja\ufffd31m \ufffdLtda" in text.out
        as_json = main(*arguments, *counter.profile, "--json")
        names = [line["payer"]["name"] for line in as_json.json_lines]
        assert hostile.strip() in names
        for said in (text.out, as_json.out):
            assert [c for c in said if not c.isprintable() and c != "\n"] == []


# -- search ------------------------------------------------------------------------------------------


def test_search_as_lines(main: Main, counter: Counter, ids: list[str]) -> None:
    head, *rows = main("search", *RANGE, *counter.profile).out.splitlines()
    assert head.split() == ["due", "date", "amount", "status", "seu", "numero", "bank", "id", "payer"]
    assert {row.split()[3] for row in rows} == {"F-1", "F-2", "F-3"}
    told = main("search", *RANGE, *counter.profile, "--json").json_lines
    assert {boleto["ref"]["bank_id"] for boleto in told} == set(ids)


def test_search_filters(main: Main, counter: Counter, ids: list[str]) -> None:
    counter.bank.pay(ids[2])
    paid = main("search", *RANGE, *counter.profile, "--status", "paid", "--json").json_lines
    assert [boleto["seu_numero"] for boleto in paid] == ["F-3"]
    one = main("search", *RANGE, *counter.profile, "--seu-numero", "F-1", "--by", "due", "--json").json_lines
    assert [boleto["ref"]["bank_id"] for boleto in one] == [ids[0]]
    own = main("search", *RANGE, *counter.profile, "--filter", "tipoOrdenacao=DESC", "--json")
    assert len(own.json_lines) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "2026-02-01", "--until", "2026-01-01"],
        ["--since", "2026-02-30", "--until", "2026-03-01"],
        ["--since", "2026-01-01", "--until", "2026-01-02", "--payer-tax-id", "123"],
        ["--since", "2026-01-01", "--until", "2026-01-02", "--filter", "nothing=1"],
        ["--since", "2026-01-01", "--until", "2026-01-02", "--filter", "nothing"],
        ["--since", "2026-01-01", "--until", "2026-01-02", "--status", "lost"],
        ["--since", "2026-01-01"],
    ],
)
def test_a_search_that_makes_no_sense_is_2(main: Main, counter: Counter, arguments: list[str]) -> None:
    assert main("search", *arguments, *counter.profile).code == ExitCode.WRONG_SETUP
    assert counter.bank.calls == ()


def test_nobody_reads_the_list(counter: Counter, ids: list[str]) -> None:
    line = shlex.join([*COMMAND, "search", *RANGE, *counter.profile, "--json"])
    ended = subprocess.run(
        ["/bin/sh", "-c", f"({line}; echo $? >&2) | true"], capture_output=True, text=True, timeout=30
    )
    assert ended.stderr == "0\n"


# -- cancel ------------------------------------------------------------------------------------------


def test_cancel_is_accepted_and_then_done(main: Main, counter: Counter, ids: list[str]) -> None:
    taken = main("cancel", *counter.profile, "--bank-id", ids[0], "--reason", "pedido errado", "--json")
    assert (taken.code, taken.json["status"]) == (0, "accepted")
    done = main("cancel", *counter.profile, "--bank-id", ids[1], "--wait", 5)
    assert done.code == 0
    assert "done (CANCELADO)" in done.out
    again = main("cancel", *counter.profile, "--bank-id", ids[1])
    assert again.code == ExitCode.REFUSED
    assert "CANCELADO" in again.err


def test_a_part_that_the_bank_needs_is_named(main: Main, counter: Counter, ids: list[str]) -> None:
    ended = main("cancel", *counter.profile, "--seu-numero", "F-1")
    assert ended.code == ExitCode.WRONG_SETUP
    assert "bank_id" in ended.err


def test_a_look_that_fails_does_not_make_the_cancellation_look_lost(
    main: Main, counter: Counter, ids: list[str]
) -> None:
    counter.bank.faults.add(faults.WrongContentType(), operation="query", times=9)
    ended = main("cancel", *counter.profile, "--bank-id", ids[0], "--wait", 5, "--json")
    assert (ended.code, ended.json["status"]) == (0, "accepted")
    assert "could not be seen" in ended.err


def test_an_unknown_cancellation_is_9_with_its_look_up(main: Main, counter: Counter, ids: list[str]) -> None:
    counter.bank.faults.add(faults.DropBefore(), operation="cancel")
    ended = main("cancel", *counter.profile, "--bank-id", ids[0])
    assert ended.code == ExitCode.UNKNOWN
    _, *arguments = shlex.split(ended.err.splitlines()[-1])
    assert main(*arguments, "--json").json["ref"]["bank_id"] == ids[0]


def test_ctrl_c_in_a_cancellation_prints_the_look_up(
    main: Main, counter: Counter, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(self: BankClient, ref: BoletoRef, reason: str | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(BankClient, "cancel", interrupted)
    ended = main("cancel", *counter.profile, "--bank-id", ids[0])
    assert ended.code == ExitCode.INTERRUPTED
    assert ended.err.splitlines()[-1].endswith(f"--bank-id={ids[0]}")


# -- fetch-pdf ---------------------------------------------------------------------------------------


def test_fetch_pdf_is_for_its_owner_and_never_overwrites(
    main: Main, counter: Counter, ids: list[str], tmp_path: Path
) -> None:
    target = tmp_path / "boleto.pdf"
    ended = main("fetch-pdf", target, *counter.profile, "--bank-id", ids[0], "--json")
    assert ended.code == 0
    assert ended.json == {"file": str(target), "bytes": target.stat().st_size}
    assert target.read_bytes().startswith(b"%PDF")
    assert target.stat().st_mode & 0o777 == 0o600
    calls = len(counter.bank.calls)
    again = main("fetch-pdf", target, *counter.profile, "--bank-id", ids[1])
    assert again.code == ExitCode.WRONG_SETUP
    assert "not overwritten" in again.err
    assert len(counter.bank.calls) == calls
    nowhere = main("fetch-pdf", tmp_path / "none" / "b.pdf", *counter.profile, "--bank-id", ids[0])
    assert nowhere.code == ExitCode.WRONG_SETUP
