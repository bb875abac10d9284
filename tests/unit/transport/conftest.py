"""A bank in the hands of a test: over sockets, over bare TCP, or without any of it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.abc
import httpx
import pytest

from bankgateway.transport import Call, Repeat
from bankgateway_mocks.clock import ManualClock
from bankgateway_mocks.http import HttpRequest, HttpResponse, json_response, parse_query
from bankgateway_mocks.pki import Pki
from bankgateway_mocks.server import Server, serve

NOON = datetime(2026, 9, 22, 15, 0, tzinfo=UTC)
PKI = Pki()
ORIGIN = "https://bank.invalid"

Talk = Callable[[anyio.abc.SocketStream], Awaitable[None]]


class RecordingClock(ManualClock):
    """Stands still, moves on when somebody sleeps, and remembers how long."""

    def __init__(self) -> None:
        super().__init__(NOON)
        self.sleeps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        await super().sleep(seconds)


@pytest.fixture
def clock() -> RecordingClock:
    return RecordingClock()


@pytest.fixture
def pki() -> Pki:
    return PKI


@dataclass
class Desk:
    """What a bank answers, and what it was asked.

    Attributes:
        answers: The next answers, first in, first out: a status, an answer, or an exception of httpx
            (without sockets). When they are used up, 200.
        requests: What arrived, token requests apart.
        token_requests: Bodies of the token requests.
        token_answers: As `answers`, for `/token`.
        gate: What token requests wait for.
        url: Where it is.
    """

    answers: list[Any] = field(default_factory=list)
    requests: list[HttpRequest] = field(default_factory=list)
    token_requests: list[HttpRequest] = field(default_factory=list)
    token_answers: list[Any] = field(default_factory=list)
    gate: anyio.Event | None = None
    url: str = ORIGIN

    async def handle(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/token":
            self.token_requests.append(request)
            if self.gate is not None:
                await self.gate.wait()
            number = len(self.token_requests)
            default = json_response(200, {"access_token": f"token-{number}", "expires_in": 3600})
            return _answer(self.token_answers, default)
        self.requests.append(request)
        return _answer(self.answers, json_response(200, {"ok": True}))

    def call(self, **overrides: Any) -> Call:
        """A call that reads."""
        fields = {"operation": "query", "method": "GET", "url": f"{self.url}/boletos", **overrides}
        return Call(**fields)

    def write(self, **overrides: Any) -> Call:
        """A call that writes, repeated only when it surely was not processed."""
        fields = {
            "operation": "register", "method": "POST", "url": f"{self.url}/boletos", "json": {"amount": 1},
            "writes": True, "repeat": Repeat.IF_NOT_PROCESSED, **overrides,
        }  # fmt: skip
        return Call(**fields)


def _answer(waiting: list[Any], default: HttpResponse) -> HttpResponse:
    answer = waiting.pop(0) if waiting else default
    if isinstance(answer, BaseException):
        raise answer
    return HttpResponse(answer, {}, b"{}") if isinstance(answer, int) else answer


class DeskTransport(httpx.AsyncBaseTransport):
    """Carries requests to a desk without sockets."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        plain = HttpRequest(
            method=request.method,
            path=request.url.path,
            query=parse_query(request.url.query.decode()),
            headers=dict(request.headers),
            body=await request.aread(),
        )
        answer = await self.desk.handle(plain)
        headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
        return httpx.Response(answer.status, headers=headers, content=answer.body)

    async def aclose(self) -> None:
        self.closed = True


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def desk_transport(desk: Desk) -> DeskTransport:
    return DeskTransport(desk)


Opened = AbstractAsyncContextManager[Server]


@pytest.fixture
def serve_desk(desk: Desk) -> Callable[..., Opened]:
    """The desk behind a TLS socket that asks for client certificates; `desk.url` leads there."""

    @asynccontextmanager
    async def opened(context: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
        async with serve(desk.handle, context or PKI.server_context()) as server:
            desk.url = server.url
            yield server

    return opened


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that the other side of a socket does."""
    with anyio.fail_after(3):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await anyio.sleep(0.005)


@pytest.fixture(name="until")
def _until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    return until


@dataclass
class Listener:
    """A bare TCP server.

    Attributes:
        port: Its port.
        accepted: Connections so far.
        open: Connections that stand.
    """

    port: int = 0
    accepted: int = 0
    open: int = 0

    async def settled(self, connections: int) -> None:
        """Wait until so many connections stand.

        Raises:
            TimeoutError: It does not come to that.
        """
        await until(lambda: self.open == connections)


@pytest.fixture
def listen() -> Callable[[Talk], AbstractAsyncContextManager[Listener]]:
    """Serve every connection on 127.0.0.1 with a coroutine function."""

    @asynccontextmanager
    async def opened(talk: Talk) -> AsyncIterator[Listener]:
        state = Listener()

        async def connected(stream: anyio.abc.SocketStream) -> None:
            state.accepted += 1
            state.open += 1
            try:
                async with stream:
                    with suppress(anyio.BrokenResourceError, anyio.EndOfStream, anyio.ClosedResourceError):
                        await talk(stream)
            finally:
                state.open -= 1

        async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
            state.port = listener.extra(anyio.abc.SocketAttribute.local_port)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(listener.serve, connected)
                try:
                    yield state
                finally:
                    tasks.cancel_scope.cancel()

    return opened
