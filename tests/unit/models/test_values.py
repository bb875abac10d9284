"""Money, rates, days, counts and text: what goes in, what is refused, and what the refusal says."""

from __future__ import annotations

import decimal
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bankgateway.models.base import (
    Amount,
    Count,
    Day,
    Hide,
    Instant,
    Model,
    Money,
    MoneyOrZero,
    Percentage,
    PlainText,
    Rate,
    TextOrNone,
)


class Values(Model):
    money: Money | None = None
    money_or_zero: MoneyOrZero | None = None
    amount: Amount | None = None
    percentage: Percentage | None = None
    rate: Rate | None = None
    day: Day | None = None
    instant: Instant | None = None
    count: Count | None = None
    plain: PlainText | None = None
    text: TextOrNone = None


def refusal(field: str, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Values(**{field: value})
    text = str(caught.value)
    assert text.splitlines()[1] == field, "the message names the field"
    assert len(str(value)) < 4 or str(value) not in text, "and not the value"
    return text


class TestMoney:
    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            (12.75, "a float is not exact: give a Decimal, as in Decimal('10.50')"),
            (float("nan"), "a float is not exact"),
            (True, "expected a Decimal"),
            (None.__class__, "expected a Decimal"),
            (b"10", "expected a Decimal"),
            (0, "must be greater than zero"),
            ("0.00", "must be greater than zero"),
            (Decimal("-0"), "must be greater than zero"),
            (-1, "must not be negative"),
            ("-0.01", "must not be negative"),
            ("10.001", "more than two decimal places"),
            (Decimal("1E-1000"), "more than two decimal places"),
            (Decimal("NaN"), "not a finite number"),
            (Decimal("sNaN"), "not a finite number"),
            (Decimal("Infinity"), "not a finite number"),
            ("NaN", "not a number"),
            ("Infinity", "not a number"),
            ("1e3", "not a number"),
            ("10,50", "write it with a dot and no thousands separators, as in '1234.50'"),
            ("1.234,56", "no thousands separators"),
            ("1,234.56", "no thousands separators"),
            ("1_000", "not a number"),
            ("+5", "not a number"),
            ("١٢", "not a number"),
            ("R$ 10", "not a number"),
            ("", "not a number"),
            (10**12, "above R$ 99.999.999.999,99"),
            pytest.param("9" * 5000, "above R$ 99.999.999.999,99", id="huge"),
            (Decimal("1E+999999"), "above R$ 99.999.999.999,99"),
            (Decimal("100000000000.00"), "above R$ 99.999.999.999,99"),
        ],
    )
    def test_refused(self, value: object, reason: str) -> None:
        assert reason in refusal("money", value)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (Decimal("10.5"), "10.50"),
            (Decimal("1E+3"), "1000.00"),
            (Decimal("10.5000"), "10.50"),
            (7, "7.00"),
            ("7.1", "7.10"),
            (" 7.10 ", "7.10"),
            ("99999999999.99", "99999999999.99"),
        ],
    )
    def test_taken(self, value: Any, expected: str) -> None:
        assert str(Values(money=value).money) == expected

    @given(st.decimals("0.01", "99999999999.99", places=2))
    def test_every_amount_survives(self, amount: Decimal) -> None:
        for given_as in (amount, str(amount)):
            held = Values(money=given_as)
            assert held.money == amount
            assert str(held.money).partition(".")[2] == f"{amount:.2f}"[-2:]
            assert Values.model_validate_json(held.model_dump_json()) == held

    def test_the_callers_decimal_context_does_not_matter(self) -> None:
        with decimal.localcontext(decimal.Context(prec=3, traps=[decimal.Inexact, decimal.Rounded])):
            assert str(Values(money="99999999999.99").money) == "99999999999.99"
            assert "more than two" in refusal("money", "0.001")

    def test_zero_where_zero_is_allowed(self) -> None:
        assert str(Values(money_or_zero=0).money_or_zero) == "0.00"
        assert str(Values(money_or_zero=Decimal("-0.00")).money_or_zero) == "0.00"
        assert "negative" in refusal("money_or_zero", "-1")

    def test_a_json_number_with_a_fraction_is_a_float(self) -> None:
        with pytest.raises(ValidationError, match="a float is not exact"):
            Values.model_validate_json('{"money": 10.5}')

    def test_what_a_bank_tells_may_have_any_sign_and_any_places(self) -> None:
        assert Values(amount=Decimal("-0.003")).amount == Decimal("-0.003")
        assert "a float is not exact" in refusal("amount", 0.1)
        assert "expected a Decimal" in refusal("amount", True)


