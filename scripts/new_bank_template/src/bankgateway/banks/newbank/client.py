"""The operations of NEW_NAME: which call, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, final
from urllib.parse import quote

from bankgateway.banks.newbank import mapping, webhook
from bankgateway.banks.newbank.config import (
    BANK,
    CAPABILITIES,
    ENVIRONMENTS,
    RENEWAL_HINT,
    Account,
    Credentials,
)
from bankgateway.banks.newbank.wire import BaixaRequest, Lista
from bankgateway.capabilities import Capabilities
from bankgateway.client import BankClient
from bankgateway.config import Environment
from bankgateway.errors import BankGatewayError, Conflict, NotFound, UnexpectedResponse, Unsupported
from bankgateway.models.boleto import Boleto, BoletoRef, NewBoleto
from bankgateway.models.commands import Cancel, Command
from bankgateway.models.events import Event
from bankgateway.models.results import CommandResult, CommandStatus
from bankgateway.security.oauth import ClientCredentials
from bankgateway.transport import Answer, Call, Repeat, Transport

# PLACEHOLDER: the paths.
_TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
_PREFIX = "/v1/boletos"


@final
class NewBankClient(BankClient):
    """NEW_NAME."""

    bank: ClassVar[str] = BANK
    bank_name: ClassVar[str] = "NEW_NAME"
    compe: ClassVar[str] = "NEW_COMPE"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    environments: ClassVar[Mapping[str, Environment]] = ENVIRONMENTS
    account_type: ClassVar[type[Account]] = Account
    credentials_type: ClassVar[type[Credentials]] = Credentials
    renewal_hint: ClassVar[str] = RENEWAL_HINT

    account: Account
    credentials: Credentials

    # PLACEHOLDER: the dialect of the token endpoint, and further headers of each call.
    def _make_transport(self) -> Transport:
        credentials = self.credentials
        certificate = credentials.certificate
        return Transport(
            BANK,
            self.settings,
            certificate=certificate,
            tokens=ClientCredentials(
                url=self.environment.hosts["api"] + _TOKEN_PATH,
                client_id=credentials.client_id,
                client_secret=credentials.client_secret.get_secret_value(),
                scopes=credentials.scopes,
                fingerprint=certificate.fingerprint if certificate else None,
            ),
            limits=self.environment.limits,
            limit_key=f"{self.environment.hosts['api']}|{credentials.identity}",
            renewal_hint=RENEWAL_HINT,
        )

    # -- the verbs -------------------------------------------------------------------------------

    async def _register(self, new: NewBoleto) -> Boleto:
        body, notices = mapping.to_request(new, self.account)
        boleto = self._boleto("register", await self._post("register", "", body))
        return boleto.with_notices(*notices)

    # PLACEHOLDER: what a boleto can be looked up by when the answer to its registration was lost.
    async def _find_equal(self, new: NewBoleto) -> list[Boleto]:
        found = await self._list("register", new.seu_numero)
        return [boleto for boleto in found if mapping.is_equal(boleto, new)]

    async def _query(self, ref: BoletoRef) -> Boleto:
        if ref.nosso_numero is None:
            return await self._query_by_seu_numero(ref)
        return self._boleto("query", await self._get("query", f"/{_segment(ref.nosso_numero)}"))

    async def _query_by_seu_numero(self, ref: BoletoRef) -> Boleto:
        if ref.seu_numero is None:
            raise self._invalid("nosso_numero", "the bank is asked by nosso_numero or by seu_numero", "query")
        found = [b for b in await self._list("query", ref.seu_numero) if b.seu_numero == ref.seu_numero]
        if not found:
            raise NotFound("no boleto has this seu_numero", bank=BANK, operation="query")
        if len(found) > 1:
            raise Conflict(
                f"{len(found)} boletos have this seu_numero: ask by nosso_numero",
                bank=BANK,
                operation="query",
            )
        return found[0]

    async def _execute(self, ref: BoletoRef, command: Command) -> CommandResult:
        if isinstance(command, Cancel):
            return await self._cancel(ref, command)
        raise Unsupported("not offered", field=command.kind, bank=BANK, operation=command.kind)

    async def _cancel(self, ref: BoletoRef, command: Cancel) -> CommandResult:
        if ref.nosso_numero is None:
            raise self._invalid("nosso_numero", "the bank names a boleto by its nosso_numero", command.kind)
        reason = mapping.CHARSET.clean(command.reason or "")
        if len(reason) > mapping.REASON_LENGTH:
            raise self._invalid("reason", f"longer than {mapping.REASON_LENGTH} characters", command.kind)
        body = BaixaRequest(motivo=reason or None).model_dump(exclude_none=True)
        answer = await self._post(command.kind, f"/{_segment(ref.nosso_numero)}/baixar", body)
        boleto = self._boleto(command.kind, answer)
        # PLACEHOLDER: `ACCEPTED` at a bank where it takes time; `follow` then looks at the boleto.
        return CommandResult(
            status=CommandStatus.DONE,
            kind=command.kind,
            ref=boleto.ref,
            bank_status=boleto.bank_status,
            boleto=boleto,
            raw=answer.data,
            request_id=answer.request_id,
            http_status=answer.status,
        )

    @classmethod
    def _parse_webhook(cls, headers: Mapping[str, str], body: bytes) -> list[Event]:
        return webhook.parse(body)

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

    async def _get(self, operation: str, path: str, params: tuple[tuple[str, str], ...] = ()) -> Answer:
        return await self._send(
            Call(operation=operation, method="GET", url=self._url(path), params=params, bucket="query")
        )

    async def _post(self, operation: str, path: str, body: Mapping[str, Any]) -> Answer:
        return await self._send(
            Call(
                operation=operation,
                method="POST",
                url=self._url(path),
                json=body,
                repeat=Repeat.IF_NOT_PROCESSED,
                writes=True,
                bucket=operation,
            )
        )

    async def _list(self, operation: str, seu_numero: str) -> list[Boleto]:
        answer = await self._get(operation, "", (("seuNumero", seu_numero),))
        if not isinstance(answer.data, Mapping) or "boletos" not in answer.data:
            raise self._unreadable(operation, answer)
        return [self._read(item, answer) for item in Lista.model_validate(answer.data).boletos]

    def _boleto(self, operation: str, answer: Answer) -> Boleto:
        """The boleto of an answer, which must at least name it."""
        boleto = self._read(answer.data, answer)
        if boleto.nosso_numero is None:
            raise self._unreadable(operation, answer)
        return boleto

    def _read(self, data: object, answer: Answer) -> Boleto:
        return mapping.to_boleto(
            data, account=self.account, request_id=answer.request_id, http_status=answer.status
        )

    def _url(self, path: str) -> str:
        return f"{self.environment.hosts['api']}{_PREFIX}{path}"

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


def _segment(text: str) -> str:
    return quote(text, safe="")
