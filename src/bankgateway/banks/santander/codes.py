"""Nosso número and campo livre of Santander.

Source: Santander, "Código de Barras - Cobrança", and the answers of API Cobrança v2.
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
from bankgateway.codes.check_digits import mod11_or_zero

BANK_CODE = "033"
CARTEIRAS = frozenset({"101", "102", "201"})

_LENGTH = 13
# Seven is the older width. The lengths between are refused: the API drops leading zeros and keeps the
# check digit, so that nobody can tell whether such a text ends with one.
_LENGTHS = frozenset({7, 12})


def check_digit(number: str) -> str:
    """Check digit of a nosso número: modulo 11, 10 and 11 become 0."""
    return str(mod11_or_zero(number))


def nosso_numero(text: str, *, has_check_digit: bool = True) -> str:
    """The nosso número as the API takes it: 13 digits, the check digit included.

    Args:
        text: 7 or 12 digits, 8 or 13 with the check digit, or `123456-D`.
        has_check_digit: False where the convênio has 13 free digits: then up to 13 digits, as they are.

    Raises:
        CodeError: Not a nosso número.
    """
    if not has_check_digit:
        number, _ = split_check_digit(text, range(1, _LENGTH + 1), check=0)
        return number.zfill(_LENGTH)
    number, given = split_check_digit(text, _LENGTHS)
    digit = check_digit(number)
    check_given_digit(number, given, digit)
    return (number + digit).zfill(_LENGTH)


def boleto_codes(
    text: str,
    amount: Decimal | None,
    due_date: date | None,
    *,
    convenio: str,
    carteira: str,
    iof: str = "0",
    has_check_digit: bool = True,
) -> BoletoCodes:
    """The codes of one boleto.

    Args:
        text: The nosso número, as for `nosso_numero`.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.
        convenio: Up to 7 digits.
        carteira: `101` (registered), `102` (not registered) or `201` (pledged).
        iof: `0`; insurers `7`, `8` or `9`.
        has_check_digit: As for `nosso_numero`.

    Raises:
        CodeError: A part breaks a rule.
    """
    number = nosso_numero(text, has_check_digit=has_check_digit)
    return build_boleto_codes(
        bank_code=BANK_CODE,
        nosso_numero=number,
        nosso_numero_printed=f"{number[:-1]}-{number[-1]}" if has_check_digit else number,
        campo_livre=join_digits(
            ("fixed", "9", 1),
            ("convenio", convenio.zfill(7), 7),
            ("nosso_numero", number, _LENGTH),
            ("iof", require_choice(iof, {"0", "7", "8", "9"}, "iof"), 1),
            ("carteira", require_choice(carteira, CARTEIRAS, "carteira"), 3),
        ),
        amount=amount,
        due_date=due_date,
    )
