"""Commands: what can be asked of a boleto that exists already.

Frozen data: they can be queued, stored (`to_dict`, `command_from_dict`) and, later, mapped to CNAB
occurrence codes (FEBRABAN CNAB 240 table C004, named with each).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from bankgateway.models.base import Day, DocumentNumber, Money, PlainText, blank_is_none
from bankgateway.models.charges import Days, Discounts, Fine, Interest

_CONFIG = ConfigDict(extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)


class Command:
    """Base of all commands.

    Attributes:
        kind: Stable name of the command, the same in stored data, results and errors.
    """

    kind: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """The command as JSON-ready data, with its `kind`."""
        data: dict[str, Any] = TypeAdapter(type(self)).dump_python(self, mode="json")
        return {"kind": self.kind, **data}


@dataclass(frozen=True, config=_CONFIG)
class ChangeDueDate(Command):
    """A new due date (C004 06)."""

    kind: ClassVar[str] = "change_due_date"
    due_date: Day


@dataclass(frozen=True, config=_CONFIG)
class ChangeAmount(Command):
    """A new nominal amount in reais (C004 47)."""

    kind: ClassVar[str] = "change_amount"
    amount: Money


@dataclass(frozen=True, config=_CONFIG)
class SetDiscounts(Command):
    """Replace all discounts; an empty tuple removes them (C004 07, 08, 16, 17)."""

    kind: ClassVar[str] = "set_discounts"
    discounts: Discounts = ()


@dataclass(frozen=True, config=_CONFIG)
class SetInterest(Command):
    """Replace the interest; `Interest.exempt()` waives it (C004 12, 13)."""

    kind: ClassVar[str] = "set_interest"
    interest: Interest


@dataclass(frozen=True, config=_CONFIG)
class SetFine(Command):
    """Replace the fine; `None` waives it (C004 14, 15)."""

    kind: ClassVar[str] = "set_fine"
    fine: Fine | None


@dataclass(frozen=True, config=_CONFIG)
class GrantRebate(Command):
    """Grant a rebate in reais, or change the one granted (C004 04, 18)."""

    kind: ClassVar[str] = "grant_rebate"
    amount: Money


@dataclass(frozen=True, config=_CONFIG)
class CancelRebate(Command):
    """Take the rebate back (C004 05)."""

    kind: ClassVar[str] = "cancel_rebate"


@dataclass(frozen=True, config=_CONFIG)
class RequestProtest(Command):
    """Send the boleto to the notary (C004 09); `days` where the bank lets one choose."""

    kind: ClassVar[str] = "request_protest"
    days: Days | None = None


@dataclass(frozen=True, config=_CONFIG)
class CancelProtest(Command):
    """Stop a protest and keep the boleto, or cancel it as well (C004 11, 10)."""

    kind: ClassVar[str] = "cancel_protest"
    cancel_boleto: bool = False


@dataclass(frozen=True, config=_CONFIG)
class RequestNegativation(Command):
    """Report the payer to a credit bureau (C004 45)."""

    kind: ClassVar[str] = "request_negativation"
    days: Days | None = None


@dataclass(frozen=True, config=_CONFIG)
class CancelNegativation(Command):
    """Withdraw the report and keep the boleto, or cancel it as well (C004 46)."""

    kind: ClassVar[str] = "cancel_negativation"
    cancel_boleto: bool = False


@dataclass(frozen=True, config=_CONFIG)
class ChangeSeuNumero(Command):
    """A new document number (C004 21)."""

    kind: ClassVar[str] = "change_seu_numero"
    seu_numero: DocumentNumber


@dataclass(frozen=True, config=_CONFIG)
class Cancel(Command):
    """Baixa: the boleto can no longer be paid (C004 02).

    `reason` is free text for banks that ask for one; never put personal data into it.
    """

    kind: ClassVar[str] = "cancel"
    reason: Annotated[PlainText | None, BeforeValidator(blank_is_none)] = field(default=None, repr=False)


COMMANDS: Mapping[str, type[Command]] = {
    command.kind: command
    for command in (
        ChangeDueDate, ChangeAmount, SetDiscounts, SetInterest, SetFine, GrantRebate, CancelRebate,
        RequestProtest, CancelProtest, RequestNegativation, CancelNegativation, ChangeSeuNumero, Cancel,
    )
}  # fmt: skip
"""Every command by its `kind`."""


def command_from_dict(data: Mapping[str, Any]) -> Command:
    """The command that `Command.to_dict` wrote.

    Raises:
        ValueError: Unknown `kind`, or fields that do not fit it. The text holds no values.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"expected a mapping, got {type(data).__name__}")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in COMMANDS:
        raise ValueError(f"kind: must be one of {', '.join(COMMANDS)}")
    rest = {name: value for name, value in data.items() if name != "kind"}
    command: Command = TypeAdapter(COMMANDS[kind]).validate_python(rest)
    return command
