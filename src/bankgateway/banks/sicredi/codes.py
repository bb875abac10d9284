"""Nosso número and campo livre of Sicredi.

Source: Sicredi, API da Cobrança.
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

BANK_CODE = "748"
CARTEIRAS = frozenset({"1", "3"})

_LENGTH = 8
_LENGTH_WITH_DIGIT = 9
_CARTEIRA_SIMPLES = "1"


def check_digit(number: str, *, cooperativa: str, posto: str, codigo_beneficiario: str) -> str:
    """Check digit of a nosso número of 8 digits: modulo 11, 10 and 11 become 0.

    A posto with a letter counts as `00`, by the bank's own rule.
    """
    digits = join_digits(
        ("cooperativa", cooperativa, 4),
        ("posto", posto if posto.isdigit() else "00", 2),
        ("codigo_beneficiario", codigo_beneficiario, 5),
        (NOSSO_NUMERO, number, _LENGTH),
    )
    return str(mod11_or_zero(digits))


def nosso_numero(text: str, *, cooperativa: str, posto: str, codigo_beneficiario: str) -> str:
    """The nosso número as the API takes it: year (2), byte, sequence (5) and check digit.

    Args:
        text: 8 digits, 9 with the check digit, or `26/201357-8`. The byte is 2 to 9 for numbers of the
            beneficiary, 1 for those of the cooperative.
        cooperativa: 4 digits.
        posto: 2 characters.
        codigo_beneficiario: 5 digits.

    Raises:
        CodeError: Not a nosso número of this beneficiary.
    """
    number, given = split_check_digit(text, {_LENGTH}, separators=" ./")
    number = number.zfill(_LENGTH)
    if number[2] == "0":
        raise CodeError(
            "out_of_range", "wrong byte", field=NOSSO_NUMERO, position=3, expected="1 to 9", found="0"
        )
    digit = check_digit(number, cooperativa=cooperativa, posto=posto, codigo_beneficiario=codigo_beneficiario)
    check_given_digit(number, given, digit)
    return number + digit


def campo_livre(
    number: str,
    *,
    cooperativa: str,
    posto: str,
    codigo_beneficiario: str,
    carteira: str,
    amount: Decimal | None,
) -> str:
    """Campo livre of a nosso número with its check digit; it tells whether the amount is stated."""
    digits = join_digits(
        ("carteira", require_choice(carteira, CARTEIRAS, "carteira"), 1),
        ("kind", _CARTEIRA_SIMPLES, 1),
        (NOSSO_NUMERO, number, _LENGTH_WITH_DIGIT),
        ("cooperativa", cooperativa, 4),
        ("posto", posto, 2),
        ("codigo_beneficiario", codigo_beneficiario, 5),
        ("amount flag", "1" if amount else "0", 1),
        ("zero", "0", 1),
    )
    return f"{digits}{mod11_or_zero(digits)}"


def boleto_codes(
    text: str,
    amount: Decimal | None,
    due_date: date | None,
    *,
    cooperativa: str,
    posto: str,
    codigo_beneficiario: str,
    carteira: str,
) -> BoletoCodes:
    """The codes of one boleto.

    Args:
        text: The nosso número, as for `nosso_numero`.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.
        cooperativa: 4 digits.
        posto: 2 digits. With a letter there is no rule for the barcode: take the bank's.
        codigo_beneficiario: 5 digits.
        carteira: `1` (registered) or `3` (not registered).

    Raises:
        CodeError: A part breaks a rule.
    """
    number = nosso_numero(text, cooperativa=cooperativa, posto=posto, codigo_beneficiario=codigo_beneficiario)
    return build_boleto_codes(
        bank_code=BANK_CODE,
        nosso_numero=number,
        nosso_numero_printed=f"{number[:2]}/{number[2:-1]}-{number[-1]}",
        campo_livre=campo_livre(
            number,
            cooperativa=cooperativa,
            posto=posto,
            codigo_beneficiario=codigo_beneficiario,
            carteira=carteira,
            amount=amount,
        ),
        amount=amount,
        due_date=due_date,
    )
