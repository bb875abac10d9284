"""The connections of one `BankClient`: made at first use, off the event loop, let go when idle.

Ten thousand clients fit in one process because only those in use hold connections and a TLS context.

httpx's transport is used without its client: the client would log every URL, query string and the
secrets in it included, and keep cookies.

A `BankClient` has several small transports rather than one: for each request httpcore walks all connections
and all waiting requests of a pool, which makes one pool of a hundred far slower than many of four.
"""

from __future__ import annotations

import ssl
import threading
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import anyio
import anyio.to_thread
import httpx
from anyio.lowlevel import RunVar

from bankgateway._version import __version__
from bankgateway.errors import ConfigurationError
from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.tls import ContextCache, Trust
from bankgateway.transport.fast import FastTransport
from bankgateway.transport.settings import Settings

_contexts = ContextCache()
# Contexts live as long as somebody holds them. A program that opens a client for each request would make
# one each time (12 ms with the usual CA bundle), so the last few are held here.
_recent_contexts: deque[ssl.SSLContext] = deque(maxlen=8)
_recent_lock = threading.Lock()


SHARD = 4
"""Connections of one of the small transports."""


class PoolClosedError(Exception):
    """The client was closed; nothing was sent."""


@dataclass(eq=False, slots=True)
class Lent:
    """A transport in use.

    Attributes:
        transport: The transport.
        users: Exchanges under way on it.
        spoiled: Set when a connection was left half made. httpcore counts such a connection as busy for
            ever, so the transport is given up once its last user is done.
    """

    transport: httpx.AsyncBaseTransport
    users: int = 0
    spoiled: bool = False

    async def aclose(self) -> None:
        """Close the connections, whatever happens."""
        # A connection that cannot be closed in peace must not fail the call that happened to close it.
        with anyio.CancelScope(shield=True), suppress(Exception):
            await self.transport.aclose()


class HttpPool:
    """Lends the httpx transports of one `BankClient`."""

    def __init__(self, settings: Settings, certificate: ClientCertificate | None) -> None:
        self._settings = settings
        self._certificate = certificate
        self._given = _given(settings)
        self._shards: list[Lent] = []
        self._ssl_context: ssl.SSLContext | None = None
        self._last_used = 0.0
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._closed or (isinstance(self._given, _ClientTransport) and self._given.client.is_closed)

    @property
    def is_open(self) -> bool:
        """Whether it holds connections and a TLS context of its own now."""
        return bool(self._shards)

    @property
    def tells_progress(self) -> bool:
        """Whether its connections surely report what they do. A transport of the user's may not."""
        return self._given is None

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Lent]:
        """A transport, for the length of one exchange.

        Raises:
            PoolClosedError: The client was closed meanwhile.
            ConfigurationError: The settings give no TLS context, or no proxy.
        """
        if self._given is not None:
            yield Lent(self._given)
            return
        lent = await self._opened()
        lent.users += 1
        try:
            await self._touch()
            yield lent
        finally:
            lent.users -= 1
            if lent.spoiled and lent in self._shards:
                self._shards.remove(lent)
            if lent not in self._shards and lent.users == 0:
                await lent.aclose()

    async def aclose(self) -> None:
        """Close the connections. Harmless when done twice."""
        self._closed = True
        await self._let_go()

    async def _opened(self) -> Lent:
        # In the registry of another event loop: that loop has ended, and its connections with it.
        if self._ssl_context is None or self not in _pools():
            context = await self._context()
            if self._closed:
                raise PoolClosedError
            # Another task may have been faster.
            if self._ssl_context is None or self not in _pools():
                self._shards, self._ssl_context = [], context
                _pools()[self] = None
        return self._shard(self._ssl_context)

    def _shard(self, context: ssl.SSLContext) -> Lent:
        if self._settings.engine == "aiohttp":
            if not self._shards:
                self._shards.append(Lent(FastTransport(context, self._settings)))
            return self._shards[0]
        for lent in self._shards:
            if lent.users < SHARD:
                return lent
        left = self._settings.max_connections - SHARD * len(self._shards)
        if left > 0:
            self._shards.append(Lent(self._transport(context, min(SHARD, left))))
            return self._shards[-1]
        return min(self._shards, key=lambda lent: lent.users)

    def _transport(self, context: ssl.SSLContext, connections: int) -> httpx.AsyncHTTPTransport:
        settings = self._settings
        with suppress(ValueError, ImportError, httpx.InvalidURL):
            return httpx.AsyncHTTPTransport(
                verify=context,
                trust_env=False,
                proxy=settings.proxy,
                limits=httpx.Limits(
                    max_connections=connections,
                    max_keepalive_connections=connections,
                    keepalive_expiry=settings.keepalive_seconds,
                ),
            )
        # Without the URL, which may hold a password.
        raise ConfigurationError(
            "Settings.proxy cannot be used: give http://host:port, or with httpx[socks] socks5://host:port"
        )

    async def _context(self) -> ssl.SSLContext:
        if self._settings.ssl_context is not None:
            return self._settings.ssl_context
        return await anyio.to_thread.run_sync(_shared_context, self._certificate, self._settings.trust)

    async def _let_go(self) -> None:
        _pools().pop(self, None)
        shards, self._shards, self._ssl_context = self._shards, [], None
        for lent in shards:
            await lent.aclose()

    async def _touch(self) -> None:
        """Note the use, and let go of the clients that are idle or too many."""
        pools = _pools()
        self._last_used = self._settings.clock.monotonic()
        pools.move_to_end(self)
        for pool in list(pools) if len(pools) > 1 else ():
            if not (len(pools) > self._settings.max_open_clients or pool._is_idle):
                break
            if not any(lent.users for lent in pool._shards):
                await pool._let_go()

    @property
    def _is_idle(self) -> bool:
        return self._settings.clock.monotonic() - self._last_used > self._settings.idle_seconds


_open_pools: RunVar[OrderedDict[HttpPool, None]] = RunVar("bankgateway_open_pools")


def _pools() -> OrderedDict[HttpPool, None]:
    """The pools that are open in this event loop, the least recently used first."""
    try:
        return _open_pools.get()
    except LookupError:
        pools: OrderedDict[HttpPool, None] = OrderedDict()
        _open_pools.set(pools)
        return pools


def _shared_context(certificate: ClientCertificate | None, trust: Trust) -> ssl.SSLContext:
    context = _contexts.get(certificate, trust)
    with _recent_lock:
        if context in _recent_contexts:
            _recent_contexts.remove(context)
        _recent_contexts.append(context)
    return context


def user_agent(application: str | None) -> str:
    """`application bankgateway/x`: some banks take the agents of bare HTTP libraries for robots."""
    own = f"bankgateway/{__version__}"
    return f"{application} {own}" if application else own


def _given(settings: Settings) -> httpx.AsyncBaseTransport | None:
    if settings.transport is not None:
        return settings.transport
    return _ClientTransport(settings.http_client) if settings.http_client is not None else None


class _ClientTransport(httpx.AsyncBaseTransport):
    """A client of the user's, with its own event hooks and authentication: used, never closed."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.client.send(request, stream=True, follow_redirects=False)
