"""Commands are data: they can be built, compared, stored, queued and read again."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import FrozenInstanceError, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import bankgateway
from bankgateway.models.charges import Discount, DiscountKind, Fine, Interest
from bankgateway.models.commands import (
    COMMANDS,
    Cancel,
    CancelNegativation,
    CancelProtest,
    CancelRebate,
    ChangeAmount,
    ChangeDueDate,
    ChangeSeuNumero,
    Command,
    GrantRebate,
    RequestNegativation,
    RequestProtest,
    SetDiscounts,
    SetFine,
    SetInterest,
    command_from_dict,
)

DAY = date(2026, 12, 30)
DIME = Decimal("0.10")

days = st.dates(date(2000, 7, 3), date(2099, 12, 31))
starts = st.none() | days
money = st.decimals("0.01", "99999999999.99", places=2)
rates = st.decimals("0.00001", "99.99999", places=5)
text = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=25
)
interests = (
    st.builds(Interest.per_day, money, starts_on=starts)
    | st.builds(Interest.daily, rates, starts_on=starts)
    | st.builds(Interest.monthly, rates, starts_on=starts)
    | st.builds(Interest.yearly, rates, starts_on=starts)
    | st.just(Interest.exempt())
)
fines = st.builds(Fine.fixed, money, starts_on=starts) | st.builds(Fine.percent, rates, starts_on=starts)
limited = st.lists(days, unique=True, max_size=3).map(sorted)
discounts = (
    limited.map(lambda until: tuple(Discount.fixed(Decimal(5), until=day) for day in until))
    | limited.map(lambda until: tuple(Discount.percent(Decimal("2.5"), until=day) for day in until))
    | st.builds(Discount.per_day, money, business_days=st.booleans()).map(lambda d: (d,))
    | st.builds(Discount.percent_per_day, rates, business_days=st.booleans()).map(lambda d: (d,))
)
waits = st.none() | st.integers(0, 99)
commands: dict[type[Command], st.SearchStrategy[Command]] = {
    ChangeDueDate: st.builds(ChangeDueDate, days),
    ChangeAmount: st.builds(ChangeAmount, money),
    SetDiscounts: st.builds(SetDiscounts, discounts),
    SetInterest: st.builds(SetInterest, interests),
    SetFine: st.builds(SetFine, st.none() | fines),
    GrantRebate: st.builds(GrantRebate, money),
    CancelRebate: st.builds(CancelRebate),
    RequestProtest: st.builds(RequestProtest, waits),
    CancelProtest: st.builds(CancelProtest, st.booleans()),
    RequestNegativation: st.builds(RequestNegativation, waits),
    CancelNegativation: st.builds(CancelNegativation, st.booleans()),
    ChangeSeuNumero: st.builds(ChangeSeuNumero, text),
    Cancel: st.builds(Cancel, st.none() | text),
}


def test_the_table_is_complete() -> None:
    assert set(COMMANDS.values()) == set(commands) == set(Command.__subclasses__())
    for kind, command in COMMANDS.items():
        assert command.kind == kind
        assert getattr(bankgateway, command.__name__) is command
        assert "C004" in (command.__doc__ or "")


@pytest.mark.parametrize("command", commands, ids=lambda command: command.kind)
@given(data=st.data())
def test_stored_queued_and_read_again(command: type[Command], data: st.DataObject) -> None:
    one = data.draw(commands[command])
    stored = json.loads(json.dumps(one.to_dict()))
    again = command_from_dict(stored)
    assert type(again) is command
    assert again == one
    assert hash(again) == hash(one)
    assert again.to_dict() == stored
    assert stored["kind"] == command.kind
    assert pickle.loads(pickle.dumps(one)) == copy.copy(one) == copy.deepcopy(one) == one


@pytest.mark.parametrize(
    ("positional", "by_name"),
    [
        (ChangeDueDate(DAY), ChangeDueDate(due_date=DAY)),
        (ChangeAmount(Decimal("10.50")), ChangeAmount(amount="10.5")),  # type: ignore[arg-type]
        (SetDiscounts(), SetDiscounts(discounts=())),
        (SetFine(None), SetFine(fine=None)),
        (RequestProtest(5), RequestProtest(days=5)),
        (CancelProtest(True), CancelProtest(cancel_boleto=True)),
        (ChangeSeuNumero(" NF-2 "), ChangeSeuNumero(seu_numero="NF-2")),
        (Cancel("duplicado"), Cancel(reason="duplicado")),
        (Cancel(" "), Cancel()),
    ],
)
def test_positional_construction(positional: Command, by_name: Command) -> None:
    assert positional == by_name
    assert len({positional, by_name}) == 1


@pytest.mark.parametrize("command", commands, ids=lambda command: command.kind)
@given(data=st.data())
def test_frozen(command: type[Command], data: st.DataObject) -> None:
    one = data.draw(commands[command])
    for name in [*(field.name for field in fields(one)), "kind"]:  # type: ignore[arg-type]
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, None)


def test_commands_of_different_kinds_differ() -> None:
    alike: list[Command] = [CancelProtest(), CancelNegativation(), ChangeAmount(DIME), GrantRebate(DIME)]
    assert len(set(alike)) == 4


@pytest.mark.parametrize(
    ("make", "value", "reason"),
    [
        (ChangeDueDate, datetime.fromisoformat("2026-12-30"), "expected a date, not a datetime"),
        (ChangeDueDate, "30/12/2026", "expected a date, or text as in '2026-12-31'"),
        (ChangeAmount, 10.5, "a float is not exact"),
        (ChangeAmount, 0, "must be greater than zero"),
        (GrantRebate, "1,00", "write it with a dot"),
        (SetDiscounts, [Discount.fixed(Decimal(1), until=DAY)] * 2, "ascending and distinct"),
        (
            SetDiscounts,
            [Discount.per_day(Decimal(1)), Discount(kind=DiscountKind.PERCENTAGE_PER_DAY, rate=1)],
            "all must be of one kind",
        ),
        (SetInterest, None, "Interest"),
        (RequestProtest, 100, "less than or equal to 99"),
        (RequestProtest, "5", "valid integer"),
        (ChangeSeuNumero, "", "at least 1 character"),
        (ChangeSeuNumero, "x" * 26, "at most 25 characters"),
        (ChangeSeuNumero, "NF\n2", "control character"),
        (Cancel, "two\nlines", "control character"),
    ],
)
def test_refused(make: type[Command], value: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        make(value)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({}, "kind: must be one of change_due_date, "),
        ({"kind": None}, "kind: must be one of"),
        ({"kind": ["cancel"]}, "kind: must be one of"),
        ({"kind": "30718462580"}, "kind: must be one of"),
        (None, "expected a mapping, got NoneType"),
        (["cancel"], "expected a mapping, got list"),
        ({"kind": "cancel", "why": "x"}, "why"),
        ({"kind": "cancel_rebate", "amount": "1"}, "amount"),
        ({"kind": "change_due_date"}, "due_date"),
        ({"kind": "change_amount", "amount": "30718462580,00"}, "not a number"),
        ({"kind": "set_fine"}, "fine"),
    ],
)
def test_what_cannot_be_read_is_a_value_error_without_values(data: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        command_from_dict(data)
    assert "30718462580" not in str(caught.value)


def test_reading_leaves_the_data_alone() -> None:
    data = {"kind": "cancel", "reason": "x"}
    command_from_dict(data)
    assert data == {"kind": "cancel", "reason": "x"}
