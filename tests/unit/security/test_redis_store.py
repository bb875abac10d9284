"""Tokens on a Redis server: a real one, started for these tests."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from bankgateway import Settings, Token
from bankgateway.errors import ConfigurationError
from bankgateway.security.token_stores import PLAINTEXT, RedisTokenStore, generate_key
from bankgateway.security.token_stores import redis as redis_store
from bankgateway_mocks import FakeBank, samples

redis = pytest.importorskip("redis", reason="no package redis here: pip install 'bankgateway[redis]'")

pytestmark = pytest.mark.anyio

KEY = generate_key()
PREFIX = "bankgateway:token:"
NAME = "https://bank.invalid/token|planted-client-id|boleto.read||digest"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server(redis_server: str) -> Iterator[Any]:
    """A look at what lies on the server, emptied."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
        yield client


@pytest.fixture
async def store(server: Any, redis_server: str) -> AsyncIterator[RedisTokenStore]:
    async with RedisTokenStore(redis_server, key=KEY) as store:
        yield store


def a_token(value: str = "planted-token", seconds: float = 3600, **fields: Any) -> Token:
    return Token(value, datetime.now(UTC) + timedelta(seconds=seconds), seconds, **fields)


# -- what lies there ---------------------------------------------------------------------------------


async def test_tokens_lie_on_the_server(store: RedisTokenStore, redis_server: str) -> None:
    assert await store.get(NAME) is None
    token = a_token()
    await store.put(NAME, token)
    async with RedisTokenStore(redis_server, key=KEY) as other:
        assert await other.get(NAME) == token
    await store.drop(NAME, a_token("newer"))
    assert await store.get(NAME) == token
    await store.drop(NAME, token)
    await store.drop(NAME, token)
    assert await store.get(NAME) is None


