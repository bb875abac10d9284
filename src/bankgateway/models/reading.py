"""Tolerant readers for what banks send.

Numbers come as JSON numbers or strings, dates with and without time, "nothing" as a missing key, `null`,
`""` or zeros. A reader returns `None` for nothing **and** for nonsense: an odd field must not lose the
rest of an answer. Where nonsense matters the caller compares, and adds a notice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bankgateway.models.base import CENT, EXACT
from bankgateway.models.clock import BRASILIA

T = TypeVar("T")

_LIMIT = Decimal(10) ** 15
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
# The comma is decimal; dots before it part the thousands, and only in threes.
_BRAZILIAN_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")
_BRAZILIAN_DAY = re.compile(r"([0-9]{2})([./-])([0-9]{2})\2([0-9]{4})(?![0-9])")
# Year 1 is how mainframes and .NET write "no date"; near year 9999 a change of zone overflows.
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


def load_json(body: bytes) -> Any:
    """JSON with exact numbers: fractions are `Decimal`.

    Raises:
        ValueError: Not UTF-8, not JSON, NaN, or nested too deeply. Never anything else, and without the
            body, which the errors of the standard library carry along.
    """
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        fault = "nested too deeply"
    except UnicodeDecodeError:
        fault = "not UTF-8"
    except (ValueError, InvalidOperation):
        fault = "not JSON"
    raise ValueError(fault)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def read_decimal(value: object) -> Decimal | None:
    """A number from a JSON number or a string with dot or comma; `None` for anything else."""
    text = str(value) if isinstance(value, float) else read_text(value)
    if text is None:
        return None
    if _BRAZILIAN_NUMBER.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return number if abs(number) < _LIMIT else None


def read_money(value: object) -> Decimal | None:
    """Reais with two places. Real fractions of a cent are kept, the dust of a bank's floats is not."""
    number = read_decimal(value)
    if number is None:
        return None
    rounded = number.quantize(CENT, context=EXACT)
    return rounded if abs(rounded - number) < Decimal("0.000001") else number


def read_centavos(value: object) -> Decimal | None:
    """Reais from whole centavos, as mainframes count: `34990` and `"00000000000034990"` are R$ 349,90."""
    number = read_decimal(value)
    if number is None or number != number.to_integral_value():
        return None
    return (number * CENT).quantize(CENT, context=EXACT)


def read_text(value: object) -> str | None:
    """Stripped text; numbers become text; `None` for nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        text = str(value)
    except ValueError:  # an int of thousands of digits
        return None
    # JSON can spell half a surrogate pair, which no file and no socket takes.
    return text.encode(errors="replace").decode().strip() or None


def read_flag(value: object) -> bool | None:
    """A boolean, also written as text."""
    if isinstance(value, bool):
        return value
    return _FLAGS.get((read_text(value) or "").lower())


_FLAGS = {"true": True, "false": False, "s": True, "n": False, "sim": True, "não": False, "nao": False}


def read_date(value: object) -> date | None:
    """A day as `2026-12-31`, `31.12.2026` or `31/12/2026`, also with a time behind it.

    The day as written, without a shift of zones. Years before 1900 mean "no date".
    """
    text = read_text(value) or ""
    if found := _ISO_DAY.match(text):
        year, month, day = found.groups()
    elif found := _BRAZILIAN_DAY.match(text):
        day, _, month, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day)) if int(year) >= _FIRST_YEAR else None
    except ValueError:
        return None


def read_instant(value: object, zone: tzinfo = BRASILIA) -> datetime | None:
    """An ISO timestamp as an aware instant; without a zone it is read in `zone`.

    Fractions of 3, 6 or 9 digits occur; nanoseconds are cut to microseconds. Years before 1900 mean "no
    date".
    """
    text = read_text(value) or ""
    if not _ISO_DAY.match(text):
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def midnight(day: date | None) -> datetime | None:
    """The start of a day in Brasília: how a payment known only by its day is told."""
    return datetime(day.year, day.month, day.day, tzinfo=BRASILIA) if day else None


def tolerant(read: Callable[[], T]) -> T | None:
    """What `read` makes, or `None` where a value breaks the rules of our models.

    For charges and the like in answers: they are in `raw`, and must not lose the rest of the answer.
    """
    try:
        return read()
    except (ValueError, ArithmeticError):
        return None


WireMoney = Annotated[Decimal | None, BeforeValidator(read_money)]
WireCentavos = Annotated[Decimal | None, BeforeValidator(read_centavos)]
WireDecimal = Annotated[Decimal | None, BeforeValidator(read_decimal)]
WireText = Annotated[str | None, BeforeValidator(read_text)]
WireDate = Annotated[date | None, BeforeValidator(read_date)]
WireInstant = Annotated[datetime | None, BeforeValidator(read_instant)]
WireFlag = Annotated[bool | None, BeforeValidator(read_flag)]


class WireAnswer(BaseModel):
    """Base of the answers of a bank: unknown keys are ignored, an object of the wrong kind is empty."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, defer_build=True, frozen=True)


def an_object(value: object) -> object:
    """For a nested object: anything that is not one counts as missing."""
    return value if isinstance(value, Mapping | WireAnswer) else None


def a_list(value: object) -> object:
    """For a nested list: items that are not objects are dropped, a lone object is a list of one."""
    items = value if isinstance(value, list | tuple) else [value]
    return [item for item in items if an_object(item) is not None]
