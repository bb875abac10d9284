"""Whatever goes wrong, nothing is lost and nothing is registered twice.

After each fault the bank's own books are compared with what the client reported.
"""

from __future__ import annotations

import anyio
import pytest

from bankgateway import (
    BankClient,
    BankGatewayError,
    Boleto,
    BoletoStatus,
    CommandStatus,
    NewBoleto,
    NotFound,
    NotSent,
    Operation,
    OutcomeUnknown,
    Refused,
)
from bankgateway_mocks import FakeBank, samples
from bankgateway_mocks.faults import (
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

from .conftest import Opener, in_process

pytestmark = pytest.mark.anyio

FAULTS: list[Fault] = [
    RefuseConnection(),
    DropBefore(),
    DropAfter(),
    Slow(5, after=True),
    Slow(1.5, after=False),
    RateLimit(),
    RateLimit(retry_after=1),
    RateLimit(retry_after=3600),
    ServerError(500),
    ServerError(500, processed=True),
    ServerError(502, processed=True, html=True),
    ServerError(503),
    ServerError(504, processed=True),
    ExpireTokens(),
    MalformedJson(),
    TruncatedJson(),
    WrongContentType(),
    HugeBody(size=24 * 1024 * 1024),
    HugeBody(size=24 * 1024 * 1024, processed=False),
    NonUtf8(),
    DeepJson(),
    EmptyBody(),
]


async def attempt(bank: BankClient, new: NewBoleto) -> Boleto | BankGatewayError:
    try:
        return await bank.register(new, wait=5)
    except BankGatewayError as error:
        return error


def held(fake: FakeBank, new: NewBoleto) -> int:
    """How many boletos for `new` the bank really has."""
    return sum(entry.seu_numero == new.seu_numero for entry in fake.books)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_fault_at_registration(slug: str, opened: Opener, fault: Fault) -> None:
    async with opened(slug) as (fake, bank):
        await check_registration(fake, bank, fault)


async def check_registration(fake: FakeBank, bank: BankClient, fault: Fault) -> None:
    """Register once with the fault and compare what is told with the bank's books."""
    await bank.register(samples.new_boleto(fake.slug))  # a token and a connection are there
    new = samples.new_boleto(fake.slug)
    fake.faults.add(fault, operation="register")
    outcome = await attempt(bank, new)
    assert held(fake, new) <= 1
    match outcome:
        case Boleto():
            assert held(fake, new) == 1
            assert outcome.seu_numero == new.seu_numero
            assert outcome.amount == new.amount
        case NotSent() | Refused():
            assert held(fake, new) == 0
        case OutcomeUnknown():
            assert outcome.ref is not None
            await told_by_the_books(fake, bank, outcome, new)
        case _:
            pytest.fail(f"register ended as {outcome!r}, which tells nothing")
    assert fake.processed("register") <= 2


async def told_by_the_books(
    fake: FakeBank, bank: BankClient, unknown: OutcomeUnknown, new: NewBoleto
) -> None:
    """The keys of an unknown outcome find the boleto exactly when the bank has it."""
    await anyio.sleep(1.6)  # a slow bank may still process what was sent
    assert unknown.ref is not None
    if held(fake, new):
        assert (await bank.query(unknown.ref)).seu_numero == new.seu_numero
    else:
        with pytest.raises(NotFound):
            await bank.query(unknown.ref)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_processed_registration_is_found_and_not_sent_again(slug: str, fault: Fault) -> None:
    """Where the bank processed the request, the client ends with the boleto, by whatever way."""
    async with in_process(slug) as (fake, bank):
        new = samples.new_boleto(slug)
        fake.faults.add(fault, operation="register")
        outcome = await attempt(bank, new)
        if held(fake, new) and not isinstance(fault, Slow):
            assert isinstance(outcome, Boleto), outcome


async def test_an_answer_lost_and_look_ups_failing_stays_unknown(slug: str, opened: Opener) -> None:
    async with opened(slug) as (fake, bank):
        new = samples.new_boleto(slug)
        fake.faults.add(DropAfter(), operation="register")
        for operation in ("query", "search"):
            if operation in fake.operations:
                fake.faults.add(ServerError(503), operation=operation, times=50)
        outcome = await attempt(bank, new)
        assert isinstance(outcome, OutcomeUnknown)
        assert fake.processed("register") == 1
        fake.faults.clear()
        assert outcome.ref is not None
        assert (await bank.query(outcome.ref)).seu_numero == new.seu_numero


async def test_registering_again_after_an_unknown_outcome_gives_the_same_boleto(slug: str) -> None:
    async with in_process(slug) as (fake, bank):
        new = samples.new_boleto(slug)
        first = await bank.register(new, wait=30)
        second = await bank.register(new, wait=30)
        assert second.ref.bank_id == first.ref.bank_id
        assert [n.code for n in second.notices] == ["already_registered"]
        assert held(fake, new) == 1


@pytest.mark.parametrize(
    "fault", [DropAfter(), ServerError(504, processed=True), TruncatedJson(), EmptyBody()], ids=str
)
async def test_a_fault_at_cancellation(slug: str, opened: Opener, fault: Fault) -> None:
    async with opened(slug) as (fake, bank):
        boleto = await bank.register(samples.new_boleto(slug), wait=30)
        fake.faults.add(fault, operation="cancel")
        try:
            result = await bank.cancel(boleto)
        except OutcomeUnknown as error:
            assert error.ref is not None
            fake.settle_now()
            assert (await bank.query(error.ref)).status is BoletoStatus.CANCELLED
        else:
            assert result.status in (CommandStatus.DONE, CommandStatus.ACCEPTED)
        assert fake.processed("cancel") == 1


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_fault_at_a_query_is_overcome_or_told(slug: str, opened: Opener, fault: Fault) -> None:
    async with opened(slug) as (fake, bank):
        boleto = await bank.register(samples.new_boleto(slug), wait=30)
        fake.faults.add(fault, operation="query")
        try:
            again = await bank.query(boleto)
        except BankGatewayError as error:
            assert not isinstance(error, OutcomeUnknown)
        else:
            assert again.ref.bank_id == boleto.ref.bank_id
            assert again.amount == boleto.amount


async def test_one_token_however_many_tasks(slug: str, opened: Opener) -> None:
    async with opened(slug) as (fake, bank):
        async with anyio.create_task_group() as tasks:
            for _ in range(30):
                tasks.start_soon(bank.register, samples.new_boleto(slug))
        assert sum(call.operation == "token" for call in fake.calls) <= 1
        assert len(fake.books) == 30


async def test_bulk_reports_each_item_once(slug: str, opened: Opener) -> None:
    async with opened(slug) as (fake, bank):
        boletos = [samples.new_boleto(slug) for _ in range(40)]
        for fault in (DropAfter(), RateLimit(), ServerError(500), MalformedJson(), DropBefore()):
            fake.faults.add(fault, operation="register")
        results = [result async for result in bank.register_many(iter(boletos), concurrency=4)]
        assert [r.index for r in results] == list(range(40))
        assert [r.new for r in results] == boletos
        assert all((r.boleto is None) != (r.error is None) for r in results)
        for result in results:
            if result.boleto is not None:
                assert held(fake, result.new) == 1
            elif not isinstance(result.error, OutcomeUnknown):
                assert held(fake, result.new) == 0
        assert len({entry.seu_numero for entry in fake.books}) == len(fake.books)
        assert Operation.REGISTER in bank.capabilities.operations