async def test_no_secret_lies_in_clear(
    store: RedisTokenStore, server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await store.put(NAME, a_token(refresh_value="planted-refresh"))
    async with store.lock(NAME):
        told = str([(name, server.get(name)) for name in server.keys()])  # noqa: SIM118 - not a dictionary
    told += repr(store) + caplog.text
    assert told.count(PREFIX) == 3
    assert "planted" not in told
    assert "bank.invalid" not in told
    assert KEY not in told


async def test_entries_end_with_the_token(store: RedisTokenStore, server: Any) -> None:
    await store.put("an hour", a_token())
    (name,) = server.keys()
    assert 3_590_000 < server.pttl(name) <= 3_600_000
    day = datetime.now(UTC) + timedelta(days=1)
    await store.put("an hour", a_token(refresh_value="r", refresh_expires_at=day))
    assert 86_390_000 < server.pttl(name) <= 86_400_000, "its refresh token lives longer"
    await store.put("soon", a_token(seconds=0.05))
    await store.put("never", a_token(seconds=-1))
    await asyncio.sleep(0.1)
    assert server.keys() == [name]


async def test_keys_rotate(
    store: RedisTokenStore, redis_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    new = generate_key()
    await store.put(NAME, token := a_token())
    async with (
        RedisTokenStore(redis_server, key=[new, KEY]) as rotating,
        RedisTokenStore(redis_server, key=new) as rotated,
    ):
        assert await rotating.get(NAME) == token
        assert await rotated.get(NAME) is None
        assert "another key" in caplog.text
        await rotating.put(NAME, token)
        assert await rotated.get(NAME) == token
        assert await store.get(NAME) is None


async def test_a_client_of_ones_own_stays_open(server: Any, redis_server: str) -> None:
    client = redis.asyncio.Redis.from_url(redis_server, decode_responses=True)
    async with client:
        async with RedisTokenStore(client, key=PLAINTEXT, prefix="mine:") as store:
            await store.put(NAME, token := a_token())
            assert await store.get(NAME) == token
            async with store.lock(NAME):
                pass
            await store.drop(NAME, token)
        await client.set("mine:", "1")
        assert await client.keys() == ["mine:"]


async def test_a_store_can_be_used_after_it_was_closed(store: RedisTokenStore) -> None:
    await store.put(NAME, a_token())
    await store.aclose()
    await store.aclose()
    assert await store.get(NAME) is not None


# What redis-py says, by version, about connections whose event loop is gone.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_event_loop_after_the_other(server: Any, redis_server: str) -> None:
    store = RedisTokenStore(redis_server, key=KEY)
    token = a_token()
    asyncio.run(store.put(NAME, token))
    for _ in range(2):
        assert asyncio.run(store.get(NAME)) == token
    assert len(store._clients) == 1, "those of loops that ended are let go"
    asyncio.run(store.aclose())
    del store
    gc.collect()


# -- the lock ----------------------------------------------------------------------------------------


async def test_only_one_holds_the_lock_of_a_name(store: RedisTokenStore, redis_server: str) -> None:
    async with RedisTokenStore(redis_server, key=KEY, lock_seconds=0.1) as impatient:
        async with store.lock(NAME):
            with pytest.raises(TimeoutError):
                async with impatient.lock(NAME):
                    pass
            async with store.lock("another name"):
                pass
        async with store.lock(NAME):
            pass


async def test_a_lock_that_ended_is_not_taken_from_its_next_holder(
    store: RedisTokenStore, server: Any, redis_server: str
) -> None:
    async with RedisTokenStore(redis_server, key=KEY, lock_seconds=0.2) as hasty:
        await hasty.get(NAME)  # connects, which the 0.2 seconds are not for
        async with hasty.lock(NAME):
            await asyncio.sleep(0.25)
            next_holder = store.lock(NAME)
            await next_holder.__aenter__()
        assert len(server.keys()) == 1
        await next_holder.__aexit__(None, None, None)
        assert server.keys() == []


async def test_a_lock_that_was_taken_unheard_is_ours(store: RedisTokenStore, redis_server: str) -> None:
    """The connection broke before the answer came, and the command is repeated."""
    async with redis.asyncio.Redis.from_url(redis_server) as client:
        assert await store._take(client, "lock", "me")
        assert await store._take(client, "lock", "me")
        assert not await store._take(client, "lock", "you")


@pytest.mark.parametrize("native", [True, False])
async def test_who_is_cancelled_holds_nothing(store: RedisTokenStore, server: Any, native: bool) -> None:
    async def take() -> None:
        async with store.lock(NAME):
            await asyncio.sleep(10)

    for seconds in (0, 0.001, 0.003, 0.01, 0.05):
        if native:
            task = asyncio.create_task(take())
            await asyncio.sleep(seconds)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            with anyio.move_on_after(seconds):
                await take()
        assert server.keys() == []


async def test_the_lock_of_a_process_that_died_ends(
    store: RedisTokenStore, redis_server: str, worker: Any
) -> None:
    task = {"kind": "redis", "where": redis_server, "key": KEY, "lock_seconds": 1}
    async with worker(act="hold", name=NAME, **task) as other:
        await other.says("held")
        other.process.kill()
        await other.process.wait()
    with anyio.fail_after(5):
        async with store.lock(NAME):
            pass


async def test_four_processes_ask_for_one_token(
    server: Any, redis_server: str, token_requests: Callable[..., Any]
) -> None:
    task = {"kind": "redis", "where": redis_server, "key": KEY}
    assert await token_requests([task] * 4) == 1


# -- out of order ------------------------------------------------------------------------------------


async def test_clients_share_the_token(store: RedisTokenStore, redis_server: str) -> None:
    fake = FakeBank("inter")
    for _ in range(3):
        async with (
            RedisTokenStore(redis_server, key=KEY) as store,
            fake.connect(settings=Settings(token_store=store)) as bank,
        ):
            await bank.register(samples.new_boleto("inter"))
    assert fake.processed("token") == 1


async def test_a_server_that_is_down_costs_a_token_and_no_call(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    fake = FakeBank("inter")
    async with (
        RedisTokenStore(f"redis://:planted@127.0.0.1:{port}", key=KEY) as store,
        fake.connect(settings=Settings(token_store=store)) as bank,
    ):
        for _ in range(2):
            await bank.register(samples.new_boleto("inter"))
    assert fake.processed("token") == 1
    assert "the token store failed to lock: ConnectionError" in caplog.text
    assert "planted" not in caplog.text


async def test_a_server_that_hangs_costs_a_token_and_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_store, "COMMAND_SECONDS", 0.05)
    fake = FakeBank("inter")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        async with (
            RedisTokenStore(url, key=KEY) as store,
            fake.connect(settings=Settings(token_store=store)) as bank,
        ):
            with anyio.fail_after(3):
                await bank.register(samples.new_boleto("inter"))


async def test_a_wrong_password_is_a_failure_of_the_store(redis_server: str, server: Any) -> None:
    async with RedisTokenStore(redis_server.replace(":planted", ":wrong-planted"), key=KEY) as store:
        with pytest.raises(redis.RedisError) as raised:
            await store.get(NAME)
    assert "planted" not in str(raised.value)


async def test_something_else_under_the_name(store: RedisTokenStore, server: Any) -> None:
    await store.put(NAME, a_token())
    (name,) = server.keys()
    server.set(name, b"\xff\x00 something else")
    assert await store.get(NAME) is None
    await store.drop(NAME, a_token())
    await store.put(NAME, token := a_token())
    assert await store.get(NAME) == token


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_trio_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="asyncio only"):
        RedisTokenStore("redis://127.0.0.1", key=KEY)


def test_a_store_can_be_made_in_a_thread() -> None:
    async def make() -> None:
        await asyncio.to_thread(RedisTokenStore, "redis://127.0.0.1", key=KEY)

    anyio.run(make)


def test_trio_is_refused_by_a_store_that_was_made_before() -> None:
    store = RedisTokenStore("redis://127.0.0.1", key=KEY)

    async def use(method: Any, *arguments: Any) -> None:
        with pytest.raises(ConfigurationError, match="FileTokenStore"):
            await method(*arguments)

    async def lock() -> None:
        async with store.lock(NAME):
            pass

    token = a_token()
    for method, *arguments in (
        (store.get, NAME), (store.put, NAME, token), (store.drop, NAME, token), (lock,), (store.aclose,),
    ):  # fmt: skip
        anyio.run(use, method, *arguments, backend="trio")


@pytest.mark.parametrize("url", ["http://:planted@127.0.0.1", "redis://:planted@127.0.0.1:port", "planted"])
def test_a_url_that_cannot_be_used_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="rediss://") as raised:
        RedisTokenStore(url, key=KEY)
    assert "planted" not in str(raised.value)
    assert raised.value.__context__ is None


def test_a_client_for_threads_is_refused() -> None:
    with redis.Redis() as client:
        with pytest.raises(ConfigurationError, match=r"redis\.asyncio"):
            RedisTokenStore(client, key=KEY)


@pytest.mark.parametrize("seconds", [0, -1, 1e9, float("nan")])
def test_a_lock_has_an_end(seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="lock_seconds"):
        RedisTokenStore("redis://127.0.0.1", key=KEY, lock_seconds=seconds)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"bankgateway\[redis\]"):
        RedisTokenStore("redis://127.0.0.1", key=KEY)


def test_redis_is_imported_by_who_uses_it() -> None:
    code = "import sys, bankgateway.security.token_stores; print('redis' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
