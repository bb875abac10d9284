"""`bankgateway register`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from bankgateway.cli.calls import look_up, sentence
from bankgateway.cli.exits import ExitCode, code_of_write
from bankgateway.cli.inputs import read_boletos
from bankgateway.cli.interrupts import Interrupts
from bankgateway.cli.options import AsJson, ConfigFile, ProfileName, Wait
from bankgateway.cli.output import advise, complain, put, put_result, to_json
from bankgateway.cli.profiles import DEFAULT, Profile, read_profile
from bankgateway.cli.show import HEAD, boleto_facts, lines, row, to_data
from bankgateway.cli.warn import pass_warnings_on
from bankgateway.errors import BankGatewayError, OutcomeUnknown
from bankgateway.models.boleto import BoletoRef, NewBoleto
from bankgateway.models.clock import SYSTEM_CLOCK
from bankgateway.models.results import BulkResult

OUTCOMES = {
    ExitCode.DONE: "done",
    ExitCode.REFUSED: "refused",
    ExitCode.WRONG_SETUP: "invalid",
    ExitCode.NOT_SENT: "not_sent",
    ExitCode.UNKNOWN: "unknown",
}
"""The word for the outcome of one boleto, by its exit code."""


def register(
    file: Annotated[
        Path,
        typer.Argument(
            help="JSON with the fields of NewBoleto: one, a list, or one a line. - is standard input."
        ),
    ],
    profile: ProfileName = DEFAULT,
    config: ConfigFile = None,
    wait: Wait = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="How many at the same time.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Register one boleto or many. One failure never stops the rest."""
    batch = Batch(read_boletos(file), read_profile(profile, config), as_json=as_json)
    raise typer.Exit(batch.register(concurrency, wait))


class Batch:
    """The boletos of one command, and what became of them so far."""

    def __init__(self, boletos: list[NewBoleto], profile: Profile, *, as_json: bool) -> None:
        self._boletos = boletos
        self._profile = profile
        self._as_json = as_json
        self._under_way: dict[int, NewBoleto] = {}
        self._codes: list[ExitCode] = []
        self._is_read = True
        self._interrupts = Interrupts("stopping when those under way are done; press Ctrl-C again to give up")

    def register(self, concurrency: int, wait: float | None) -> ExitCode:
        """Register them, and tell each result as it comes.

        Returns:
            How it ended.
        """
        pass_warnings_on()
        interrupted = False
        try:
            anyio.run(self._talk, concurrency, wait)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            # Also when a defect ends it.
            self._tell_unfinished()
        return ExitCode.INTERRUPTED if interrupted or self._interrupts.heard else self._code()

    async def _talk(self, concurrency: int, wait: float | None) -> None:
        async with self._profile.connect() as bank, self._interrupts.listening():
            if len(self._boletos) > 1 and not self._as_json:
                put(HEAD)
            given = bank.register_many(self._give(), concurrency=concurrency, wait=wait)
            with self._bar() as advance:
                async with aclosing(given) as results:
                    async for result in results:
                        self._take(result)
                        advance()

    def _give(self) -> Iterator[NewBoleto]:
        for index, new in enumerate(self._boletos):
            if self._interrupts.heard or not self._is_read:
                return
            self._under_way[index] = new
            yield new

    def _take(self, result: BulkResult) -> None:
        code = code_of_write(result.error) if result.error else ExitCode.DONE
        self._codes.append(code)
        del self._under_way[result.index]
        if self._as_json:
            self._is_read &= put_result(to_json(self._data(result, code)))
        elif result.boleto and len(self._boletos) == 1:
            put_result(lines(boleto_facts(result.boleto)))
        elif result.boleto:
            self._is_read &= put_result(row(result.boleto))
        if result.error:
            self._complain(result, result.error, code)

    def _data(self, result: BulkResult, code: ExitCode) -> dict[str, Any]:
        told: dict[str, Any] = {
            "index": result.index,
            "seu_numero": result.new.seu_numero,
            "outcome": OUTCOMES[code],
        }
        if result.boleto:
            told["boleto"] = to_data(result.boleto)
        if result.error:
            told["error"] = _error_data(result.error)
        if code is ExitCode.UNKNOWN:
            told["look_up"] = look_up(self._profile, _ref(result.new, result.error))
        return told

    def _complain(self, result: BulkResult, error: Exception, code: ExitCode) -> None:
        complain(f"seu_numero {result.new.seu_numero}: {sentence(error)}")
        if code is ExitCode.UNKNOWN:
            complain("its outcome is unknown. Look it up before you repeat it:")
            advise(look_up(self._profile, _ref(result.new, error)))

    def _tell_unfinished(self) -> None:
        if self._under_way:
            complain("given up: the outcome of these is unknown. Look each up before you repeat it:")
            for new in self._under_way.values():
                advise(look_up(self._profile, _ref(new)))
        if left := len(self._boletos) - len(self._codes) - len(self._under_way):
            complain(f"not begun: the last {left} of {len(self._boletos)} boletos")

    def _code(self) -> ExitCode:
        codes = set(self._codes)
        if ExitCode.UNKNOWN in codes:
            return ExitCode.UNKNOWN
        if len(codes) == 1 and len(self._codes) == len(self._boletos):
            return codes.pop()
        # Some are registered, some are not: no code may say that the whole is safe to repeat.
        return ExitCode.REFUSED

    @contextmanager
    def _bar(self) -> Iterator[Callable[[], object]]:
        """Shows how far it is, where somebody sees it."""
        console = Console(stderr=True)
        if len(self._boletos) == 1 or not console.is_terminal:
            yield lambda: None
            return
        # `redirect_stdout`: else rich would send to the terminal what is meant for a file.
        with Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
        ) as progress:
            task = progress.add_task("boletos", total=len(self._boletos))
            yield lambda: progress.advance(task)


def _ref(new: NewBoleto, error: Exception | None = None) -> BoletoRef:
    if isinstance(error, OutcomeUnknown) and error.ref:
        return error.ref
    return BoletoRef(
        nosso_numero=new.nosso_numero,
        seu_numero=new.seu_numero,
        issue_date=new.issue_date or SYSTEM_CLOCK.today(),
    )


def _error_data(error: Exception) -> dict[str, Any]:
    told: dict[str, Any] = {"type": type(error).__name__, "message": sentence(error)}
    if isinstance(error, BankGatewayError):
        told |= {"code": error.code, "http_status": error.http_status, "request_id": error.request_id}
    return {name: value for name, value in told.items() if value is not None}
