"""The stateful fake bank: what all fakes share.

    async with FakeBank("inter") as bank, bank.connect() as client:
        boleto = await client.register(samples.new_boleto("inter"))
        bank.pay(boleto.ref)

A fake is written from the bank's documentation and knows nothing of the client's code, so that one
misreading does not confirm itself. State lives here; HTTP is an adapter around `handle`.
"""

from __future__ import annotations

import importlib
import itertools
import math
import random
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self, overload

import anyio
import httpx

from bankgateway.client import BankClient
from bankgateway.config import Account, Credentials, Environment, Settings
from bankgateway.connect import bank_class, connect
from bankgateway.models.boleto import Boleto, BoletoRef, BoletoStatus, NewBoleto
from bankgateway.models.clock import SYSTEM_CLOCK, Clock
from bankgateway.security.tls import Trust, client_context
from bankgateway_mocks import samples
from bankgateway_mocks.faults import Exchange, Faults
from bankgateway_mocks.http import HttpRequest, HttpResponse
from bankgateway_mocks.inprocess import InProcessTransport
from bankgateway_mocks.pki import ClientMaterial, Pki
from bankgateway_mocks.server import Server, beside, serve
from bankgateway_mocks.webhooks import Notification, deliver

if TYPE_CHECKING:
    from bankgateway_mocks.inter.fake import InterFakeBank

BoletoName = str | BoletoRef | Boleto | NewBoleto
"""A boleto in the controls of a fake: its seu_numero, nosso_numero or bank id, or the object itself."""

DELIVERY_INTERVAL = 0.02

_serial = itertools.count(1)


class Call(NamedTuple):
    """One request the bank saw.

    Attributes:
        operation: `token`, `register`, `query`, ...; empty when the path means nothing to the bank.
        method: HTTP method.
        path: Path without query.
        status: HTTP status of the answer; `None` when there was none.
    """

    operation: str
    method: str
    path: str
    status: int | None


@dataclass(frozen=True, slots=True)
class BookEntry:
    """A boleto the bank really holds.

    Attributes:
        bank_id: The bank's own id.
        seu_numero: The caller's number.
        nosso_numero: The bank number; `None` until there is one.
        amount: Nominal amount, reais.
        due_date: Vencimento.
        payer_tax_id: CPF or CNPJ of the payer, as sent.
        status: The uniform status.
        bank_status: The bank's own word.
        paid_amount: Reais received; `None` until paid.
        registered_at: When the request was taken, aware.
    """

    bank_id: str
    seu_numero: str
    nosso_numero: str | None
    amount: Decimal
    due_date: date
    payer_tax_id: str
    status: BoletoStatus
    bank_status: str
    paid_amount: Decimal | None
    registered_at: datetime


