"""People and companies on a boleto."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bankgateway.models.base import Hide, Model, PlainText, TaxId

State = Literal[
    "AC", "AL", "AP", "AM", "BA", "CE", "DF", "ES", "GO", "MA", "MT", "MS", "MG", "PA",
    "PB", "PR", "PE", "PI", "RJ", "RN", "RS", "RO", "RR", "SC", "SP", "SE", "TO",
]  # fmt: skip
"""UF: the 26 states and the Federal District."""


def _postal_code(text: str) -> str:
    digits = text.replace("-", "").replace(".", "").replace(" ", "")
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise ValueError("a CEP has 8 digits")
    return digits


def _phone(text: str) -> str:
    digits = re.sub(r"[\s().+-]", "", text)
    if digits.startswith("55") and len(digits) in (12, 13):
        digits = digits[2:]
    if not re.fullmatch(r"[1-9][0-9]{9,10}", digits):
        raise ValueError("a Brazilian telephone has 10 or 11 digits, area code included")
    return digits


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise ValueError("not an e-mail address")
    return text


PostalCode = Annotated[str, AfterValidator(_postal_code)]
"""CEP, 8 digits, without hyphen."""


class Address(Model):
    """A Brazilian address.

    Attributes:
        street: Logradouro, without the number.
        number: House number; empty when there is none.
        complement: Apartment, suite, floor.
        district: Bairro.
        city: Município.
        state: UF.
        postal_code: CEP, 8 digits.
    """

    street: Annotated[PlainText, Field(min_length=1), Hide.ALL]
    number: Annotated[PlainText, Hide.ALL] = ""
    complement: Annotated[PlainText, Hide.ALL] = ""
    district: Annotated[PlainText, Hide.ALL] = ""
    city: Annotated[PlainText, Field(min_length=1)]
    state: State
    postal_code: Annotated[PostalCode, Hide.ALL]


class Party(Model):
    """Payer, beneficiary or guarantor.

    Attributes:
        name: Full name or company name.
        tax_id: CPF or CNPJ, digits and letters only.
        trade_name: Nome fantasia.
        address: Most banks demand it of the payer.
        email: Where the bank or your own code may write to.
        phone: Area code and number, digits only.
    """

    name: Annotated[PlainText, Field(min_length=1), Hide.ALL]
    tax_id: Annotated[TaxId, Hide.LAST_4]
    trade_name: Annotated[PlainText | None, Hide.ALL] = None
    address: Address | None = None
    email: Annotated[str | None, AfterValidator(lambda v: v if v is None else _email(v)), Hide.ALL] = None
    phone: Annotated[str | None, AfterValidator(lambda v: v if v is None else _phone(v)), Hide.ALL] = None

    @property
    def is_company(self) -> bool:
        """True for a CNPJ, false for a CPF."""
        return len(self.tax_id) == 14


class PartialParty(Model):
    """A party as an answer names it: any field may be missing, nothing is validated."""

    name: Annotated[str | None, Hide.ALL] = None
    tax_id: Annotated[str | None, Hide.LAST_4] = None
    email: Annotated[str | None, Hide.ALL] = None
    phone: Annotated[str | None, Hide.ALL] = None
    street: Annotated[str | None, Hide.ALL] = None
    number: Annotated[str | None, Hide.ALL] = None
    complement: Annotated[str | None, Hide.ALL] = None
    district: Annotated[str | None, Hide.ALL] = None
    city: str | None = None
    state: str | None = None
    postal_code: Annotated[str | None, Hide.ALL] = None
