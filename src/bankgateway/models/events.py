"""What a bank tells us on its own, by webhook today and by return file later."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from bankgateway.models.base import Instant, Model
from bankgateway.models.boleto import Boleto


class EventType(StrEnum):
    """What happened, the same for every bank."""

    REGISTERED = "registered"
    """It can be paid from now on."""
    REJECTED = "rejected"
    """The bank refused the registration after all."""
    PAID = "paid"
    """Money came in, in full or in part."""
    PAYMENT_REVERSED = "payment_reversed"
    """A payment told before did not stand."""
    CANCELLED = "cancelled"
    """Written off on request."""
    EXPIRED = "expired"
    """Written off because its time ran out."""
    CHANGED = "changed"
    """A command is in force."""
    COMMAND_REJECTED = "command_rejected"
    """The bank gave a command up."""
    PROTESTED = "protested"
    """Sent to the notary, or protested."""
    NEGATIVATED = "negativated"
    """Reported to a credit bureau."""
    FEE = "fee"
    """The bank charged a fee."""
    INFO = "info"
    """Something that changes nothing for the caller."""
    UNKNOWN = "unknown"
    """The bank's word is new to us."""


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
    occurred_at: Instant | None = None
    dedupe_key: str
    raw: Any = Field(default=None, repr=False)
