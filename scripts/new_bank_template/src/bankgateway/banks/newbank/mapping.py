"""Models <-> wire of NEW_NAME: pure functions and tables.

Source: PLACEHOLDER, an invented API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bankgateway.banks.newbank import codes
from bankgateway.banks.newbank.config import BANK, MESSAGE_LENGTH, Account
from bankgateway.banks.newbank.wire import (
    BeneficiarioRequest,
    BoletoDados,
    BoletoRequest,
    Erro,
    Pagador,
    PagadorRequest,
)
from bankgateway.errors import (
    BankGatewayError,
    BusinessRule,
    Conflict,
    ErrorMessage,
    InvalidRequest,
    NotFound,
    RateLimited,
    class_for_status,
)
from bankgateway.models.boleto import Boleto, BoletoRef, BoletoStatus, NewBoleto, Notice, PaymentChannel
from bankgateway.models.events import EventType
from bankgateway.models.party import PartialParty, Party
from bankgateway.models.reading import midnight, tolerant
from bankgateway.models.text import Charset, TextFitter

# PLACEHOLDER: which characters the bank takes in texts: accents, capitals, punctuation.
CHARSET = Charset()
# PLACEHOLDER: how long texts may be.
NAME_LENGTH = 60
STREET_LENGTH = 60
NUMBER_LENGTH = 10
COMPLEMENT_LENGTH = 30
DISTRICT_LENGTH = 40
CITY_LENGTH = 40
REASON_LENGTH = 40

# PLACEHOLDER: every word for a status, and what it means.
STATUS: Mapping[str, BoletoStatus] = {
    "ABERTO": BoletoStatus.REGISTERED,
    "VENCIDO": BoletoStatus.OVERDUE,
    "PAGO": BoletoStatus.PAID,
    "BAIXADO": BoletoStatus.CANCELLED,
    "EXPIRADO": BoletoStatus.EXPIRED,
}

# PLACEHOLDER: every word for an event.
EVENTS: Mapping[str, EventType] = {
    "BOLETO_REGISTRADO": EventType.REGISTERED,
    "BOLETO_PAGO": EventType.PAID,
    "BOLETO_BAIXADO": EventType.CANCELLED,
    "BOLETO_EXPIRADO": EventType.EXPIRED,
}

# PLACEHOLDER: every word for the way of a payment.
CHANNELS: Mapping[str, PaymentChannel] = {"BOLETO": PaymentChannel.BARCODE}

# PLACEHOLDER: every error code of the bank's table. These two carry more than a text.
DUPLICATE = "B002"
WRONG_STATE = "B003"
ERRORS: Mapping[str, type[BankGatewayError]] = {
    "B001": InvalidRequest,
    "B004": NotFound,
    "B005": BusinessRule,
}

# PLACEHOLDER: the bank's name of each field, and ours.
_FIELDS: Mapping[str, str] = {
    "seuNumero": "seu_numero",
    "valor": "amount",
    "vencimento": "due_date",
    "motivo": "reason",
    "mensagens": "messages",
    "pagador": "payer",
    "pagador.documento": "payer.tax_id",
    "pagador.nome": "payer.name",
    "pagador.logradouro": "payer.address.street",
    "pagador.numero": "payer.address.number",
    "pagador.complemento": "payer.address.complement",
    "pagador.bairro": "payer.address.district",
    "pagador.cidade": "payer.address.city",
    "pagador.uf": "payer.address.state",
    "pagador.cep": "payer.address.postal_code",
}


# -- requests ------------------------------------------------------------------------------------


def to_request(new: NewBoleto, account: Account) -> tuple[dict[str, Any], tuple[Notice, ...]]:
    """The body of a registration, and what had to be changed in its texts."""
    fitter = TextFitter(CHARSET)
    lines = [fitter.fit(f"messages[{i}]", text, MESSAGE_LENGTH) for i, text in enumerate(new.messages)]
    request = BoletoRequest(
        beneficiario=BeneficiarioRequest(agencia=account.agencia, conta=account.conta),
        seuNumero=new.seu_numero,
        valor=new.amount,
        vencimento=new.due_date.isoformat(),
        pagador=_payer(new.payer, fitter),
        mensagens=lines or None,
    )
    return request.model_dump(exclude_none=True), tuple(fitter.notices)


def _payer(party: Party, fitter: TextFitter) -> PagadorRequest:
    address = party.address
    if address is None:
        raise ValueError("payer.address is missing")
    return PagadorRequest(
        documento=party.tax_id,
        nome=fitter.fit("payer.name", party.name, NAME_LENGTH),
        logradouro=fitter.fit("payer.address.street", address.street, STREET_LENGTH),
        numero=fitter.fit("payer.address.number", address.number, NUMBER_LENGTH) or None,
        complemento=fitter.fit("payer.address.complement", address.complement, COMPLEMENT_LENGTH) or None,
        bairro=fitter.fit("payer.address.district", address.district, DISTRICT_LENGTH) or None,
        cidade=fitter.fit("payer.address.city", address.city, CITY_LENGTH),
        uf=address.state,
        cep=address.postal_code,
    )


# -- answers -------------------------------------------------------------------------------------


def to_boleto(
    data: object,
    *,
    account: Account | None = None,
    request_id: str | None = None,
    http_status: int | None = None,
) -> Boleto:
    """A boleto from any answer or notification. With `account`, its campo livre is checked."""
    read = BoletoDados.model_validate(data if isinstance(data, Mapping) else {})
    paid = STATUS.get(read.situacao or "") is BoletoStatus.PAID
    return Boleto(
        bank=BANK,
        ref=BoletoRef(
            nosso_numero=read.nossoNumero,
            seu_numero=read.seuNumero,
            digitable_line=read.linhaDigitavel,
            issue_date=read.emissao,
        ),
        status=to_status(read.situacao),
        bank_status=read.situacao,
        nosso_numero=read.nossoNumero,
        seu_numero=read.seuNumero,
        amount=read.valor,
        due_date=read.vencimento,
        issue_date=read.emissao,
        barcode=read.codigoBarras,
        digitable_line=read.linhaDigitavel,
        paid_amount=read.valorPago if paid else None,
        # Known by its day only.
        paid_at=midnight(read.dataPagamento) if paid else None,
        payment_channel=CHANNELS.get(read.canal or "", PaymentChannel.UNKNOWN) if paid else None,
        payer=_read_payer(read.pagador) if read.pagador else None,
        notices=_contradictions(read, account),
        raw=data,
        request_id=request_id,
        http_status=http_status,
    )


def to_status(word: str | None) -> BoletoStatus:
    """The uniform status; a word we do not know is `UNKNOWN`, never paid."""
    return STATUS.get(word or "", BoletoStatus.UNKNOWN)


def _read_payer(payer: Pagador) -> PartialParty:
    return PartialParty(name=payer.nome, tax_id=payer.documento)


def _contradictions(read: BoletoDados, account: Account | None) -> tuple[Notice, ...]:
    number = read.nossoNumero
    if account is None or read.codigoBarras is None or number is None:
        return ()
    expected = tolerant(lambda: codes.campo_livre(number, agencia=account.agencia, conta=account.conta))
    if read.codigoBarras[19:] == expected:
        return ()
    message = "its campo livre is of another account or nosso numero"
    return (Notice(code="answer_contradicts", field="barcode", message=message),)


def is_equal(boleto: Boleto, new: NewBoleto) -> bool:
    """Whether the bank's boleto is the one we asked for."""
    payer = boleto.payer.tax_id if boleto.payer else None
    return (
        boleto.seu_numero == new.seu_numero
        and boleto.amount == new.amount
        and boleto.due_date == new.due_date
        and payer in (None, new.payer.tax_id)
    )


