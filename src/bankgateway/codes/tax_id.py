"""CPF and CNPJ.

The CNPJ is alphanumeric since July 2026 (Receita Federal, normative instruction 2.229/2024): twelve
characters 0-9 or A-Z and two check digits. Both documents are text everywhere: a number loses zeros.
"""

from __future__ import annotations

from string import ascii_letters, ascii_uppercase, digits

from bankgateway.codes.characters import compact, require_characters, require_digits, require_length
from bankgateway.codes.check_digits import WEIGHTS_2_TO_9, weighted_sum
from bankgateway.codes.errors import CodeError

_SEPARATORS = " .-/"
_ANY_CASE = frozenset(digits + ascii_letters)
_CNPJ_CHARACTERS = frozenset(digits + ascii_uppercase)
_CPF_WEIGHTS = range(2, 12)


def cpf_check_digits(base: str) -> str:
    """The two check digits of a CPF, from its first nine digits.

    Raises:
        CodeError: `invalid_characters` or `invalid_length`.
    """
    require_length(require_digits(base, field="cpf"), 9, field="cpf")
    return _check_digits(base, _CPF_WEIGHTS)


def cnpj_check_digits(base: str) -> str:
    """The two check digits of a CNPJ, from its first twelve characters (0-9, A-Z).

    Raises:
        CodeError: `invalid_characters` or `invalid_length`.
    """
    require_characters(base, _CNPJ_CHARACTERS, "a digit or a capital letter", field="cnpj")
    require_length(base, 12, field="cnpj", unit="characters")
    return _check_digits(base, WEIGHTS_2_TO_9)


def normalise_tax_id(text: str) -> str:
    """Validate a CPF or CNPJ and return it without separators, in upper case.

    Args:
        text: 11 digits (CPF) or 14 characters (CNPJ), with or without spaces, dots, slash, hyphen.

    Returns:
        The 11 or 14 characters. The length tells which it is; a CNPJ is never read as a CPF.

    Raises:
        TypeError: The input is not text.
        CodeError: `invalid_characters`, `invalid_length`, `repeated_characters`, `zero_base` or
            `invalid_check_digit`, with `field` `cpf` or `cnpj` (`cpf/cnpj` where the length does
            not tell).
    """
    plain = compact(text, _SEPARATORS)
    field = {11: "cpf", 14: "cnpj"}.get(len(plain), "cpf/cnpj")
    require_characters(plain, _ANY_CASE, "a digit or a letter", field=field)
    plain = plain.upper()
    if field == "cpf":
        _check_cpf(plain)
    elif field == "cnpj":
        _check_cnpj(plain)
    else:
        raise CodeError(
            "invalid_length",
            "wrong length",
            field=field,
            expected="11 digits or 14 characters",
            found=f"{len(plain)}",
        )
    return plain


def is_cpf(text: str) -> bool:
    """Whether the text is a valid CPF, formatted or not."""
    return _is_valid(text, 11)


def is_cnpj(text: str) -> bool:
    """Whether the text is a valid CNPJ, numeric or alphanumeric, formatted or not."""
    return _is_valid(text, 14)


def format_tax_id(text: str) -> str:
    """Validate a CPF or CNPJ and write it as people do: `307.184.625-80`, `7K.3MP.X2A/0001-09`.

    Raises:
        CodeError: As `normalise_tax_id`.
    """
    plain = normalise_tax_id(text)
    if len(plain) == 11:
        return f"{plain[:3]}.{plain[3:6]}.{plain[6:9]}-{plain[9:]}"
    return f"{plain[:2]}.{plain[2:5]}.{plain[5:8]}/{plain[8:12]}-{plain[12:]}"


def _check_cpf(plain: str) -> None:
    require_digits(plain, field="cpf")
    _check_not_repeated(plain, "cpf")
    _compare(plain, cpf_check_digits(plain[:9]), "cpf")


def _check_cnpj(plain: str) -> None:
    require_digits(plain[12:], field="cnpj", offset=12)
    _check_not_repeated(plain, "cnpj")
    # Not the root: 00.000.000/0001 belongs to a bank.
    if plain.startswith("0" * 12):
        raise CodeError("zero_base", "root and order are all zeros", field="cnpj")
    _compare(plain, cnpj_check_digits(plain[:12]), "cnpj")


def _check_not_repeated(plain: str, field: str) -> None:
    # The check digits of such numbers fit, yet none was ever issued.
    if len(set(plain)) == 1:
        raise CodeError("repeated_characters", "all characters are equal", field=field)


def _compare(plain: str, expected: str, field: str) -> None:
    for position, (wanted, found) in enumerate(zip(expected, plain[-2:], strict=True), len(plain) - 1):
        if wanted != found:
            raise CodeError(
                "invalid_check_digit",
                "wrong check digit",
                field=field,
                position=position,
                expected=wanted,
                found=found,
            )


def _check_digits(base: str, weights: range | tuple[int, ...]) -> str:
    values = [ord(character) - 48 for character in base]
    for _ in range(2):
        remainder = weighted_sum(values, weights) % 11
        values.append(0 if remainder < 2 else 11 - remainder)
    return f"{values[-2]}{values[-1]}"


def _is_valid(text: str, length: int) -> bool:
    try:
        return len(normalise_tax_id(text)) == length
    except CodeError:
        return False
