"""The contract between the checkout and the bank, kept against the fake bank."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import anyio
import httpx
import pytest
from app import create_app
from fastapi import FastAPI

from bankgateway import BankClient
from bankgateway_mocks import FakeBank, ManualClock, faults, samples

pytestmark = pytest.mark.anyio

SECRET = "8TtQ4bJm2s0xYw7cVnE5hA"
WEBHOOK = f"https://shop.example.com/webhooks/inter/{SECRET}"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def app(bank_client: BankClient, bank_clock: ManualClock) -> FastAPI:
    return create_app(bank_client, SECRET)


@pytest.fixture
async def shop(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    carrier = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=carrier, base_url="https://shop.example.com") as client:
            yield client


async def buy(shop: httpx.AsyncClient, order: str = "A-1", amount: str = "187.45") -> httpx.Response:
    customer = samples.payer().model_dump(mode="json")
    return await shop.post("/checkout", json={"order": order, "amount": amount, "customer": customer})


async def status(shop: httpx.AsyncClient, order: str = "A-1") -> Any:
    return (await shop.get(f"/orders/{order}")).json()["status"]


# -- the outcomes of a registration ------------------------------------------------------------------


async def test_done(shop: httpx.AsyncClient, fake_bank: FakeBank) -> None:
    answer = await buy(shop)
    assert answer.status_code == 201
    assert len(answer.json()["digitable_line"]) == 47
    assert answer.json()["pix"].startswith("000201")
    assert [entry.seu_numero for entry in fake_bank.books] == ["A-1"]


async def test_refused(shop: httpx.AsyncClient, fake_bank: FakeBank) -> None:
    answer = await buy(shop, amount="1.00")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "amount"
    assert fake_bank.books == []


@pytest.mark.bank_fault(faults.RefuseConnection(), operation="register", times=3)
async def test_not_sent(shop: httpx.AsyncClient, fake_bank: FakeBank) -> None:
    answer = await buy(shop)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await buy(shop)).status_code == 201
    assert len(fake_bank.books) == 1


@pytest.mark.bank_fault(faults.RateLimit(retry_after=40), operation="register")
async def test_too_many_calls(shop: httpx.AsyncClient) -> None:
    answer = await buy(shop)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "40")


@pytest.mark.bank_fault(faults.ExpireTokens(), operation="register", times=2)
async def test_not_let_in(shop: httpx.AsyncClient) -> None:
    answer = await buy(shop)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")


@pytest.mark.bank_fault(faults.DropAfter(), operation="register")
async def test_a_lost_answer_makes_exactly_one_boleto(shop: httpx.AsyncClient, fake_bank: FakeBank) -> None:
    answer = await buy(shop)
    assert answer.status_code == 201
    assert fake_bank.processed("register") == len(fake_bank.books) == 1


@pytest.mark.bank_fault(faults.Slow(60), operation="register")
async def test_unknown_then_found(app: FastAPI, shop: httpx.AsyncClient, fake_bank: FakeBank) -> None:
    assert (await buy(shop)).status_code == 202
    fake_bank.settle_now()
    await app.state.shop.reconcile()
    assert await status(shop) == "awaiting_payment"
    assert len(fake_bank.books) == 1


@pytest.mark.bank_fault(faults.DropBefore(), operation="register")
async def test_unknown_then_bought_again(
    app: FastAPI, shop: httpx.AsyncClient, fake_bank: FakeBank, bank_clock: ManualClock
) -> None:
    assert (await buy(shop)).status_code == 202
    await app.state.shop.reconcile()
    assert await status(shop) == "pending", "too early to believe that the bank does not have it"
    bank_clock.advance(minutes=11)
    await app.state.shop.reconcile()
    assert await status(shop) == "not_registered"
    assert (await buy(shop)).status_code == 201
    assert len(fake_bank.books) == 1


@pytest.mark.bank_fault(faults.ServerError(503), operation="search", times=3)
async def test_bought_again_after_a_restart(
    app: FastAPI, shop: httpx.AsyncClient, fake_bank: FakeBank
) -> None:
    await buy(shop)
    app.state.shop.orders.clear()
    assert (await buy(shop)).status_code == 202
    await app.state.shop.reconcile()
    assert await status(shop) == "awaiting_payment"
    assert len(fake_bank.books) == 1


async def test_a_double_click_makes_one_boleto(shop: httpx.AsyncClient, fake_bank: FakeBank) -> None:
    async with anyio.create_task_group() as clicks:
        for _ in range(2):
            clicks.start_soon(buy, shop)
    assert [call.operation for call in fake_bank.calls].count("register") == 1
    assert (await buy(shop, amount="5.00")).status_code == 409


# -- the notification of a payment -------------------------------------------------------------------


async def test_paid(
    app: FastAPI, shop: httpx.AsyncClient, fake_bank: FakeBank, bank_client: BankClient
) -> None:
    await bank_client.set_webhook(WEBHOOK)
    await buy(shop)
    fake_bank.pay("A-1", by="PIX")
    assert await fake_bank.deliver(transport=httpx.ASGITransport(app)) > 0
    assert await status(shop) == "paid"


async def test_a_forged_notification_pays_nothing(shop: httpx.AsyncClient, fake_bank: FakeBank) -> None:
    await buy(shop, "A-1")
    await buy(shop, "A-2")
    fake_bank.pay("A-2")
    forged = fake_bank.notifications[-1].body.replace(b"A-2", b"A-1")
    assert (await shop.post(f"/webhooks/inter/{SECRET}", content=forged)).status_code == 200
    assert await status(shop) == "awaiting_payment"


async def test_a_repeated_notification_asks_once(shop: httpx.AsyncClient, fake_bank: FakeBank) -> None:
    await buy(shop)
    fake_bank.pay("A-1")
    before = fake_bank.processed("query")
    for _ in range(3):
        await shop.post(f"/webhooks/inter/{SECRET}", content=fake_bank.notifications[-1].body)
    assert fake_bank.processed("query") == before + 1


async def test_a_payment_whose_notification_got_lost(
    app: FastAPI, shop: httpx.AsyncClient, fake_bank: FakeBank
) -> None:
    await buy(shop)
    fake_bank.pay("A-1")
    await app.state.shop.reconcile()
    assert await status(shop) == "paid"


async def test_paid_in_part_is_not_paid(app: FastAPI, shop: httpx.AsyncClient, fake_bank: FakeBank) -> None:
    await buy(shop)
    fake_bank.pay("A-1", amount=Decimal("1.00"))
    await app.state.shop.reconcile()
    assert await status(shop) == "closed"


@pytest.mark.parametrize(
    ("secret", "body", "expected"),
    [("guessed", b"[]", 404), (SECRET, b"not JSON", 400), (SECRET, b" " * 70_000, 413)],
    ids=["wrong secret", "unreadable", "too long"],
)
async def test_what_is_no_notification(
    shop: httpx.AsyncClient, secret: str, body: bytes, expected: int
) -> None:
    assert (await shop.post(f"/webhooks/inter/{secret}", content=body)).status_code == expected
