"""`bankgateway decode`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from bankgateway.cli.console import make_console
from bankgateway.cli.output import clean, put, to_json
from bankgateway.codes import BoletoCode, BrCode, CodeError, parse_boleto_code, parse_br_code
from bankgateway.errors import ConfigurationError
from bankgateway.render.banks import printed_bank


def decode(
    code: Annotated[list[str], typer.Argument(help="Barcode, digitable line or Pix code, as pasted.")],
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Read the due date as on this day (YYYY-MM-DD).", metavar="DAY"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object instead of lines.")] = False,
) -> None:
    """Read a barcode, a digitable line or a Pix code, and check its digits."""
    text = " ".join(code)
    try:
        reference = date.fromisoformat(as_of) if as_of else None
    except ValueError:
        raise ConfigurationError(f"--as-of: {as_of!r} is not a day like 2026-11-20") from None
    facts = _pix(text) if text.strip().startswith("000201") else _boleto(text, reference)
    if as_json:
        put(to_json(facts, indent=2))
        return
    console = make_console()
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        # A Pix code is what a stranger wrote.
        shown = "-" if value is None else clean(value)
        console.print(f"{name.replace('_', ' '):{width}}  {shown}", soft_wrap=True)


def _boleto(text: str, reference: date | None) -> dict[str, Any]:
    try:
        code: BoletoCode = parse_boleto_code(text, reference=reference, strict=False)
    except CodeError as error:
        raise ConfigurationError(f"not a boleto: {error}") from None
    bank = printed_bank("", code.bank_code)
    return {
        "bank": code.bank_code,
        "bank_name": bank.name if bank else None,
        "amount": str(code.amount) if code.amount is not None else None,
        "due_date": code.due_date.isoformat() if code.due_date else None,
        "due_factor": code.due_factor,
        "free_field": code.free_field,
        "barcode": code.barcode,
        "digitable_line": code.digitable_line_formatted,
    }


def _pix(text: str) -> dict[str, Any]:
    try:
        code: BrCode = parse_br_code(text.strip(), strict=False)
    except CodeError as error:
        raise ConfigurationError(f"not a Pix code: {error}") from None
    return {
        "kind": code.kind.value,
        "amount": str(code.amount) if code.amount is not None else None,
        "merchant_name": code.merchant_name,
        "merchant_city": code.merchant_city,
        "key": code.key,
        "url": code.url,
        "txid": code.txid,
        "warnings": "; ".join(code.warnings) or None,
    }
