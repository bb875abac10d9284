"""A small HTTP/1.1 server on loopback, for fake banks and for receivers of webhooks.

It is built on h11 and plain sockets rather than on an ASGI server, because a fault has to cut the
connection in the middle of an answer, and ASGI has no words for that.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

import anyio
import h11
from anyio import TypedAttributeProvider
from anyio.abc import ByteStream, SocketAttribute, SocketStream
from anyio.streams.tls import TLSAttribute, TLSStream

from bankgateway_mocks.http import (
    ConnectionDropped,
    ConnectionRefused,
    HttpRequest,
    HttpResponse,
    parse_query,
)

Handler = Callable[[HttpRequest], Awaitable[HttpResponse]]

HOST = "127.0.0.1"
MAXIMUM_CONNECTIONS = 256
MAXIMUM_HEADERS = 64 * 1024
MAXIMUM_BODY = 4 * 1024 * 1024
CHUNK = 64 * 1024

_log = logging.getLogger("bankgateway_mocks.server")


class _TooLarge(Exception):
    """The request's body is over the limit."""


def _attribute(provider: TypedAttributeProvider, attribute: Any) -> Any:
    return provider.extra(attribute, None)  # noqa: S610 - not Django's


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode("ascii")
    except ValueError:
        return b""


@dataclass
class Server:
    """A running server.

    Attributes:
        port: The TCP port the system gave it.
        url: Origin, `https://127.0.0.1:port` or `http://...`.
        connections: Connections accepted so far.
        handshake_failures: Those that ended in the TLS handshake.
        refused: Those that were turned away before it.
        errors: What the handler raised; each was answered with 500.
    """

    port: int
    url: str
    connections: int = 0
    handshake_failures: int = 0
    refused: int = 0
    errors: list[Exception] = field(default_factory=list)
    _open: int = field(default=0, repr=False)
    _idle: set[ByteStream] = field(default_factory=set, repr=False)

    def close_idle(self) -> None:
        """End the connections on which no request is under way."""
        for stream in self._idle:
            raw = _attribute(stream, SocketAttribute.raw_socket)
            try:
                raw.shutdown(socket.SHUT_RDWR)
            except OSError:
                _log.debug("the caller had left already")


@asynccontextmanager
async def beside(function: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run `function` while the block runs. An error of the block comes out bare, not in a group."""
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(function)
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised again below
            failure = error
        finally:
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


@asynccontextmanager
async def serve(
    handler: Handler,
    ssl_context: ssl.SSLContext | None = None,
    *,
    accepts: Callable[[], bool] = lambda: True,
    patience: float = 30.0,
) -> AsyncIterator[Server]:
    """Serve `handler` on a free port of 127.0.0.1 until the block ends.

    Nothing a caller does ends the server: garbage, half a handshake and a caller who falls silent
    cost that connection only.

    Args:
        handler: From request to answer. `ConnectionDropped` and `ConnectionRefused` cut the connection.
        ssl_context: Server side; `None` for plain HTTP.
        accepts: Asked for every new connection; false closes it before the handshake.
        patience: Seconds a caller may take for the handshake, for each request, and between two of them.

    Yields:
        The running server.
    """
    listener = await anyio.create_tcp_listener(local_host=HOST, local_port=0)
    port = _attribute(listener, SocketAttribute.local_port)
    server = Server(port, f"{'https' if ssl_context else 'http'}://{HOST}:{port}")

    async def connected(stream: SocketStream) -> None:
        server.connections += 1
        try:
            if server._open >= MAXIMUM_CONNECTIONS or not accepts():
                server.refused += 1
                return
            server._open += 1
            try:
                await _serve_connection(server, handler, stream, ssl_context, patience)
            finally:
                server._open -= 1
        finally:
            await anyio.aclose_forcefully(stream)

    async def accept() -> None:
        await listener.serve(connected)

    async with listener, beside(accept):
        yield server


async def _serve_connection(
    server: Server,
    handler: Handler,
    socket_stream: SocketStream,
    ssl_context: ssl.SSLContext | None,
    patience: float,
) -> None:
    stream: ByteStream = socket_stream
    if ssl_context is not None:
        handshake = _Handshake(ssl_context)
        try:
            with anyio.fail_after(patience):
                stream = await TLSStream.wrap(
                    socket_stream,
                    server_side=True,
                    ssl_context=cast("ssl.SSLContext", handshake),
                    standard_compatible=False,
                )
        except (ssl.SSLError, TimeoutError, anyio.BrokenResourceError, anyio.EndOfStream):
            server.handshake_failures += 1
            await handshake.send_alert(socket_stream)
            return
    try:
        await _Conversation(server, handler, stream, patience).run()
    except (
        h11.ProtocolError,
        ssl.SSLError,
        TimeoutError,
        ConnectionDropped,
        ConnectionRefused,
        anyio.BrokenResourceError,
        anyio.ClosedResourceError,
        anyio.EndOfStream,
    ) as reason:
        _log.debug("connection ended: %s", type(reason).__name__)


class _Handshake:
    """A context that keeps hold of what its handshake wants to send.

    When a handshake fails, anyio gives up with the alert still unsent, and the connection would be
    reset where a bank's server says what it dislikes.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._outgoing: ssl.MemoryBIO | None = None

    def wrap_bio(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *rest: Any, **more: Any
    ) -> ssl.SSLObject:
        self._outgoing = outgoing
        return self._context.wrap_bio(incoming, outgoing, *rest, **more)

    async def send_alert(self, stream: SocketStream) -> None:
        if self._outgoing is None or not self._outgoing.pending:
            return
        try:
            with anyio.move_on_after(1):
                await stream.send(self._outgoing.read())
                await stream.send_eof()
                # A close with unread input resets the connection and takes the alert with it.
                while True:
                    await stream.receive()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, OSError):
            return  # the caller has left already


