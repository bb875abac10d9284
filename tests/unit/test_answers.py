"""A bank's answer is checked against the request and against itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bankgateway.answers import contradictions
from bankgateway.codes import (
    BoletoCode,
    build_boleto_code,
    build_dynamic_br_code,
    build_static_br_code,
    crc16,
)
from bankgateway.models.boleto import Boleto, BoletoRef, DocumentKind, NewBoleto, Notice, Pix
from bankgateway.models.party import Party

TODAY = date(2026, 10, 1)
DUE = date(2026, 11, 10)
AMOUNT = Decimal("187.45")
URL = "pix.example/qr/v2/cobv/5c0e7a41-9b1d-4f62-8d3a-2e7f90b1c6d4"


def code(**changes: Any) -> BoletoCode:
    fields: dict[str, Any] = {
        "bank_code": "077",
        "free_field": "0001112765432142153007863",
        "amount": AMOUNT,
        "due_date": DUE,
    }
    return build_boleto_code(**{**fields, **changes})


def emv(amount: Decimal | None = AMOUNT) -> str:
    return build_dynamic_br_code(url=URL, merchant_name="Loja", merchant_city="Curitiba", amount=amount).text


CODE = code()
NEW = NewBoleto(
    amount=AMOUNT,
    due_date=DUE,
    seu_numero="NF-1",
    payer=Party(name="Fulana de Exemplo", tax_id="30718462580"),
)


def boleto(**changes: Any) -> Boleto:
    fields: dict[str, Any] = {
        "bank": "inter",
        "ref": BoletoRef(),
        "status": "registered",
        "amount": AMOUNT,
        "due_date": DUE,
        "barcode": CODE.barcode,
        "digitable_line": CODE.digitable_line,
        "pix": Pix(emv=emv()),
    }
    return Boleto(**{**fields, **changes})


def found(answer: Boleto, new: NewBoleto | None = NEW) -> dict[str, str]:
    notices = contradictions(answer, new, compe="077", today=TODAY)
    assert all(isinstance(notice, Notice) and notice.code == "answer_contradicts" for notice in notices)
    return {notice.field or "": notice.message for notice in notices}


def codes(of: BoletoCode) -> dict[str, Any]:
    return {"barcode": of.barcode, "digitable_line": of.digitable_line}


class TestAllFits:
    @pytest.mark.parametrize("new", [NEW, None])
    def test_nothing_to_say(self, new: NewBoleto | None) -> None:
        assert found(boleto(), new) == {}

    @pytest.mark.parametrize(
        "silent",
        [
            {"amount": None}, {"due_date": None}, {"barcode": None}, {"digitable_line": None}, {"pix": None},
            {"pix": Pix(txid="x")}, {"pix": Pix(emv="")}, {"barcode": "", "digitable_line": " "},
            {"amount": None, "due_date": None, "barcode": None, "digitable_line": None, "pix": None},
        ],
    )  # fmt: skip
    def test_a_silent_answer_contradicts_nothing(self, silent: dict[str, Any]) -> None:
        assert found(boleto(**silent)) == {}
        assert found(boleto(**silent), None) == {}

    def test_punctuation(self) -> None:
        assert found(boleto(digitable_line=CODE.digitable_line_formatted)) == {}

    @pytest.mark.parametrize("amount", [None, Decimal("0.00")])
    def test_a_dynamic_code_may_leave_the_amount_to_its_payload(self, amount: Decimal | None) -> None:
        text = emv() if amount is None else emv().replace("5406187.45", "54040.00")
        text = text[:-4] + crc16(text[:-4].encode())
        assert found(boleto(pix=Pix(emv=emv(None) if amount is None else text))) == {}

    def test_a_due_date_beyond_the_window_of_the_factor(self) -> None:
        far = TODAY + timedelta(days=5600)
        assert found(boleto(due_date=far, **codes(code(due_date=far))), None) == {}

    def test_a_large_amount_takes_the_place_of_the_due_date(self) -> None:
        amount = Decimal("123456789.01")
        large = code(amount=amount)
        assert large.due_factor is None
        assert (
            found(boleto(amount=amount, pix=None, **codes(large)), NEW.model_copy(update={"amount": amount}))
            == {}
        )

    @given(
        st.decimals("0.01", "99999999.99", places=2),
        st.dates(date(2026, 10, 1), date(2041, 10, 1)),
        st.from_regex(r"[0-9]{25}", fullmatch=True),
    )
    def test_whatever_is_built_fits(self, amount: Decimal, due: date, free_field: str) -> None:
        built = code(amount=amount, due_date=due, free_field=free_field)
        answer = boleto(amount=amount, due_date=due, pix=Pix(emv=emv(amount)), **codes(built))
        assert found(answer, NEW.model_copy(update={"amount": amount, "due_date": due})) == {}


class TestContradictions:
    def test_another_amount_than_asked_for(self) -> None:
        other = Decimal("187.54")
        said = found(boleto(amount=other, pix=Pix(emv=emv(other)), **codes(code(amount=other))))
        assert said == {"amount": "registered as 187.54, asked for 187.45"}

    def test_another_due_date_than_asked_for(self) -> None:
        other = date(2026, 11, 11)
        said = found(boleto(due_date=other, **codes(code(due_date=other))))
        assert said == {"due_date": "registered as 2026-11-11, asked for 2026-11-10"}

    @pytest.mark.parametrize("field", ["barcode", "digitable_line"])
    def test_another_amount_in_a_code(self, field: str) -> None:
        other = code(amount=Decimal("18745.00"))
        said = found(
            boleto(barcode=None, digitable_line=None).model_copy(update={field: getattr(other, field)})
        )
        assert said == {field: "holds 18745.00 reais, the boleto 187.45"}

    @pytest.mark.parametrize("told", [{}, {"amount": None, "due_date": None}])
    def test_another_due_date_in_the_codes(self, told: dict[str, Any]) -> None:
        said = found(boleto(**codes(code(due_date=date(2026, 11, 9))), **told))
        assert said == dict.fromkeys(("barcode", "digitable_line"), "holds another due date than 2026-11-10")

    def test_a_query_is_checked_against_itself(self) -> None:
        assert "barcode" in found(boleto(barcode=code(amount=Decimal(1)).barcode), None)

    def test_another_bank(self) -> None:
        said = found(boleto(**codes(code(bank_code="341"))))
        assert said == dict.fromkeys(("barcode", "digitable_line"), "is of bank 341, not 077")

    def test_barcode_and_line_of_different_boletos(self) -> None:
        other = code(free_field="0001112765432142153007864")
        assert found(boleto(barcode=other.barcode)) == {
            "digitable_line": "is of another boleto than the barcode"
        }

    def test_the_codes_changed_places(self) -> None:
        said = found(boleto(barcode=CODE.digitable_line, digitable_line=CODE.barcode))
        assert said == {
            "barcode": "is not a barcode but the other form of the code",
            "digitable_line": "is not a digitable line but the other form of the code",
        }

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"barcode": "0" * 44}, {"barcode": "is not valid: invalid_currency"}),
            ({"barcode": CODE.barcode[:-1]}, {"barcode": "is not valid: invalid_length"}),
            ({"barcode": "<NWnnwnNn>"}, {"barcode": "is not valid: invalid_characters"}),
            ({"barcode": CODE.barcode[:4] + str((int(CODE.barcode[4]) + 1) % 10) + CODE.barcode[5:]},
             {"barcode": "is not valid: invalid_check_digit"}),
            ({"digitable_line": CODE.digitable_line[:9] + str((int(CODE.digitable_line[9]) + 1) % 10)
              + CODE.digitable_line[10:]},
             {"digitable_line": "is not valid: invalid_field_check_digit"}),
        ],
    )  # fmt: skip
    def test_broken_codes(self, changes: dict[str, Any], said: dict[str, str]) -> None:
        assert found(boleto(**changes)) == said

    def test_factor_0000(self) -> None:
        without = code(due_date=None)
        assert without.due_factor is None
        assert found(boleto(**codes(without))) == dict.fromkeys(
            ("barcode", "digitable_line"), "holds no due date, the boleto 2026-11-10"
        )
        assert found(boleto(due_date=None, **codes(without)), None) == {}

    def test_no_amount_in_the_codes(self) -> None:
        without = code(amount=None)
        assert found(boleto(**codes(without)))["barcode"] == "holds no reais, the boleto 187.45"

    @pytest.mark.parametrize("kind", [DocumentKind.CC, DocumentKind.BDP])
    def test_card_and_proposal_slips_leave_them_open(self, kind: DocumentKind) -> None:
        empty = codes(code(amount=None, due_date=None))
        assert found(boleto(document_kind=kind, **empty)) == {}
        assert found(boleto(**empty), NEW.model_copy(update={"document_kind": kind})) == {}
        other = codes(code(amount=Decimal(1), due_date=date(2026, 11, 9)))
        assert set(found(boleto(document_kind=kind, **other))) == {"barcode", "digitable_line"}

    def test_a_due_date_without_factor(self) -> None:
        said = found(boleto(due_date=date(1999, 1, 1), pix=None), None)
        assert said == dict.fromkeys(("barcode", "digitable_line"), "holds another due date than 1999-01-01")


class TestPix:
    def test_wrong_crc(self) -> None:
        wrong = emv()[:-4] + ("0000" if emv()[-4:] != "0000" else "1111")
        assert "wrong CRC" in found(boleto(pix=Pix(emv=wrong)))["pix.emv"]

    def test_another_amount(self) -> None:
        assert found(boleto(pix=Pix(emv=emv(Decimal("1.00"))))) == {
            "pix.emv": "holds 1.00 reais, the boleto 187.45"
        }

    def test_a_length_of_three_digits_as_inters_sandbox_writes_it(self) -> None:
        text = emv()
        start = text.index("26")
        wide = f"{text[:start]}26{int(text[start + 2 : start + 4]):03d}{text[start + 4 : -4]}"
        said = found(boleto(pix=Pix(emv=wide + crc16(wide.encode()))))
        assert "three digits" in said["pix.emv"]

    def test_a_static_code_settles_no_boleto(self) -> None:
        static = build_static_br_code(
            key="30718462580", merchant_name="Loja", merchant_city="Curitiba", amount=AMOUNT
        ).text
        said = found(boleto(pix=Pix(emv=static)))
        assert said == {"pix.emv": "is a static code: paying it does not settle the boleto"}

    @pytest.mark.parametrize("text", ["not a code", "000201", "0002010102112600630400"])
    def test_no_code_at_all(self, text: str) -> None:
        assert found(boleto(pix=Pix(emv=text)))["pix.emv"].startswith("is not valid: ")

    def test_warnings_hold_no_personal_data(self) -> None:
        text = emv().replace("5303986", "531130718462580")
        said = found(boleto(pix=Pix(emv=text[:-4] + crc16(text[:-4].encode()))))
        assert "30718462580" not in said["pix.emv"]


@given(st.text() | st.from_regex(r"[0-9]{44,47}"), st.text(), st.text())
def test_whatever_a_bank_writes_is_never_an_error(barcode: str, line: str, emv_text: str) -> None:
    answer = boleto().model_copy(
        update={"barcode": barcode, "digitable_line": line, "pix": Pix.model_construct(emv=emv_text)}
    )
    for notice in contradictions(answer, NEW, compe="077", today=TODAY):
        assert notice.field in ("barcode", "digitable_line", "pix.emv")


def test_notices_quote_no_codes() -> None:
    for answer in (
        boleto(barcode="0" * 44),
        boleto(**codes(code(bank_code="341"))),
        boleto(pix=Pix(emv=URL)),
    ):
        text = str(contradictions(answer, NEW, compe="077", today=TODAY))
        assert not any(part in text for part in (CODE.barcode, CODE.digitable_line, URL, "0" * 12))
