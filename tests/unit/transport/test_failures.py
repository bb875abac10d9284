"""Every way in which an answer can fail to come, over sockets: what it means for a write and for a read."""

from __future__ import annotations

import gc
import gzip
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import anyio
import anyio.abc
import anyio.to_thread
import httpx
import pytest

from bankgateway.errors import BankGatewayError, BankUnavailable, ConfigurationError, NotSent, OutcomeUnknown
from bankgateway.transport import Call, Repeat, RetryPolicy, Settings, Timeouts, Transport, pool
from bankgateway_mocks.http import ConnectionDropped, HttpResponse
from bankgateway_mocks.pki import Pki
from bankgateway_mocks.server import Server

pytestmark = pytest.mark.anyio

Talk = Callable[[anyio.abc.SocketStream], Awaitable[None]]
Listen = Callable[[Talk], AbstractAsyncContextManager[Any]]
Serve = Callable[..., AbstractAsyncContextManager[Server]]

SHORT = Timeouts(connect=0.1, read=0.1, write=5, pool=0.1, total=0.2)
LONG = Timeouts(connect=5, read=5, write=5, pool=5, total=10)
BOMB = zlib.compress(b" " * 5_000_000)


def plain(port: int, **fields: Any) -> Call:
    return Call(**{"operation": "query", "method": "GET", "url": f"http://127.0.0.1:{port}/", **fields})


def write(port: int, **fields: Any) -> Call:
    defaults = {"operation": "register", "method": "POST", "json": {}, "writes": True}
    return plain(port, **{**defaults, "repeat": Repeat.IF_NOT_PROCESSED, **fields})


async def outcome(call: Call, clock: Any, *, timeouts: Timeouts = LONG, **settings: Any) -> BankGatewayError:
    transport = Transport("inter", Settings(clock=clock, timeouts=timeouts, **settings))
    try:
        with pytest.raises(BankGatewayError) as caught:
            await transport.send(call)
    finally:
        await transport.aclose()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("repeat", "sleeps"), [(Repeat.IDEMPOTENT, 2), (Repeat.IF_NOT_PROCESSED, 2), (Repeat.NEVER, 0)]
)
async def test_connection_refused(clock: Any, repeat: Repeat, sleeps: int) -> None:
    error = await outcome(write(closed_port(), repeat=repeat), clock)
    assert isinstance(error, NotSent)
    assert error.reason == "connect"
    assert len(clock.sleeps) == sleeps
    error = await outcome(plain(closed_port(), repeat=repeat), clock)
    assert isinstance(error, BankUnavailable)


async def test_no_such_host(clock: Any) -> None:
    error = await outcome(plain(1, url="https://bank.invalid/", writes=True), clock)
    assert isinstance(error, NotSent)
    assert error.reason == "connect"


async def receive_request(stream: anyio.abc.SocketStream) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive()
    return data


def abort(stream: anyio.abc.SocketStream) -> None:
    """Have the connection end with a reset."""
    raw = stream.extra(anyio.abc.SocketAttribute.raw_socket)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def reset(stream: anyio.abc.SocketStream) -> None:
    await receive_request(stream)
    abort(stream)


async def hang_up(stream: anyio.abc.SocketStream) -> None:
    await receive_request(stream)


async def wait_for_the_end(stream: anyio.abc.SocketStream) -> None:
    while True:
        await stream.receive()


async def say_nothing(stream: anyio.abc.SocketStream) -> None:
    await receive_request(stream)
    await wait_for_the_end(stream)


async def drip(stream: anyio.abc.SocketStream) -> None:
    """Slowly enough for ever, fast enough for the read time-out."""
    await receive_request(stream)
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        await stream.send(b"x")
        await anyio.sleep(0.05)


async def cut_short(stream: anyio.abc.SocketStream) -> None:
    await receive_request(stream)
    await stream.send(b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"id":')


async def cut_short_chunked(stream: anyio.abc.SocketStream) -> None:
    await receive_request(stream)
    await stream.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}   \r\n")


async def garbage(stream: anyio.abc.SocketStream) -> None:
    await receive_request(stream)
    await stream.send(b"ERRO: pagador Fulano de Tal nao encontrado\r\n\r\n")


async def bad_header(stream: anyio.abc.SocketStream) -> None:
    await receive_request(stream)
    await stream.send(b"HTTP/1.1 200 OK\r\nFulano de Tal\r\n\r\n")


async def too_long(stream: anyio.abc.SocketStream) -> None:
    await receive_request(stream)
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b" " * 3_000_000)
    await wait_for_the_end(stream)