class _Conversation:
    """The requests and answers of one connection."""

    def __init__(self, server: Server, handler: Handler, stream: ByteStream, patience: float) -> None:
        self._server = server
        self._handler = handler
        self._stream = stream
        self._patience = patience
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAXIMUM_HEADERS)

    async def run(self) -> None:
        while True:
            try:
                with anyio.fail_after(self._patience):
                    request = await self._receive()
            except h11.RemoteProtocolError as error:
                await self._answer(HttpResponse(error.error_status_hint, {"connection": "close"}))
                return
            except _TooLarge:
                await self._answer(HttpResponse(413, {"connection": "close"}))
                return
            if request is None:
                return
            await self._answer(await self._handle(request))
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    async def _handle(self, request: HttpRequest) -> HttpResponse:
        try:
            return await self._handler(request)
        except (ConnectionDropped, ConnectionRefused):
            raise
        except Exception as error:  # noqa: BLE001 - a fault in the fake must be seen, not kill the server
            _log.exception("the handler failed")
            self._server.errors.append(error)
            return HttpResponse(500, {"content-type": "text/plain; charset=utf-8"}, repr(error).encode())

    async def _receive(self) -> HttpRequest | None:
        self._server._idle.add(self._stream)
        try:
            head = await self._next_event()
        finally:
            self._server._idle.discard(self._stream)
        if not isinstance(head, h11.Request):
            return None
        if int(dict(head.headers).get(b"content-length", 0)) > MAXIMUM_BODY:
            raise _TooLarge
        if self._http.they_are_waiting_for_100_continue:
            await self._send(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))
        return self._request(head, await self._receive_body())

    async def _receive_body(self) -> bytes:
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > MAXIMUM_BODY:
                raise _TooLarge
        return bytes(body)

    async def _next_event(self) -> h11.Event | type[h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            try:
                data = await self._stream.receive(CHUNK)
            except anyio.EndOfStream:
                data = b""
            self._http.receive_data(data)
        return event  # type: ignore[return-value]

    def _request(self, head: h11.Request, body: bytes) -> HttpRequest:
        path, _, query = head.target.decode("ascii").partition("?")
        return HttpRequest(
            method=head.method.decode("ascii").upper(),
            path=unquote(path),
            query=parse_query(query),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers},
            body=body,
            client_certificate=_attribute(self._stream, TLSAttribute.peer_certificate_binary),
            over_tls=isinstance(self._stream, TLSStream),
        )

    async def _answer(self, answer: HttpResponse) -> None:
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        headers = [(name, value) for name, value in answer.headers.items() if name != "content-length"]
        if answer.status != 204:
            headers.append(("content-length", str(answer.content_length)))
        head = h11.Response(status_code=answer.status, headers=headers, reason=_reason(answer.status))
        data = self._http.send(head) or b""
        for start in range(0, len(answer.body), CHUNK):
            chunk = self._http.send(h11.Data(data=answer.body[start : start + CHUNK]))
            await self._send(data + (chunk or b""))
            data = b""
        if answer.missing:
            await self._send(data)
            raise ConnectionDropped
        await self._send(data + (self._http.send(h11.EndOfMessage()) or b""))

    async def _send(self, data: bytes | None) -> None:
        if data:
            with anyio.fail_after(self._patience):
                await self._stream.send(data)
