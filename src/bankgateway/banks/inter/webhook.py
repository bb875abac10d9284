"""Notifications of Banco Inter: a JSON array, also for one event.

Nothing in the message proves its sender: Inter presents a client certificate to your TLS server, signed by
the `ca.crt` of `Certificado_Webhook.zip`. Check it there, or confirm each event with a query.

Source: Banco Inter, API Cobrança v3, "webhook"; headers as seen in the sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bankgateway.banks.inter.mapping import EVENTS, from_notification
from bankgateway.banks.inter.wire import Notificacao
from bankgateway.models.events import Event, EventType
from bankgateway.models.reading import load_json, read_text

ACCOUNT_HEADER = "x-conta-corrente"


def parse(body: bytes) -> list[Event]:
    """The events of a notification.

    Raises:
        ValueError: Not JSON, or not a list of objects with `codigoSolicitacao` and `situacao`.
    """
    if not body.strip():
        raise ValueError("the body is empty")
    data = load_json(body)
    items = data if isinstance(data, list) else [data]
    if not items:
        raise ValueError("the list is empty")
    return [to_event(item) for item in items]


def to_event(raw: Any) -> Event:
    """One item as an event. An unknown status is an event of type `UNKNOWN`, not an error."""
    if not isinstance(raw, Mapping):
        raise ValueError("an item is not an object")
    item = Notificacao.model_validate(raw)
    if item.codigoSolicitacao is None or item.situacao is None:
        raise ValueError("an item lacks codigoSolicitacao or situacao")
    moment = read_text(raw.get("dataHoraSituacao")) or ""
    return Event(
        type=EVENTS.get(item.situacao, EventType.UNKNOWN),
        boleto=from_notification(item, raw),
        occurred_at=item.dataHoraSituacao,
        dedupe_key=f"inter|{item.codigoSolicitacao}|{item.situacao}|{moment}",
        raw=raw,
    )
