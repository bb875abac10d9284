"""What a bank tells us on its own, by webhook today and by return file later."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from bankgateway.models.base import Model
from bankgateway.models.boleto import Boleto


class EventType(StrEnum):
    """What happened, the same for every bank."""

    REGISTERED = "registered"
    REJECTED = "rejected"
    PAID = "paid"
    PAYMENT_REVERSED = "payment_reversed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    CHANGED = "changed"
    COMMAND_REJECTED = "command_rejected"
    PROTESTED = "protested"
    NEGATIVATED = "negativated"
    FEE = "fee"
    INFO = "info"
    UNKNOWN = "unknown"


class Event(Model):
    """One thing that happened to one boleto.

    No supported bank signs its messages: confirm with `BankClient.query` before money is credited.

    Attributes:
        type: The uniform type; `UNKNOWN` when the bank's word is new to us.
        boleto: What the message says of the boleto; often only part of it.
        occurred_at: Instant of the event, aware.
        dedupe_key: Equal for repetitions of the same event. Keep it at least 30 days.
        raw: The item of the message, complete.
    """

    type: EventType
    boleto: Boleto | None = None
    occurred_at: datetime | None = None
    dedupe_key: str
    raw: Any = Field(default=None, repr=False)
