"""Faults, in process and through sockets: what the caller sees, and what the bank did."""

from __future__ import annotations

import math
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest

from bankgateway_mocks import FakeBank
from bankgateway_mocks.faults import (
    ANY,
    DeepJson,
    DropAfter,
    DropBefore,
    EmptyBody,
    ExpireTokens,
    Fault,
    HugeBody,
    MalformedJson,
    NonUtf8,
    RateLimit,
    RefuseConnection,
    ServerError,
    Slow,
    TruncatedJson,
    WrongContentType,
)
from bankgateway_mocks.inter.fake import InterFakeBank

pytestmark = pytest.mark.anyio

API = "/cobranca/v3/cobrancas"


@pytest.fixture(params=["in process", "served"])
def carrier(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def reach(bank: FakeBank, carrier: str, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    options = {"trust_env": False, "timeout": 5.0, **options}
    if carrier == "in process":
        async with httpx.AsyncClient(transport=bank.transport, base_url=bank.base_url, **options) as client:
            yield client
    else:
        async with bank.serve(mtls=False) as served:
            context = ssl.create_default_context(cadata=served.ca_pem.decode())
            async with httpx.AsyncClient(verify=context, base_url=served.base_url, **options) as client:
                yield client


async def authorize(client: httpx.AsyncClient, form: dict[str, str]) -> None:
    answer = await client.post("/oauth/v2/token", data=form)
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


@pytest.mark.parametrize(
    ("fault", "error", "held"),
    [
        (RefuseConnection(), httpx.ConnectError, 0),
        (DropBefore(), (httpx.RemoteProtocolError, httpx.ReadError), 0),
        (DropAfter(), (httpx.RemoteProtocolError, httpx.ReadError), 1),
        (TruncatedJson(), (httpx.RemoteProtocolError, httpx.ReadError), 1),
        (Slow(0.3, after=True), httpx.ReadTimeout, 1),
    ],
)
async def test_no_answer(
    bank: InterFakeBank,
    carrier: str,
    form: dict[str, str],
    order: dict[str, Any],
    fault: Fault,
    error: type[Exception] | tuple[type[Exception], ...],
    held: int,
) -> None:
    async with reach(bank, carrier) as client:
        await authorize(client, form)
        bank.faults.add(fault)
        with pytest.raises(error):
            await client.post(API, json=order, timeout=0.15)
        assert (len(bank.books), bank.processed("register")) == (held, held)
        assert bank.faults.pending == ()
        seen = [call.status for call in bank.calls if call.operation == "register"]
        assert seen in ([None], [200]) if not isinstance(fault, RefuseConnection) else seen in ([], [None])
        answer = await client.post(API, json={**order, "seuNumero": "2"})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "body", "held"),
    [
        (RateLimit(), 429, None, b"", 0),
        (ServerError(), 500, "application/problem+json", b"Erro Interno", 0),
        (ServerError(503, processed=True), 503, "application/problem+json", "Indisponível".encode(), 1),
        (ServerError(502, html=True), 502, "text/html", b"<h1>502</h1>", 0),
        (MalformedJson(), 200, "application/json", b'{"codigo": "abc', 1),
        (WrongContentType(), 200, "text/html", b"<html>", 1),
        (NonUtf8(), 200, "application/json", b"\xe3", 1),
        (DeepJson(1000), 200, "application/json", b"[" * 1000, 1),
        (EmptyBody(), 200, "application/json", b"", 1),
        (HugeBody(200_000), 200, "application/json", b" " * 150_000, 1),
        (HugeBody(200_000, processed=False), 200, "application/json", b" " * 150_000, 0),
    ],
)
async def test_wrong_answers(
    bank: InterFakeBank,
    carrier: str,
    form: dict[str, str],
    order: dict[str, Any],
    fault: Fault,
    status: int,
    content_type: str | None,
    body: bytes,
    held: int,
) -> None:
    async with reach(bank, carrier) as client:
        await authorize(client, form)
        bank.faults.add(fault)
        answer = await client.post(API, json=order)
    assert answer.status_code == status
    assert answer.headers.get("content-type", "").split(";")[0] == (content_type or "")
    assert body in answer.content
    assert len(bank.books) == held
    assert bank.calls[-1].status == status


async def test_retry_after(bank: InterFakeBank, carrier: str, form: dict[str, str]) -> None:
    async with reach(bank, carrier) as client:
        bank.faults.add(RateLimit(retry_after=7), operation="token")
        answer = await client.post("/oauth/v2/token", data=form)
    assert (answer.status_code, answer.headers["retry-after"], answer.content) == (429, "7", b"")


async def test_tokens_expire_on_demand(
    bank: InterFakeBank, carrier: str, form: dict[str, str], order: dict[str, Any]
) -> None:
    async with reach(bank, carrier) as client:
        await authorize(client, form)
        bank.faults.add(ExpireTokens())
        assert (await client.post(API, json=order)).status_code == 401
        assert bank.books == []
        await authorize(client, form)
        assert (await client.post(API, json=order)).status_code == 200


