"""What a bank lacks is refused by name, before any I/O."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bankgateway.capabilities import Capabilities, DayCount, Numbering, Operation
from bankgateway.errors import InvalidRequest, Unsupported
from bankgateway.models.boleto import DocumentKind, NewBoleto
from bankgateway.models.charges import (
    Discount,
    DiscountKind,
    Fine,
    FineKind,
    Interest,
    InterestKind,
    Negativation,
    PaymentRule,
    PaymentRuleKind,
    Protest,
)
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
)
from bankgateway.models.party import Address, Party
from bankgateway.models.results import Search, SearchDate

DUE = date(2026, 11, 10)
NEXT = date(2026, 11, 11)
ADDRESS = Address(
    street="Rua das Amostras", district="Centro", city="Curitiba", state="PR", postal_code="80010010"
)
PAYER = Party(name="Padaria Exemplo Ltda", tax_id="27051438000155", address=ADDRESS)
BARE = Party(name="Fulana de Exemplo", tax_id="30718462580")
LETTERS = Party(name="Nova Ltda", tax_id="7K3MPX2A000109", address=ADDRESS)

POOR = Capabilities(operations=frozenset({Operation.REGISTER}))
RICH = Capabilities(
    operations=frozenset(Operation),
    commands=frozenset(COMMANDS.values()),
    numbering=Numbering.EITHER,
    amount_min=Decimal("2.50"),
    amount_max=Decimal("1000.00"),
    seu_numero_max=10,
    seu_numero_characters="A-Z0-9 -",
    company_reference_max=25,
    interest=frozenset(InterestKind),
    fine=frozenset(FineKind),
    discounts=frozenset(DiscountKind),
    max_discounts=3,
    interest_start=True,
    fine_start=True,
    rebate=True,
    protest=frozenset(DayCount),
    protest_days=(3, 90),
    negativation=frozenset(DayCount),
    negativation_days=(5, 60),
    bureaus=frozenset({"serasa"}),
    payment_rules=frozenset(PaymentRuleKind),
    partial_payments=True,
    guarantor=True,
    beneficiary=True,
    document_kinds=frozenset({DocumentKind.DM}),
    hybrid=True,
    expires_after_days=(1, 60),
    guarantor_address=True,
    district=True,
    max_messages=2,
    message_length=80,
    command_options=frozenset({"request_protest.days", "cancel_protest.cancel_boleto"}),
    search_dates=frozenset({SearchDate.DUE}),
    search_filters=frozenset({"status"}),
    bank_filters=frozenset({"ordem"}),
)


def new(**fields: Any) -> NewBoleto:
    return NewBoleto(**{"amount": "100.00", "due_date": DUE, "payer": PAYER, "seu_numero": "NF-1", **fields})


EVERYTHING = new(
    nosso_numero="1",
    company_reference="PEDIDO 1",
    issue_date=date(2026, 10, 1),
    document_kind=DocumentKind.DM,
    beneficiary=PAYER,
    guarantor=PAYER,
    interest=Interest.daily(Decimal("0.03"), starts_on=date(2026, 11, 15)),
    fine=Fine.fixed(Decimal(2), starts_on=date(2026, 11, 15)),
    discounts=[Discount.percent(Decimal(1), until=DUE)],
    rebate=1,
    protest=Protest(days=5, business_days=True),
    negativation=Negativation(days=10, bureau="serasa"),
    payment_rule=PaymentRule(kind="any", max_payments=2),
    messages=["one", "two"],
    hybrid=False,
    expires_after_days=30,
)


def unsupported(capabilities: Capabilities, boleto: NewBoleto) -> Unsupported:
    with pytest.raises(Unsupported) as caught:
        capabilities.check_new("acme", boleto)
    assert (caught.value.bank, caught.value.operation) == ("acme", "register")
    assert caught.value.http_status is None
    return caught.value


def invalid(capabilities: Capabilities, boleto: NewBoleto) -> dict[str | None, str]:
    with pytest.raises(InvalidRequest, match="acme register: refused before sending") as caught:
        capabilities.check_new("acme", boleto)
    assert caught.value.http_status is None
    return {message.field: message.text for message in caught.value.messages}


class TestNew:
    def test_what_is_offered_passes(self) -> None:
        RICH.check_new("acme", EVERYTHING)
        POOR.check_new("acme", new())

    @pytest.mark.parametrize(
        ("field", "value", "named", "rule"),
        [
            ("nosso_numero", "1", "nosso_numero", "the bank gives the number itself"),
            ("company_reference", "P-1", "company_reference", "no such field"),
            ("document_kind", DocumentKind.DM, "document_kind", "no such field"),
            ("beneficiary", PAYER, "beneficiary", "no such field"),
            ("guarantor", PAYER, "guarantor", "no such field"),
            ("interest", Interest.per_day(Decimal(1)), "interest", "amount_per_day is not offered"),
            ("fine", Fine.percent(Decimal(2)), "fine", "percentage is not offered"),
            ("discounts", [Discount.per_day(Decimal(1))], "discounts", "amount_per_day is not offered"),
            ("rebate", 1, "rebate", "no such field"),
            ("protest", Protest(days=5), "protest", "no such field"),
            ("negativation", Negativation(days=5), "negativation", "no such field"),
            ("payment_rule", PaymentRule(kind="any"), "payment_rule", "any is not offered"),
            (
                "payment_rule",
                PaymentRule(max_payments=2),
                "payment_rule.max_payments",
                "partial payment is not offered",
            ),
            ("messages", ["x"], "messages", "no such field"),
            ("hybrid", True, "hybrid", "no such field"),
            ("hybrid", False, "hybrid", "no such field"),
            ("expires_after_days", 0, "expires_after_days", "no such field"),
        ],
    )
    def test_every_field_a_bank_may_lack(self, field: str, value: Any, named: str, rule: str) -> None:
        error = unsupported(POOR, new(**{field: value}))
        assert error.field == named
        assert str(error).startswith(f"acme register: {named}: ")
        assert rule in str(error)

    def test_every_optional_field_is_looked_at(self) -> None:
        always = {"amount", "due_date", "payer", "seu_numero", "issue_date"}
        named = {
            (message.field or "").partition(".")[0] for message in unsupported(POOR, EVERYTHING).messages
        }
        assert named == set(NewBoleto.model_fields) - always

    def test_an_issue_date_the_bank_sets_itself(self) -> None:
        fixed = dataclasses.replace(RICH, chooses_issue_date=False)
        assert unsupported(fixed, new(issue_date=DUE)).field == "issue_date"

    @pytest.mark.parametrize(
        ("changes", "fields", "named", "rule"),
        [
            ({}, {"document_kind": DocumentKind.RC}, "document_kind", "RC is not offered"),
            (
                {"interest": frozenset()},
                {"interest": Interest.monthly(Decimal(1))},
                "interest",
                "monthly_rate is not",
            ),
            ({"fine": frozenset()}, {"fine": Fine.fixed(Decimal(1))}, "fine", "amount is not offered"),
            (
                {"interest_start": False},
                {"interest": Interest.per_day(Decimal(1), starts_on=date(2026, 11, 12))},
                "interest.starts_on",
                "the day after the due date",
            ),
            (
                {"fine_start": False},
                {"fine": Fine.fixed(Decimal(1), starts_on=date(2026, 11, 12))},
                "fine.starts_on",
                "the day after the due date",
            ),
            (
                {"max_discounts": 1},
                {"discounts": [Discount.fixed(Decimal(1), until=date(2026, 11, d)) for d in (1, 2)]},
                "discounts",
                "at most 1 at the same time",
            ),
            (
                {"protest": frozenset({DayCount.CALENDAR})},
                {"protest": Protest(days=5, business_days=True)},
                "protest.business_days",
                "does not count in business days",
            ),
            (
                {"negativation": frozenset({DayCount.BUSINESS})},
                {"negativation": Negativation(days=5)},
                "negativation.business_days",
                "does not count in calendar days",
            ),
            (
                {},
                {"negativation": Negativation(days=5, bureau="quod")},
                "negativation.bureau",
                "quod is not offered",
            ),
            (
                {"bureaus": frozenset()},
                {"negativation": Negativation(days=5, bureau="serasa")},
                "negativation.bureau",
                "no such field",
            ),
        ],
    )
    def test_forms(self, changes: dict[str, Any], fields: dict[str, Any], named: str, rule: str) -> None:
        error = unsupported(dataclasses.replace(RICH, **changes), new(**fields))
        assert error.field == named
        assert rule in str(error)

    def test_asking_for_what_the_bank_does_anyway(self) -> None:
        plain = dataclasses.replace(RICH, interest_start=False, fine_start=False)
        plain.check_new(
            "acme",
            new(
                interest=Interest.per_day(Decimal(1), starts_on=NEXT),
                fine=Fine.percent(Decimal(2), starts_on=NEXT),
                payment_rule=PaymentRule(),
            ),
        )
        POOR.check_new("acme", new(interest=Interest.exempt(), payment_rule=PaymentRule()))

    @pytest.mark.parametrize(
        ("changes", "fields", "named", "rule"),
        [
            ({}, {"amount": "2.49"}, "amount", "must be from 2.50 to 1000.00 reais"),
            ({}, {"amount": "1000.01"}, "amount", "must be from 2.50 to 1000.00 reais"),
            (
                {},
                {"seu_numero": "NF-12345678"},
                "seu_numero",
                "longer than 10 characters; it is a key, so it is not cut",
            ),
            ({}, {"seu_numero": "nf/1"}, "seu_numero", "only characters of [A-Z0-9 -]"),
            ({}, {"company_reference": "x" * 26}, "company_reference", "longer than 25 characters"),
            ({"numbering": Numbering.CALLER}, {}, "nosso_numero", "the caller numbers the boletos"),
            ({}, {"payer": BARE}, "payer.address", "the bank wants the payer's address"),
            ({}, {"guarantor": BARE}, "guarantor.address", "the bank wants the guarantor's address"),
            (
                {},
                {"payer": PAYER.model_copy(update={"address": ADDRESS.model_copy(update={"district": ""})})},
                "payer.address.district",
                "the bank wants the district",
            ),
            ({"alphanumeric_cnpj": False}, {"payer": LETTERS}, "payer.tax_id", "CNPJ with letters"),
            ({"alphanumeric_cnpj": False}, {"guarantor": LETTERS}, "guarantor.tax_id", "CNPJ with letters"),
            (
                {"alphanumeric_cnpj": False},
                {"beneficiary": LETTERS},
                "beneficiary.tax_id",
                "CNPJ with letters",
            ),
            ({}, {"messages": ["a", "b", "c"]}, "messages", "at most 2 lines"),
            ({}, {"expires_after_days": 0}, "expires_after_days", "must be from 1 to 60"),
            ({}, {"expires_after_days": 61}, "expires_after_days", "must be from 1 to 60"),
            ({}, {"protest": Protest(days=2)}, "protest.days", "must be from 3 to 90"),
            ({}, {"negativation": Negativation(days=61)}, "negativation.days", "must be from 5 to 60"),
            ({}, {"interest": Interest.monthly(Decimal("1.005"))}, "interest", "at most 2 decimal places"),
            ({"rate_places": 0}, {"fine": Fine.percent(Decimal("2.5"))}, "fine", "at most 0 decimal places"),
            (
                {},
                {"discounts": [Discount.percent(Decimal("1.005"), until=DUE)]},
                "discounts",
                "at most 2 decimal",
            ),
        ],
    )
    def test_limits(self, changes: dict[str, Any], fields: dict[str, Any], named: str, rule: str) -> None:
        found = invalid(dataclasses.replace(RICH, **changes), new(**fields))
        assert list(found) == [named]
        assert rule in found[named]

    @pytest.mark.parametrize(
        "fields",
        [
            {"amount": "2.50"},
            {"amount": "1000.00"},
            {"seu_numero": "NF-1234567"},
            {"company_reference": "x" * 25},
            {"messages": ["a", "b"]},
            {"expires_after_days": 1},
            {"expires_after_days": 60},
            {"protest": Protest(days=3)},
            {"protest": Protest(days=90)},
            {"interest": Interest.monthly(Decimal("1.010"))},
        ],
    )
    def test_the_limits_themselves_pass(self, fields: dict[str, Any]) -> None:
        RICH.check_new("acme", new(**fields))

    def test_all_broken_limits_are_told_at_once(self) -> None:
        assert set(invalid(RICH, new(amount=1, seu_numero="x" * 11, payer=BARE))) == {
            "amount",
            "seu_numero",
            "payer.address",
        }

    def test_a_payer_without_an_address_where_none_is_needed(self) -> None:
        dataclasses.replace(RICH, payer_address=False).check_new("acme", new(payer=BARE))

    def test_refusals_quote_no_values(self) -> None:
        error = unsupported(POOR, new(guarantor=BARE, messages=["segredo da Fulana"]))
        assert not re.search("Fulana|segredo|30718462580", str(error))


OPTIONAL: list[tuple[Command, str]] = [
    (RequestProtest(days=5), "request_protest.days"),
    (RequestProtest(days=0), "request_protest.days"),
    (RequestNegativation(days=5), "request_negativation.days"),
    (CancelProtest(cancel_boleto=True), "cancel_protest.cancel_boleto"),
    (CancelNegativation(cancel_boleto=True), "cancel_negativation.cancel_boleto"),
]
PLAIN: list[Command] = [
    ChangeDueDate(DUE), ChangeAmount(Decimal(100)), SetDiscounts(), SetInterest(Interest.exempt()), SetFine(None),
    GrantRebate(Decimal(1)), CancelRebate(), RequestProtest(), CancelProtest(), RequestNegativation(),
    CancelNegativation(), ChangeSeuNumero("NF-2"), Cancel("duplicado"), Cancel(),
]  # fmt: skip


class TestCommands:
    @pytest.mark.parametrize("command", PLAIN, ids=lambda command: command.kind)
    def test_offered_or_not(self, command: Command) -> None:
        RICH.check_command("acme", command)
        with pytest.raises(Unsupported, match="the bank does not offer this command") as caught:
            POOR.check_command("acme", command)
        assert (caught.value.field, caught.value.operation) == (command.kind, command.kind)
        assert len(caught.value.messages) == 1

    @pytest.mark.parametrize(("command", "option"), OPTIONAL)
    def test_options(self, command: Command, option: str) -> None:
        without = dataclasses.replace(RICH, command_options=frozenset())
        with pytest.raises(Unsupported) as caught:
            without.check_command("acme", command)
        assert caught.value.field == option
        dataclasses.replace(RICH, command_options=frozenset({option})).check_command("acme", command)

    @pytest.mark.parametrize(
        ("changes", "command", "named"),
        [
            ({"interest": frozenset()}, SetInterest(Interest.monthly(Decimal(1))), "interest"),
            (
                {"interest_start": False},
                SetInterest(Interest.monthly(Decimal(1), starts_on=NEXT)),
                "interest.starts_on",
            ),
            ({"fine": frozenset()}, SetFine(Fine.fixed(Decimal(1))), "fine"),
            ({"fine_start": False}, SetFine(Fine.fixed(Decimal(1), starts_on=NEXT)), "fine.starts_on"),
            ({"discounts": frozenset()}, SetDiscounts((Discount.per_day(Decimal(1)),)), "discounts"),
            ({"max_discounts": 0}, SetDiscounts((Discount.per_day(Decimal(1)),)), "discounts"),
        ],
    )
    def test_forms(self, changes: dict[str, Any], command: Command, named: str) -> None:
        with pytest.raises(Unsupported) as caught:
            dataclasses.replace(RICH, **changes).check_command("acme", command)
        assert caught.value.field == named

    @pytest.mark.parametrize(
        ("command", "named"),
        [
            (ChangeAmount(Decimal(1)), "amount"),
            (ChangeAmount(Decimal(1001)), "amount"),
            (ChangeSeuNumero("x" * 11), "seu_numero"),
            (ChangeSeuNumero("nf"), "seu_numero"),
            (SetInterest(Interest.monthly(Decimal("1.005"))), "interest"),
            (SetFine(Fine.percent(Decimal("1.005"))), "fine"),
            (SetDiscounts((Discount.percent_per_day(Decimal("0.005")),)), "discounts"),
        ],
    )
    def test_limits(self, command: Command, named: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            RICH.check_command("acme", command)
        assert {message.field for message in caught.value.messages} == {named}
        assert caught.value.operation == command.kind


class TestSearch:
    def search(self, **fields: Any) -> Search:
        return Search(since=DUE, until=DUE, **fields)

    def test_offered(self) -> None:
        RICH.check_search("acme", self.search(status="paid", bank_filters={"ordem": "1"}, page_size=10))

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"by": "payment"}, "by=payment"),
            ({"payer_tax_id": "30718462580"}, "payer_tax_id"),
            ({"payer_name": "Fulana"}, "payer_name"),
            ({"seu_numero": "NF-1"}, "seu_numero"),
            ({"bank_filters": {"situacao": "x"}}, "situacao"),
        ],
    )
    def test_lacking(self, fields: dict[str, Any], named: str) -> None:
        with pytest.raises(Unsupported, match="the bank cannot search with it") as caught:
            RICH.check_search("acme", self.search(**fields))
        assert (caught.value.field, caught.value.operation) == (named, "search")
        assert "Fulana" not in str(caught.value)


class TestSupports:
    @pytest.mark.parametrize(
        "what", [Operation.SEARCH, "search", "cancel", Cancel, Cancel("x"), "change_amount", ChangeAmount]
    )
    def test_offered(self, what: Any) -> None:
        assert RICH.supports(what)

    @pytest.mark.parametrize(
        "what",
        [Operation.SEARCH, "search", Cancel, Cancel(), "cancel", "nonsense", "", None, int, Command, 5],
    )
    def test_not_offered(self, what: Any) -> None:
        assert not POOR.supports(what)

    def test_unknown_names(self) -> None:
        assert not RICH.supports("pay_everything")
        assert not RICH.supports("SEARCH")
        assert not RICH.supports(Command)
