"""Business days: the national list, the days that move, and what a caller adds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from bankgateway.errors import ConfigurationError
from bankgateway.models import calendar as room
from bankgateway.models.calendar import BankingCalendar, Calendar, business_days, require_day, roll_forward

FIXED = {(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (11, 20), (12, 25)}

# Carnival Monday and Tuesday, Good Friday, Corpus Christi.
MOVING = {
    2026: {(2, 16), (2, 17), (4, 3), (6, 4)},
    2027: {(2, 8), (2, 9), (3, 26), (5, 27)},
    2028: {(2, 28), (2, 29), (4, 14), (6, 15)},
    2029: {(2, 12), (2, 13), (3, 30), (5, 31)},
    2030: {(3, 4), (3, 5), (4, 19), (6, 20)},
}

BANKING = BankingCalendar()


def days_of(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)


@pytest.mark.parametrize("year", MOVING)
def test_the_whole_year(year: int) -> None:
    closed = {(d.month, d.day) for d in days_of(year) if d.weekday() < 5 and not BANKING.is_business_day(d)}
    expected = {(m, d) for m, d in FIXED | MOVING[year] if date(year, m, d).weekday() < 5}
    assert closed == expected


@pytest.mark.parametrize("year", MOVING)
def test_weekends(year: int) -> None:
    assert not any(BANKING.is_business_day(day) for day in days_of(year) if day.weekday() >= 5)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2023, 11, 20), True),  # a Monday, the year before the law
        (date(2024, 11, 20), False),
        (date(2026, 2, 18), True),  # Ash Wednesday
        (date(2026, 12, 24), True),
        (date(2026, 12, 31), True),
        (date(2026, 1, 25), False),  # a Sunday, and São Paulo's day
        (date(2027, 1, 25), True),
    ],
)
def test_days_people_argue_about(day: date, works: bool) -> None:
    assert BANKING.is_business_day(day) is works


def test_31_december_can_be_switched() -> None:
    branches = BankingCalendar(closed_on_31_december=True)
    assert not branches.is_business_day(date(2026, 12, 31))
    assert branches.is_business_day(date(2026, 12, 30))
    assert roll_forward(branches, date(2026, 12, 31)) == date(2027, 1, 4)


def test_days_of_the_caller() -> None:
    local = BankingCalendar(extra=frozenset({date(2027, 1, 25)}))
    assert not local.is_business_day(date(2027, 1, 25))
    assert not local.is_business_day(date(2027, 1, 1))
    assert local.is_business_day(date(2027, 1, 26))


def test_roll_forward() -> None:
    assert roll_forward(BANKING, date(2026, 11, 19)) == date(2026, 11, 19)
    assert roll_forward(BANKING, date(2026, 11, 20)) == date(2026, 11, 23)
    assert roll_forward(BANKING, date(2026, 2, 14)) == date(2026, 2, 18)


def test_business_days_leave_the_first_out_and_take_the_last_in() -> None:
    assert business_days(BANKING, date(2026, 11, 10), date(2026, 11, 25)) == 10
    assert business_days(BANKING, date(2026, 11, 19), date(2026, 11, 23)) == 1
    assert business_days(BANKING, date(2026, 11, 21), date(2026, 11, 23)) == 1
    assert business_days(BANKING, date(2026, 11, 23), date(2026, 11, 23)) == 0
    assert business_days(BANKING, date(2026, 11, 24), date(2026, 11, 23)) == 0


def test_any_calendar_will_do() -> None:
    class Always:
        def is_business_day(self, day: date, /) -> bool:
            return True

    every_day: Calendar = Always()
    assert roll_forward(every_day, date(2026, 11, 21)) == date(2026, 11, 21)
    assert business_days(every_day, date(2026, 11, 20), date(2026, 11, 23)) == 3


def test_a_datetime_is_no_day() -> None:
    assert require_day(date(2026, 11, 20)) == date(2026, 11, 20)
    with pytest.raises(TypeError, match="datetime"):
        require_day(datetime(2026, 11, 20, 23, 59))  # noqa: DTZ001


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    room._national_holidays.cache_clear()
    with pytest.raises(ConfigurationError, match=r"bankgateway\[calendar\]"):
        BANKING.is_business_day(date(2026, 11, 23))
