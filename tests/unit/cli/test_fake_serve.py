"""`bankgateway fake serve`, and the whole command line against it, each command a process of its own."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bankgateway import ClientCertificate
from bankgateway.cli import ExitCode

Main = Callable[..., Any]

COMMAND = [sys.executable, "-c", "from bankgateway.cli import main; main()"]


def run(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in ended.stderr
    assert "\x1b" not in ended.stdout + ended.stderr
    return ended


@contextmanager
def serving(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """A fake that runs, and what it printed."""
    process = subprocess.Popen(
        [*COMMAND, "fake", "serve", "inter", "--json", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield process, json.loads(line)
    finally:
        # Not killed, so that a test that fails leaves no folder behind.
        process.terminate()
        process.communicate(timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_whole_life_from_the_command_line(
    new_boleto: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    port = free_port()
    failures = ("--fault", "register:DropAfter:1", "--fault", "search:EmptyBody:3")
    with serving("--port", port, "--pay-after", 0.2, *failures) as (process, told):
        assert told["base_url"] == f"https://127.0.0.1:{port}"
        profile = ("--profile", "fake", "--config", told["config"])

        lost = run("register", "-", *profile, "--json", stdin=json.dumps(new_boleto("F-1")))
        assert lost.returncode == ExitCode.UNKNOWN
        command = lost.stderr.splitlines()[-1]
        found = run(*shlex.split(command)[1:], "--json")
        assert found.returncode == 0, found.stderr
        assert json.loads(found.stdout)["status"] == "paid", "while the look-ups failed"
        bank_id = json.loads(found.stdout)["ref"]["bank_id"]
        assert run("cancel", *profile, "--bank-id", bank_id).returncode == ExitCode.REFUSED
        pdf = run("fetch-pdf", tmp_path / "b.pdf", *profile, "--bank-id", bank_id)
        assert pdf.returncode == 0, pdf.stderr

        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, "", "")
        assert not Path(told["config"]).parent.exists()


def test_what_lies_in_the_temporary_folder() -> None:
    with serving() as (process, told):
        folder = Path(told["config"]).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
        pair = ClientCertificate.from_files(told["certificate"], told["key"])
        assert ClientCertificate.from_zip(told["zip"]) == pair
        assert Path(told["ca"]).read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
        assert Path(told["config"]).read_text("utf-8") == told["profile"]
        assert tomllib.loads(told["profile"])["profiles"]["fake"]["bank"] == "inter"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert not folder.exists()


def test_a_folder_of_ones_own_is_left_as_it_was(main: Main, tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "note.txt").write_text("mine", "utf-8")
    with serving("--certificates", folder) as (process, told):
        assert Path(told["key"]) == folder / "client-key.pem"
        assert len(list(folder.iterdir())) == 6
        second = main("fake", "serve", "inter", "--certificates", folder)
        assert second.code == ExitCode.WRONG_SETUP
        assert "not overwritten" in second.err
        assert len(list(folder.iterdir())) == 6
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    assert [file.name for file in folder.iterdir()] == ["note.txt"]


def test_the_text_for_people(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "fake", "serve", "inter"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = ""
    while "Ctrl-C ends" not in said:
        line = process.stdout.readline()
        assert line
        said += line
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert "A fake Banco Inter (077) answers at https://127.0.0.1:" in said
    assert "[profiles.fake.credentials.certificate]" in said
    assert "register boleto.json --profile fake --config /" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nubank"], "no fake of 'nubank'"),
        (["inter", "--fault", "register"], "not OPERATION:FAULT:TIMES"),
        (["inter", "--fault", "register:Exchange"], "not OPERATION:FAULT:TIMES"),
        (["inter", "--fault", "register:DropAfter:often"], "not OPERATION:FAULT:TIMES"),
        (["inter", "--fault", "register:DropAfter:0"], "at least 1"),
        (["inter", "--fault", "pay_all:DropAfter"], "no operation 'pay_all'"),
        (["inter", "--fault", "register:Slow"], "needs arguments"),
        (["inter", "--certificates", "/proc/none"], "--certificates /proc/none"),
    ],
)
def test_wrong_usage(main: Main, arguments: list[str], sentence: str) -> None:
    ended = main("fake", "serve", *arguments)
    assert ended.code == ExitCode.WRONG_SETUP
    assert sentence in ended.err


def test_a_port_that_is_taken(main: Main) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = main("fake", "serve", "inter", "--port", taken.getsockname()[1])
    assert ended.code == ExitCode.WRONG_SETUP
    assert "--port" in ended.err
