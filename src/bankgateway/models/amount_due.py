"""What a boleto costs on a given day (valor atualizado).

Banks differ, and no single rule covers them all. The one complete public formula is BACEN's, for Pix
charges with a due date (Manual de Padrões para Iniciação do Pix, annex III), which is what a hybrid boleto
carries; this module computes by it. **The bank's own answer always wins.**
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import Literal, TypeAlias

from bankgateway.models.base import CENT, EXACT, Model
from bankgateway.models.boleto import Boleto, BoletoStatus, NewBoleto
from bankgateway.models.calendar import BankingCalendar, Calendar, business_days, require_day, roll_forward
from bankgateway.models.charges import Discount, Fine, Interest, InterestKind

AccrualStart: TypeAlias = Literal["effective_due_date", "original_due_date"]
"""From which due date the days of delay are counted."""
Posting: TypeAlias = Literal["same_day", "next_business_day"]
"""On which day a payment counts that is made on a day without banking."""
DayCount: TypeAlias = Literal["calendar_days", "business_days"]
"""Which days bear interest."""
Rounding: TypeAlias = Literal["truncate", "half_up"]
"""What becomes of fractions of a centavo."""
Charge: TypeAlias = Literal["rebate", "discounts", "interest", "fine"]
"""A condition that a bank's answer may be silent about."""

_NOTHING = Decimal("0.00")
_DAY = timedelta(days=1)
_ROUNDING = {"truncate": ROUND_DOWN, "half_up": ROUND_HALF_UP}
# Days in the period of a rate (BACEN): month and year are commercial ones, or of business days.
_PERIOD = {
    InterestKind.DAILY_RATE: {"calendar_days": 1, "business_days": 1},
    InterestKind.MONTHLY_RATE: {"calendar_days": 30, "business_days": 21},
    InterestKind.YEARLY_RATE: {"calendar_days": 360, "business_days": 252},
}


class AmountDue(Model):
    """What is due on a day: `total = amount - rebate - discount + interest + fine`, all in reais.

    Attributes:
        on: The day of payment that was asked about.
        amount: Nominal amount.
        rebate: Abatimento.
        discount: Discount for paying early.
        interest: Juros de mora.
        fine: Multa.
        total: The sum, also when it cannot be paid any more.
        days_late: Days of delay, counted as `accrual_from` and `interest_days` say; 0 when in time.
        effective_due_date: The due date, or the next business day after it.
        payable: Whether it can still be paid on that day. False after the last day, and for a boleto that
            is paid, cancelled, expired or rejected.
        unknown: Charges that could have changed this total and that the bank's answer does not tell. They
            count as zero.
    """

    on: date
    amount: Decimal
    rebate: Decimal
    discount: Decimal
    interest: Decimal
    fine: Decimal
    total: Decimal
    days_late: int
    effective_due_date: date
    payable: bool
    unknown: tuple[Charge, ...] = ()


