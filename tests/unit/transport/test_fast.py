"""The fast transport: what aiohttp would do by itself and must not, and that it tells how far a call got."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import anyio.abc
import pytest

from bankgateway.errors import BankGatewayError, BankUnavailable, ConfigurationError, NotSent, OutcomeUnknown
from bankgateway.security.oauth import ClientCredentials
from bankgateway.transport import Repeat, Settings, Timeouts, Transport
from bankgateway_mocks import samples
from bankgateway_mocks.http import ConnectionDropped, HttpResponse, json_response
from bankgateway_mocks.pki import Pki
from bankgateway_mocks.server import Server

pytestmark = pytest.mark.anyio

Serve = Callable[..., AbstractAsyncContextManager[Server]]
SIZES = pytest.mark.parametrize("size", [10, 300_000], ids=["small", "300kB"])
VERSIONS = pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"]
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def make(pki: Pki, clock: Any) -> Callable[..., Transport]:
    certificate = pki.client_certificate().certificate()

    def transport(*, certificate: Any = certificate, **settings: Any) -> Transport:
        chosen = Settings(engine="aiohttp", trust=pki.trust, clock=clock, **settings)
        return Transport("inter", chosen, certificate=certificate)

    return transport


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("kept", [True, False], ids=["kept connection", "new connection"])
async def test_a_write_is_not_sent_again_behind_our_back(
    desk: Any, serve_desk: Serve, make: Any, method: str, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for switched_off in (True, False):
        async with serve_desk():
            transport = make()
            if kept:
                assert (await transport.send(desk.call())).ok
            elif not switched_off:
                break
            desk.requests.clear()
            if not switched_off:
                # Should aiohttp's switch go one day, the watch over what was sent holds all the same.
                transport._pool._shards[0].transport._session._retry_connection = True
            desk.answers = [ConnectionDropped()]
            with pytest.raises(OutcomeUnknown):
                await transport.send(desk.write(method=method))
            assert len(desk.requests) == 1
            await transport.aclose()


async def test_requests_and_answers_are_as_with_the_other_engine(
    desk: Any, serve_desk: Serve, pki: Pki, clock: Any
) -> None:
    seen = []
    certificate = pki.client_certificate().certificate()
    for engine in ("httpx", "aiohttp"):
        settings = Settings(engine=engine, trust=pki.trust, clock=clock)
        async with serve_desk():
            transport = Transport("inter", settings, certificate=certificate)
            desk.answers = [
                HttpResponse(201, {"X-Request-ID": "r", "Set-Cookie": "a=b"}, b'{"id": 1.10}'),
                307,
            ]
            path = f"{desk.url}/a%2Fb/%7Ec?x=%2B%27"
            answers = [
                await transport.send(desk.write(url=path, params=(("a", "1+ 2"), ("b", "é|'"), ("a", "3")))),
                await transport.send(desk.call()),
                await transport.send(desk.write(json=None, method="DELETE")),
            ]
            await transport.aclose()
        for request in desk.requests:
            request.headers.pop("host")
        seen.append(
            (
                [
                    (r.method, r.path, r.query, dict(r.headers), r.body, r.client_certificate)
                    for r in desk.requests
                ],
                [(a.status, dict(a.headers), a.content, a.request_id) for a in answers],
            )
        )
        desk.requests.clear()
    (one, first), (other, second) = seen
    assert [request[:3] + request[4:] for request in one] == [request[:3] + request[4:] for request in other]
    assert first == second
    for ours, theirs in zip(one, other, strict=True):
        assert set(theirs[3]) - set(ours[3]) <= {"content-length"}
        assert {name: theirs[3][name] for name in ours[3]} == ours[3]


@SIZES
@VERSIONS
@pytest.mark.parametrize("case", ["none", "unknown issuer"])
async def test_a_refused_client_certificate(
    desk: Any, serve_desk: Serve, make: Any, pki: Pki, case: str, version: ssl.TLSVersion, size: int
) -> None:
    stranger = Pki("bankgateway test other CA").client_certificate().certificate()
    async with serve_desk(pki.server_context(maximum_version=version)) as server:
        transport = make(certificate=None if case == "none" else stranger)
        for method in ("POST", "PUT"):
            with pytest.raises(BankGatewayError) as caught:
                await transport.send(desk.write(method=method, json="x" * size))
            if isinstance(caught.value, NotSent):
                assert caught.value.reason == "certificate"
            else:
                assert isinstance(caught.value, OutcomeUnknown)
                assert version is ssl.TLSVersion.TLSv1_3
        await transport.aclose()
    assert server.connections == 2
    assert desk.requests == []


async def test_an_untrusted_server_and_no_server(desk: Any, serve_desk: Serve, make: Any) -> None:
    async with serve_desk(Pki("bankgateway test other CA").server_context()):
        transport = make()
        with pytest.raises(NotSent) as caught:
            await transport.send(desk.write())
        assert caught.value.reason == "tls"
        with pytest.raises(NotSent) as caught:
            await transport.send(desk.write(url="https://127.0.0.1:1/"))
        assert caught.value.reason == "connect"
        await transport.aclose()


async def test_the_limit_of_an_answer_and_its_connection(desk: Any, serve_desk: Serve, make: Any) -> None:
    async with serve_desk():
        transport = make(max_answer_bytes=100_000)
        desk.answers = [HttpResponse(200, {}, b" " * 4_000_000)]
        with pytest.raises(BankUnavailable, match="too long"):
            await transport.send(desk.call())
        assert len(desk.requests) == 1
        desk.answers = [HttpResponse(200, {}, b"{}", missing=10)]
        with pytest.raises(OutcomeUnknown):
            await transport.send(desk.write())
        assert (await transport.send(desk.write())).ok
        await transport.aclose()


async def test_a_proxy_it_does_not_know(desk: Any, make: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"Settings\.proxy") as caught:
        await make(proxy="socks5://user:senha@proxy:1").send(desk.write())
    assert "senha" not in str(caught.value)


async def test_time_outs(listen: Any, make: Any, desk: Any) -> None:
    async def silent(stream: anyio.abc.SocketStream) -> None:
        while True:
            await stream.receive()

    async with listen(silent) as bank:
        transport = make(timeouts=Timeouts(connect=0.1, read=0.1, pool=0.1, total=5))
        with pytest.raises(NotSent) as caught:
            await transport.send(desk.write(url=f"https://127.0.0.1:{bank.port}/", repeat=Repeat.NEVER))
        assert caught.value.reason == "connect"
        with pytest.raises(OutcomeUnknown):
            await transport.send(desk.write(url=f"http://127.0.0.1:{bank.port}/"))
        await bank.settled(0)
        await transport.aclose()


async def test_cancelled_and_closed(listen: Any, make: Any, desk: Any, until: Any, serve_desk: Serve) -> None:
    async def silent(stream: anyio.abc.SocketStream) -> None:
        while True:
            await stream.receive()

    ends: list[str] = []

    async def one(transport: Transport, url: str) -> None:
        try:
            await transport.send(desk.write(url=url))
        except NotSent as error:
            ends.append(error.reason)
        except OutcomeUnknown:
            ends.append("unknown")

    async with listen(silent) as bank:
        transport = make(max_connections=2, timeouts=Timeouts(connect=0.3))
        for number, scheme in enumerate(("https", "http"), 1):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(one, transport, f"{scheme}://127.0.0.1:{bank.port}/")
                await until(lambda n=number: bank.accepted == n)
                await anyio.sleep(0.02)
                tasks.cancel_scope.cancel()
            await bank.settled(0)
        # One in the handshake, one whose request has left, one that waits for a connection.
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one, transport, f"https://127.0.0.1:{bank.port}/")
            tasks.start_soon(one, transport, f"http://127.0.0.1:{bank.port}/")
            await until(lambda: bank.open == 2)
            tasks.start_soon(one, transport, f"http://127.0.0.1:{bank.port}/")
            await anyio.sleep(0.02)
            await transport.aclose()
        await bank.settled(0)
    assert sorted(ends) == ["closed", "closed", "unknown"]


async def test_logs_and_errors_hold_nothing_of_the_request(
    desk: Any, serve_desk: Serve, pki: Pki, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serve_desk():
        transport = Transport(
            "inter",
            Settings(engine="aiohttp", trust=pki.trust, clock=clock),
            tokens=ClientCredentials(f"{desk.url}/token", "loja", "s3gr3d0"),
            certificate=samples.client_certificate().certificate(),
        )
        desk.token_answers = [json_response(200, {"access_token": "t0k3n", "expires_in": 300})]
        desk.answers = [ConnectionDropped()]
        with pytest.raises(OutcomeUnknown) as caught:
            await transport.send(desk.write(json={"nome": "Fulano"}, params=(("cpf", "52998224725"),)))
        await transport.aclose()
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert {type(value).__module__ for value in vars(caught.value).values()} == {"builtins"}
    shown = caplog.text + repr([record.args for record in caplog.records]) + str(caught.value)
    assert not any(secret in shown for secret in ("s3gr3d0", "t0k3n", "Fulano", "52998224725"))
