"""The fake of Inter behind real TLS sockets, called with a bare HTTP client."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
import pytest

from bankgateway.security.tls import client_context
from bankgateway_mocks import ManualClock, Pki, ServedBank, WebhookReceiver
from bankgateway_mocks.inter.fake import InterFakeBank

pytestmark = pytest.mark.anyio

API = "/cobranca/v3/cobrancas"


def client_of(served: ServedBank, *, certificate: bool = True) -> httpx.AsyncClient:
    shown = served.client_certificate.certificate() if certificate else None
    context = client_context(shown, Pki().trust)
    return httpx.AsyncClient(base_url=served.base_url, verify=context, trust_env=False)


async def test_the_whole_way(bank: InterFakeBank, form: dict[str, str], order: dict[str, Any]) -> None:
    async with bank.serve() as served, client_of(served) as client:
        token = (await client.post("/oauth/v2/token", data=form)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        bank_id = (await client.post(API, json=order)).json()["codigoSolicitacao"]
        bank.settle_now()
        found = (await client.get(f"{API}/{bank_id}")).json()
        assert found["cobranca"]["situacao"] == "A_RECEBER"
        assert served.server.connections == 1
        assert served.server.errors == []
    assert served.ca_pem == Pki().ca_pem


async def test_without_a_certificate_400_and_an_empty_body(bank: InterFakeBank, form: dict[str, str]) -> None:
    async with bank.serve() as served, client_of(served, certificate=False) as client:
        for answer in (await client.post("/oauth/v2/token", data=form), await client.get(f"{API}/x")):
            assert (answer.status_code, answer.content) == (400, b"")
        assert served.server.handshake_failures == 0
    async with bank.serve(mtls=False) as served, client_of(served, certificate=False) as client:
        assert (await client.post("/oauth/v2/token", data=form)).status_code == 200


async def test_a_certificate_of_another_ca_fails_the_handshake(bank: InterFakeBank) -> None:
    async with bank.serve() as served:
        stranger = Pki("another CA").client_certificate().certificate()
        context = client_context(stranger, Pki().trust)
        async with httpx.AsyncClient(base_url=served.base_url, verify=context, trust_env=False) as client:
            with pytest.raises((httpx.TransportError, ssl.SSLError)):
                await client.get(f"{API}/x")
        assert served.server.handshake_failures == 1
    assert bank.calls == ()


async def test_tls_version(bank: InterFakeBank) -> None:
    async with bank.serve(tls_version=ssl.TLSVersion.TLSv1_2) as served:
        context = client_context(None, Pki().trust)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        async with httpx.AsyncClient(base_url=served.base_url, verify=context, trust_env=False) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get("/")
        async with client_of(served) as client:
            assert (await client.get("/")).status_code == 404


async def test_webhooks_are_delivered_by_themselves(
    bank: InterFakeBank, form: dict[str, str], order: dict[str, Any], clock: ManualClock
) -> None:
    bank.processing_seconds = 1
    async with (
        WebhookReceiver(Pki().server_context(client_ca=Pki().webhook_ca())) as receiver,
        bank.serve() as served,
        client_of(served) as client,
    ):
        token = (await client.post("/oauth/v2/token", data=form)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        await client.put(f"{API}/webhook", json={"webhookUrl": receiver.url})
        bank_id = (await client.post(API, json=order)).json()["codigoSolicitacao"]
        clock.advance(seconds=1)
        assert b'"A_RECEBER"' in (await receiver.next()).body
        assert (await client.post(f"{API}/{bank_id}/pagar", json={"pagarCom": "PIX"})).status_code == 204
        assert b'"RECEBIDO"' in (await receiver.next()).body
        assert len(receiver.received) == 2


async def test_errors_of_the_block_come_out_bare(bank: InterFakeBank) -> None:
    with pytest.raises(ZeroDivisionError):
        async with bank.serve():
            raise ZeroDivisionError
    with bank as same:
        assert same is bank
    async with bank as same:
        assert same is bank
