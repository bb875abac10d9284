"""Tolerant readers for what banks send.

Numbers come as JSON numbers or strings, dates with and without time, "nothing" as a missing key, `null`,
`""` or zeros. A reader returns `None` for nothing **and** for nonsense: an odd field must not lose the
rest of an answer. Where nonsense matters the caller compares, and adds a notice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bankgateway.models.base import CENT
from bankgateway.models.clock import BRASILIA

_LIMIT = Decimal(10) ** 15


def load_json(body: bytes) -> Any:
    """JSON with exact numbers.

    Raises:
        ValueError: Not UTF-8, not JSON, NaN, or nested too deeply. Never anything else.
    """
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def read_decimal(value: object) -> Decimal | None:
    """A number from a JSON number or a string with dot or comma; `None` for anything else."""
    if isinstance(value, str):
        text = value.strip().replace(" ", "")
        if "," in text:
            text = text.replace(".", "").replace(",", ".")
        value = text
    elif isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _LIMIT else None


def read_money(value: object) -> Decimal | None:
    """Reais with two places. Extra zeros of the bank are dropped, real fractions of a cent are kept."""
    number = read_decimal(value)
    if number is None:
        return None
    rounded = number.quantize(CENT)
    return rounded if rounded == number else number


def read_text(value: object) -> str | None:
    """Stripped text; numbers become text; `None` for nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return str(value).strip() or None


def read_flag(value: object) -> bool | None:
    """A boolean, also written as text."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False, "s": True, "n": False}.get(str(value).strip().lower())


def read_date(value: object) -> date | None:
    """An ISO date, also with a time behind it: the day as written, no shift of zones."""
    text = read_text(value)
    if text is None or not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def read_instant(value: object, zone: tzinfo = BRASILIA) -> datetime | None:
    """An ISO timestamp as an aware instant; without a zone it is read in `zone`.

    Fractions of 3, 6 or 9 digits occur; nanoseconds are cut to microseconds.
    """
    text = read_text(value)
    if text is None:
        return None
    text = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def midnight(day: date | None) -> datetime | None:
    """The start of a day in Brasília: how a payment known only by its day is told."""
    return datetime(day.year, day.month, day.day, tzinfo=BRASILIA) if day else None


def as_utc(instant: datetime | None) -> datetime | None:
    """The same instant in UTC."""
    return instant.astimezone(UTC) if instant else None


WireMoney = Annotated[Decimal | None, BeforeValidator(read_money)]
WireDecimal = Annotated[Decimal | None, BeforeValidator(read_decimal)]
WireText = Annotated[str | None, BeforeValidator(read_text)]
WireDate = Annotated[date | None, BeforeValidator(read_date)]
WireInstant = Annotated[datetime | None, BeforeValidator(read_instant)]
WireFlag = Annotated[bool | None, BeforeValidator(read_flag)]


class WireAnswer(BaseModel):
    """Base of the answers of a bank: unknown keys are ignored, an object of the wrong kind is empty."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)


def an_object(value: object) -> object:
    """For a nested object: anything that is not one counts as missing."""
    return value if isinstance(value, Mapping | WireAnswer) else None


def a_list(value: object) -> object:
    """For a nested list: items that are not objects are dropped, a lone object is a list of one."""
    if isinstance(value, Mapping):
        value = [value]
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
