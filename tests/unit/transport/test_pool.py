"""Connections and TLS contexts: made late, shared, let go, and never left half open."""

from __future__ import annotations

import asyncio
import gc
import ssl
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.abc
import httpx
import pytest

from bankgateway.errors import BankUnavailable, ConfigurationError, NotSent, OutcomeUnknown
from bankgateway.security.tls import ContextCache, client_context
from bankgateway.transport import RetryPolicy, Settings, Timeouts, Transport, pool
from bankgateway_mocks.http import HttpResponse
from bankgateway_mocks.pki import Pki
from bankgateway_mocks.server import Server, serve

pytestmark = pytest.mark.anyio

Serve = Callable[..., AbstractAsyncContextManager[Server]]


class CountingCache(ContextCache):
    """Remembers where contexts were asked for, and how many were made."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[int] = []
        self.made = 0

    def get(self, *arguments: Any) -> ssl.SSLContext:
        self.threads.append(threading.get_ident())
        return super().get(*arguments)

    def make(self, *arguments: Any) -> ssl.SSLContext:
        self.made += 1
        return client_context(*arguments)


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> CountingCache:
    cache = CountingCache()
    monkeypatch.setattr(pool, "_contexts", cache)
    monkeypatch.setattr(pool, "_recent_contexts", deque(maxlen=8))
    monkeypatch.setattr("bankgateway.security.tls.client_context", cache.make)
    return cache


@pytest.fixture
def make(pki: Pki) -> Callable[..., Transport]:
    certificate = pki.client_certificate().certificate()

    def transport(**settings: Any) -> Transport:
        return Transport("inter", Settings(trust=pki.trust, **settings), certificate=certificate)

    return transport


async def test_a_context_is_made_late_in_a_thread_and_shared(
    desk: Any, serve_desk: Serve, make: Any, contexts: CountingCache
) -> None:
    first, second = make(), make()
    assert not first.holds_connections
    assert contexts.threads == []
    async with serve_desk() as server:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(first.send, desk.call())
                tasks.start_soon(second.send, desk.call())
        assert first.holds_connections
        assert threading.get_ident() not in contexts.threads
        assert contexts.made == 1
        await first.aclose()
        await second.aclose()
        assert not first.holds_connections
    assert server.connections <= 10
    assert len(desk.requests) == 10


async def test_connections_are_kept(desk: Any, serve_desk: Serve, make: Any, until: Any) -> None:
    async with serve_desk() as server:
        transport = make()
        for _ in range(4):
            await transport.send(desk.write())
        assert server.connections == 1
        await transport.aclose()
        await transport.aclose()
        await until(lambda: server._open == 0)


@pytest.mark.parametrize("most", [1, 5, 8])
async def test_no_more_connections_than_allowed(
    desk: Any, serve_desk: Serve, make: Any, until: Any, most: int
) -> None:
    desk.gate = anyio.Event()
    async with serve_desk() as server:
        transport = make(max_connections=most)
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(transport.send, desk.call(url=f"{desk.url}/token"))
            await until(lambda: len(desk.token_requests) == most)
            await anyio.sleep(0.02)
            assert len(desk.token_requests) == server.connections == most
            desk.gate.set()
        assert len(desk.token_requests) == 20
        assert server.connections == most
        await transport.aclose()
        await until(lambda: server._open == 0)


async def test_a_thousand_clients(make: Any, contexts: CountingCache) -> None:
    began = time.perf_counter()
    transports = [make() for _ in range(1000)]
    for transport in transports:
        await transport.aclose()
    assert time.perf_counter() - began < 2
    assert contexts.threads == []


async def test_idle_clients_let_go_and_come_back(
    desk: Any, serve_desk: Serve, make: Any, clock: Any, until: Any
) -> None:
    async with serve_desk() as server:
        idle, busy = make(clock=clock), make(clock=clock)
        await idle.send(desk.call())
        clock.advance(seconds=299)
        await busy.send(desk.call())
        assert idle.holds_connections
        clock.advance(seconds=2)
        await busy.send(desk.call())
        assert not idle.holds_connections
        await until(lambda: server._open == 1)
        assert (await idle.send(desk.call())).ok
        assert idle.holds_connections
        await idle.aclose()
        await busy.aclose()


async def test_the_least_used_of_too_many_clients_let_go(desk: Any, serve_desk: Serve, make: Any) -> None:
    async with serve_desk():
        transports = [make(max_open_clients=3) for _ in range(5)]
        for transport in transports:
            await transport.send(desk.call())
        assert [t.holds_connections for t in transports] == [False, False, True, True, True]
        await transports[2].send(desk.call())
        await transports[0].send(desk.call())
        assert [t.holds_connections for t in transports] == [True, False, True, False, True]
        for transport in transports:
            await transport.aclose()


async def test_a_client_in_use_is_not_let_go(desk: Any, serve_desk: Serve, make: Any, until: Any) -> None:
    async with serve_desk():
        slow, other = make(max_open_clients=1), make(max_open_clients=1)
        desk.gate = anyio.Event()
        async with anyio.create_task_group() as tasks:

            async def one() -> None:
                assert (await slow.send(desk.call(url=f"{desk.url}/token"))).ok

            tasks.start_soon(one)
            await until(lambda: len(desk.token_requests) == 1)
            await other.send(desk.call())
            assert slow.holds_connections
            desk.gate.set()
        await other.send(desk.call())
        assert not slow.holds_connections
        await slow.aclose()
        await other.aclose()


async def test_the_last_contexts_are_held(
    desk: Any, serve_desk: Serve, make: Any, contexts: CountingCache
) -> None:
    """A program that makes a client for each call makes one context."""
    async with serve_desk():
        for _ in range(3):
            transport = make()
            await transport.send(desk.call())
            await transport.aclose()
            del transport
            gc.collect()
    assert contexts.made == 1


async def test_a_half_made_connection_spoils_the_pool_only_after_its_last_user(
    desk: Any, serve_desk: Serve, make: Any, until: Any
) -> None:
    async with serve_desk() as server:
        transport = make()
        desk.gate = anyio.Event()
        async with anyio.create_task_group() as tasks:

            async def one() -> None:
                assert (await transport.send(desk.call(url=f"{desk.url}/token"))).ok

            tasks.start_soon(one)
            await until(lambda: len(desk.token_requests) == 1)
            async with transport._pool.lend() as lent:
                lent.spoiled = True
            assert not transport.holds_connections
            assert (await transport.send(desk.call())).ok
            assert server._open == 2
            desk.gate.set()
        await until(lambda: server._open == 1)
        await transport.aclose()
        await until(lambda: server._open == 0)


def test_a_client_survives_its_event_loop(desk: Any, serve_desk: Serve, make: Any) -> None:
    """As in a worker that runs each job with `asyncio.run`: connections of a loop that ended are useless."""
    transport = make()

    async def job() -> None:
        async with serve_desk():
            assert (await transport.send(desk.call())).ok
            # As if the loop had ended without the client being closed.
            (own,) = transport._pool._shards
            await own.aclose()

    for _ in range(3):
        asyncio.run(job())
    asyncio.run(transport.aclose())
    assert len(desk.requests) == 3


# What the user brings along


async def test_a_transport_of_the_users_is_used_and_not_closed(desk: Any, desk_transport: Any) -> None:
    transport = Transport("inter", Settings(transport=desk_transport))
    assert (await transport.send(desk.call())).ok
    assert not transport.holds_connections
    await transport.aclose()
    assert not desk_transport.closed
    with pytest.raises(NotSent, match="closed"):
        await transport.send(desk.call())


async def test_a_client_of_the_users_is_used_and_not_closed(desk: Any, serve_desk: Serve, pki: Pki) -> None:
    seen: list[str] = []

    async def hook(request: httpx.Request) -> None:
        seen.append(request.method)

    context = ssl.create_default_context(cadata=pki.ca_pem.decode())
    server_context = pki.server_context(require_client_certificate=False)
    async with serve_desk(server_context) as server:
        async with httpx.AsyncClient(
            verify=context, event_hooks={"request": [hook]}, follow_redirects=True
        ) as client:
            transport = Transport("inter", Settings(http_client=client, retry=RetryPolicy(attempts=1)))
            assert (await transport.send(desk.write())).ok
            desk.answers = [HttpResponse(307, {"location": f"{server.url}/elsewhere"})]
            assert (await transport.send(desk.write())).status == 307
            await transport.aclose()
            assert not client.is_closed
            assert (await client.get(server.url)).status_code == 200
            # Its own connections report as ours do: refused means not sent.
            again = Transport("inter", Settings(http_client=client, retry=RetryPolicy(attempts=1)))
            with pytest.raises(NotSent):
                await again.send(desk.write(url="https://127.0.0.1:1/"))
        with pytest.raises(NotSent) as caught:
            await again.send(desk.write())
        assert caught.value.reason == "closed"
    assert seen == ["POST", "POST", "GET", "POST"]


async def test_a_hook_of_the_users_client_that_raises(desk: Any, desk_transport: Any) -> None:
    """After the answer it cannot turn a write that was done into something that looks harmless."""

    async def hook(response: httpx.Response) -> None:
        raise RuntimeError("no")

    async with httpx.AsyncClient(transport=desk_transport, event_hooks={"response": [hook]}) as client:
        with pytest.raises(OutcomeUnknown, match="RuntimeError"):
            await Transport("inter", Settings(http_client=client)).send(desk.write())
    assert len(desk.requests) == 1


async def test_mocked_answers_that_were_read_already(desk: Any) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"sent": request.content.decode()})

    settings = Settings(transport=httpx.MockTransport(answer), max_answer_bytes=50)
    assert (await Transport("inter", settings).send(desk.write())).data == {"sent": '{"amount":1}'}
    with pytest.raises(OutcomeUnknown, match="too long"):
        await Transport("inter", settings).send(desk.write(json="x" * 50))


# Proxies


@dataclass
class Proxy:
    """A proxy that knows CONNECT.

    Attributes:
        port: Its port.
        heads: What it was asked.
        status: Its answer.
        open: Connections that stand.
    """

    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    status: int = 200
    open: int = 0


@asynccontextmanager
async def proxied() -> AsyncIterator[Proxy]:
    proxy = Proxy()

    async def pump(source: anyio.abc.ByteStream, target: anyio.abc.ByteStream) -> None:
        try:
            while True:
                await target.send(await source.receive())
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            await anyio.aclose_forcefully(target)

    async def connected(stream: anyio.abc.SocketStream) -> None:
        proxy.open += 1
        try:
            async with stream:
                head = await stream.receive()
                proxy.heads.append(head)
                await stream.send(b"HTTP/1.1 %d Whatever\r\n\r\n" % proxy.status)
                if proxy.status != 200:
                    return
                host, _, port = head.split()[1].decode().partition(":")
                async with await anyio.connect_tcp(host, int(port)) as target:
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(pump, stream, target)
                        tasks.start_soon(pump, target, stream)
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return
        finally:
            proxy.open -= 1

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        proxy.port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, connected)
            try:
                yield proxy
            finally:
                tasks.cancel_scope.cancel()


async def test_a_proxy(desk: Any, serve_desk: Serve, make: Any) -> None:
    async with proxied() as proxy, serve_desk() as server:
        transport = make(proxy=f"http://loja:senha@127.0.0.1:{proxy.port}")
        for _ in range(2):
            assert (await transport.send(desk.write())).ok
        await transport.aclose()
    assert len(proxy.heads) == 1
    assert proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{server.port}".encode())
    assert b"Proxy-Authorization: Basic" in proxy.heads[0]
    assert b"authorization" not in proxy.heads[0].replace(b"Proxy-Authorization", b"").lower()
    # The tunnel is ours end to end: the bank sees our certificate.
    assert desk.requests[0].client_certificate is not None


async def test_a_proxy_that_refuses(desk: Any, make: Any, clock: Any) -> None:
    async with proxied() as proxy:
        proxy.status = 407
        transport = make(proxy=f"http://127.0.0.1:{proxy.port}", clock=clock)
        with pytest.raises(NotSent) as caught:
            await transport.send(desk.write())
        with pytest.raises(BankUnavailable):
            await transport.send(desk.call())
        await transport.aclose()
    assert caught.value.reason == "connect"
    assert "407" in caught.value.message


async def test_failures_behind_a_proxy_do_not_use_the_pool_up(desk: Any, make: Any, until: Any) -> None:
    """httpcore counts a tunnel whose TLS failed as busy for ever."""
    context = Pki("bankgateway test other CA").server_context()
    async with proxied() as proxy, serve(desk.handle, context) as server:
        settings = {"max_connections": 1, "timeouts": Timeouts(pool=0.5)}
        transport = make(proxy=f"http://127.0.0.1:{proxy.port}", **settings)
        for _ in range(4):
            with pytest.raises(NotSent) as caught:
                await transport.send(desk.write(url=f"{server.url}/boletos"))
            assert caught.value.reason == "tls"
        await until(lambda: proxy.open == 0)
        await transport.aclose()


@pytest.mark.parametrize(
    "proxy", ["gopher://user:senha@proxy:1", "socks5://user:senha@proxy:1", "http://u:senha@p:senha"]
)
async def test_a_proxy_that_cannot_be_used(desk: Any, make: Any, proxy: str) -> None:
    transport = make(proxy=proxy)
    with pytest.raises(ConfigurationError, match=r"Settings\.proxy") as caught:
        await transport.send(desk.write())
    assert "senha" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_no_proxy_of_the_environment(
    desk: Any, serve_desk: Serve, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with serve_desk():
        transport = make()
        assert (await transport.send(desk.call())).ok
        await transport.aclose()
