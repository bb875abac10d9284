"""The fake of Banco Inter: API Cobrança v3 ("Boleto com Pix"), as its documentation describes it."""

from __future__ import annotations

import base64
import re
import ssl
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bankgateway.models.clock import Clock
from bankgateway_mocks.documents import pdf
from bankgateway_mocks.http import HttpRequest, HttpResponse, json_response
from bankgateway_mocks.inter import ACCOUNT, CREDENTIALS, TOKEN_PATH
from bankgateway_mocks.inter.answers import (
    Refusal,
    bad_token_request,
    gateway,
    invalid,
    problem,
    refused,
    unknown_client,
    unknown_error,
    unsupported_type,
    wrong_state,
)
from bankgateway_mocks.inter.books import OPEN, InterBooks
from bankgateway_mocks.inter.charge import Charge, Webhook, utc_milliseconds
from bankgateway_mocks.inter.listing import callbacks_page, check_paging, listed, page, summed
from bankgateway_mocks.inter.validation import Section, Violations, check_edition, check_emission

PREFIX = "/cobranca/v3/cobrancas"
# The documentation names this one with and without `cobrancas`.
RETRY_PATHS = "/cobranca/v3/(?:cobrancas/)?webhook/callbacks/retry"
READ = "boleto-cobranca.read"
WRITE = "boleto-cobranca.write"
WEBHOOK_PATTERN = r"https://[^\s]*"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API.

    Attributes:
        operation: Its name in `calls` and `faults`.
        method: HTTP method.
        path: Pattern of the path; `{id}` stands for one segment.
        scope: What the token must allow.
        production: Calls a minute.
        sandbox: The same in the sandbox.
        answer: Method of the fake that answers.
    """

    operation: str
    method: str
    path: str
    scope: str
    production: int
    sandbox: int
    answer: Callable[[InterFakeBank, Visit], HttpResponse]

    def match(self, request: HttpRequest) -> str | None:
        """The `{id}` of a request that is for this route ("" where there is none), else `None`."""
        if request.method != self.method:
            return None
        found = re.fullmatch(self.path.replace("{id}", "([^/]+)"), request.path)
        return None if found is None else "".join(found.groups())


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that passed the gate.

    Attributes:
        request: It.
        account: Conta corrente it is about.
        id: Id in the path.
    """

    request: HttpRequest
    account: str
    id: str


