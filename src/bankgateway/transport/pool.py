"""The connections of one `BankClient`: made at first use, off the event loop, let go when idle.

Ten thousand clients fit in one process because only those in use hold connections and a TLS context.

httpx's transport is used without its client: the client would log every URL, query string and the
secrets in it included, and keep cookies.
"""

from __future__ import annotations

import ssl
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import httpx
from anyio.lowlevel import RunVar

from bankgateway._version import __version__
from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.tls import ContextCache
from bankgateway.transport.settings import Settings

_contexts = ContextCache()
_recent_contexts: deque[ssl.SSLContext] = deque(maxlen=8)
# Contexts live as long as somebody holds them. A program that opens a client for each request would make
# one each time (12 ms with the usual CA bundle), so the last few are held here.

_open_pools: RunVar[OrderedDict[int, HttpPool]] = RunVar("bankgateway_open_pools")


class HttpPool:
    """Lends the httpx transport of one `BankClient`."""

    def __init__(self, settings: Settings, certificate: ClientCertificate | None) -> None:
        self._settings = settings
        self._certificate = certificate
        self._given = _given(settings)
        self._own: httpx.AsyncHTTPTransport | None = None
        self._opening = anyio.Lock()
        self._in_use = 0
        self._last_used = 0.0
        self.closed = False

    @asynccontextmanager
    async def transport(self) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """The transport, for the length of one exchange."""
        if self._given is not None:
            yield self._given
            return
        self._in_use += 1
        try:
            transport = self._own
            if transport is None:
                async with self._opening:
                    transport = self._own
                    if transport is None:
                        transport = self._own = await self._open()
            await self._touch()
            yield transport
        finally:
            self._in_use -= 1

    async def aclose(self) -> None:
        """Close the connections. Harmless when done twice."""
        self.closed = True
        await self._let_go()

    @property
    def is_open(self) -> bool:
        """Whether it holds connections and a TLS context of its own now."""
        return self._own is not None

    async def _open(self) -> httpx.AsyncHTTPTransport:
        settings = self._settings
        return httpx.AsyncHTTPTransport(
            verify=await self._context(),
            trust_env=False,
            proxy=settings.proxy,
            limits=httpx.Limits(
                max_connections=settings.max_connections,
                max_keepalive_connections=settings.max_connections,
                keepalive_expiry=settings.keepalive_seconds,
            ),
        )

    async def _context(self) -> ssl.SSLContext:
        if self._settings.ssl_context is not None:
            return self._settings.ssl_context
        context = await anyio.to_thread.run_sync(_contexts.get, self._certificate, self._settings.trust)
        if context not in _recent_contexts:
            _recent_contexts.append(context)
        return context

    async def _let_go(self) -> None:
        _pools().pop(id(self), None)
        transport, self._own = self._own, None
        if transport is not None:
            with anyio.CancelScope(shield=True):
                await transport.aclose()

    async def _touch(self) -> None:
        pools = _pools()
        now = self._last_used = self._settings.clock.monotonic()
        pools[id(self)] = self
        pools.move_to_end(id(self))
        for pool in list(pools.values()):
            crowded = len(pools) > self._settings.max_open_clients
            idle = now - pool._last_used > pool._settings.idle_seconds
            if not (crowded or idle):
                break
            if pool._in_use == 0:
                await pool._let_go()


def _pools() -> OrderedDict[int, HttpPool]:
    try:
        return _open_pools.get()
    except LookupError:
        pools: OrderedDict[int, HttpPool] = OrderedDict()
        _open_pools.set(pools)
        return pools


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
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._client.send(request, stream=True, follow_redirects=False)
