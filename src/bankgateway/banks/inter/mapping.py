"""Models <-> wire of Banco Inter: pure functions and tables.

Source: Banco Inter, API Cobrança v3 (OpenAPI and portal texts, 2026).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from bankgateway.banks.inter.config import BANK, Account
from bankgateway.banks.inter.wire import (
    Callback,
    Cobranca,
    CobrancaRequest,
    Detalhe,
    Encargo,
    EncargoRequest,
    Erro,
    Notificacao,
    Pessoa,
    PessoaRequest,
)
from bankgateway.errors import (
    BankGatewayError,
    BusinessRule,
    Conflict,
    ErrorMessage,
    InvalidRequest,
    RateLimited,
    class_for_status,
)
from bankgateway.models.boleto import Boleto, BoletoRef, BoletoStatus, NewBoleto, Notice, PaymentChannel, Pix
from bankgateway.models.charges import Discount, DiscountKind, Fine, FineKind, Interest, InterestKind
from bankgateway.models.events import EventType
from bankgateway.models.party import PartialParty, Party
from bankgateway.models.reading import midnight, tolerant
from bankgateway.models.results import Search, SearchDate, Settlement
from bankgateway.models.text import Charset, TextFitter

CHARSET = Charset()
REASON_LENGTH = 50
EMAIL_LENGTH = 50
MESSAGE_LENGTH = 78

STATUS: Mapping[str, BoletoStatus] = {
    "EM_PROCESSAMENTO": BoletoStatus.PENDING_REGISTRATION,
    "A_RECEBER": BoletoStatus.REGISTERED,
    "ATRASADO": BoletoStatus.OVERDUE,
    "RECEBIDO": BoletoStatus.PAID,
    # Set by hand in Internet Banking: settled, but no money came in through the bank.
    "MARCADO_RECEBIDO": BoletoStatus.PAID,
    "CANCELADO": BoletoStatus.CANCELLED,
    "EXPIRADO": BoletoStatus.EXPIRED,
    "FALHA_EMISSAO": BoletoStatus.REJECTED,
    "PROTESTO": BoletoStatus.PROTESTED,
}

EVENTS: Mapping[str, EventType] = {
    "EM_PROCESSAMENTO": EventType.INFO,
    "A_RECEBER": EventType.REGISTERED,
    "ATRASADO": EventType.INFO,
    "RECEBIDO": EventType.PAID,
    "MARCADO_RECEBIDO": EventType.PAID,
    "CANCELADO": EventType.CANCELLED,
    "EXPIRADO": EventType.EXPIRED,
    "FALHA_EMISSAO": EventType.REJECTED,
    "PROTESTO": EventType.PROTESTED,
}

CHANNELS: Mapping[str, PaymentChannel] = {"BOLETO": PaymentChannel.BARCODE, "PIX": PaymentChannel.PIX}

SEARCH_DATES: Mapping[SearchDate, str] = {
    SearchDate.DUE: "VENCIMENTO",
    SearchDate.ISSUE: "EMISSAO",
    SearchDate.PAYMENT: "PAGAMENTO",
}

_FIELDS: Mapping[str, str] = {
    "seuNumero": "seu_numero",
    "valorNominal": "amount",
    "dataVencimento": "due_date",
    "numDiasAgenda": "expires_after_days",
    "desconto": "discounts",
    "multa": "fine",
    "mora": "interest",
    "mensagem": "messages",
    "formasRecebimento": "hybrid",
    "pagador": "payer",
    "beneficiarioFinal": "guarantor",
    "motivoCancelamento": "reason",
    "webhookUrl": "url",
}
_PARTY_FIELDS: Mapping[str, str] = {
    "cpfCnpj": "tax_id",
    "tipoPessoa": "tax_id",
    "nome": "name",
    "endereco": "address.street",
    "numero": "address.number",
    "complemento": "address.complement",
    "bairro": "address.district",
    "cidade": "address.city",
    "uf": "address.state",
    "cep": "address.postal_code",
    "email": "email",
    "ddd": "phone",
    "telefone": "phone",
}


# -- requests ------------------------------------------------------------------------------------


def to_request(new: NewBoleto, account: Account) -> tuple[dict[str, Any], tuple[Notice, ...]]:
    """The body of an emission, and what had to be changed in its texts."""
    fitter = TextFitter(CHARSET)
    lines = [fitter.fit(f"messages[{i}]", text, MESSAGE_LENGTH) for i, text in enumerate(new.messages)]
    request = CobrancaRequest(
        seuNumero=new.seu_numero,
        valorNominal=new.amount,
        dataVencimento=new.due_date,
        numDiasAgenda=agenda_days(new, account),
        pagador=_party("payer", new.payer, fitter),
        desconto=_discount(new.discounts[0], new.due_date) if new.discounts else None,
        multa=_fine(new.fine) if new.fine else None,
        mora=_interest(new.interest) if new.interest else None,
        mensagem={f"linha{i}": text for i, text in enumerate(lines, 1)} or None,
        beneficiarioFinal=_party("guarantor", new.guarantor, fitter) if new.guarantor else None,
        formasRecebimento=_FORMS[new.hybrid],
    )
    body = request.model_dump(exclude_none=True)
    body["dataVencimento"] = new.due_date.isoformat()
    return body, tuple(fitter.notices)


# Left to its default the bank issues both; Pix alone is refused by it.
_FORMS: Mapping[bool | None, list[str] | None] = {None: None, True: ["BOLETO", "PIX"], False: ["BOLETO"]}


def agenda_days(new: NewBoleto, account: Account) -> int:
    """`numDiasAgenda`: days after the due date during which the boleto can be paid."""
    return account.expires_after_days if new.expires_after_days is None else new.expires_after_days


def _party(role: str, party: Party, fitter: TextFitter) -> PessoaRequest:
    address = party.address
    if address is None:
        raise ValueError(f"{role}.address is missing")
    email = party.email
    if email is not None and len(email) > EMAIL_LENGTH:
        # A cut address would write to somebody else.
        fitter.notices.append(
            Notice(
                code="field_dropped",
                field=f"{role}.email",
                message=f"longer than the bank's {EMAIL_LENGTH} characters",
            )
        )
        email = None
    return PessoaRequest(
        cpfCnpj=party.tax_id,
        tipoPessoa="JURIDICA" if party.is_company else "FISICA",
        nome=fitter.fit(f"{role}.name", party.name, 100),
        endereco=fitter.fit(f"{role}.address.street", address.street, 100),
        numero=fitter.fit(f"{role}.address.number", address.number, 10) or None,
        complemento=fitter.fit(f"{role}.address.complement", address.complement, 30) or None,
        bairro=fitter.fit(f"{role}.address.district", address.district, 60) or None,
        cidade=fitter.fit(f"{role}.address.city", address.city, 60),
        uf=address.state,
        cep=address.postal_code,
        email=email,
        ddd=party.phone[:2] if party.phone else None,
        telefone=party.phone[2:] if party.phone else None,
    )


def _discount(discount: Discount, due: date) -> EncargoRequest:
    # The bank counts the days back from the due date.
    days = (due - discount.until).days if discount.until else 0
    if discount.kind is DiscountKind.PERCENTAGE_UNTIL:
        return EncargoRequest(codigo="PERCENTUALDATAINFORMADA", quantidadeDias=days, taxa=discount.rate)
    return EncargoRequest(codigo="VALORFIXODATAINFORMADA", quantidadeDias=days, valor=discount.amount)


def _fine(fine: Fine) -> EncargoRequest:
    if fine.kind is FineKind.PERCENTAGE:
        return EncargoRequest(codigo="PERCENTUAL", taxa=fine.rate)
    return EncargoRequest(codigo="VALORFIXO", valor=fine.amount)


def _interest(interest: Interest) -> EncargoRequest | None:
    if interest.kind is InterestKind.EXEMPT:
        return None
    if interest.kind is InterestKind.MONTHLY_RATE:
        return EncargoRequest(codigo="TAXAMENSAL", taxa=interest.rate)
    return EncargoRequest(codigo="VALORDIA", valor=interest.amount)


def search_params(criteria: Search, status: str | None) -> tuple[tuple[str, str], ...]:
    """The filters of the list and of the summary, one bank status at a time."""
    params = {
        "dataInicial": criteria.since.isoformat(),
        "dataFinal": criteria.until.isoformat(),
        "filtrarDataPor": SEARCH_DATES[criteria.by],
        "situacao": status,
        "pessoaPagadora": criteria.payer_name,
        "cpfCnpjPessoaPagadora": criteria.payer_tax_id,
        "seuNumero": criteria.seu_numero,
        **criteria.bank_filters,
    }
    return tuple((name, value) for name, value in params.items() if value is not None)


def bank_statuses(status: BoletoStatus | None) -> tuple[str | None, ...]:
    """The bank's words for a uniform status; the list takes one at a time."""
    if status is None:
        return (None,)
    return tuple(word for word, uniform in STATUS.items() if uniform is status)


