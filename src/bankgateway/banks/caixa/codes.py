"""Nosso número and campo livre of CAIXA (SIGCB).

Source: CAIXA, boleto layout 67.119.
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
    require_prefix,
    split_check_digit,
)
from bankgateway.codes.characters import require_length
from bankgateway.codes.check_digits import mod11_or_zero
from bankgateway.codes.errors import CodeError

BANK_CODE = "104"

PREFIXES = {"RG": "14", "SR": "24"}
"""What a nosso número begins with, by carteira: registered or not, and issued by the beneficiary."""

_SEQUENCE_LENGTH = 15
_LENGTH = 17
_FIRST_OF_SEVEN_DIGITS = "1100000"


def check_digit(digits: str) -> str:
    """Check digit of a nosso número, of a beneficiary or of a campo livre: 10 and 11 become 0."""
    return str(mod11_or_zero(digits))


def nosso_numero(text: str, *, carteira: str) -> str:
    """The nosso número as the API takes it: 17 digits without check digit.

    Args:
        text: Up to 15 digits, or 17 with the first two, which the carteira fixes; 16 and 18 with the
            check digit, or `14000000000000041-3`.
        carteira: `RG` (registered, `14`) or `SR` (not registered, `24`).

    Raises:
        CodeError: Not a nosso número of this carteira, or an unknown carteira.
    """
    prefix = PREFIXES[require_choice(carteira, PREFIXES, "carteira")]
    number, given = split_check_digit(text, {*range(1, _SEQUENCE_LENGTH + 1), _LENGTH})
    if len(number) <= _SEQUENCE_LENGTH:
        number = prefix + number.zfill(_SEQUENCE_LENGTH)
    require_prefix(require_length(number, _LENGTH, field=NOSSO_NUMERO), prefix, NOSSO_NUMERO)
    check_given_digit(number, given, check_digit(number))
    return number


def beneficiario(codigo: str) -> str:
    """The seven digits a beneficiary fills in the campo livre.

    Args:
        codigo: 6 digits, which get their check digit here, or 7 digits (from 1100000), which have none.

    Raises:
        CodeError: Neither.
    """
    if len(codigo) == 6:
        return codigo + check_digit(join_digits(("codigo_beneficiario", codigo, 6)))
    if join_digits(("codigo_beneficiario", codigo, 7)) < _FIRST_OF_SEVEN_DIGITS:
        raise CodeError(
            "out_of_range",
            "no code of 7 digits is that low; one of 6 digits is given without its check digit",
            field="codigo_beneficiario",
            position=1,
            expected=f"6 digits, or 7 from {_FIRST_OF_SEVEN_DIGITS}",
            found=codigo[0],
        )
    return codigo


def campo_livre(number: str, *, codigo_beneficiario: str) -> str:
    """Campo livre of a nosso número of 17 digits."""
    join_digits((NOSSO_NUMERO, number, _LENGTH))
    digits = (
        beneficiario(codigo_beneficiario) + number[2:5] + number[0] + number[5:8] + number[1] + number[8:]
    )
    return digits + check_digit(digits)


def pix_url(number: str, *, codigo_beneficiario: str) -> str:
    """Where the Pix of a registered hybrid boleto is, for `build_dynamic_br_code`.

    The BR Code that the API returns goes before one that is built from this.

    Args:
        number: The nosso número, 17 digits.
        codigo_beneficiario: As for `beneficiario`; here its check digit is left out.

    Raises:
        CodeError: `invalid_length` or `invalid_characters`.
    """
    key = join_digits(
        ("codigo_beneficiario", codigo_beneficiario.zfill(8), 8), (NOSSO_NUMERO, number.zfill(18), 18)
    )
    return f"pix-qrcode.caixa.gov.br/api/v2/cobv/CO011{key}"


def boleto_codes(
    text: str,
    amount: Decimal | None,
    due_date: date | None,
    *,
    carteira: str,
    codigo_beneficiario: str,
) -> BoletoCodes:
    """The codes of one boleto.

    Args:
        text: The nosso número, as for `nosso_numero`.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.
        carteira: `RG` or `SR`.
        codigo_beneficiario: As for `beneficiario`.

    Raises:
        CodeError: A part breaks a rule.
    """
    number = nosso_numero(text, carteira=carteira)
    return build_boleto_codes(
        bank_code=BANK_CODE,
        nosso_numero=number,
        nosso_numero_printed=f"{number}-{check_digit(number)}",
        campo_livre=campo_livre(number, codigo_beneficiario=codigo_beneficiario),
        amount=amount,
        due_date=due_date,
    )
