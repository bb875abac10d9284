"""The due factor (fator de vencimento): four digits of the barcode that stand for the due date.

Factor 0 is 1997-10-07 and each day adds one; after 9999 (2025-02-21) the count restarts at 1000, so
a factor names one day in every 9000. FEBRABAN, Comunicado FB-082/2012: a reader picks the day that
lies at most 3000 days before and 5500 days after the day of processing, and refuses the others.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bankgateway.codes.errors import CodeError

FACTOR_DAYS_BACK = 3000
"""How many days before today a due date can still be read from a barcode."""

FACTOR_DAYS_AHEAD = 5500
"""How many days after today a due date can be read from a barcode: do not register later ones."""

_BASE = date(1997, 10, 7).toordinal()
_FIRST_IN_USE = date(2000, 7, 3)
_LOWEST, _HIGHEST, _CYCLE = 1000, 9999, 9000


def due_factor(day: date) -> int:
    """The factor of a due date.

    Args:
        day: A calendar day, 2000-07-03 (the first in use) or later.

    Returns:
        1000 to 9999.

    Raises:
        TypeError: A `datetime`: whose midnight would that be?
        CodeError: `due_date_out_of_range`.
    """
    _require_date(day)
    if day < _FIRST_IN_USE:
        raise CodeError(
            "due_date_out_of_range",
            "no factor exists for this date",
            field="due date",
            expected=f"{_FIRST_IN_USE} or later",
            found=str(day),
        )
    return (day.toordinal() - _BASE - _LOWEST) % _CYCLE + _LOWEST


def due_date(factor: int, *, reference: date | None = None) -> date:
    """The due date a factor stands for, as seen on a given day.

    Args:
        factor: 1000 to 9999.
        reference: The day of processing. Default: today in Brasília.

    Raises:
        TypeError: A `datetime` as reference.
        CodeError: `due_factor_out_of_range`: not a factor, or none of its days lies in the window.
    """
    if reference is None:
        reference = _today()
    _require_date(reference)
    if not _LOWEST <= factor <= _HIGHEST:
        raise _out_of_range(factor, f"{_LOWEST} to {_HIGHEST}")
    first = _BASE + factor
    earliest = reference.toordinal() - FACTOR_DAYS_BACK
    latest = reference.toordinal() + FACTOR_DAYS_AHEAD
    candidate = max(first, earliest + (first - earliest) % _CYCLE)
    if not earliest <= candidate <= min(latest, date.max.toordinal()):
        raise _out_of_range(factor, f"a factor with a date in the window around {reference}")
    return date.fromordinal(candidate)


def _require_date(day: date) -> None:
    if isinstance(day, datetime):
        raise TypeError("a due date is a date, not a datetime")


def _out_of_range(factor: int, expected: str) -> CodeError:
    return CodeError(
        "due_factor_out_of_range",
        "no due date for this factor",
        field="due factor",
        expected=expected,
        found=str(factor),
    )


def _today() -> date:
    # The zone is looked up on use: a system without zone data can still pass its own reference.
    return datetime.now(ZoneInfo("America/Sao_Paulo")).date()
