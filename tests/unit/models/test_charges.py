"""Interest, fine, discounts, protest, negativation and payment rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from bankgateway.models.charges import (
    Discount,
    DiscountKind,
    Discounts,
    Fine,
    FineKind,
    Interest,
    InterestKind,
    Negativation,
    PaymentRule,
    PaymentRuleKind,
    Protest,
)

DAY = date(2026, 11, 10)


def refused(make: Callable[..., Any], reason: str, **fields: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        make(**fields)
    assert reason in str(caught.value)


class TestInterest:
    def test_short_forms(self) -> None:
        assert Interest.per_day(Decimal("0.33")).amount == Decimal("0.33")
        assert Interest.per_day(Decimal(1), starts_on=DAY).starts_on == DAY
        for make, kind in (
            (Interest.daily, InterestKind.DAILY_RATE),
            (Interest.monthly, InterestKind.MONTHLY_RATE),
            (Interest.yearly, InterestKind.YEARLY_RATE),
        ):
            interest = make(Decimal("1.5"), starts_on=DAY)
            assert (interest.kind, interest.rate, interest.amount) == (kind, Decimal("1.5"), None)
        assert Interest.exempt() == Interest(kind=InterestKind.EXEMPT)

    @pytest.mark.parametrize("kind", ["daily_rate", "monthly_rate", "yearly_rate"])
    def test_a_rate_is_a_rate(self, kind: str) -> None:
        refused(Interest, f"rate: needed by kind {kind}", kind=kind)
        refused(Interest, f"amount: does not belong to kind {kind}", kind=kind, rate=1, amount=1)

    def test_an_amount_is_an_amount(self) -> None:
        refused(Interest, "amount: needed by kind amount_per_day", kind="amount_per_day")
        refused(
            Interest, "rate: does not belong to kind amount_per_day", kind="amount_per_day", amount=1, rate=1
        )

    def test_exempt_has_nothing(self) -> None:
        refused(Interest, "rate: does not belong to kind exempt", kind="exempt", rate=1)
        refused(Interest, "amount: does not belong to kind exempt", kind="exempt", amount=1)
        refused(Interest, "starts_on: does not belong to kind exempt", kind="exempt", starts_on=DAY)

    def test_limits(self) -> None:
        refused(Interest, "at most 100 %", kind="monthly_rate", rate=101)
        refused(Interest, "a float is not exact", kind="monthly_rate", rate=1.5)
        refused(Interest, "Input should be 'amount_per_day'", kind="weekly", rate=1)


class TestFine:
    def test_short_forms(self) -> None:
        assert Fine.fixed(Decimal(5), starts_on=DAY) == Fine(kind=FineKind.AMOUNT, amount=5, starts_on=DAY)
        assert Fine.percent(Decimal(2)) == Fine(kind=FineKind.PERCENTAGE, rate=2)

    def test_the_value_fits_the_kind(self) -> None:
        refused(Fine, "amount: needed by kind amount", kind="amount")
        refused(Fine, "rate: does not belong to kind amount", kind="amount", amount=1, rate=1)
        refused(Fine, "rate: needed by kind percentage", kind="percentage")
        refused(Fine, "amount: does not belong to kind percentage", kind="percentage", amount=1, rate=1)


class TestDiscount:
    def test_short_forms(self) -> None:
        assert Discount.fixed(Decimal(5), until=DAY).kind is DiscountKind.AMOUNT_UNTIL
        assert Discount.percent(Decimal(5), until=DAY).kind is DiscountKind.PERCENTAGE_UNTIL
        assert Discount.per_day(Decimal(5)).kind is DiscountKind.AMOUNT_PER_DAY
        assert Discount.per_day(Decimal(5), business_days=True).kind is DiscountKind.AMOUNT_PER_BUSINESS_DAY
        assert Discount.percent_per_day(Decimal(5)).kind is DiscountKind.PERCENTAGE_PER_DAY
        assert (
            Discount.percent_per_day(Decimal(5), business_days=True).kind
            is DiscountKind.PERCENTAGE_PER_BUSINESS_DAY
        )

    @pytest.mark.parametrize("kind", DiscountKind)
    def test_the_value_fits_the_kind(self, kind: DiscountKind) -> None:
        wanted, other = ("rate", "amount") if kind.is_percentage else ("amount", "rate")
        until = {"until": DAY} if kind.has_limit else {}
        assert getattr(Discount(kind=kind, **{wanted: 5}, **until), wanted) == 5
        refused(Discount, f"{wanted}: needed by kind {kind}", kind=kind, **until)
        refused(Discount, f"{other}: does not belong", kind=kind, rate=5, amount=5, **until)

    @pytest.mark.parametrize("kind", DiscountKind)
    def test_the_last_day_fits_the_kind(self, kind: DiscountKind) -> None:
        value = {"rate" if kind.is_percentage else "amount": 5}
        if kind.has_limit:
            refused(Discount, "needs its last day", kind=kind, **value)
        else:
            refused(Discount, "has no last day", kind=kind, until=DAY, **value)

    def test_nothing_is_given_away_whole(self) -> None:
        refused(Discount.percent, "below 100 %", rate=Decimal(100), until=DAY)
        assert Discount.percent(Decimal("99.99"), until=DAY).rate == Decimal("99.99")


class TestDiscounts:
    adapter: TypeAdapter[tuple[Discount, ...]] = TypeAdapter(Discounts)

    def refused(self, reason: str, *discounts: Discount) -> None:
        with pytest.raises(ValidationError, match=reason):
            self.adapter.validate_python(discounts)

    def test_three_at_most(self) -> None:
        four = [Discount.fixed(Decimal(1), until=date(2026, 11, day)) for day in range(1, 5)]
        assert len(self.adapter.validate_python(four[:3])) == 3
        self.refused("at most 3 items", *four)

    def test_of_one_kind(self) -> None:
        self.refused(
            "all must be of one kind",
            Discount.fixed(Decimal(1), until=date(2026, 11, 1)),
            Discount.percent(Decimal(1), until=date(2026, 11, 2)),
        )

    def test_a_discount_per_day_stands_alone(self) -> None:
        self.refused("stands alone", Discount.per_day(Decimal(1)), Discount.per_day(Decimal(2)))

    @pytest.mark.parametrize("second", [1, 2])
    def test_last_days_ascend(self, second: int) -> None:
        self.refused(
            "ascending and distinct",
            Discount.fixed(Decimal(2), until=date(2026, 11, 2)),
            Discount.fixed(Decimal(1), until=date(2026, 11, second)),
        )


class TestFollowUps:
    @pytest.mark.parametrize("make", [Protest, Negativation])
    @pytest.mark.parametrize("days", [-1, 100, "5", True, 5.0])
    def test_days(self, make: type[Protest | Negativation], days: object) -> None:
        refused(make, "days", days=days)
        assert make(days=0).days == 0
        assert not make(days=99).business_days

    def test_bureau(self) -> None:
        assert Negativation(days=5, bureau="quod").bureau == "quod"
        refused(Negativation, "bureau", days=5, bureau="spc")


class TestPaymentRule:
    def test_the_default_is_the_exact_amount(self) -> None:
        assert PaymentRule().kind is PaymentRuleKind.EXACT

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": "any"},
            {"kind": "any", "max_payments": 99},
            {"kind": "exact", "max_payments": 1},
            {"kind": "range", "minimum": 0, "maximum": "0.01"},
            {"kind": "range", "minimum": 10, "maximum": 10},
            {"kind": "range", "minimum_rate": 50, "maximum_rate": 150},
            {"kind": "minimum", "minimum": "0.01"},
            {"kind": "minimum", "minimum_rate": 100},
        ],
    )
    def test_taken(self, fields: dict[str, Any]) -> None:
        rule = PaymentRule(**fields)
        assert PaymentRule.model_validate_json(rule.model_dump_json()) == rule

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"kind": "exact", "minimum": 1}, "minimum: does not belong to kind exact"),
            ({"kind": "any", "maximum": 1}, "maximum: does not belong to kind any"),
            ({"kind": "range", "minimum": 1}, "maximum: needed by kind range"),
            ({"kind": "range", "maximum_rate": 1}, "minimum: needed by kind range"),
            ({"kind": "range"}, "minimum: needed by kind range"),
            ({"kind": "minimum", "minimum": 1, "maximum": 2}, "maximum: does not belong to kind minimum"),
            ({"kind": "minimum", "minimum": 0}, "zero is no minimum"),
            ({"kind": "range", "minimum": 2, "maximum": 1}, "minimum: above maximum"),
            ({"kind": "range", "minimum_rate": 2, "maximum_rate": 1}, "minimum: above maximum"),
            ({"kind": "range", "minimum": 1, "maximum_rate": 50}, "both amounts or both rates"),
            ({"max_payments": 0}, "max_payments"),
            ({"max_payments": 100}, "max_payments"),
            ({"kind": "some"}, "Input should be 'exact'"),
        ],
    )
    def test_refused(self, fields: dict[str, Any], reason: str) -> None:
        refused(PaymentRule, reason, **fields)