# -- errors --------------------------------------------------------------------------------------


def refusal(
    status: int,
    data: object,
    *,
    operation: str,
    writes: bool,
    request_id: str | None = None,
    retry_after: float | None = None,
) -> BankGatewayError:
    """The error an answer outside the 200 family stands for."""
    error = Erro.model_validate(data if isinstance(data, Mapping) else {})
    text = error.mensagem or f"HTTP {status} without an explanation"
    context: dict[str, Any] = {
        "bank": BANK,
        "operation": operation,
        "code": error.codigo,
        "messages": [
            ErrorMessage(item.mensagem or "", field=_FIELDS.get(item.campo or ""), bank_field=item.campo)
            for item in error.erros
        ],
        "http_status": status,
        "request_id": request_id,
        "raw": data,
    }
    kind = class_for_status(status, writes=writes)
    if status >= 500:
        # Whatever the body says, a write may have been processed.
        return kind(text, **context)
    if error.codigo == DUPLICATE:
        return Conflict(text, duplicate=True, **context)
    if error.codigo == WRONG_STATE:
        return Conflict(text, state=error.situacao, **context)
    if issubclass(kind, RateLimited):
        return RateLimited(text, retry_after=retry_after, **context)
    return ERRORS.get(error.codigo or "", kind)(text, **context)
