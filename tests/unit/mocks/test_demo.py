"""`bankgateway demo`: what it prints is checked against itself, against the SDK's codes and the files."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import segno
from rich.console import Console
from typer.testing import CliRunner

from bankgateway import cli
from bankgateway.cli.app import app
from bankgateway.codes import parse_boleto_code, parse_br_code
from bankgateway_mocks import demo_story
from bankgateway_mocks.demo_screen import Screen, draw_qr
from bankgateway_mocks.inter.fake import InterFakeBank

LINE = re.compile(r"\d{5}\.\d{5} \d{5}\.\d{6} \d{5}\.\d{6} \d \d{14}")
AMOUNT = re.compile(r"R\$ ([\d.]+,\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
COMMAND = [sys.executable, "-c", "from bankgateway.cli import main; main()", "demo"]
NO_TERMINAL = {"FORCE_COLOR": None, "TTY_COMPATIBLE": None}
ENVIRONMENT = {"PATH": os.environ["PATH"], "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}


@dataclass(frozen=True)
class Run:
    code: int
    text: str
    output: Path

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.text.splitlines()]

    def step(self, title: str) -> str:
        """What is printed under a title."""
        found = re.search(rf"^ ?\d+  {re.escape(title)} .*\n((?:.+\n)*)", self.text, re.MULTILINE)
        assert found, title
        return found[1]

    def fact(self, title: str, label: str) -> str:
        """What stands beside a label, in the first line."""
        found = re.search(rf"^[ │]+{re.escape(label.ljust(12))}(.*?)[ │]*$", self.step(title), re.MULTILINE)
        assert found, f"{title}: {label}"
        return found[1]


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["demo", *arguments], env={**NO_TERMINAL, "COLUMNS": "80"})
    return result.exit_code, result.output


def start(output: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "--output", str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        encoding="utf-8",
    )


def amount_in(text: str) -> Decimal:
    found = AMOUNT.search(text)
    assert found, text
    return Decimal(found[1].replace(".", "").replace(",", "."))


def day_in(text: str) -> date:
    found = DAY.search(text)
    assert found, text
    return date.fromisoformat(found[0])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run, whose output is not a terminal."""
    output = tmp_path_factory.mktemp("demo") / "made" / "by the demo"
    code, text = invoke("--output", str(output))
    return Run(code, text, output)


def test_it_ends_well_and_says_where_it_ran(run: Run) -> None:
    assert run.code == 0, run.text
    assert "Banco Inter (077)" in run.lines[0]
    assert "Nothing leaves the machine" in run.text


def test_every_step_is_there_in_order_with_its_time(run: Run) -> None:
    titles = re.findall(r"^ ?(\d+)  .*? (?:\d+ ms|\d+\.\d s) ✓$", "\n".join(run.lines), re.MULTILINE)
    assert titles == [str(number) for number in range(1, 11)]


def test_no_escape_codes_and_80_columns(run: Run) -> None:
    assert "\x1b" not in run.text
    assert [line for line in run.lines if len(line) > 80 and not line.startswith("0002")] == []


def test_the_certificate(run: Run) -> None:
    assert run.fact("Connect", "holder") == "Loja Modelo Ltda, certified by bankgateway test CA"
    assert run.fact("Connect", "valid").endswith("364 days left")
    assert re.fullmatch(r"[0-9a-f]{64}", run.fact("Connect", "fingerprint"))
    assert run.fact("Connect", "bank").startswith("https://127.0.0.1:")
    assert "https://127.0.0.1:" in run.fact("Listen for webhooks", "the bank")


def test_the_line_holds_the_amount_and_the_date_printed(run: Run) -> None:
    title = "Register a boleto with Pix"
    code = parse_boleto_code(run.fact(title, "line"))
    assert code.amount == amount_in(run.fact(title, "amount"))
    assert code.due_date == day_in(run.fact(title, "due"))
    assert code.bank_code == "077"
    assert run.fact(title, "status") == "registered (A_RECEBER)"


def test_the_pix_code_holds_the_amount(run: Run) -> None:
    pix = next(line for line in run.lines if line.startswith("0002"))
    assert parse_br_code(pix).amount == amount_in(run.fact("Register a boleto with Pix", "amount"))


def test_the_qr_is_that_of_the_pix_code(run: Run) -> None:
    pix = next(line for line in run.lines if line.startswith("0002"))
    drawn = [line[4:] for line in run.text.splitlines() if re.match(r"    [█▀▄ ]{61}$", line)]
    light = [
        [pixel in shown for pixel in line]
        for line in drawn
        for shown in ("█▀", "█▄")
    ]  # fmt: skip
    expected = [
        [not dark for dark in row] for row in segno.make_qr(pix, "l", boost_error=False).matrix_iter(border=4)
    ]
    assert light[: len(expected)] == expected


def test_the_pdf(run: Run) -> None:
    # The path is longer than the line and is folded.
    printed = re.sub(r"\s", "", run.step("Print it: the bank's PDF, and our own"))
    for name in ("inter-DEMO-1-bank.pdf", "inter-DEMO-1.pdf"):
        path = run.output / name
        assert path.read_bytes().startswith(b"%PDF")
        assert re.sub(r"\s", "", f"{path} ({path.stat().st_size:,} bytes)") in printed


