"""The loopback server against callers who behave badly."""

from __future__ import annotations

import logging
import ssl
from functools import partial

import anyio
import httpx
import pytest
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from bankgateway.security.tls import client_context
from bankgateway_mocks import Pki
from bankgateway_mocks.http import ConnectionDropped, HttpRequest, HttpResponse, json_response
from bankgateway_mocks.server import MAXIMUM_BODY, Server, serve

pytestmark = pytest.mark.anyio

HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def echo(request: HttpRequest) -> HttpResponse:
    if request.path == "/bug":
        raise KeyError("a fault of the fake")
    if request.path == "/drop":
        raise ConnectionDropped
    shown = {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "type": request.headers.get("content-type"),
        "length": len(request.body),
        "tls": request.over_tls,
        "certificate": request.client_certificate is not None,
    }
    return json_response(200, shown)


def trusting(pki: Pki, *, certificate: bool = False) -> ssl.SSLContext:
    return client_context(pki.client_certificate().certificate() if certificate else None, pki.trust)


async def exchange(server: Server, data: bytes, *, half_close: bool = False) -> bytes:
    """Send raw bytes and read until the server ends the connection."""
    received = b""
    async with await anyio.connect_tcp("127.0.0.1", server.port) as stream:
        if data:
            await stream.send(data)
        if half_close:
            await stream.send_eof()
        with anyio.fail_after(5):
            try:
                while True:
                    received += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return received


async def drain(stream: ByteStream) -> None:
    while True:
        await stream.receive()


async def flood(stream: ByteStream) -> None:
    """Send more than anybody reads, until the other end has had enough."""
    with anyio.fail_after(5):
        for _ in range(1000):
            await stream.send(b"x" * 65536)


async def still_serves(server: Server, context: ssl.SSLContext | bool = True) -> None:
    async with httpx.AsyncClient(base_url=server.url, verify=context, trust_env=False) as client:
        assert (await client.get("/")).status_code == 200


async def test_requests_arrive_whole() -> None:
    async with serve(echo) as server, httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        answer = await client.post("/a%20b/c?x=1&x=%2B&y=a+b", content=b"z" * 200_000)
        assert answer.json() == {
            "method": "POST",
            "path": "/a b/c",
            "query": [["x", "1"], ["x", "+"], ["y", "a b"]],
            "type": None,
            "length": 200_000,
            "tls": False,
            "certificate": False,
        }
        assert (await client.get("/")).json()["length"] == 0
        assert server.connections == 1


async def test_chunked_bodies_and_expect_continue() -> None:
    async with serve(echo) as server:
        chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        assert b'"length": 5' in await exchange(server, chunked + b"5\r\nhello\r\n0\r\n\r\n")
        patient = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        async with await anyio.connect_tcp("127.0.0.1", server.port) as stream:
            await stream.send(patient)
            assert (await stream.receive()).startswith(b"HTTP/1.1 100")
            await stream.send(b"{}")
            assert b'"length": 2' in await stream.receive()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HELLO\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 100_000,
    ],
)
async def test_garbage_is_refused(garbage: bytes) -> None:
    async with serve(echo) as server:
        answer = await exchange(server, garbage, half_close=True)
        assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))
        await still_serves(server)
        assert server.errors == []


async def test_silent_and_departed_callers() -> None:
    async with serve(echo, patience=0.05) as server:
        for start in (
            b"",
            b"GET / HT",
            HELLO[:-2],
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
        ):
            assert await exchange(server, start) == b""
        async with await anyio.connect_tcp("127.0.0.1", server.port):
            pass
        await still_serves(server)


async def test_too_large() -> None:
    start = b"POST / HTTP/1.1\r\nHost: x\r\n"
    async with serve(echo) as server:
        declared = await exchange(server, start + b"Content-Length: %d\r\n\r\n" % (MAXIMUM_BODY + 1))
        assert declared.startswith(b"HTTP/1.1 413 ")
        async with await anyio.connect_tcp("127.0.0.1", server.port) as stream:
            await stream.send(start + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (MAXIMUM_BODY + 1))
            with pytest.raises((anyio.BrokenResourceError, anyio.EndOfStream)):
                await flood(stream)
        async with await anyio.connect_tcp("127.0.0.1", server.port) as stream:
            await stream.send(start + b"X: " + b"y" * 70_000)
            assert (await stream.receive()).startswith(b"HTTP/1.1 431 ")
        await still_serves(server)


