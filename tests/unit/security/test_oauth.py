"""Tokens: one request however many wait, kept until a margin before their end, shared, and never shown."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bankgateway.errors import BankUnavailable, RateLimited, Unauthorized, UnexpectedResponse
from bankgateway.security.oauth import (
    DEFAULT_LIFETIME,
    MAX_LIFETIME,
    ClientCredentials,
    MemoryTokenStore,
    PasswordGrant,
    Token,
    TokenAnswer,
    TokenRequest,
    Tokens,
    TokenSource,
    TokenStore,
    stored,
)
from bankgateway_mocks.clock import ManualClock

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 9, 22, 15, 0, tzinfo=UTC)
SOURCE = ClientCredentials("https://bank.invalid/token", "loja", "segredo")
PASSWORD = PasswordGrant("https://bank.invalid/token", "cooperado", "senha", scopes=("cobranca",))


class Endpoint:
    """A token endpoint.

    Attributes:
        answers: The next answers: a body, a status, an answer or an exception. Then tokens by number.
        forms: What it was asked.
    """

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.forms: list[dict[str, str]] = []
        self.pause = 0.0

    async def __call__(self, request: TokenRequest) -> TokenAnswer:
        self.forms.append(dict(request.form))
        number = len(self.forms)
        await anyio.sleep(self.pause)
        answer = self.answers.pop(0) if self.answers else {"access_token": f"t{number}", "expires_in": 300}
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, TokenAnswer):
            return answer
        status, body = (answer, b"") if isinstance(answer, int) else (200, json.dumps(answer).encode())
        return TokenAnswer(status, {"x-request-id": "r-1"}, body)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def store() -> MemoryTokenStore:
    return MemoryTokenStore()


Make = Callable[..., Tokens]


@pytest.fixture
def make(endpoint: Endpoint, clock: ManualClock, store: MemoryTokenStore) -> Make:
    def tokens(source: TokenSource = SOURCE, *, store: TokenStore = store, **options: Any) -> Tokens:
        return Tokens(source, endpoint, store=store, clock=clock, bank="inter", **options)

    return tokens


# One request


async def test_a_hundred_tasks_make_one_request(make: Make, endpoint: Endpoint) -> None:
    first, second = make(), make()
    endpoint.pause = 0.01
    got: list[str] = []

    async def one(tokens: Tokens) -> None:
        got.append((await tokens.get()).value)

    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(one, (first, second)[number % 2])
    assert got == ["t1"] * 100
    assert len(endpoint.forms) == 1


async def test_a_cancelled_fetch_lets_another_finish(make: Make, endpoint: Endpoint) -> None:
    tokens = make()
    endpoint.pause = 60
    got: list[str] = []

    async def cancelled(scope: anyio.CancelScope) -> None:
        with scope:
            await tokens.get()

    async def waiting() -> None:
        got.append((await tokens.get()).value)

    scope = anyio.CancelScope()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(cancelled, scope)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(waiting)
        tasks.start_soon(waiting)
        await anyio.wait_all_tasks_blocked()
        endpoint.pause = 0
        scope.cancel()
    assert scope.cancelled_caught
    assert got == ["t2", "t2"]
    assert len(endpoint.forms) == 2


@pytest.mark.parametrize("failure", [BankUnavailable("x"), RateLimited("x", retry_after=7), 200])
async def test_who_waited_for_a_failure_shares_it(make: Make, endpoint: Endpoint, failure: Any) -> None:
    """In turn, a thousand tasks behind a dead endpoint would each wait for its time-out."""
    tokens = make()
    endpoint.pause = 0.01
    endpoint.answers = [failure]
    caught: list[Exception] = []

    async def one() -> None:
        try:
            await tokens.get()
        except (BankUnavailable, RateLimited, UnexpectedResponse) as error:
            caught.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(one)
    assert len(caught) == 20
    assert len({id(error) for error in caught}) == 20
    assert {getattr(error, "retry_after", None) for error in caught} <= {7, None}
    assert len({str(error) for error in caught}) == 1
    assert len(endpoint.forms) == 1
    # Who comes later tries anew.
    assert (await tokens.get()).value == "t2"


# Lifetime


@pytest.mark.parametrize(
    ("lifetime", "margin"), [(3600, 60), (300, 60), (299, 59.8), (60, 12), (1, 0.2)], ids=str
)
async def test_the_margin(
    make: Make, endpoint: Endpoint, clock: ManualClock, lifetime: float, margin: float
) -> None:
    tokens = make()
    endpoint.answers = [{"access_token": "t", "expires_in": lifetime}]
    await tokens.get()
    clock.advance(seconds=lifetime - margin - 0.01)
    assert (await tokens.get()).value == "t"
    clock.advance(seconds=0.02)
    assert (await tokens.get()).value == "t2"


async def test_age_counts_from_before_the_request(make: Make, endpoint: Endpoint, clock: ManualClock) -> None:
    answer = endpoint.__call__

    async def slow(request: TokenRequest) -> TokenAnswer:
        clock.advance(seconds=30)
        return await answer(request)

    tokens = Tokens(SOURCE, slow, store=MemoryTokenStore(), clock=clock, bank="inter")
    token = await tokens.get()
    assert token.expires_at == NOON + timedelta(seconds=300)
    clock.advance(seconds=209)
    assert await tokens.get() is token
    clock.advance(seconds=2)
    assert (await tokens.get()).value == "t2"


async def test_a_jump_of_the_wall_clock_is_harmless(
    make: Make, endpoint: Endpoint, clock: ManualClock
) -> None:
    tokens = make()
    token = await tokens.get()
    clock._now += timedelta(days=300)
    assert await tokens.get() is token
    assert await make().get() == token


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        (3600, 3600),
        ("3600", 3600),
        ("3600.5", 3600.5),
        (None, DEFAULT_LIFETIME),
        ("", DEFAULT_LIFETIME),
        ("soon", DEFAULT_LIFETIME),
        (0, DEFAULT_LIFETIME),
        (-5, DEFAULT_LIFETIME),
        (True, DEFAULT_LIFETIME),
        ([1], DEFAULT_LIFETIME),
        (3_600_000, MAX_LIFETIME),
        (10**14, MAX_LIFETIME),
        (10**30, DEFAULT_LIFETIME),
    ],
)
async def test_lifetimes(make: Make, endpoint: Endpoint, expires_in: object, lifetime: float) -> None:
    endpoint.answers = [{"access_token": "t", "expires_in": expires_in}]
    assert (await make().get()).lifetime == lifetime


async def test_no_lifetime_told(make: Make, endpoint: Endpoint) -> None:
    endpoint.answers = [{"access_token": "t"}]
    assert (await make(default_lifetime=1200).get()).lifetime == 1200


@given(st.floats(0.5, 86400), st.floats(0, 90000))
def test_a_token_is_never_used_past_its_end(lifetime: float, age: float) -> None:
    clock = ManualClock(NOON)
    ours = Token("t", NOON + timedelta(seconds=lifetime), lifetime, deadline=lifetime)
    theirs = stored(ours)
    assert theirs.deadline is None
    assert ours.is_fresh(clock)
    assert theirs.is_fresh(clock)
    clock.advance(seconds=age)
    if ours.is_fresh(clock):
        assert age < lifetime
    if theirs.is_fresh(clock):
        assert ours.is_fresh(clock)


def test_a_token_is_aware_and_shows_nothing() -> None:
    with pytest.raises(ValueError, match="aware"):
        Token("t", datetime(2026, 1, 1), 300)  # noqa: DTZ001
    token = Token("segredo", NOON, 300, refresh_value="segredo")
    assert "segredo" not in repr(token)
    assert token == replace(token, deadline=5.0)
    assert token != replace(token, value="other")


# Refusals


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418])
async def test_a_refusal_is_remembered_for_ten_seconds(
    make: Make, endpoint: Endpoint, clock: ManualClock, status: int
) -> None:
    """Banks lock accounts after repeated bad credentials."""
    endpoint.answers = [
        TokenAnswer(
            status, {"x-request-id": "r-9"}, b'{"error": "invalid_client", "error_description": "nope"}'
        )
    ]
    first, second = make(), make()
    errors = []
    for tokens in (first, first, second):
        with pytest.raises(Unauthorized) as caught:
            await tokens.get()
        errors.append(caught.value)
    clock.advance(seconds=9.9)
    with pytest.raises(Unauthorized):
        await first.get()
    assert len(endpoint.forms) == 1
    for error in errors:
        assert (error.code, error.http_status, error.request_id) == ("invalid_client", status, "r-9")
        assert (error.bank, error.operation, str(error.messages[0])) == ("inter", "token", "nope")
        assert error.__context__ is None
    assert len({id(error) for error in errors}) == 3
    # A corrected secret is tried at once.
    assert (await make(replace(SOURCE, client_secret="outro")).get()).value == "t2"
    clock.advance(seconds=0.2)
    assert (await first.get()).value == "t3"


async def test_after_a_refusal_and_its_ten_seconds_all_is_as_before(
    make: Make, endpoint: Endpoint, clock: ManualClock
) -> None:
    tokens = make()
    endpoint.answers = [401]
    with pytest.raises(Unauthorized):
        await tokens.get()
    clock.advance(seconds=11)
    token = await tokens.get()
    await tokens.discard(token)
    assert (await tokens.get()).value == "t3"


async def test_a_token_of_another_process_ends_the_refusal(
    make: Make, endpoint: Endpoint, store: MemoryTokenStore
) -> None:
    tokens = make()
    endpoint.answers = [401]
    with pytest.raises(Unauthorized):
        await tokens.get()
    await store.put(SOURCE.key, Token("theirs", NOON + timedelta(hours=1), 3600))
    assert (await tokens.get()).value == "theirs"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "certificate was probably not presented"),
        (b'{"descricaoErro": "Chave invalida"}', "Chave invalida"),
        (b'{"title": "Bad", "detail": "Escopo"}', "Escopo"),
        (b'{"mensagem": "CPF 529.982.247-25 sem acesso"}', "***4725"),
        (b"<html>Forbidden", "check client id"),
        (b"[1e9999999999999999999]", "check client id"),
    ],
)
async def test_what_a_refusal_says(make: Make, endpoint: Endpoint, body: bytes, text: str) -> None:
    endpoint.answers = [TokenAnswer(400, {}, body)]
    with pytest.raises(Unauthorized) as caught:
        await make().get()
    assert text in str(caught.value)
    assert "529.982" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"access_token": ""},
        {"access_token": None},
        {"access_token": {"a": 1}},
        {"access_token": "tok\ne"},
        {"access_token": "tóken"},
        TokenAnswer(200, {}, b"<html>maintenance</html>"),
        TokenAnswer(302, {}, b'{"access_token": "t"}'),
        204,
    ],
    ids=str,
)
async def test_an_answer_without_a_token(make: Make, endpoint: Endpoint, answer: Any) -> None:
    """Not a refusal: the credentials may be perfectly good."""
    endpoint.answers = [answer]
    tokens = make()
    with pytest.raises(UnexpectedResponse) as caught:
        await tokens.get()
    assert "tok" not in str(caught.value).replace("token", "")
    assert caught.value.raw is None
    assert (await tokens.get()).value == "t2"


# Discarding


async def test_discard_spares_a_newer_token(make: Make, endpoint: Endpoint, store: MemoryTokenStore) -> None:
    first, second = make(), make()
    old = await first.get()
    assert await second.get() == old
    await first.discard(old)
    new = await first.get()
    await second.discard(old)
    assert await store.get(SOURCE.key) == new
    assert await second.get() == new
    assert len(endpoint.forms) == 2


async def test_discard_spares_a_newer_token_that_only_this_client_holds(
    make: Make, endpoint: Endpoint
) -> None:
    tokens = make(store=BrokenStore("get"))
    old = await tokens.get()
    await tokens.discard(old)
    new = await tokens.get()
    await tokens.discard(old)
    assert await tokens.get() is new
    assert len(endpoint.forms) == 2


# Dialects


def test_credentials_in_the_form() -> None:
    source = ClientCredentials("https://x/t", "id", "se&cret", scopes=("b", "a"), form={"audience": "z"})
    request = source.request(None, ManualClock(NOON))
    assert request.form == {
        "grant_type": "client_credentials", "scope": "b a", "client_id": "id", "client_secret": "se&cret",
        "audience": "z",
    }  # fmt: skip
    assert "authorization" not in {name.lower() for name in request.headers}


def test_credentials_by_certificate() -> None:
    request = ClientCredentials("https://x/t", "id").request(None, ManualClock(NOON))
    assert request.form == {"grant_type": "client_credentials", "client_id": "id"}


@pytest.mark.parametrize(("user", "secret"), [("id", "s"), ("eyJpZCI6", "a+b/c=="), ("ação", "é:ü")])
def test_credentials_in_a_basic_header(user: str, secret: str) -> None:
    """As the banks document it: base64 of both as they are."""
    source = ClientCredentials("https://x/t", user, secret, in_header=True, headers={"X-Key": "k"})
    request = source.request(None, ManualClock(NOON))
    scheme, _, value = request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(value).decode()) == ("Basic", f"{user}:{secret}")
    assert request.headers["X-Key"] == "k"
    assert request.form == {"grant_type": "client_credentials"}


def test_extra_headers_and_parameters() -> None:
    source = ClientCredentials("https://x/t", "id", "s", headers={"x-api-key": "k"}, params={"app": "a"})
    request = source.request(None, ManualClock(NOON))
    assert (request.headers, request.params) == ({"x-api-key": "k"}, {"app": "a"})


def test_nothing_shows_a_secret() -> None:
    sources: list[TokenSource] = [
        ClientCredentials(
            "https://x/t",
            "id",
            "segredo",
            headers={"k": "segredo"},
            params={"k": "segredo"},
            form={"k": "segredo"},
        ),
        PasswordGrant("https://x/t", "user", "segredo", headers={"k": "segredo"}),
    ]
    for source in sources:
        assert "segredo" not in repr(source)
        assert "segredo" not in source.key
        assert "segredo" not in repr(source.request(None, ManualClock(NOON)))
    assert "segredo" not in repr(TokenAnswer(200, {}, b"segredo"))


def test_keys_differ_with_everything_that_makes_a_token() -> None:
    keys = [
        SOURCE.key,
        *(
            replace(SOURCE, **change).key
            for change in (
                {"url": "https://sandbox.invalid/token"},
                {"client_id": "outra"},
                {"client_secret": "outro"},
                {"client_secret": None},
                {"scopes": ("a",)},
                {"fingerprint": "ab"},
                {"form": {"a": "b"}},
                {"params": {"a": "b"}},
            )
        ),
        PASSWORD.key,
        *(
            replace(PASSWORD, **change).key
            for change in (
                {"username": "x"},
                {"password": "x"},
                {"fingerprint": "ab"},
                {"headers": {"a": "b"}},
            )
        ),
    ]
    assert len(set(keys)) == len(keys)
    assert replace(SOURCE, scopes=("a", "b")).key == replace(SOURCE, scopes=("b", "a")).key


# Password grant


@pytest.fixture
def with_refresh(endpoint: Endpoint) -> None:
    endpoint.answers = [
        {"access_token": "t1", "expires_in": 300, "refresh_token": "r1", "refresh_expires_in": "1800"}
    ]


@pytest.mark.usefixtures("with_refresh")
async def test_a_refresh_token_is_used_while_it_lives(
    make: Make, endpoint: Endpoint, clock: ManualClock
) -> None:
    tokens = make(PASSWORD)
    await tokens.get()
    assert endpoint.forms == [
        {"grant_type": "password", "username": "cooperado", "password": "senha", "scope": "cobranca"}
    ]
    clock.advance(seconds=300)
    assert (await tokens.get()).value == "t2"
    assert endpoint.forms[1] == {"grant_type": "refresh_token", "refresh_token": "r1"}


@pytest.mark.usefixtures("with_refresh")
async def test_an_old_refresh_token_is_not_tried(make: Make, endpoint: Endpoint, clock: ManualClock) -> None:
    tokens = make(PASSWORD)
    await tokens.get()
    clock.advance(seconds=1771)
    await tokens.get()
    assert endpoint.forms[1]["grant_type"] == "password"


@pytest.mark.usefixtures("with_refresh")
@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refused_refresh_token_falls_back_to_the_password(
    make: Make, endpoint: Endpoint, clock: ManualClock, status: int
) -> None:
    tokens = make(PASSWORD)
    await tokens.get()
    clock.advance(seconds=300)
    endpoint.answers = [status]
    assert (await tokens.get()).value == "t3"
    assert [form["grant_type"] for form in endpoint.forms] == ["password", "refresh_token", "password"]
    clock.advance(seconds=300)
    endpoint.answers = [status]
    with pytest.raises(Unauthorized):
        await tokens.get()


@pytest.mark.usefixtures("with_refresh")
async def test_a_refresh_that_finds_the_endpoint_down_is_no_refusal(
    make: Make, endpoint: Endpoint, clock: ManualClock
) -> None:
    tokens = make(PASSWORD)
    await tokens.get()
    clock.advance(seconds=300)
    endpoint.answers = [BankUnavailable("down")]
    with pytest.raises(BankUnavailable):
        await tokens.get()
    assert len(endpoint.forms) == 2


@pytest.mark.usefixtures("with_refresh")
async def test_after_a_voided_token_the_password_is_used(make: Make, endpoint: Endpoint) -> None:
    tokens = make(PASSWORD)
    await tokens.discard(await tokens.get())
    await tokens.get()
    assert endpoint.forms[1]["grant_type"] == "password"


async def test_a_refresh_token_without_an_end(make: Make, endpoint: Endpoint, clock: ManualClock) -> None:
    endpoint.answers = [{"access_token": "t", "refresh_token": "r", "refresh_expires_in": 0}]
    tokens = make(PASSWORD)
    await tokens.get()
    clock.advance(days=30)
    await tokens.get()
    assert endpoint.forms[1]["grant_type"] == "refresh_token"


# Stores


class SharedStore:
    """As between processes: what goes in comes out as other objects."""

    def __init__(self) -> None:
        self.tokens: dict[str, Token] = {}
        self.locked: list[str] = []
        self.used: list[str] = []
        self._lock = anyio.Lock()

    async def get(self, key: str) -> Token | None:
        self.used.append("get")
        token = self.tokens.get(key)
        return replace(token) if token else None

    async def put(self, key: str, token: Token) -> None:
        assert self.locked
        assert token.deadline is None
        self.tokens[key] = replace(token)

    async def drop(self, key: str, token: Token) -> None:
        if self.tokens.get(key) == token:
            del self.tokens[key]

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        async with self._lock:
            self.locked.append(key)
            yield
            self.locked.remove(key)


async def test_a_shared_store(make: Make, endpoint: Endpoint, clock: ManualClock) -> None:
    shared = SharedStore()
    first, second = make(store=shared), make(store=shared)
    token = await first.get()
    assert (await second.get()).value == "t1"
    assert len(endpoint.forms) == 1
    assert list(shared.tokens) == [SOURCE.key]
    assert shared.locked == []
    # Another machine's clock is trusted 30 seconds less.
    clock.advance(seconds=209)
    assert (await first.get()).value == (await second.get()).value == "t1"
    clock.advance(seconds=2)
    assert (await first.get()).value == "t1"
    assert (await second.get()).value == "t2"
    await second.discard(await second.get())
    assert shared.tokens == {}
    assert token.value == "t1"
    looked = len(shared.used)
    await first.get()
    assert len(shared.used) == looked


async def test_the_lock_of_the_store_is_held_and_then_looked_at_again(make: Make, endpoint: Endpoint) -> None:
    """Another process fetches while this one waits for the lock."""
    shared = SharedStore()
    tokens = make(store=shared)
    async with anyio.create_task_group() as tasks:
        async with shared.lock("elsewhere"):
            tasks.start_soon(tokens.get)
            await anyio.wait_all_tasks_blocked()
            await shared.put(SOURCE.key, Token("theirs", NOON + timedelta(hours=1), 3600))
    assert (await tokens.get()).value == "theirs"
    assert endpoint.forms == []


class BrokenStore:
    """Everything fails that is told to."""

    def __init__(self, *broken: str) -> None:
        self.broken = broken
        self.memory = MemoryTokenStore()

    def check(self, what: str) -> None:
        if what in self.broken:
            raise ConnectionError("redis://:senha@cache:6379 is down")

    async def get(self, key: str) -> Token | None:
        self.check("get")
        return await self.memory.get(key)

    async def put(self, key: str, token: Token) -> None:
        self.check("put")
        await self.memory.put(key, token)

    async def drop(self, key: str, token: Token) -> None:
        self.check("drop")
        await self.memory.drop(key, token)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        self.check("lock")
        yield
        self.check("unlock")


@pytest.mark.parametrize(
    "broken", [("get",), ("put",), ("drop",), ("lock",), ("unlock",), ("get", "put", "drop", "lock")]
)
async def test_a_store_that_fails_costs_no_call(
    make: Make, endpoint: Endpoint, caplog: pytest.LogCaptureFixture, broken: tuple[str, ...]
) -> None:
    tokens = make(store=BrokenStore(*broken))
    endpoint.pause = 0.01
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(tokens.get)
    assert len(endpoint.forms) == 1
    token = await tokens.get()
    await tokens.discard(token)
    assert await tokens.get() != token or broken == ("drop",)
    assert any(record.levelno == logging.WARNING for record in caplog.records)
    assert "ConnectionError" in caplog.text
    assert "senha" not in caplog.text


@pytest.mark.parametrize("broken", ["lock", "unlock"])
async def test_a_refusal_passes_a_lock_that_fails(make: Make, endpoint: Endpoint, broken: str) -> None:
    endpoint.answers = [401]
    with pytest.raises(Unauthorized) as caught:
        await make(store=BrokenStore(broken)).get()
    assert caught.value.http_status == 401


async def test_a_store_that_hangs(make: Make, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(BrokenStore):
        async def get(self, key: str) -> Token | None:
            await anyio.sleep_forever()
            return None

    monkeypatch.setattr("bankgateway.security.oauth.STORE_PATIENCE", 0.01)
    assert (await make(store=Hanging()).get()).value == "t1"


async def test_a_store_that_gives_something_else(make: Make) -> None:
    class Odd(BrokenStore):
        async def get(self, key: str) -> Any:
            return {"value": "t"}

    assert (await make(store=Odd()).get()).value == "t1"


async def test_the_memory_store() -> None:
    store = MemoryTokenStore()
    token, other = Token("a", NOON, 1), Token("b", NOON, 1)
    await store.put("k", token)
    await store.drop("k", other)
    assert await store.get("k") is token
    await store.drop("k", replace(token, deadline=3.0))
    assert await store.get("k") is None
    await store.drop("k", token)
    await store.put("k", token)
    store.clear()
    assert await store.get("k") is None
