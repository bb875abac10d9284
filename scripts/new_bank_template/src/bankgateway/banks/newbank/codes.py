"""Nosso número and campo livre of NEW_NAME.

Source: PLACEHOLDER, invented rules. Delete what the bank does not publish.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankgateway.codes.boleto_codes import (
    BoletoCodes,
    build_boleto_codes,
    check_given_digit,
    join_digits,
    split_check_digit,
)
from bankgateway.codes.check_digits import mod10

BANK_CODE = "NEW_COMPE"

_LENGTH = 10


# PLACEHOLDER: the check digit of the nosso número.
def check_digit(number: str) -> str:
    """Check digit of the nosso número: modulo 10 over its 10 digits."""
    return str(mod10(join_digits(("number", number, _LENGTH))))


# PLACEHOLDER: how the nosso número is written on the API and on paper.
def nosso_numero(text: str) -> str:
    """The nosso número as the bank writes it: 10 digits and the check digit.

    Args:
        text: 10 digits, 11 with the check digit, or `4700012-D`.

    Raises:
        CodeError: Not a nosso número of this bank.
    """
    number, given = split_check_digit(text, {_LENGTH})
    number = number.zfill(_LENGTH)
    digit = check_digit(number)
    check_given_digit(number, given, digit)
    return number + digit


# PLACEHOLDER: the parts of the campo livre and their order.
def campo_livre(number: str, *, agencia: str, conta: str) -> str:
    """The campo livre.

    Raises:
        CodeError: A part has not its length.
    """
    return join_digits(
        ("agencia", agencia, 4),
        ("conta", conta.zfill(10), 10),
        ("nosso_numero", number, _LENGTH + 1),
    )


def boleto_codes(
    text: str, amount: Decimal | None, due_date: date | None, *, agencia: str, conta: str
) -> BoletoCodes:
    """The codes of one boleto.

    Args:
        text: The nosso número, as for `nosso_numero`.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.
        agencia: 4 digits.
        conta: Up to 10 digits.

    Raises:
        CodeError: A part breaks a rule.
    """
    number = nosso_numero(text)
    return build_boleto_codes(
        bank_code=BANK_CODE,
        nosso_numero=number,
        nosso_numero_printed=f"{number[:-1]}-{number[-1]}",
        campo_livre=campo_livre(number, agencia=agencia, conta=conta),
        amount=amount,
        due_date=due_date,
    )
