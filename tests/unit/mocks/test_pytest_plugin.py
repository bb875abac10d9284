"""The pytest plugin, in runs of pytest of its own, as in somebody else's repository."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

HEAD = """
from datetime import datetime

import anyio
import pytest

from bankgateway import BRASILIA, BankUnavailable, BoletoRef, NotSent, OutcomeUnknown
from bankgateway_mocks import ManualClock, faults, samples

ID = "5c0e7a41-9b1d-4f62-8d3a-2e7f90b1c6d4"
"""

SUITE = """
@pytest.mark.bank_fault(faults.DropAfter(), operation="register")
async def test_a_lost_answer_makes_one_boleto(fake_bank, bank_client):
    await bank_client.register(samples.new_boleto("inter"))
    assert len(fake_bank.books) == 1

@pytest.mark.bank_fault(faults.DropBefore())
async def test_nothing_waits(fake_bank, bank_client, bank_clock):
    started = bank_clock.now()
    with pytest.raises(OutcomeUnknown):
        await bank_client.register(samples.new_boleto("inter"))
    assert (bank_clock.now() - started).total_seconds() == 4
    assert fake_bank.books == []

@pytest.mark.parametrize("turn", [1, 2])
async def test_tokens_do_not_leak(turn, fake_bank, bank_client):
    async with bank_client as bank:
        await bank.register(samples.new_boleto("inter"), wait=5)
    assert fake_bank.calls[0].operation == "token"

async def test_replay(replay, bank_client):
    tape = replay("query-paid")
    assert (await bank_client.query(BoletoRef(bank_id=ID))).status == "paid"
    assert tape.used == ["token", "query-paid"]
"""

ANYIO = ["-p", "no:asyncio"]
ASYNCIO = ["-p", "no:anyio", "-o", "asyncio_default_fixture_loop_scope=function"]
AUTO = ["-o", "asyncio_mode=auto", "-o", "asyncio_default_test_loop_scope=session"]
NEITHER = ["-p", "no:asyncio", "-p", "no:anyio"]


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(
        "-W", "error", "--strict-markers", "-p", "no:cacheprovider", *options
    )


@pytest.mark.parametrize(
    ("mark", "options", "passed"),
    [
        pytest.param("pytestmark = pytest.mark.anyio", ANYIO, 10, id="anyio, on asyncio and trio"),
        pytest.param("pytestmark = pytest.mark.anyio", [*ANYIO, "-n", "2"], 10, id="xdist"),
        pytest.param("pytestmark = pytest.mark.asyncio", ASYNCIO, 5, id="asyncio, strict"),
        pytest.param("", [*ASYNCIO, *AUTO], 5, id="asyncio, auto, one loop for all"),
    ],
)
def test_with_each_async_plugin(
    pytester: pytest.Pytester, mark: str, options: list[str], passed: int
) -> None:
    pytester.makepyfile(HEAD + mark + SUITE)
    run(pytester, *options).assert_outcomes(passed=passed)


def test_without_an_async_plugin(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
def test_one_client_in_two_loops(fake_bank, bank_client):
    for _ in range(2):
        anyio.run(bank_client.register, samples.new_boleto("inter"))
    assert len(fake_bank.books) == 2

def test_noon(fake_bank, bank_clock):
    assert fake_bank.clock is bank_clock
    assert bank_clock.now().isoformat()[10:] == "T12:00:00-03:00"

def test_the_clock_of_the_system_when_none_is_asked_for(fake_bank, bank_client):
    assert type(fake_bank.clock).__name__ == "Clock"
    assert bank_client.settings.clock is fake_bank.clock

class TestAnotherDay:
    @pytest.fixture
    def bank_clock(self):
        return ManualClock(datetime(2027, 2, 9, 12, tzinfo=BRASILIA))

    @pytest.fixture
    def wanted_by_a_fixture(self, bank_clock):
        pass

    @pytest.mark.usefixtures("wanted_by_a_fixture")
    def test_carnival(self, fake_bank, bank_client):
        assert fake_bank.clock.today().isoformat() == "2027-02-09"
        assert bank_client.settings.clock is fake_bank.clock
"""
    )
    run(pytester, *NEITHER).assert_outcomes(passed=4)


