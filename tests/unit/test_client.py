"""The policies that all banks share, seen through Banco Inter and its fake."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import anyio
import pytest

import bankgateway
from bankgateway import (
    Boleto,
    BoletoStatus,
    Cancel,
    CertificateError,
    CertificateExpired,
    CertificateExpiringWarning,
    CertificateNotYetValid,
    ChangeAmount,
    ChangeDueDate,
    CommandStatus,
    Conflict,
    ExpiryNotice,
    NewBoleto,
    NotSent,
    OutcomeUnknown,
    Settings,
    Timeouts,
)
from bankgateway.banks import inter
from bankgateway_mocks import FakeBank, Pki, samples
from bankgateway_mocks.clock import ManualClock
from bankgateway_mocks.faults import DropAfter, RateLimit, ServerError, Slow, TruncatedJson

NOON = datetime(2026, 9, 22, 15, 0, tzinfo=UTC)


@pytest.fixture
def fake() -> Any:
    return FakeBank("inter", clock=ManualClock(NOON))


def credentials(certificate: bankgateway.ClientCertificate) -> inter.Credentials:
    good = samples.credentials("inter")
    assert isinstance(good, inter.Credentials)
    return good.model_copy(update={"certificate": certificate})


class TestCertificates:
    """Promise 2: certificates are checked when the client is made."""

    @pytest.mark.parametrize(
        ("material", "error", "word"),
        [
            ("expired", CertificateExpired, "integration"),
            ("not_yet_valid", CertificateNotYetValid, "valid"),
            ("server_only", CertificateError, "client"),
            ("ca_as_client", CertificateError, "CA"),
            ("weak_key", CertificateError, "2048"),
        ],
    )
    def test_an_unusable_certificate_never_makes_a_client(
        self, material: str, error: type[CertificateError], word: str
    ) -> None:
        certificate = getattr(Pki(), material)().certificate()
        with pytest.raises(error, match=word) as caught:
            bankgateway.connect(inter.Account(), credentials(certificate), environment="sandbox")
        assert not isinstance(caught.value, bankgateway.BankGatewayError)

    def test_less_than_30_days_warns_logs_and_calls_back_once(self, caplog: pytest.LogCaptureFixture) -> None:
        certificate = Pki().expiring(20).certificate()
        told: list[ExpiryNotice] = []
        settings = Settings(on_certificate_expiring=told.append)

        def make() -> None:
            bankgateway.connect(
                inter.Account(), credentials(certificate), environment="sandbox", settings=settings
            )

        with pytest.warns(CertificateExpiringWarning, match="20 days"):
            make()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            make()
        assert len(told) == 1
        assert told[0].days_left in (19, 20)
        assert "Internet Banking" in told[0].renewal_hint
        assert sum(record.name == "bankgateway.certificate" for record in caplog.records) == 1

    @pytest.mark.anyio
    async def test_a_certificate_that_dies_while_the_client_lives(self) -> None:
        clock = ManualClock(NOON)
        fake = FakeBank("inter", clock=clock)
        material = Pki().client_certificate(
            not_before=NOON - timedelta(days=300), not_after=NOON + timedelta(days=40)
        )
        async with fake.connect(credentials=credentials(material.certificate())) as bank:
            await bank.register(samples.new_boleto("inter"))
            clock.advance(days=41)
            with pytest.raises(CertificateExpired):
                await bank.register(samples.new_boleto("inter", due_date=clock.today() + timedelta(days=5)))
            assert len(fake.books) == 1


@pytest.mark.anyio
class TestLife:
    async def test_close_is_idempotent_and_later_calls_are_not_sent(self, fake: Any) -> None:
        bank = fake.connect()
        async with bank:
            await bank.register(samples.new_boleto("inter"))
        await bank.aclose()
        with pytest.raises(NotSent) as caught:
            await bank.register(samples.new_boleto("inter"))
        assert caught.value.reason == "closed"
        assert len(fake.books) == 1

    async def test_a_forgotten_client_warns(self, fake: Any) -> None:
        async with fake.serve() as served:
            bank = served.connect()
            await bank.register(samples.new_boleto("inter"))
            assert bank._transport.holds_connections
            with pytest.warns(ResourceWarning, match="was not closed"):
                bank.__del__()
            await bank.aclose()
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                bank.__del__()
        gc.collect()

    async def test_no_io_before_the_first_call(self, fake: Any) -> None:
        async with fake.serve() as served, served.connect() as bank:
            assert not bank._transport.holds_connections
            assert fake.calls == ()

    async def test_cancellation_mid_flight_raises_no_false_success(self, fake: Any) -> None:
        async with fake.serve() as served, served.connect() as bank:
            await bank.register(samples.new_boleto("inter"))
            new = samples.new_boleto("inter")
            fake.faults.add(Slow(5, after=True), operation="register")
            finished = False
            with anyio.move_on_after(0.3) as scope:
                await bank.register(new)
                finished = True
            assert scope.cancelled_caught
            assert not finished
            again = await bank.register(new, wait=5)
            assert again.seu_numero == new.seu_numero
            assert len(fake.books) == 2


@pytest.mark.anyio
class TestUnknown:
    async def test_found_means_done(self, fake: Any, caplog: pytest.LogCaptureFixture) -> None:
        async with fake.connect() as bank:
            fake.faults.add(DropAfter(), operation="register")
            boleto = await bank.register(samples.new_boleto("inter"), wait=60)
            assert boleto.status is BoletoStatus.REGISTERED
            assert [n.code for n in boleto.notices] == ["recovered"]
            assert fake.processed("register") == 1
        assert any("outcome unknown" in record.getMessage() for record in caplog.records)

    async def test_a_look_up_that_meets_a_certificate_alert_means_not_sent(
        self, fake: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with fake.connect() as bank:

            async def refused(self: Any, new: NewBoleto) -> list[Boleto]:
                raise NotSent("refused", reason="certificate")

            monkeypatch.setattr(inter.Client, "_find_equal", refused)
            fake.faults.add(ServerError(503), operation="register")
            with pytest.raises(NotSent):
                await bank.register(samples.new_boleto("inter"))

    async def test_the_keys_of_an_unknown_outcome(self, fake: Any) -> None:
        async with fake.connect() as bank:
            new = samples.new_boleto("inter")
            fake.faults.add(ServerError(500), operation="register")
            with pytest.raises(OutcomeUnknown) as caught:
                await bank.register(new)
            error = caught.value
            assert error.ref is not None
            assert (error.ref.seu_numero, error.ref.payer_tax_id, error.ref.issue_date) == (
                new.seu_numero, new.payer.tax_id, bank.settings.clock.today(),
            )  # fmt: skip
            assert error.http_status == 500
            assert error.__cause__ is None
            assert fake.clock.monotonic() == sum(bank.recovery_pauses)

    async def test_several_equal_boletos_are_told(self, fake: Any) -> None:
        async with fake.connect() as bank:
            new = samples.new_boleto("inter")
            await bank.register(new, wait=60)
            fake.clock.advance(minutes=31)  # the bank's own check for duplicates ends after 30
            await bank.register(new, wait=60)
            fake.clock.advance(minutes=31)
            fake.faults.add(DropAfter(), operation="register")
            third = await bank.register(new, wait=60)
            assert {n.code for n in third.notices} == {"several_matches", "recovered"}

    async def test_a_duplicate_that_cannot_be_found_stays_a_conflict(self, fake: Any) -> None:
        async with fake.connect() as bank:
            new = samples.new_boleto("inter")
            await bank.register(new)
            fake.faults.add(ServerError(503), operation="search", times=9)
            with pytest.raises(Conflict) as caught:
                await bank.register(new)
            assert caught.value.duplicate

    @pytest.mark.parametrize("command", [ChangeAmount(Decimal("250.00")), Cancel()], ids=lambda c: c.kind)
    async def test_a_command_whose_answer_was_lost(self, fake: Any, command: Any) -> None:
        operation = "cancel" if isinstance(command, Cancel) else "execute"
        if operation not in fake.operations:
            operation = next(
                name for name in fake.operations if "alter" in name or "change" in name or "execute" in name
            )
        async with fake.connect() as bank:
            boleto = await bank.register(samples.new_boleto("inter"), wait=60)
            fake.faults.add(DropAfter(), operation=operation)
            with pytest.raises(OutcomeUnknown) as caught:
                await bank.execute(boleto, command)
            assert caught.value.ref == boleto.ref
            assert fake.processed(operation) == 1
            fake.settle_now()
            fake.faults.add(TruncatedJson(), operation=operation)
            if not isinstance(command, Cancel):
                result = await bank.execute(boleto, command)
                assert result.status is CommandStatus.DONE
                assert [n.code for n in result.notices] == ["recovered"]

    async def test_a_rate_limit_is_waited_for_up_to_the_ceiling(self, fake: Any) -> None:
        async with fake.connect() as bank:
            await bank.register(samples.new_boleto("inter"))
            fake.faults.add(RateLimit(retry_after=7), operation="register")
            await bank.register(samples.new_boleto("inter"))
            assert fake.clock.monotonic() == 7
            fake.faults.add(RateLimit(retry_after=600), operation="register")
            with pytest.raises(bankgateway.RateLimited) as caught:
                await bank.register(samples.new_boleto("inter"))
            assert caught.value.retry_after == 600
            assert len(fake.books) == 2


@pytest.mark.anyio
class TestBulk:
    async def test_a_generator_is_read_piece_by_piece(self, fake: Any) -> None:
        taken = 0

        def endless() -> Iterator[NewBoleto]:
            nonlocal taken
            while True:
                taken += 1
                yield samples.new_boleto("inter")

        async with fake.connect() as bank:
            async with aclosing(bank.register_many(endless(), concurrency=2)) as results:
                read = 0
                async for result in results:
                    assert result.index == read
                    read += 1
                    if read == 20:
                        break
            assert taken <= 20 + 8
            assert len(fake.books) <= 24

    async def test_what_was_registered_but_not_read_is_logged(
        self, fake: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING)
        boletos = [samples.new_boleto("inter") for _ in range(4)]
        async with fake.connect() as bank:
            async with aclosing(bank.register_many(boletos, concurrency=1)) as results:
                async for _ in results:
                    break
        unread = [r.getMessage() for r in caplog.records if "not read" in r.getMessage()]
        assert len(unread) == 3
        assert all(any(b.seu_numero in line for line in unread) for b in boletos[1:])

    async def test_an_asynchronous_input_and_failures_of_every_kind(self, fake: Any) -> None:
        async def source() -> AsyncIterator[Any]:
            yield samples.new_boleto("inter")
            yield samples.new_boleto("inter", amount=Decimal("1.00"))
            yield samples.new_boleto("inter", rebate=Decimal("1.00"))
            yield "not a boleto"
            yield samples.new_boleto("inter")

        async with fake.connect() as bank:
            results = [r async for r in bank.register_many(source(), concurrency=3)]
        assert [type(r.error).__name__ if r.error else "ok" for r in results] == [
            "ok", "InvalidRequest", "Unsupported", "AttributeError", "ok",
        ]  # fmt: skip
        assert len(fake.books) == 2

    async def test_concurrency_is_bounded(self, fake: Any) -> None:
        async with fake.connect() as bank:
            with pytest.raises(ValueError, match="concurrency"):
                bank.register_many([], concurrency=0)
            assert [r async for r in bank.register_many([])] == []


@pytest.mark.anyio
async def test_a_call_can_have_its_own_time_outs(fake: Any) -> None:
    settings = Settings(
        timeouts=Timeouts(read=0.2), clock=fake.clock, retry=bankgateway.RetryPolicy(attempts=1)
    )
    async with fake.serve() as served, served.connect(settings=settings) as bank:
        boleto = await bank.register(samples.new_boleto("inter"), wait=60)
        fake.faults.add(Slow(0.6, after=True), operation="query")
        with pytest.raises(bankgateway.BankUnavailable):
            await bank.query(boleto)
        fake.faults.add(Slow(0.6, after=True), operation="query")
        with bank.timeouts(read=3):
            assert (await bank.query(boleto)).amount == boleto.amount


@pytest.mark.anyio
async def test_commands_are_checked_before_any_io(fake: Any) -> None:
    async with fake.connect() as bank:
        with pytest.raises(bankgateway.InvalidRequest):
            await bank.execute(
                bankgateway.BoletoRef(bank_id="x"), ChangeDueDate(NOON.date() - timedelta(days=1))
            )
        with pytest.raises(ValueError, match="until"):
            bank.settlements(NOON.date(), NOON.date() - timedelta(days=1))
        assert fake.calls == ()
