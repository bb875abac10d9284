"""Nosso número and campo livre of Banco Inter.

Source: layout of the campo livre and check digit as in the boletos of API Cobrança v3 (carteira 112)
and of CNAB 400 (carteira 110).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankgateway.codes.boleto_codes import (
    BoletoCodes,
    build_boleto_codes,
    check_given_digit,
    join_digits,
    require_choice,
    split_check_digit,
)
from bankgateway.codes.check_digits import mod10

BANK_CODE = "077"
AGENCIA = "0001"
CARTEIRAS = frozenset({"110", "112"})

# The bank has one agency, always printed with its digit.
_AGENCIA_PRINTED = "00019"
_LENGTH = 10


def check_digit(number: str, *, carteira: str) -> str:
    """Check digit of the nosso número: modulo 10 over agency, carteira and the 10 digits."""
    return str(mod10(join_digits(("agencia", AGENCIA, 4), ("carteira", carteira, 3), ("number", number, 10))))


def nosso_numero(text: str, *, carteira: str) -> str:
    """The nosso número as the bank writes it: 10 digits and the check digit.

    Args:
        text: 10 digits, 11 with the check digit, or `0004215300-D`.
        carteira: `112` (numbered by the bank) or `110`.

    Raises:
        CodeError: Not a nosso número of this carteira.
    """
    require_choice(carteira, CARTEIRAS, "carteira")
    number, given = split_check_digit(text, {_LENGTH}, prefix=f"{_AGENCIA_PRINTED}/{carteira}/")
    number = number.zfill(_LENGTH)
    digit = check_digit(number, carteira=carteira)
    check_given_digit(number, given, digit)
    return number + digit


def boleto_codes(
    text: str, amount: Decimal | None, due_date: date | None, *, carteira: str, operacao: str | None
) -> BoletoCodes:
    """The codes of one boleto.

    Args:
        text: The nosso número, as for `nosso_numero`.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.
        carteira: `112` or `110`.
        operacao: Contract of the beneficiary, 7 digits.

    Raises:
        CodeError: A part breaks a rule, or `operacao` is `None`.
    """
    number = nosso_numero(text, carteira=carteira)
    return build_boleto_codes(
        bank_code=BANK_CODE,
        nosso_numero=number,
        nosso_numero_printed=f"{_AGENCIA_PRINTED}/{carteira}/{number[:-1]}-{number[-1]}",
        campo_livre=join_digits(
            ("agencia", AGENCIA, 4),
            ("carteira", carteira, 3),
            ("operacao", operacao, 7),
            ("nosso_numero", number, 11),
        ),
        amount=amount,
        due_date=due_date,
    )