async def too_long_chunked(stream: anyio.abc.SocketStream) -> None:
    await receive_request(stream)
    await stream.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await stream.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


async def bomb(stream: anyio.abc.SocketStream) -> None:
    await receive_request(stream)
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n")
    await stream.send(b"Content-Length: %d\r\n\r\n" % len(BOMB) + BOMB)


TALKS = {
    talk.__name__: talk
    for talk in (
        reset, hang_up, say_nothing, drip, cut_short, cut_short_chunked, garbage, bad_header,
        too_long, too_long_chunked, bomb,
    )
}  # fmt: skip


SLOW = ("say_nothing", "drip")


@pytest.mark.parametrize("name", TALKS)
async def test_a_write_whose_answer_does_not_come(listen: Listen, clock: Any, name: str) -> None:
    async with listen(TALKS[name]) as bank:
        timeouts = SHORT if name in SLOW else LONG
        error = await outcome(write(bank.port), clock, timeouts=timeouts, max_answer_bytes=1_000_000)
        await bank.settled(0)
    assert isinstance(error, OutcomeUnknown)
    assert bank.accepted == 1
    assert clock.sleeps == []
    assert "Fulano" not in str(error)


@pytest.mark.parametrize("name", TALKS)
async def test_a_read_whose_answer_does_not_come(listen: Listen, clock: Any, name: str) -> None:
    async with listen(TALKS[name]) as bank:
        timeouts = SHORT if name in SLOW else LONG
        error = await outcome(plain(bank.port), clock, timeouts=timeouts, max_answer_bytes=1_000_000)
    assert isinstance(error, BankUnavailable)
    attempts = 1 if name in ("too_long", "too_long_chunked", "bomb") else 3
    assert bank.accepted == attempts
    assert len(clock.sleeps) == attempts - 1


async def test_the_limit_itself_is_allowed(listen: Listen, clock: Any) -> None:
    async def talk(stream: anyio.abc.SocketStream) -> None:
        await receive_request(stream)
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"7" * 200_000)

    async with listen(talk) as bank:
        transport = Transport("inter", Settings(clock=clock, max_answer_bytes=200_000))
        assert len((await transport.send(plain(bank.port))).content) == 200_000
        await transport.aclose()
        error = await outcome(plain(bank.port), clock, max_answer_bytes=199_999)
    assert "too long" in error.message


@pytest.mark.parametrize(
    ("encoding", "body", "read"),
    [
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0), {"a": 1}),
        ("deflate", zlib.compress(b'{"a": 1}'), {"a": 1}),
        ("identity", b'{"a": 1}', {"a": 1}),
        ("gzip", b'{"a": 1}', {"a": 1}),
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0)[:12], None),
        ("br", b"\x0b\x03\x80{}\x03", None),
    ],
)
async def test_a_gateway_that_compresses(
    listen: Listen, clock: Any, encoding: str, body: bytes, read: Any
) -> None:
    async def talk(stream: anyio.abc.SocketStream) -> None:
        await receive_request(stream)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
        await stream.send(head.encode() + body)

    async with listen(talk) as bank:
        transport = Transport("inter", Settings(clock=clock))
        assert (await transport.send(plain(bank.port))).data == read
        await transport.aclose()


async def test_an_idempotent_write_that_was_perhaps_processed_never_ends_as_not_sent(
    desk: Any, desk_transport: httpx.AsyncBaseTransport, clock: Any
) -> None:
    """The last attempt surely stayed here. The first one may have arrived."""
    refused = httpx.ConnectError("refused")
    for first in (httpx.ReadTimeout("slow"), 503):
        desk.answers = [first, refused, refused]
        transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
        with pytest.raises(OutcomeUnknown):
            await transport.send(desk.write(repeat=Repeat.IDEMPOTENT))
    desk.answers = [httpx.ReadTimeout("slow"), 429, 429]
    with pytest.raises(OutcomeUnknown):
        await transport.send(desk.write(repeat=Repeat.IDEMPOTENT))
    desk.answers = [httpx.ReadTimeout("slow")]
    assert (await transport.send(desk.write(repeat=Repeat.IDEMPOTENT))).ok


async def test_connect_takes_too_long(listen: Listen, clock: Any) -> None:
    """A server that takes the connection and never begins TLS."""
    async with listen(wait_for_the_end) as bank:
        call = write(bank.port, url=f"https://127.0.0.1:{bank.port}/")
        error = await outcome(call, clock, timeouts=replace(LONG, connect=0.15))
        await bank.settled(0)
    assert isinstance(error, NotSent)
    assert error.reason == "connect"
    assert bank.accepted == 3


