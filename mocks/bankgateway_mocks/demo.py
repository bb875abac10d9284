"""`bankgateway demo`: the life of a boleto at a fake bank on this machine."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import anyio
import typer

from bankgateway.cli import FAILED, INTERRUPTED
from bankgateway.cli.console import make_console
from bankgateway.connect import bank_class, banks
from bankgateway_mocks.demo_screen import Screen
from bankgateway_mocks.demo_story import NotAsTold, Story
from bankgateway_mocks.fake import fake_class

WHAT = (
    "The life of a boleto, against a fake bank on this machine: real TLS with client certificates over "
    "loopback. Nothing leaves the machine, no money moves, every name is invented."
)


def _has_fake(slug: str) -> bool:
    try:
        fake_class(slug)
    except ValueError:
        return False
    return True


def _check_bank(slug: str) -> str:
    known = [bank.slug for bank in banks() if _has_fake(bank.slug)]
    if slug not in known:
        raise typer.BadParameter(f"there is no fake of {slug!r}; there are: {', '.join(known)}")
    return slug


def demo(
    bank: Annotated[str, typer.Option(help="Which bank.", callback=_check_bank)] = "inter",
    output: Annotated[Path, typer.Option(help="Folder for the PDF.")] = Path("demo-output"),
    plain: Annotated[bool, typer.Option("--plain", help="No colours.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds it may take at most.", min=0.1)] = 30.0,
) -> None:
    """Watch the life of a boleto at a fake bank on this machine."""
    screen = Screen(make_console(plain=plain))
    client = bank_class(bank)
    screen.open(f"{client.bank_name} ({client.compe})", WHAT)
    # A caller that comes in while Ctrl-C takes the servers down makes asyncio complain on standard error.
    logging.getLogger("asyncio").addHandler(logging.NullHandler())
    try:
        anyio.run(_tell, Story(bank, screen, output), timeout, backend="asyncio")
    except BaseException as error:  # noqa: BLE001 - a newcomer gets a sentence, whatever happened
        raise typer.Exit(_explain(_cause(error), screen)) from None


def _explain(error: BaseException, screen: Screen) -> int:
    """Say why it ended early, and give the exit code."""
    if isinstance(error, KeyboardInterrupt):
        screen.fail("Stopped.")
        return INTERRUPTED
    if not isinstance(error, Exception):
        # Such as rich's SystemExit when nobody reads the output any more.
        raise error
    sentence = str(error) if isinstance(error, NotAsTold) else f"{type(error).__name__}: {error}"
    screen.fail(f"Stopped at {screen.position}: {sentence}")
    return FAILED


def _cause(error: BaseException) -> BaseException:
    # The servers' task groups wrap whatever passes through them.
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _tell(story: Story, timeout: float) -> None:  # noqa: ASYNC109 - of the whole story
    with anyio.move_on_after(timeout) as scope:
        await story.tell()
    if scope.cancelled_caught:
        raise NotAsTold(f"it was not over after {timeout:g} s")
