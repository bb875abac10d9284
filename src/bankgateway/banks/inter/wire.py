"""Requests and answers of Banco Inter's API Cobrança v3, names as on the wire.

Source: OpenAPI of the API Cobrança v3 (2026). Answers are read tolerantly: money comes as a number in the
detail and as a string in the list, and an unset value as a missing key, `""` or `null`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from bankgateway.models.reading import (
    WireAnswer,
    WireDate,
    WireDecimal,
    WireFlag,
    WireInstant,
    WireMoney,
    WireText,
    a_list,
    an_object,
)


class WireRequest(BaseModel):
    """Base of the requests: what is `None` is left out."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class PessoaRequest(WireRequest):
    """`pagador` and `beneficiarioFinal`."""

    cpfCnpj: str
    tipoPessoa: str
    nome: str
    endereco: str
    numero: str | None = None
    complemento: str | None = None
    bairro: str | None = None
    cidade: str
    uf: str
    cep: str
    email: str | None = None
    ddd: str | None = None
    telefone: str | None = None


class EncargoRequest(WireRequest):
    """`desconto`, `multa`, `mora`: only the companion that belongs to the code is sent."""

    codigo: str
    quantidadeDias: int | None = None
    taxa: Decimal | None = None
    valor: Decimal | None = None


class CobrancaRequest(WireRequest):
    """`POST /cobrancas`."""

    seuNumero: str
    valorNominal: Decimal
    dataVencimento: date
    numDiasAgenda: int
    pagador: PessoaRequest
    desconto: EncargoRequest | None = None
    multa: EncargoRequest | None = None
    mora: EncargoRequest | None = None
    mensagem: dict[str, str] | None = None
    beneficiarioFinal: PessoaRequest | None = None
    formasRecebimento: list[str] | None = None


class Pessoa(WireAnswer):
    """A payer in an answer; the list gives only name and document."""

    cpfCnpj: WireText = None
    nome: WireText = None
    endereco: WireText = None
    numero: WireText = None
    complemento: WireText = None
    bairro: WireText = None
    cidade: WireText = None
    uf: WireText = None
    cep: WireText = None
    email: WireText = None
    ddd: WireText = None
    telefone: WireText = None


class Encargo(WireAnswer):
    """A charge in an answer."""

    codigo: WireText = None
    quantidadeDias: WireDecimal = None
    taxa: WireDecimal = None
    valor: WireMoney = None


class Cobranca(WireAnswer):
    """The charge. `codigoSolicitacao` was missing in a capture of the sandbox."""

    codigoSolicitacao: WireText = None
    seuNumero: WireText = None
    situacao: WireText = None
    dataSituacao: WireDate = None
    dataEmissao: WireDate = None
    dataVencimento: WireDate = None
    valorNominal: WireMoney = None
    valorTotalRecebido: WireMoney = None
    origemRecebimento: WireText = None
    motivoCancelamento: WireText = None
    descontos: Annotated[tuple[Encargo, ...], BeforeValidator(a_list)] = ()
    multa: Annotated[Encargo | None, BeforeValidator(an_object)] = None
    mora: Annotated[Encargo | None, BeforeValidator(an_object)] = None
    pagador: Annotated[Pessoa | None, BeforeValidator(an_object)] = None


class BoletoDados(WireAnswer):
    """Missing while processing, after a failed emission, and without a payment instrument."""

    nossoNumero: WireText = None
    codigoBarras: WireText = None
    linhaDigitavel: WireText = None


class PixDados(WireAnswer):
    """Missing when not asked for, or when the account has no Pix key."""

    txid: WireText = None
    pixCopiaECola: WireText = None


class Detalhe(WireAnswer):
    """`GET /cobrancas/{codigoSolicitacao}`, and an item of the list."""

    cobranca: Annotated[Cobranca, BeforeValidator(lambda value: an_object(value) or {})] = Cobranca()
    boleto: Annotated[BoletoDados | None, BeforeValidator(an_object)] = None
    pix: Annotated[PixDados | None, BeforeValidator(an_object)] = None


class Lista(WireAnswer):
    """`GET /cobrancas`. Its totals are not to be relied on."""

    ultimaPagina: WireFlag = None
    cobrancas: Annotated[tuple[dict[str, object], ...], BeforeValidator(a_list)] = ()


class SumarioItem(WireAnswer):
    """`GET /cobrancas/sumario`: one entry a status."""

    situacao: WireText = None
    quantidade: WireDecimal = None
    valor: WireMoney = None


class Edicao(WireAnswer):
    """`PATCH /cobrancas/{codigoSolicitacao}` and the status of the change."""

    status: WireText = None
    mensagem: WireText = None
    codigoEdicao: WireText = None


class Webhook(WireAnswer):
    """`GET /cobrancas/webhook`."""

    webhookUrl: WireText = None
    criacao: WireInstant = None
    atualizacao: WireInstant = None


class Callback(WireAnswer):
    """An item of the callbacks' history. The schema requires `dataEnvio` and describes `dataHoraDisparo`."""

    webhookUrl: WireText = None
    payload: object = None
    numeroTentativa: WireDecimal = None
    dataHoraDisparo: Annotated[
        WireInstant, Field(validation_alias=AliasChoices("dataHoraDisparo", "dataEnvio"))
    ] = None
    sucesso: WireFlag = None
    httpStatus: WireDecimal = None
    mensagemErro: WireText = None


class Callbacks(WireAnswer):
    """`GET /cobrancas/webhook/callbacks`."""

    ultimaPagina: WireFlag = None
    data: Annotated[tuple[dict[str, object], ...], BeforeValidator(a_list)] = ()


class Notificacao(WireAnswer):
    """One item of the array Inter posts to the webhook."""

    codigoSolicitacao: WireText = None
    seuNumero: WireText = None
    situacao: WireText = None
    dataHoraSituacao: WireInstant = None
    valorTotalRecebido: WireMoney = None
    origemRecebimento: WireText = None
    nossoNumero: WireText = None
    codigoBarras: WireText = None
    linhaDigitavel: WireText = None
    txid: WireText = None
    pixCopiaECola: WireText = None


class Violacao(WireAnswer):
    """What is wrong with one field. Lists of one empty object occur."""

    razao: WireText = None
    propriedade: WireText = None


class Erro(WireAnswer):
    """Every shape of error body that has been seen, in one."""

    title: WireText = None
    detail: WireText = None
    message: WireText = None
    mensagem: WireText = None
    codigo: WireText = None
    parametro: WireText = None
    error: WireText = None
    error_title: WireText = None
    error_description: WireText = None
    violacoes: Annotated[tuple[Violacao, ...], BeforeValidator(a_list)] = ()
