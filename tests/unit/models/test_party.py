"""People, companies and addresses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bankgateway.models.party import Address, PartialParty, Party

ADDRESS = {"street": "Rua das Amostras", "city": "Curitiba", "state": "PR", "postal_code": "80010-010"}


def party(**fields: Any) -> Party:
    return Party(**{"name": "Padaria Exemplo Ltda", "tax_id": "27.051.438/0001-55", **fields})


def refusal(field: str, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        party(**{field: value})
    text = str(caught.value)
    assert text.splitlines()[1] == field
    return text


class TestTaxId:
    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("307.184.625-80", "30718462580"),
            ("00000123439", None),
            ("000.001.234-39", "00000123439"),
            ("27.051.438/0001-55", "27051438000155"),
            ("7K.3MP.X2A/0001-09", "7K3MPX2A000109"),
            ("7k.3mp.x2a/0001-09", "7K3MPX2A000109"),
            ("00a1b2c3000204", "00A1B2C3000204"),
        ],
    )
    def test_taken(self, text: str, plain: str | None) -> None:
        assert party(tax_id=text).tax_id == (plain or text)

    @pytest.mark.parametrize(
        "text",
        [
            "307.184.625-81",
            "111.111.111-11",
            "00000000000",
            "27051438000156",
            "00000000000000",
            "7K3MPX2A00010A",
            "7K3MPX2A000108",
            "3071846258",
            "307184625800",
            "",
            "３０７１８４６２５８０",
        ],
    )
    def test_impossible(self, text: str) -> None:
        said = refusal("tax_id", text)
        assert text == "" or text not in said

    def test_a_number_is_no_document(self) -> None:
        assert "valid string" in refusal("tax_id", 30718462580)

    def test_the_length_tells_what_it_is(self) -> None:
        assert party().is_company
        assert party(tax_id="7k3mpx2a000109").is_company
        assert not party(tax_id="30718462580").is_company


class TestContact:
    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("(51) 99988-7766", "51999887766"),
            ("+55 51 99988-7766", "51999887766"),
            ("5599988776", "5599988776"),
            ("55.999.887.766", "55999887766"),
            ("41 3333-4444", "4133334444"),
        ],
    )
    def test_telephone(self, text: str, plain: str) -> None:
        assert party(phone=text).phone == plain

    @pytest.mark.parametrize(
        "text", ["99988-7766", "041 3333-4444", "1033334444", "51 9998x-7766", "+1 202 555 0100 1"]
    )
    def test_no_telephone(self, text: str) -> None:
        assert "10 or 11 digits, area code included" in refusal("phone", text)

    @pytest.mark.parametrize(
        "text", ["a@b.com", "ana.maria+boleto@sub.exemplo.com.br", "josé@exemplo.com.br"]
    )
    def test_e_mail(self, text: str) -> None:
        assert party(email=f" {text} ").email == text

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "a@b",
            "a b@c.com",
            "@b.com",
            "a@b.com,c@d.com",
            "a@b.com;c@d.com",
            "a@b..com",
            "a@.com",
            "<a@b.com>",
            "a@b.com.",
            "a\n@b.com",
        ],
    )
    def test_no_e_mail(self, text: str) -> None:
        refusal("email", text)


class TestAddress:
    def test_taken(self) -> None:
        address = Address(**{**ADDRESS, "state": "pr", "postal_code": "80.010-010"})
        assert (address.state, address.postal_code) == ("PR", "80010010")
        assert (address.number, address.complement, address.district) == ("", "", "")

    @pytest.mark.parametrize(
        "text", ["8001001", "800100100", "80010-01A", "00000-000", "00999-999", "８００１００１０", ""]
    )
    def test_no_postal_code(self, text: str) -> None:
        with pytest.raises(ValidationError, match="CEP"):
            Address(**{**ADDRESS, "postal_code": text})

    @pytest.mark.parametrize("text", ["XX", "Paraná", "", "P R"])
    def test_no_state(self, text: str) -> None:
        with pytest.raises(ValidationError, match="Input should be 'AC'"):
            Address(**{**ADDRESS, "state": text})

    @pytest.mark.parametrize("field", ["street", "city"])
    @pytest.mark.parametrize("text", ["", "  ", "Rua\nFalsa", "Rua\x00Falsa"])
    def test_a_street_and_a_city_have_a_name_of_one_line(self, field: str, text: str) -> None:
        with pytest.raises(ValidationError, match=field):
            Address(**{**ADDRESS, field: text})

    def test_a_party_takes_it_as_a_mapping(self) -> None:
        assert party(address=ADDRESS).address == Address(**ADDRESS)
        with pytest.raises(ValidationError, match=r"address\.postal_code"):
            party(address={**ADDRESS, "postal_code": "1"})


@pytest.mark.parametrize("text", ["", "   ", "Ana\r\nMaria"])
def test_a_party_has_a_name_of_one_line(text: str) -> None:
    refusal("name", text)


def test_what_a_bank_tells_of_a_party_is_not_validated() -> None:
    odd = PartialParty(name="", tax_id="99999999999", email="none", phone="0", state="??", postal_code="1")
    assert odd.tax_id == "99999999999"
