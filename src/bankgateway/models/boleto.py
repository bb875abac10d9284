"""The boleto: what goes in (`NewBoleto`), what names it (`BoletoRef`), what comes out (`Boleto`)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from bankgateway.models.base import (
    Amount,
    CompanyReference,
    Count,
    Day,
    DocumentNumber,
    Hide,
    Instant,
    Model,
    Money,
    SomeText,
    TextOrNone,
)
from bankgateway.models.charges import (
    Discount,
    Discounts,
    Fine,
    Interest,
    Negativation,
    PaymentRule,
    Protest,
)
from bankgateway.models.clock import BRASILIA
from bankgateway.models.party import PartialParty, Party


class DocumentKind(IntEnum):
    """Espécie de documento: the usual abbreviation, with the number of FEBRABAN table C015."""

    CH = 1
    """Cheque."""
    DM = 2
    """Duplicata mercantil."""
    DMI = 3
    """Duplicata mercantil por indicação."""
    DS = 4
    """Duplicata de serviço."""
    DSI = 5
    """Duplicata de serviço por indicação."""
    DR = 6
    """Duplicata rural."""
    LC = 7
    """Letra de câmbio."""
    NCC = 8
    """Nota de crédito comercial."""
    NCE = 9
    """Nota de crédito à exportação."""
    NCI = 10
    """Nota de crédito industrial."""
    NCR = 11
    """Nota de crédito rural."""
    NP = 12
    """Nota promissória."""
    NPR = 13
    """Nota promissória rural."""
    TM = 14
    """Triplicata mercantil."""
    TS = 15
    """Triplicata de serviço."""
    NS = 16
    """Nota de seguro."""
    RC = 17
    """Recibo."""
    FAT = 18
    """Fatura."""
    ND = 19
    """Nota de débito."""
    AP = 20
    """Apólice de seguro."""
    ME = 21
    """Mensalidade escolar."""
    PC = 22
    """Parcela de consórcio."""
    NF = 23
    """Nota fiscal."""
    DD = 24
    """Documento de dívida."""
    CPR = 25
    """Cédula de produto rural."""
    WAR = 26
    """Warrant."""
    DAE = 27
    """Dívida ativa de estado."""
    DAM = 28
    """Dívida ativa de município."""
    DAU = 29
    """Dívida ativa da União."""
    EC = 30
    """Encargos condominiais."""
    CC = 31
    """Cartão de crédito."""
    BDP = 32
    """Boleto de proposta."""
    BDA = 33
    """Boleto de depósito ou aporte."""
    OU = 99
    """Outros."""


class BoletoStatus(StrEnum):
    """The life of a boleto, the same for every bank."""

    PENDING_REGISTRATION = "pending_registration"
    """The bank took it and works on it; nobody can pay it yet."""
    REGISTERED = "registered"
    """Open: it can be paid."""
    OVERDUE = "overdue"
    """Open, past its due date, at banks that say so."""
    PARTIALLY_PAID = "partially_paid"
    """Open for the rest."""
    PAID = "paid"
    """Paid, or marked as paid; `payment_channel` tells."""
    CANCELLED = "cancelled"
    """Written off (baixa) without payment, on request."""
    EXPIRED = "expired"
    """Written off without payment because its time ran out."""
    REJECTED = "rejected"
    """The bank took the registration and then refused it."""
    PROTESTED = "protested"
    """At the notary, or protested."""
    NEGATIVATED = "negativated"
    """Reported to a credit bureau."""
    UNKNOWN = "unknown"
    """The bank's word is new to us; see `Boleto.bank_status`."""

    @property
    def is_final(self) -> bool:
        """Nothing more is expected to happen: paid, cancelled, expired or rejected."""
        return self in _FINAL


_FINAL = frozenset({BoletoStatus.PAID, BoletoStatus.CANCELLED, BoletoStatus.EXPIRED, BoletoStatus.REJECTED})


class PaymentChannel(StrEnum):
    """How a boleto was paid, as far as the bank tells."""

    BARCODE = "barcode"
    """By barcode or digitable line, wherever."""
    PIX = "pix"
    """By the Pix half of a hybrid."""
    BRANCH = "branch"
    """At the counter of a branch or correspondent."""
    NOTARY = "notary"
    """At the notary (cartório)."""
    CHEQUE = "cheque"
    """By cheque, which may still bounce."""
    OUTSIDE = "outside"
    """Marked as paid by hand: no money came in through the bank."""
    UNKNOWN = "unknown"
    """The bank does not say, or says it in a word new to us."""


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


def _compact(text: str | None) -> str | None:
    return re.sub(r"[\s./-]", "", text or "").upper() or None


Compact = Annotated[TextOrNone, AfterValidator(_compact)]
"""A code without punctuation."""


