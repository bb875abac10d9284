"""The fake bank without sockets: an httpx transport that hands the request over directly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol

import httpx

from bankgateway_mocks.http import (
    AnswerTooLate,
    ConnectionDropped,
    ConnectionRefused,
    HttpRequest,
    HttpResponse,
    parse_query,
)

CHUNK = 64 * 1024


class AsyncHandler(Protocol):
    """From request to answer."""

    def __call__(self, request: HttpRequest, *, patience: float | None = None) -> Awaitable[HttpResponse]:
        """Answer; `patience` is the caller's read timeout in seconds."""


class InProcessTransport(httpx.AsyncBaseTransport):
    """Carries requests to a handler of the same process.

    There is no TLS and no client certificate on this way; use `FakeBank.serve` to test those.

    Args:
        handler: The fake bank's `handle`.
    """

    def __init__(self, handler: AsyncHandler) -> None:
        self._handler = handler

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the bank does; its faults become the errors httpx has for them.

        Raises:
            httpx.ConnectError: Nobody listens.
            httpx.ReadTimeout: The answer takes longer than the request's read timeout.
            httpx.RemoteProtocolError: The bank closed the connection.
        """
        timeouts = request.extensions.get("timeout") or {}
        try:
            answer = await self._handler(await _plain(request), patience=timeouts.get("read"))
        except ConnectionRefused:
            raise httpx.ConnectError("All connection attempts failed", request=request) from None
        except ConnectionDropped:
            raise httpx.RemoteProtocolError(
                "Server disconnected without sending a response.", request=request
            ) from None
        except AnswerTooLate:
            raise httpx.ReadTimeout("The read operation timed out", request=request) from None
        headers = list(answer.headers.items())
        if answer.status != 204:
            headers.append(("content-length", str(answer.content_length)))
        return httpx.Response(answer.status, headers=headers, stream=_Body(answer, request))


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: HttpResponse, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request
        self._sent = 0

    # Not an async generator: a reader that stops half-way would leave it to the garbage collector.

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = self._answer.body[self._sent : self._sent + CHUNK]
        self._sent += len(piece)
        if piece:
            return piece
        if self._answer.missing:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body "
                f"(received {self._sent} bytes, expected {self._answer.content_length})",
                request=self._request,
            )
        raise StopAsyncIteration


async def _plain(request: httpx.Request) -> HttpRequest:
    return HttpRequest(
        method=request.method.upper(),
        path=request.url.path,
        query=parse_query(request.url.query.decode("ascii")),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.aread(),
    )
