"""CAIXA: account.

Source: CAIXA, boleto layout 67.119.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from bankgateway import config
from bankgateway.banks.caixa.codes import beneficiario, boleto_codes
from bankgateway.codes.boleto_codes import BoletoCodes

BANK = "caixa"


def _known_beneficiario(codigo: str) -> str:
    beneficiario(codigo)
    return codigo


class Account(config.Account):
    """A beneficiary of the SIGCB.

    Attributes:
        codigo_beneficiario: 6 digits without the check digit that is printed after them, or one of the
            newer codes, 7 digits from 1100000, which have none.
        carteira: As printed: `RG` (registered) or `SR` (not registered).
    """

    bank: ClassVar[str] = BANK

    codigo_beneficiario: Annotated[
        str, Field(pattern=r"^([0-9]{6}|[0-9]{7})$"), AfterValidator(_known_beneficiario)
    ]
    carteira: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "RG"

    def codes(self, *, nosso_numero: str, amount: Decimal | None, due_date: date | None) -> BoletoCodes:
        """Nosso número, campo livre, barcode and line of one boleto: see `codes.boleto_codes`."""
        return boleto_codes(
            nosso_numero,
            amount,
            due_date,
            carteira=self.carteira,
            codigo_beneficiario=self.codigo_beneficiario,
        )
