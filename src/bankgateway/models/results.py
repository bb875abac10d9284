"""Results that are not a boleto: commands, bulk registration, settlements, webhooks, searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from bankgateway.models.base import Amount, Count, Day, Hide, Instant, Model, TaxId, TextOrNone
from bankgateway.models.boleto import Boleto, BoletoRef, BoletoStatus, NewBoleto, Notice, PaymentChannel


class CommandStatus(StrEnum):
    """How far a command got."""

    DONE = "done"
    """In force."""
    ACCEPTED = "accepted"
    """The bank works on it, or somebody at the bank has to approve it."""


class CommandResult(Model):
    """The bank took the command. A refusal is an error, never a result.

    Attributes:
        status: `DONE`: in force. `ACCEPTED`: the bank works on it; see `BankClient.follow`.
        kind: Kind of the command.
        ref: The boleto it was about.
        bank_status: The bank's own word.
        tracking_id: The bank's id of the change, where it gives one.
        boleto: The boleto read again after the change, where the client did.
        notices: Remarks.
        raw: The bank's answer.
    """

    status: CommandStatus
    kind: str
    ref: BoletoRef
    bank_status: str | None = None
    tracking_id: str | None = None
    boleto: Boleto | None = None
    notices: tuple[Notice, ...] = ()
    raw: Any = Field(default=None, repr=False)
    request_id: str | None = None
    http_status: int | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """One item of `register_many`: exactly one of `boleto` and `error` is set.

    Attributes:
        index: Position in the input, from 0.
        new: The input.
        boleto: The registered boleto.
        error: What went wrong with this one. An `OutcomeUnknown` must be looked up, not repeated.
    """

    index: int
    new: NewBoleto
    boleto: Boleto | None = None
    error: Exception | None = None


class Settlement(Model):
    """Money received for a boleto.

    Attributes:
        ref: The boleto.
        payment_id: The bank's own number of the payment, where it has one. It tells several payments
            of one boleto apart.
        amount: Nominal amount, reais.
        paid_amount: What the payer paid, reais; `None` where the bank does not tell.
        paid_on: Day of payment in Brasília.
        credited_on: Day the money reaches the account.
        credited_amount: What reaches the account, reais.
        payment_channel: How it was paid.
        interest: Part of `paid_amount`, reais.
        fine: Part of `paid_amount`, reais.
        discount: Taken off, reais.
        rebate: Taken off, reais.
        fee: The bank's fee, reais.
        bank_status: The bank's own word.
        raw: The bank's item.
    """

    bank: str
    ref: BoletoRef
    payment_id: str | None = None
    amount: Amount | None = None
    paid_amount: Amount | None = None
    paid_on: date | None = None
    credited_on: date | None = None
    credited_amount: Amount | None = None
    payment_channel: PaymentChannel | None = None
    interest: Amount | None = None
    fine: Amount | None = None
    discount: Amount | None = None
    rebate: Amount | None = None
    fee: Amount | None = None
    bank_status: str | None = None
    raw: Any = Field(default=None, repr=False)
    request_id: str | None = None
    http_status: int | None = None


class WebhookRegistration(Model):
    """A webhook as the bank has it.

    Attributes:
        url: Where the bank posts to. It may hold a secret: hidden in `repr`.
        id: The bank's id of the registration, where there is one.
        active: Whether the bank delivers to it.
        created_at: Aware instant.
        updated_at: Aware instant.
    """

    url: Annotated[str | None, Hide.ALL]
    id: str | None = None
    active: bool | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    raw: Any = Field(default=None, repr=False)
    request_id: str | None = None
    http_status: int | None = None


class SearchDate(StrEnum):
    """Which date a search is by."""

    DUE = "due"
    """Due date."""
    ISSUE = "issue"
    """Day of registration."""
    PAYMENT = "payment"
    """Day of payment."""


class Search(Model):
    """Criteria of `BankClient.search`. A filter that the bank lacks is `Unsupported`.

    Attributes:
        since: First day, inclusive.
        until: Last day, inclusive.
        by: Which date `since` and `until` are about.
        status: Only this status.
        payer_tax_id: Only this payer.
        payer_name: Only payers with this name.
        seu_numero: Only this document number.
        bank_filters: Filters and orders that only this bank has, by its own names.
        page_size: Boletos a page; the bank's maximum when left out.
    """

    since: Day
    until: Day
    by: SearchDate = SearchDate.DUE
    status: BoletoStatus | None = None
    payer_tax_id: Annotated[TaxId | None, Hide.LAST_4] = None
    payer_name: Annotated[TextOrNone, Hide.ALL] = None
    seu_numero: TextOrNone = None
    bank_filters: Annotated[Mapping[str, str], Hide.ALL] = Field(default_factory=dict)
    page_size: Annotated[Count, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.until < self.since:
            raise ValueError("until: before since")
        return self

    def filters(self) -> Mapping[str, Any]:
        """The optional filters that are set, by name."""
        rest = ("since", "until", "by", "page_size", "bank_filters")
        names = [n for n in type(self).model_fields if n not in rest]
        return {name: value for name in names if (value := getattr(self, name)) is not None}
