"""The due factor and its sliding window."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankgateway.codes import FACTOR_DAYS_AHEAD, FACTOR_DAYS_BACK, CodeError, due_date, due_factor

quick = settings(derandomize=True, database=None, deadline=None, max_examples=200)
TODAY = date(2026, 11, 20)

CHECK_TABLE = [
    (date(2000, 7, 3), 1000),
    (date(2010, 11, 17), 4789),
    (date(2025, 2, 21), 9999),
    (date(2025, 2, 22), 1000),
    (date(2025, 2, 24), 1002),
    (date(2026, 11, 20), 1636),
    (date(2026, 12, 18), 1664),
    (date(2030, 12, 31), 3138),
    (date(2049, 10, 13), 9999),
    (date(2049, 10, 14), 1000),
]

REFERENCES = [date(2015, 3, 1), date(2024, 6, 1), TODAY, date(2033, 6, 1)]
WINDOW_TABLE: dict[int, list[str | None]] = {
    1000: ["2025-02-22", "2025-02-22", "2025-02-22", None],
    1667: ["2026-12-21", "2026-12-21", "2026-12-21", "2026-12-21"],
    4000: ["2008-09-19", "2033-05-11", "2033-05-11", "2033-05-11"],
    6000: ["2014-03-12", "2038-11-01", "2038-11-01", "2038-11-01"],
    7633: ["2018-08-31", "2018-08-31", None, "2043-04-22"],
    9038: ["2022-07-06", "2022-07-06", "2022-07-06", "2047-02-25"],
    9999: ["2025-02-21", "2025-02-21", "2025-02-21", None],
}


@pytest.mark.parametrize(("day", "factor"), CHECK_TABLE)
def test_date_to_factor(day: date, factor: int) -> None:
    assert due_factor(day) == factor
    assert due_date(factor, reference=day) == day


@pytest.mark.parametrize(
    ("factor", "reference", "expected"),
    [
        (factor, reference, expected)
        for factor, row in WINDOW_TABLE.items()
        for reference, expected in zip(REFERENCES, row, strict=True)
    ],
)
def test_factor_to_date(factor: int, reference: date, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(CodeError) as caught:
            due_date(factor, reference=reference)
        assert caught.value.reason == "due_factor_out_of_range"
        assert caught.value.found == str(factor)
    else:
        assert due_date(factor, reference=reference) == date.fromisoformat(expected)


def test_the_window_of_today_leaves_a_gap_of_499_factors() -> None:
    def has_date(factor: int) -> bool:
        try:
            return due_date(factor, reference=TODAY) is not None
        except CodeError:
            return False

    assert [f for f in range(1000, 10_000) if not has_date(f)] == list(range(7137, 7636))
    assert due_date(7636, reference=TODAY) == date(2018, 9, 3)
    assert due_date(7136, reference=TODAY) == date(2041, 12, 11)


@quick
@given(
    st.dates(date(2010, 1, 1), date(2200, 1, 1)),
    st.integers(-FACTOR_DAYS_BACK, FACTOR_DAYS_AHEAD),
)
def test_every_date_in_the_window_comes_back(reference: date, days: int) -> None:
    day = reference + timedelta(days)
    if day >= date(2000, 7, 3):
        assert due_date(due_factor(day), reference=reference) == day


@quick
@given(st.dates(), st.integers(-10, 12_000))
def test_any_factor_on_any_day_has_a_date_in_the_window_or_an_error(reference: date, factor: int) -> None:
    with suppress(CodeError):
        day = due_date(factor, reference=reference)
        assert -FACTOR_DAYS_BACK <= (day - reference).days <= FACTOR_DAYS_AHEAD
        assert due_factor(day) == factor


@pytest.mark.parametrize("factor", [-1, 0, 1, 999, 10_000])
def test_what_is_not_a_factor(factor: int) -> None:
    with pytest.raises(CodeError) as caught:
        due_date(factor, reference=TODAY)
    assert caught.value.expected == "1000 to 9999"


def test_no_factor_before_the_first_in_use() -> None:
    with pytest.raises(CodeError) as caught:
        due_factor(date(2000, 7, 2))
    assert caught.value.reason == "due_date_out_of_range"


def test_a_datetime_is_refused() -> None:
    with pytest.raises(TypeError, match="not a datetime"):
        due_factor(datetime(2025, 2, 21, 15, tzinfo=UTC))
    with pytest.raises(TypeError, match="not a datetime"):
        due_date(1664, reference=datetime(2025, 2, 21, 15, tzinfo=UTC))


def test_the_default_reference_is_today_in_brasilia(monkeypatch: pytest.MonkeyPatch) -> None:
    class Frozen(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            # 22:30 on the 20th in Brasília, already the 21st in UTC.
            return datetime(2026, 11, 21, 1, 30, tzinfo=UTC).astimezone(tz)  # type: ignore[arg-type]

    monkeypatch.setattr(sys.modules[due_factor.__module__], "datetime", Frozen)
    assert due_date(7136) == date(2041, 12, 11)
    with pytest.raises(CodeError):
        due_date(7137)
