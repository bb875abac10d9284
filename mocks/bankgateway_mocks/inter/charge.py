"""A cobrança as the fake of Inter keeps it, and the three forms in which the bank shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bankgateway_mocks.inter.artefacts import Identity

SITUATIONS = (
    "RECEBIDO",
    "A_RECEBER",
    "MARCADO_RECEBIDO",
    "ATRASADO",
    "CANCELADO",
    "EXPIRADO",
    "FALHA_EMISSAO",
    "EM_PROCESSAMENTO",
    "PROTESTO",
)
PAYER_DEFAULTS = {"numero": "", "complemento": "", "bairro": "", "email": ""}
CHARGES = ("multa", "mora")


@dataclass(slots=True)
class Job:
    """Something the bank does in its own time.

    Attributes:
        looks: How often somebody must look before it is done.
        due_at: When it is done though nobody looks; `None` for never.
    """

    looks: int
    due_at: datetime | None = None

    @property
    def at_once(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.looks == 0 and self.due_at is None

    def looked_at(self) -> bool:
        """Whether this look finds it done."""
        self.looks -= 1
        return self.looks < 0


@dataclass(slots=True)
class Charge:
    """One cobrança.

    Attributes:
        id: `codigoSolicitacao`.
        account: Conta corrente it belongs to.
        order: The emission as it was sent.
        registered_at: Aware.
        issued_on: Brasília.
        amount: Nominal, reais.
        due: Due date.
        state: The kept `situacao`; `ATRASADO` is never kept but follows from the date.
        since: Day of the state.
        identity: Its numbers, once issued.
        boleto: The `boleto` object, once issued.
        pix: The `pix` object, once issued.
        paid: Reais.
        origin: `PIX` or `BOLETO`.
        reason: `motivoCancelamento`.
        emission: Under way until `None`.
        cancellation: Asked for until `None`.
        unseen: Nobody has queried it yet.
    """

    id: str
    account: str
    order: Mapping[str, Any]
    registered_at: datetime
    issued_on: date
    amount: Decimal
    due: date
    since: date
    state: str = "EM_PROCESSAMENTO"
    identity: Identity | None = None
    boleto: dict[str, str] | None = None
    pix: dict[str, str] | None = None
    paid: Decimal | None = None
    origin: str | None = None
    reason: str | None = None
    emission: Job | None = None
    cancellation: Job | None = None
    unseen: bool = True

    @property
    def seu_numero(self) -> str:
        """The caller's number."""
        return str(self.order["seuNumero"])

    @property
    def payer(self) -> Mapping[str, Any]:
        """The `pagador` as sent."""
        payer: Mapping[str, Any] = self.order["pagador"]
        return payer

    @property
    def forms(self) -> list[str]:
        """Asked for ways of payment."""
        forms: list[str] | None = self.order.get("formasRecebimento")
        return ["BOLETO", "PIX"] if forms is None else forms

    @property
    def last_day(self) -> date:
        """Last day on which it can be paid."""
        return self.due + timedelta(days=int(self.order["numDiasAgenda"]))

    def situation(self, today: date) -> tuple[str, date]:
        """`situacao` and `dataSituacao`."""
        if self.state == "A_RECEBER" and today > self.due:
            return "ATRASADO", self.due + timedelta(days=1)
        return self.state, self.since

    def detail(self, today: date, *, with_id: bool = True) -> dict[str, Any]:
        """As the query of one shows it: money as numbers, the whole payer."""
        shown: dict[str, Any] = {"codigoSolicitacao": self.id} if with_id else {}
        shown |= self._core(today)
        shown |= {"valorNominal": self.amount, "arquivada": False, "descontos": self._discounts()}
        shown |= {name: rounded(self.order[name]) for name in CHARGES if self.order.get(name)}
        shown["pagador"] = {**PAYER_DEFAULTS, **{k: v for k, v in self.payer.items() if v is not None}}
        answer = self._with_instruments(shown)
        if self.order.get("notaFiscal"):
            answer["notaFiscal"] = self.order["notaFiscal"]
        return answer

    def item(self, today: date) -> dict[str, Any]:
        """As the list shows it: money as text, the payer reduced."""
        shown = {"codigoSolicitacao": self.id, **self._core(today), "valorNominal": f"{self.amount:.2f}"}
        shown["pagador"] = {"nome": self.payer["nome"], "cpfCnpj": self.payer["cpfCnpj"]}
        return self._with_instruments(shown)

    def event(self, now: datetime, today: date, *, sandbox: bool) -> dict[str, str]:
        """As a webhook shows it. The sandbox neither pads amounts nor names the origin as queries do."""
        shown = {
            "codigoSolicitacao": self.id,
            "seuNumero": self.seu_numero,
            "situacao": self.situation(today)[0],
            "dataHoraSituacao": utc_milliseconds(now),
        }
        if self.paid is not None and self.origin is not None:
            unpadded = f"{self.paid.normalize():f}"
            shown["valorTotalRecebido"] = unpadded if sandbox else f"{self.paid:.2f}"
            filler = sandbox and self.origin == "BOLETO"
            shown["origemRecebimento"] = "RECEBIDO_BOLETO" if filler else self.origin
        return shown | (self.boleto or {}) | (self.pix or {})

    def _core(self, today: date) -> dict[str, Any]:
        situation, since = self.situation(today)
        core: dict[str, Any] = {
            "seuNumero": self.seu_numero,
            "situacao": situation,
            "dataSituacao": since.isoformat(),
            "dataEmissao": self.issued_on.isoformat(),
            "dataVencimento": self.due.isoformat(),
            "tipoCobranca": "SIMPLES",
        }
        if self.paid is not None:
            core["valorTotalRecebido"] = f"{self.paid:.2f}"
        if self.origin is not None:
            core["origemRecebimento"] = self.origin
        if self.state == "CANCELADO":
            core["motivoCancelamento"] = self.reason
        return core

    def _discounts(self) -> list[dict[str, Any]]:
        return [rounded(self.order["desconto"])] if self.order.get("desconto") else []

    def _with_instruments(self, shown: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {"cobranca": shown}
        if self.boleto:
            answer["boleto"] = self.boleto
        if self.pix:
            answer["pix"] = self.pix
        return answer


@dataclass(slots=True)
class Edition:
    """A change of a cobrança under way.

    Attributes:
        id: `codigoEdicao`.
        charge: What changes.
        amount: The new nominal amount, if it changes.
        due: The new due date, if it changes.
        job: How far it is.
        doomed: It is going to fail.
        status: `PROCESSANDO`, `SUCESSO` or `FALHA`.
    """

    id: str
    charge: Charge
    amount: Decimal | None
    due: date | None
    job: Job
    doomed: bool
    status: str = "PROCESSANDO"


@dataclass(slots=True)
class Webhook:
    """A registered address."""

    url: str
    created_at: datetime
    updated_at: datetime | None = None


def duplicate_key(order: Mapping[str, Any]) -> tuple[str, Decimal, str, str]:
    """What the bank recognises a repeated emission by."""
    payer = "".join(filter(str.isdigit, str(order["pagador"]["cpfCnpj"])))
    return str(order["seuNumero"]), Decimal(order["valorNominal"]), str(order["dataVencimento"]), payer


def rounded(charge: Mapping[str, Any]) -> dict[str, Any]:
    """A charge with its money at two decimals, half up, as the bank keeps it."""
    cent = Decimal("0.01")
    return {
        name: value.quantize(cent, ROUND_HALF_UP) if isinstance(value, Decimal) else value
        for name, value in charge.items()
    }


def utc_milliseconds(instant: datetime) -> str:
    """An instant the way webhooks write it: `2026-10-16T14:36:45.606Z`."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def dump(value: object) -> bytes:
    """JSON bytes as a webhook carries them."""
    return json.dumps(value, ensure_ascii=False).encode()
