"""Barcode, digitable line and BR Code, written a second time.

`bankgateway.codes` has the same arithmetic. It is not used here on purpose: a fake bank that computes
with the client's own code would confirm the client's mistakes.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

BASE = date(1997, 10, 7)
RESTART = date(2025, 2, 22)


def modulo_10(digits: str) -> int:
    """Check digit: weights 2, 1, 2, ... from the right, digits of the products summed (FEBRABAN)."""
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return -total % 10


def barcode_digit(digits: str) -> int:
    """Check digit of a barcode: modulo 11, weights 2 to 9 from the right; 0, 10, 11 become 1 (FEBRABAN)."""
    total = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(digits)))
    result = 11 - total % 11
    return 1 if result in (0, 10, 11) else result


def due_factor(due: date) -> int:
    """Fator de vencimento: days since 1997-10-07; from 2025-02-22 on it starts again at 1000 (FEBRABAN)."""
    return (due - RESTART).days + 1000 if due >= RESTART else (due - BASE).days


def barcode(bank: str, due: date, amount: Decimal, free_field: str) -> str:
    """The 44 digits. `free_field` is the bank's campo livre, 25 digits."""
    rest = f"{due_factor(due):04d}{int(amount * 100):010d}{free_field}"
    return f"{bank}9{barcode_digit(f'{bank}9{rest}')}{rest}"


def digitable_line(barcode: str) -> str:
    """The 47 digits for a barcode, without punctuation."""
    fields = (barcode[:4] + barcode[19:24], barcode[24:34], barcode[34:44])
    return "".join(f"{field}{modulo_10(field)}" for field in fields) + barcode[4] + barcode[5:19]


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE over UTF-8, four upper-case hexadecimal digits (EMV, BR Code)."""
    value = 0xFFFF
    for byte in text.encode():
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return f"{value:04X}"


def br_code(url: str, amount: Decimal, name: str, city: str, postal_code: str = "") -> str:
    """A dynamic Pix BR Code: location without scheme, amount in reais, merchant.

    A location that makes template 26 longer than 99 gets a three-digit length, which is against EMV
    and is what Inter's sandbox writes.
    """
    account = _field("00", "BR.GOV.BCB.PIX") + _field("25", url)
    code = (
        _field("00", "01")
        + _field("01", "12")
        + _field("26", account)
        + _field("52", "0000")
        + _field("53", "986")
        + _field("54", f"{amount:.2f}")
        + _field("58", "BR")
        + _field("59", name)
        + _field("60", city)
        + (_field("61", postal_code) if postal_code else "")
        + _field("62", _field("05", "***"))
        + "6304"
    )
    return code + crc16(code)


def _field(identifier: str, value: str) -> str:
    return f"{identifier}{len(value):02d}{value}"
