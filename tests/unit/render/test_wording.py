"""The Portuguese of the slip."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from bankgateway.models.boleto import Boleto
from bankgateway.models.charges import Discount, Fine, Interest
from bankgateway.models.party import PartialParty
from bankgateway.render.wording import address, charges, day, money, number, person, tax_id
from bankgateway_mocks import samples

D = Decimal
Make = Callable[..., Boleto]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("0", "0,00"),
        ("0.5", "0,50"),
        ("1E+1", "10,00"),
        ("0.033", "0,033"),
        ("1.00000", "1,00"),
        ("0.12345", "0,12345"),
        ("1234.5", "1.234,50"),
        ("99999999999.99", "99.999.999.999,99"),
    ],
)
def test_numbers(value: str, written: str) -> None:
    assert number(D(value)) == written
    assert money(D(value)) == f"R$ {written}"


def test_days() -> None:
    assert day(date(2026, 1, 2)) == "02/01/2026"
    assert day(None) == ""


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"interest": Interest.per_day(D("0.35"))},
            "Após o vencimento, cobrar juros de R$ 0,35 por dia de atraso.",
        ),
        ({"interest": Interest.daily(D("0.033"))}, "Após o vencimento, cobrar juros de 0,033% ao dia."),
        ({"interest": Interest.monthly(D(1))}, "Após o vencimento, cobrar juros de 1,00% ao mês."),
        ({"interest": Interest.yearly(D(12))}, "Após o vencimento, cobrar juros de 12,00% ao ano."),
        (
            {"interest": Interest.monthly(D(1), starts_on=date(2026, 12, 21))},
            "A partir de 21/12/2026, cobrar juros de 1,00% ao mês.",
        ),
        ({"fine": Fine.percent(D(2))}, "Após o vencimento, cobrar multa de 2,00%."),
        (
            {"fine": Fine.fixed(D(1500), starts_on=date(2026, 12, 22))},
            "A partir de 22/12/2026, cobrar multa de R$ 1.500,00.",
        ),
        (
            {"discounts": (Discount.fixed(D(5), until=date(2026, 12, 1)),)},
            "Até 01/12/2026, conceder desconto de R$ 5,00.",
        ),
        ({"discounts": (Discount.per_day(D(5)),)}, "Conceder desconto de R$ 5,00 por dia de antecipação."),
        (
            {"discounts": (Discount.percent_per_day(D("0.1"), business_days=True),)},
            "Conceder desconto de 0,10% por dia útil de antecipação.",
        ),
        ({"rebate": D("12.3")}, "Conceder abatimento de R$ 12,30."),
        ({"expires_on": date(2027, 1, 17)}, "Não receber após 17/01/2027."),
    ],
)
def test_every_condition_has_its_sentence(fields: dict[str, object], sentence: str, boleto: Make) -> None:
    bare = dict.fromkeys(("interest", "fine", "discounts", "rebate", "expires_on"))
    assert list(charges(boleto(**{**bare, **fields}))) == [sentence]


def test_no_condition_no_sentence(boleto: Make) -> None:
    bare = dict.fromkeys(("fine", "discounts", "expires_on"))
    assert list(charges(boleto(interest=Interest.exempt(), rebate=D(0), **bare))) == []


def test_three_discounts_three_sentences(boleto: Make) -> None:
    discounts = tuple(Discount.percent(D(4 - n), until=date(2026, 12, n)) for n in (1, 2, 3))
    assert sum("desconto" in line for line in charges(boleto(discounts=discounts))) == 3


def test_documents() -> None:
    assert tax_id("30718462580") == "CPF 307.184.625-80"
    assert tax_id("7K3MPX2A000109") == "CNPJ 7K.3MP.X2A/0001-09"
    assert tax_id("***184625**") == "CPF/CNPJ ***184625**"


def test_people() -> None:
    assert person(samples.payer()) == "Mercearia Exemplo Ltda - CNPJ 11.222.333/0001-81"
    assert person(PartialParty(name="Fulana")) == "Fulana"
    assert person(PartialParty()) == ""


def test_addresses() -> None:
    full = "Rua das Amostras, 120, Sala 3 - Centro - Belo Horizonte/MG - CEP 30110-000"
    assert address(samples.payer()) == full
    assert address(samples.payer(address=None)) == ""
    assert address(PartialParty(street="Rua A 10", state="RS", postal_code="9501")) == "Rua A 10 - RS - 9501"
    assert address(PartialParty()) == ""