def test_the_payment_by_webhook_query_and_settlement(run: Run) -> None:
    amount = amount_in(run.fact("Register a boleto with Pix", "amount"))
    for label in ("event", "query"):
        fact = run.fact("The payer pays by Pix", label)
        assert fact.startswith("paid, ")
        assert " by pix on " in fact
        assert amount_in(fact) == amount
    assert "'Banco de mentira'" in run.fact("The payer pays by Pix", "webhook")
    settled = run.fact("What came in today?", str(day_in(run.fact("The payer pays by Pix", "query"))))
    assert settled.startswith("DEMO-1 ")
    assert amount_in(settled) == amount


def test_the_change_makes_a_new_line(run: Run) -> None:
    step = run.step("Change another boleto, then cancel it")
    before, after = (parse_boleto_code(line) for line in LINE.findall(step))
    for label, code in (("before", before), ("after", after)):
        fact = run.fact("Change another boleto, then cancel it", label)
        assert (code.amount, code.due_date) == (amount_in(fact), day_in(fact))
    assert before.barcode != after.barcode
    assert run.fact("Change another boleto, then cancel it", "in the end") == "cancelled (CANCELADO)"


def test_the_lost_answer(run: Run) -> None:
    wire = run.fact("The answer gets lost", "on the wire").split(", ")
    assert wire[:2] == ["register (no answer)", "search"]
    assert wire.count("register (no answer)") + wire.count("register") == 1
    assert run.fact("The answer gets lost", "the books") == "hold exactly 1 boleto DEMO-3, registered"


def test_the_wrong_certificates(run: Run) -> None:
    step = " ".join(run.step("The wrong certificate").split())
    assert "CertificateExpired, raised by connect() itself" in step
    assert "make a new integration in Internet Banking PJ" in step
    assert "NotSent: not processed, safe to repeat" in step


def test_the_books_and_the_summary(run: Run) -> None:
    books = [line.split() for line in run.step("The books").splitlines()]
    assert [(book[0], book[-1]) for book in books] == [
        ("DEMO-1", "paid"),
        ("DEMO-2", "cancelled"),
        ("DEMO-3", "registered"),
    ]
    assert re.search(
        r"^\d+ calls, 1 token, 3 boletos, 0 duplicates, \d+\.\d s$", "\n".join(run.lines), re.MULTILINE
    )


def test_in_a_process_of_its_own_without_blocks_or_accents(tmp_path: Path) -> None:
    ended = subprocess.run(
        [*COMMAND, "--output", str(tmp_path)],
        capture_output=True,
        env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"},
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"\x1b" not in ended.stdout
    text = ended.stdout.decode("ascii")
    assert re.search(r"^    #{122}$", text, re.MULTILINE), "the QR, two characters a module"
    assert re.search(r"^\+- Banco Inter", text.replace("    +", "+"), re.MULTILINE)
    assert " ok\n" in text


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(" 1  "):
                process.send_signal(signal.SIGINT)
                break
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (cli.INTERRUPTED, "")
    assert rest.endswith("Stopped.\n")


def test_a_reader_that_leaves_ends_it_without_traceback(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_a_bank_without_a_fake_is_wrong_usage() -> None:
    code, text = invoke("--bank", "acme")
    assert code == cli.WRONG_SETUP
    plain = re.sub(r"\x1b\[[0-9;]*m|│", "", text)
    assert "there is no fake of 'acme'; there are: inter" in " ".join(plain.split())


def test_it_does_not_run_for_ever(tmp_path: Path) -> None:
    code, text = invoke("--output", str(tmp_path), "--timeout", "0.1")
    assert code == cli.FAILED
    assert re.search(r"^Stopped at step \d, .*: it was not over after 0.1 s$", text, re.MULTILINE)


def test_a_payment_that_is_not_notified_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_payment(*_: object, **__: object) -> None:
        monkeypatch.setattr(demo_story, "PATIENCE", 0.2)

    monkeypatch.setattr(InterFakeBank, "pay", no_payment)
    code, text = invoke("--output", str(tmp_path))
    assert code == cli.FAILED
    assert " ".join(text.split()).endswith(
        "Stopped at step 5, The payer pays by Pix: no webhook about the payment came within 0.2 s"
    )
    assert re.search(r"^ 5  The payer pays by Pix .* x$", text, re.MULTILINE)


def test_an_output_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, text = invoke("--output", str(tmp_path / "file" / "folder"))
    assert code == cli.FAILED
    assert "Stopped at step 4, Print it: the bank's PDF, and our own: NotADirectoryError" in text
    assert "Traceback" not in text


def terminal(width: int) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)


def test_the_qr_is_left_out_where_it_does_not_fit() -> None:
    content = "x" * 150
    assert draw_qr(content, terminal(80)) is not None
    assert draw_qr(content, terminal(40)) is None


def test_the_screen_is_not_wider_than_can_be_read() -> None:
    assert Screen(terminal(200)).console.width == 96
    assert Screen(terminal(80)).console.width == 80


def test_a_step_that_fails_is_shown_as_far_as_it_came() -> None:
    console = terminal(80)
    screen = Screen(console)

    def fail() -> None:
        with screen.step("Try", "await luck()") as step:
            step.say("So far so good.")
            demo_story.expect(False, "no such luck")

    with pytest.raises(demo_story.NotAsTold, match="no such luck"):
        fail()
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert re.search(r"^ 1  Try .* x", shown, re.MULTILINE)
    assert "So far so good." in shown
    assert screen.position == "step 1, Try"


def test_reais() -> None:
    assert demo_story.reais(Decimal("1234567.80")) == "R$ 1.234.567,80"
