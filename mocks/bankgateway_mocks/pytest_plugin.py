"""Fake banks as pytest fixtures. pytest loads this by itself; `-p no:bankgateway` keeps it out.

    @pytest.mark.bank_fault(faults.DropAfter(), operation="register")
    async def test_a_lost_answer_makes_one_boleto(fake_bank, bank_client):
        await bank_client.register(samples.new_boleto("inter"))
        assert len(fake_bank.books) == 1

Nothing of the SDK is imported before a test asks for a fixture. The fixtures are synchronous and need no
event loop, so they serve tests under anyio, under pytest-asyncio in either mode, and under neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import pytest

if TYPE_CHECKING:
    from bankgateway import BankClient
    from bankgateway_mocks.clock import ManualClock
    from bankgateway_mocks.fake import FakeBank
    from bankgateway_mocks.faults import Fault
    from bankgateway_mocks.replay import Replay

DEFAULT_BANK = "inter"

MARKERS = (
    "bank(slug): the bank that fake_bank and replay are of.",
    'bank_fault(fault, operation="register", times=1): what goes wrong at fake_bank, uppermost first.',
)

_BANK = pytest.StashKey["FakeBank"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of pytest's configuration file."""
    parser.addini(
        "bankgateway_bank", help="slug of the bank that fake_bank and replay are of", default=DEFAULT_BANK
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, for `--markers` and `--strict-markers`."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)


# A plain hook that runs last runs only when the test has passed: one that failed tells its own story.
@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a test whose faults never happened: it tested less than it says."""
    for order in _orders(item):
        bank = item.stash.get(_BANK, None)
        if bank is None:
            _fail(f"{order} never happened: the test has no fake bank")
        if bank.faults.pending.count((order.operation, order.fault)) >= order.times:
            asked = ", ".join(call.operation for call in bank.calls) or "nothing"
            _fail(f"{order} never happened: the bank was asked for {asked}")


@pytest.fixture
def bank_clock() -> ManualClock:
    """The time of `fake_bank` and of `bank_client`, in the tests that ask for it: noon of today in Brasília.

    It stands still until it is moved, or until the SDK waits on it, so retries and look-ups take no time.
    Noon, because banks refuse some things in the evening. Override it for another day.
    """
    from datetime import datetime, time

    from bankgateway import BRASILIA, Clock
    from bankgateway_mocks.clock import ManualClock

    return ManualClock(datetime.combine(Clock().today(), time(12), BRASILIA))


@pytest.fixture
def fake_bank(request: pytest.FixtureRequest) -> FakeBank:
    """A fake bank in memory, a new one for each test.

    Of the bank that the marker `bank` names, else the option `bankgateway_bank`. The faults of the markers
    `bank_fault` wait in it.
    """
    from bankgateway_mocks.fake import FakeBank
    from bankgateway_mocks.faults import Fault

    bank = FakeBank(_slug(request), clock=_clock(request))
    for order in _orders(request.node):
        if not isinstance(order.fault, Fault):
            _fail(f"@pytest.mark.bank_fault: {order.fault!r} is no fault, as faults.DropAfter() is")
        try:
            bank.faults.add(order.fault, operation=order.operation, times=order.times)
        except ValueError as error:
            _fail(f"@pytest.mark.bank_fault: {error}")
    request.node.stash[_BANK] = bank
    return bank


@pytest.fixture
def bank_client(request: pytest.FixtureRequest) -> BankClient:
    """A client of `fake_bank`; in a test that asks for `replay`, a client of the bank that is replayed.

    Ready for use, in any event loop. `async with` and `aclose` are allowed, and not needed.
    """
    # A client holds sockets and a TLS context only once it has made a transport of its own. These are given
    # one, so there is nothing to close, and no event loop has to be found to close it in.
    if "replay" in request.fixturenames:
        return _sandbox_client(_slug(request), _clock(request))
    fake: FakeBank = request.getfixturevalue("fake_bank")
    return fake.connect()


@pytest.fixture(name="replay")
def replay_bank(request: pytest.FixtureRequest) -> Iterator[Callable[..., Replay]]:
    """Have the bank's sandbox answer from recordings: `tape = replay("register", "query-paid")`.

    In force until the test ends, or until the next call. A request that no recording is for fails the test.
    """
    import respx

    from bankgateway.security.oauth import PROCESS_STORE
    from bankgateway_mocks.replay import replay

    slug = _slug(request)
    # All replays of a bank share its address, and with it the token that an earlier test was given.
    PROCESS_STORE.clear()
    # The router keeps requests from the network while there is no tape.
    with respx.MockRouter(assert_all_called=False), ExitStack() as tape:

        def start(*names: str) -> Replay:
            tape.close()
            return tape.enter_context(replay(slug, *names))

        yield start


class _Order(NamedTuple):
    """A marker `bank_fault`. Its fields are the marker's arguments."""

    fault: Fault
    operation: str = "register"
    times: int = 1

    def __str__(self) -> str:
        return f"bank_fault({self.fault!r}, operation={self.operation!r}, times={self.times})"


def _orders(item: pytest.Item) -> list[_Order]:
    marks = list(item.iter_markers("bank_fault"))
    try:
        return [_Order(*mark.args, **mark.kwargs) for mark in reversed(marks)]
    except TypeError:
        _fail("@pytest.mark.bank_fault takes a fault, operation= and times=")


def _slug(request: pytest.FixtureRequest) -> str:
    """The bank that a test is about."""
    from bankgateway import banks
    from bankgateway_mocks.fake import fake_class

    mark = request.node.get_closest_marker("bank")
    if mark is None:
        slug, where = request.config.getini("bankgateway_bank"), "the option bankgateway_bank"
    else:
        slug, where = ", ".join(map(str, mark.args)), "@pytest.mark.bank"
    try:
        fake_class(slug)
    except ValueError:
        known = ", ".join(info.slug for info in banks())
        _fail(f"{where}: there is no fake of the bank {slug!r}; there are: {known}")
    return str(slug)


def _clock(request: pytest.FixtureRequest) -> ManualClock | None:
    asked = "bank_clock" in request.fixturenames
    return request.getfixturevalue("bank_clock") if asked else None


def _sandbox_client(slug: str, clock: ManualClock | None) -> BankClient:
    import ssl
    from importlib import import_module

    import httpx

    from bankgateway import Settings, connect
    from bankgateway.connect import bank_class
    from bankgateway.models.clock import SYSTEM_CLOCK
    from bankgateway_mocks import samples

    # A context that trusts nobody, since nothing is sent: the usual one takes time to make.
    carrier = httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)
    sandbox = bank_class(slug).environments["sandbox"]
    origin = import_module(f"bankgateway_mocks.{slug}").SANDBOX
    return connect(
        samples.account(slug),
        samples.credentials(slug),
        # Without the bank's rate limits, which nobody counts here.
        environment=sandbox.at(origin, name=sandbox.name),
        settings=Settings(transport=carrier, clock=clock or SYSTEM_CLOCK),
    )


def _fail(message: str) -> NoReturn:
    raise pytest.fail.Exception(message, pytrace=False) from None
