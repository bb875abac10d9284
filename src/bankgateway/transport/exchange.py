"""One attempt: a request goes out and an answer, or a failure, comes back.

A failure says whether the request surely stayed here. httpx alone does not tell: with TLS 1.3 a bank
refuses a client certificate *after* the request has left, and the same refusal looks different on asyncio
and on trio (a bare `ssl.SSLError` here, a `ReadError` there). So the start of sending is watched, and
alerts are read from the chain of causes.

No exception of httpx is kept: it would carry the request, and with it the bearer token, into tracebacks.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self
from urllib.parse import urlencode

import anyio
import httpx

from bankgateway.codes.personal_data import scrub
from bankgateway.errors import ConfigurationError
from bankgateway.security.tls import tls_failure
from bankgateway.transport.calls import Answer, request_id
from bankgateway.transport.pool import HttpPool, Lent, PoolClosedError
from bankgateway.transport.settings import Timeouts


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer came.

    Attributes:
        reason: `connect`, `pool`, `timeout`, `tls`, `certificate`, `connection`, `too_large` or `closed`.
        not_sent: The bank surely did not process the request.
        text: For a person, without personal data.
        seconds: How long it took.
    """

    reason: str
    not_sent: bool
    text: str
    seconds: float = 0.0

    @property
    def is_permanent(self) -> bool:
        """Trying again would fail the same way."""
        return self.reason in ("tls", "certificate", "too_large", "closed")


def build_request(
    method: str,
    url: str,
    *,
    params: tuple[tuple[str, str], ...] = (),
    headers: Mapping[str, str],
    content: bytes | None = None,
) -> httpx.Request:
    """The request as it will go out.

    Raises:
        ConfigurationError: A host or a header cannot be sent. The message names it and shows no value.
    """
    for name, value in headers.items():
        # httpx and h11 would quote the value, and with it a token or a key.
        if not (value.isascii() and value.isprintable() and value == value.strip()):
            raise ConfigurationError(f"the header {name} cannot be sent: its value is not plain ASCII text")
    with suppress(httpx.InvalidURL, ValueError):
        # httpx would put parameters of the same name together, and take away what the URL has already.
        query = f"{'&' if '?' in url else '?'}{urlencode(params)}" if params else ""
        where = httpx.URL(url + query) if query else _parsed(url)
        request = httpx.Request(method, where, headers=headers, content=content)
        request.stream = _Body(content or b"")
        if request.url.scheme in ("https", "http") and request.url.host:
            return request
    raise ConfigurationError("the bank's address is not a URL that can be called")


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    # A registration goes to one address, and httpx spends a tenth of a call on reading it. Queries are not
    # kept: they may hold a payer's document.
    return httpx.URL(url)


