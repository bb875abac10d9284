"""The life of a boleto, for every bank, in process and over mTLS, on asyncio and trio."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from bankgateway import (
    BoletoRef,
    BoletoStatus,
    Cancel,
    ChangeAmount,
    ChangeDueDate,
    CommandStatus,
    Conflict,
    EventType,
    NotFound,
    Operation,
    PaymentChannel,
    Search,
    Unsupported,
)
from bankgateway.codes import parse_boleto_code, parse_br_code
from bankgateway_mocks import samples

from .conftest import Opener, in_process

pytestmark = pytest.mark.anyio


async def test_register_and_query(slug: str, opened: Opener) -> None:
    async with opened(slug) as (fake, bank):
        due = bank.settings.clock.today() + timedelta(days=10)
        new = samples.new_boleto(slug, due_date=due)
        boleto = await bank.register(new, wait=30)
        assert boleto.status is BoletoStatus.REGISTERED
        assert boleto.seu_numero == new.seu_numero
        assert boleto.notices == ()
        code = parse_boleto_code(boleto.digitable_line or "", reference=bank.settings.clock.today())
        assert code.barcode == boleto.barcode
        assert (code.bank_code, code.amount, code.due_date) == (bank.compe, new.amount, new.due_date)
        again = await bank.query(boleto)
        assert (again.ref.nosso_numero, again.amount, again.due_date) == (
            boleto.ref.nosso_numero, new.amount, new.due_date,
        )  # fmt: skip
        assert [entry.seu_numero for entry in fake.books] == [new.seu_numero]


async def test_hybrid_brings_a_valid_pix_code(slug: str, opened: Opener) -> None:
    async with opened(slug) as (_, bank):
        if not bank.capabilities.hybrid:
            with pytest.raises(Unsupported):
                await bank.register(samples.new_boleto(slug, hybrid=True))
            return
        boleto = await bank.register(samples.new_boleto(slug, hybrid=True), wait=30)
        assert boleto.pix is not None
        assert parse_br_code(boleto.pix.emv or "").warnings == ()


async def test_pay_query_and_settle(slug: str, opened: Opener) -> None:
    async with opened(slug) as (fake, bank):
        clock = bank.settings.clock
        boleto = await bank.register(
            samples.new_boleto(slug, hybrid=bank.capabilities.hybrid or None), wait=30
        )
        other = await bank.register(samples.new_boleto(slug), wait=30)
        fake.pay(boleto.ref, by="PIX" if bank.capabilities.hybrid else "BOLETO")
        paid = await bank.query(boleto.ref)
        assert paid.status is BoletoStatus.PAID
        assert paid.paid_amount == boleto.amount
        assert paid.paid_on == clock.today()
        assert paid.payment_channel is (
            PaymentChannel.PIX if bank.capabilities.hybrid else PaymentChannel.BARCODE
        )
        assert (await bank.query(other.ref)).status is BoletoStatus.REGISTERED
        if bank.supports(Operation.SETTLEMENTS):
            today = clock.today()
            settled = [s async for s in bank.settlements(today, today)]
            assert [(s.ref.nosso_numero, s.paid_amount, s.paid_on) for s in settled] == [
                (boleto.ref.nosso_numero, boleto.amount, today)
            ]
            assert [s async for s in bank.settlements(today - timedelta(9), today - timedelta(5))] == []


async def test_cancel(slug: str, opened: Opener) -> None:
    async with opened(slug) as (fake, bank):
        boleto = await bank.register(samples.new_boleto(slug), wait=30)
        result = await bank.cancel(boleto, wait=60)
        assert result.status is CommandStatus.DONE
        assert (await bank.query(boleto)).status is BoletoStatus.CANCELLED
        with pytest.raises(Conflict) as caught:
            await bank.cancel(boleto)
        assert caught.value.http_status is not None
        assert [entry.status for entry in fake.books] == [BoletoStatus.CANCELLED]


async def test_commands(slug: str, opened: Opener) -> None:
    async with opened(slug) as (_, bank):
        boleto = await bank.register(samples.new_boleto(slug), wait=30)
        due = (boleto.due_date or bank.settings.clock.today()) + timedelta(days=5)
        for command, shown in (
            (ChangeDueDate(due), {"due_date": due}),
            (ChangeAmount(Decimal("200.10")), {"amount": Decimal("200.10")}),
        ):
            if not bank.supports(command):
                with pytest.raises(Unsupported) as refused:
                    await bank.execute(boleto, command)
                assert refused.value.field == command.kind
                continue
            result = await bank.execute(boleto, command, wait=600)
            assert result.status is CommandStatus.DONE
            after = await bank.query(boleto)
            assert {name: getattr(after, name) for name in shown} == shown
            code = parse_boleto_code(after.barcode or "", reference=bank.settings.clock.today())
            assert (code.amount, code.due_date) == (after.amount, after.due_date)


async def test_every_command_is_carried_out_or_unsupported_by_name(slug: str) -> None:
    from bankgateway.models.commands import COMMANDS

    async with in_process(slug) as (fake, bank):
        before = len(fake.calls)
        for kind, command in COMMANDS.items():
            assert bank.supports(command) == bank.supports(kind)
            if bank.supports(command) or kind == Cancel.kind:
                continue
            with pytest.raises(Unsupported) as refused:
                await bank.execute(BoletoRef(bank_id="x"), command.__new__(command))
            assert kind in str(refused.value)
        assert len(fake.calls) == before


async def test_unknown_boleto(slug: str, opened: Opener) -> None:
    async with opened(slug) as (_, bank):
        boleto = await bank.register(samples.new_boleto(slug), wait=30)
        missing = boleto.ref.model_copy(
            update={
                "bank_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12 if boleto.ref.bank_id else None,
                "nosso_numero": "99999999999",
            }
        )
        with pytest.raises(NotFound):
            await bank.query(missing)


async def test_search(slug: str, opened: Opener) -> None:
    async with opened(slug) as (_, bank):
        today = bank.settings.clock.today()
        criteria = Search(since=today, until=today + timedelta(days=60), page_size=2)
        if not bank.supports(Operation.SEARCH):
            with pytest.raises(Unsupported):
                bank.search(criteria)
            return
        made = [
            await bank.register(samples.new_boleto(slug, due_date=today + timedelta(days=9)), wait=30)
            for _ in range(5)
        ]
        found = [boleto async for boleto in bank.search(criteria)]
        assert sorted(b.ref.seu_numero or "" for b in found) == sorted(b.ref.seu_numero or "" for b in made)
        assert {b.amount for b in found} == {made[0].amount}


async def test_webhooks(slug: str) -> None:
    async with in_process(slug) as (fake, bank):
        if not bank.supports(Operation.PARSE_WEBHOOK):
            with pytest.raises(Unsupported):
                bank.parse_webhook({}, b"[]")
            return
        boleto = await bank.register(samples.new_boleto(slug), wait=30)
        fake.pay(boleto.ref)
        events = [e for n in fake.notifications for e in bank.parse_webhook(n.headers, n.body)]
        paid = [e for e in events if e.type is EventType.PAID]
        assert len(paid) == 1
        assert paid[0].boleto is not None
        assert paid[0].boleto.seu_numero == boleto.seu_numero
        assert paid[0].boleto.paid_amount == boleto.amount
        assert paid[0].occurred_at == bank.settings.clock.now()
        assert len({e.dedupe_key for e in events}) == len(events)
        again = [e for n in fake.notifications for e in bank.parse_webhook(n.headers, n.body)]
        assert [e.dedupe_key for e in again] == [e.dedupe_key for e in events]


async def test_webhook_administration(slug: str, opened: Opener) -> None:
    async with opened(slug) as (_, bank):
        if not bank.supports(Operation.SET_WEBHOOK):
            with pytest.raises(Unsupported):
                await bank.set_webhook("https://hooks.example.com/a")
            return
        assert await bank.get_webhook() is None
        await bank.set_webhook("https://hooks.example.com/a")
        registered = await bank.get_webhook()
        assert registered is not None
        assert registered.url == "https://hooks.example.com/a"
        if bank.supports(Operation.DELETE_WEBHOOK):
            await bank.delete_webhook()
            await bank.delete_webhook()
            assert await bank.get_webhook() is None


async def test_pdf(slug: str, opened: Opener) -> None:
    async with opened(slug) as (_, bank):
        boleto = await bank.register(samples.new_boleto(slug), wait=30)
        if not bank.supports(Operation.FETCH_PDF):
            with pytest.raises(Unsupported):
                await bank.fetch_pdf(boleto)
            return
        assert (await bank.fetch_pdf(boleto)).startswith(b"%PDF")
