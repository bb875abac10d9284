"""Checks of a bank's answer against the request and against itself (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bankgateway.codes import (
    BoletoCode,
    BrCodeKind,
    CodeError,
    due_factor,
    parse_boleto_code,
    parse_br_code,
    scrub,
)
from bankgateway.models.boleto import Boleto, DocumentKind, NewBoleto, Notice

Finding = tuple[str, str]
"""A field of `Boleto`, and what contradicts it."""

_MOST_WITH_FACTOR = Decimal("99999999.99")
# Card and proposal slips leave amount or due date open in the barcode.
_OPEN_KINDS = (DocumentKind.CC, DocumentKind.BDP)


def contradictions(boleto: Boleto, new: NewBoleto | None, *, compe: str, today: date) -> tuple[Notice, ...]:
    """A notice for everything in the answer that does not fit. Never an error, whatever the bank wrote.

    Args:
        boleto: The answer.
        new: The request, where there was one.
        compe: The bank's COMPE code, the first three digits of its barcodes.
        today: Reference of the due-date factor's window.
    """
    expected = _Expected.of(boleto, new, compe)
    found = [*_echo(boleto, new), *_codes(boleto, expected, today), *_pix(boleto, expected)]
    return tuple(Notice(code="answer_contradicts", field=field, message=text) for field, text in found)


@dataclass(frozen=True, slots=True)
class _Expected:
    """What the codes must say: as the answer tells, or as it was asked for where the answer is silent."""

    compe: str
    amount: Decimal | None
    due_date: date | None
    is_open: bool

    @classmethod
    def of(cls, boleto: Boleto, new: NewBoleto | None, compe: str) -> _Expected:
        return cls(
            compe=compe,
            amount=boleto.amount if boleto.amount is not None else (new.amount if new else None),
            due_date=boleto.due_date or (new.due_date if new else None),
            is_open=(boleto.document_kind or (new.document_kind if new else None)) in _OPEN_KINDS,
        )


def _echo(boleto: Boleto, new: NewBoleto | None) -> Iterator[Finding]:
    if new is None:
        return
    if boleto.amount is not None and boleto.amount != new.amount:
        yield "amount", f"registered as {boleto.amount}, asked for {new.amount}"
    if boleto.due_date is not None and boleto.due_date != new.due_date:
        yield "due_date", f"registered as {boleto.due_date}, asked for {new.due_date}"


def _codes(boleto: Boleto, expected: _Expected, today: date) -> Iterator[Finding]:
    barcodes = set()
    for field in ("barcode", "digitable_line"):
        text = getattr(boleto, field)
        if not text:
            continue
        try:
            code = parse_boleto_code(text, reference=today, strict=False)
        except CodeError as error:
            yield field, f"is not valid: {error.reason}"
            continue
        barcodes.add(code.barcode)
        if text != getattr(code, field):
            yield field, f"is not a {field.replace('_', ' ')} but the other form of the code"
        yield from ((field, text) for text in _code(code, expected))
    if len(barcodes) > 1:
        yield "digitable_line", "is of another boleto than the barcode"


def _code(code: BoletoCode, expected: _Expected) -> Iterator[str]:
    if code.bank_code != expected.compe:
        yield f"is of bank {code.bank_code}, not {expected.compe}"
    amount, due = expected.amount, expected.due_date
    if amount is not None and code.amount != amount and not (expected.is_open and code.amount is None):
        yield f"holds {code.amount or 'no'} reais, the boleto {amount}"
    if due is None or code.due_factor == _factor(due):
        return
    if code.due_factor is not None:
        yield f"holds another due date than {due}"
    # A large amount takes the places of the factor.
    elif not expected.is_open and (code.amount is None or code.amount <= _MOST_WITH_FACTOR):
        yield f"holds no due date, the boleto {due}"


def _pix(boleto: Boleto, expected: _Expected) -> Iterator[Finding]:
    if boleto.pix is None or not boleto.pix.emv:
        return
    try:
        code = parse_br_code(boleto.pix.emv, strict=False)
    except CodeError as error:
        yield "pix.emv", f"is not valid: {error.reason}"
        return
    for warning in code.warnings:
        yield "pix.emv", scrub(warning)
    if code.kind is BrCodeKind.STATIC:
        yield "pix.emv", "is a static code: paying it does not settle the boleto"
    # Zero in a dynamic code means "see the payload".
    if expected.amount is not None and code.amount and code.amount != expected.amount:
        yield "pix.emv", f"holds {code.amount} reais, the boleto {expected.amount}"


def _factor(day: date) -> str | None:
    try:
        return str(due_factor(day))
    except CodeError:
        return None