class InterFakeBank(InterBooks, slug="inter"):
    """Banco Inter in memory: `FakeBank("inter")`.

    Switches, to be set at any time, besides those of `InterBooks`:

    Attributes:
        accounts: Accounts linked to the application. With more than one, callers must name theirs.
        granted_scopes: Scopes ticked when the application was made.
        token_lifetime: Seconds.
        enforce_limits: Answer 429 beyond the published calls a minute (token: 5). Off by default, so
            that test suites are not held up; `usage` counts either way.
        first_query_404: The very first query of a cobrança answers 404.
        beneficiary_tax_id: The account's own CNPJ, which cannot be a payer.
    """

    def __init__(self, slug: str, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(slug, clock=clock, seed=seed)
        self.accounts: list[str] = [ACCOUNT["conta_corrente"]]
        self.granted_scopes: set[str] = {READ, WRITE}
        self.token_lifetime = 3600
        self.enforce_limits = False
        self.first_query_404 = False
        self.beneficiary_tax_id = "12345678000195"
        self._tokens: dict[str, tuple[datetime, frozenset[str]]] = {}
        self._usage: dict[str, tuple[int, int]] = {}

    # The gate: certificate, token, scope, account, limits

    def _operation(self, request: HttpRequest) -> str:
        route = self._route(request)
        return route[0].operation if route else ""

    def _route(self, request: HttpRequest) -> tuple[Route, str] | None:
        matches = ((route, route.match(request)) for route in ROUTES)
        return next(((route, id_) for route, id_ in matches if id_ is not None), None)

    def _process(self, request: HttpRequest) -> HttpResponse:
        found = self._route(request)
        if found is None:
            return gateway(404, "no Route matched with those values")
        route, id_ = found
        headers = {"x-request-id": self._uuid(), **self._count(route)}
        try:
            answer = self._admit(route, id_, request)
        except Refusal as refusal:
            answer = refusal.answer
        return answer.with_headers(headers)

    def _admit(self, route: Route, id_: str, request: HttpRequest) -> HttpResponse:
        if request.over_tls and request.client_certificate is None:
            raise Refusal(HttpResponse(400))
        if self.enforce_limits and self.usage(route.operation) > self._limit(route):
            raise Refusal(HttpResponse(429))
        if route.operation == "token":
            return route.answer(self, Visit(request, "", ""))
        self._check_token(request, route.scope)
        return route.answer(self, Visit(request, self._account(request), id_))

    def _check_token(self, request: HttpRequest, scope: str) -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        expires, scopes = self._tokens.get(token, (None, frozenset[str]()))
        if kind != "Bearer" or expires is None or expires <= self.clock.now():
            raise Refusal(gateway(401, "Unauthorized"))
        if scope not in scopes:
            raise Refusal(problem(403))

    def _account(self, request: HttpRequest) -> str:
        named = request.headers.get("x-conta-corrente")
        if named is None and len(self.accounts) == 1:
            return self.accounts[0]
        # A leading zero makes another number of it, so this refuses those as well.
        if named is None or named not in self.accounts:
            raise Refusal(problem(403, "Conta corrente não permitida para a aplicação."))
        return named

    def _limit(self, route: Route) -> int:
        return route.sandbox if self.sandbox_artefacts else route.production

    def _count(self, route: Route) -> dict[str, str]:
        minute = int(self.clock.now().timestamp() // 60)
        self._usage[route.operation] = (minute, self.usage(route.operation) + 1)
        remaining = max(self._limit(route) - self.usage(route.operation), 0)
        return {"x-rate-limit-remaining": str(remaining), "x-rate-limit-time": str((minute + 1) * 60_000)}

    def usage(self, operation: str) -> int:
        """Requests of `operation` in the current minute, admitted or not."""
        minute, count = self._usage.get(operation, (0, 0))
        return count if minute == int(self.clock.now().timestamp() // 60) else 0

    def _server_error(self, status: int) -> HttpResponse:
        return problem(status)

    def _void_tokens(self) -> None:
        self._tokens.clear()

    def _token(self, visit: Visit) -> HttpResponse:
        request = visit.request
        if request.content_type != "application/x-www-form-urlencoded":
            return bad_token_request("invalid_request", "application/x-www-form-urlencoded expected")
        try:
            form = request.form()
        except ValueError:
            return bad_token_request("invalid_request", "malformed form")
        missing = [n for n in ("client_id", "client_secret", "grant_type", "scope") if not form.get(n)]
        if missing:
            return bad_token_request("invalid_request", f"missing {', '.join(missing)}")
        if form["grant_type"] != "client_credentials":
            return bad_token_request("unsupported_grant_type", "client_credentials expected")
        if any(form[name] != value for name, value in CREDENTIALS.items()):
            return unknown_client()
        scopes = frozenset(form["scope"].split())
        if not scopes <= self.granted_scopes:
            return bad_token_request("invalid_scope", "scope not granted to the application")
        # Never the same for two fakes, whatever their seeds: a token that leaked must not work.
        token = str(uuid.uuid4())
        self._tokens[token] = (self.clock.now() + timedelta(seconds=self.token_lifetime), scopes)
        body = {"access_token": token, "token_type": "Bearer", "expires_in": self.token_lifetime}
        return json_response(200, {**body, "scope": " ".join(form["scope"].split())})

    # Operations

    def _register(self, visit: Visit) -> HttpResponse:
        now = self.clock.now()
        order = self._object(visit)
        self._demand(check_emission(order, now, sandbox=self.sandbox_artefacts))
        payer = re.sub(r"\D", "", order["pagador"]["cpfCnpj"])
        if payer == self.beneficiary_tax_id:
            return unknown_error(now)
        if self._is_duplicate(order, visit.account):
            return refused("Cobrança duplicada: já existe uma emissão com os mesmos dados", now)
        return json_response(200, {"codigoSolicitacao": self._take(order, visit.account).id})

    def _query(self, visit: Visit) -> HttpResponse:
        charge = self._charge(visit)
        first, charge.unseen = charge.unseen, False
        if first and self.first_query_404:
            return problem(404)
        self._look(charge)
        return json_response(200, charge.detail(self.clock.today(), with_id=not self.sandbox_artefacts))

    def _search(self, visit: Visit) -> HttpResponse:
        found = listed(self._of(visit.account), visit.request.query, self.clock.today())
        self._demand(found.violations + check_paging(visit.request.query))
        return json_response(200, page(found, visit.request.query, self.clock.today()))

    def _summary(self, visit: Visit) -> HttpResponse:
        found = listed(self._of(visit.account), visit.request.query, self.clock.today())
        self._demand(found.violations)
        return json_response(200, summed(found.charges, self.clock.today()))

    def _pdf(self, visit: Visit) -> HttpResponse:
        if "application/pdf" in visit.request.headers.get("accept", ""):
            return problem(406)
        charge = self._charge(visit)
        if charge.boleto is None:
            return problem(404)
        line = charge.boleto["linhaDigitavel"]
        document = pdf(["Banco Inter 077-9", line, f"R$ {charge.amount:.2f}", charge.due.isoformat()])
        return json_response(200, {"pdf": base64.b64encode(document).decode()})

    def _cancel(self, visit: Visit) -> HttpResponse:
        charge = self._charge(visit)
        body = self._object(visit)
        violations: Violations = []
        reason = Section(body, violations).text("motivoCancelamento", 50, minimum=1)
        self._demand(violations)
        self._demand_open(charge, "cancelada")
        self._start_cancellation(charge, reason)
        return HttpResponse(202)

    def _edit(self, visit: Visit) -> HttpResponse:
        charge = self._charge(visit)
        body = self._object(visit)
        self._demand(check_edition(body, self.clock.now()))
        self._demand_open(charge, "editada")
        amount = body.get("valorNominal")
        due = Section(body, []).day("dataVencimento", required=False)
        edition = self._start_edition(charge, None if amount is None else Decimal(amount), due)
        texts = {"PROCESSANDO": "Edição em processamento", "SUCESSO": "Edição realizada"}
        message = texts.get(edition.status, "Falha na edição")
        return json_response(200, {"status": edition.status, "mensagem": message, "codigoEdicao": edition.id})

    def _edit_status(self, visit: Visit) -> HttpResponse:
        edition = self._editions.get(visit.id)
        if edition is None or edition.charge.account != visit.account:
            return problem(404)
        if edition.status == "PROCESSANDO" and edition.job.looked_at():
            self._finish_edition(edition)
        return json_response(200, {"status": edition.status})

    def _pay(self, visit: Visit) -> HttpResponse:
        charge = self._charge(visit)
        violations: Violations = []
        rail = Section(self._object(visit), violations).choice("pagarCom", ("BOLETO", "PIX"))
        self._demand(violations)
        self._demand_open(charge, "paga")
        if (charge.pix if rail == "PIX" else charge.boleto) is None:
            return refused(f"A cobrança não possui {rail}", self.clock.now())
        self._settle(charge, rail, charge.amount)
        return HttpResponse(204)

    def _put_webhook(self, visit: Visit) -> HttpResponse:
        violations: Violations = []
        url = Section(self._object(visit), violations).text(
            "webhookUrl", 2000, minimum=1, pattern=WEBHOOK_PATTERN
        )
        self._demand(violations)
        now = self.clock.now()
        old = self._webhooks.get(visit.account)
        self._webhooks[visit.account] = Webhook(url, old.created_at, now) if old else Webhook(url, now)
        return HttpResponse(204)

    def _get_webhook(self, visit: Visit) -> HttpResponse:
        webhook = self._webhooks.get(visit.account)
        if webhook is None:
            return problem(404)
        body = {"webhookUrl": webhook.url, "criacao": utc_milliseconds(webhook.created_at)}
        if webhook.updated_at:
            body["atualizacao"] = utc_milliseconds(webhook.updated_at)
        return json_response(200, body)

    def _delete_webhook(self, visit: Visit) -> HttpResponse:
        if self._webhooks.pop(visit.account, None) is None:
            return problem(404)
        return HttpResponse(204)

    def _callbacks(self, visit: Visit) -> HttpResponse:
        mine = [item for item in self._outbox if item.headers["x-conta-corrente"] == visit.account]
        violations: Violations = []
        answer = callbacks_page(mine, visit.request.query, violations)
        self._demand(violations)
        return json_response(200, answer)

    def _retry_callbacks(self, visit: Visit) -> HttpResponse:
        ids = self._object(visit).get("codigoSolicitacao")
        if not isinstance(ids, list) or not 1 <= len(ids) <= 50:
            reason = "tamanho deve ser entre 1 e 50"
            return invalid([{"razao": reason, "propriedade": "codigoSolicitacao"}], self.clock.now())
        latest = {id_: item for item in self._outbox for id_ in item.about if item.url}
        found = [id_ for id_ in ids if id_ in latest and self._charges[id_].account == visit.account]
        webhook = self._webhooks.get(visit.account)
        if webhook is not None:
            for id_ in found:
                latest[id_].url, latest[id_].next_attempt_at = webhook.url, self.clock.now()
        # The bank misspells the type, in its documentation at least.
        return json_response(200, {"foundIds": found}, content_type="aplication/json")

    # What handlers share

    def _object(self, visit: Visit) -> dict[str, Any]:
        if visit.request.content_type != "application/json":
            raise Refusal(unsupported_type(self.clock.now()))
        try:
            body = visit.request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refusal(HttpResponse(400))
        return body

    def _demand(self, violations: Violations) -> None:
        if violations:
            raise Refusal(invalid(violations, self.clock.now()))

    def _demand_open(self, charge: Charge, act: str) -> None:
        situation, _ = charge.situation(self.clock.today())
        if situation not in OPEN:
            raise Refusal(wrong_state(act, situation, self.clock.now()))

    def _charge(self, visit: Visit) -> Charge:
        charge = self._charges.get(visit.id)
        if charge is None or charge.account != visit.account:
            raise Refusal(problem(404))
        return charge

    def _of(self, account: str) -> list[Charge]:
        return [charge for charge in self._charges.values() if charge.account == account]

    def _environment_name(self) -> str:
        return "sandbox" if self.sandbox_artefacts else "production"

    def _server_context(self, mtls: bool, tls_version: ssl.TLSVersion | None) -> ssl.SSLContext:
        context = super()._server_context(mtls, tls_version)
        # The bank lets callers without a certificate in and answers them 400 with an empty body.
        context.verify_mode = ssl.CERT_OPTIONAL if mtls else ssl.CERT_NONE
        return context


ROUTES = (
    Route("token", "POST", TOKEN_PATH, "", 5, 5, InterFakeBank._token),
    Route("search", "GET", PREFIX, READ, 120, 10, InterFakeBank._search),
    Route("register", "POST", PREFIX, WRITE, 120, 10, InterFakeBank._register),
    Route("summary", "GET", f"{PREFIX}/sumario", READ, 120, 10, InterFakeBank._summary),
    Route("set_webhook", "PUT", f"{PREFIX}/webhook", WRITE, 5, 5, InterFakeBank._put_webhook),
    Route("get_webhook", "GET", f"{PREFIX}/webhook", READ, 5, 5, InterFakeBank._get_webhook),
    Route("delete_webhook", "DELETE", f"{PREFIX}/webhook", WRITE, 5, 5, InterFakeBank._delete_webhook),
    Route("callbacks", "GET", f"{PREFIX}/webhook/callbacks", READ, 10, 10, InterFakeBank._callbacks),
    Route("retry_callbacks", "POST", RETRY_PATHS, WRITE, 5, 5, InterFakeBank._retry_callbacks),
    Route("execute_status", "GET", f"{PREFIX}/edicao/{{id}}", READ, 10, 10, InterFakeBank._edit_status),
    Route("query", "GET", f"{PREFIX}/{{id}}", READ, 120, 10, InterFakeBank._query),
    Route("execute", "PATCH", f"{PREFIX}/{{id}}", WRITE, 10, 10, InterFakeBank._edit),
    Route("fetch_pdf", "GET", f"{PREFIX}/{{id}}/pdf", READ, 120, 10, InterFakeBank._pdf),
    Route("cancel", "POST", f"{PREFIX}/{{id}}/cancelar", WRITE, 120, 10, InterFakeBank._cancel),
    Route("pay", "POST", f"{PREFIX}/{{id}}/pagar", WRITE, 10, 10, InterFakeBank._pay),
)

InterFakeBank.operations = tuple(route.operation for route in ROUTES)
