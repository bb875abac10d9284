"""OAuth 2 tokens: one request however many tasks wait, a margin before expiry, sharing between clients.

A `TokenSource` knows a bank's dialect (pure: it makes a request and reads an answer). `Tokens` owns the
policy. Sending is the transport's: it is handed in.

RFC 6749 section 4.4 (client credentials), 4.3 (password) and 6 (refresh); RFC 8705 (certificates).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote
from weakref import WeakValueDictionary

import anyio
from anyio.lowlevel import RunVar

from bankgateway.errors import BankGatewayError, ErrorMessage, Unauthorized
from bankgateway.models.clock import Clock
from bankgateway.models.reading import load_json, read_decimal, read_text

FAILURE_MEMORY = 10.0
"""Seconds a refusal of the token endpoint is remembered, so that waiting tasks do not hammer it:
banks lock accounts after repeated bad credentials."""

DEFAULT_LIFETIME = 300.0
"""Seconds, where neither the answer nor the bank's documentation tells."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token.

    Attributes:
        value: The token itself. A secret.
        expires_at: Aware instant in UTC, for stores that outlive the process.
        lifetime: Seconds, as the bank said.
        refresh_value: Refresh token, where the bank gives one. A secret.
        refresh_expires_at: Its end.
        deadline: End by this process's monotonic clock; `None` when it came from elsewhere.
    """

    value: str = field(repr=False)
    expires_at: datetime
    lifetime: float
    refresh_value: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None
    deadline: float | None = field(default=None, compare=False)

    def is_fresh(self, clock: Clock) -> bool:
        """Whether it can still be used, with a margin of 20 % of its life, at most 60 seconds.

        A token fetched by this process is judged by the monotonic clock, which does not jump; one from
        a shared store by the wall clock, with 30 seconds more for the skew between machines.
        """
        margin = min(60.0, 0.2 * self.lifetime)
        if self.deadline is not None:
            return clock.monotonic() < self.deadline - margin
        return clock.now() < self.expires_at - timedelta(seconds=min(margin + 30, 0.5 * self.lifetime))

    def can_refresh(self, clock: Clock) -> bool:
        """Whether the refresh token can still be used."""
        if self.refresh_value is None:
            return False
        return self.refresh_expires_at is None or clock.now() < self.refresh_expires_at - timedelta(
            seconds=30
        )


class TokenStore(Protocol):
    """Where tokens lie. Give `Settings.token_store` one that several processes share.

    Keys are opaque text without secrets. Values are secrets: a store that writes them anywhere must
    encrypt them.
    """

    async def get(self, key: str) -> Token | None:
        """The token under a key."""

    async def put(self, key: str, token: Token) -> None:
        """Keep a token."""

    async def drop(self, key: str, token: Token) -> None:
        """Forget this token; a newer one under the same key stays."""

    def lock(self, key: str) -> AbstractAsyncContextManager[object]:
        """Held while a token is fetched, so that other processes wait for it."""


class MemoryTokenStore:
    """Tokens in this process, shared by all clients of the same credentials."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    async def get(self, key: str) -> Token | None:
        """See `TokenStore`."""
        return self._tokens.get(key)

    async def put(self, key: str, token: Token) -> None:
        """See `TokenStore`."""
        self._tokens[key] = token

    async def drop(self, key: str, token: Token) -> None:
        """See `TokenStore`."""
        if self._tokens.get(key) == token:
            del self._tokens[key]

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        """Nothing to hold: within a process `Tokens` has its own lock."""
        yield

    def clear(self) -> None:
        """Forget everything, as between two tests."""
        self._tokens.clear()


