"""Sicoob: account.

Source: Sicoob, Cobrança Bancária API v3.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from bankgateway import config
from bankgateway.banks.sicoob.codes import boleto_codes
from bankgateway.codes.boleto_codes import BoletoCodes

BANK = "sicoob"


class Account(config.Account):
    """A client of a cooperative.

    Attributes:
        cooperativa: 4 digits. The API does not ask for it; nosso número and barcode do.
        numero_cliente: Up to 7 digits, its own check digit included.
        modalidade: `01` (registered, the usual one), `02` (not registered), `03`, `04`, `05`, `06`, `08`.
        check_digit: Whether the last digit of a nosso número is a check digit. False where the contract
            does not look at it.
    """

    bank: ClassVar[str] = BANK

    cooperativa: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    numero_cliente: Annotated[str, Field(pattern=r"^[0-9]{1,7}$")]
    modalidade: Annotated[str, Field(pattern=r"^[0-9]{2}$")] = "01"
    check_digit: bool = True

    def codes(
        self, *, nosso_numero: str, amount: Decimal | None, due_date: date | None, parcela: int = 1
    ) -> BoletoCodes:
        """Nosso número, campo livre, barcode and line of one boleto: see `codes.boleto_codes`."""
        return boleto_codes(
            nosso_numero,
            amount,
            due_date,
            cooperativa=self.cooperativa,
            numero_cliente=self.numero_cliente,
            modalidade=self.modalidade,
            parcela=parcela,
            has_check_digit=self.check_digit,
        )