def amount_due(
    boleto: Boleto | NewBoleto,
    on: date,
    *,
    calendar: Calendar | None = None,
    accrual_from: AccrualStart = "effective_due_date",
    posting: Posting = "same_day",
    interest_days: DayCount = "calendar_days",
    rounding: Rounding = "truncate",
) -> AmountDue:
    """What a boleto costs if it is paid on a day.

    - Percentages are of the amount less the rebate. Interest is simple, without compounding.
    - Rounding: each component (discount, interest, fine) is cut to two places once, at its end, and the
      daily rate never. Multiplication comes before division, so that 1 % a month of 100 reais is 1.00 after
      30 days and not 0.99.
    - A due date without banking moves to the next business day; who pays then is not late (law 7.089/1983;
      Civil Code, art. 132 § 1).
    - Of several discounts the earliest that still holds counts, and only that one. Its last day does not
      move. Discounts per day of anticipation count the days from the payment to the effective due date.
    - Discounts never exceed the amount less the rebate.
    - The last day for payment (`expires_on`, `expires_after_days` counted from the effective due date) moves
      to the next business day. Without either there is none.
    - Charges that a bank's answer does not tell (`None`) count as zero and are named in `unknown`. In a
      `NewBoleto`, `None` means that there is no such charge.

    Args:
        boleto: To be registered, or as the bank told it.
        on: Day of payment in Brasília.
        calendar: Business days; `BankingCalendar()` when left out.
        accrual_from: Once late, whether days count from the effective due date (BACEN) or from the original
            one (the custom of many banks for barcodes).
        posting: `same_day` counts a payment on its own day, as Pix does. `next_business_day` counts one
            made on a day without banking as made on the next business day, as banks do with barcodes.
        interest_days: Whether interest runs on calendar days, with a month of 30 and a year of 360, or on
            business days, with a month of 21 and a year of 252.
        rounding: `truncate` (BACEN), or `half_up` as some billing services do.

    Raises:
        TypeError: `on` is a `datetime`.
        ValueError: The answer tells no amount or no due date, a rebate above the amount, or a boleto that
            is paid in part: the rest is known to the bank alone.
        ConfigurationError: No calendar was given and the extra `calendar` is not installed.
    """
    require_day(on)
    calendar = calendar or BankingCalendar()
    amount, rebate, due_date = _terms(boleto)
    effective = roll_forward(calendar, due_date)
    days = _Days(
        calendar=calendar,
        paid=roll_forward(calendar, on) if posting == "next_business_day" else on,
        due=effective,
        late_from=(effective if accrual_from == "effective_due_date" else due_date) + _DAY,
    )

    def cents(value: Decimal) -> Decimal:
        return value.quantize(CENT, _ROUNDING[rounding])

    with localcontext(EXACT):
        base = amount - rebate
        discount = cents(min(_discount(boleto.discounts or (), base, days), base))
        interest = cents(_interest(boleto.interest, base, days, interest_days))
        fine = cents(_fine(boleto.fine, base, days))
        total = base - discount + interest + fine
    return AmountDue(
        on=on,
        amount=amount,
        rebate=rebate,
        discount=discount,
        interest=interest,
        fine=fine,
        total=total,
        days_late=days.late(interest_days),
        effective_due_date=effective,
        payable=_payable(boleto, on, effective, calendar),
        unknown=_unknown(boleto, late=days.is_late),
    )


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of one payment.

    Attributes:
        calendar: Business days.
        paid: The day the payment counts on.
        due: The effective due date.
        late_from: The first day that counts as delay.
    """

    calendar: Calendar
    paid: date
    due: date
    late_from: date

    @property
    def is_late(self) -> bool:
        return self.paid > self.due

    def late(self, count: DayCount, starts_on: date | None = None) -> int:
        """Days of delay; from `starts_on` where that is later."""
        if not self.is_late:
            return 0
        first = max(self.late_from, starts_on or self.late_from)
        return self._between(first - _DAY, self.paid, count)

    def early(self, count: DayCount) -> int:
        """Days of anticipation."""
        return self._between(self.paid, self.due, count)

    def _between(self, after: date, until: date, count: DayCount) -> int:
        if count == "business_days":
            return business_days(self.calendar, after, until)
        return max((until - after).days, 0)


def _terms(boleto: Boleto | NewBoleto) -> tuple[Decimal, Decimal, date]:
    """Amount, rebate and due date, refused where no amount due can follow from them."""
    if isinstance(boleto, Boleto) and boleto.status is BoletoStatus.PARTIALLY_PAID:
        raise ValueError("a boleto is paid in part: only the bank knows the rest")
    if boleto.amount is None or boleto.due_date is None:
        raise ValueError("the bank's answer tells no amount or no due date: query the boleto again")
    rebate = boleto.rebate or _NOTHING
    if not 0 <= rebate <= boleto.amount:
        raise ValueError("rebate: negative or above the amount")
    return boleto.amount, rebate, boleto.due_date


def _discount(discounts: tuple[Discount, ...], base: Decimal, days: _Days) -> Decimal:
    holding = [item for item in discounts if item.until is None or days.paid <= item.until]
    if days.is_late or not holding:
        return _NOTHING
    discount = min(holding, key=lambda item: item.until or date.max)
    if discount.kind.has_limit:
        return _share(discount, base)
    in_business_days = discount.kind.value.endswith("business_day")
    return _share(discount, base, days.early("business_days" if in_business_days else "calendar_days"))


def _interest(interest: Interest | None, base: Decimal, days: _Days, count: DayCount) -> Decimal:
    if interest is None or interest.kind is InterestKind.EXEMPT:
        return _NOTHING
    period = _PERIOD[interest.kind][count] if interest.kind in _PERIOD else 1
    return _share(interest, base, days.late(count, interest.starts_on), period)


def _fine(fine: Fine | None, base: Decimal, days: _Days) -> Decimal:
    if fine is None or not days.is_late or (fine.starts_on is not None and days.paid < fine.starts_on):
        return _NOTHING
    return _share(fine, base)


def _share(charge: Interest | Fine | Discount, base: Decimal, times: int = 1, period: int = 1) -> Decimal:
    """The amount or the rate of a charge, so many times, not rounded yet."""
    if charge.amount is not None:
        return charge.amount * times
    # The models see to it that a charge has an amount or a rate.
    return base * (charge.rate or _NOTHING) * times / (100 * period)


def _payable(boleto: Boleto | NewBoleto, on: date, effective: date, calendar: Calendar) -> bool:
    if isinstance(boleto, Boleto):
        last = boleto.expires_on
        if boleto.status.is_final:
            return False
    else:
        days = boleto.expires_after_days
        last = None if days is None else effective + days * _DAY
    return last is None or on <= roll_forward(calendar, last)


def _unknown(boleto: Boleto | NewBoleto, *, late: bool) -> tuple[Charge, ...]:
    if isinstance(boleto, NewBoleto):
        return ()
    relevant: tuple[Charge, ...] = ("rebate", "interest", "fine") if late else ("rebate", "discounts")
    return tuple(name for name in relevant if getattr(boleto, name) is None)
