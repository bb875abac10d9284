"""Exit codes: what became of it, told to scripts."""

from __future__ import annotations

from enum import IntEnum

from bankgateway.errors import (
    BankGatewayError,
    BankUnavailable,
    ConfigurationError,
    InvalidRequest,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    UnexpectedResponse,
    Unsupported,
)


class ExitCode(IntEnum):
    """How a command ends. `certificate check` has codes of its own."""

    DONE = 0
    """Done."""
    REFUSED = 1
    """The bank said no. Of several boletos: not all were registered, each line tells."""
    WRONG_SETUP = 2
    """Wrong set-up, usage or data, noticed before anything was sent."""
    NOT_SENT = 3
    """Surely not processed: not sent, or turned away by a rate limit. Safe to repeat."""
    UNAVAILABLE = 4
    """A question got no usable answer: the bank is down or unreadable. Safe to repeat."""
    NOT_FOUND = 5
    """The bank does not know the boleto."""
    UNKNOWN = 9
    """The outcome of a write is unknown. Look it up with the command printed, never repeat it blindly."""
    DEFECT = 70
    """A defect of bankgateway."""
    INTERRUPTED = 130
    """Interrupted. What was under way is listed with the command to look it up."""


MEANING = {
    ExitCode.DONE: "done",
    ExitCode.REFUSED: "refused by the bank; of several boletos: not all were registered",
    ExitCode.WRONG_SETUP: "wrong set-up, usage or data; nothing was sent",
    ExitCode.NOT_SENT: "not processed by the bank: safe to repeat",
    ExitCode.UNAVAILABLE: "a question without usable answer, the bank is unavailable: safe to repeat",
    ExitCode.NOT_FOUND: "the bank does not know the boleto",
    ExitCode.UNKNOWN: "outcome unknown: look it up with the command printed, never repeat it blindly",
    ExitCode.DEFECT: "a defect of bankgateway",
    ExitCode.INTERRUPTED: "interrupted; what was under way is listed",
}
"""The table of `--help`."""

# In this order: a class comes before those it derives from.
_OF_ERRORS: tuple[tuple[type[Exception], ExitCode], ...] = (
    (ConfigurationError, ExitCode.WRONG_SETUP),
    (Unsupported, ExitCode.WRONG_SETUP),
    (OutcomeUnknown, ExitCode.UNKNOWN),
    (NotSent, ExitCode.NOT_SENT),
    (RateLimited, ExitCode.NOT_SENT),
    (BankUnavailable, ExitCode.UNAVAILABLE),
    (UnexpectedResponse, ExitCode.UNAVAILABLE),
    (NotFound, ExitCode.NOT_FOUND),
    (BankGatewayError, ExitCode.REFUSED),
)


def code_of(error: BaseException) -> ExitCode:
    """The exit code of a question that ended in this error."""
    if isinstance(error, InvalidRequest) and error.http_status is None:
        return ExitCode.WRONG_SETUP
    return next((code for kind, code in _OF_ERRORS if isinstance(error, kind)), ExitCode.DEFECT)


def code_of_write(error: BaseException) -> ExitCode:
    """The exit code of a registration or change: what does not surely tell its outcome leaves it unknown."""
    code = code_of(error)
    if code in (ExitCode.UNAVAILABLE, ExitCode.DEFECT):
        return ExitCode.UNKNOWN
    return ExitCode.REFUSED if code is ExitCode.NOT_FOUND else code


def epilog() -> str:
    """The table, for the end of a help page."""
    return "\n\n".join(["Exit codes:", *(f"{code.value}: {meaning}" for code, meaning in MEANING.items())])
