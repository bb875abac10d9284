"""A bank that refuses our certificate, or that we refuse, over real TLS: what the caller is told.

With TLS 1.3 the refusal comes after the request has left, in forms that differ between the event loops.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from bankgateway.errors import BankGatewayError, NotSent, OutcomeUnknown
from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.oauth import ClientCredentials
from bankgateway.security.tls import Trust, client_context
from bankgateway.transport import Settings, Transport
from bankgateway.transport.exchange import _classify, _Progress
from bankgateway.transport.pool import HttpPool
from bankgateway_mocks.pki import Pki
from bankgateway_mocks.server import Server

pytestmark = pytest.mark.anyio

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
SIZES = pytest.mark.parametrize("size", [10, 300_000], ids=["small", "300kB"])
STRANGER = Pki("bankgateway test other CA")
Serve = Callable[..., AbstractAsyncContextManager[Server]]


def certificate(pki: Pki, case: str) -> ClientCertificate | None:
    match case:
        case "none":
            return None
        case "unknown issuer":
            return STRANGER.client_certificate().certificate()
        case "expired":
            return pki.expired().certificate()
        case _:
            return pki.server_only().certificate()


async def write(transport: Transport, desk: Any, size: int) -> BankGatewayError:
    with pytest.raises(BankGatewayError) as caught:
        await transport.send(desk.write(json={"text": "x" * size}))
    return caught.value


@SIZES
@VERSIONS
@pytest.mark.parametrize("case", ["none", "unknown issuer", "expired", "serverAuth only"])
async def test_a_refused_client_certificate_on_a_write(
    desk: Any, serve_desk: Serve, pki: Pki, case: str, version: ssl.TLSVersion, size: int
) -> None:
    async with serve_desk(pki.server_context(maximum_version=version)) as server:
        transport = Transport("inter", Settings(trust=pki.trust), certificate=certificate(pki, case))
        error = await write(transport, desk, size)
        await transport.aclose()
    if isinstance(error, NotSent):
        assert error.reason == "certificate"
        assert "client certificate" in error.message
    else:
        # TLS 1.3 only: the connection was reset before the alert was read.
        assert isinstance(error, OutcomeUnknown)
        assert version is TLS13
    assert error.__cause__ is None
    assert error.__context__ is None
    assert server.connections == 1
    assert desk.requests == []


async def test_an_alert_on_a_connection_that_answered_before_tells_nothing() -> None:
    """Only where the connection is new and silent did the bank surely read no request."""
    alert = ssl.SSLError(1, "[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired")
    progress = _Progress(HttpPool(Settings(), None))
    await progress("http11.send_request_headers.started", {})
    failure = _classify(alert, progress, 0.0)
    assert (failure.reason, failure.not_sent) == ("connection", False)
    await progress("connection.start_tls.complete", {})
    failure = _classify(alert, progress, 0.0)
    assert (failure.reason, failure.not_sent) == ("certificate", True)
    await progress("http11.receive_response_headers.complete", {})
    failure = _classify(alert, progress, 0.0)
    assert (failure.reason, failure.not_sent) == ("connection", False)


@VERSIONS
async def test_a_refusal_at_the_token_endpoint(
    desk: Any, serve_desk: Serve, pki: Pki, version: ssl.TLSVersion
) -> None:
    """The token comes first, and a token request may be repeated: the write never leaves."""
    async with serve_desk(pki.server_context(maximum_version=version)):
        tokens = ClientCredentials(f"{desk.url}/token", "id", "secret")
        transport = Transport("inter", Settings(trust=pki.trust), tokens=tokens)
        error = await write(transport, desk, 10)
        await transport.aclose()
    assert isinstance(error, NotSent)
    assert error.reason in ("certificate", "token")
    assert desk.requests == []


@VERSIONS
@pytest.mark.parametrize("fault", ["untrusted", "wrong host"])
async def test_a_server_we_do_not_trust(
    desk: Any, serve_desk: Serve, pki: Pki, fault: str, version: ssl.TLSVersion
) -> None:
    authority = STRANGER if fault == "untrusted" else pki
    context = authority.server_context(maximum_version=version, hosts=["elsewhere.example"])
    async with serve_desk(context) as server:
        material = pki.client_certificate().certificate()
        transport = Transport("inter", Settings(trust=pki.trust), certificate=material)
        error = await write(transport, desk, 300_000)
        with pytest.raises(NotSent):
            await transport.send(desk.call())
        await transport.aclose()
    assert isinstance(error, NotSent)
    assert error.reason == "tls"
    assert "could not be verified" in error.message
    assert server.connections == 2
    assert desk.requests == []


@VERSIONS
async def test_an_accepted_certificate(
    desk: Any, serve_desk: Serve, pki: Pki, version: ssl.TLSVersion
) -> None:
    material = pki.client_certificate()
    async with serve_desk(pki.server_context(maximum_version=version)) as server:
        transport = Transport("inter", Settings(trust=pki.trust), certificate=material.certificate())
        for size in (10, 300_000):
            assert (await transport.send(desk.write(json={"text": "x" * size}))).data == {"ok": True}
        await transport.aclose()
    assert [request.client_certificate for request in desk.requests] == [material.der] * 2
    assert server.connections == 1


async def test_a_context_of_the_users_own(desk: Any, serve_desk: Serve, pki: Pki) -> None:
    material = pki.client_certificate()
    context = client_context(material.certificate(), Trust(ca_pem=pki.ca_pem))
    async with serve_desk():
        transport = Transport("inter", Settings(ssl_context=context))
        assert (await transport.send(desk.call())).ok
        await transport.aclose()
    assert desk.requests[0].client_certificate == material.der