# -- answers -------------------------------------------------------------------------------------


def to_boleto(
    data: object, *, bank_id: str | None = None, request_id: str | None = None, http_status: int | None = None
) -> Boleto:
    """A boleto from the detail or from an item of the list. `bank_id` is the id asked by."""
    detail = Detalhe.model_validate(data if isinstance(data, Mapping) else {})
    charge, slip, pix = detail.cobranca, detail.boleto, detail.pix
    payer = _payer(charge.pagador) if charge.pagador else None
    paid = STATUS.get(charge.situacao or "") is BoletoStatus.PAID
    return Boleto(
        bank=BANK,
        ref=BoletoRef(
            bank_id=charge.codigoSolicitacao or bank_id,
            nosso_numero=slip.nossoNumero if slip else None,
            seu_numero=charge.seuNumero,
            digitable_line=slip.linhaDigitavel if slip else None,
            issue_date=charge.dataEmissao,
        ),
        status=to_status(charge.situacao),
        bank_status=charge.situacao,
        nosso_numero=slip.nossoNumero if slip else None,
        seu_numero=charge.seuNumero,
        amount=charge.valorNominal,
        due_date=charge.dataVencimento,
        issue_date=charge.dataEmissao,
        barcode=slip.codigoBarras if slip else None,
        digitable_line=slip.linhaDigitavel if slip else None,
        pix=Pix(txid=pix.txid, emv=pix.pixCopiaECola) if pix and (pix.txid or pix.pixCopiaECola) else None,
        paid_amount=charge.valorTotalRecebido if paid else None,
        paid_at=midnight(charge.dataSituacao) if paid else None,
        payment_channel=_channel(charge) if paid else None,
        payer=payer,
        interest=tolerant(lambda: _read_interest(charge.mora)),
        fine=tolerant(lambda: _read_fine(charge.multa)),
        discounts=_read_discounts(charge),
        cancel_reason=charge.motivoCancelamento,
        raw=data,
        request_id=request_id,
        http_status=http_status,
    )


