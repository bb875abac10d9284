"""Conversations with a bank, and what to do when the outcome of one is unknown."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import typer

from bankgateway.cli.exits import ExitCode, code_of_write
from bankgateway.cli.output import advise, complain
from bankgateway.cli.profiles import Profile
from bankgateway.cli.warn import pass_warnings_on
from bankgateway.client import BankClient
from bankgateway.errors import BankGatewayError, ConfigurationError, OutcomeUnknown
from bankgateway.models.boleto import BoletoRef

T = TypeVar("T")


def ask(profile: Profile, question: Callable[[BankClient], Awaitable[T]]) -> T:
    """Have one conversation with the bank, to its end."""

    async def talk() -> T:
        async with profile.connect() as bank:
            return await question(bank)

    pass_warnings_on()
    return anyio.run(talk)


def change(profile: Profile, ref: BoletoRef, write: Callable[[BankClient], Awaitable[T]]) -> T:
    """The same for a change of one boleto: an unknown outcome ends with the command that looks it up."""
    try:
        return ask(profile, write)
    except KeyboardInterrupt:
        complain("interrupted: the outcome is unknown. Look it up:")
        code = ExitCode.INTERRUPTED
    except Exception as error:
        code = code_of_write(error)
        if code is not ExitCode.UNKNOWN:
            raise
        complain(f"{sentence(error)}. Look it up before you repeat it:")
        ref = (error.ref if isinstance(error, OutcomeUnknown) else None) or ref
    advise(look_up(profile, ref))
    raise typer.Exit(code)


def look_up(profile: Profile, ref: BoletoRef) -> str:
    """The command line that looks a boleto up, ready for a shell.

    Without the document of the payer, which would end in the logs of whatever runs the command. A bank
    that asks by it as well says so.
    """
    parts = ref.model_dump(mode="json", exclude_none=True, exclude={"payer_tax_id"})
    # One that has the bank's own id needs no other part.
    named = {"bank_id": parts["bank_id"]} if "bank_id" in parts else parts
    options = [f"--{name.replace('_', '-')}={value}" for name, value in named.items()]
    return shlex.join(["bankgateway", "query", *profile.arguments, *options])


def sentence(error: BaseException) -> str:
    """What an error says; one that should not occur, with its kind."""
    ours = isinstance(error, BankGatewayError | ConfigurationError)
    return str(error) if ours else f"{type(error).__name__}: {error}"