class TestRates:
    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            (1.5, "a float is not exact"),
            (0, "greater than 0"),
            ("-1", "greater than 0"),
            ("0.000001", "more than five decimal places"),
            ("2,5", "not a number"),
            ("100.00001", "at most 100 %"),
            (Decimal("NaN"), "not a finite number"),
        ],
    )
    def test_refused(self, value: object, reason: str) -> None:
        assert reason in refusal("rate", value)

    def test_a_percentage_may_be_above_100_and_a_rate_not(self) -> None:
        assert Values(percentage=150).percentage == 150
        assert "at most 999.99999" in refusal("percentage", 1000)
        assert "at most 100 %" in refusal("rate", 150)

    @given(st.decimals("0.00001", "100", places=5))
    def test_every_rate_survives(self, rate: Decimal) -> None:
        held = Values(rate=rate.normalize())
        assert held.rate == rate
        assert Values.model_validate_json(held.model_dump_json()) == held


class TestDays:
    @pytest.mark.parametrize(
        "value", [datetime.fromisoformat("2026-01-02"), datetime(2026, 1, 2, tzinfo=UTC)]
    )
    def test_a_datetime_is_no_day(self, value: datetime) -> None:
        assert "expected a date, not a datetime" in refusal("day", value)

    @pytest.mark.parametrize(
        "value",
        [
            "86400",
            "20260102",
            86400,
            "02/01/2026",
            "2026-1-2",
            "2026-01-02T00:00:00",
            " 2026-01-02",
            "",
            True,
        ],
    )
    def test_what_pydantic_would_take_for_seconds_is_refused(self, value: object) -> None:
        assert "expected a date, or text as in '2026-12-31'" in refusal("day", value)

    def test_a_day_that_does_not_exist(self) -> None:
        assert "valid date" in refusal("day", "2026-02-30")

    def test_taken(self) -> None:
        assert Values(day=date(2026, 1, 2)) == Values(day="2026-01-02")

    def test_an_instant_has_a_zone(self) -> None:
        assert "timezone" in refusal("instant", datetime.fromisoformat("2026-01-02"))
        assert Values(instant=datetime(2026, 1, 2, tzinfo=UTC)).instant is not None


@pytest.mark.parametrize("value", ["5", True, 5.0, Decimal(5)])
def test_a_count_is_a_whole_number(value: object) -> None:
    assert "valid integer" in refusal("count", value)


class TestText:
    @pytest.mark.parametrize(
        "character", ["\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]
    )
    def test_control_characters_and_line_breaks(self, character: str) -> None:
        assert "line break or another control character" in refusal("plain", f"one{character}two")

    def test_half_a_surrogate_pair_cannot_be_sent(self) -> None:
        with pytest.raises(ValidationError, match="plain"):
            Values(plain="one\ud800two")

    def test_blanks_around_are_taken_off(self) -> None:
        assert Values(plain="  Rua das Flores, 12 – ap. 3\n").plain == "Rua das Flores, 12 – ap. 3"

    @pytest.mark.parametrize("blank", ["", " ", "\n\t"])
    def test_blank_is_missing(self, blank: str) -> None:
        assert Values(text=blank).text is None


class TestModel:
    def test_frozen_and_closed(self) -> None:
        values = Values(money=1)
        with pytest.raises(ValidationError, match="frozen"):
            values.money = Decimal(2)  # type: ignore[misc]
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            Values(nonsense=1)  # type: ignore[call-arg]
        assert hash(values) == hash(Values(money=Decimal("1.00")))

    def test_repr_shows_what_is_set(self) -> None:
        assert repr(Values(money=1, count=0)) == "Values(money=Decimal('1.00'), count=0)"

    def test_mask(self) -> None:
        assert Hide.ALL.mask("anything") == "***"
        assert Hide.LAST_4.mask("30718462580") == "***2580"
        assert Hide.LAST_6.mask("0" * 41 + "123456") == "***123456"
        assert Hide.LAST_6.mask("123456789") == "***", "most of a short one must not show"
