"""How the SDK talks to banks: everything a user may set that is not an account or a credential."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from bankgateway.models.clock import SYSTEM_CLOCK, Clock
from bankgateway.security.expiry import ExpiryNotice
from bankgateway.security.oauth import TokenStore
from bankgateway.security.tls import Trust
from bankgateway.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds allowed for each phase of one attempt.

    Attributes:
        connect: TCP and TLS.
        write: Each piece sent.
        read: Each piece received; the first one is the bank's thinking time.
        pool: Waiting for a free connection.
        total: The whole attempt, so that a bank that drips bytes cannot hold a task for ever.
    """

    connect: float = 5.0
    write: float = 10.0
    read: float = 30.0
    pool: float = 10.0
    total: float = 60.0

    def phases(self) -> dict[str, float]:
        """The four phases, as httpx names them."""
        return {"connect": self.connect, "write": self.write, "read": self.read, "pool": self.pool}


timeouts_here: ContextVar[Timeouts | None] = ContextVar("bankgateway_timeouts", default=None)
"""What `BankClient.timeouts` puts in place of the settings' for the calls of a block."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a request is sent again. Which requests may be is not a setting: see `Repeat`.

    Attributes:
        attempts: The most attempts of one call.
        base: Seconds before the first repetition; doubles with each, with full jitter.
        maximum: The longest pause between two attempts.
        retry_after_ceiling: A longer `Retry-After` is not waited for: the error goes to the caller.
        throttle_ceiling: The longest wait for our own rate limiter, likewise.
    """

    attempts: int = 3
    base: float = 0.5
    maximum: float = 8.0
    retry_after_ceiling: float = 20.0
    throttle_ceiling: float = 70.0


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A redacted copy of a request, for hooks."""

    bank: str
    operation: str
    method: str
    url: str
    headers: Mapping[str, str]
    attempt: int


@dataclass(frozen=True, slots=True)
class AnswerInfo:
    """A redacted copy of an answer, for hooks. `status` is `None` when none came.

    Attributes:
        status: HTTP status.
        headers: Redacted.
        request_id: The bank's id of the request.
        seconds: From the first byte sent to the last received.
        failure: What went wrong on the way, without personal data.
    """

    status: int | None
    headers: Mapping[str, str]
    request_id: str | None
    seconds: float
    failure: str | None = None


BeforeHook = Callable[[RequestInfo], Awaitable[None] | None]
AfterHook = Callable[[RequestInfo, AnswerInfo], Awaitable[None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of a client. The defaults are right for production.

    Attributes:
        timeouts: Per phase; `BankClient.timeouts` changes them for single calls.
        retry: Number of attempts and pauses.
        trust: Which certificate authorities the bank's server is checked against. There is no way to
            switch the check off.
        ssl_context: A ready context in place of the one the SDK makes. It must carry the client
            certificate itself.
        proxy: URL of a proxy. Environment variables are not read.
        transport: An httpx transport in place of sockets, as the fake banks give one.
        http_client: A ready httpx client. It is used as it is and not closed. httpx logs the URLs it
            calls, queries included, at INFO.
        engine: `httpx`, or `aiohttp` (extra `fast`, asyncio only): several times the calls a second when
            many are under way.
        max_connections: Open connections of one client.
        keepalive_seconds: How long an idle connection is kept.
        max_open_clients: How many clients of one event loop may hold connections and a TLS context at
            the same time; the least used are let go and come back when needed.
        idle_seconds: A client unused for this long lets go of both, once another one is used.
        max_answer_bytes: A longer answer is refused unread.
        user_agent: Put in front of the SDK's own.
        token_store: Where tokens lie; this process's memory when `None`.
        before_request: Called with a redacted copy before each attempt, header names in lower case.
            May be a coroutine function. What it raises is logged and goes no further.
        after_answer: The same with redacted copies of request and answer after each attempt.
        telemetry: Hears of every operation, request and certificate: `bankgateway.telemetry.OpenTelemetry`.
        on_certificate_expiring: Called when the client certificate has less than 30, 15, 7 days left,
            then daily.
        strict_answers: Raise `UnexpectedResponse` (with the boleto in `.boleto`) where an answer
            contradicts the request. By default the boleto carries a notice and a warning is logged,
            since it exists at the bank either way.
        clock: The time, for tests.
    """

    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    trust: Trust = field(default_factory=Trust)
    ssl_context: ssl.SSLContext | None = None
    proxy: str | None = field(default=None, repr=False)
    transport: httpx.AsyncBaseTransport | None = None
    http_client: httpx.AsyncClient | None = None
    engine: Literal["httpx", "aiohttp"] = "httpx"
    max_connections: int = 100
    keepalive_seconds: float = 20.0
    max_open_clients: int = 256
    idle_seconds: float = 300.0
    max_answer_bytes: int = 20 * 1024 * 1024
    user_agent: str | None = None
    token_store: TokenStore | None = None
    before_request: tuple[BeforeHook, ...] = ()
    after_answer: tuple[AfterHook, ...] = ()
    telemetry: Telemetry | None = None
    on_certificate_expiring: Callable[[ExpiryNotice], Any] | None = None
    strict_answers: bool = False
    clock: Clock = SYSTEM_CLOCK
