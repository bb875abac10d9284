"""Nosso número and campo livre of Itaú.

Source: Itaú, layout of the boleto and examples of API Boletos v2.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from bankgateway.codes.boleto_codes import (
    BoletoCodes,
    build_boleto_codes,
    check_given_digit,
    join_digits,
    require_choice,
    split_check_digit,
)
from bankgateway.codes.check_digits import mod10

BANK_CODE = "341"

# Their DAC is taken without agency and account. For 112 some take agency, account and account DAC
# with it: that is the same digit, since modulo 10 of a number with its own digit adds nothing.
SHORT_DAC_CARTEIRAS = frozenset({"112", "126", "131", "146", "150", "168"})
# Their campo livre holds the seu número and a client code in place of agency and account.
SEU_NUMERO_CARTEIRAS = frozenset({"106", "107", "122", "142", "143", "195", "196", "198"})
CARTEIRAS = (
    frozenset({"108", "109", "110", "111", "115", "121", "156", "157"})
    | frozenset({"174", "175", "176", "178", "179", "180", "188"})
    | SHORT_DAC_CARTEIRAS
    | SEU_NUMERO_CARTEIRAS
)

_LENGTH = 8


@lru_cache(maxsize=1024)
def account_dac(*, agencia: str, conta: str) -> str:
    """DAC of an account: modulo 10 over agency (4) and account (5)."""
    return str(mod10(join_digits(("agencia", agencia, 4), ("conta", conta, 5))))


def dac(number: str, *, carteira: str, agencia: str, conta: str) -> str:
    """DAC of a nosso número of 8 digits: modulo 10 over agency, account, carteira and number."""
    digits = join_digits(("carteira", carteira, 3), ("nosso_numero", number, _LENGTH))
    if carteira not in SHORT_DAC_CARTEIRAS:
        digits = join_digits(("agencia", agencia, 4), ("conta", conta, 5)) + digits
    return str(mod10(digits))


def nosso_numero(text: str, *, carteira: str, agencia: str, conta: str) -> str:
    """The nosso número as the API takes it: 8 digits without DAC.

    Args:
        text: Up to 8 digits, 9 with the DAC, or `123-D`.
        carteira: 3 digits.
        agencia: 4 digits.
        conta: 5 digits without DAC.

    Raises:
        CodeError: Not a nosso número of this account, or an unknown carteira.
    """
    return _number_and_dac(text, carteira, agencia, conta)[0]


def _number_and_dac(text: str, carteira: str, agencia: str, conta: str) -> tuple[str, str]:
    require_choice(carteira, CARTEIRAS, "carteira")
    number, given = split_check_digit(text, range(1, _LENGTH + 1), prefix=f"{carteira}/")
    number = number.zfill(_LENGTH)
    digit = dac(number, carteira=carteira, agencia=agencia, conta=conta)
    check_given_digit(number, given, digit)
    return number, digit


def campo_livre(number: str, digit: str, *, carteira: str, agencia: str, conta: str, conta_dac: str) -> str:
    """Campo livre of the ordinary carteiras."""
    return join_digits(
        ("carteira", carteira, 3),
        ("nosso_numero", number, _LENGTH),
        ("dac of nosso_numero", digit, 1),
        ("agencia", agencia, 4),
        ("conta", conta, 5),
        ("dac", conta_dac, 1),
        ("zeros", "000", 3),
    )


def campo_livre_with_seu_numero(
    number: str, *, carteira: str, seu_numero: str | None, codigo_cliente: str | None
) -> str:
    """Campo livre of the carteiras that carry the seu número (195, 196, 198 ...)."""
    digits = join_digits(
        ("carteira", carteira, 3),
        ("nosso_numero", number, _LENGTH),
        ("seu_numero", seu_numero and seu_numero.zfill(7), 7),
        ("codigo_cliente", codigo_cliente, 5),
    )
    return f"{digits}{mod10(digits)}0"


def boleto_codes(
    text: str,
    amount: Decimal | None,
    due_date: date | None,
    *,
    carteira: str,
    agencia: str,
    conta: str,
    seu_numero: str | None = None,
    codigo_cliente: str | None = None,
) -> BoletoCodes:
    """The codes of one boleto.

    Args:
        text: The nosso número, as for `nosso_numero`.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.
        carteira: 3 digits.
        agencia: 4 digits.
        conta: 5 digits without DAC.
        seu_numero: Up to 7 digits; only `SEU_NUMERO_CARTEIRAS` need it.
        codigo_cliente: 5 digits given by the bank; only `SEU_NUMERO_CARTEIRAS` need it.

    Raises:
        CodeError: A part breaks a rule or is missing.
    """
    number, digit = _number_and_dac(text, carteira, agencia, conta)
    if carteira in SEU_NUMERO_CARTEIRAS:
        free_field = campo_livre_with_seu_numero(
            number, carteira=carteira, seu_numero=seu_numero, codigo_cliente=codigo_cliente
        )
    else:
        free_field = campo_livre(
            number,
            digit,
            carteira=carteira,
            agencia=agencia,
            conta=conta,
            conta_dac=account_dac(agencia=agencia, conta=conta),
        )
    return build_boleto_codes(
        bank_code=BANK_CODE,
        nosso_numero=number,
        nosso_numero_printed=f"{carteira}/{number}-{digit}",
        campo_livre=free_field,
        amount=amount,
        due_date=due_date,
    )
