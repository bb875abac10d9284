"""The operations of Banco Inter: which call, in which order."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, final
from urllib.parse import quote

from pydantic import Field

from bankgateway.banks.inter import mapping, webhook
from bankgateway.banks.inter.config import (
    BANK,
    CAPABILITIES,
    ENVIRONMENTS,
    RENEWAL_HINT,
    Account,
    Credentials,
)
from bankgateway.banks.inter.wire import Callback, Callbacks, Edicao, Lista, SumarioItem, Webhook
from bankgateway.capabilities import Capabilities
from bankgateway.client import BankClient
from bankgateway.config import Environment
from bankgateway.errors import (
    BankGatewayError,
    BusinessRule,
    Conflict,
    NotFound,
    UnexpectedResponse,
    Unsupported,
)
from bankgateway.models.base import Model
from bankgateway.models.boleto import Boleto, BoletoRef, BoletoStatus, NewBoleto, Notice
from bankgateway.models.charges import InterestKind
from bankgateway.models.clock import BRASILIA
from bankgateway.models.commands import Cancel, ChangeAmount, ChangeDueDate, Command
from bankgateway.models.events import Event
from bankgateway.models.party import PartialParty
from bankgateway.models.results import (
    CommandResult,
    CommandStatus,
    Search,
    SearchDate,
    Settlement,
    WebhookRegistration,
)
from bankgateway.security.oauth import ClientCredentials
from bankgateway.transport import Answer, Call, Repeat, Transport

_PREFIX = "/cobranca/v3/cobrancas"
_PAGE_SIZE = 1000
_CALLBACK_PAGE = 50
_RESEND_MAX = 50
_LOOKUP_DAYS = 90
_DEFAULT_REASON = "Solicitado pelo beneficiário"
_LAST_MINUTE = (19, 59)


class StatusTotal(Model):
    """One line of the summary: how many boletos have a status, and their sum in reais."""

    status: BoletoStatus
    bank_status: str
    count: int
    amount: Decimal | None


class CallbackDelivery(Model):
    """One attempt of the bank to deliver notifications.

    Attributes:
        events: What was posted.
        attempt: Number of the attempt, from 1.
        sent_at: Aware instant.
        delivered: Whether the receiver answered with success.
        http_status: What the receiver answered.
        error: The bank's text about a failure.
    """

    events: tuple[Event, ...]
    attempt: int | None
    sent_at: datetime | None
    delivered: bool | None
    http_status: int | None
    error: str | None
    raw: Any = Field(default=None, repr=False)


@final
class InterClient(BankClient):
    """Banco Inter. What only Inter offers: `summary`, `callbacks`, `resend_callbacks`, `pay_in_sandbox`."""

    bank: ClassVar[str] = BANK
    bank_name: ClassVar[str] = "Banco Inter"
    compe: ClassVar[str] = "077"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    environments: ClassVar[Mapping[str, Environment]] = ENVIRONMENTS
    account_type: ClassVar[type[Account]] = Account
    credentials_type: ClassVar[type[Credentials]] = Credentials
    renewal_hint: ClassVar[str] = RENEWAL_HINT

    account: Account
    credentials: Credentials

    # -- what only Inter offers ------------------------------------------------------------------

    async def summary(self, criteria: Search) -> list[StatusTotal]:
        """Number and sum of the boletos by status. Takes the filters of `search`, without an order."""
        self.capabilities.check_search(self.bank, criteria)
        totals: list[StatusTotal] = []
        with self._observed("summary"):
            for status in mapping.bank_statuses(criteria.status):
                answer = await self._get(
                    "summary", "/sumario", "summary", mapping.search_params(criteria, status)
                )
                for item in answer.data if isinstance(answer.data, list) else []:
                    line = SumarioItem.model_validate(item if isinstance(item, Mapping) else {})
                    if line.situacao is not None:
                        totals.append(
                            StatusTotal(
                                status=mapping.to_status(line.situacao),
                                bank_status=line.situacao,
                                count=int(line.quantidade or 0),
                                amount=line.valor,
                            )
                        )
        return totals

    def callbacks(
        self, since: datetime, until: datetime, ref: BoletoRef | Boleto | None = None
    ) -> AsyncIterator[CallbackDelivery]:
        """The bank's attempts to notify, newest first.

        Args:
            since: Aware instant.
            until: Aware instant.
            ref: Only those about one boleto.
        """
        if since.tzinfo is None or until.tzinfo is None:
            raise ValueError("since and until must be aware datetimes")
        params = [
            ("dataHoraInicio", since.astimezone(BRASILIA).isoformat(timespec="milliseconds")),
            ("dataHoraFim", until.astimezone(BRASILIA).isoformat(timespec="milliseconds")),
            ("tamanhoPagina", str(_CALLBACK_PAGE)),
        ]
        if ref is not None:
            params.append(
                ("codigoSolicitacao", self._bank_id(ref.ref if isinstance(ref, Boleto) else ref, "callbacks"))
            )
        return self._observed_pages("callbacks", self._callbacks(params))

    async def _callbacks(self, params: list[tuple[str, str]]) -> AsyncIterator[CallbackDelivery]:
        page = 0
        while True:
            answer = await self._get(
                "callbacks", "/webhook/callbacks", "callbacks", (*params, ("pagina", str(page)))
            )
            read = Callbacks.model_validate(answer.data if isinstance(answer.data, Mapping) else {})
            for item in read.data:
                yield _delivery(item)
            if read.ultimaPagina is not False or not read.data:
                return
            page += 1

    async def resend_callbacks(self, refs: Iterable[BoletoRef | Boleto]) -> list[str]:
        """Have the bank notify again, up to 50 boletos at a time. Production only.

        Returns:
            The ids the bank found.
        """
        ids = [self._bank_id(ref.ref if isinstance(ref, Boleto) else ref, "resend_callbacks") for ref in refs]
        if not 1 <= len(ids) <= _RESEND_MAX:
            raise self._invalid("refs", f"from 1 to {_RESEND_MAX} boletos", "resend_callbacks")
        if self.environment.name == "sandbox":
            raise self._sandbox_only("resend_callbacks", "in the sandbox")
        body = {"codigoSolicitacao": ids}
        with self._observed("resend_callbacks"):
            # The documentation has this path with and without `cobrancas`.
            try:
                answer = await self._post("resend_callbacks", "/webhook/callbacks/retry", "resend", body)
            except NotFound as error:
                if error.raw is not None:
                    raise
            else:
                return _found_ids(answer)
            url = f"{self.environment.hosts['api']}/cobranca/v3/webhook/callbacks/retry"
            answer = await self._send(self._call("resend_callbacks", "POST", url, "resend", json=body))
            return _found_ids(answer)

    async def pay_in_sandbox(self, ref: BoletoRef | Boleto, *, by: str = "PIX") -> None:
        """Pay a boleto in the sandbox (`PIX` or `BOLETO`); the bank then notifies the webhook.

        Raises:
            Unsupported: In production, where there is no such call.
        """
        if self.environment.is_production:
            raise self._sandbox_only("pay_in_sandbox", "in production")
        if by not in ("PIX", "BOLETO"):
            raise self._invalid("by", "PIX or BOLETO", "pay_in_sandbox")
        bank_id = self._bank_id(ref.ref if isinstance(ref, Boleto) else ref, "pay_in_sandbox")
        with self._observed("pay_in_sandbox"):
            await self._post("pay_in_sandbox", f"/{quote(bank_id, safe='')}/pagar", "pay", {"pagarCom": by})

    # -- the verbs -------------------------------------------------------------------------------

    def _make_transport(self) -> Transport:
        credentials = self.credentials
        return Transport(
            BANK,
            self.settings,
            certificate=credentials.certificate,
            tokens=ClientCredentials(
                url=f"{self.environment.hosts['api']}/oauth/v2/token",
                client_id=credentials.client_id,
                client_secret=credentials.client_secret.get_secret_value(),
                scopes=credentials.scopes,
                fingerprint=credentials.certificate.fingerprint,
            ),
            limits=self.environment.limits,
            limit_key=f"{self.environment.hosts['api']}|{credentials.identity}",
            renewal_hint=self.renewal_hint,
        )

    def _check_new(self, new: NewBoleto) -> None:
        super()._check_new(new)
        now = self._clock.now().astimezone(BRASILIA)
        if new.due_date == now.date() and (now.hour, now.minute) > _LAST_MINUTE:
            raise self._invalid(
                "due_date", "a boleto due today is taken only until 19:59, Brasília time", "register"
            )
        charged = [
            name for name, charge in (("fine", new.fine), ("interest", new.interest)) if _charges(charge)
        ]
        if charged and mapping.agenda_days(new, self.account) == 0:
            raise self._invalid(
                "expires_after_days",
                f"0 ends the boleto on its due date, so {' and '.join(charged)} would never apply",
                "register",
            )

    async def _register(self, new: NewBoleto) -> Boleto:
        body, notices = mapping.to_request(new, self.account)
        answer = await self._post("register", "", "register", body)
        bank_id = answer.data.get("codigoSolicitacao") if isinstance(answer.data, Mapping) else None
        if not isinstance(bank_id, str) or not bank_id:
            raise UnexpectedResponse(
                "the bank took the emission but did not say under which id",
                bank=BANK,
                operation="register",
                http_status=answer.status,
                request_id=answer.request_id,
                raw=answer.data,
            )
        return Boleto(
            bank=BANK,
            ref=BoletoRef(
                bank_id=bank_id,
                seu_numero=new.seu_numero,
                payer_tax_id=new.payer.tax_id,
                issue_date=self._clock.today(),
            ),
            status=BoletoStatus.PENDING_REGISTRATION,
            seu_numero=new.seu_numero,
            amount=new.amount,
            due_date=new.due_date,
            issue_date=self._clock.today(),
            payer=PartialParty(name=new.payer.name, tax_id=new.payer.tax_id),
            interest=new.interest,
            fine=new.fine,
            discounts=new.discounts,
            notices=notices,
            raw=answer.data,
            request_id=answer.request_id,
            http_status=answer.status,
        )

    def _is_complete(self, boleto: Boleto, new: NewBoleto) -> bool:
        if boleto.status in (BoletoStatus.PENDING_REGISTRATION, BoletoStatus.UNKNOWN):
            return False
        if boleto.status is not BoletoStatus.REGISTERED:
            return True
        return boleto.barcode is not None and (boleto.pix is not None or not new.hybrid)

    async def _find_equal(self, new: NewBoleto) -> list[Boleto]:
        today = self._clock.today()
        criteria = Search(
            # From yesterday on: the registration may have gone out just before midnight.
            since=today - timedelta(days=1),
            until=today,
            by=SearchDate.ISSUE,
            seu_numero=new.seu_numero,
        )
        found = [boleto async for boleto in self._search(criteria) if _equal(boleto, new)]
        return sorted(found, key=lambda boleto: boleto.issue_date or today)

    async def _query(self, ref: BoletoRef) -> Boleto:
        if ref.bank_id is None:
            return await self._query_by_seu_numero(ref)
        answer = await self._get("query", f"/{self._path_id(ref, 'query')}", "query")
        if not isinstance(answer.data, Mapping) or "cobranca" not in answer.data:
            raise self._unreadable("query", answer)
        return mapping.to_boleto(
            answer.data, bank_id=ref.bank_id, request_id=answer.request_id, http_status=answer.status
        )

    async def _query_by_seu_numero(self, ref: BoletoRef) -> Boleto:
        if ref.seu_numero is None:
            raise self._invalid("bank_id", "Inter is asked by bank_id, or by seu_numero", "query")
        today = self._clock.today()
        since, until = today - timedelta(days=_LOOKUP_DAYS), today
        if ref.issue_date is not None:
            since, until = ref.issue_date - timedelta(days=1), ref.issue_date + timedelta(days=1)
        criteria = Search(since=since, until=until, by=SearchDate.ISSUE, seu_numero=ref.seu_numero)
        found = [b async for b in self._search(criteria) if b.seu_numero == ref.seu_numero]
        if ref.payer_tax_id is not None:
            found = [b for b in found if b.payer is None or b.payer.tax_id in (None, ref.payer_tax_id)]
        if not found:
            raise NotFound(
                f"no boleto with this seu_numero issued from {since} to {until}", bank=BANK, operation="query"
            )
        if len(found) > 1:
            raise Conflict(
                f"{len(found)} boletos have this seu_numero: ask by bank_id", bank=BANK, operation="query"
            )
        return found[0]

    async def _search(self, criteria: Search) -> AsyncIterator[Boleto]:
        size = min(criteria.page_size or _PAGE_SIZE, _PAGE_SIZE)
        for status in mapping.bank_statuses(criteria.status):
            params = dict(mapping.search_params(criteria, status))
            # The order must not change between two pages.
            params.setdefault("ordenarPor", "CODIGO_COBRANCA")
            params["paginacao.itensPorPagina"] = str(size)
            page = 0
            while True:
                params["paginacao.paginaAtual"] = str(page)
                answer = await self._get("search", "", "search", tuple(params.items()))
                if not isinstance(answer.data, Mapping):
                    raise self._unreadable("search", answer)
                read = Lista.model_validate(answer.data)
                for item in read.cobrancas:
                    yield mapping.to_boleto(item, request_id=answer.request_id, http_status=answer.status)
                if read.ultimaPagina is not False or not read.cobrancas:
                    break
                page += 1

    async def _settlements(self, since: date, until: date) -> AsyncIterator[Settlement]:
        async for boleto in self._search(Search(since=since, until=until, by=SearchDate.PAYMENT)):
            if boleto.status is BoletoStatus.PAID:
                yield mapping.to_settlement(boleto)

    async def _fetch_pdf(self, ref: BoletoRef) -> bytes:
        # `Accept: application/pdf` is answered with 406: the PDF comes as text inside JSON.
        answer = await self._get("fetch_pdf", f"/{self._path_id(ref, 'fetch_pdf')}/pdf", "fetch_pdf")
        text = answer.data.get("pdf") if isinstance(answer.data, Mapping) else None
        try:
            return base64.b64decode(text if isinstance(text, str) else "", validate=True)
        except (binascii.Error, ValueError):
            pass
        raise self._unreadable("fetch_pdf", answer)

    async def _execute(self, ref: BoletoRef, command: Command) -> CommandResult:
        if isinstance(command, Cancel):
            return await self._cancel(ref, command)
        if isinstance(command, ChangeDueDate):
            if command.due_date < self._clock.today():
                raise self._invalid("due_date", "before today in Brasília", command.kind)
            return await self._alter(ref, command, {"dataVencimento": command.due_date.isoformat()})
        if isinstance(command, ChangeAmount):
            return await self._alter(ref, command, {"valorNominal": command.amount})
        raise Unsupported("not offered", field=command.kind, bank=BANK, operation=command.kind)

    async def _cancel(self, ref: BoletoRef, command: Cancel) -> CommandResult:
        reason = mapping.CHARSET.clean(command.reason or _DEFAULT_REASON)
        if len(reason) > mapping.REASON_LENGTH:
            raise self._invalid("reason", f"longer than {mapping.REASON_LENGTH} characters", "cancel")
        path = f"/{self._path_id(ref, 'cancel')}/cancelar"
        answer = await self._post("cancel", path, "cancel", {"motivoCancelamento": reason})
        return CommandResult(
            status=CommandStatus.ACCEPTED,
            kind=command.kind,
            ref=ref,
            raw=answer.data,
            request_id=answer.request_id,
            http_status=answer.status,
        )

    async def _alter(self, ref: BoletoRef, command: Command, body: Mapping[str, Any]) -> CommandResult:
        url = self._url(f"/{self._path_id(ref, command.kind)}")
        answer = await self._send(
            self._call(
                command.kind, "PATCH", url, "alter", json=body, repeat=Repeat.IF_NOT_PROCESSED, writes=True
            )
        )
        result = CommandResult(status=CommandStatus.ACCEPTED, kind=command.kind, ref=ref)
        return await self._altered(result, answer)

    async def _follow(self, result: CommandResult) -> CommandResult:
        if result.kind == Cancel.kind:
            return await super()._follow(result)
        if result.tracking_id is None:
            return result
        path = f"/edicao/{quote(result.tracking_id, safe='')}"
        return await self._altered(result, await self._get(result.kind, path, "alteration"))

    async def _altered(self, result: CommandResult, answer: Answer) -> CommandResult:
        read = Edicao.model_validate(answer.data if isinstance(answer.data, Mapping) else {})
        if read.status == "FALHA":
            raise BusinessRule(
                read.mensagem or "the bank could not carry the change out",
                bank=BANK,
                operation=result.kind,
                code=read.status,
                http_status=answer.status,
                request_id=answer.request_id,
                raw=answer.data,
            )
        done = read.status == "SUCESSO"
        boleto, notices = result.boleto, result.notices
        if done:
            # Barcode and line carry due date and amount: they are new now.
            try:
                boleto = self._checked(await self._query(result.ref), None)
            except BankGatewayError:
                notices += (
                    Notice(code="not_read_again", message="done; the changed boleto could not be read"),
                )
        return result.model_copy(
            update={
                "status": CommandStatus.DONE if done else CommandStatus.ACCEPTED,
                "bank_status": read.status,
                "tracking_id": read.codigoEdicao or result.tracking_id,
                "boleto": boleto,
                "notices": notices,
                "raw": answer.data,
                "request_id": answer.request_id,
                "http_status": answer.status,
            }
        )

    # -- webhook ---------------------------------------------------------------------------------

    async def _set_webhook(self, url: str, **options: Any) -> WebhookRegistration:
        if options:
            raise Unsupported(
                "Inter has no options for a webhook",
                field=next(iter(options)),
                bank=BANK,
                operation="set_webhook",
            )
        answer = await self._send(
            self._call(
                "set_webhook", "PUT", self._url("/webhook"), "webhook", json={"webhookUrl": url}, writes=True
            )
        )
        return WebhookRegistration(url=url, request_id=answer.request_id, http_status=answer.status)

    async def _get_webhook(self) -> WebhookRegistration | None:
        try:
            answer = await self._get("get_webhook", "/webhook", "webhook")
        except NotFound:
            return None
        if not isinstance(answer.data, Mapping):
            raise self._unreadable("get_webhook", answer)
        read = Webhook.model_validate(answer.data)
        return WebhookRegistration(
            url=read.webhookUrl,
            created_at=read.criacao,
            updated_at=read.atualizacao,
            raw=answer.data,
            request_id=answer.request_id,
            http_status=answer.status,
        )

    async def _delete_webhook(self) -> None:
        try:
            await self._send(
                self._call("delete_webhook", "DELETE", self._url("/webhook"), "webhook", writes=True)
            )
        except NotFound:
            return

    @classmethod
    def _parse_webhook(cls, headers: Mapping[str, str], body: bytes) -> list[Event]:
        return webhook.parse(body)

    def _is_ours(self, headers: Mapping[str, str]) -> bool:
        theirs = headers.get(webhook.ACCOUNT_HEADER, "").lstrip("0")
        return not theirs or self.account.conta_corrente in (None, theirs)

    # -- calls -----------------------------------------------------------------------------------

    def _refusal(self, call: Call, answer: Answer) -> BankGatewayError:
        return mapping.refusal(
            answer.status,
            answer.data,
            operation=call.operation,
            writes=call.writes,
            request_id=answer.request_id,
            retry_after=self._transport.retry_after(answer),
        )

    async def _get(
        self, operation: str, path: str, bucket: str, params: tuple[tuple[str, str], ...] = ()
    ) -> Answer:
        return await self._send(self._call(operation, "GET", self._url(path), bucket, params=params))

    async def _post(self, operation: str, path: str, bucket: str, body: Mapping[str, Any]) -> Answer:
        return await self._send(
            self._call(
                operation, "POST", self._url(path), bucket,
                json=body, repeat=Repeat.IF_NOT_PROCESSED, writes=True,
            )
        )  # fmt: skip

    def _call(self, operation: str, method: str, url: str, bucket: str, **rest: Any) -> Call:
        account = self.account.conta_corrente
        headers = {"x-conta-corrente": account} if account else {}
        return Call(operation=operation, method=method, url=url, bucket=bucket, headers=headers, **rest)

    def _url(self, path: str) -> str:
        return f"{self.environment.hosts['api']}{_PREFIX}{path}"

    def _bank_id(self, ref: BoletoRef, operation: str) -> str:
        # A name of dots alone would be taken for a step up in the path.
        if ref.bank_id is None or not ref.bank_id.strip("."):
            raise self._invalid("bank_id", "Inter names a boleto by its codigoSolicitacao", operation)
        return ref.bank_id

    def _path_id(self, ref: BoletoRef, operation: str) -> str:
        return quote(self._bank_id(ref, operation), safe="")

    @staticmethod
    def _unreadable(operation: str, answer: Answer) -> UnexpectedResponse:
        return UnexpectedResponse(
            "the answer cannot be read",
            bank=BANK,
            operation=operation,
            http_status=answer.status,
            request_id=answer.request_id,
            raw=answer.data,
        )

    @staticmethod
    def _sandbox_only(operation: str, where: str) -> Unsupported:
        return Unsupported(
            f"the bank does not offer it {where}", field=operation, bank=BANK, operation=operation
        )


def _charges(charge: Any) -> bool:
    return charge is not None and charge.kind is not InterestKind.EXEMPT


def _equal(boleto: Boleto, new: NewBoleto) -> bool:
    """The four things the bank itself compares to tell a duplicate."""
    payer = boleto.payer.tax_id if boleto.payer else None
    return (
        boleto.seu_numero == new.seu_numero
        and boleto.amount == new.amount
        and boleto.due_date == new.due_date
        and payer in (None, new.payer.tax_id)
    )


def _delivery(item: Mapping[str, object]) -> CallbackDelivery:
    read = Callback.model_validate(item)
    events: list[Event] = []
    for raw in mapping.callback_items(read):
        try:
            events.append(webhook.to_event(raw))
        except ValueError:
            continue
    return CallbackDelivery(
        events=tuple(events),
        attempt=int(read.numeroTentativa) if read.numeroTentativa is not None else None,
        sent_at=read.dataHoraDisparo,
        delivered=read.sucesso,
        http_status=int(read.httpStatus) if read.httpStatus is not None else None,
        error=read.mensagemErro,
        raw=item,
    )


def _found_ids(answer: Answer) -> list[str]:
    found = answer.data.get("foundIds") if isinstance(answer.data, Mapping) else None
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []
