"""Which calls are sent again, after which pause, and how often. No socket, and nobody sleeps."""

from __future__ import annotations

import itertools
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bankgateway.errors import BankGatewayError, BankUnavailable, NotSent, OutcomeUnknown
from bankgateway.transport import Answer, Repeat, RetryPolicy, Settings, Transport
from bankgateway_mocks.http import HttpResponse

pytestmark = pytest.mark.anyio

IDEMPOTENT, IF_NOT_PROCESSED, NEVER = Repeat.IDEMPOTENT, Repeat.IF_NOT_PROCESSED, Repeat.NEVER


def connect_failure() -> Exception:
    return httpx.ConnectError("All connection attempts failed")


def read_timeout() -> Exception:
    return httpx.ReadTimeout("")


@pytest.mark.parametrize(
    ("fault", "repeats"),
    [
        (connect_failure, {IDEMPOTENT, IF_NOT_PROCESSED}),
        # Not believed of a transport that is not ours: httpx-aiohttp raises it for any lost connection.
        (lambda: httpx.ConnectTimeout(""), {IDEMPOTENT}),
        (lambda: httpx.PoolTimeout(""), {IDEMPOTENT, IF_NOT_PROCESSED}),
        (lambda: 429, {IDEMPOTENT, IF_NOT_PROCESSED}),
        (read_timeout, {IDEMPOTENT}),
        (lambda: httpx.WriteError(""), {IDEMPOTENT}),
        (lambda: httpx.RemoteProtocolError("Server disconnected"), {IDEMPOTENT}),
        (lambda: 408, {IDEMPOTENT}),
        (lambda: 500, {IDEMPOTENT}),
        (lambda: 503, {IDEMPOTENT}),
        (lambda: 522, {IDEMPOTENT}),
        (lambda: 501, set()),
        (lambda: 400, set()),
        (lambda: 404, set()),
        (lambda: 409, set()),
        (lambda: 302, set()),
    ],
)
async def test_what_is_sent_again(
    desk: Any, desk_transport: Any, clock: Any, fault: Any, repeats: set[Repeat]
) -> None:
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    for make, repeat in itertools.product((desk.write, desk.call), Repeat):
        desk.answers = [fault(), fault()]
        desk.requests.clear()
        clock.sleeps.clear()
        again = repeat in repeats
        if isinstance(fault(), int):
            assert (await transport.send(make(repeat=repeat))).status == (200 if again else fault())
        elif again:
            assert (await transport.send(make(repeat=repeat))).status == 200
        else:
            with pytest.raises(BankGatewayError):
                await transport.send(make(repeat=repeat))
        assert len(desk.requests) == (3 if again else 1)
        assert len(clock.sleeps) == (2 if again else 0)


@pytest.mark.parametrize(
    ("fault", "writes", "error"),
    [
        (connect_failure, True, NotSent),
        (connect_failure, False, BankUnavailable),
        (read_timeout, True, OutcomeUnknown),
        (read_timeout, False, BankUnavailable),
    ],
)
async def test_what_remains_when_all_attempts_fail(
    desk: Any, desk_transport: Any, clock: Any, fault: Any, writes: bool, error: type[Exception]
) -> None:
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    desk.answers = [fault() for _ in range(9)]
    with pytest.raises(error) as caught:
        await transport.send(desk.call(writes=writes))
    assert type(caught.value) is error
    assert len(desk.requests) == 3


async def test_the_last_answer_is_returned(desk: Any, desk_transport: Any, clock: Any) -> None:
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    desk.answers = [503, 502, 500]
    assert (await transport.send(desk.call())).status == 500
    desk.answers = [429, 429, 429]
    assert (await transport.send(desk.write())).status == 429


async def test_the_number_of_attempts_is_a_setting(desk: Any, desk_transport: Any, clock: Any) -> None:
    for attempts in (1, 2, 5):
        settings = Settings(clock=clock, transport=desk_transport, retry=RetryPolicy(attempts=attempts))
        desk.answers = [503] * 9
        desk.requests.clear()
        await Transport("inter", settings).send(desk.call())
        assert len(desk.requests) == attempts