async def test_a_bug_of_the_handler_is_seen(caplog: pytest.LogCaptureFixture) -> None:
    async with serve(echo) as server, httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        with caplog.at_level(logging.CRITICAL):
            answer = await client.get("/bug")
        assert (answer.status_code, answer.text) == (500, "KeyError('a fault of the fake')")
        assert [type(error) for error in server.errors] == [KeyError]
        assert (await client.get("/")).status_code == 200


async def test_a_dropped_connection_harms_no_other() -> None:
    async with serve(echo) as server, httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        with pytest.raises(httpx.TransportError):
            await client.get("/drop")
        assert (await client.get("/")).status_code == 200


async def test_many_callers_at_once() -> None:
    async def call(client: httpx.AsyncClient, number: int) -> None:
        assert (await client.get(f"/{number}")).json()["path"] == f"/{number}"

    async with serve(echo) as server, httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        async with anyio.create_task_group() as tasks:
            for number in range(30):
                tasks.start_soon(call, client, number)
        assert 1 < server.connections <= 30


async def test_refused_before_the_handshake() -> None:
    verdicts = [False, True]
    async with serve(echo, accepts=lambda: verdicts.pop(0)) as server:
        assert await exchange(server, HELLO) == b""
        await still_serves(server)
        assert (server.connections, server.refused) == (2, 1)


async def test_an_error_of_the_block_comes_out_bare() -> None:
    with pytest.raises(ZeroDivisionError):
        async with serve(echo):
            raise ZeroDivisionError


async def test_the_port_is_free_afterwards() -> None:
    async with serve(echo) as server:
        stream = await anyio.connect_tcp("127.0.0.1", server.port)
        await stream.send(HELLO)
        await stream.receive()
    with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
        await drain(stream)
    await stream.aclose()
    with pytest.raises(OSError, match=r"[Cc]onnect"):
        await anyio.connect_tcp("127.0.0.1", server.port)


# TLS


async def test_client_certificates_reach_the_handler() -> None:
    pki = Pki()
    async with serve(echo, pki.server_context(False)) as server:
        for context, expected in ((trusting(pki, certificate=True), False), (trusting(pki), False)):
            async with httpx.AsyncClient(base_url=server.url, verify=context, trust_env=False) as client:
                shown = (await client.get("/")).json()
            assert (shown["tls"], shown["certificate"]) == (True, expected)
    async with serve(echo, pki.server_context(True)) as server:
        context = trusting(pki, certificate=True)
        async with httpx.AsyncClient(base_url=server.url, verify=context, trust_env=False) as client:
            assert (await client.get("/")).json()["certificate"] is True


@pytest.mark.parametrize("start", [b"", b"\x16", b"\x16\x03\x01\x02\x00", HELLO, b"\x00" * 5000])
async def test_half_a_handshake(start: bytes) -> None:
    pki = Pki()
    async with serve(echo, pki.server_context(False), patience=0.1) as server:
        await exchange(server, start)
        assert server.handshake_failures == 1
        await still_serves(server, trusting(pki))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_refused_handshakes_are_counted(version: ssl.TLSVersion) -> None:
    pki = Pki()
    async with serve(echo, pki.server_context(True, version)) as server:
        stranger = Pki("another CA").client_certificate().certificate()
        for context in (trusting(pki), client_context(stranger, pki.trust), ssl.create_default_context()):
            async with httpx.AsyncClient(base_url=server.url, verify=context, trust_env=False) as client:
                with pytest.raises((httpx.TransportError, ssl.SSLError)):
                    await client.get("/")
        await still_serves(server, trusting(pki, certificate=True))
        assert (server.handshake_failures, server.connections) == (3, 4)


async def test_slow_callers_do_not_hold_up_others() -> None:
    pki = Pki()
    context = trusting(pki)

    async def drip(stream: ByteStream) -> None:
        for byte in HELLO:
            await stream.send(bytes([byte]))
            await anyio.sleep(0.005)

    async with serve(echo, pki.server_context(False)) as server, anyio.create_task_group() as tasks:
        tcp = await anyio.connect_tcp("127.0.0.1", server.port)
        stream = await TLSStream.wrap(
            tcp, hostname="127.0.0.1", ssl_context=context, standard_compatible=False
        )
        tasks.start_soon(partial(drip, stream))
        await still_serves(server, context)
        assert (await stream.receive()).startswith(b"HTTP/1.1 200")
        await stream.aclose()
