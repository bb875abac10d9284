"""Requests and answers of NEW_NAME, names as on the wire.

Source: PLACEHOLDER, an invented API. Answers are read tolerantly: an odd field is `None`, never an error.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bankgateway.models.reading import (
    WireAnswer,
    WireDate,
    WireInstant,
    WireMoney,
    WireText,
    a_list,
    an_object,
)


class WireRequest(BaseModel):
    """Base of the requests: what is `None` is left out."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


# PLACEHOLDER: the fields of every request, letter for letter.
class BeneficiarioRequest(WireRequest):
    """`beneficiario`."""

    agencia: str
    conta: str


class PagadorRequest(WireRequest):
    """`pagador`."""

    documento: str
    nome: str
    logradouro: str
    numero: str | None = None
    complemento: str | None = None
    bairro: str | None = None
    cidade: str
    uf: str
    cep: str


class BoletoRequest(WireRequest):
    """`POST /v1/boletos`."""

    beneficiario: BeneficiarioRequest
    seuNumero: str
    valor: Decimal
    vencimento: str
    pagador: PagadorRequest
    mensagens: list[str] | None = None


class BaixaRequest(WireRequest):
    """`POST /v1/boletos/{nossoNumero}/baixar`."""

    motivo: str | None = None


# PLACEHOLDER: the fields of every answer, and which of them the bank leaves out when.
class Pagador(WireAnswer):
    """A payer in an answer."""

    documento: WireText = None
    nome: WireText = None


class BoletoDados(WireAnswer):
    """A boleto, wherever one is answered."""

    nossoNumero: WireText = None
    seuNumero: WireText = None
    situacao: WireText = None
    valor: WireMoney = None
    emissao: WireDate = None
    vencimento: WireDate = None
    codigoBarras: WireText = None
    linhaDigitavel: WireText = None
    valorPago: WireMoney = None
    dataPagamento: WireDate = None
    canal: WireText = None
    pagador: Annotated[Pagador | None, BeforeValidator(an_object)] = None


class Lista(WireAnswer):
    """`GET /v1/boletos`."""

    boletos: Annotated[tuple[dict[str, object], ...], BeforeValidator(a_list)] = ()


class Notificacao(WireAnswer):
    """What the bank posts to a webhook."""

    id: WireText = None
    evento: WireText = None
    dataHora: WireInstant = None
    boleto: Annotated[dict[str, object] | None, BeforeValidator(an_object)] = None


class ErroCampo(WireAnswer):
    """What is wrong with one field."""

    campo: WireText = None
    mensagem: WireText = None


class Erro(WireAnswer):
    """The body of an error."""

    codigo: WireText = None
    mensagem: WireText = None
    situacao: WireText = None
    erros: Annotated[tuple[ErroCampo, ...], BeforeValidator(a_list)] = ()
