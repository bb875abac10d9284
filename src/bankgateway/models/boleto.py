"""The boleto: what goes in (`NewBoleto`), what names it (`BoletoRef`), what comes out (`Boleto`)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from bankgateway.models.base import Day, Hide, Model, Money, PlainText, TaxId
from bankgateway.models.charges import Discount, Fine, Interest, Negativation, PaymentRule, Protest
from bankgateway.models.clock import BRASILIA
from bankgateway.models.party import PartialParty, Party


class DocumentKind(IntEnum):
    """Espécie de documento: the usual abbreviation, with the number of FEBRABAN table C015."""

    CH = 1
    DM = 2
    DMI = 3
    DS = 4
    DSI = 5
    DR = 6
    LC = 7
    NCC = 8
    NCE = 9
    NCI = 10
    NCR = 11
    NP = 12
    NPR = 13
    TM = 14
    TS = 15
    NS = 16
    RC = 17
    FAT = 18
    ND = 19
    AP = 20
    ME = 21
    PC = 22
    NF = 23
    DD = 24
    CPR = 25
    WAR = 26
    DAE = 27
    DAM = 28
    DAU = 29
    EC = 30
    CC = 31
    BDP = 32
    BDA = 33
    OU = 99


class BoletoStatus(StrEnum):
    """The life of a boleto, the same for every bank."""

    PENDING_REGISTRATION = "pending_registration"
    REGISTERED = "registered"
    OVERDUE = "overdue"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    PROTESTED = "protested"
    NEGATIVATED = "negativated"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Nothing more is expected to happen: paid, cancelled, expired or rejected."""
        return self in (self.PAID, self.CANCELLED, self.EXPIRED, self.REJECTED)


class PaymentChannel(StrEnum):
    """How a boleto was paid, as far as the bank tells."""

    BARCODE = "barcode"
    PIX = "pix"
    BRANCH = "branch"
    NOTARY = "notary"
    CHEQUE = "cheque"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class Notice(Model):
    """Something the caller should know about a result that is otherwise good.

    Attributes:
        code: Stable word: `text_changed`, `text_cut`, `answer_contradicts`, `already_registered`, ...
        field: Our name of the field it is about.
        message: A sentence for a person. Holds no personal data.
    """

    code: str
    message: str
    field: str | None = None


class Pix(Model):
    """The Pix half of a hybrid boleto.

    Attributes:
        txid: Identifier of the charge; `None` where the bank does not tell.
        emv: The BR Code, text of "Pix copia e cola" and of the QR.
        url: Location of the payload, without scheme.
    """

    txid: Annotated[str | None, Hide.LAST_6] = None
    emv: Annotated[str | None, Hide.LAST_6] = None
    url: Annotated[str | None, Hide.ALL] = None


class BoletoRef(Model):
    """Names a boleto at its bank. Any subset: a bank that needs a missing part says which.

    Attributes:
        bank_id: The bank's own id (Inter: `codigoSolicitacao`).
        nosso_numero: The bank number, digits as the bank's API uses them.
        seu_numero: The caller's own number.
        digitable_line: 47 digits (Sicredi's PDF is fetched by it).
        payer_tax_id: CPF or CNPJ of the payer (Sicoob's list is by payer).
        issue_date: Day of registration, which narrows a search.
    """

    bank_id: str | None = None
    nosso_numero: str | None = None
    seu_numero: str | None = None
    digitable_line: Annotated[str | None, Hide.LAST_6] = None
    payer_tax_id: Annotated[TaxId | None, Hide.LAST_4] = None
    issue_date: Day | None = None


