"""Nosso número and campo livre of Sicoob.

Source: Sicoob, Cobrança Bancária API v3.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankgateway.codes.boleto_codes import (
    NOSSO_NUMERO,
    BoletoCodes,
    build_boleto_codes,
    check_given_digit,
    join_digits,
    require_choice,
    split_check_digit,
)
from bankgateway.codes.check_digits import mod11_or_zero
from bankgateway.codes.errors import CodeError

BANK_CODE = "756"
CARTEIRA = "1"
MODALIDADES = frozenset({"01", "02", "03", "04", "05", "06", "08"})
MAX_PARCELA = 999

_LENGTH = 7
_WEIGHTS_FROM_THE_LEFT = (3, 1, 9, 7)


def check_digit(number: str, *, cooperativa: str, numero_cliente: str) -> str:
    """Check digit of a nosso número of 7 digits: weights 3, 1, 9, 7 from the left."""
    digits = join_digits(
        ("cooperativa", cooperativa, 4),
        ("numero_cliente", numero_cliente.zfill(10), 10),
        (NOSSO_NUMERO, number, _LENGTH),
    )
    return str(mod11_or_zero(digits[::-1], _WEIGHTS_FROM_THE_LEFT))


def nosso_numero(text: str, *, cooperativa: str, numero_cliente: str, has_check_digit: bool = True) -> str:
    """The nosso número with its check digit, 8 digits. The API takes it as an integer.

    Args:
        text: 7 digits, 8 with the check digit, or `1284-6`. Other lengths are refused: the API drops
            leading zeros and keeps the check digit, so that nobody can tell whether such a text ends
            with one.
        cooperativa: 4 digits.
        numero_cliente: Up to 7 digits.
        has_check_digit: False where the contract does not look at the check digit and the ranges of the
            bank hold complete numbers: then up to 8 digits, as they are.

    Raises:
        CodeError: Not a nosso número of this client.
    """
    if not has_check_digit:
        number, _ = split_check_digit(text, range(1, _LENGTH + 2), check=0)
        return number.zfill(_LENGTH + 1)
    number, given = split_check_digit(text, {_LENGTH})
    number = number.zfill(_LENGTH)
    digit = check_digit(number, cooperativa=cooperativa, numero_cliente=numero_cliente)
    check_given_digit(number, given, digit)
    return number + digit


def boleto_codes(
    text: str,
    amount: Decimal | None,
    due_date: date | None,
    *,
    cooperativa: str,
    numero_cliente: str,
    modalidade: str,
    parcela: int = 1,
    has_check_digit: bool = True,
) -> BoletoCodes:
    """The codes of one boleto.

    Args:
        text: The nosso número, as for `nosso_numero`.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.
        cooperativa: 4 digits.
        numero_cliente: Up to 7 digits, its own check digit included.
        modalidade: 2 digits.
        parcela: Number of the instalment, 1 to 999.
        has_check_digit: As for `nosso_numero`.

    Raises:
        CodeError: A part breaks a rule.
    """
    number = nosso_numero(
        text, cooperativa=cooperativa, numero_cliente=numero_cliente, has_check_digit=has_check_digit
    )
    if not 1 <= parcela <= MAX_PARCELA:
        raise CodeError(
            "out_of_range",
            "wrong number",
            field="parcela",
            expected=f"1 to {MAX_PARCELA}",
            found=f"{parcela}",
        )
    return build_boleto_codes(
        bank_code=BANK_CODE,
        nosso_numero=number,
        nosso_numero_printed=f"{number[:-1]}-{number[-1]}",
        campo_livre=join_digits(
            ("carteira", CARTEIRA, 1),
            ("cooperativa", cooperativa, 4),
            ("modalidade", require_choice(modalidade, MODALIDADES, "modalidade"), 2),
            ("numero_cliente", numero_cliente.zfill(7), 7),
            (NOSSO_NUMERO, number, _LENGTH + 1),
            ("parcela", f"{parcela:03}", 3),
        ),
        amount=amount,
        due_date=due_date,
    )
