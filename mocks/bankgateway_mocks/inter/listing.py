"""Inter's lists: filters, order, pages, the summary, and the history of callbacks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bankgateway_mocks.inter.charge import SITUATIONS, Charge, utc_milliseconds
from bankgateway_mocks.inter.validation import Section, Violations
from bankgateway_mocks.webhooks import Attempt, Notification

Query = Iterable[tuple[str, str]]
PAID = ("RECEBIDO", "MARCADO_RECEBIDO")
ORDERS: dict[str, Callable[[Charge, date], Any]] = {
    "PESSOA_PAGADORA": lambda charge, today: charge.payer["nome"],
    "TIPO_COBRANCA": lambda charge, today: "SIMPLES",
    "CODIGO_COBRANCA": lambda charge, today: charge.id,
    "IDENTIFICADOR": lambda charge, today: charge.seu_numero,
    "DATA_EMISSAO": lambda charge, today: charge.issued_on,
    "DATA_VENCIMENTO": lambda charge, today: charge.due,
    "VALOR": lambda charge, today: charge.amount,
    "STATUS": lambda charge, today: charge.situation(today)[0],
}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d{3})?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Found:
    """What a list query came to.

    Attributes:
        charges: Those that match, in order.
        violations: What is wrong with the query.
    """

    charges: list[Charge]
    violations: Violations


def listed(charges: Sequence[Charge], query: Query, today: date) -> Found:
    """Filter and order."""
    form = Section(dict(query), [])
    first, last = form.day("dataInicial"), form.day("dataFinal")
    by = form.choice("filtrarDataPor", ("VENCIMENTO", "EMISSAO", "PAGAMENTO"), required=False)
    situation = form.choice("situacao", SITUATIONS, required=False)
    kind = form.choice("tipoCobranca", ("SIMPLES", "PARCELADO", "RECORRENTE"), required=False)
    order = form.choice("ordenarPor", ORDERS, required=False) or "PESSOA_PAGADORA"
    direction = form.choice("tipoOrdenacao", ("ASC", "DESC"), required=False)
    payer = form.text("pessoaPagadora", 100).lower()
    tax_id = re.sub(r"[./-]", "", form.text("cpfCnpjPessoaPagadora", 18))
    number = form.text("seuNumero", 15)
    if first and last and last < first:
        form.complain("deve ser igual ou posterior a dataInicial", "dataFinal")
    if first is None or last is None or form.violations:
        return Found([], form.violations)

    def fits(charge: Charge) -> bool:
        day = _day(charge, by)
        return (
            day is not None
            and first <= day <= last
            and (not situation or charge.situation(today)[0] == situation)
            and kind in ("", "SIMPLES")
            and payer in charge.payer["nome"].lower()
            and (not tax_id or re.sub(r"\D", "", charge.payer["cpfCnpj"]) == tax_id)
            and (not number or charge.seu_numero == number)
        )

    found = sorted(filter(fits, charges), key=lambda charge: ORDERS[order](charge, today))
    return Found(found[::-1] if direction == "DESC" else found, [])


def _day(charge: Charge, by: str) -> date | None:
    if by == "EMISSAO":
        return charge.issued_on
    if by == "PAGAMENTO":
        return charge.since if charge.state in PAID else None
    return charge.due


def page(found: Found, query: Query, today: date) -> dict[str, Any]:
    """One page of a list; pages count from zero."""
    size, number = _paging(query, "paginacao.itensPorPagina", "paginacao.paginaAtual", 100)
    here = found.charges[number * size : (number + 1) * size]
    return {
        **_counters(len(found.charges), size, number),
        "tamanhoPagina": size,
        "numeroDeElementos": len(here),
        "cobrancas": [charge.item(today) for charge in here],
    }


def check_paging(query: Query) -> Violations:
    """What is wrong with the paging of a list."""
    violations: Violations = []
    _whole(query, "paginacao.itensPorPagina", 1, 1000, violations)
    _whole(query, "paginacao.paginaAtual", 0, 10**9, violations)
    return violations


def summed(charges: Sequence[Charge], today: date) -> list[dict[str, Any]]:
    """Number and value by status, the empty ones too."""
    groups = {name: [c for c in charges if c.situation(today)[0] == name] for name in SITUATIONS}
    return [
        {"situacao": name, "quantidade": len(group), "valor": sum((c.amount for c in group), Decimal(0))}
        for name, group in groups.items()
    ]


def callbacks_page(
    notifications: Sequence[Notification], query: Query, violations: Violations
) -> dict[str, Any]:
    """One page of the history of callbacks, newest first."""
    given = dict(query)
    begin, end = (_instant(given, name, violations) for name in ("dataHoraInicio", "dataHoraFim"))
    _whole(query, "tamanhoPagina", 10, 50, violations)
    _whole(query, "pagina", 0, 10**9, violations)
    if begin is None or end is None or violations:
        return {}
    wanted = given.get("codigoSolicitacao", "")
    rows = [
        (attempt, item)
        for item in notifications
        for attempt in item.attempts
        if begin <= attempt.at <= end and (not wanted or wanted in item.about)
    ]
    rows.sort(key=lambda row: row[0].at, reverse=True)
    size, number = _paging(query, "tamanhoPagina", "pagina", 20)
    here = rows[number * size : (number + 1) * size]
    return {**_counters(len(rows), size, number), "data": [_callback(*row) for row in here]}


def _callback(attempt: Attempt, item: Notification) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "webhookUrl": item.url,
        "payload": json.loads(item.body),
        "numeroTentativa": attempt.number,
        "dataHoraDisparo": utc_milliseconds(attempt.at),
        "sucesso": attempt.success,
    }
    if attempt.status is not None:
        shown["httpStatus"] = attempt.status
    if attempt.error is not None:
        shown["mensagemErro"] = attempt.error
    return shown


def _counters(total: int, size: int, number: int) -> dict[str, Any]:
    pages = -(-total // size)
    return {
        "totalPaginas": pages,
        "totalElementos": total,
        "primeiraPagina": number == 0,
        "ultimaPagina": number >= pages - 1,
    }


def _paging(query: Query, size: str, number: str, usual: int) -> tuple[int, int]:
    given = dict(query)
    return int(given.get(size) or usual), int(given.get(number) or 0)


def _whole(query: Query, name: str, minimum: int, maximum: int, violations: Violations) -> None:
    text = dict(query).get(name)
    if text is None:
        return
    if not re.fullmatch(r"[0-9]{1,9}", text) or not minimum <= int(text) <= maximum:
        reason = f"deve ser um número inteiro entre {minimum} e {maximum}"
        violations.append({"razao": reason, "propriedade": name, "valor": text})


def _instant(given: dict[str, str], name: str, violations: Violations) -> datetime | None:
    text = given.get(name, "")
    if _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    violations.append({"razao": "data e hora inválidas", "propriedade": name, "valor": text})
    return None
