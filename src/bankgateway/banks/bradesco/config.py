"""Bradesco: account.

Source: Bradesco, "Manual de procedimentos operacionais", Cobrança API 1.7.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from bankgateway import config
from bankgateway.banks.bradesco.codes import boleto_codes
from bankgateway.codes.boleto_codes import BoletoCodes

BANK = "bradesco"


class Account(config.Account):
    """An account with a carteira of boletos.

    Attributes:
        agencia: 4 digits without check digit.
        conta: 7 digits without check digit.
        carteira: 2 digits; `09` is the usual one.
    """

    bank: ClassVar[str] = BANK

    agencia: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    conta: Annotated[str, Field(pattern=r"^[0-9]{7}$")]
    carteira: Annotated[str, Field(pattern=r"^[0-9]{2}$")] = "09"

    def codes(self, *, nosso_numero: str, amount: Decimal | None, due_date: date | None) -> BoletoCodes:
        """Nosso número, campo livre, barcode and line of one boleto: see `codes.boleto_codes`."""
        return boleto_codes(
            nosso_numero,
            amount,
            due_date,
            carteira=self.carteira,
            agencia=self.agencia,
            conta=self.conta,
        )
