"""The contract suite runs for every bank of the registry. A bank without fake or recordings fails collection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

import bankgateway
from bankgateway import BankClient, RetryPolicy, Settings, Timeouts
from bankgateway_mocks import FakeBank
from bankgateway_mocks.clock import ManualClock
from bankgateway_mocks.fake import fake_class
from bankgateway_mocks.replay import recordings

SLUGS = [info.slug for info in bankgateway.banks()]
NOON = datetime(2026, 9, 22, 15, 0, tzinfo=UTC)
QUICK = Timeouts(connect=2, read=0.6, write=2, pool=2, total=4)

for _slug in SLUGS:
    fake_class(_slug)
    assert recordings(_slug), f"{_slug} has no recordings"

Connected = tuple[FakeBank, BankClient]
Opener = Callable[..., AbstractAsyncContextManager[Connected]]


@pytest.fixture(params=SLUGS)
def slug(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def in_process(slug: str, **overrides: Any) -> AsyncIterator[Connected]:
    """A fake bank without sockets. Nothing is waited for: sleeping moves the clock that both share."""
    clock = ManualClock(NOON)
    fake = FakeBank(slug, clock=clock)
    settings = Settings(clock=clock, timeouts=QUICK, **overrides)
    async with fake.connect(settings=settings) as client:
        yield fake, client


@asynccontextmanager
async def over_tls(slug: str, **overrides: Any) -> AsyncIterator[Connected]:
    """The same fake behind real sockets that ask for a client certificate."""
    clock = ManualClock(NOON)
    fake = FakeBank(slug, clock=clock)
    settings = Settings(clock=clock, timeouts=QUICK, **overrides)
    async with fake.serve() as served, served.connect(settings=settings) as client:
        yield fake, client


@pytest.fixture(params=[in_process, over_tls], ids=["in-process", "mtls"])
def opened(request: pytest.FixtureRequest) -> Opener:
    """Opens a fake bank and a client of it, in both ways."""
    return request.param  # type: ignore[no-any-return]


NO_RETRY = RetryPolicy(attempts=1)