async def test_the_total_time_includes_the_connection(listen: Listen, clock: Any) -> None:
    async with listen(wait_for_the_end) as bank:
        call = write(bank.port, url=f"https://127.0.0.1:{bank.port}/", repeat=Repeat.NEVER)
        error = await outcome(replace(call, timeouts=replace(LONG, total=0.1)), clock)
        await bank.settled(0)
    assert isinstance(error, NotSent)
    assert error.reason == "connect"


async def test_no_free_connection(listen: Listen, clock: Any) -> None:
    async with listen(say_nothing) as bank:
        settings = Settings(clock=clock, max_connections=1, timeouts=SHORT, retry=RetryPolicy(attempts=1))
        transport = Transport("inter", settings)
        long = Timeouts(read=5, total=5)
        async with anyio.create_task_group() as tasks:

            async def occupy() -> None:
                await transport.send(plain(bank.port, timeouts=long))

            tasks.start_soon(occupy)
            await bank.settled(1)
            with pytest.raises(NotSent) as caught:
                await transport.send(write(bank.port))
            with pytest.raises(NotSent) as total:
                await transport.send(write(bank.port, timeouts=Timeouts(pool=5, total=0.1)))
            with pytest.raises(BankUnavailable):
                await transport.send(plain(bank.port))
            tasks.cancel_scope.cancel()
        await transport.aclose()
    assert caught.value.reason == "pool"
    assert total.value.reason == "connect"
    assert bank.accepted == 1


async def test_closed(listen: Listen, clock: Any) -> None:
    async with listen(hang_up) as bank:
        transport = Transport("inter", Settings(clock=clock))
        await transport.aclose()
        await transport.aclose()
        for call in (write(bank.port), plain(bank.port)):
            with pytest.raises(NotSent) as caught:
                await transport.send(call)
            assert caught.value.reason == "closed"
    assert bank.accepted == 0
    assert clock.sleeps == []


async def test_closed_while_calls_are_under_way(listen: Listen, clock: Any) -> None:
    """What has left is unknown, what waits for a connection is not sent, and nothing stays open."""
    settings = Settings(clock=clock, max_connections=2, retry=RetryPolicy(attempts=1))
    transport = Transport("inter", settings)
    ends: list[str] = []

    async def one(port: int) -> None:
        try:
            await transport.send(write(port))
        except NotSent as error:
            ends.append(error.reason)
        except OutcomeUnknown:
            ends.append("unknown")

    async with listen(say_nothing) as bank:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(one, bank.port)
            await bank.settled(2)
            await anyio.sleep(0.02)
            await transport.aclose()
        await bank.settled(0)
    assert sorted(ends) == ["closed"] * 3 + ["unknown"] * 2
    assert not transport.holds_connections


async def test_closed_while_the_context_is_made(
    listen: Listen, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def context(*arguments: Any) -> ssl.SSLContext:
        begun.set()
        go_on.wait(3)
        return ssl.create_default_context()

    monkeypatch.setattr(pool, "_shared_context", context)
    transport = Transport("inter", Settings(clock=clock))

    async def one(port: int) -> None:
        with pytest.raises(NotSent, match="closed"):
            await transport.send(write(port))

    async with listen(hang_up) as bank:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one, bank.port)
            await anyio.to_thread.run_sync(begun.wait, 3)
            await transport.aclose()
            go_on.set()
    assert bank.accepted == 0
    assert not transport.holds_connections


# Cancellation


