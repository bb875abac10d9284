"""What a slip takes from the boleto, from the request and from the caller, and which contradictions it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bankgateway.codes import build_static_br_code
from bankgateway.models.boleto import Boleto, DocumentKind, NewBoleto, Pix
from bankgateway.models.charges import Discount, Fine, Interest
from bankgateway.models.party import PartialParty, Party
from bankgateway.render import Slip
from bankgateway_mocks import samples

D = Decimal
Make = Callable[..., Boleto]


@pytest.fixture
def new() -> NewBoleto:
    return samples.new_boleto(
        "inter",
        amount=D("1234.56"),
        due_date=date(2026, 12, 18),
        issue_date=date(2026, 11, 19),
        interest=Interest.per_day(D("0.41")),
        fine=Fine.fixed(D("24.69")),
        discounts=(Discount.per_day(D("0.50")),),
        rebate=D("1.00"),
        messages=("Do pedido 77.",),
        document_kind=DocumentKind.DS,
        guarantor=samples.payer(name="Avalista Modelo Ltda"),
    )


def test_of_a_boleto(boleto: Make, printed: dict[str, Any], beneficiary: Party) -> None:
    one = boleto()
    assert one.pix is not None
    assert one.payer is not None
    assert Slip.of(one, **printed) == Slip(
        bank_code="077-9",
        bank_name="Inter",
        barcode=one.barcode,
        digitable_line=one.digitable_line,
        beneficiary=beneficiary,
        payer=one.payer,
        nosso_numero="00019/112/4215300786-3",
        seu_numero="NF-2026/000001",
        due_date=date(2026, 12, 18),
        amount=D("1234.56"),
        issue_date=date(2026, 11, 20),
        processing_date=date(2026, 11, 20),
        agency_and_code="0001-9 / 123456-7",
        carteira="112",
        document_kind="DM",
        payment_place="Pagável em qualquer banco",
        instructions=(
            "Após o vencimento, cobrar juros de 1,00% ao mês.",
            "Após o vencimento, cobrar multa de 2,00%.",
            "Até 01/12/2026, conceder desconto de 5,00%.",
            "Conceder abatimento de R$ 10,00.",
            "Não receber após 17/01/2027.",
            "Referente à mensalidade de dezembro.",
        ),
        pix_emv=one.pix.emv,
    )


def test_the_caller_has_the_last_word(boleto: Make, beneficiary: Party) -> None:
    slip = Slip.of(
        boleto(),
        beneficiary=beneficiary,
        payer=samples.payer(),
        guarantor=PartialParty(name="Fulana Modelo"),
        document_kind=DocumentKind.RC,
        accepted=True,
        payment_place="Em qualquer lugar",
        processing_date=date(2026, 11, 21),
        instructions=["Referente à mensalidade de dezembro.", "Linha um\nLinha dois", " "],
        details=("Isto e aquilo",),
        bank_name="Banco Inter",
    )
    assert slip.payer == samples.payer()
    assert slip.guarantor == PartialParty(name="Fulana Modelo")
    assert (slip.document_kind, slip.accepted, slip.payment_place) == ("RC", True, "Em qualquer lugar")
    assert (slip.issue_date, slip.processing_date) == (date(2026, 11, 20), date(2026, 11, 21))
    assert slip.instructions[-3:] == ("Referente à mensalidade de dezembro.", "Linha um", "Linha dois")
    assert (slip.details, slip.bank_name, slip.bank_code) == (("Isto e aquilo",), "Banco Inter", "077-9")
    assert slip.nosso_numero == "00000000001"


def test_a_silent_answer_is_completed_from_the_request(
    boleto: Make, new: NewBoleto, printed: dict[str, Any]
) -> None:
    silent = dict.fromkeys(
        ("payer", "interest", "fine", "discounts", "rebate", "messages", "seu_numero", "issue_date")
    ) | dict.fromkeys(("amount", "due_date", "document_kind", "guarantor", "expires_on"))
    slip = Slip.of(boleto(pix=False).model_copy(update=silent), new=new, **printed)
    assert slip.instructions == (
        "Após o vencimento, cobrar juros de R$ 0,41 por dia de atraso.",
        "Após o vencimento, cobrar multa de R$ 24,69.",
        "Conceder desconto de R$ 0,50 por dia de antecipação.",
        "Conceder abatimento de R$ 1,00.",
        "Do pedido 77.",
    )
    assert (slip.payer, slip.guarantor) == (new.payer, new.guarantor)
    assert (slip.seu_numero, slip.document_kind) == (new.seu_numero, "DS")
    assert (slip.issue_date, slip.processing_date) == (date(2026, 11, 19), date(2026, 11, 19))


def test_what_the_bank_says_goes_over_the_request(
    boleto: Make, new: NewBoleto, printed: dict[str, Any]
) -> None:
    slip = Slip.of(boleto(discounts=(), rebate=D(0)), new=new, **printed)
    assert slip.instructions[:2] == (
        "Após o vencimento, cobrar juros de 1,00% ao mês.",
        "Após o vencimento, cobrar multa de 2,00%.",
    )
    assert not any("desconto" in line or "abatimento" in line for line in slip.instructions)
    assert slip.payer == new.payer


@pytest.mark.parametrize("missing", ["barcode", "digitable_line"])
def test_each_code_follows_from_the_other(missing: str, boleto: Make, printed: dict[str, Any]) -> None:
    assert Slip.of(boleto(**{missing: None}), **printed) == Slip.of(boleto(), **printed)


def test_the_bank_is_known_by_its_slug_or_its_code(boleto: Make, printed: dict[str, Any]) -> None:
    assert Slip.of(boleto("756").model_copy(update={"bank": "sicoob"}), **printed).bank_name == "Sicoob"
    with pytest.raises(ValueError, match="is of bank 756, not 748"):
        Slip.of(boleto("756").model_copy(update={"bank": "sicredi"}), **printed)
    with pytest.raises(ValueError, match="bank_code, bank_name: 'acme'"):
        Slip.of(boleto("999").model_copy(update={"bank": "acme"}), **printed)
    known = Slip.of(boleto("999"), bank_code="999-4", bank_name="Banco Acme", **printed)
    assert (known.bank_code, known.bank_name) == ("999-4", "Banco Acme")


def test_no_amount(boleto: Make, printed: dict[str, Any]) -> None:
    assert Slip.of(boleto(pix=False, amount=None).model_copy(update={"amount": D(0)}), **printed).amount == 0


@pytest.mark.parametrize("field", ["nosso_numero", "seu_numero", "due_date", "amount"])
def test_what_the_bank_has_not_told(field: str, boleto: Make, beneficiary: Party) -> None:
    with pytest.raises(ValueError, match=f"^{field}: the bank has not told"):
        Slip.of(boleto().model_copy(update={field: None}), beneficiary=beneficiary)


def test_a_boleto_that_is_not_registered_yet(boleto: Make, printed: dict[str, Any]) -> None:
    pending = boleto(barcode=None, digitable_line=None)
    with pytest.raises(ValueError, match="barcode: the bank has not told"):
        Slip.of(pending, **printed)


def test_what_the_law_wants_printed(boleto: Make, printed: dict[str, Any], beneficiary: Party) -> None:
    nowhere = beneficiary.model_copy(update={"address": None})
    with pytest.raises(ValueError, match=r"beneficiary\.address"):
        Slip.of(boleto(), **{**printed, "beneficiary": nowhere})
    with pytest.raises(ValueError, match=r"payer\.name"):
        Slip.of(boleto(payer=None), **printed)


def contradictory(make: Make, what: str) -> Boleto:
    other = make(number=2)
    emv = make(amount=D("1234.57")).pix
    static = build_static_br_code(
        key="cobranca@modelo.example", merchant_name="MODELO", merchant_city="PELOTAS", amount=D("1234.56")
    )
    changes: dict[str, dict[str, Any]] = {
        "line": {"digitable_line": other.digitable_line},
        "amount": {"amount": D("1234.55")},
        "due date": {"due_date": date(2026, 12, 19)},
        "check digit": {"digitable_line": "1" + (make().digitable_line or "")[1:]},
        "pix amount": {"pix": emv},
        "pix static": {"pix": Pix(emv=static.text)},
        "pix damaged": {"pix": Pix(emv=(make().pix.emv or "").replace("CAXIAS", "CAXIOS"))},  # type: ignore[union-attr]
        "pix nonsense": {"pix": Pix(emv="abc")},
    }
    return make().model_copy(update=changes[what])


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("line", "another boleto"),
        ("amount", "barcode: holds another amount"),
        ("due date", "another due date"),
        ("check digit", "check digit"),
        ("pix amount", "pix_emv: holds another amount"),
        ("pix static", "static"),
        ("pix damaged", "damaged"),
        ("pix nonsense", "damaged"),
    ],
)
def test_contradictions(what: str, words: str, boleto: Make, printed: dict[str, Any]) -> None:
    one = contradictory(boleto, what)
    with pytest.raises(ValueError, match=words) as caught:
        Slip.of(one, **printed)
    for secret in (one.barcode, one.digitable_line, one.payer.name, printed["beneficiary"].name):  # type: ignore[union-attr]
        assert str(secret) not in str(caught.value)
    assert Slip.of(one, strict=False, **printed).barcode == one.barcode


def test_repr_is_silent_about_people(boleto: Make, printed: dict[str, Any]) -> None:
    slip = Slip.of(boleto(), logo=b"<svg/>", details=["Consulta médica"], **printed)
    shown = repr(slip)
    for secret in (slip.barcode, slip.pix_emv, "Mercearia", "Metalúrgica", "27051438000155", "médica", "svg"):
        assert str(secret) not in shown
