"""Boletos and results, as text and as JSON. Everything the user asked for, but no raw answers."""

from __future__ import annotations

from typing import Any

from bankgateway.cli.output import clean, put_result, to_json
from bankgateway.models.base import Model
from bankgateway.models.boleto import Boleto
from bankgateway.models.results import CommandResult


def to_data(model: Model) -> dict[str, Any]:
    """What a model says, ready for JSON: amounts as text, without what the bank does not tell."""
    exclude: Any = {"raw": True, "boleto": {"raw"}} if isinstance(model, CommandResult) else {"raw"}
    return model.model_dump(mode="json", exclude=exclude, exclude_none=True)


def show(model: Boleto | CommandResult, *, as_json: bool) -> None:
    """Print a result."""
    if as_json:
        put_result(to_json(to_data(model)))
    elif isinstance(model, Boleto):
        put_result(lines(boleto_facts(model)))
    else:
        put_result(lines(result_facts(model)))


def lines(facts: dict[str, Any]) -> str:
    """Names and values in two columns; what has no value is left out."""
    told = {name: str(value) for name, value in facts.items() if value not in (None, "")}
    width = max(map(len, told), default=0)
    return "\n".join(f"{name:{width}}  {clean(value)}" for name, value in told.items())


def boleto_facts(boleto: Boleto) -> dict[str, Any]:
    """What people ask of a boleto first."""
    payer, pix = boleto.payer, boleto.pix
    return {
        "status": _with_word(boleto.status, boleto.bank_status),
        "bank id": boleto.ref.bank_id,
        "nosso numero": boleto.nosso_numero,
        "seu numero": boleto.seu_numero,
        "amount": boleto.amount,
        "due date": boleto.due_date,
        "payer": " ".join(filter(None, (payer.name, payer.tax_id))) if payer else None,
        "paid": boleto.paid_amount,
        "paid on": boleto.paid_on,
        "paid by": boleto.payment_channel,
        "line": boleto.digitable_line,
        "pix": pix.emv if pix else None,
        **{f"notice {n}": notice.message for n, notice in enumerate(boleto.notices, 1)},
    }


def result_facts(result: CommandResult) -> dict[str, Any]:
    """What became of a command."""
    return {
        result.kind: _with_word(result.status, result.bank_status),
        "bank id": result.ref.bank_id,
        "tracking id": result.tracking_id,
        **{f"notice {n}": notice.message for n, notice in enumerate(result.notices, 1)},
    }


def row(boleto: Boleto) -> str:
    """A boleto in one line, for lists, with the codes of its notices."""
    amount = "-" if boleto.amount is None else f"{boleto.amount:.2f}"
    name = boleto.payer.name if boleto.payer else None
    cells = (
        f"{boleto.due_date or '-'!s:10}",
        f"{amount:>14}",
        f"{boleto.status.value:20}",
        f"{clean(boleto.seu_numero or '-'):15}",
        f"{clean(boleto.ref.bank_id or boleto.nosso_numero or '-'):36}",
        clean(name or "-"),
        *(f"({notice.code})" for notice in boleto.notices),
    )
    return "  ".join(cells)


HEAD = "  ".join(
    (
        f"{'due date':10}",
        f"{'amount':>14}",
        f"{'status':20}",
        f"{'seu numero':15}",
        f"{'bank id':36}",
        "payer",
    )
)
"""The head of a list of rows."""


def _with_word(status: str, word: str | None) -> str:
    return f"{status} ({word})" if word else str(status)
