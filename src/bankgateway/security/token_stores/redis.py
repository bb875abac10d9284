"""Tokens on a Redis server, for services with many workers (extra `redis`)."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio

from bankgateway.errors import ConfigurationError, missing_extra
from bankgateway.models.clock import SYSTEM_CLOCK, Clock
from bankgateway.security.oauth import Token
from bankgateway.security.redaction import sdk_logger
from bankgateway.security.token_stores.locking import LOCK_SECONDS, acquire, checked
from bankgateway.security.token_stores.sealing import Key, Seal, digest, end_of

if TYPE_CHECKING:
    from redis.asyncio import Redis, RedisCluster

log = sdk_logger("oauth")

COMMAND_SECONDS = 2.0
"""Seconds a command may take. A server that needs longer is no help: the bank is asked instead."""

# Whoever repeats a command after a broken connection may find the lock his own already.
_TAKE = """
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('get', KEYS[1]) == ARGV[1] then
    return 1
end
return 0
"""

_DELETE_IF_EQUAL = """
if redis.call('get', KEYS[1]) == ARGV[1] then
    return redis.call('del', KEYS[1])
end
return 0
"""


class RedisTokenStore:
    """A `TokenStore` on a Redis server, encrypted, for processes on any number of machines.

    asyncio only, since `redis.asyncio` is: on trio use `FileTokenStore` or a store of your own. Entries
    are deleted by the server when they expire. While the server is down every process asks the bank for a
    token of its own.

    Args:
        client_or_url: A `redis.asyncio` client, which stays yours to close, or a URL (`redis://`,
            `rediss://`, `unix://`). From a URL one client is made for each event loop; `aclose` closes it.
        key: From `generate_key`; several for a rotation: the first encrypts, all of them decrypt.
            `PLAINTEXT` stores tokens in clear.
        prefix: In front of every key on the server; a digest follows.
        lock_seconds: The longest a process keeps the others waiting while it fetches a token; then the
            server gives the lock to another, as when the process died. It is waited for half as long
            again; after that a process asks by itself.
        clock: The time, for tests.

    Raises:
        ConfigurationError: The package `redis` is missing, there is no key, the URL cannot be used, the
            client is one for threads, or this is trio.
    """

    def __init__(
        self,
        client_or_url: Redis | RedisCluster | str,
        *,
        key: Key,
        prefix: str = "bankgateway:token:",
        lock_seconds: float = LOCK_SECONDS,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._seal = Seal(key)
        self._prefix = prefix
        self._lock_seconds = checked(lock_seconds)
        self._clock = clock
        self._connect = _connector(client_or_url)
        self._owned = isinstance(client_or_url, str)
        self._clients: dict[asyncio.AbstractEventLoop, Any] = {}
        if _is_inside_trio():
            # Here, since the SDK only logs what a store raises.
            _running_loop()

    def __repr__(self) -> str:
        return f"<RedisTokenStore {self._prefix}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections of this event loop, if the store opened them. It can be used again."""
        client = self._clients.pop(_running_loop(), None)
        if client is not None and self._owned:
            await client.aclose()

    async def get(self, key: str) -> Token | None:
        """See `TokenStore`.

        Raises:
            ConfigurationError: This is trio.
            TimeoutError, redis.RedisError: The server does not answer, or not what it should.
        """
        name = digest(key)
        sealed = await _soon(self._client.get(self._prefix + name))
        return None if sealed is None else self._seal.open(name, sealed)

    async def put(self, key: str, token: Token) -> None:
        """See `TokenStore`. Raises what `get` does."""
        name = digest(key)
        milliseconds = (end_of(token) - self._clock.now()) // timedelta(milliseconds=1)
        if milliseconds > 0:
            sealed = self._seal.close(name, token)
            await _soon(self._client.set(self._prefix + name, sealed, px=milliseconds))

    async def drop(self, key: str, token: Token) -> None:
        """See `TokenStore`. Raises what `get` does."""
        name = digest(key)
        sealed = await _soon(self._client.get(self._prefix + name))
        if sealed is not None and self._seal.open(name, sealed) == token:
            await _soon(self._client.eval(_DELETE_IF_EQUAL, 1, self._prefix + name, sealed))

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        """See `TokenStore`. Raises what `get` does; `TimeoutError` also when others hold it too long."""
        name = f"{self._prefix}{digest(key)}:lock"
        owner = secrets.token_hex(16)
        client = self._client
        try:
            await acquire(partial(self._take, client, name, owner), self._lock_seconds)
            yield
        finally:
            # Also after an attempt that failed: the server may have heard it.
            with anyio.CancelScope(shield=True):
                await _give_back(client, name, owner)

    async def _take(self, client: Any, name: str, owner: str) -> bool:
        milliseconds = max(1, round(self._lock_seconds * 1000))
        return bool(await _soon(client.eval(_TAKE, 1, name, owner, milliseconds)))

    @property
    def _client(self) -> Any:
        # A connection belongs to the event loop that opened it; a process may have one loop after the
        # other, as with an `asyncio.run` for each job.
        loop = _running_loop()
        for other in list(self._clients):
            if other.is_closed():
                self._clients.pop(other, None)
        if loop not in self._clients:
            self._clients[loop] = self._connect()
        return self._clients[loop]


async def _give_back(client: Any, name: str, owner: str) -> None:
    try:
        await _soon(client.eval(_DELETE_IF_EQUAL, 1, name, owner))
    except Exception as error:  # noqa: BLE001 - the token is there, and the lock ends by itself
        log.debug("a lock in Redis was not given back: %s", type(error).__name__)


async def _soon(answer: Awaitable[Any]) -> Any:
    with anyio.fail_after(COMMAND_SECONDS):
        return await answer


def _connector(client_or_url: Any) -> Callable[[], Any]:
    """What gives a client to an event loop."""
    try:
        import redis
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError:
        raise missing_extra("redis", "redis", "RedisTokenStore") from None
    if isinstance(client_or_url, redis.Redis | redis.RedisCluster):
        raise ConfigurationError("RedisTokenStore: give it a client of redis.asyncio, or a URL")
    if not isinstance(client_or_url, str):
        return lambda: client_or_url
    # Once more for a connection that died of idleness, and no pause: a token is being waited for.
    connect = partial(
        Redis.from_url,
        client_or_url,
        socket_connect_timeout=COMMAND_SECONDS,
        socket_timeout=COMMAND_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
    try:
        connect()
    except (ValueError, TypeError):
        # Its text may quote the URL, and with it the password.
        pass
    else:
        return connect
    raise ConfigurationError(
        "RedisTokenStore: the URL cannot be used; it begins with redis://, rediss:// or unix://"
    )


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        pass
    raise ConfigurationError(
        "RedisTokenStore runs on asyncio only, since redis.asyncio does: "
        "on trio use FileTokenStore, or a store of your own"
    )


def _is_inside_trio() -> bool:
    # Not asked through anyio, which in a thread that carries its caller's context answers for the caller.
    trio = sys.modules.get("trio")
    try:
        return trio is not None and bool(trio.lowlevel.current_trio_token())
    except RuntimeError:
        return False
