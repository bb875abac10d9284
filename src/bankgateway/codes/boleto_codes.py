"""The codes of one boleto, and the steps the arithmetic of every bank shares."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bankgateway.codes.barcode import build_boleto_code, format_digitable_line
from bankgateway.codes.characters import compact, require_digits, require_length
from bankgateway.codes.errors import CodeError

NOSSO_NUMERO = "nosso_numero"


@dataclass(frozen=True, slots=True, repr=False)
class BoletoCodes:
    """What is printed on a boleto, computed from the account data without asking the bank.

    Attributes:
        nosso_numero: As the bank's API writes it; where the API takes a number, with its leading zeros.
        nosso_numero_printed: As it stands on paper, with its check digit.
        campo_livre: The 25 digits the bank fills in its own way.
        barcode: The 44 digits.
        digitable_line: The digitable line (linha digitável), 47 digits.
    """

    nosso_numero: str
    nosso_numero_printed: str
    campo_livre: str
    barcode: str
    digitable_line: str

    @property
    def digitable_line_formatted(self) -> str:
        """The digitable line as printed: 54 characters, dots and spaces included."""
        return format_digitable_line(self.digitable_line)

    def __repr__(self) -> str:
        # Whoever has the whole code can look at the debt, or pay it: it stays out of logs.
        return (
            f"BoletoCodes(nosso_numero={self.nosso_numero!r}, barcode='***{self.barcode[-6:]}', "
            f"digitable_line='***{self.digitable_line[-4:]}')"
        )


def build_boleto_codes(
    *,
    bank_code: str,
    nosso_numero: str,
    nosso_numero_printed: str,
    campo_livre: str,
    amount: Decimal | None,
    due_date: date | None,
) -> BoletoCodes:
    """Put the codes of a boleto together.

    Args:
        bank_code: COMPE code, three digits.
        nosso_numero: As the bank's API writes it.
        nosso_numero_printed: As it stands on paper.
        campo_livre: The bank's 25 digits.
        amount: Reais. `None`: not stated.
        due_date: `None`: not stated.

    Raises:
        TypeError: The amount is not a `Decimal`, the due date is a `datetime`.
        CodeError: As `build_boleto_code`.
    """
    code = build_boleto_code(bank_code=bank_code, free_field=campo_livre, amount=amount, due_date=due_date)
    return BoletoCodes(nosso_numero, nosso_numero_printed, campo_livre, code.barcode, code.digitable_line)


def split_check_digit(
    text: str, lengths: Collection[int], *, check: int = 1, prefix: str = "", separators: str = " ."
) -> tuple[str, str | None]:
    """Part a nosso número from the check digit it may have been given with.

    A hyphen tells, or the length: one of `lengths` has no check digit, one of them plus `check` has.
    Before a hyphen leading zeros may be missing.

    Args:
        text: The number as a person or a bank wrote it.
        lengths: How long it may be without check digit and without hyphen.
        check: How long the check digit is.
        prefix: What paper shows before it (`109/`); may be missing.
        separators: Characters that say nothing.

    Returns:
        The number and its check digit, or `None` for the latter.

    Raises:
        TypeError: The number is not text.
        CodeError: `invalid_characters`, `invalid_length`, or `zero`: zeros ask the bank for a number.
    """
    number, hyphen, digit = compact(text, separators).removeprefix(prefix).partition("-")
    if not hyphen and len(number) not in lengths and len(number) - check in lengths:
        number, digit = number[:-check], number[-check:]
    require_digits(number, field=NOSSO_NUMERO)
    if len(number) not in (range(1, max(lengths) + 1) if hyphen else lengths):
        raise _wrong_length(number, lengths, check)
    if not number.strip("0"):
        raise CodeError("zero", "no boleto has the number zero", field=NOSSO_NUMERO)
    if not hyphen and not digit:
        return number, None
    return number, require_length(digit, check, field=f"{NOSSO_NUMERO} check digit", unit="characters")


def check_given_digit(number: str, given: str | None, expected: str, *, field: str = NOSSO_NUMERO) -> None:
    """See that a check digit that was given is the right one.

    Args:
        number: All the digits it belongs to; the position in the error counts in them.
        given: What was given; `None` is always right.
        expected: What the rule of the bank says.
        field: The field, for the error.

    Raises:
        CodeError: `invalid_check_digit`.
    """
    if given is not None and given != expected:
        raise CodeError(
            "invalid_check_digit",
            "wrong check digit",
            field=field,
            position=len(number) + 1,
            expected=expected,
            found=given,
        )


def join_digits(*fields: tuple[str, str | None, int]) -> str:
    """Write fields of fixed length one after the other.

    Args:
        fields: Name, digits and length of each.

    Raises:
        CodeError: `missing`, `invalid_characters` or `invalid_length`, with the name of the field.
    """
    for name, text, length in fields:
        if not (text is not None and len(text) == length and text.isascii() and text.isdigit()):
            require_length(require_digits(require_given(text, name), field=name), length, field=name)
    return "".join([text or "" for _, text, _ in fields])


def require_given(text: str | None, field: str) -> str:
    """Return what the account may do without, but this boleto cannot.

    Raises:
        CodeError: `missing`.
    """
    if text is None:
        raise CodeError("missing", "the account does not say it, and the barcode needs it", field=field)
    return text


def require_choice(text: str, choices: Collection[str], field: str) -> str:
    """Return `text` if the bank has it.

    Raises:
        CodeError: `unknown_choice`.
    """
    if text not in choices:
        raise CodeError(
            "unknown_choice",
            "the layout for this one is not known",
            field=field,
            expected=f"one of {', '.join(sorted(choices))}",
            found=text,
        )
    return text


def require_prefix(text: str, prefix: str, field: str) -> str:
    """Return `text` if it begins with `prefix`.

    Raises:
        CodeError: `wrong_prefix`, with the first digit that differs.
    """
    for position, (expected, found) in enumerate(zip(prefix, text, strict=False), 1):
        if expected != found:
            raise CodeError(
                "wrong_prefix",
                f"does not begin with the {len(prefix)} digits of this account",
                field=field,
                position=position,
                expected=expected,
                found=found,
            )
    return text


def _wrong_length(number: str, lengths: Collection[int], check: int) -> CodeError:
    padded = next(length for length in range(len(lengths) + 1) if length + 1 not in lengths)
    known = [f"up to {padded}"] if padded else []
    known += [str(length) for length in sorted(lengths) if length > padded]
    return CodeError(
        "invalid_length",
        "wrong length",
        field=NOSSO_NUMERO,
        expected=f"{' or '.join(known)} digits"
        + (f", and {check} more with the check digit" if check else ""),
        found=f"{len(number)}",
    )
