"""Check digits, modulo 10 and modulo 11, in the forms Brazilian banks use.

Every function takes ASCII digits as text and counts weights from the rightmost digit. A bank whose
manual counts them from the left (Sicoob: 3, 1, 9, 7) is served by reversing the digits.

All raise `CodeError` (`invalid_characters`) for anything but digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle
from operator import mul

from bankgateway.codes.characters import require_digits

WEIGHTS_2_TO_9 = (2, 3, 4, 5, 6, 7, 8, 9)
"""The usual weights of modulo 11, repeated from the right."""

WEIGHTS_2_TO_7 = (2, 3, 4, 5, 6, 7)
"""The weights of modulo 11 "base 7" (Bradesco, Banrisul)."""

_DIGITS = b"0123456789"
_VALUES = bytes.maketrans(_DIGITS, bytes(range(10)))
# Value of a digit times two with the digits of the product added: 7 -> 14 -> 5.
_DOUBLED = bytes.maketrans(_DIGITS, bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))


def weighted_sum(values: Sequence[int], weights: Iterable[int]) -> int:
    """The sum of values times weights, from the right, the weights repeating."""
    return sum(map(mul, reversed(values), cycle(weights)))


# A barcode has 43 digits besides its own: longer texts go the general way.
_LONG_2_TO_9 = WEIGHTS_2_TO_9 * 6


def mod10(digits: str) -> int:
    """The check digit of modulo 10: weights 2, 1, 2, 1 ..., digits of each product added.

    Fields 1 to 3 of the digitable line (FEBRABAN), DAC of Itaú, nosso número of Inter.
    """
    raw = require_digits(digits).encode()
    return -(sum(raw[::-2].translate(_DOUBLED)) + sum(raw[-2::-2].translate(_VALUES))) % 10


def mod11_sum(digits: str, weights: Iterable[int] = WEIGHTS_2_TO_9) -> int:
    """The weighted sum every modulo 11 starts from. What becomes of it differs by bank."""
    return weighted_sum(_values(digits), weights)


def mod11(digits: str, weights: Iterable[int] = WEIGHTS_2_TO_9) -> int:
    """11 minus the remainder: 1 to 11. The bank says what 10 and 11 become."""
    return 11 - mod11_sum(digits, weights) % 11


def mod11_or_one(digits: str) -> int:
    """Modulo 11 where 10 and 11 become 1: the general check digit of the barcode (FEBRABAN)."""
    if len(digits) > len(_LONG_2_TO_9):
        digit = mod11(digits)
    else:
        digit = 11 - sum(map(mul, _values(digits)[::-1], _LONG_2_TO_9)) % 11
    return 1 if digit > 9 else digit


def mod11_or_zero(digits: str, weights: Iterable[int] = WEIGHTS_2_TO_9) -> int:
    """Modulo 11 where 10 and 11 become 0.

    CAIXA, Santander, Sicredi; Sicoob with its own weights.
    """
    digit = mod11(digits, weights)
    return 0 if digit > 9 else digit


def mod11_or_letter(digits: str, letter: str, weights: Iterable[int] = WEIGHTS_2_TO_9) -> str:
    """Modulo 11 where 10 becomes a letter and 11 becomes 0.

    Bradesco prints `P` (nosso número with weights 2 to 7). Banco do Brasil prints `X`; its manual
    takes the plain remainder under weights 9 to 2, which is the same digit.
    """
    digit = mod11(digits, weights) % 11
    return letter if digit == 10 else str(digit)


def mod10_mod11(digits: str) -> str:
    """The two digits Banrisul calls NC: modulo 10, then modulo 11 (weights 2 to 7) over all.

    Where the second digit would be 10, the first is raised by one and the second taken again.
    """
    first = mod10(digits)
    while (second := mod11(f"{digits}{first}", WEIGHTS_2_TO_7)) == 10:
        first = (first + 1) % 10
    return f"{first}{second % 11}"


def _values(digits: str) -> bytes:
    return require_digits(digits).encode().translate(_VALUES)
