"""Everything that stands on a printed boleto."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Required, Self, TypedDict, Unpack

from pydantic import BeforeValidator, Field, model_validator

from bankgateway.codes import BrCodeKind, CodeError, due_factor, parse_boleto_code, parse_br_code
from bankgateway.models.base import Day, Hide, Model, MoneyOrZero, PlainText
from bankgateway.models.boleto import Boleto, DocumentKind, NewBoleto
from bankgateway.models.party import PartialParty, Party
from bankgateway.render.banks import PrintedBank, printed_bank
from bankgateway.render.wording import charges

ANY_BANK = "Pagável em qualquer banco"
"""Local de pagamento. CAIXA and others have sentences of their own."""

_REQUESTED = (
    "seu_numero", "amount", "due_date", "issue_date", "document_kind", "guarantor", "interest", "fine",
    "discounts", "rebate", "messages",
)  # fmt: skip

ShortText = Annotated[PlainText, Field(max_length=40)]
Lines = Annotated[tuple[str, ...], Hide.ALL]


def _path(value: object) -> object:
    return Path(value) if isinstance(value, str) else value


Logo = Annotated[bytes | Path, BeforeValidator(_path)]


class PrintedData(TypedDict, total=False):
    """What a `Boleto` lacks for print: it says what the bank's answer says, which is not all of it.

    Attributes:
        beneficiary: Who is paid, with the address (law 12.039/2009).
        new: The request the boleto was registered with. What the answer is silent about comes from it: payer,
            charges, messages and so on. Give it right after `register`, whose answer some banks keep short.
        payer: In place of the one in the request or the answer.
        guarantor: In place of the one in the answer. It has to be printed where there is one.
        nosso_numero_printed: As the bank wants it on paper (`109/00000123-8`); the number of its API when
            left out.
        agency_and_code: Agência / código do beneficiário, as the bank wants it on paper.
        carteira: Carteira, as the bank wants it on paper.
        document_kind: Espécie; that of the answer when left out.
        accepted: Aceite.
        payment_place: Local de pagamento; `Pagável em qualquer banco` when left out.
        processing_date: Day the slip is made; the issue date when left out.
        instructions: More lines for the instructions box, after interest, fine, discounts, rebate, the last
            day and the messages of the answer, which are there by themselves.
        details: Lines for the receipt: what is charged.
        bank_name: For the place of the logo; known for the nine banks.
        bank_code: COMPE code with its digit, `077-9`; known for the nine banks.
        logo: The bank's logo in place of its name: content or path of a PNG, JPEG or SVG file.
        strict: False prints also a boleto that contradicts itself, as those of sandboxes do.
    """

    beneficiary: Required[Party]
    new: NewBoleto
    payer: Party | PartialParty
    guarantor: Party | PartialParty
    nosso_numero_printed: str
    agency_and_code: str
    carteira: str
    document_kind: DocumentKind | str
    accepted: bool
    payment_place: str
    processing_date: date
    instructions: Sequence[str]
    details: Sequence[str]
    bank_name: str
    bank_code: str
    logo: bytes | Path | str
    strict: bool


class Slip(Model):
    """A printed boleto: all that stands on it, ready to be drawn. Usually made by `Slip.of`.

    Unless `strict` is false, barcode, digitable line, amount, due date and Pix code must agree: whoever
    pays a slip that contradicts itself pays the wrong boleto. After an amount or a due date was changed at
    the bank, query the boleto again before you print it.

    Attributes:
        bank_code: COMPE code with its digit, `077-9`.
        bank_name: Printed where there is no logo.
        barcode: 44 digits.
        digitable_line: 47 digits.
        beneficiary: Beneficiário, with address.
        payer: Pagador; a name at least.
        guarantor: Sacador avalista.
        nosso_numero: As printed.
        seu_numero: Número do documento.
        due_date: Vencimento.
        amount: Valor do documento, reais; `None` or zero leave it blank.
        issue_date: Data do documento.
        processing_date: Data do processamento.
        agency_and_code: Agência / código do beneficiário.
        carteira: Carteira.
        document_kind: Espécie do documento (`DM`).
        accepted: Aceite.
        payment_place: Local de pagamento.
        instructions: Lines of the instructions box.
        details: Lines of the receipt, what is charged (demonstrativo).
        pix_emv: The BR Code of a hybrid.
        logo: Content or path of a PNG, JPEG or SVG file.
        strict: Whether contradictions are refused.
    """

    bank_code: Annotated[str, Field(pattern=r"^[0-9]{3}-[0-9X]$")]
    bank_name: ShortText
    barcode: Annotated[str, Field(pattern=r"^[0-9]{44}$"), Hide.LAST_6]
    digitable_line: Annotated[str, Field(pattern=r"^[0-9]{47}$"), Hide.LAST_6]
    beneficiary: Party
    payer: Party | PartialParty
    guarantor: Party | PartialParty | None = None
    nosso_numero: ShortText
    seu_numero: ShortText
    due_date: Day
    amount: MoneyOrZero | None = None
    issue_date: Day | None = None
    processing_date: Day | None = None
    agency_and_code: ShortText = ""
    carteira: ShortText = ""
    document_kind: ShortText = ""
    accepted: bool = False
    payment_place: Annotated[PlainText, Field(max_length=200)] = ANY_BANK
    instructions: Lines = ()
    details: Lines = ()
    pix_emv: Annotated[str | None, Hide.LAST_6] = None
    logo: Annotated[Logo | None, Field(repr=False)] = None
    strict: bool = True

    @classmethod
    def of(cls, boleto: Boleto, **printed: Unpack[PrintedData]) -> Self:
        """The slip of a boleto that the bank has registered.

        Args:
            boleto: As `register` or `query` gave it.
            **printed: What the boleto itself lacks, see `PrintedData`.

        Raises:
            TypeError: `beneficiary` is missing, or a keyword is none of `PrintedData`.
            ValueError: The boleto has no barcode, line, number, amount or due date yet, or contradicts
                itself, or something that has to be printed is missing. The message holds no personal data.
        """
        # A checker sees it, a misspelt key of a dictionary would be dropped in silence.
        strangers = printed.keys() - PrintedData.__annotations__.keys()
        if strangers or "beneficiary" not in printed:
            raise TypeError(f"unknown: {', '.join(strangers)}" if strangers else "beneficiary is needed")
        boleto = _completed(boleto, printed.get("new"))
        barcode = _told(boleto, "barcode")
        bank = printed_bank(boleto.bank, barcode[:3])
        kind = printed.get("document_kind", boleto.document_kind)
        return cls(
            bank_code=printed.get("bank_code") or _known(bank, boleto.bank).code,
            bank_name=printed.get("bank_name") or _known(bank, boleto.bank).name,
            barcode=barcode,
            digitable_line=_told(boleto, "digitable_line"),
            beneficiary=printed["beneficiary"],
            payer=printed.get("payer", boleto.payer) or PartialParty(),
            guarantor=printed.get("guarantor", boleto.guarantor),
            nosso_numero=printed.get("nosso_numero_printed") or _told(boleto, "nosso_numero"),
            seu_numero=_told(boleto, "seu_numero"),
            due_date=_told(boleto, "due_date"),
            amount=_told(boleto, "amount"),
            issue_date=boleto.issue_date,
            processing_date=printed.get("processing_date", boleto.issue_date),
            agency_and_code=printed.get("agency_and_code", ""),
            carteira=printed.get("carteira", ""),
            document_kind=kind.name if isinstance(kind, DocumentKind) else kind or "",
            accepted=printed.get("accepted", False),
            payment_place=printed.get("payment_place", ANY_BANK),
            instructions=_once(*charges(boleto), *(boleto.messages or ()), *printed.get("instructions", ())),
            details=tuple(printed.get("details", ())),
            pix_emv=boleto.pix.emv if boleto.pix else None,
            logo=printed.get("logo"),
            strict=printed.get("strict", True),
        )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.beneficiary.address is None:
            raise ValueError("beneficiary.address: has to be printed (law 12.039/2009)")
        if not self.payer.name:
            raise ValueError("payer.name: has to be printed")
        if self.strict:
            for contradiction in self._contradictions():
                raise ValueError(contradiction)
        return self

    def _contradictions(self) -> Iterator[str]:
        code = parse_boleto_code(self.digitable_line, strict=False)
        if code.barcode != self.barcode:
            yield "digitable_line: is of another boleto than the barcode"
        if code.bank_code != self.bank_code[:3]:
            yield f"barcode: is of bank {code.bank_code}, not {self.bank_code[:3]}"
        if self.amount and code.amount not in (None, self.amount):
            yield "barcode: holds another amount"
        if code.due_factor not in (None, str(due_factor(self.due_date))):
            yield "barcode: holds another due date"
        if self.pix_emv:
            yield from self._pix_contradictions(self.pix_emv)

    def _pix_contradictions(self, emv: str) -> Iterator[str]:
        try:
            pix = parse_br_code(emv)
        except CodeError as error:
            yield f"pix_emv: is damaged ({error.reason})"
            return
        if pix.kind is BrCodeKind.STATIC:
            yield "pix_emv: is a static code, paying it would not settle the boleto"
        # Zero in a dynamic code means "see the payload".
        if self.amount and pix.amount and pix.amount != self.amount:
            yield "pix_emv: holds another amount"


def _completed(boleto: Boleto, new: NewBoleto | None) -> Boleto:
    """The boleto with what can be said in place of its `None`s."""
    known: dict[str, Any] = {}
    if boleto.barcode and not boleto.digitable_line:
        known["digitable_line"] = parse_boleto_code(boleto.barcode, strict=False).digitable_line
    if boleto.digitable_line and not boleto.barcode:
        known["barcode"] = parse_boleto_code(boleto.digitable_line, strict=False).barcode
    if new is not None:
        known |= {name: getattr(new, name) for name in _REQUESTED if getattr(boleto, name) is None}
        # An answer names the payer, if at all, in short.
        known["payer"] = new.payer
    return boleto.model_copy(update=known)


def _told(boleto: Boleto, field: str) -> Any:
    value = getattr(boleto, field)
    if value is None:
        raise ValueError(f"{field}: the bank has not told it (yet): query the boleto again")
    return value


def _known(bank: PrintedBank | None, slug: str) -> PrintedBank:
    if bank is None:
        raise ValueError(f"bank_code, bank_name: {slug!r} is not in the table, give both")
    return bank


def _once(*texts: str) -> tuple[str, ...]:
    lines = (line.strip() for text in texts for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))
