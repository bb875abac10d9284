"""Interest, fine, discounts and the other conditions of a boleto.

One neutral model for what nine banks write in nine ways (FEBRABAN CNAB 240 tables C018, C021, C026).
A bank that lacks a form refuses it by name; nothing is converted in silence.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bankgateway.models.base import Count, Day, Model, Money, MoneyOrZero, Percentage, Rate

Days = Annotated[Count, Field(ge=0, le=99)]
"""Days after the due date, 0 to 99: two digits on every bank's wire."""


class InterestKind(StrEnum):
    """How juros de mora run."""

    AMOUNT_PER_DAY = "amount_per_day"
    """Reais for each day of delay (C018 1)."""
    DAILY_RATE = "daily_rate"
    """Percent a day."""
    MONTHLY_RATE = "monthly_rate"
    """Percent a month, for each day its thirtieth part (C018 2)."""
    YEARLY_RATE = "yearly_rate"
    """Percent a year."""
    EXEMPT = "exempt"
    """None, said expressly (C018 3)."""


class Interest(Model):
    """Juros de mora, from the day after the due date unless `starts_on` says otherwise.

    Attributes:
        kind: Amount per day, a rate or exempt.
        amount: Reais per day of delay.
        rate: Percent, simple, of the amount less the rebate; the kind says of which period.
        starts_on: First day that bears interest.
    """

    kind: InterestKind
    amount: Money | None = None
    rate: Rate | None = None
    starts_on: Day | None = None

    @classmethod
    def per_day(cls, amount: Decimal, *, starts_on: Day | None = None) -> Self:
        """A fixed amount in reais for each day of delay."""
        return cls(kind=InterestKind.AMOUNT_PER_DAY, amount=amount, starts_on=starts_on)

    @classmethod
    def daily(cls, rate: Decimal, *, starts_on: Day | None = None) -> Self:
        """A simple daily rate in percent."""
        return cls(kind=InterestKind.DAILY_RATE, rate=rate, starts_on=starts_on)

    @classmethod
    def monthly(cls, rate: Decimal, *, starts_on: Day | None = None) -> Self:
        """A simple monthly rate in percent."""
        return cls(kind=InterestKind.MONTHLY_RATE, rate=rate, starts_on=starts_on)

    @classmethod
    def yearly(cls, rate: Decimal, *, starts_on: Day | None = None) -> Self:
        """A simple yearly rate in percent."""
        return cls(kind=InterestKind.YEARLY_RATE, rate=rate, starts_on=starts_on)

    @classmethod
    def exempt(cls) -> Self:
        """No interest, said expressly."""
        return cls(kind=InterestKind.EXEMPT)

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        if self.kind is InterestKind.EXEMPT:
            _only(self, None)
            if self.starts_on is not None:
                raise ValueError("starts_on: does not belong to kind exempt")
        else:
            _only(self, "amount" if self.kind is InterestKind.AMOUNT_PER_DAY else "rate")
        return self


class FineKind(StrEnum):
    """How a multa is reckoned."""

    AMOUNT = "amount"
    """Reais."""
    PERCENTAGE = "percentage"
    """Percent of the amount less the rebate."""


class Fine(Model):
    """Multa: charged once, from the day after the due date unless `starts_on` says otherwise.

    Attributes:
        kind: Fixed amount or percentage.
        amount: Reais.
        rate: Percent of the amount less the rebate.
        starts_on: First day the fine applies.
    """

    kind: FineKind
    amount: Money | None = None
    rate: Rate | None = None
    starts_on: Day | None = None

    @classmethod
    def fixed(cls, amount: Decimal, *, starts_on: Day | None = None) -> Self:
        """A fixed fine in reais."""
        return cls(kind=FineKind.AMOUNT, amount=amount, starts_on=starts_on)

    @classmethod
    def percent(cls, rate: Decimal, *, starts_on: Day | None = None) -> Self:
        """A fine in percent of the amount."""
        return cls(kind=FineKind.PERCENTAGE, rate=rate, starts_on=starts_on)

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        _only(self, "amount" if self.kind is FineKind.AMOUNT else "rate")
        return self


class DiscountKind(StrEnum):
    """The six forms of FEBRABAN table C021."""

    AMOUNT_UNTIL = "amount_until"
    """Reais, until a date (1)."""
    PERCENTAGE_UNTIL = "percentage_until"
    """Percent, until a date (2)."""
    AMOUNT_PER_DAY = "amount_per_day"
    """Reais for each calendar day of anticipation (3)."""
    AMOUNT_PER_BUSINESS_DAY = "amount_per_business_day"
    """Reais for each business day of anticipation (4)."""
    PERCENTAGE_PER_DAY = "percentage_per_day"
    """Percent for each calendar day of anticipation (5)."""
    PERCENTAGE_PER_BUSINESS_DAY = "percentage_per_business_day"
    """Percent for each business day of anticipation (6)."""

    @property
    def is_percentage(self) -> bool:
        """Whether the value is a rate and not an amount."""
        return self.value.startswith("percentage")

    @property
    def has_limit(self) -> bool:
        """Whether it holds until a date, as against per day of anticipation."""
        return self.value.endswith("until")


