"""Checks of a bank's answer against the request and against itself (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bankgateway.codes import CodeError, due_factor, parse_boleto_code, parse_br_code
from bankgateway.models.boleto import Boleto, NewBoleto, Notice


def contradictions(boleto: Boleto, new: NewBoleto | None, *, compe: str, today: date) -> tuple[Notice, ...]:
    """A notice for everything in the answer that does not fit.

    Args:
        boleto: The answer.
        new: The request, where there was one.
        compe: The bank's COMPE code, the first three digits of its barcodes.
        today: Reference of the due-date factor's window.
    """
    found = [*_echo(boleto, new), *_codes(boleto, new, compe, today), *_pix(boleto, new)]
    return tuple(Notice(code="answer_contradicts", field=field, message=text) for field, text in found)


def _echo(boleto: Boleto, new: NewBoleto | None) -> Iterator[tuple[str, str]]:
    if new is None:
        return
    if boleto.amount is not None and boleto.amount != new.amount:
        yield "amount", f"registered as {boleto.amount}, asked for {new.amount}"
    if boleto.due_date is not None and boleto.due_date != new.due_date:
        yield "due_date", f"registered as {boleto.due_date}, asked for {new.due_date}"


def _codes(boleto: Boleto, new: NewBoleto | None, compe: str, today: date) -> Iterator[tuple[str, str]]:
    amount = boleto.amount if boleto.amount is not None else (new.amount if new else None)
    due = boleto.due_date or (new.due_date if new else None)
    barcodes = set()
    for field in ("barcode", "digitable_line"):
        text = getattr(boleto, field)
        if text is None:
            continue
        try:
            code = parse_boleto_code(text, reference=today, strict=False)
        except CodeError as error:
            yield field, f"is not valid: {error.reason}"
            continue
        barcodes.add(code.barcode)
        if code.bank_code != compe:
            yield field, f"is of bank {code.bank_code}, not {compe}"
        if amount is not None and code.amount is not None and code.amount != amount:
            yield field, f"holds {code.amount} reais, the boleto {amount}"
        if due is not None and code.due_factor is not None and code.due_factor != _factor(due):
            yield field, f"holds another due date than {due}"
    if len(barcodes) > 1:
        yield "digitable_line", "is of another boleto than the barcode"


def _pix(boleto: Boleto, new: NewBoleto | None) -> Iterator[tuple[str, str]]:
    if boleto.pix is None or boleto.pix.emv is None:
        return
    try:
        code = parse_br_code(boleto.pix.emv, strict=False)
    except CodeError as error:
        yield "pix.emv", f"is not valid: {error.reason}"
        return
    for warning in code.warnings:
        yield "pix.emv", warning
    amount = boleto.amount if boleto.amount is not None else (new.amount if new else None)
    # Zero in a dynamic code means "see the payload".
    if amount is not None and code.amount and code.amount != amount:
        yield "pix.emv", f"holds {code.amount} reais, the boleto {amount}"


def _factor(day: date) -> str | None:
    try:
        return str(due_factor(day))
    except CodeError:
        return None
