"""Nosso número and campo livre of Banrisul.

Source: Banrisul, Cobrança Online 2.5 and API Cobrança 1.0.
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
from bankgateway.codes.check_digits import mod10_mod11

BANK_CODE = "041"
PRODUTOS = frozenset({"1", "2"})

_LENGTH = 8
_BENEFICIARIO = "codigo_beneficiario"
_BENEFICIARIO_LENGTH = 13


def nc(digits: str) -> str:
    """The two check digits (NC) of a nosso número, a beneficiary or a campo livre."""
    return mod10_mod11(digits)


def beneficiario(codigo: str) -> str:
    """Return a beneficiary code of 13 digits (agency 4, code 7, NC 2) if its NC is right.

    Raises:
        CodeError: It is not.
    """
    digits = join_digits((_BENEFICIARIO, codigo, _BENEFICIARIO_LENGTH))
    check_given_digit(digits[:-2], digits[-2:], nc(digits[:-2]), field=_BENEFICIARIO)
    return digits


def nosso_numero(text: str) -> str:
    """The nosso número as the API takes it: 8 digits and their NC.

    Args:
        text: 8 digits, 10 with the NC, or `123456-66`. Other lengths are refused: the bank drops leading
            zeros and keeps the NC, so that nobody can tell whether such a text ends with one.

    Raises:
        CodeError: Not a nosso número.
    """
    number, given = split_check_digit(text, {_LENGTH}, check=2)
    number = number.zfill(_LENGTH)
    check_given_digit(number, given, nc(number))
    return number + nc(number)


def campo_livre(number: str, *, codigo_beneficiario: str, produto: str) -> str:
    """Campo livre of a nosso número with its NC; the NC of number and beneficiary stay outside."""
    digits = join_digits(
        ("produto", require_choice(produto, PRODUTOS, "produto"), 1),
        ("fixed", "1", 1),
        ("beneficiario", beneficiario(codigo_beneficiario)[:-2], _BENEFICIARIO_LENGTH - 2),
        ("nosso_numero", number[:-2], _LENGTH),
        ("fixed", "40", 2),
    )
    return digits + nc(digits)


def boleto_codes(
    text: str,
    amount: Decimal | None,
    due_date: date | None,
    *,
    codigo_beneficiario: str,
    produto: str,
) -> BoletoCodes:
    """The codes of one boleto.

    Args:
        text: The nosso número, as for `nosso_numero`.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.
        codigo_beneficiario: 13 digits.
        produto: `2` where the beneficiary issues the boleto, `1` where the bank prints it.

    Raises:
        CodeError: A part breaks a rule.
    """
    number = nosso_numero(text)
    return build_boleto_codes(
        bank_code=BANK_CODE,
        nosso_numero=number,
        nosso_numero_printed=f"{number[:-2]}-{number[-2:]}",
        campo_livre=campo_livre(number, codigo_beneficiario=codigo_beneficiario, produto=produto),
        amount=amount,
        due_date=due_date,
    )