async def cancel_when(condition: Callable[[], bool], until: Any, transport: Transport, call: Call) -> None:
    """Send, and give up once the condition holds."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(transport.send, call)
        await until(condition)
        await anyio.sleep(0.02)
        tasks.cancel_scope.cancel()


async def test_cancelled_in_the_tls_handshake(listen: Listen, clock: Any, until: Any) -> None:
    async with listen(wait_for_the_end) as bank:
        transport = Transport("inter", Settings(clock=clock))
        call = write(bank.port, url=f"https://127.0.0.1:{bank.port}/")
        for number in (1, 2, 3):
            await cancel_when(lambda n=number: bank.accepted == n, until, transport, call)  # type: ignore[misc]
            await bank.settled(0)
        await transport.aclose()


@pytest.mark.parametrize("talk", [say_nothing, drip])
async def test_cancelled_while_waiting_for_the_answer(
    listen: Listen, clock: Any, until: Any, talk: Talk
) -> None:
    async with listen(talk) as bank:
        transport = Transport("inter", Settings(clock=clock))
        await cancel_when(lambda: bank.accepted == 1, until, transport, write(bank.port))
        await bank.settled(0)
        await transport.aclose()
    assert bank.accepted == 1


async def test_a_lost_answer_costs_its_connection_and_no_other(listen: Listen, clock: Any) -> None:
    async def talk(stream: anyio.abc.SocketStream) -> None:
        head = await receive_request(stream)
        if b"/quick" in head:
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await wait_for_the_end(stream)

    async with listen(talk) as bank:
        transport = Transport("inter", Settings(clock=clock, timeouts=SHORT))
        assert (await transport.send(plain(bank.port, url=f"http://127.0.0.1:{bank.port}/quick"))).ok
        async with anyio.create_task_group() as tasks:

            async def lost() -> None:
                with pytest.raises(OutcomeUnknown):
                    await transport.send(write(bank.port))

            for _ in range(2):
                tasks.start_soon(lost)
        assert transport.holds_connections
        await transport.aclose()
        await bank.settled(0)


async def test_cancelled_at_any_moment_the_pool_stays_whole(
    desk: Any, serve_desk: Serve, pki: Pki, until: Any
) -> None:
    """httpcore counts a connection that is cancelled while it is being made as busy for ever."""
    async with serve_desk() as server:
        certificate = pki.client_certificate().certificate()
        settings = Settings(trust=pki.trust, max_connections=1, timeouts=Timeouts(pool=1))
        transport = Transport("inter", settings, certificate=certificate)
        assert (await transport.send(desk.call())).ok
        close = {"connection": "close"}
        for step in range(60):
            with anyio.move_on_after(0.0001 * step):
                await transport.send(desk.call(headers=close))
        for _ in range(3):
            assert (await transport.send(desk.call(headers=close))).ok
        await transport.aclose()
        await until(lambda: server._open == 0)
    gc.collect()


# What goes out wrong


@pytest.mark.parametrize("value", ["segredo\n", "ségredo", "seg\x00redo", " segredo"])
async def test_a_header_that_cannot_be_sent(desk: Any, desk_transport: Any, clock: Any, value: str) -> None:
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    with pytest.raises(ConfigurationError, match="x-api-key") as caught:
        await transport.send(desk.write(headers={"x-api-key": value}))
    assert "redo" not in str(caught.value)
    assert caught.value.__context__ is None
    assert desk.requests == []


@pytest.mark.parametrize("url", ["bank.example/x", "ftp://bank.example/", "https://[::1", "https:///x"])
async def test_an_address_that_cannot_be_called(desk: Any, desk_transport: Any, url: str) -> None:
    transport = Transport("inter", Settings(transport=desk_transport))
    with pytest.raises(ConfigurationError, match="address"):
        await transport.send(desk.write(url=url))


class Unforeseen(Exception):
    """No library's."""


@pytest.mark.parametrize(
    "error",
    [
        Unforeseen("token eyJhbGciOiJSUzI1NiJ9"),
        RuntimeError("x"),
        ssl.SSLError(1, "x"),
        OSError(5, "x"),
        anyio.EndOfStream(),
        ExceptionGroup("x", [OSError(5, "x")]),
        ConnectionDropped(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_a_library_raises_a_write_is_told(
    desk: Any, desk_transport: Any, clock: Any, error: Exception
) -> None:
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    desk.answers = [error]
    with pytest.raises(OutcomeUnknown) as caught:
        await transport.send(desk.write())
    assert type(error).__name__ in str(caught.value)
    assert "eyJ" not in str(caught.value)
    assert len(desk.requests) == 1


async def test_a_refusal_that_names_the_alert_in_a_group(desk: Any, desk_transport: Any, clock: Any) -> None:
    """Without a report of the connection itself nothing proves that the request stayed."""
    alert = ssl.SSLError(1, "[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca")
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    desk.answers = [ExceptionGroup("x", [alert])]
    with pytest.raises(OutcomeUnknown):
        await transport.send(desk.write())
    refused = httpx.ConnectError("x")
    refused.__cause__ = alert
    desk.answers = [refused]
    with pytest.raises(NotSent) as caught:
        await transport.send(desk.write())
    assert caught.value.reason == "certificate"


async def test_redirects_are_not_followed(desk: Any, desk_transport: Any) -> None:
    desk.answers = [HttpResponse(307, {"location": "https://evil.invalid/"})]
    transport = Transport("inter", Settings(transport=desk_transport))
    assert (await transport.send(desk.write())).status == 307
    assert len(desk.requests) == 1
