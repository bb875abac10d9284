"""OAuth 2 tokens: one request however many tasks wait, a margin before expiry, sharing between clients.

A `TokenSource` knows a bank's dialect (pure: it makes a request and reads an answer). `Tokens` owns the
policy. Sending is the transport's: it is handed in.

RFC 6749 section 4.4 (client credentials), 4.3 (password) and 6 (refresh); RFC 8705 (certificates).
"""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import anyio
from anyio.lowlevel import RunVar

from bankgateway.errors import (
    BankGatewayError,
    ConfigurationError,
    ErrorMessage,
    Unauthorized,
    UnexpectedResponse,
)
from bankgateway.models.clock import Clock
from bankgateway.models.reading import load_json, read_decimal, read_text
from bankgateway.security.redaction import sdk_logger

log = sdk_logger("oauth")

FAILURE_MEMORY = 10.0
"""Seconds a refusal of the token endpoint is remembered, so that waiting tasks do not hammer it:
banks lock accounts after repeated bad credentials."""

DEFAULT_LIFETIME = 300.0
"""Seconds, where neither the answer nor the bank's documentation tells."""

MAX_LIFETIME = 86_400.0
"""Seconds after which a token is fetched anew whatever the bank promised: some mean milliseconds."""

STORE_PATIENCE = 5.0
"""Seconds a token store may take for one look."""


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

    def __post_init__(self) -> None:
        if self.expires_at.tzinfo is None:
            raise ValueError("expires_at: must be aware")

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

    Keys are opaque text; of the secret they hold only a digest. Values are secrets: a store that writes
    them anywhere must encrypt them. A store that fails is logged and does without: it costs a token
    request, never a call.
    """

    async def get(self, key: str) -> Token | None:
        """The token under a key."""

    async def put(self, key: str, token: Token) -> None:
        """Keep a token."""

    async def drop(self, key: str, token: Token) -> None:
        """Forget this token; a newer one under the same key stays."""

    def lock(self, key: str) -> AbstractAsyncContextManager[object]:
        """Held while a token is fetched, so that other processes wait for it.

        Let it give up by itself: the process that holds it may have died.
        """


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
        """What makes two tokens interchangeable. Holds no secret.

        It differs where the secret does, as by a digest: in one process with many customers, whoever
        knows only somebody's client id must not be handed their token.
        """

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
        extras = (sorted(each.items()) for each in (self.headers, self.params, self.form))
        return _key(self.url, self.client_id, self.scopes, self.fingerprint, self.client_secret, *extras)

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
        extras = sorted(self.headers.items())
        return _key(self.url, self.username, self.scopes, self.fingerprint, self.password, extras)

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
    # Not form-encoded first, as RFC 6749 section 2.3.1 wants it: the banks document plain base64.
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _key(url: str, user: str, scopes: tuple[str, ...], fingerprint: str | None, *secrets: object) -> str:
    digest = hashlib.sha256(repr((url, user, secrets)).encode()).hexdigest()
    return "|".join((url, user, " ".join(sorted(scopes)), fingerprint or "", digest))


# --- The policy -------------------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class _Flight:
    """What the tasks of an event loop share about one key.

    Attributes:
        lock: Held while a token is looked for.
        failures: How often fetching failed.
        failure: The last time, if it did.
        until: How long it stands for tasks that did not wait for it, by the monotonic clock.
    """

    lock: anyio.Lock = field(default_factory=anyio.Lock)
    failures: int = 0
    failure: BankGatewayError | None = None
    until: float = float("-inf")


_flights: RunVar[dict[str, _Flight]] = RunVar("bankgateway_token_flights")


def _flight(key: str) -> _Flight:
    try:
        flights = _flights.get()
    except LookupError:
        flights = {}
        _flights.set(flights)
    if key not in flights:
        flights[key] = _Flight()
    return flights[key]


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
        self._store = _PatientStore(store)
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
        if (held := self._fresh(self._held)) is not None:
            return held
        key = self._source.key
        flight = _flight(key)
        failures = flight.failures
        async with flight.lock:
            token = self._fresh(self._held) or self._fresh(await self._store.get(key))
            if token is None:
                if flight.failure is not None and (
                    # Whoever waited for a fetch that failed does not try in turn: a thousand tasks behind
                    # a dead endpoint would take hours.
                    flight.failures != failures or self._clock.monotonic() < flight.until
                ):
                    raise copy.copy(flight.failure)
                token = await self._fetch(key, flight)
            self._held = token
            return token

    async def discard(self, token: Token) -> None:
        """Forget a token the bank did not accept, unless a newer one has taken its place."""
        if self._held == token:
            self._held = None
        await self._store.drop(self._source.key, token)

    def _fresh(self, token: Token | None) -> Token | None:
        return token if token is not None and token.is_fresh(self._clock) else None

    async def _fetch(self, key: str, flight: _Flight) -> Token:
        async with self._store.lock(key):
            stored = await self._store.get(key)
            if (fresh := self._fresh(stored)) is not None:
                return fresh
            try:
                token = await self._ask(stored)
            except BankGatewayError as error:
                flight.failures += 1
                # A copy: the one that is raised collects a traceback, and with it whatever its frames hold.
                flight.failure = copy.copy(error)
                refused = isinstance(error, Unauthorized)
                flight.until = self._clock.monotonic() + (FAILURE_MEMORY if refused else 0.0)
                raise
            await self._store.put(key, token)
            return token

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
        data = _an_object(answer.body)
        if 400 <= answer.status < 500:
            raise self._refusal(answer, data)
        value = read_text(data.get("access_token"))
        if not 200 <= answer.status < 300 or value is None or not (value.isascii() and value.isprintable()):
            raise UnexpectedResponse("the token endpoint answered without a token", **self._context(answer))
        lifetime = _seconds(data.get("expires_in")) or self._default_lifetime
        refresh_lifetime = _seconds(data.get("refresh_expires_in"))
        return Token(
            value=value,
            expires_at=moment + timedelta(seconds=lifetime),
            lifetime=lifetime,
            refresh_value=read_text(data.get("refresh_token")),
            refresh_expires_at=moment + timedelta(seconds=refresh_lifetime) if refresh_lifetime else None,
            deadline=started + lifetime,
        )

    def _refusal(self, answer: TokenAnswer, data: Mapping[str, Any]) -> Unauthorized:
        text = next((t for name in _ERROR_TEXTS if (t := read_text(data.get(name)))), None)
        if text is None and answer.status == 400 and not answer.body:
            text = "empty answer: the client certificate was probably not presented"
        return Unauthorized(
            "the bank gives no token: check client id, secret, scopes, certificate and environment",
            code=read_text(data.get("error")),
            messages=[ErrorMessage(text)] if text else (),
            raw=dict(data) if data else None,
            **self._context(answer),
        )

    def _context(self, answer: TokenAnswer) -> dict[str, Any]:
        return {
            "bank": self._bank, "operation": "token",
            "http_status": answer.status, "request_id": answer.headers.get("x-request-id"),
        }  # fmt: skip


# In the order of preference; every key has been seen at some bank's token endpoint.
_ERROR_TEXTS = (
    "error_description", "error_title", "descricaoErro", "detail", "message", "mensagem", "error", "title",
)  # fmt: skip


def _an_object(body: bytes) -> Mapping[str, Any]:
    try:
        data = load_json(body)
    except (ValueError, ArithmeticError):
        return {}
    return data if isinstance(data, Mapping) else {}


def _seconds(value: object) -> float | None:
    """A lifetime; `None` for none, zero (Keycloak's word for no end) and nonsense."""
    number = read_decimal(value)
    return min(float(number), MAX_LIFETIME) if number is not None and number > 0 else None


def stored(token: Token) -> Token:
    """The token as it may leave the process: without the monotonic deadline."""
    return replace(token, deadline=None)


T = TypeVar("T")


class _PatientStore:
    """A store whose failures cost a token request, never a call."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store
        # The monotonic clock of this process means nothing in another.
        self._is_local = isinstance(store, MemoryTokenStore)

    async def get(self, key: str) -> Token | None:
        token = await self._try("get", lambda: self._store.get(key))
        return token if isinstance(token, Token) else None

    async def put(self, key: str, token: Token) -> None:
        await self._try("put", lambda: self._store.put(key, self._leaving(token)))

    async def drop(self, key: str, token: Token) -> None:
        await self._try("drop", lambda: self._store.drop(key, self._leaving(token)))

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        try:
            lock = self._store.lock(key)
            await lock.__aenter__()
        except Exception as error:  # noqa: BLE001
            _failed("lock", error)
            yield
            return
        try:
            yield
        finally:
            try:
                await lock.__aexit__(None, None, None)
            except Exception as error:  # noqa: BLE001
                _failed("lock", error)

    def _leaving(self, token: Token) -> Token:
        return token if self._is_local else stored(token)

    async def _try(self, what: str, act: Callable[[], Awaitable[T]]) -> T | None:
        try:
            with anyio.fail_after(STORE_PATIENCE):
                return await act()
        except Exception as error:  # noqa: BLE001
            _failed(what, error)
            return None


def _failed(what: str, error: Exception) -> None:
    # Only our own text: that of others may hold the address of the store and the password in it.
    told = str(error) if isinstance(error, ConfigurationError) else type(error).__name__
    log.warning("the token store failed to %s: %s", what, told)