async def test_pauses_grow_with_full_jitter_to_a_maximum(
    desk: Any, desk_transport: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds: list[tuple[float, float]] = []

    def highest(low: float, high: float) -> float:
        bounds.append((low, high))
        return high

    monkeypatch.setattr("random.uniform", highest)
    retry = RetryPolicy(attempts=6, base=0.5, maximum=3.0)
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport, retry=retry))
    desk.answers = [503] * 9
    await transport.send(desk.call())
    assert bounds == [(0, 0.5), (0, 1.0), (0, 2.0), (0, 3.0), (0, 3.0)]
    assert clock.sleeps == [0.5, 1.0, 2.0, 3.0, 3.0]


async def test_a_pause_is_within_its_bounds(desk: Any, desk_transport: Any, clock: Any) -> None:
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    for _ in range(50):
        desk.answers = [503, 503]
        await transport.send(desk.call())
    first, second = clock.sleeps[::2], clock.sleeps[1::2]
    assert all(0 <= pause <= 0.5 for pause in first)
    assert all(0 <= pause <= 1.0 for pause in second)
    assert max(second) > 0.5 > min(first)
    assert len({*first, *second}) > 50


def told(clock: Any, header: str, seconds: int) -> dict[str, str]:
    match header:
        case "seconds":
            return {"Retry-After": f"{seconds}"}
        case "fraction":
            return {"retry-after": f"{seconds}.0"}
        case "date":
            return {"Retry-After": format_datetime(clock.now() + timedelta(seconds=seconds), usegmt=True)}
        case "date without zone":
            return {"Retry-After": f"{clock.now() + timedelta(seconds=seconds):%a, %d %b %Y %H:%M:%S} -0000"}
        case _:
            return {"X-Rate-Limit-Time": f"{int((clock.now().timestamp() + seconds) * 1000)}"}


HEADERS = ["seconds", "fraction", "date", "date without zone", "epoch"]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("writes", [True, False], ids=["write", "read"])
async def test_the_bank_says_when(
    desk: Any, desk_transport: Any, clock: Any, header: str, writes: bool
) -> None:
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    desk.answers = [HttpResponse(429, told(clock, header, 7))]
    assert (await transport.send(desk.write() if writes else desk.call())).ok
    assert clock.sleeps == [7.0]


@pytest.mark.parametrize("header", HEADERS)
async def test_a_longer_wait_than_the_ceiling_goes_to_the_caller(
    desk: Any, desk_transport: Any, clock: Any, header: str
) -> None:
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    desk.answers = [HttpResponse(429, told(clock, header, 21))]
    answer = await transport.send(desk.call())
    assert answer.status == 429
    assert transport.retry_after(answer) == 21
    assert clock.sleeps == []
    assert len(desk.requests) == 1


@pytest.mark.parametrize("header", HEADERS)
async def test_a_moment_that_has_passed_is_now(
    desk: Any, desk_transport: Any, clock: Any, header: str
) -> None:
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    headers = told(clock, header, 0)
    clock.advance(seconds=3)
    desk.answers = [HttpResponse(429, headers)]
    assert (await transport.send(desk.call())).ok
    assert clock.sleeps == [0.0]


async def test_a_bank_that_is_down_can_say_when_as_well(desk: Any, desk_transport: Any, clock: Any) -> None:
    transport = Transport("inter", Settings(clock=clock, transport=desk_transport))
    desk.answers = [HttpResponse(503, {"retry-after": "4"})]
    assert (await transport.send(desk.call())).ok
    assert clock.sleeps == [4.0]
    # Where the reset of the rate limit is told with every answer, it is no reason to wait.
    answer = Answer(503, told(clock, "epoch", 9), b"")
    assert transport.retry_after(answer) is None


def test_nonsense_in_retry_after_is_nothing(clock: Any) -> None:
    transport = Transport("inter", Settings(clock=clock))

    @given(st.text(), st.text(alphabet="0123456789²³٣", min_size=13, max_size=13))
    def check(after: str, reset: str) -> None:
        answer = Answer(429, {"retry-after": after, "x-rate-limit-time": reset}, b"")
        seconds = transport.retry_after(answer)
        assert seconds is None or seconds >= 0

    check()


@pytest.mark.parametrize(
    "after", ["soon", "-1", "1e9", "²", "Mon, 99 Foo 2026 00:00:00 GMT", "Tue, 22 Sep 99999 15:00:00 GMT"]
)
def test_known_nonsense_in_retry_after(clock: Any, after: str) -> None:
    answer = Answer(429, {"retry-after": after}, b"")
    assert Transport("inter", Settings(clock=clock)).retry_after(answer) is None
