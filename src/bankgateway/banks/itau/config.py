"""Itaú: account.

Source: Itaú, layout of the boleto and examples of API Boletos v2.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from bankgateway import config
from bankgateway.banks.itau.codes import account_dac, boleto_codes
from bankgateway.codes.boleto_codes import BoletoCodes, check_given_digit

BANK = "itau"


class Account(config.Account):
    """An account with a carteira of registered boletos.

    Attributes:
        agencia: 4 digits.
        conta: 5 digits without DAC.
        dac: Check digit of agency and account. Given, it is checked.
        carteira: 3 digits. `109`, the usual one, is numbered by the beneficiary.
        codigo_cliente: 5 digits given by the bank. Only the carteiras whose barcode carries the seu
            número (106, 107, 122, 142, 143, 195, 196, 198) have one.
    """

    bank: ClassVar[str] = BANK

    agencia: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    conta: Annotated[str, Field(pattern=r"^[0-9]{5}$")]
    dac: Annotated[str | None, Field(pattern=r"^[0-9]$")] = None
    carteira: Annotated[str, Field(pattern=r"^[0-9]{3}$")] = "109"
    codigo_cliente: Annotated[str | None, Field(pattern=r"^[0-9]{5}$")] = None

    @model_validator(mode="after")
    def _check_dac(self) -> Self:
        expected = account_dac(agencia=self.agencia, conta=self.conta)
        check_given_digit(self.agencia + self.conta, self.dac, expected, field="dac")
        return self

    def codes(
        self,
        *,
        nosso_numero: str,
        amount: Decimal | None,
        due_date: date | None,
        seu_numero: str | None = None,
    ) -> BoletoCodes:
        """Nosso número, campo livre, barcode and line of one boleto: see `codes.boleto_codes`."""
        return boleto_codes(
            nosso_numero,
            amount,
            due_date,
            carteira=self.carteira,
            agencia=self.agencia,
            conta=self.conta,
            seu_numero=seu_numero,
            codigo_cliente=self.codigo_cliente,
        )
