"""Notifications of NEW_NAME: a JSON object for each event.

Nothing in the message proves its sender: confirm each event with a query.

Source: PLACEHOLDER, an invented API. Delete this file where the bank has no webhook, and say how one gets to
know of payments.
"""

from __future__ import annotations

from collections.abc import Mapping

from bankgateway.banks.newbank.config import BANK
from bankgateway.banks.newbank.mapping import EVENTS, to_boleto
from bankgateway.banks.newbank.wire import Notificacao
from bankgateway.models.events import Event, EventType
from bankgateway.models.reading import load_json


# PLACEHOLDER: the form of a notification, and what is the same when the bank repeats one.
def parse(body: bytes) -> list[Event]:
    """The events of a notification. An event we do not know is of type `UNKNOWN`, not an error.

    Raises:
        ValueError: Not JSON, or not an object with `id`, `evento` and `boleto`.
    """
    raw = load_json(body)
    if not isinstance(raw, Mapping):
        raise ValueError("it is not an object")
    read = Notificacao.model_validate(raw)
    if read.id is None or read.evento is None or read.boleto is None:
        raise ValueError("it lacks id, evento or boleto")
    return [
        Event(
            type=EVENTS.get(read.evento, EventType.UNKNOWN),
            boleto=to_boleto(read.boleto),
            occurred_at=read.dataHora,
            dedupe_key=f"{BANK}|{read.id}",
            raw=raw,
        )
    ]
