"""Santander: account.

Source: Santander, "Código de Barras - Cobrança", and the answers of API Cobrança v2.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from bankgateway import config
from bankgateway.banks.santander.codes import boleto_codes
from bankgateway.codes.boleto_codes import BoletoCodes

BANK = "santander"


class Account(config.Account):
    """A convênio of collection.

    Attributes:
        convenio: Code of the beneficiary, up to 9 digits; 7 fit into a barcode.
        carteira: `101` (registered; the API has no other), `102` (not registered) or `201` (pledged).
        check_digit: Whether the last digit of a nosso número is a check digit. False where the convênio
            has 13 free digits.
        iof: Fixed digit of the barcode: `0`; insurers `7`, `8` or `9`.
    """

    bank: ClassVar[str] = BANK

    convenio: Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]
    carteira: Annotated[str, Field(pattern=r"^[0-9]{3}$")] = "101"
    check_digit: bool = True
    iof: Annotated[str, Field(pattern=r"^[0789]$")] = "0"

    def codes(self, *, nosso_numero: str, amount: Decimal | None, due_date: date | None) -> BoletoCodes:
        """Nosso número, campo livre, barcode and line of one boleto: see `codes.boleto_codes`."""
        return boleto_codes(
            nosso_numero,
            amount,
            due_date,
            convenio=self.convenio,
            carteira=self.carteira,
            iof=self.iof,
            has_check_digit=self.check_digit,
        )