def test_what_is_wrong_with_a_marker_is_said(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
fault = pytest.mark.bank_fault

@pytest.mark.bank("itua")
def test_unknown_bank(fake_bank): ...

@pytest.mark.bank("inter", "inter")
def test_two_banks(fake_bank): ...

@pytest.mark.bank("inter")
def test_the_marker_goes_before_the_option(fake_bank): ...

def test_unknown_bank_in_the_option(replay): ...

@fault(faults.DropAfter(), operation="pix")
@pytest.mark.bank("inter")
def test_unknown_operation(fake_bank): ...

@fault(faults.DropAfter, operation="register")
@pytest.mark.bank("inter")
def test_a_class_for_a_fault(fake_bank): ...

@fault(operation="register")
@pytest.mark.bank("inter")
def test_no_fault(fake_bank): ...
"""
    )
    result = run(pytester, *NEITHER, "-o", "bankgateway_bank=acme")
    result.assert_outcomes(passed=1, errors=6)
    result.stdout.fnmatch_lines(
        [
            "@pytest.mark.bank: there is no fake of the bank 'itua'; there are: *inter*",
            "@pytest.mark.bank: there is no fake of the bank 'inter, inter'; *",
            "the option bankgateway_bank: there is no fake of the bank 'acme'; *",
            "@pytest.mark.bank_fault: no operation 'pix'; there are: *register*",
            "@pytest.mark.bank_fault: <class 'bankgateway_mocks.faults.DropAfter'> is no fault, *",
            "@pytest.mark.bank_fault takes a fault, operation= and times=",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*During handling*")


def test_faults_happen_in_order_and_must_happen(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
@pytest.fixture
def register(bank_client, bank_clock):
    return lambda: anyio.run(bank_client.register, samples.new_boleto("inter"))

@pytest.mark.bank_fault(faults.ServerError(503), operation="query")
class TestOrder:
    @pytest.mark.bank_fault(faults.RateLimit(retry_after=2))
    @pytest.mark.bank_fault(faults.RefuseConnection(), times=2)
    def test_from_the_top_down(self, fake_bank, register):
        waiting = [(operation, type(fault).__name__) for operation, fault in fake_bank.faults.pending]
        assert waiting == [
            ("query", "ServerError"), ("register", "RateLimit"),
            ("register", "RefuseConnection"), ("register", "RefuseConnection"),
        ]
        fake_bank.faults.take("query")
        with pytest.raises(NotSent):
            register()

@pytest.mark.bank_fault(faults.RefuseConnection(), times=9)
def test_once_is_enough(register):
    with pytest.raises(NotSent):
        register()

@pytest.mark.bank_fault(faults.DropAfter(), operation="query")
def test_never(register):
    register()

@pytest.mark.bank_fault(faults.DropAfter())
def test_without_a_fake_bank(): ...

@pytest.mark.bank_fault(faults.DropAfter())
def test_its_own_failure_comes_first(fake_bank):
    assert False, "of its own"

@pytest.mark.bank_fault(faults.DropAfter())
def test_skipped(fake_bank):
    pytest.skip()
"""
    )
    result = run(pytester, *NEITHER, "--tb=short")
    result.assert_outcomes(passed=2, failed=3, skipped=1)
    order = "bank_fault(DropAfter(), operation='%s', times=1) never happened: %s"
    result.stdout.fnmatch_lines(
        [
            order % ("query", "the bank was asked for token, register"),
            order % ("register", "the test has no fake bank"),
            "E   AssertionError: of its own",
        ]
    )


def test_replay(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
@pytest.fixture
def query(bank_client, bank_clock):
    return lambda: anyio.run(bank_client.query, BoletoRef(bank_id=ID))

@pytest.mark.parametrize("turn", [1, 2])
def test_no_token_of_another_test(turn, replay, query):
    tape = replay("query-paid")
    query()
    assert tape.used == ["token", "query-paid"]

def test_another_tape(replay, query):
    replay("query-registered")
    assert query().status == "registered"
    tape = replay("query-cancelled", "query-paid")
    assert [query().status, query().status] == ["cancelled", "paid"]
    assert tape.used == ["query-cancelled", "query-paid"]

def test_no_tape_and_no_network(replay, query):
    with pytest.raises(BankUnavailable, match="AllMocked"):
        query()

def test_a_fake_bank_besides(replay, fake_bank, query):
    replay("query-paid")
    query()
    assert fake_bank.calls == ()

def test_no_recording(replay, bank_client, bank_clock):
    replay("query-paid")
    with pytest.raises(BankUnavailable):
        anyio.run(bank_client.query, BoletoRef(bank_id="another"))

def test_no_such_recording(replay):
    replay("query-payed")
"""
    )
    result = run(pytester, *NEITHER)
    result.assert_outcomes(passed=6, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*UnmatchedRequest: no recording for GET *", "*ValueError: no recording query-payed; there are: *"]
    )


def test_it_costs_nothing_when_unused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_of_the_sdk_was_imported(request):
            assert request.config.pluginmanager.has_plugin("bankgateway")
            heavy = {"bankgateway", "cryptography", "httpx", "pydantic", "respx"}
            assert heavy.isdisjoint(sys.modules)

        def test_used(fake_bank):
            assert fake_bank.books == []
        """
    )
    # The plugins of respx and of anyio import what is theirs.
    alone = ["-p", "no:respx", *NEITHER]
    run(pytester, *alone).assert_outcomes(passed=2)
    result = run(pytester, *alone, "-p", "no:bankgateway")
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(["*fixture 'fake_bank' not found"])


def test_the_fixture_names_the_missing_extra(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys\n\nsys.modules['respx'] = None\n")
    pytester.makepyfile("def test_other(): ...\n\n\ndef test_used(fake_bank): ...\n")
    result = run(pytester, "-p", "no:respx", *NEITHER)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*needs the package 'respx'*pip install 'bankgateway?mocks?'*"])


def test_the_markers_are_listed(pytestconfig: pytest.Config) -> None:
    listed = [line.partition("(")[0] for line in pytestconfig.getini("markers")]
    assert {"bank", "bank_fault"} <= set(listed)
