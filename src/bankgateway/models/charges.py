"""Interest, fine, discounts and the other conditions of a boleto.

One neutral model for what nine banks write in nine ways (FEBRABAN CNAB 240 tables C018, C021, C026).
A bank that lacks a form refuses it by name; nothing is converted in silence.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from bankgateway.models.base import Day, Model, Money, MoneyOrZero, Rate


class InterestKind(StrEnum):
    """How juros de mora run."""

    AMOUNT_PER_DAY = "amount_per_day"
    MONTHLY_RATE = "monthly_rate"
    EXEMPT = "exempt"


class Interest(Model):
    """Juros de mora, from the day after the due date unless `starts_on` says otherwise.

    Attributes:
        kind: Amount per day, monthly rate or exempt.
        amount: Reais per day of delay.
        rate: Percent per month, simple.
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
    def monthly(cls, rate: Decimal, *, starts_on: Day | None = None) -> Self:
        """A simple monthly rate in percent."""
        return cls(kind=InterestKind.MONTHLY_RATE, rate=rate, starts_on=starts_on)

    @classmethod
    def exempt(cls) -> Self:
        """No interest, said expressly."""
        return cls(kind=InterestKind.EXEMPT)

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        wanted = {InterestKind.AMOUNT_PER_DAY: "amount", InterestKind.MONTHLY_RATE: "rate"}
        _only(self, wanted.get(self.kind))
        return self


class FineKind(StrEnum):
    """How a multa is reckoned."""

    AMOUNT = "amount"
    PERCENTAGE = "percentage"


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
        _only(self, {FineKind.AMOUNT: "amount", FineKind.PERCENTAGE: "rate"}[self.kind])
        return self


class DiscountKind(StrEnum):
    """The six forms of FEBRABAN table C021."""

    AMOUNT_UNTIL = "amount_until"
    PERCENTAGE_UNTIL = "percentage_until"
    AMOUNT_PER_DAY = "amount_per_day"
    AMOUNT_PER_BUSINESS_DAY = "amount_per_business_day"
    PERCENTAGE_PER_DAY = "percentage_per_day"
    PERCENTAGE_PER_BUSINESS_DAY = "percentage_per_business_day"

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
        rate: Percent of the amount less the rebate.
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
        if self.kind.has_limit and self.until is None:
            raise ValueError(f"until: a discount of kind {self.kind.value} needs its last day")
        if not self.kind.has_limit and self.until is not None:
            raise ValueError(f"until: a discount of kind {self.kind.value} has no last day")
        return self


class Protest(Model):
    """Automatic protest at the notary.

    Attributes:
        days: Days after the due date.
        business_days: Counted in business days; calendar days otherwise.
    """

    days: int = Field(ge=0, le=99)
    business_days: bool = False


class Negativation(Model):
    """Automatic report to a credit bureau (negativação).

    Attributes:
        days: Days after the due date.
        business_days: Counted in business days; calendar days otherwise.
        bureau: `serasa` or `quod` where the bank lets one choose.
    """

    days: int = Field(ge=0, le=99)
    business_days: bool = False
    bureau: str | None = None


class PaymentRuleKind(StrEnum):
    """Which amounts may be paid (FEBRABAN: divergent payment)."""

    EXACT = "exact"
    ANY = "any"
    RANGE = "range"
    MINIMUM = "minimum"


class PaymentRule(Model):
    """Whether another amount than the computed one may be paid, and in how many payments.

    Attributes:
        kind: Exact amount, any amount, a range, or at least a minimum.
        minimum: Lower bound in reais.
        maximum: Upper bound in reais.
        minimum_rate: Lower bound in percent of the amount.
        maximum_rate: Upper bound in percent of the amount.
        max_payments: Number of partial payments allowed, 1 to 99; `None` for no partial payment.
    """

    kind: PaymentRuleKind = PaymentRuleKind.EXACT
    minimum: MoneyOrZero | None = None
    maximum: Money | None = None
    minimum_rate: Rate | None = None
    maximum_rate: Rate | None = None
    max_payments: int | None = Field(default=None, ge=1, le=99)

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        amounts = (self.minimum, self.maximum)
        rates = (self.minimum_rate, self.maximum_rate)
        if any(v is not None for v in amounts) and any(v is not None for v in rates):
            raise ValueError("bounds are amounts or rates, not both")
        given = rates if any(v is not None for v in rates) else amounts
        needed = {PaymentRuleKind.RANGE: (True, True), PaymentRuleKind.MINIMUM: (True, False)}.get(
            self.kind, (False, False)
        )
        if tuple(v is not None for v in given) != needed:
            raise ValueError(f"a payment rule of kind {self.kind.value} takes other bounds")
        lower, upper = given
        if lower is not None and upper is not None and lower > upper:
            raise ValueError("minimum is above maximum")
        return self


def _only(charge: Interest | Fine | Discount, wanted: str | None) -> None:
    for name in ("amount", "rate"):
        given = getattr(charge, name) is not None
        if name == wanted and not given:
            raise ValueError(f"{name}: needed by kind {charge.kind.value}")
        if name != wanted and given:
            raise ValueError(f"{name}: does not belong to kind {charge.kind.value}")
