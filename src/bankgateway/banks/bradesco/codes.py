"""Nosso número and campo livre of Bradesco.

Source: Bradesco, "Manual de procedimentos operacionais", Cobrança API 1.7.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from html import unescape

from bankgateway.codes.boleto_codes import (
    BoletoCodes,
    build_boleto_codes,
    check_given_digit,
    join_digits,
    require_choice,
    split_check_digit,
)
from bankgateway.codes.check_digits import WEIGHTS_2_TO_7, mod11_or_letter
from bankgateway.codes.errors import CodeError
from bankgateway.codes.itf import interleaved_2_of_5

BANK_CODE = "237"
CARTEIRAS = frozenset(
    {"02", "03", "04", "05", "06", "07", "09", "12", "16", "17", "19", "21", "22", "25", "26"}
)

_LENGTH = 11
_LETTER = "P"
_WEIGHTS_2_TO_5 = (2, 3, 4, 5)

# A letter stands for a bar and the space after it, 2 being wide.
_LETTERS: dict[tuple[float, float], str] = {(1, 1): "n", (2, 1): "w", (1, 2): "N", (2, 2): "W"}
_GROUP = 5
_START_ELEMENTS, _STOP_ELEMENTS = 4, 3


def check_digit(number: str, *, carteira: str) -> str:
    """Check digit of a nosso número of 11 digits: modulo 11 base 7 with the carteira, 10 becomes `P`."""
    digits = join_digits(("carteira", carteira, 2), ("nosso_numero", number, _LENGTH))
    return mod11_or_letter(digits, _LETTER, WEIGHTS_2_TO_7)


def agencia_check_digit(agencia: str) -> str:
    """Check digit of an agency of 4 digits, 10 becomes `P`."""
    return mod11_or_letter(join_digits(("agencia", agencia, 4)), _LETTER, _WEIGHTS_2_TO_5)


def conta_check_digit(conta: str) -> str:
    """Check digit of an account of 7 digits, 10 becomes `P`."""
    return mod11_or_letter(join_digits(("conta", conta, 7)), _LETTER, WEIGHTS_2_TO_7)


def nosso_numero(text: str, *, carteira: str) -> str:
    """The nosso número as the API takes it: 11 digits without check digit.

    Args:
        text: Up to 11 digits, 12 characters with the check digit, or `1817-P`.
        carteira: 2 digits.

    Raises:
        CodeError: Not a nosso número of this carteira, or an unknown carteira.
    """
    require_choice(carteira, CARTEIRAS, "carteira")
    number, given = split_check_digit(text, range(1, _LENGTH + 1), prefix=f"{carteira}/")
    number = number.zfill(_LENGTH)
    check_given_digit(number, given, check_digit(number, carteira=carteira))
    return number


def boleto_codes(
    text: str, amount: Decimal | None, due_date: date | None, *, carteira: str, agencia: str, conta: str
) -> BoletoCodes:
    """The codes of one boleto.

    Args:
        text: The nosso número, as for `nosso_numero`.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.
        carteira: 2 digits.
        agencia: 4 digits without check digit.
        conta: 7 digits without check digit.

    Raises:
        CodeError: A part breaks a rule.
    """
    number = nosso_numero(text, carteira=carteira)
    return build_boleto_codes(
        bank_code=BANK_CODE,
        nosso_numero=number,
        nosso_numero_printed=f"{carteira}/{number}-{check_digit(number, carteira=carteira)}",
        campo_livre=join_digits(
            ("agencia", agencia, 4),
            ("carteira", carteira, 2),
            ("nosso_numero", number, _LENGTH),
            ("conta", conta, 7),
            ("zero", "0", 1),
        ),
        amount=amount,
        due_date=due_date,
    )


def read_letters(text: str) -> str:
    """The digits of a barcode that the API spells as a font of bars: five letters for two digits.

    Args:
        text: Letters `n`, `w`, `N`, `W`; the brackets around them may be missing or escaped for XML.

    Raises:
        CodeError: `invalid_length` or `invalid_characters`.
    """
    letters = unescape(text).strip(" <>")
    if not letters or len(letters) % _GROUP:
        raise CodeError(
            "invalid_length",
            "wrong length",
            field="barcode letters",
            expected=f"groups of {_GROUP} letters",
            found=f"{len(letters)}",
        )
    return "".join(_read_group(letters, start) for start in range(0, len(letters), _GROUP))


def _read_group(letters: str, start: int) -> str:
    pair = _pairs().get(letters[start : start + _GROUP])
    if pair is None:
        raise CodeError(
            "invalid_characters",
            "five letters that stand for no digits",
            field="barcode letters",
            position=start + 1,
        )
    return pair


@cache
def _pairs() -> dict[str, str]:
    return {_letters(f"{number:02}"): f"{number:02}" for number in range(100)}


def _letters(pair: str) -> str:
    widths = interleaved_2_of_5(pair, wide=2)[_START_ELEMENTS:-_STOP_ELEMENTS]
    return "".join(_LETTERS[bar, space] for bar, space in zip(widths[::2], widths[1::2], strict=True))
