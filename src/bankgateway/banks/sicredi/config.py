"""Sicredi: account.

Source: Sicredi, API da Cobrança.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from bankgateway import config
from bankgateway.banks.sicredi.codes import boleto_codes
from bankgateway.codes.boleto_codes import BoletoCodes

BANK = "sicredi"


class Account(config.Account):
    """A beneficiary of a cooperative.

    Attributes:
        cooperativa: 4 digits.
        posto: 2 digits, or a digit and a letter.
        codigo_beneficiario: Code of the convênio, 5 digits.
        carteira: First digit of the campo livre: `1` (registered) or `3` (not registered).
    """

    bank: ClassVar[str] = BANK

    cooperativa: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    posto: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{2}$")]
    codigo_beneficiario: Annotated[str, Field(pattern=r"^[0-9]{5}$")]
    carteira: Annotated[str, Field(pattern=r"^[0-9]$")] = "1"

    def codes(self, *, nosso_numero: str, amount: Decimal | None, due_date: date | None) -> BoletoCodes:
        """Nosso número, campo livre, barcode and line of one boleto: see `codes.boleto_codes`."""
        return boleto_codes(
            nosso_numero,
            amount,
            due_date,
            cooperativa=self.cooperativa,
            posto=self.posto,
            codigo_beneficiario=self.codigo_beneficiario,
            carteira=self.carteira,
        )