def to_status(word: str | None) -> BoletoStatus:
    """The uniform status; a word we do not know is `UNKNOWN`, never paid."""
    return STATUS.get(word or "", BoletoStatus.UNKNOWN)


def to_settlement(boleto: Boleto) -> Settlement:
    """A paid boleto as a settlement. The bank tells neither fee nor day of credit."""
    return Settlement(
        bank=BANK,
        ref=boleto.ref,
        amount=boleto.amount,
        paid_amount=boleto.paid_amount,
        paid_on=boleto.paid_on,
        payment_channel=boleto.payment_channel,
        bank_status=boleto.bank_status,
        raw=boleto.raw,
        request_id=boleto.request_id,
        http_status=boleto.http_status,
    )


def from_notification(item: Notificacao, raw: object) -> Boleto:
    """What a notification says: neither amount nor due date nor payer."""
    paid = STATUS.get(item.situacao or "") is BoletoStatus.PAID
    return Boleto(
        bank=BANK,
        ref=BoletoRef(
            bank_id=item.codigoSolicitacao,
            nosso_numero=item.nossoNumero,
            seu_numero=item.seuNumero,
            digitable_line=item.linhaDigitavel,
        ),
        status=to_status(item.situacao),
        bank_status=item.situacao,
        nosso_numero=item.nossoNumero,
        seu_numero=item.seuNumero,
        barcode=item.codigoBarras,
        digitable_line=item.linhaDigitavel,
        pix=Pix(txid=item.txid, emv=item.pixCopiaECola) if item.txid or item.pixCopiaECola else None,
        paid_amount=item.valorTotalRecebido if paid else None,
        paid_at=item.dataHoraSituacao if paid else None,
        payment_channel=channel(item.situacao, item.origemRecebimento) if paid else None,
        raw=raw,
    )


def channel(status: str | None, origin: str | None) -> PaymentChannel:
    """How it was paid. The sandbox writes `RECEBIDO_BOLETO` where the documentation has `BOLETO`."""
    if status == "MARCADO_RECEBIDO":
        return PaymentChannel.OUTSIDE
    return CHANNELS.get((origin or "").removeprefix("RECEBIDO_"), PaymentChannel.UNKNOWN)


def _channel(charge: Cobranca) -> PaymentChannel:
    return channel(charge.situacao, charge.origemRecebimento)