class _Bank:
    """What `FakeBank` is, without the choice of the class: see there.

    Apart, because type checkers let an `__init__` of the same class hide what `__new__` returns.
    """

    operations: ClassVar[tuple[str, ...]] = ()
    webhook_schedule: ClassVar[Sequence[timedelta]] = ()

    def __init__(self, slug: str, *, clock: Clock | None = None, seed: int = 0) -> None:
        self.slug = slug
        self.clock = clock or SYSTEM_CLOCK
        self.random = random.Random(f"{slug}-{seed}")  # noqa: S311 - repeatable on purpose
        self.base_url = f"https://{slug}-{next(_serial)}.fake.invalid"
        self.faults = Faults(self.operations, on_refusal=self._close_idle_connections)
        self.transport: httpx.AsyncBaseTransport = InProcessTransport(self.handle)
        self.pki = Pki()
        self.webhook_pki = Pki("bankgateway test webhook CA")
        self.webhook_trust: bytes | None = None
        self._calls: list[Call] = []
        self._processed: Counter[str] = Counter()
        self._late: list[tuple[float, Callable[[], HttpResponse]]] = []
        self._outbox: list[Notification] = []
        self._servers: list[Server] = []

    # What a bank's own fake fills in

    def _operation(self, request: HttpRequest) -> str:
        """Name of the operation a request is about; empty for an unknown path."""
        raise NotImplementedError

    def _process(self, request: HttpRequest) -> HttpResponse:
        """The bank's true answer."""
        raise NotImplementedError

    def _server_error(self, status: int) -> HttpResponse:
        """The bank's own form of a 5xx answer."""
        raise NotImplementedError

    def _void_tokens(self) -> None:
        """Forget every token issued."""
        raise NotImplementedError

    def _pass_time(self) -> None:
        """Let happen whatever the clock has brought about."""
        raise NotImplementedError

    @property
    def books(self) -> list[BookEntry]:
        """Every boleto the bank really holds, oldest first. Compare it with what the client reported."""
        raise NotImplementedError

    def pay(
        self, boleto: BoletoName, *, by: Literal["PIX", "BOLETO"] = "PIX", amount: Decimal | None = None
    ) -> None:
        """The payer pays.

        Args:
            boleto: Which.
            by: The rail.
            amount: Reais; the nominal amount when left out.

        Raises:
            LookupError: No such boleto, or more than one.
            ValueError: Its state forbids payment.
        """
        raise NotImplementedError

    def expire(self, boleto: BoletoName) -> None:
        """The bank drops the boleto, as it does on its own some days after the due date.

        Raises:
            LookupError: No such boleto, or more than one.
            ValueError: Its state forbids it.
        """
        raise NotImplementedError

    def fail_emission(self, boleto: BoletoName) -> None:
        """The bank fails to issue the boleto after having accepted it.

        Args:
            boleto: One still being processed, or the seu_numero of one to come.

        Raises:
            ValueError: It was issued already.
        """
        raise NotImplementedError

    def settle_now(self) -> None:
        """Finish everything the bank does in its own time: emissions, changes, cancellations."""
        raise NotImplementedError

    # What is the same for all

    async def handle(self, request: HttpRequest, *, patience: float | None = None) -> HttpResponse:
        """Answer one request, with whatever fault is waiting for it.

        Raises:
            ConnectionDropped: A fault cuts the connection.
            ConnectionRefused: A fault keeps it from being made.
            AnswerTooLate: In process: the delay exceeds `patience` seconds.
        """
        self._catch_up()
        operation = self._operation(request)
        position = len(self._calls)
        self._calls.append(Call(operation, request.method, request.path, None))

        def process() -> HttpResponse:
            answer = self._process(request)
            if answer.status < 300:
                self._processed[operation] += 1
            return answer

        fault = self.faults.take(operation)
        if fault is None:
            answer = process()
        else:
            answer = await fault.play(
                Exchange(
                    process=process,
                    process_later=lambda due: self._late.append((due, process)),
                    server_error=self._server_error,
                    expire_tokens=self._void_tokens,
                    patience=patience,
                )
            )
        self._calls[position] = self._calls[position]._replace(status=answer.status)
        return answer

    def _catch_up(self, *, everything: bool = False) -> None:
        """Process the slow requests whose time has come, then let the clock do its part."""
        until = math.inf if everything else time.monotonic()
        due = sorted((item for item in self._late if item[0] <= until), key=lambda item: item[0])
        self._late = [item for item in self._late if item[0] > until]
        for _, process in due:
            process()
        self._pass_time()

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every request so far, in order of arrival."""
        return tuple(self._calls)

    def processed(self, operation: str) -> int:
        """How many requests of `operation` the bank carried out, whether or not the answer arrived.

        Raises:
            ValueError: The bank has no such operation.
        """
        if operation not in self.operations:
            raise ValueError(f"no operation {operation!r}; there are: {', '.join(sorted(self.operations))}")
        self._catch_up()
        return self._processed[operation]

    # Connecting a client

    @property
    def account(self) -> Account:
        """The account this bank knows, as the client's configuration."""
        return samples.account(self.slug)

    @property
    def credentials(self) -> Credentials:
        """Credentials this bank accepts."""
        return samples.credentials(self.slug)

    def _environment_name(self) -> str:
        """Which of the bank's environments this fake behaves like."""
        return "production"

    def environment_at(self, origin: str) -> Environment:
        """The bank's environment, moved to another origin."""
        return bank_class(self.slug).environments[self._environment_name()].at(origin, name="fake")

    @property
    def environment(self) -> Environment:
        """The environment that leads to this bank in process."""
        return self.environment_at(self.base_url)

    def connect(
        self,
        *,
        account: Account | Mapping[str, Any] | None = None,
        credentials: Credentials | Mapping[str, Any] | None = None,
        environment: Environment | None = None,
        settings: Settings | None = None,
    ) -> BankClient:
        """A client wired to this bank in process.

        Args:
            account: Instead of the account this bank knows.
            credentials: Instead of those it accepts.
            environment: Instead of the one that leads here.
            settings: The transport is set to this bank's, whatever they say.
        """
        settings = replace(settings or Settings(clock=self.clock), transport=self.transport)
        return connect(
            self.slug,
            credentials or self.credentials,
            account=account or self.account,
            environment=environment or self.environment,
            settings=settings,
        )

    def _find(self, name: BoletoName) -> str:
        """The bank id of a boleto.

        Raises:
            LookupError: None, or more than one.
        """
        found = [entry.bank_id for entry in self.books if _is(entry, name)]
        if len(found) != 1:
            what = name if isinstance(name, str) else type(name).__name__
            raise LookupError(f"{len(found) or 'no'} boletos are {what!r}")
        return found[0]

    @asynccontextmanager
    async def serve(
        self, *, mtls: bool = True, tls_version: ssl.TLSVersion | None = None
    ) -> AsyncIterator[ServedBank]:
        """The same bank behind a real TLS socket on loopback. Webhooks are delivered by themselves.

        Args:
            mtls: Ask for a client certificate, and treat callers without one as the bank does.
            tls_version: The highest version the bank speaks.

        Yields:
            Address, trust and a client certificate.
        """
        context = self._server_context(mtls, tls_version)

        async def handler(request: HttpRequest) -> HttpResponse:
            return await self.handle(request if mtls else replace(request, over_tls=False))

        async with serve(handler, context, accepts=lambda: not self.faults.take_refusal()) as server:
            self._servers.append(server)
            try:
                async with beside(self._deliver_for_ever):
                    yield ServedBank(self, server)
            finally:
                self._servers.remove(server)

    def _server_context(self, mtls: bool, tls_version: ssl.TLSVersion | None) -> ssl.SSLContext:
        return self.pki.server_context(require_client_certificate=mtls, maximum_version=tls_version)

    def _close_idle_connections(self) -> None:
        for server in self._servers:
            server.close_idle()

    # Webhooks

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """Every webhook call, as it was or would be sent, oldest first."""
        self._catch_up()
        return tuple(self._outbox)

    def _notify(
        self, url: str | None, headers: Mapping[str, str], body: bytes, about: tuple[str, ...]
    ) -> None:
        now = self.clock.now()
        self._outbox.append(
            Notification(url, headers, body, about, now, next_attempt_at=now if url else None)
        )

    async def deliver(self, *, transport: httpx.AsyncBaseTransport | None = None) -> int:
        """Send the webhooks that are due, each once; those that failed are due again later.

        Args:
            transport: How to reach the receiver, such as `httpx.ASGITransport(app)`; over the network
                with the bank's client certificate when left out.

        Returns:
            How many arrived.
        """
        self._catch_up()
        due = [notification for notification in self._outbox if notification.is_due(self.clock.now())]
        if not due:
            return 0
        carrier = transport or httpx.AsyncHTTPTransport(verify=self._webhook_context())
        async with httpx.AsyncClient(transport=carrier, timeout=5.0, trust_env=False) as client:
            now = self.clock.now()
            attempts = [
                await deliver(item, client, now, self.webhook_schedule) for item in due if item.is_due(now)
            ]
        return sum(attempt.success for attempt in attempts)

    async def _deliver_for_ever(self) -> None:
        while True:
            await self.deliver()
            await anyio.sleep(DELIVERY_INTERVAL)

    def _webhook_context(self) -> ssl.SSLContext:
        certificate = self.webhook_pki.client_certificate("Banco de mentira").certificate()
        return client_context(certificate, Trust(ca_pem=self.webhook_trust or self.pki.ca_pem))

    # A fake holds nothing that needs closing; the blocks are for reading

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None


