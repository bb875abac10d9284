"""The fakes wired to the SDK's own client: what users write."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

import bankgateway
from bankgateway import BoletoStatus, ChangeAmount, NotFound, Settings, Unauthorized
from bankgateway_mocks import FakeBank, ManualClock, WebhookReceiver, faults, samples
from bankgateway_mocks.inter.fake import InterFakeBank

pytestmark = pytest.mark.anyio


def new_boleto(bank: FakeBank, **overrides: Any) -> bankgateway.NewBoleto:
    return samples.new_boleto("inter", due_date=bank.clock.today() + timedelta(days=30), **overrides)


async def test_in_process(bank: InterFakeBank) -> None:
    async with bank as fake, fake.connect() as client:
        boleto = await client.register(new_boleto(bank), wait=5)
        assert boleto.status is BoletoStatus.REGISTERED
        fake.pay(boleto)
        paid = await client.query(boleto)
    (entry,) = fake.books
    assert (paid.status, paid.paid_amount) == (entry.status, entry.paid_amount)
    assert (paid.ref.bank_id, paid.nosso_numero) == (entry.bank_id, entry.nosso_numero)
    assert [call.operation for call in fake.calls].count("token") == 1


async def test_served() -> None:
    bank = FakeBank("inter")
    async with bank.serve() as served, served.connect() as client:
        boleto = await client.register(new_boleto(bank), wait=5)
        result = await client.execute(boleto, ChangeAmount(Decimal("192.30")))
        assert result.ref.bank_id == bank.books[0].bank_id
        bank.settle_now()
        assert (await client.query(boleto)).amount == Decimal("192.30") == bank.books[0].amount
        assert served.server.handshake_failures == 0
        assert served.server.errors == []


async def test_fakes_do_not_share_tokens() -> None:
    for _ in range(2):
        bank = FakeBank("inter")
        async with bank.connect() as client:
            await client.register(new_boleto(bank))
        assert bank.processed("token") == 1


async def test_overrides(bank: InterFakeBank, clock: ManualClock) -> None:
    wrong = {**samples.credentials_data("inter"), "client_secret": "wrong"}
    wrong["certificate"] = samples.client_certificate().certificate()
    async with bank.connect(credentials=wrong, settings=Settings(clock=clock)) as client:
        with pytest.raises(Unauthorized):
            await client.register(new_boleto(bank))
    async with bank.connect(account={"conta_corrente": "12345"}) as client:
        with pytest.raises(Unauthorized):
            await client.register(new_boleto(bank))
    elsewhere = FakeBank("inter", clock=clock).environment
    async with bank.connect(environment=elsewhere) as client:
        assert client.environment == elsewhere
    assert bank.books == []


async def test_the_sandbox_guise_is_the_sandboxs_environment(bank: InterFakeBank) -> None:
    bank.sandbox_artefacts = True
    assert not bank.environment.checks_answers
    async with bank.connect() as client:
        boleto = await client.register(new_boleto(bank), wait=5)
    assert boleto.ref.bank_id == bank.books[0].bank_id


async def test_webhooks_are_read(bank: InterFakeBank) -> None:
    async with bank.connect() as client:
        boleto = await client.register(new_boleto(bank))
        bank.pay(boleto)
        issued, paid = bank.notifications
        (event,) = client.parse_webhook(paid.headers, paid.body)
    assert event.boleto is not None
    assert event.boleto.paid_amount == bank.books[0].paid_amount
    assert bankgateway.parse_webhook("inter", issued.headers, issued.body)


async def test_webhooks_arrive() -> None:
    bank = FakeBank("inter")
    context = bank.pki.server_context(client_ca=bank.webhook_pki.ca_pem)
    async with WebhookReceiver(context) as receiver, bank.serve() as served, served.connect() as client:
        await client.set_webhook(receiver.url)
        boleto = await client.register(new_boleto(bank))
        bank.pay(boleto)
        received = [await receiver.next() for _ in range(2)]
        events = [event for each in received for event in client.parse_webhook(each.headers, each.body)]
    assert [event.type for event in events] == ["registered", "paid"]


@pytest.mark.parametrize(
    ("fault", "tokens"),
    [(faults.ExpireTokens(), 2), (faults.RefuseConnection(), 1), (faults.RateLimit(0), 1)],
)
async def test_what_a_client_may_repeat(
    bank: InterFakeBank, clock: ManualClock, fault: faults.Fault, tokens: int
) -> None:
    async with bank.connect() as client:
        with pytest.raises(NotFound):
            await client.query(bankgateway.BoletoRef(bank_id="x"))
        bank.faults.add(fault)
        await client.register(new_boleto(bank))
    assert (bank.processed("register"), len(bank.books), bank.processed("token")) == (1, 1, tokens)