class BoletoRef(Model):
    """Names a boleto at its bank. Any subset: a bank that needs a missing part says which.

    Attributes:
        bank_id: The bank's own id (Inter: `codigoSolicitacao`).
        nosso_numero: The bank number, digits as the bank's API uses them.
        seu_numero: The caller's own number.
        digitable_line: 47 digits (Sicredi's PDF is fetched by it). Punctuation is taken off.
        payer_tax_id: CPF or CNPJ of the payer (Sicoob's list is by payer). Punctuation is taken off;
            the check digits are not looked at, since a bank's answer may lead here.
        issue_date: Day of registration, which narrows a search.
    """

    bank_id: TextOrNone = None
    nosso_numero: TextOrNone = None
    seu_numero: TextOrNone = None
    digitable_line: Annotated[Compact, Hide.LAST_6] = None
    payer_tax_id: Annotated[Compact, Hide.LAST_4] = None
    issue_date: Day | None = None


class NewBoleto(Model):
    """A boleto to be registered.

    Attributes:
        amount: Valor nominal, reais.
        due_date: Vencimento, the last day without fine and interest.
        payer: Pagador.
        seu_numero: Your own document number. Banks differ in length: Inter 15, Itaú and Sicredi 10.
        company_reference: A second reference of your own, which the bank keeps and gives back
            (identificação do título na empresa), where it has a field for it.
        nosso_numero: Only where the caller numbers; leave out where the bank does.
        issue_date: Data de emissão; today in Brasília when left out.
        document_kind: Espécie; the bank's usual one when left out.
        beneficiary: Only where it has to be named apart from the account.
        guarantor: Sacador avalista, also called beneficiário final.
        interest: Juros de mora.
        fine: Multa.
        discounts: Up to three, of one kind, earliest first.
        rebate: Abatimento, reais.
        protest: Automatic protest.
        negativation: Automatic report to a credit bureau.
        payment_rule: Divergent and partial payment.
        messages: Lines printed on the boleto.
        hybrid: True asks for a Pix QR, false for none, `None` leaves it to the bank's default.
        expires_after_days: Calendar days after the due date during which it can still be paid.
    """

    amount: Money
    due_date: Day
    payer: Party
    seu_numero: DocumentNumber
    company_reference: CompanyReference | None = None
    nosso_numero: Annotated[str | None, Field(pattern=r"^[0-9]{1,20}$")] = None
    issue_date: Day | None = None
    document_kind: DocumentKind | None = None
    beneficiary: Party | None = None
    guarantor: Party | None = None
    interest: Interest | None = None
    fine: Fine | None = None
    discounts: Discounts = ()
    rebate: Money | None = None
    protest: Protest | None = None
    negativation: Negativation | None = None
    payment_rule: PaymentRule | None = None
    messages: Annotated[tuple[SomeText, ...], Hide.ALL] = ()
    hybrid: bool | None = None
    expires_after_days: Annotated[Count, Field(ge=0, le=9999)] | None = None

    @model_validator(mode="after")
    def _dates(self) -> Self:
        if self.issue_date is not None and self.due_date < self.issue_date:
            raise ValueError("due_date: before issue_date")
        for name, charge in (("interest", self.interest), ("fine", self.fine)):
            if charge is not None and charge.starts_on is not None and charge.starts_on <= self.due_date:
                raise ValueError(f"{name}.starts_on: must be after due_date")
        for limit in (discount.until for discount in self.discounts):
            if limit is not None and limit > self.due_date:
                raise ValueError("discounts: last day is after due_date")
            if limit is not None and self.issue_date is not None and limit < self.issue_date:
                raise ValueError("discounts: last day is before issue_date")
        return self

    @model_validator(mode="after")
    def _values(self) -> Self:
        rebate = self.rebate or Decimal(0)
        if rebate >= self.amount:
            raise ValueError("rebate: must be below amount")
        if any(d.amount is not None and d.amount + rebate >= self.amount for d in self.discounts):
            raise ValueError("discounts: discount and rebate must be below amount")
        return self


def _bare(text: str | None) -> str | None:
    bare = _compact(text)
    return bare if bare is None or bare.isdigit() else text


BareCode = Annotated[TextOrNone, AfterValidator(_bare)]
"""Digits without the punctuation some banks print; what is no code at all stays as it came."""


class Boleto(Model):
    """A boleto as the bank knows it. Fields the bank does not tell are `None`.

    Attributes:
        bank: Slug of the bank.
        ref: What to name it by in later calls.
        status: The uniform status.
        bank_status: The bank's own word.
        amount: Nominal amount, reais.
        expires_on: Last day it can be paid.
        document_kind: Espécie.
        company_reference: The caller's second reference.
        barcode: 44 digits.
        digitable_line: 47 digits, without punctuation.
        print_url: Where the bank shows it for printing. Whoever has the address sees the debt.
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
    company_reference: str | None = None
    amount: Amount | None = None
    due_date: date | None = None
    issue_date: date | None = None
    expires_on: date | None = None
    document_kind: DocumentKind | None = None
    barcode: Annotated[BareCode, Hide.LAST_6] = None
    digitable_line: Annotated[BareCode, Hide.LAST_6] = None
    print_url: Annotated[str | None, Hide.ALL] = None
    pix: Pix | None = None
    paid_amount: Amount | None = None
    paid_at: Instant | None = None
    credited_on: date | None = None
    payment_channel: PaymentChannel | None = None
    fee: Amount | None = None
    payer: PartialParty | None = None
    guarantor: PartialParty | None = None
    interest: Interest | None = None
    fine: Fine | None = None
    discounts: tuple[Discount, ...] | None = None
    rebate: Amount | None = None
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
