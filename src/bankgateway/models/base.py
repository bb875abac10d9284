"""What every model of the SDK shares: frozen, strict about money and days, silent about people."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Context, Decimal, InvalidOperation
from enum import Enum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from bankgateway.codes.personal_data import MASK, mask_tail
from bankgateway.codes.tax_id import normalise_tax_id

CENT = Decimal("0.01")
EXACT = Context(prec=60, traps=[InvalidOperation])
"""For `quantize`: the caller's own decimal context may have fewer places, or traps."""

_MOST_MONEY = Decimal("99999999999.99")
_MOST_PERCENT = Decimal("999.99999")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Lone surrogates are no characters at all: nothing can encode them.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Hide(Enum):
    """How much of a field `repr` may show. The data itself is never altered."""

    ALL = 0
    LAST_4 = 4
    LAST_6 = 6

    def mask(self, value: Any) -> str:
        """The value as `repr` shows it."""
        return mask_tail(str(value), self.value) if self.value else MASK


class Model(BaseModel):
    """Base of the public models: immutable, no unknown fields, personal data out of `repr`.

    The text of a pydantic `ValidationError` names fields and rules, never values. Its `errors()` and
    `json()` hold the input all the same: call them with `include_input=False` before you log them.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True, str_strip_whitespace=True
    )

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """The fields `repr` shows: those with a value, masked where they are private."""
        shown: list[tuple[str | None, Any]] = []
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if not field.repr or value is None or value == () or value == "" or value == {}:
                continue
            hide = next((item for item in field.metadata if isinstance(item, Hide)), None)
            shown.append((name, hide.mask(value) if hide else value))
        return shown


def _exact(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("a float is not exact: give a Decimal, as in Decimal('10.50')")
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise ValueError("expected a Decimal")
    return value


def _decimal(value: object) -> Decimal:
    value = _exact(value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        raise ValueError("not a number: write it with a dot and no thousands separators, as in '1234.50'")
    number = Decimal(value)  # type: ignore[arg-type]
    if not number.is_finite():
        raise ValueError("not a finite number")
    return number


def _money(value: object) -> Decimal:
    number = _decimal(value)
    if number < 0:
        raise ValueError("must not be negative")
    if number > _MOST_MONEY:
        raise ValueError("above R$ 99.999.999.999,99, the most a barcode can hold")
    cents = number.quantize(CENT, context=EXACT)
    if cents != number:
        raise ValueError("more than two decimal places")
    return cents.copy_abs()


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("must be greater than zero")
    return value


def _percentage(value: object) -> Decimal:
    number = _decimal(value)
    if not 0 < number <= _MOST_PERCENT:
        raise ValueError(f"a percentage is greater than 0 and at most {_MOST_PERCENT}")
    if number != number.quantize(Decimal("0.00001"), context=EXACT):
        raise ValueError("more than five decimal places")
    # 1E+1 is ten, but its text could not be read back.
    return number if "E" not in str(number) else number.quantize(Decimal("0.00001"), context=EXACT)


def _at_most_100(value: Decimal) -> Decimal:
    if value > 100:
        raise ValueError("a rate is at most 100 %")
    return value


def _day(value: object) -> object:
    if isinstance(value, datetime):
        raise ValueError("expected a date, not a datetime")
    # pydantic alone would read digits as seconds since 1970.
    if isinstance(value, date) or (isinstance(value, str) and _ISO_DAY.fullmatch(value)):
        return value
    raise ValueError("expected a date, or text as in '2026-12-31'")


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("has a line break or another control character")
    return text


def blank_is_none(value: object) -> object:
    """For `BeforeValidator`: blank text counts as missing."""
    return None if isinstance(value, str) and not value.strip() else value


Money = Annotated[Decimal, BeforeValidator(_money), AfterValidator(_positive)]
"""Reais, two places, greater than zero. Takes `Decimal`, `int` or a string; a float is refused."""

MoneyOrZero = Annotated[Decimal, BeforeValidator(_money)]
"""Reais, two places, zero allowed."""

Amount = Annotated[Decimal, BeforeValidator(_exact)]
"""Reais as a bank tells them: any sign, any places. A float is refused."""

Percentage = Annotated[Decimal, BeforeValidator(_percentage)]
"""Percent (2 means 2 %), greater than 0, up to five places."""

Rate = Annotated[Percentage, AfterValidator(_at_most_100)]
"""Percent, greater than 0 and at most 100, up to five places."""

Day = Annotated[date, BeforeValidator(_day)]
"""A calendar day. A `datetime` is refused: its hour would decide the day by accident."""

Instant = AwareDatetime
"""A moment with its time zone."""

Count = Annotated[int, Field(strict=True)]
"""A whole number; neither text nor `True` counts as one."""

PlainText = Annotated[str, AfterValidator(_plain)]
"""Text of one line without control characters; may be empty."""

SomeText = Annotated[str, Field(min_length=1), AfterValidator(_plain)]
"""Text of one line without control characters, not empty."""

DocumentNumber = Annotated[str, Field(min_length=1, max_length=25), AfterValidator(_plain)]
"""Seu número: 1 to 25 characters, the longest any bank takes."""

CompanyReference = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(_plain)]
"""A second reference of the caller's, 1 to 50 characters."""

TextOrNone = Annotated[str | None, BeforeValidator(blank_is_none)]
"""Text; blank text counts as missing."""

TaxId = Annotated[str, AfterValidator(normalise_tax_id)]
"""CPF or CNPJ (alphanumeric included), check digits verified, without punctuation."""