PROCESS_STORE = MemoryTokenStore()
"""The store used when `Settings.token_store` names none."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request to a token endpoint: always a form, always POST."""

    url: str
    form: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What came back: status, headers (lower case) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class TokenSource(Protocol):
    """A bank's dialect of OAuth. Pure."""

    @property
    def key(self) -> str:
        """What makes two tokens interchangeable. Holds no secret."""

    def request(self, previous: Token | None, clock: Clock) -> TokenRequest:
        """The request for a new token; `previous` may be good for a refresh."""


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Client credentials, in the form (most banks) or in a Basic header (Banco do Brasil, Banrisul).

    Attributes:
        url: Token endpoint.
        client_id: Application id.
        client_secret: `None` where the certificate authenticates (Sicoob, RFC 8705).
        scopes: Asked for together, separated by blanks.
        in_header: Credentials in `Authorization: Basic` and not in the form.
        fingerprint: Of the client certificate: tokens may be bound to it.
        headers: Further headers (Sicredi's `x-api-key`, Caixa's `apikey`).
        params: Further query parameters.
        form: Further form fields.
    """

    url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ()
    in_header: bool = False
    fingerprint: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> str:
        """See `TokenSource`."""
        return "|".join((self.url, self.client_id, " ".join(sorted(self.scopes)), self.fingerprint or ""))

    def request(self, previous: Token | None, clock: Clock) -> TokenRequest:
        """See `TokenSource`."""
        form = {"grant_type": "client_credentials", **self.form}
        if self.scopes:
            form["scope"] = " ".join(self.scopes)
        headers = dict(self.headers)
        if self.in_header:
            headers["Authorization"] = _basic(self.client_id, self.client_secret or "")
        else:
            form["client_id"] = self.client_id
            if self.client_secret is not None:
                form["client_secret"] = self.client_secret
        return TokenRequest(self.url, form, headers, self.params)


@dataclass(frozen=True, slots=True)
class PasswordGrant:
    """Password grant with a refresh token (Sicredi).

    Attributes:
        url: Token endpoint.
        username: User name.
        password: Secret.
        scopes: Asked for with the password.
        headers: Further headers.
        fingerprint: Of the client certificate, if any.
    """

    url: str
    username: str
    password: str = field(repr=False)
    scopes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    fingerprint: str | None = None

    @property
    def key(self) -> str:
        """See `TokenSource`."""
        return "|".join((self.url, self.username, " ".join(sorted(self.scopes)), self.fingerprint or ""))

    def request(self, previous: Token | None, clock: Clock) -> TokenRequest:
        """The refresh token while it lives, the password after that."""
        if previous is not None and previous.can_refresh(clock):
            form = {"grant_type": "refresh_token", "refresh_token": previous.refresh_value or ""}
        else:
            form = {"grant_type": "password", "username": self.username, "password": self.password}
            if self.scopes:
                form["scope"] = " ".join(self.scopes)
        return TokenRequest(self.url, form, self.headers)


def _basic(user: str, password: str) -> str:
    # RFC 6749 section 2.3.1 wants both form-encoded first; ids and secrets of banks are plain ASCII.
    pair = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


_locks: RunVar[WeakValueDictionary[str, anyio.Lock]] = RunVar("bankgateway_token_locks")
_failures: RunVar[dict[str, tuple[float, BankGatewayError]]] = RunVar("bankgateway_token_failures")


def _per_loop(variable: RunVar[Any], make: Callable[[], Any]) -> Any:
    try:
        return variable.get()
    except LookupError:
        value = make()
        variable.set(value)
        return value


class Tokens:
    """The policy around one `TokenSource`."""

    def __init__(
        self,
        source: TokenSource,
        send: Callable[[TokenRequest], Awaitable[TokenAnswer]],
        *,
        store: TokenStore,
        clock: Clock,
        bank: str,
        default_lifetime: float = DEFAULT_LIFETIME,
    ) -> None:
        self._source = source
        self._send = send
        self._store = store
        self._clock = clock
        self._bank = bank
        self._default_lifetime = default_lifetime
        self._held: Token | None = None

    async def get(self) -> Token:
        """A token that can be used.

        Raises:
            Unauthorized: The bank refused the credentials. Remembered for `FAILURE_MEMORY` seconds.
            NotSent, BankUnavailable, RateLimited, UnexpectedResponse: The token call failed.
        """
        if self._held is not None and self._held.is_fresh(self._clock):
            return self._held
        key = self._source.key
        locks: WeakValueDictionary[str, anyio.Lock] = _per_loop(_locks, WeakValueDictionary)
        lock = locks.get(key)
        if lock is None:
            lock = locks[key] = anyio.Lock()
        async with lock:
            stored = await self._store.get(key)
            if stored is None or not stored.is_fresh(self._clock):
                stored = await self._fetch(key, stored)
            self._held = stored
            return stored

    async def discard(self, token: Token) -> None:
        """Forget a token the bank did not accept, unless a newer one has taken its place."""
        if self._held == token:
            self._held = None
        await self._store.drop(self._source.key, token)

    async def _fetch(self, key: str, previous: Token | None) -> Token:
        failures: dict[str, tuple[float, BankGatewayError]] = _per_loop(_failures, dict)
        attempt = self._fingerprint(key)
        until, failure = failures.get(attempt, (0.0, None))
        if failure is not None:
            if self._clock.monotonic() < until:
                raise _copy(failure)
            del failures[attempt]
        async with self._store.lock(key):
            stored = await self._store.get(key)
            if stored is not None and stored.is_fresh(self._clock):
                return stored
            try:
                token = await self._ask(stored or previous)
            except Unauthorized as error:
                failures[attempt] = (self._clock.monotonic() + FAILURE_MEMORY, error)
                raise
            await self._store.put(key, token)
            return token

    def _fingerprint(self, key: str) -> str:
        # With the secret mixed in, so that a corrected secret is tried at once. Stays in memory.
        request = self._source.request(None, self._clock)
        secrets = repr((sorted(request.form.items()), sorted(request.headers.items())))
        return f"{key}|{hashlib.sha256(secrets.encode()).hexdigest()}"

    async def _ask(self, previous: Token | None) -> Token:
        request = self._source.request(previous, self._clock)
        try:
            return await self._exchange(request)
        except Unauthorized:
            if "refresh_token" not in request.form:
                raise
        # A refresh token can end early; the password still works.
        return await self._exchange(self._source.request(None, self._clock))

    async def _exchange(self, request: TokenRequest) -> Token:
        started, moment = self._clock.monotonic(), self._clock.now()
        answer = await self._send(request)
        return self._read(answer, started, moment)

    def _read(self, answer: TokenAnswer, started: float, moment: datetime) -> Token:
        try:
            data = load_json(answer.body)
        except ValueError:
            data = None
        data = data if isinstance(data, Mapping) else {}
        value = read_text(data.get("access_token"))
        if not 200 <= answer.status < 300 or value is None:
            raise self._refusal(answer, data)
        lifetime = float(read_decimal(data.get("expires_in")) or self._default_lifetime)
        refresh_lifetime = read_decimal(data.get("refresh_expires_in"))
        return Token(
            value=value,
            expires_at=moment + timedelta(seconds=lifetime),
            lifetime=lifetime,
            refresh_value=read_text(data.get("refresh_token")),
            refresh_expires_at=moment + timedelta(seconds=float(refresh_lifetime))
            if refresh_lifetime
            else None,
            deadline=started + lifetime,
        )

    def _refusal(self, answer: TokenAnswer, data: Mapping[str, Any]) -> Unauthorized:
        text = next(
            (t for name in _ERROR_TEXTS if (t := read_text(data.get(name)))),
            None,
        )
        if text is None and answer.status == 400 and not answer.body:
            text = "empty answer: the client certificate was probably not presented"
        return Unauthorized(
            "the bank gives no token: check client id, secret, scopes, certificate and environment",
            bank=self._bank,
            operation="token",
            code=read_text(data.get("error")),
            messages=[ErrorMessage(text)] if text else (),
            http_status=answer.status,
            request_id=answer.headers.get("x-request-id"),
            raw=dict(data) if data else None,
        )


# In the order of preference; every key has been seen at some bank's token endpoint.
_ERROR_TEXTS = (
    "error_description", "error_title", "descricaoErro", "detail", "message", "mensagem", "error", "title",
)  # fmt: skip


def _copy(error: BankGatewayError) -> BankGatewayError:
    """The same refusal as a fresh exception: one instance raised in many tasks would mix their tracebacks."""
    return type(error)(
        error.message,
        bank=error.bank,
        operation=error.operation,
        code=error.code,
        messages=error.messages,
        http_status=error.http_status,
        request_id=error.request_id,
        raw=error.raw,
    )


def stored(token: Token) -> Token:
    """The token as it may leave the process: without the monotonic deadline."""
    return replace(token, deadline=None)
