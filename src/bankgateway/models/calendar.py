"""Business days of Brazilian banks (extra `calendar`).

Saturdays, Sundays, the national holidays (20 November from 2024, law 14.759/2023), carnival Monday and
Tuesday, Good Friday and Corpus Christi are no business days: CMN resolution 4.880/2020, the list ANBIMA
keeps. Ash Wednesday is one, and so is 31 December, though no branch opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Protocol

from bankgateway.errors import missing_extra

_DAY = timedelta(days=1)
_SATURDAY = 5


class Calendar(Protocol):
    """Tells business days. Give your own where `BankingCalendar` does not fit."""

    def is_business_day(self, day: date, /) -> bool:
        """Whether banks work on that day."""
        ...


@dataclass(frozen=True, slots=True)
class BankingCalendar:
    """The national calendar, with the days that you add.

    State and municipal holidays are not in it: which of them count depends on the payer's city, and no
    authority keeps a list. Give those that matter as `extra`.

    Attributes:
        extra: More days without banking, as in `frozenset({date(2026, 1, 25)})`.
        closed_on_31_december: Takes 31 December for a holiday, as the branches do.
    """

    extra: frozenset[date] = frozenset()
    closed_on_31_december: bool = False

    def is_business_day(self, day: date) -> bool:
        """Whether banks work on that day.

        Raises:
            ConfigurationError: The extra `calendar` is not installed.
        """
        if day.weekday() >= _SATURDAY or day in self.extra:
            return False
        if self.closed_on_31_december and (day.month, day.day) == (12, 31):
            return False
        return day not in _national_holidays(day.year)


def roll_forward(calendar: Calendar, day: date) -> date:
    """The day itself if banks work on it, the next business day otherwise."""
    while not calendar.is_business_day(day):
        day += _DAY
    return day


def business_days(calendar: Calendar, after: date, until: date) -> int:
    """How many business days follow `after`, up to and including `until`; 0 when `until` is earlier."""
    days = (after + _DAY * number for number in range(1, (until - after).days + 1))
    return sum(map(calendar.is_business_day, days))


def require_day(day: date) -> date:
    """The day, refused if it is a `datetime`, whose hour would decide the day by accident.

    Raises:
        TypeError: Not a plain `date`.
    """
    if isinstance(day, datetime) or not isinstance(day, date):
        raise TypeError(f"expected a date, not {type(day).__name__}")
    return day


@cache
def _national_holidays(year: int) -> frozenset[date]:
    try:
        from holidays import financial_holidays
    except ImportError:
        raise missing_extra("holidays", "calendar", "the banking calendar") from None
    # The exchange (BVMF) keeps ANBIMA's calendar; the country's own lacks carnival and Corpus Christi.
    return frozenset(financial_holidays("BVMF", years=year))
