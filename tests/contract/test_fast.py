"""The fast transport obeys the same rule about what was sent: nothing lost, nothing registered twice."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import anyio
import pytest

from bankgateway import ConfigurationError, NotSent, Settings, Trust, connect
from bankgateway.connect import bank_class
from bankgateway_mocks import FakeBank, Pki, samples
from bankgateway_mocks.faults import Fault

from .conftest import QUICK, ManualClock, over_tls
from .test_faults import FAULTS, check_registration

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_fault_at_registration(slug: str, fault: Fault) -> None:
    async with over_tls(slug, engine="aiohttp") as (fake, bank):
        await check_registration(fake, bank, fault)


async def test_many_at_once(slug: str) -> None:
    async with over_tls(slug, engine="aiohttp") as (fake, bank):
        results = [
            r async for r in bank.register_many((samples.new_boleto(slug) for _ in range(60)), concurrency=20)
        ]
        assert all(result.boleto for result in results)
        assert len(fake.books) == 60
        assert sum(call.operation == "token" for call in fake.calls) <= 1


async def test_a_foreign_certificate_and_an_untrusted_bank(slug: str) -> None:
    fake = FakeBank(slug, clock=ManualClock(datetime.now(UTC)))
    good = fake.credentials
    if not bank_class(slug).capabilities.certificate:
        return  # at this bank no certificate can be wrong
    stranger = good.model_copy(update={"certificate": Pki("another CA").client_certificate().certificate()})
    async with fake.serve() as served:
        trusting = Settings(engine="aiohttp", timeouts=QUICK, trust=Trust(ca_pem=served.ca_pem))
        async with served.connect(settings=trusting, credentials=stranger) as bank:
            with pytest.raises(NotSent) as caught:
                await bank.register(samples.new_boleto(slug))
            assert caught.value.reason == "certificate"
        untrusting = Settings(engine="aiohttp", timeouts=QUICK)
        async with connect(fake.account, good, environment=served.environment, settings=untrusting) as bank:
            with pytest.raises(NotSent) as caught:
                await bank.register(samples.new_boleto(slug))
            assert caught.value.reason == "tls"
    assert fake.books == []


async def test_cancelled_mid_flight(slug: str) -> None:
    from bankgateway_mocks.faults import Slow

    async with over_tls(slug, engine="aiohttp") as (fake, bank):
        await bank.register(samples.new_boleto(slug))
        fake.faults.add(Slow(5, after=True), operation="register")
        new = samples.new_boleto(slug)
        with anyio.move_on_after(0.2) as scope:
            await bank.register(new)
        assert scope.cancelled_caught
        assert (await bank.register(new)).seu_numero == new.seu_numero
        assert len(fake.books) == 2


def test_asyncio_only_and_the_extra_is_named(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def register() -> None:
        async with over_tls(slug, engine="aiohttp") as (_, bank):
            await bank.register(samples.new_boleto(slug))

    with pytest.raises(ConfigurationError, match="asyncio only"):
        anyio.run(register, backend="trio")
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(ConfigurationError, match=r"bankgateway\[fast\]"):
        anyio.run(register, backend="asyncio")
