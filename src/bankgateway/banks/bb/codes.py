"""Nosso número and campo livre of Banco do Brasil.

Source: Banco do Brasil, API Cobranças v2, and "Especificações técnicas para confecção de boleto" for
the convênios of 4 and 6 digits, which the API does not register.
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
from bankgateway.codes.check_digits import mod11_or_letter
from bankgateway.codes.errors import CodeError

BANK_CODE = "001"
CARTEIRAS = frozenset({"11", "12", "15", "16", "17", "18", "31", "51"})

SEQUENCE_LENGTHS = {4: 7, 6: 5, 7: 10}
"""How many digits follow the convênio in the nosso número, by length of the convênio."""

_API_PREFIX = "000"
_API_LENGTH = 20
# A convênio of 6 may number freely with 17 digits in these carteiras; the barcode then ends with 21.
_FREE_CARTEIRAS = frozenset({"16", "18"})
_FREE_LENGTH = 17
_FREE_ENDING = "21"


def check_digit(number: str) -> str:
    """Check digit of a nosso número of 11 or 17 digits, 10 becomes `X`. The API never uses it."""
    return mod11_or_letter(number, "X")


def nosso_numero(text: str, *, convenio: str, carteira: str) -> str:
    """The nosso número without check digit: convênio and sequence, 11 or 17 digits.

    Args:
        text: The sequence alone, or with the convênio before it, or the 20 digits of the API; with or
            without check digit. For a convênio of 6 in carteiras 16 and 18 also 17 free digits.
        convenio: 4, 6 or 7 digits.
        carteira: 2 digits.

    Raises:
        CodeError: Not a nosso número of this convênio, or an unknown carteira.
    """
    require_choice(carteira, CARTEIRAS, "carteira")
    sequence = _sequence_length(convenio)
    number, given = split_check_digit(text, _lengths(convenio, carteira))
    if len(number) == _API_LENGTH:
        number = require_prefix(number, _API_PREFIX, NOSSO_NUMERO)[len(_API_PREFIX) :]
    if len(number) <= sequence:
        number = convenio + number.zfill(sequence)
    elif not _is_free(number, convenio):
        require_length(number, len(convenio) + sequence, field=NOSSO_NUMERO)
        require_prefix(number, convenio, NOSSO_NUMERO)
    check_given_digit(number, given, check_digit(number))
    return number


def campo_livre(
    number: str, *, convenio: str, carteira: str, agencia: str | None = None, conta: str | None = None
) -> str:
    """Campo livre; agency and account stand only in those of convênios of 4 and 6 digits."""
    if len(convenio) == 7:
        return join_digits(("zeros", "000000", 6), ("nosso_numero", number, 17), ("carteira", carteira, 2))
    if _is_free(number, convenio):
        return join_digits(("convenio", convenio, 6), ("nosso_numero", number, 17)) + _FREE_ENDING
    return join_digits(
        ("nosso_numero", number, 11),
        ("agencia", agencia and agencia.zfill(4), 4),
        ("conta", conta and conta.zfill(8), 8),
        ("carteira", carteira, 2),
    )


def boleto_codes(
    text: str,
    amount: Decimal | None,
    due_date: date | None,
    *,
    convenio: str,
    carteira: str,
    agencia: str | None = None,
    conta: str | None = None,
) -> BoletoCodes:
    """The codes of one boleto.

    Args:
        text: The nosso número, as for `nosso_numero`.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.
        convenio: 4, 6 or 7 digits.
        carteira: 2 digits.
        agencia: Up to 4 digits without check digit; only convênios of 4 and 6 need it.
        conta: Up to 8 digits without check digit; only convênios of 4 and 6 need it.

    Raises:
        CodeError: A part breaks a rule or is missing.
    """
    number = nosso_numero(text, convenio=convenio, carteira=carteira)
    return build_boleto_codes(
        bank_code=BANK_CODE,
        nosso_numero=_API_PREFIX + number if len(convenio) == 7 else number,
        # A number of 17 digits goes without check digit on paper.
        nosso_numero_printed=f"{number}-{check_digit(number)}" if len(number) == 11 else number,
        campo_livre=campo_livre(number, convenio=convenio, carteira=carteira, agencia=agencia, conta=conta),
        amount=amount,
        due_date=due_date,
    )


def _lengths(convenio: str, carteira: str) -> set[int]:
    sequence = _sequence_length(convenio)
    lengths = {*range(1, sequence + 1), len(convenio) + sequence}
    if len(convenio) == 7:
        lengths.add(_API_LENGTH)
    if len(convenio) == 6 and carteira in _FREE_CARTEIRAS:
        lengths.add(_FREE_LENGTH)
    return lengths


def _is_free(number: str, convenio: str) -> bool:
    return len(convenio) == 6 and len(number) == _FREE_LENGTH


def _sequence_length(convenio: str) -> int:
    join_digits(("convenio", convenio, len(convenio)))
    if len(convenio) not in SEQUENCE_LENGTHS:
        raise CodeError(
            "invalid_length",
            "wrong length",
            field="convenio",
            expected="4, 6 or 7 digits",
            found=f"{len(convenio)}",
        )
    return SEQUENCE_LENGTHS[len(convenio)]