class NewBoleto(Model):
    """A boleto to be registered.

    Attributes:
        amount: Valor nominal, reais.
        due_date: Vencimento, the last day without fine and interest.
        payer: Pagador.
        seu_numero: Your own document number. Banks differ in length: Inter 15, Itaú and Sicredi 10.
        nosso_numero: Only where the caller numbers; leave out where the bank does.
        issue_date: Data de emissão; today in Brasília when left out.
        document_kind: Espécie; the bank's usual one when left out.
        beneficiary: Only where it has to be named apart from the account.
        guarantor: Sacador avalista, also called beneficiário final.
        interest: Juros de mora.
        fine: Multa.
        discounts: Up to three, of one form, earliest first.
        rebate: Abatimento, reais.
        protest: Automatic protest.
        negativation: Automatic report to a credit bureau.
        payment_rule: Divergent and partial payment.
        messages: Lines printed on the boleto.
        hybrid: True asks for a Pix QR, false for none, `None` leaves it to the bank's default.
        expires_after_days: Days after the due date during which it can still be paid.
    """

    amount: Money
    due_date: Day
    payer: Party
    seu_numero: Annotated[PlainText, Field(min_length=1, max_length=25)]
    nosso_numero: Annotated[str | None, Field(pattern=r"^[0-9]{1,20}$")] = None
    issue_date: Day | None = None
    document_kind: DocumentKind | None = None
    beneficiary: Party | None = None
    guarantor: Party | None = None
    interest: Interest | None = None
    fine: Fine | None = None
    discounts: tuple[Discount, ...] = Field(default=(), max_length=3)
    rebate: Money | None = None
    protest: Protest | None = None
    negativation: Negativation | None = None
    payment_rule: PaymentRule | None = None
    messages: Annotated[tuple[PlainText, ...], Hide.ALL] = ()
    hybrid: bool | None = None
    expires_after_days: int | None = Field(default=None, ge=0, le=9999)

    @model_validator(mode="after")
    def _dates(self) -> Self:
        if self.issue_date is not None and self.due_date < self.issue_date:
            raise ValueError("due_date: before issue_date")
        for name, charge in (("interest", self.interest), ("fine", self.fine)):
            if charge is not None and charge.starts_on is not None and charge.starts_on <= self.due_date:
                raise ValueError(f"{name}.starts_on: must be after due_date")
        return self

    @model_validator(mode="after")
    def _values(self) -> Self:
        rebate = self.rebate or Decimal(0)
        if rebate >= self.amount:
            raise ValueError("rebate: must be below amount")
        if len({d.kind for d in self.discounts}) > 1:
            raise ValueError("discounts: all must be of one kind")
        if len(self.discounts) > 1 and not self.discounts[0].kind.has_limit:
            raise ValueError("discounts: a discount per day of anticipation stands alone")
        limits = [d.until for d in self.discounts if d.until is not None]
        if any(day > self.due_date for day in limits):
            raise ValueError("discounts: last day is after due_date")
        if any(later <= earlier for earlier, later in pairwise(limits)):
            raise ValueError("discounts: last days must be ascending and distinct")
        if any(d.amount is not None and d.amount + rebate >= self.amount for d in self.discounts):
            raise ValueError("discounts: discount and rebate must be below amount")
        return self


class Boleto(Model):
    """A boleto as the bank knows it. Fields the bank does not tell are `None`.

    Attributes:
        bank: Slug of the bank.
        ref: What to name it by in later calls.
        status: The uniform status.
        bank_status: The bank's own word.
        amount: Nominal amount, reais.
        barcode: 44 digits.
        digitable_line: 47 digits, without punctuation.
        pix: The Pix half of a hybrid.
        paid_amount: Reais received, with interest, fine and discount applied.
        paid_at: Instant of payment. Where the bank tells only the day: midnight in Brasília.
        credited_on: Day the money reaches the account.
        payment_channel: Barcode, Pix, ...
        fee: The bank's fee, reais.
        payer: As far as the answer names one.
        notices: Remarks: text that was cut, an answer that contradicts itself, ...
        raw: The bank's answer, complete. Personal data: mind where you log it.
        request_id: The bank's id of the request.
        http_status: HTTP status of the answer.
    """

    bank: str
    ref: BoletoRef
    status: BoletoStatus
    bank_status: str | None = None
    nosso_numero: str | None = None
    seu_numero: str | None = None
    amount: Decimal | None = None
    due_date: date | None = None
    issue_date: date | None = None
    barcode: Annotated[str | None, Hide.LAST_6] = None
    digitable_line: Annotated[str | None, Hide.LAST_6] = None
    pix: Pix | None = None
    paid_amount: Decimal | None = None
    paid_at: datetime | None = None
    credited_on: date | None = None
    payment_channel: PaymentChannel | None = None
    fee: Decimal | None = None
    payer: PartialParty | None = None
    guarantor: PartialParty | None = None
    interest: Interest | None = None
    fine: Fine | None = None
    discounts: tuple[Discount, ...] | None = None
    rebate: Decimal | None = None
    messages: Annotated[tuple[str, ...] | None, Hide.ALL] = None
    cancel_reason: Annotated[str | None, Hide.ALL] = None
    notices: tuple[Notice, ...] = ()
    raw: Any = Field(default=None, repr=False)
    request_id: str | None = None
    http_status: int | None = None

    @property
    def paid_on(self) -> date | None:
        """Calendar day of the payment in Brasília."""
        return self.paid_at.astimezone(BRASILIA).date() if self.paid_at else None

    def with_notices(self, *notices: Notice) -> Boleto:
        """The same boleto with remarks added."""
        return self.model_copy(update={"notices": self.notices + notices}) if notices else self
