"""Banco do Brasil: account.

Source: Banco do Brasil, API Cobranças v2, and "Especificações técnicas para confecção de boleto" for
the convênios of 4 and 6 digits, which the API does not register.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from bankgateway import config
from bankgateway.banks.bb.codes import boleto_codes
from bankgateway.codes.boleto_codes import BoletoCodes

BANK = "bb"


class Account(config.Account):
    """A convênio of collection.

    Attributes:
        convenio: 7 digits. Older ones have 4 or 6: the API does not register on them.
        carteira: 2 digits.
        agencia: Up to 4 digits without check digit. The barcode of older convênios needs it.
        conta: Up to 8 digits without check digit. The barcode of older convênios needs it.
    """

    bank: ClassVar[str] = BANK

    convenio: Annotated[str, Field(pattern=r"^([0-9]{4}|[0-9]{6,7})$")]
    carteira: Annotated[str, Field(pattern=r"^[0-9]{2}$")] = "17"
    agencia: Annotated[str | None, Field(pattern=r"^[0-9]{1,4}$")] = None
    conta: Annotated[str | None, Field(pattern=r"^[0-9]{1,8}$")] = None

    def codes(self, *, nosso_numero: str, amount: Decimal | None, due_date: date | None) -> BoletoCodes:
        """Nosso número, campo livre, barcode and line of one boleto: see `codes.boleto_codes`."""
        return boleto_codes(
            nosso_numero,
            amount,
            due_date,
            convenio=self.convenio,
            carteira=self.carteira,
            agencia=self.agencia,
            conta=self.conta,
        )
