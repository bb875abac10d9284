"""The barcode (44 digits) and the digitable line (47 digits) of a boleto: two spellings of one code.

Barcode: bank (3), currency `9`, general check digit, due factor (4), amount in centavos (10), free
field of the bank (25). FEBRABAN; layouts of Banco do Brasil and CAIXA for amounts without factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bankgateway.codes.amounts import two_places
from bankgateway.codes.characters import compact, require_digits, require_length
from bankgateway.codes.check_digits import mod10, mod11_or_one
from bankgateway.codes.due_factor import due_date as date_of_factor
from bankgateway.codes.due_factor import due_factor as factor_of_date
from bankgateway.codes.errors import CodeError

_SEPARATORS = " .-"
_CURRENCY_REAL = "9"
# Where fields 1 to 3 of the line lie, check digit included.
_LINE_FIELDS = ((0, 10), (10, 21), (21, 32))


@dataclass(frozen=True, slots=True, repr=False)
class BoletoCode:
    """A valid boleto code. Every instance has been checked.

    Attributes:
        barcode: The 44 digits.
        due_date: The due date, or `None` when the code states none (or none that can be read today:
            then `due_factor` is not `None`).

    Raises:
        CodeError: As `parse_boleto_code`, or `due_date_mismatch` for a date of another factor.
    """

    barcode: str
    due_date: date | None = None

    def __post_init__(self) -> None:
        _check_barcode(self.barcode)
        if self.due_date is not None:
            self._check_due_date(self.due_date)

    @property
    def bank_code(self) -> str:
        """COMPE code of the bank, three digits."""
        return self.barcode[:3]

    @property
    def due_factor(self) -> str | None:
        """The due factor, four digits from `1000`; `None` when the code has none."""
        # No factor begins with 0, so a 0 here is an amount that fills all 14 places.
        return None if self.barcode[5] == "0" else self.barcode[5:9]

    @property
    def amount(self) -> Decimal | None:
        """The amount in reais, two places; `None` when the code states none."""
        centavos = self.barcode[5:19] if self.due_factor is None else self.barcode[9:19]
        return Decimal(f"{centavos[:-2]}.{centavos[-2:]}") if int(centavos) else None

    @property
    def free_field(self) -> str:
        """The 25 digits every bank fills in its own way (campo livre)."""
        return self.barcode[19:]

    @property
    def digitable_line(self) -> str:
        """The digitable line (linha digitável), 47 digits."""
        code = self.barcode
        fields = (code[:4] + code[19:24], code[24:34], code[34:44])
        return "".join(f"{field}{mod10(field)}" for field in fields) + code[4] + code[5:19]

    @property
    def digitable_line_formatted(self) -> str:
        """The digitable line as printed: 54 characters, dots and spaces included."""
        return format_digitable_line(self.digitable_line)

    def __repr__(self) -> str:
        # Whoever has the whole code can look at the debt, or pay it: it stays out of logs.
        return (
            f"BoletoCode(bank_code={self.bank_code!r}, due_date={self.due_date}, "
            f"amount={self.amount}, barcode='***{self.barcode[-6:]}')"
        )

    def _check_due_date(self, day: date) -> None:
        expected = str(factor_of_date(day))
        if self.due_factor != expected:
            raise CodeError(
                "due_date_mismatch",
                "the due date has another factor than the barcode",
                field="due factor",
                position=6,
                expected=expected,
                found=self.due_factor or "none",
            )


def build_boleto_code(
    *, bank_code: str, free_field: str, amount: Decimal | None, due_date: date | None
) -> BoletoCode:
    """Put a boleto code together.

    Args:
        bank_code: COMPE code, three digits.
        free_field: The bank's 25 digits (campo livre).
        amount: Reais, at most two decimals and 99,999,999,999.99. `None` or zero: not stated.
        due_date: The due date, or `None` for none. An amount above 99,999,999.99 takes the places
            of the factor: then the code has no due date, whatever is given here.

    Raises:
        TypeError: The amount is not a `Decimal`, the due date is a `datetime`.
        CodeError: `amount_out_of_range`, `due_date_out_of_range`, `invalid_length`,
            `invalid_characters`, `not_a_boleto` (a bank code that begins with 8).
    """
    require_length(require_digits(bank_code, field="bank code"), 3, field="bank code")
    require_length(require_digits(free_field, field="free field"), 25, field="free field")
    factor = "0000" if due_date is None else str(factor_of_date(due_date))
    centavos = "0" if amount is None else two_places(amount).replace(".", "")
    if len(centavos) > 13:
        raise CodeError(
            "amount_out_of_range",
            "the amount does not fit into a barcode",
            field="amount",
            expected="at most 99999999999.99",
        )
    if len(centavos) > 10:
        block, due_date = centavos.zfill(14), None
    else:
        block = factor + centavos.zfill(10)
    digit = mod11_or_one(bank_code + _CURRENCY_REAL + block + free_field)
    if bank_code.startswith("8"):
        raise _not_a_boleto()
    return _checked_code(f"{bank_code}{_CURRENCY_REAL}{digit}{block}{free_field}", due_date)


def parse_boleto_code(text: str, *, reference: date | None = None, strict: bool = True) -> BoletoCode:
    """Read a barcode or a digitable line.

    Args:
        text: 44 or 47 digits, with or without spaces, dots and hyphens.
        reference: The day on which it is read; the due date depends on it (see `due_date`).
            Default: today in Brasília.
        strict: When false, a due factor that has no date today gives `due_date=None` instead of an
            error.

    Raises:
        TypeError: The input is not text.
        CodeError: In this order `invalid_characters`, `not_a_boleto` (a tax or utility bill),
            `invalid_length`, `invalid_currency`, `invalid_field_check_digit`,
            `invalid_check_digit`, `due_factor_out_of_range`.
    """
    digits = require_digits(compact(text, _SEPARATORS))
    if len(digits) == 47:
        barcode = _barcode_of_line(digits)
    else:
        _check_barcode(barcode := digits)
    due = None
    if barcode[5] != "0":
        try:
            due = date_of_factor(int(barcode[5:9]), reference=reference)
        except CodeError:
            if strict:
                raise
    return _checked_code(barcode, due)


def _checked_code(barcode: str, due_date: date | None) -> BoletoCode:
    """A code whose digits were just computed or checked: the constructor would do so again."""
    code = object.__new__(BoletoCode)
    object.__setattr__(code, "barcode", barcode)
    object.__setattr__(code, "due_date", due_date)
    return code


def format_digitable_line(text: str) -> str:
    """Write a digitable line as printed: `AAABC.CCCCX DDDDD.DDDDDY EEEEE.EEEEEZ K UUUUVVVVVVVVVV`.

    The check digits are not looked at, so a line whose digits a sandbox invented can be shown too.

    Raises:
        CodeError: `invalid_characters` or `invalid_length`.
    """
    line = require_length(require_digits(compact(text, _SEPARATORS)), 47)
    fields = [f"{line[start : start + 5]}.{line[start + 5 : end]}" for start, end in _LINE_FIELDS]
    return " ".join([*fields, line[32], line[33:]])


def _barcode_of_line(line: str) -> str:
    _check_currency(line)
    for number, (start, end) in enumerate(_LINE_FIELDS, 1):
        expected, found = str(mod10(line[start : end - 1])), line[end - 1]
        if expected != found:
            raise CodeError(
                "invalid_field_check_digit",
                "wrong check digit",
                field=f"field {number}",
                position=end,
                expected=expected,
                found=found,
            )
    barcode = line[:4] + line[32:47] + line[4:9] + line[10:20] + line[21:31]
    _check_general_digit(barcode, position=33)
    return barcode


def _check_barcode(digits: str) -> None:
    require_digits(digits)
    if len(digits) == 48 or (len(digits) == 44 and digits.startswith("8")):
        raise _not_a_boleto()
    if len(digits) != 44:
        raise CodeError("invalid_length", "wrong length", expected="44 or 47 digits", found=f"{len(digits)}")
    _check_currency(digits)
    _check_general_digit(digits, position=5)


def _not_a_boleto() -> CodeError:
    return CodeError("not_a_boleto", "this is a tax or utility bill (arrecadação), not a boleto")


def _check_currency(digits: str) -> None:
    if digits[3] != _CURRENCY_REAL:
        raise CodeError(
            "invalid_currency",
            "unknown currency",
            field="currency",
            position=4,
            expected=_CURRENCY_REAL,
            found=digits[3],
        )


def _check_general_digit(barcode: str, *, position: int) -> None:
    expected, found = str(mod11_or_one(barcode[:4] + barcode[5:])), barcode[4]
    if expected != found:
        raise CodeError(
            "invalid_check_digit",
            "wrong check digit",
            field="general check digit",
            position=position,
            expected=expected,
            found=found,
        )
