"""What every model of the SDK shares: frozen, strict about money and days, silent about people."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bankgateway.codes.tax_id import normalise_tax_id

CENT = Decimal("0.01")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Hide(Enum):
    """How much of a field `repr` may show. The data itself is never altered."""

    ALL = 0
    LAST_4 = 4
    LAST_6 = 6

    def mask(self, value: Any) -> str | None:
        """The value as `repr` shows it."""
        if value is None:
            return None
        kept = str(value)[-self.value :] if self.value and len(str(value)) > self.value else ""
        return f"***{kept}"


class Model(BaseModel):
    """Base of the public models: immutable, no unknown fields, personal data out of `repr`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        arbitrary_types_allowed=True,
    )

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """The fields `repr` shows: those with a value, masked where they are private."""
        shown: list[tuple[str | None, Any]] = []
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if not field.repr or value is None or value == () or value == "":
                continue
            hide = next((item for item in field.metadata if isinstance(item, Hide)), None)
            shown.append((name, hide.mask(value) if hide else value))
        return shown


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool | float):
        raise ValueError("a float cannot hold money: give a Decimal, as in Decimal('10.50')")
    if not isinstance(value, Decimal | int | str):
        raise ValueError("expected a Decimal")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("not a number: write it with a dot, as in '10.50'") from None
    if not number.is_finite():
        raise ValueError("not a finite number")
    return number


def _money(value: object) -> Decimal:
    number = _decimal(value)
    if number < 0:
        raise ValueError("must not be negative")
    if number > Decimal("99999999999.99"):
        raise ValueError("above R$ 99.999.999.999,99, the most a barcode can hold")
    if number != number.quantize(CENT):
        raise ValueError("more than two decimal places")
    return number.quantize(CENT)


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("must be greater than zero")
    return value


def _rate(value: object) -> Decimal:
    number = _decimal(value)
    if not 0 < number <= 100:
        raise ValueError("a percentage is greater than 0 and at most 100")
    if number != number.quantize(Decimal("0.00001")):
        raise ValueError("more than five decimal places")
    return number


def _day(value: object) -> object:
    if isinstance(value, datetime):
        raise ValueError("expected a date, not a datetime")
    if not isinstance(value, date | str):
        raise ValueError("expected a date")
    return value


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("has a line break or another control character")
    return text


Money = Annotated[Decimal, BeforeValidator(_money), AfterValidator(_positive)]
"""Reais, two places, greater than zero. Takes `Decimal`, `int` or a string; a float is refused."""

MoneyOrZero = Annotated[Decimal, BeforeValidator(_money)]
"""Reais, two places, zero allowed."""

Rate = Annotated[Decimal, BeforeValidator(_rate)]
"""A percentage (2 means 2 %), up to five places."""

Day = Annotated[date, BeforeValidator(_day)]
"""A calendar day. A `datetime` is refused: its hour would decide the day by accident."""

PlainText = Annotated[str, AfterValidator(_plain)]
"""Text of one line without control characters."""

TaxId = Annotated[str, AfterValidator(normalise_tax_id)]
"""CPF or CNPJ (alphanumeric included), check digits verified, without punctuation."""