class FakeBank(_Bank):
    """A bank in memory. `FakeBank("inter")` makes the fake of that bank.

    Args:
        slug: Slug of the bank.
        clock: The bank's time; see `ManualClock`.
        seed: What the bank invents, tokens apart, follows from it.

    Raises:
        ValueError: There is no fake of that bank.

    Attributes:
        slug: Slug of the bank.
        clock: The bank's time.
        faults: What is going to go wrong: `faults.add(DropAfter(), operation="register")`.
        base_url: Origin in process. Unique to this fake, so that cached tokens never leak to another.
        transport: httpx transport that reaches this bank in process.
        pki: The CA of the bank's server, which also vouches for client certificates.
        webhook_pki: The CA of the certificate that the bank shows to webhook receivers.
        webhook_trust: PEM of the CA that signed the receiver's certificate; that of `pki` when `None`.
    """

    _registry: ClassVar[dict[str, type[FakeBank]]] = {}

    def __init_subclass__(cls, *, slug: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if slug is not None:
            FakeBank._registry[slug] = cls

    @overload
    def __new__(
        cls, slug: Literal["inter"], *, clock: Clock | None = None, seed: int = 0
    ) -> InterFakeBank: ...
    @overload
    def __new__(cls, slug: str, *, clock: Clock | None = None, seed: int = 0) -> FakeBank: ...
    def __new__(cls, slug: str, *, clock: Clock | None = None, seed: int = 0) -> FakeBank:
        """The fake of that bank, whose class is a subclass of this one."""
        return super().__new__(fake_class(slug) if cls is FakeBank else cls)


@dataclass(frozen=True)
class ServedBank:
    """A fake bank behind a TLS socket.

    Attributes:
        bank: The fake.
        server: The server, with its counters.
    """

    bank: _Bank
    server: Server

    @property
    def base_url(self) -> str:
        """Origin, `https://127.0.0.1:port`."""
        return self.server.url

    @property
    def ca_pem(self) -> bytes:
        """The CA that signed the bank's server certificate."""
        return self.bank.pki.ca_pem

    @property
    def client_certificate(self) -> ClientMaterial:
        """A certificate this bank accepts: `cert_pem` and `key_pem`."""
        return samples.client_certificate()

    @property
    def environment(self) -> Environment:
        """The environment that leads here."""
        return self.bank.environment_at(self.base_url)

    def connect(
        self,
        *,
        account: Account | Mapping[str, Any] | None = None,
        credentials: Credentials | Mapping[str, Any] | None = None,
        environment: Environment | None = None,
        settings: Settings | None = None,
    ) -> BankClient:
        """A client that reaches this bank over the socket.

        Args:
            account: Instead of the account this bank knows.
            credentials: Instead of those it accepts.
            environment: Instead of the one that leads here.
            settings: The trust is set to this bank's CA, whatever they say.
        """
        settings = replace(settings or Settings(clock=self.bank.clock), trust=Trust(ca_pem=self.ca_pem))
        return connect(
            self.bank.slug,
            credentials or self.bank.credentials,
            account=account or self.bank.account,
            environment=environment or self.environment,
            settings=settings,
        )


def _is(entry: BookEntry, name: BoletoName) -> bool:
    if isinstance(name, str):
        return name in (entry.bank_id, entry.nosso_numero, entry.seu_numero)
    if isinstance(name, NewBoleto):
        return entry.seu_numero == name.seu_numero
    ref = name.ref if isinstance(name, Boleto) else name
    if ref.bank_id:
        return entry.bank_id == ref.bank_id
    if ref.nosso_numero:
        return entry.nosso_numero == ref.nosso_numero
    return entry.seu_numero == ref.seu_numero


def fake_class(slug: str) -> type[FakeBank]:
    """The class of a bank's fake.

    Raises:
        ValueError: There is none.
    """
    if slug not in FakeBank._registry:
        try:
            importlib.import_module(f"bankgateway_mocks.{slug}.fake")
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith(f"bankgateway_mocks.{slug}"):
                raise
    if slug not in FakeBank._registry:
        raise ValueError(f"there is no fake of {slug!r}")
    return FakeBank._registry[slug]
