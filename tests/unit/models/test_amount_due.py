"""What a boleto costs on a day: the worked examples, every form of charge, and the odd answers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, getcontext, localcontext
from typing import Any

import pytest

from bankgateway.models.amount_due import AmountDue, amount_due
from bankgateway.models.boleto import Boleto, BoletoRef, BoletoStatus, NewBoleto
from bankgateway.models.calendar import BankingCalendar
from bankgateway.models.charges import Discount, Fine, Interest
from bankgateway_mocks import samples

D = Decimal
ONE_PERCENT = Interest.monthly(D(1))
TWO_PERCENT = Fine.percent(D(2))


def new(amount: str, due: str, **fields: Any) -> NewBoleto:
    charges = {"interest": ONE_PERCENT, "fine": TWO_PERCENT}
    return NewBoleto(
        amount=D(amount),
        due_date=date.fromisoformat(due),
        payer=samples.payer(),
        seu_numero="1",
        **{**charges, **fields},
    )


def known(**fields: Any) -> Boleto:
    base = {
        "bank": "inter",
        "ref": BoletoRef(seu_numero="1"),
        "status": BoletoStatus.REGISTERED,
        "amount": D("500.00"),
        "due_date": date(2026, 11, 10),
    }
    return Boleto(**{**base, **fields})


def on(day: str) -> date:
    return date.fromisoformat(day)


EXAMPLES: list[tuple[NewBoleto, str, dict[str, Any], tuple[int, str, str, str, str]]] = [
    (new("500.00", "2026-11-10"), "2026-11-25", {}, (15, "2.50", "10.00", "0", "512.50")),
    (new("187.45", "2026-10-05"), "2026-11-03", {}, (29, "1.81", "3.74", "0", "193.00")),
    (new("100.00", "2026-08-03"), "2026-09-02", {}, (30, "1.00", "2.00", "0", "103.00")),
    (new("350.00", "2026-11-14"), "2026-11-16", {}, (0, "0", "0", "0", "350.00")),
    (new("350.00", "2026-11-14"), "2026-11-17", {}, (1, "0.11", "7.00", "0", "357.11")),
    (
        new("350.00", "2026-11-14"),
        "2026-11-17",
        {"accrual_from": "original_due_date"},
        (3, "0.35", "7.00", "0", "357.35"),
    ),
    (
        new("350.00", "2026-11-20", interest=Interest.per_day(D("0.35"))),
        "2026-11-24",
        {},
        (1, "0.35", "7.00", "0", "357.35"),
    ),
    (
        new("100.00", "2026-11-27", interest=Interest.per_day(D(1)), fine=None),
        "2026-11-28",
        {"posting": "next_business_day"},
        (3, "3.00", "0", "0", "103.00"),
    ),
    (
        new("100.00", "2026-11-27", interest=Interest.per_day(D(1)), fine=None),
        "2026-11-28",
        {"posting": "same_day"},
        (1, "1.00", "0", "0", "101.00"),
    ),
    (
        new("2100.00", "2026-11-10", interest=Interest.monthly(D("2.10")), fine=None),
        "2026-11-25",
        {"interest_days": "business_days"},
        (10, "21.00", "0", "0", "2121.00"),
    ),
    (
        new("800.00", "2026-12-10", discounts=(Discount.per_day(D(5)),)),
        "2026-12-07",
        {},
        (0, "0", "0", "15.00", "785.00"),
    ),
    (
        new(
            "800.00",
            "2026-12-10",
            rebate=D(50),
            discounts=(
                Discount.percent(D(5), until=on("2026-12-01")),
                Discount.percent(D(3), until=on("2026-12-05")),
            ),
        ),
        "2026-12-04",
        {},
        (0, "0", "0", "22.50", "727.50"),
    ),
]


@pytest.mark.parametrize(("boleto", "day", "options", "expected"), EXAMPLES)
def test_worked_examples(
    boleto: NewBoleto, day: str, options: dict[str, Any], expected: tuple[int, str, str, str, str]
) -> None:
    due = amount_due(boleto, on(day), **options)
    late, interest, fine, discount, total = expected
    assert (due.days_late, due.interest, due.fine, due.discount, due.total) == (
        late, D(interest), D(fine), D(discount), D(total)
    )  # fmt: skip
    assert due.total == due.amount - due.rebate - due.discount + due.interest + due.fine
    assert due.payable
    assert due.unknown == ()


@pytest.mark.parametrize(
    ("interest", "business", "expected"),
    [
        (Interest.per_day(D("0.17")), False, "2.55"),
        (Interest.per_day(D("0.17")), True, "1.70"),
        (Interest.daily(D("0.033")), False, "2.47"),  # 2.475
        (Interest.daily(D("0.033")), True, "1.65"),
        (Interest.monthly(D("1.5")), False, "3.75"),
        (Interest.monthly(D("1.5")), True, "3.57"),  # 3.5714...
        (Interest.yearly(D(12)), False, "2.50"),
        (Interest.yearly(D(12)), True, "2.38"),  # 2.3809...
        (Interest.exempt(), False, "0"),
        (Interest.exempt(), True, "0"),
        (None, False, "0"),
    ],
)
def test_every_kind_of_interest(interest: Interest | None, business: bool, expected: str) -> None:
    boleto = new("500.00", "2026-11-10", interest=interest)
    count = "business_days" if business else "calendar_days"
    assert amount_due(boleto, on("2026-11-25"), interest_days=count).interest == D(expected)


@pytest.mark.parametrize(
    ("fine", "expected"),
    [(Fine.percent(D(2)), "9.00"), (Fine.fixed(D("12.34")), "12.34"), (None, "0")],
)
def test_every_kind_of_fine_once(fine: Fine | None, expected: str) -> None:
    boleto = new("500.00", "2026-11-10", fine=fine, rebate=D(50))
    for day in ("2026-11-11", "2026-12-30"):
        assert amount_due(boleto, on(day)).fine == D(expected)
    assert amount_due(boleto, on("2026-11-10")).fine == 0


@pytest.mark.parametrize(
    ("discounts", "day", "expected"),
    [
        ((Discount.fixed(D(20), until=on("2026-12-01")),), "2026-12-01", "20.00"),
        ((Discount.fixed(D(20), until=on("2026-12-01")),), "2026-12-02", "0"),
        ((Discount.percent(D("2.5"), until=on("2026-12-01")),), "2026-11-30", "18.75"),
        ((Discount.per_day(D("1.50")),), "2026-12-10", "0"),
        ((Discount.per_day(D("1.50")),), "2026-12-04", "9.00"),
        ((Discount.per_day(D("1.50"), business_days=True),), "2026-12-04", "6.00"),
        ((Discount.percent_per_day(D("0.033")),), "2026-12-04", "1.48"),  # 1.485
        ((Discount.percent_per_day(D("0.033"), business_days=True),), "2026-12-04", "0.99"),
        ((Discount.percent_per_day(D("0.033")),), "2026-12-11", "0"),
        ((), "2026-11-30", "0"),
    ],
)
def test_every_kind_of_discount(discounts: tuple[Discount, ...], day: str, expected: str) -> None:
    boleto = new("800.00", "2026-12-10", rebate=D(50), discounts=discounts)
    due = amount_due(boleto, on(day))
    assert due.discount == D(expected)
    assert due.rebate == D(50)


def test_the_earliest_discount_that_holds() -> None:
    days = ("2026-12-01", "2026-12-03", "2026-12-07")
    discounts = tuple(Discount.fixed(D(30 - 10 * n), until=on(day)) for n, day in enumerate(days))
    boleto = new("800.00", "2026-12-10", discounts=discounts)
    for day, expected in (("12-01", 30), ("12-02", 20), ("12-03", 20), ("12-07", 10), ("12-08", 0)):
        assert amount_due(boleto, on(f"2026-{day}")).discount == expected
    assert (
        amount_due(known(discounts=discounts[::-1], due_date=on("2026-12-10")), on("2026-12-02")).discount
        == 20
    )


def test_a_discount_never_exceeds_what_it_is_taken_from() -> None:
    boleto = new("100.00", "2026-12-10", discounts=(Discount.per_day(D(30)),))
    due = amount_due(boleto, on("2026-12-01"))
    assert (due.discount, due.total) == (D("100.00"), D("0.00"))


def test_anticipation_is_counted_to_the_effective_due_date() -> None:
    boleto = new("350.00", "2026-11-14", discounts=(Discount.per_day(D(1)),))
    assert amount_due(boleto, on("2026-11-13")).discount == 3
    assert amount_due(boleto, on("2026-11-13"), posting="next_business_day").discount == 3
    assert amount_due(boleto, on("2026-11-14")).discount == 2
    assert amount_due(boleto, on("2026-11-14"), posting="next_business_day").discount == 0


def test_rounding_is_a_choice_and_happens_once() -> None:
    boleto = new("187.45", "2026-10-05")  # interest 1.8120..., fine 3.749
    half_up = amount_due(boleto, on("2026-11-03"), rounding="half_up")
    assert (half_up.interest, half_up.fine, half_up.total) == (D("1.81"), D("3.75"), D("193.01"))
    assert amount_due(boleto, on("2026-11-03")).fine == D("3.74")


def test_the_decimal_context_of_the_caller_does_not_matter() -> None:
    boleto = new("99999999.99", "2026-11-10")
    expected = amount_due(boleto, on("2026-11-25"))
    with localcontext() as context:
        context.prec = 4
        assert amount_due(boleto, on("2026-11-25")) == expected
    assert getcontext().prec > 4
    assert expected.total == D("99999999.99") + D("499999.99") + D("1999999.99")


def test_interest_and_fine_that_start_later() -> None:
    boleto = new(
        "300.00",
        "2026-11-10",
        interest=Interest.per_day(D(1), starts_on=on("2026-11-16")),
        fine=Fine.fixed(D(6), starts_on=on("2026-11-18")),
    )
    totals = [amount_due(boleto, on(f"2026-11-{day}")).total for day in (10, 11, 15, 16, 17, 18, 19)]
    assert totals == [300, 300, 300, 301, 302, 309, 310]
    assert amount_due(boleto, on("2026-11-15")).days_late == 5


def test_a_start_right_after_the_due_date_waits_for_the_effective_one() -> None:
    boleto = new("300.00", "2026-11-14", interest=Interest.per_day(D(1), starts_on=on("2026-11-15")))
    assert amount_due(boleto, on("2026-11-16")).interest == 0
    assert amount_due(boleto, on("2026-11-17")).interest == 1
    assert amount_due(boleto, on("2026-11-17"), accrual_from="original_due_date").interest == 3


def test_the_calendar_is_the_callers() -> None:
    boleto = new("350.00", "2026-12-31")
    assert amount_due(boleto, on("2027-01-04")).days_late == 4
    assert (
        amount_due(boleto, on("2027-01-04"), calendar=BankingCalendar(closed_on_31_december=True)).days_late
        == 0
    )
    local = BankingCalendar(extra=frozenset({on("2026-12-08")}))
    due = amount_due(new("350.00", "2026-12-08"), on("2026-12-09"), calendar=local)
    assert (due.effective_due_date, due.total) == (on("2026-12-09"), D("350.00"))


@pytest.mark.parametrize(
    ("day", "payable"),
    [("2026-11-10", True), ("2026-11-21", True), ("2026-11-23", True), ("2026-11-24", False)],
)
def test_the_last_day_moves_to_a_business_day(day: str, payable: bool) -> None:
    # Saturday 14 moves to Monday 16; five days on is Saturday 21, which moves to Monday 23.
    assert amount_due(new("350.00", "2026-11-14", expires_after_days=5), on(day)).payable is payable
    assert amount_due(known(expires_on=on("2026-11-21")), on(day)).payable is payable


def test_no_days_after_a_holiday() -> None:
    boleto = new("350.00", "2026-11-20", expires_after_days=0)
    assert amount_due(boleto, on("2026-11-23")).payable
    too_late = amount_due(boleto, on("2026-11-24"))
    assert not too_late.payable
    assert too_late.total == D("357.11")


def test_without_a_last_day_it_stays_payable() -> None:
    assert amount_due(new("350.00", "2026-11-10"), on("2030-01-02")).payable


@pytest.mark.parametrize("status", list(BoletoStatus))
def test_what_is_over_cannot_be_paid(status: BoletoStatus) -> None:
    boleto = known(status=status)
    if status is BoletoStatus.PARTIALLY_PAID:
        with pytest.raises(ValueError, match="in part"):
            amount_due(boleto, on("2026-11-10"))
    else:
        over = {BoletoStatus.PAID, BoletoStatus.CANCELLED, BoletoStatus.EXPIRED, BoletoStatus.REJECTED}
        assert amount_due(boleto, on("2026-11-10")).payable is (status not in over)


def test_charges_the_bank_does_not_tell() -> None:
    assert amount_due(known(), on("2026-11-10")).unknown == ("rebate", "discounts")
    late = amount_due(known(), on("2026-11-25"))
    assert late.unknown == ("rebate", "interest", "fine")
    assert late.total == D("500.00")
    told = known(rebate=D(0), discounts=(), interest=Interest.exempt(), fine=TWO_PERCENT)
    assert amount_due(told, on("2026-11-10")).unknown == ()
    assert amount_due(told, on("2026-11-25")) == AmountDue(
        on=on("2026-11-25"),
        amount=D("500.00"),
        rebate=D(0),
        discount=D(0),
        interest=D(0),
        fine=D(10),
        total=D(510),
        days_late=15,
        effective_due_date=on("2026-11-10"),
        payable=True,
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": None}, "no amount or no due date"),
        ({"due_date": None}, "no amount or no due date"),
        ({"rebate": D("500.01")}, "rebate"),
        ({"rebate": D(-1)}, "rebate"),
    ],
)
def test_answers_nothing_can_be_computed_from(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        amount_due(known(**fields), on("2026-11-10"))


def test_a_datetime_is_refused() -> None:
    with pytest.raises(TypeError, match="datetime"):
        amount_due(known(), datetime(2026, 11, 10, 12))  # noqa: DTZ001
