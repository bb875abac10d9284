"""Tokens on the way: renewal on 401, sharing, the endpoint's failures, the bank's limit of token calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from bankgateway.errors import (
    BankUnavailable,
    CertificateExpired,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Unauthorized,
    UnexpectedResponse,
)
from bankgateway.security.oauth import ClientCredentials
from bankgateway.transport import RateLimit, Repeat, Settings, Transport
from bankgateway_mocks.http import HttpResponse, json_response
from bankgateway_mocks.pki import Pki

pytestmark = pytest.mark.anyio

Make = Callable[..., Transport]


@pytest.fixture
def make(desk: Any, desk_transport: Any, clock: Any) -> Make:
    def transport(*, certificate: Any = None, limits: Any = None, **fields: Any) -> Transport:
        source = {"url": f"{desk.url}/token", "client_id": "loja", "client_secret": "segredo", **fields}
        return Transport(
            "inter",
            Settings(clock=clock, transport=desk_transport),
            tokens=ClientCredentials(**source),
            certificate=certificate,
            limits=limits,
        )

    return transport


def bearers(desk: Any) -> list[str]:
    return [request.headers["authorization"] for request in desk.requests]


@pytest.mark.parametrize("writes", [True, False], ids=["write", "read"])
async def test_401_renews_the_token_once(desk: Any, make: Make, writes: bool) -> None:
    transport = make()
    call = desk.write() if writes else desk.call()
    desk.answers = [401]
    assert (await transport.send(call)).ok
    assert bearers(desk) == ["Bearer token-1", "Bearer token-2"]
    assert (await transport.send(call)).ok
    assert bearers(desk)[2:] == ["Bearer token-2"]
    assert len(desk.token_requests) == 2


async def test_a_second_401_is_returned(desk: Any, make: Make, clock: Any) -> None:
    transport = make()
    desk.answers = [401, 401]
    assert (await transport.send(desk.write())).status == 401
    assert len(desk.requests) == 2
    assert clock.sleeps == []


async def test_a_401_that_no_token_helps_does_not_burn_tokens(desk: Any, make: Make, clock: Any) -> None:
    """A missing scope gets 401 whatever the token; token calls are few a minute and other calls need them."""
    transport = make()
    desk.answers = [401] * 99
    for _ in range(5):
        assert (await transport.send(desk.write())).status == 401
    assert len(desk.token_requests) == 2
    assert len(desk.requests) == 6
    clock.advance(seconds=10)
    assert (await transport.send(desk.write())).status == 401
    assert len(desk.token_requests) == 3


async def test_never_means_never(desk: Any, make: Make) -> None:
    transport = make()
    desk.answers = [401]
    assert (await transport.send(desk.write(repeat=Repeat.NEVER))).status == 401
    assert (await transport.send(desk.write(repeat=Repeat.NEVER))).ok
    assert bearers(desk) == ["Bearer token-1", "Bearer token-2"]


async def test_a_newer_token_is_not_dropped(desk: Any, make: Make) -> None:
    """Two clients hold the same token when it is voided: the second to notice uses the first one's new one."""
    first, second = make(), make()
    for transport in (first, second):
        assert (await transport.send(desk.call())).ok
    for transport in (first, second):
        desk.answers = [401]
        assert (await transport.send(desk.call())).ok
    assert len(desk.token_requests) == 2
    assert bearers(desk) == [f"Bearer token-{n}" for n in (1, 1, 1, 2, 1, 2)]


async def test_many_tasks_whose_token_is_voided(desk: Any, make: Make) -> None:
    transport = make()
    assert (await transport.send(desk.call())).ok
    valid = {"token-2"}

    async def handle(request: Any) -> HttpResponse:
        await anyio.lowlevel.checkpoint()
        return HttpResponse(200 if request.headers["authorization"].split()[1] in valid else 401)

    token = desk.handle
    desk.handle = lambda request: token(request) if request.path == "/token" else handle(request)
    statuses: list[int] = []

    async def one() -> None:
        statuses.append((await transport.send(desk.write())).status)

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(one)
    assert statuses == [200] * 50
    assert len(desk.token_requests) == 2


async def test_without_tokens_a_401_is_an_answer(desk: Any, desk_transport: Any, make: Make) -> None:
    desk.answers = [401, 401]
    assert (await Transport("x", Settings(transport=desk_transport)).send(desk.call())).status == 401
    assert (await make().send(desk.call(authorized=False))).status == 401
    assert desk.token_requests == []
    assert all("authorization" not in request.headers for request in desk.requests)


@pytest.mark.parametrize(
    ("other", "requests"),
    [
        ({}, 1),
        ({"client_secret": "errado"}, 2),
        ({"client_id": "outra"}, 2),
        ({"scopes": ("a",)}, 2),
        ({"fingerprint": "ab12"}, 2),
        ({"url": "https://sandbox.invalid/token"}, 2),
        ({"headers": {"x-api-key": "k"}}, 2),
    ],
    ids=str,
)
async def test_who_shares_a_token(desk: Any, make: Make, other: dict[str, Any], requests: int) -> None:
    await make().send(desk.call())
    await make(**other).send(desk.call())
    assert len(desk.token_requests) == requests