def _payer(person: Pessoa) -> PartialParty:
    return PartialParty(
        name=person.nome,
        tax_id=person.cpfCnpj,
        email=person.email,
        phone=(person.ddd or "") + person.telefone if person.telefone else None,
        street=person.endereco,
        number=person.numero,
        complement=person.complemento,
        district=person.bairro,
        city=person.cidade,
        state=person.uf,
        postal_code=person.cep,
    )


def _read_interest(charge: Encargo | None) -> Interest | None:
    if charge is None:
        return None
    if charge.codigo == "TAXAMENSAL" and charge.taxa:
        return Interest.monthly(charge.taxa)
    return Interest.per_day(charge.valor) if charge.codigo == "VALORDIA" and charge.valor else None


def _read_fine(charge: Encargo | None) -> Fine | None:
    if charge is None:
        return None
    if charge.codigo == "PERCENTUAL" and charge.taxa:
        return Fine.percent(charge.taxa)
    return Fine.fixed(charge.valor) if charge.codigo == "VALORFIXO" and charge.valor else None


def _read_discounts(charge: Cobranca) -> tuple[Discount, ...]:
    due = charge.dataVencimento
    found = (tolerant(lambda item=item: _read_discount(item, due)) for item in charge.descontos)  # type: ignore[misc]
    return tuple(discount for discount in found if discount is not None)


def _read_discount(item: Encargo, due: date | None) -> Discount | None:
    if due is None or item.quantidadeDias is None:
        return None
    until = date.fromordinal(due.toordinal() - int(item.quantidadeDias))
    if item.codigo == "PERCENTUALDATAINFORMADA" and item.taxa:
        return Discount.percent(item.taxa, until=until)
    return (
        Discount.fixed(item.valor, until=until)
        if item.codigo == "VALORFIXODATAINFORMADA" and item.valor
        else None
    )


# -- errors --------------------------------------------------------------------------------------

_STATE = re.compile(r"situa[cç][aã]o\s+([A-Z_]+)\W*$")
# The wording of the 30-minute refusal is not published.
_DUPLICATE = re.compile(r"duplic|j[aá] existe|j[aá] (?:foi )?(?:emitid|cadastrad|registrad)", re.IGNORECASE)


def refusal(
    status: int,
    data: object,
    *,
    operation: str,
    writes: bool,
    request_id: str | None = None,
    retry_after: float | None = None,
) -> BankGatewayError:
    """The error an answer outside the 200 family stands for.

    There are no numeric codes in v3: an error is known by its HTTP status, title and detail.
    """
    error = Erro.model_validate(data if isinstance(data, Mapping) else {})
    text = error.detail or error.mensagem or error.message or error.error_description or error.error_title
    text = text or error.error or error.title or f"HTTP {status} without an explanation"
    messages = [
        ErrorMessage(v.razao or "", field=our_field(v.propriedade), bank_field=v.propriedade)
        for v in error.violacoes
        if v.razao or v.propriedade
    ]
    context: dict[str, Any] = {
        "bank": BANK,
        "operation": operation,
        "code": error.codigo,
        "messages": messages,
        "http_status": status,
        "request_id": request_id,
        "raw": data,
    }
    if status == 400:
        state = _STATE.search(text)
        if state:
            return Conflict(text, state=state[1], **context)
        if operation == "register" and _DUPLICATE.search(" ".join([text, *(m.text for m in messages)])):
            return Conflict(text, duplicate=True, **context)
        invalid = messages or (error.title or "").startswith("Dados inválidos") or data is None
        return (InvalidRequest if invalid else BusinessRule)(text, **context)
    kind = class_for_status(status, writes=writes)
    if issubclass(kind, RateLimited):
        return RateLimited(text, retry_after=retry_after, **context)
    return kind(text, **context)


def our_field(name: str | None) -> str | None:
    """Our name of a field the bank complains about."""
    if name is None:
        return None
    first, _, rest = name.partition(".")
    ours = _FIELDS.get(first)
    if ours in ("payer", "guarantor") and rest in _PARTY_FIELDS:
        return f"{ours}.{_PARTY_FIELDS[rest]}"
    return ours


def callback_items(callback: Callback) -> list[Mapping[str, Any]]:
    """The notifications of one delivery: a list, or one object in a sample of the documentation."""
    payload = callback.payload
    items = payload if isinstance(payload, list) else [payload]
    return [item for item in items if isinstance(item, Mapping) and item]
