"""Rate limits: never one call too many, in the order of arrival, and no place lost to a cancelled call."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import anyio
import pytest
import trio
import trio.testing
from hypothesis import example, given
from hypothesis import strategies as st

from bankgateway.errors import RateLimited
from bankgateway.models.clock import Clock
from bankgateway.transport import Limiter, RateLimit, RetryPolicy, Settings, Transport
from bankgateway.transport.limits import shared_limiter

WHO = {"bank": "inter", "operation": "query"}


class LoopClock(Clock):
    """The event loop's own time, which trio can hold."""

    def monotonic(self) -> float:
        return anyio.current_time()


def most_in_a_window(moments: list[float], seconds: float) -> int:
    """The most calls in any half-open span of that length, but for the rounding of floats."""
    return max(sum(start <= m < start + seconds - 1e-6 for m in moments) for start in moments)


ARRIVALS = st.lists(st.floats(min_value=0, max_value=200), min_size=1, max_size=40)


@given(ARRIVALS, st.integers(1, 5), st.sampled_from([1.0, 10.0, 60.0]))
@example([0.0] * 20, 5, 60.0)
def test_never_more_than_allowed_in_any_window(arrivals: list[float], calls: int, seconds: float) -> None:
    sent: list[tuple[float, int]] = []

    async def main() -> None:
        limiter = Limiter({"api": RateLimit(calls, seconds)}, LoopClock())

        async def one(number: int, at: float) -> None:
            await trio.sleep(at)
            await limiter.acquire("api", ceiling=1e9, **WHO)
            sent.append((trio.current_time(), number))

        async with trio.open_nursery() as nursery:
            for number, at in enumerate(sorted(arrivals)):
                nursery.start_soon(one, number, at)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    moments = [moment for moment, _ in sent]
    assert len(sent) == len(arrivals)
    assert most_in_a_window(moments, seconds) <= calls
    if len(set(arrivals)) == len(arrivals):
        by_arrival = [moment for _, moment in sorted((number, moment) for moment, number in sent)]
        assert all(later >= earlier - 1e-6 for earlier, later in pairwise(by_arrival))
    # And nobody waits without need: the last one is out as soon as the bank allows.
    assert max(moments) - min(moments) <= max(arrivals) + len(arrivals) / calls * seconds


@given(ARRIVALS, st.lists(st.floats(min_value=0, max_value=100), min_size=40, max_size=40), st.integers(1, 4))
def test_cancelled_calls_give_their_place_back(
    arrivals: list[float], patience: list[float], calls: int
) -> None:
    sent: list[float] = []
    limiter: Limiter
    clock = LoopClock()

    async def main() -> None:
        nonlocal limiter
        limiter = Limiter({"api": RateLimit(calls, 60)}, clock)

        async def one(at: float, patience: float) -> None:
            await trio.sleep(at)
            with trio.move_on_after(patience):
                await limiter.acquire("api", ceiling=1e9, **WHO)
                sent.append(trio.current_time())

        async with trio.open_nursery() as nursery:
            for at, patient in zip(arrivals, patience, strict=False):
                nursery.start_soon(one, at, patient)
        # Nobody is waiting any more: a new call waits for those that were sent and for nothing else.
        assert limiter.wait_for("api") <= 60 + 1e-6

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    assert not sent or most_in_a_window(sent, 60) <= calls


def test_a_crowd_that_is_cancelled_leaves_no_queue() -> None:
    async def main() -> None:
        limiter = Limiter({"api": RateLimit(1, 10)}, LoopClock())
        await limiter.acquire("api", ceiling=0, **WHO)
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(lambda: limiter.acquire("api", ceiling=100, **WHO))
            await trio.testing.wait_all_tasks_blocked()
            assert limiter.wait_for("api") == pytest.approx(60)
            nursery.cancel_scope.cancel()
        assert limiter.wait_for("api") == pytest.approx(10)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.mark.anyio
async def test_a_wait_beyond_the_ceiling(clock: Any) -> None:
    limiter = Limiter({"alter": RateLimit(2), "api": RateLimit(1)}, clock)
    for _ in range(2):
        await limiter.acquire("alter", ceiling=0, **WHO)
    clock.advance(seconds=20)
    with pytest.raises(RateLimited, match="2/min") as caught:
        await limiter.acquire("alter", ceiling=39.9, **WHO)
    assert caught.value.retry_after == pytest.approx(40)
    assert (caught.value.bank, caught.value.operation, caught.value.http_status) == ("inter", "query", None)
    # Other buckets have windows of their own, unknown ones none.
    await limiter.acquire("api", ceiling=0, **WHO)
    for _ in range(9):
        await limiter.acquire("whatever", ceiling=0, **WHO)
    assert clock.sleeps == []
    await limiter.acquire("alter", ceiling=40, **WHO)
    assert clock.sleeps == [pytest.approx(40)]


@pytest.mark.anyio
async def test_the_window_stays_when_nobody_holds_the_limiter(
    desk: Any, desk_transport: Any, clock: Any
) -> None:
    """A program may make a client for each call: the bank counts them together."""
    settings = Settings(clock=clock, transport=desk_transport)
    for _ in range(7):
        limits = {"api": RateLimit(3)}
        transport = Transport("inter", settings, limits=limits, limit_key="client-1")
        assert (await transport.send(desk.call())).ok
        await transport.aclose()
    assert clock.sleeps == [pytest.approx(60)] * 2
    other = Transport("inter", settings, limits={"api": RateLimit(3)}, limit_key="client-2")
    assert (await other.send(desk.call())).ok
    assert len(clock.sleeps) == 2


@pytest.mark.anyio
async def test_repetitions_count(desk: Any, desk_transport: Any, clock: Any) -> None:
    retry = RetryPolicy(attempts=4, base=0, throttle_ceiling=10)
    settings = Settings(clock=clock, transport=desk_transport, retry=retry)
    transport = Transport("inter", settings, limits={"api": RateLimit(2)})
    desk.answers = [503] * 9
    with pytest.raises(RateLimited) as caught:
        await transport.send(desk.call())
    assert caught.value.retry_after == pytest.approx(60)
    assert len(desk.requests) == 2


@pytest.mark.anyio
async def test_clients_that_disagree(clock: Any) -> None:
    first = shared_limiter("k", {"api": RateLimit(1)}, clock)
    await first.acquire("api", ceiling=0, **WHO)
    second = shared_limiter("k", {"api": RateLimit(2)}, clock)
    assert second is first
    await second.acquire("api", ceiling=0, **WHO)
    assert second.wait_for("api") == pytest.approx(60)
    assert shared_limiter("other", {}, clock) is not first


def test_a_limit_as_text_and_its_bounds() -> None:
    assert [str(RateLimit(5)), str(RateLimit(2, 1)), str(RateLimit(3, 0.5))] == [
        "5/min",
        "2/s",
        "3 per 0.5 s",
    ]
    for wrong in ((0, 60.0), (1, 0.0)):
        with pytest.raises(ValueError, match="at least one"):
            RateLimit(*wrong)
