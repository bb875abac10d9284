"""What every reader of this room does to its input first."""

from __future__ import annotations

from functools import cache

from bankgateway.codes.errors import CodeError

DIGITS = frozenset("0123456789")


def compact(text: str, separators: str) -> str:
    """Remove surrounding blanks and every one of `separators`.

    Raises:
        TypeError: The input is not text. A number has lost its leading zeros.
    """
    if not isinstance(text, str):
        raise TypeError(f"a code is text, not {type(text).__name__}: numbers lose leading zeros")
    return text.strip().translate(_removal(separators))


@cache
def _removal(characters: str) -> dict[int, None]:
    return dict.fromkeys(map(ord, characters))


def require_characters(
    text: str, allowed: frozenset[str], expected: str, *, field: str | None = None, offset: int = 0
) -> str:
    """Return `text` if it consists of `allowed` characters.

    Args:
        text: What to look at.
        allowed: The characters that may occur.
        expected: What the error says should have stood there.
        field: Name of the part, for the error.
        offset: How many characters of the whole come before `text`.

    Raises:
        CodeError: `invalid_characters`, with the first offender.
    """
    for position, character in enumerate(text, offset + 1):
        if character not in allowed:
            raise CodeError(
                "invalid_characters",
                "wrong character",
                field=field,
                position=position,
                expected=expected,
                found=character,
            )
    return text


def require_digits(text: str, *, field: str | None = None, offset: int = 0) -> str:
    """Return `text` if it has only the ASCII digits 0 to 9 (or nothing at all).

    Raises:
        CodeError: `invalid_characters`.
    """
    if text.isascii() and text.isdigit():
        return text
    return require_characters(text, DIGITS, "a digit", field=field, offset=offset)


def require_length(text: str, length: int, *, field: str | None = None, unit: str = "digits") -> str:
    """Return `text` if it has exactly `length` characters.

    Raises:
        CodeError: `invalid_length`.
    """
    if len(text) != length:
        raise CodeError(
            "invalid_length",
            "wrong length",
            field=field,
            expected=f"{length} {unit}",
            found=f"{len(text)}",
        )
    return text