@pytest.mark.parametrize(
    ("answers", "for_a_read", "for_a_write"),
    [
        ([503, 503, 503], BankUnavailable, NotSent),
        ([522, 522, 522], BankUnavailable, NotSent),
        ([501], BankUnavailable, NotSent),
        ([429, 429, 429], RateLimited, RateLimited),
        ([200], UnexpectedResponse, NotSent),
        ([302], UnexpectedResponse, NotSent),
        ([httpx.ReadTimeout("")] * 3, BankUnavailable, NotSent),
        ([httpx.ConnectError("")] * 3, BankUnavailable, NotSent),
        ([401], Unauthorized, Unauthorized),
        ([400], Unauthorized, Unauthorized),
    ],
)
async def test_no_token(desk: Any, make: Make, answers: Any, for_a_read: Any, for_a_write: Any) -> None:
    desk.token_answers = list(answers)
    with pytest.raises(for_a_read) as caught:
        await make().send(desk.call())
    assert type(caught.value) is for_a_read
    assert len(desk.token_requests) == len(answers)
    desk.token_answers = list(answers)
    with pytest.raises(for_a_write) as caught:
        await make(client_secret="outro").send(desk.write())
    assert type(caught.value) is for_a_write
    if for_a_write is NotSent:
        assert caught.value.reason == "token"
        assert caught.value.operation == "register"
    assert desk.requests == []


async def test_the_token_endpoint_says_when(desk: Any, make: Make, clock: Any) -> None:
    desk.token_answers = [HttpResponse(429, {"retry-after": "3"})]
    assert (await make().send(desk.write())).ok
    assert clock.sleeps == [3.0]
    desk.token_answers = [HttpResponse(429, {"retry-after": "60"})]
    with pytest.raises(RateLimited) as caught:
        await make(client_id="outra").send(desk.write())
    assert caught.value.retry_after == 60


async def test_a_doubtful_write_that_then_finds_no_token_stays_unknown(
    desk: Any, make: Make, clock: Any
) -> None:
    """After an attempt that may have arrived, `Unauthorized` would claim that nothing was done."""
    transport = make()
    for refusal in (503, 401):
        desk.answers = [httpx.ReadTimeout("")]
        await transport.send(desk.call())
        desk.answers = [httpx.ReadTimeout(""), 200]
        clock.advance(seconds=3599)
        call = desk.write(repeat=Repeat.IDEMPOTENT)
        assert (await transport.send(call)).ok
        desk.answers = [503]
        desk.token_answers = [json_response(200, {"access_token": "short", "expires_in": 1})]
        clock.advance(seconds=3600)

        async def expire(seconds: float) -> None:
            clock.advance(seconds=5)

        clock.sleep, sleep = expire, clock.sleep
        desk.token_answers += [refusal] * 9
        with pytest.raises(OutcomeUnknown):
            await transport.send(call)
        clock.sleep = sleep
        desk.token_answers.clear()
        clock.advance(seconds=60)


async def test_five_token_calls_a_minute(desk: Any, make: Make, clock: Any) -> None:
    transport = make(limits={"token": RateLimit(5)})
    moments = []
    for _ in range(11):
        desk.answers = [401]
        assert (await transport.send(desk.call())).ok
        moments.append(clock.monotonic())
    assert len(desk.token_requests) == 12
    assert moments == [0] * 4 + [60] * 5 + [120] * 2


async def test_a_wait_for_the_rate_limit_can_outlive_the_token(desk: Any, make: Make, clock: Any) -> None:
    transport = make(limits={"api": RateLimit(1)})
    short = {"access_token": "short", "expires_in": 20}
    desk.token_answers = [json_response(200, short)]
    assert (await transport.send(desk.call())).ok
    assert (await transport.send(desk.call())).ok
    assert clock.sleeps == [pytest.approx(60)]
    assert bearers(desk) == ["Bearer short", "Bearer token-2"]


async def test_fetching_a_token_takes_no_place_in_the_rate_limit(desk: Any, make: Make, clock: Any) -> None:
    """Places are for the moment of sending: else calls that waited for a token would all leave at once."""
    moments = []
    handle = desk.handle

    async def slow(request: Any) -> Any:
        if request.path == "/token":
            clock.advance(seconds=40)
        else:
            moments.append(clock.monotonic())
        return await handle(request)

    desk.handle = slow
    transport = make(limits={"api": RateLimit(1)})
    for _ in range(2):
        assert (await transport.send(desk.call())).ok
    assert moments == [40, 100]


async def test_the_certificate_is_checked_with_every_token(
    desk: Any, make: Make, clock: Any, pki: Pki
) -> None:
    material = pki.client_certificate(
        not_before=datetime(2026, 1, 1, tzinfo=UTC), not_after=clock.now() + timedelta(days=40)
    )
    transport = make(certificate=material.certificate())
    assert (await transport.send(desk.call())).ok
    clock.advance(days=11)
    with pytest.MonkeyPatch.context() as patch:
        told: list[Any] = []
        patch.setattr("bankgateway.transport.transport.notice_expiry", lambda *a, **k: told.append(a))
        assert (await transport.send(desk.call())).ok
    assert len(told) == 1
    clock.advance(days=30)
    with pytest.raises(CertificateExpired):
        await transport.send(desk.write())
    assert len(desk.token_requests) == 2
    assert len(desk.requests) == 2


async def test_authorisation_in_the_banks_own_way(desk: Any, desk_transport: Any) -> None:
    transport = Transport(
        "x",
        Settings(transport=desk_transport),
        tokens=ClientCredentials(f"{desk.url}/token", "id", "s", params={"key": "app"}),
        authorize=lambda token: {"authorization": f"bearer {token}", "X-Key": "app"},
    )
    await transport.send(desk.write(headers={"Authorization": "overridden"}))
    assert bearers(desk) == ["bearer token-1"]
    assert desk.requests[0].headers["x-key"] == "app"
    assert desk.token_requests[0].query == (("key", "app"),)
    assert desk.token_requests[0].headers["content-type"] == "application/x-www-form-urlencoded"
