"""People and companies on a boleto."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from bankgateway.models.base import Hide, Model, PlainText, SomeText, TaxId

_EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"().]+(?:\.[^@\s,;<>\"().]+)+")


def _upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _postal_code(text: str) -> str:
    digits = re.sub(r"[ .-]", "", text)
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise ValueError("a CEP has 8 digits")
    if digits < "01000000":
        raise ValueError("no CEP is below 01000-000")
    return digits


def _phone(text: str) -> str:
    digits = re.sub(r"[\s().+-]", "", text)
    if digits.startswith("55") and len(digits) in (12, 13):
        digits = digits[2:]
    if not re.fullmatch(r"[1-9]{2}[0-9]{8,9}", digits):
        raise ValueError("a Brazilian telephone has 10 or 11 digits, area code included")
    return digits


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("not an e-mail address")
    return text


State = Annotated[
    Literal[
        "AC", "AL", "AP", "AM", "BA", "CE", "DF", "ES", "GO", "MA", "MT", "MS", "MG", "PA",
        "PB", "PR", "PE", "PI", "RJ", "RN", "RS", "RO", "RR", "SC", "SP", "SE", "TO",
    ],
    BeforeValidator(_upper),
]  # fmt: skip
"""UF: the 26 states and the Federal District."""

PostalCode = Annotated[str, AfterValidator(_postal_code)]
"""CEP, 8 digits, without hyphen."""

Phone = Annotated[str, AfterValidator(_phone)]
"""Area code and number, 10 or 11 digits, without the country code."""

Email = Annotated[PlainText, AfterValidator(_email)]
"""One e-mail address."""


class Address(Model):
    """A Brazilian address.

    Attributes:
        street: Logradouro, without the number.
        number: House number; empty when there is none.
        complement: Apartment, suite, floor.
        district: Bairro. Most banks demand it.
        city: Município, without the UF.
        state: UF.
        postal_code: CEP, 8 digits.
    """

    street: Annotated[SomeText, Hide.ALL]
    number: Annotated[PlainText, Hide.ALL] = ""
    complement: Annotated[PlainText, Hide.ALL] = ""
    district: Annotated[PlainText, Hide.ALL] = ""
    city: Annotated[SomeText, Hide.ALL]
    state: State
    postal_code: Annotated[PostalCode, Hide.ALL]


class Party(Model):
    """Payer, beneficiary or guarantor.

    Attributes:
        name: Full name or company name.
        tax_id: CPF or CNPJ, digits and letters only.
        trade_name: Nome fantasia, sent where the bank has a field for it.
        address: Most banks demand it of the payer.
        email: Sent where the bank has a field for it; some banks then write to the payer.
        phone: Area code and number, digits only; sent where the bank has a field for it.
    """

    name: Annotated[SomeText, Hide.ALL]
    tax_id: Annotated[TaxId, Hide.LAST_4]
    trade_name: Annotated[PlainText | None, Hide.ALL] = None
    address: Address | None = None
    email: Annotated[Email | None, Hide.ALL] = None
    phone: Annotated[Phone | None, Hide.ALL] = None

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
    city: Annotated[str | None, Hide.ALL] = None
    state: str | None = None
    postal_code: Annotated[str | None, Hide.ALL] = None
