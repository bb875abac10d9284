"""Interleaved 2 of 5, the symbology of the printed barcode (FEBRABAN)."""

from __future__ import annotations

from bankgateway.codes.characters import require_digits
from bankgateway.codes.errors import CodeError

_PATTERNS = ("nnwwn", "wnnnw", "nwnnw", "wwnnn", "nnwnw", "wnwnn", "nwwnn", "nnnww", "wnnwn", "nwnwn")
_START, _STOP = "nnnn", "wnn"


def interleaved_2_of_5(digits: str, *, wide: float = 3) -> tuple[float, ...]:
    """The widths of bars and spaces, alternating, from the first bar to the last.

    The digits of a pair share ten elements: the first digit in the bars, the second in the spaces.
    No checksum is added. Quiet zones are the caller's.

    Args:
        digits: An even number of digits; 44 for a boleto.
        wide: Width of a wide element in narrow ones, usually 2 to 3.

    Returns:
        Widths in narrow elements: 1 or `wide`. 44 digits with `wide=3` add up to 405.

    Raises:
        ValueError: `wide` is not above 1.
        CodeError: `invalid_characters`, `invalid_length`.
    """
    if wide <= 1:
        raise ValueError("a wide element must be wider than a narrow one")
    require_digits(digits)
    if not digits or len(digits) % 2:
        raise CodeError(
            "invalid_length",
            "digits go in pairs",
            expected="an even number of digits",
            found=str(len(digits)),
        )
    pairs = zip(digits[::2], digits[1::2], strict=True)
    elements = _START + "".join(map(_interleave, pairs)) + _STOP
    return tuple(wide if element == "w" else 1 for element in elements)


def _interleave(pair: tuple[str, str]) -> str:
    bars, spaces = (_PATTERNS[int(digit)] for digit in pair)
    return "".join(bar + space for bar, space in zip(bars, spaces, strict=True))
