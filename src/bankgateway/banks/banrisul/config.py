"""Banrisul: account.

Source: Banrisul, Cobrança Online 2.5 and API Cobrança 1.0.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from bankgateway import config
from bankgateway.banks.banrisul.codes import beneficiario, boleto_codes
from bankgateway.codes.boleto_codes import BoletoCodes

BANK = "banrisul"


class Account(config.Account):
    """A beneficiary.

    Attributes:
        codigo_beneficiario: 13 digits: agency (4), code (7) and two check digits (NC).
        produto: First digit of the campo livre: `2` where the beneficiary issues the boleto, as on the
            API, `1` where the bank prints it.
    """

    bank: ClassVar[str] = BANK

    codigo_beneficiario: Annotated[str, AfterValidator(beneficiario)]
    produto: Annotated[str, Field(pattern=r"^[0-9]$")] = "2"

    def codes(self, *, nosso_numero: str, amount: Decimal | None, due_date: date | None) -> BoletoCodes:
        """Nosso número, campo livre, barcode and line of one boleto: see `codes.boleto_codes`."""
        return boleto_codes(
            nosso_numero,
            amount,
            due_date,
            codigo_beneficiario=self.codigo_beneficiario,
            produto=self.produto,
        )