class _Body(httpx.AsyncByteStream):
    """A body in one piece.

    httpx's own leaves a generator unfinished when the connection breaks while it is sent, at which trio
    complains.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Pieces([self._content])


class _Pieces:
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop()


async def exchange(
    pool: HttpPool, request: httpx.Request, *, timeouts: Timeouts, max_bytes: int
) -> Answer | Failure:
    """Send once.

    Raises:
        ConfigurationError: The settings give no TLS context, or no proxy.
    """
    if pool.closed:
        return _CLOSED
    progress = _Progress(pool)
    request.extensions = {"timeout": timeouts.phases(), "trace": progress}
    started = anyio.current_time()
    try:
        with anyio.fail_after(timeouts.total):
            async with pool.lend() as lent, _no_half_made_connection(progress, lent):
                response = await lent.transport.handle_async_request(request)
                try:
                    body = await _read(response, max_bytes)
                finally:
                    # An answer that was read is an answer, however its connection ends.
                    with suppress(Exception):
                        await response.aclose()
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no answer, and a write must know
        failure = _classify(error, progress, anyio.current_time() - started)
    else:
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(
            status=response.status_code,
            headers=names,
            content=body,
            request_id=request_id(names),
            seconds=anyio.current_time() - started,
        )
    return failure


# --- Watching ---------------------------------------------------------------------------------------------


class _Progress:
    """How far an exchange got, as the connection reports it (httpcore's `trace` extension).

    Attributes:
        pool: Whose connection it is.
        reported: Anything was.
        half_made: The stream of a connection that is being made for this request.
        fresh: TLS was begun on it for this request; nothing was asked there before.
        started: The first byte of the request may have left.
        answered: The head of an answer came.
    """

    def __init__(self, pool: HttpPool) -> None:
        self.pool = pool
        self.reported = False
        self.half_made: Any = None
        self.fresh = False
        self.started = False
        self.answered = False

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.reported = True
        step = event.partition(".")[2]
        if step == "connect_tcp.complete":
            self.half_made = info.get("return_value")
        elif step == "start_tls.complete":
            self.half_made, self.fresh = info.get("return_value"), True
        elif step == "send_request_headers.started" and not _is_connect(info):
            if self.pool.closed:
                # It waited for a connection while the client was closed.
                raise PoolClosedError
            self.half_made, self.started = None, True
        elif step == "receive_response_headers.complete":
            self.answered = self.started

    @property
    def stayed(self) -> bool | None:
        """Whether the request surely did not leave; `None` where the connection does not tell."""
        return not self.started if self.reported or self.pool.tells_progress else None


def _is_connect(info: Mapping[str, Any]) -> bool:
    # The CONNECT to a proxy is not the request itself.
    return getattr(info.get("request"), "method", None) == b"CONNECT"


@asynccontextmanager
async def _no_half_made_connection(progress: _Progress, lent: Lent) -> AsyncIterator[None]:
    """Close a connection that failed or was cancelled while it was being made.

    httpcore leaves its socket open when the TLS handshake is cancelled, and keeps counting the connection
    when it is cancelled just after (or fails behind a proxy).
    """
    try:
        yield
    except BaseException:
        if progress.half_made is not None:
            lent.spoiled = True
            with anyio.CancelScope(shield=True), suppress(Exception):
                await progress.half_made.aclose()
        raise


# --- Reading ----------------------------------------------------------------------------------------------


class _TooLargeError(Exception):
    pass


async def _read(response: httpx.Response, limit: int) -> bytes:
    if response.is_stream_consumed:
        return _within(response.content, limit)
    body = bytearray()
    try:
        async for piece in response.aiter_raw():
            if len(body) <= limit:
                body += piece
            if len(body) > limit:
                # Closed rather than left: on trio, generators that are left unfinished complain.
                await response.aclose()
    except Exception:
        if len(body) <= limit:
            raise
    decoded = _decoded(_within(bytes(body), limit), response.headers.get("content-encoding", ""), limit)
    return _within(decoded, limit)


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise _TooLargeError
    return body


def _decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """The body of a gateway that compresses though nobody asked; what cannot be decoded stays as it is.

    Not by httpx, which decodes without a limit.
    """
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    with suppress(zlib.error):
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body, limit + 1)
    return body


_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


# --- What a failure means ---------------------------------------------------------------------------------

_CLOSED = Failure("closed", not_sent=True, text="the client is closed")

# What a transport of the user's says of itself. `ConnectTimeout` and `ProxyError` are not believed: the
# widespread httpx-aiohttp gives the former for every lost connection, also one lost after the request had
# left, and a registration sent again for that would be a second boleto.
_BEFORE_SENDING = (httpx.ConnectError, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def _classify(error: Exception, progress: _Progress, seconds: float) -> Failure:
    stayed = progress.stayed
    if stayed is None:
        stayed = isinstance(error, _BEFORE_SENDING)
    if isinstance(error, PoolClosedError) or (stayed and progress.pool.closed):
        return _CLOSED
    tls = tls_failure(error)
    if tls is not None and tls.kind == "certificate" and (stayed or progress.fresh) and not progress.answered:
        # The bank refused our certificate; it has read no HTTP, even where ours had left already.
        return Failure("certificate", not_sent=True, text=tls.sentence, seconds=seconds)
    if tls is not None and stayed:
        return Failure("tls", not_sent=True, text=tls.sentence, seconds=seconds)
    return Failure(_reason(error, stayed=stayed), not_sent=stayed, text=_text(error), seconds=seconds)


def _reason(error: Exception, *, stayed: bool) -> str:
    if isinstance(error, _TooLargeError):
        return "too_large"
    if isinstance(error, httpx.PoolTimeout):
        return "pool"
    if stayed:
        return "connect"
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return "timeout"
    return "connection"


def _text(error: Exception) -> str:
    if isinstance(error, _TooLargeError):
        return "the answer is too long"
    name = type(error).__name__
    if not isinstance(error, httpx.HTTPError | OSError):
        return name
    # h11 quotes what it cannot read: a payer's name, for all we know.
    text = re.split(r": |b['\"]|bytearray", str(error))[0].strip()
    return scrub(f"{name}: {text}") if text else name