async def test_spoilt_answers_to_calls_without_a_body(
    bank: InterFakeBank, carrier: str, form: dict[str, str]
) -> None:
    async with reach(bank, carrier) as client:
        await authorize(client, form)
        bank.faults.add(MalformedJson(), operation="set_webhook")
        bank.faults.add(TruncatedJson(), operation="set_webhook")
        answer = await client.put(f"{API}/webhook", json={"webhookUrl": "https://x"})
        assert (answer.status_code, answer.content) == (200, b'{"codigo": "abc')
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await client.put(f"{API}/webhook", json={"webhookUrl": "https://x"})


async def test_slow_is_slow(
    bank: InterFakeBank, carrier: str, form: dict[str, str], order: dict[str, Any]
) -> None:
    async with reach(bank, carrier) as client:
        await authorize(client, form)
        bank.faults.add(Slow(0.1))
        started = anyio.current_time()
        assert (await client.post(API, json=order)).status_code == 200
        assert anyio.current_time() - started >= 0.1


@pytest.mark.parametrize(
    ("carrier", "impatience"), [("in process", "timeout"), ("in process", "cancelled"), ("served", "timeout")]
)
async def test_slow_requests_are_processed_after_the_caller_gave_up(
    bank: InterFakeBank, carrier: str, form: dict[str, str], order: dict[str, Any], impatience: str
) -> None:
    async with reach(bank, carrier) as client:
        await authorize(client, form)
        bank.faults.add(Slow(0.3))
        if impatience == "timeout":
            with pytest.raises(httpx.ReadTimeout):
                await client.post(API, json=order, timeout=0.05)
        else:
            with anyio.move_on_after(0.05):
                await client.post(API, json=order)
        query = {"dataInicial": "2026-10-01", "dataFinal": "2026-10-31"}
        assert (await client.get(API, params=query)).json()["cobrancas"] == []
        await anyio.sleep(0.35)
        assert len((await client.get(API, params=query)).json()["cobrancas"]) == 1
    assert bank.processed("register") == 1


async def test_the_books_show_late_requests_once_they_are_due(
    bank: InterFakeBank, form: dict[str, str], order: dict[str, Any]
) -> None:
    async with reach(bank, "in process") as client:
        await authorize(client, form)
        bank.faults.add(Slow(0.05))
        with pytest.raises(httpx.ReadTimeout):
            await client.post(API, json=order, timeout=0.01)
    assert (bank.books, bank.processed("register")) == ([], 0)
    await anyio.sleep(0.06)
    assert (len(bank.books), bank.processed("register")) == (1, 1)


async def test_settle_now_processes_late_requests(
    bank: InterFakeBank, form: dict[str, str], order: dict[str, Any]
) -> None:
    async with reach(bank, "in process") as client:
        await authorize(client, form)
        bank.faults.add(Slow(3600))
        with pytest.raises(httpx.ReadTimeout):
            await client.post(API, json=order)
    assert bank.books == []
    bank.settle_now()
    assert [entry.bank_status for entry in bank.books] == ["A_RECEBER"]


async def test_times_and_order(bank: InterFakeBank, form: dict[str, str]) -> None:
    async with reach(bank, "in process") as client:
        await authorize(client, form)
        bank.faults.add(ServerError(503), operation="query", times=2)
        bank.faults.add(RateLimit(), operation=ANY)
        bank.faults.add(ServerError(500), operation="query")
        assert [operation for operation, _ in bank.faults.pending] == ["query", "query", "any", "query"]
        statuses = [(await client.get(f"{API}/x")).status_code for _ in range(5)]
        await authorize(client, form)
    assert statuses == [503, 503, 429, 500, 404]


async def test_any_spares_the_token(bank: InterFakeBank, form: dict[str, str]) -> None:
    async with reach(bank, "in process") as client:
        bank.faults.add(DropBefore(), operation=ANY)
        await authorize(client, form)
        assert len(bank.faults.pending) == 1
        bank.faults.clear()
        assert (await client.get(f"{API}/x")).status_code == 404


def test_misspelt_operations_are_noticed(bank: InterFakeBank) -> None:
    with pytest.raises(ValueError, match=r"no operation 'regsiter'; there are: .*register"):
        bank.faults.add(DropAfter(), operation="regsiter")
    with pytest.raises(ValueError, match="at least 1"):
        bank.faults.add(DropAfter(), times=0)


async def test_refused_connections_leave_older_requests_alone(
    bank: InterFakeBank, form: dict[str, str]
) -> None:
    """An idle connection is closed when a refusal is ordered, so that no request slips through."""
    async with reach(bank, "served") as client:
        await authorize(client, form)
        bank.faults.add(RefuseConnection(), times=2)
        for _ in range(2):
            with pytest.raises(httpx.ConnectError):
                await client.get(f"{API}/x")
        assert (await client.get(f"{API}/x")).status_code == 404
    assert [call.operation for call in bank.calls] == ["token", "query"]


def test_unknown_banks() -> None:
    with pytest.raises(ValueError, match="no fake of 'nenhum'"):
        FakeBank("nenhum")
    assert math.isfinite(FakeBank("inter").clock.monotonic())