class Discount(Model):
    """A discount until a date, or for each day the payment comes early.

    Attributes:
        kind: One of the six forms.
        amount: Reais.
        rate: Percent of the amount less the rebate, below 100.
        until: Last day it holds; only with the two forms that have a limit.
    """

    kind: DiscountKind
    amount: Money | None = None
    rate: Rate | None = None
    until: Day | None = None

    @classmethod
    def fixed(cls, amount: Decimal, *, until: Day) -> Self:
        """An amount in reais if paid until a date."""
        return cls(kind=DiscountKind.AMOUNT_UNTIL, amount=amount, until=until)

    @classmethod
    def percent(cls, rate: Decimal, *, until: Day) -> Self:
        """A percentage if paid until a date."""
        return cls(kind=DiscountKind.PERCENTAGE_UNTIL, rate=rate, until=until)

    @classmethod
    def per_day(cls, amount: Decimal, *, business_days: bool = False) -> Self:
        """An amount in reais for each day of anticipation."""
        kind = DiscountKind.AMOUNT_PER_BUSINESS_DAY if business_days else DiscountKind.AMOUNT_PER_DAY
        return cls(kind=kind, amount=amount)

    @classmethod
    def percent_per_day(cls, rate: Decimal, *, business_days: bool = False) -> Self:
        """A percentage for each day of anticipation."""
        kind = DiscountKind.PERCENTAGE_PER_BUSINESS_DAY if business_days else DiscountKind.PERCENTAGE_PER_DAY
        return cls(kind=kind, rate=rate)

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        _only(self, "rate" if self.kind.is_percentage else "amount")
        if self.rate is not None and self.rate >= 100:
            raise ValueError("rate: a discount is below 100 %")
        if self.kind.has_limit and self.until is None:
            raise ValueError(f"until: a discount of kind {self.kind.value} needs its last day")
        if not self.kind.has_limit and self.until is not None:
            raise ValueError(f"until: a discount of kind {self.kind.value} has no last day")
        return self


def _together(discounts: tuple[Discount, ...]) -> tuple[Discount, ...]:
    if len({discount.kind for discount in discounts}) > 1:
        raise ValueError("all must be of one kind")
    if len(discounts) > 1 and not discounts[0].kind.has_limit:
        raise ValueError("a discount per day of anticipation stands alone")
    limits = [discount.until for discount in discounts if discount.until is not None]
    if any(later <= earlier for earlier, later in pairwise(limits)):
        raise ValueError("last days must be ascending and distinct")
    return discounts


Discounts = Annotated[tuple[Discount, ...], Field(max_length=3), AfterValidator(_together)]
"""Up to three discounts of one kind, earliest first."""


class Protest(Model):
    """Automatic protest at the notary.

    Attributes:
        days: Days after the due date.
        business_days: Counted in business days; calendar days otherwise.
    """

    days: Days
    business_days: bool = False


class Negativation(Model):
    """Automatic report to a credit bureau (negativação).

    Attributes:
        days: Days after the due date.
        business_days: Counted in business days; calendar days otherwise.
        bureau: Which bureau, where the bank lets one choose.
    """

    days: Days
    business_days: bool = False
    bureau: Literal["serasa", "quod"] | None = None


class PaymentRuleKind(StrEnum):
    """Which amounts may be paid (FEBRABAN: divergent payment)."""

    EXACT = "exact"
    """The computed amount and no other."""
    ANY = "any"
    """Whatever the payer likes."""
    RANGE = "range"
    """From a minimum to a maximum."""
    MINIMUM = "minimum"
    """A minimum or more."""


class PaymentRule(Model):
    """Whether another amount than the computed one may be paid, and in how many payments.

    Attributes:
        kind: Exact amount, any amount, a range, or at least a minimum.
        minimum: Lower bound in reais; zero only in a range.
        maximum: Upper bound in reais.
        minimum_rate: Lower bound in percent of the amount.
        maximum_rate: Upper bound in percent of the amount.
        max_payments: Number of partial payments allowed, 1 to 99; `None` for no partial payment.
    """

    kind: PaymentRuleKind = PaymentRuleKind.EXACT
    minimum: MoneyOrZero | None = None
    maximum: Money | None = None
    minimum_rate: Rate | None = None
    maximum_rate: Percentage | None = None
    max_payments: Annotated[Count, Field(ge=1, le=99)] | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        amounts = (self.minimum, self.maximum)
        rates = (self.minimum_rate, self.maximum_rate)
        if any(v is not None for v in amounts) and any(v is not None for v in rates):
            raise ValueError("minimum, maximum: both amounts or both rates")
        lower, upper = rates if any(v is not None for v in rates) else amounts
        for name, bound, kinds in (
            ("minimum", lower, (PaymentRuleKind.RANGE, PaymentRuleKind.MINIMUM)),
            ("maximum", upper, (PaymentRuleKind.RANGE,)),
        ):
            if (bound is not None) != (self.kind in kinds):
                relation = "needed by" if bound is None else "does not belong to"
                raise ValueError(f"{name}: {relation} kind {self.kind.value}")
        if lower is not None and upper is not None and lower > upper:
            raise ValueError("minimum: above maximum")
        if self.kind is PaymentRuleKind.MINIMUM and lower == 0:
            raise ValueError("minimum: zero is no minimum; use kind any")
        return self


def _only(charge: Interest | Fine | Discount, wanted: str | None) -> None:
    for name in ("amount", "rate"):
        given = getattr(charge, name) is not None
        if name == wanted and not given:
            raise ValueError(f"{name}: needed by kind {charge.kind.value}")
        if name != wanted and given:
            raise ValueError(f"{name}: does not belong to kind {charge.kind.value}")
