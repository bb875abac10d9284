"""The optional fast transport (extra `fast`): aiohttp in place of httpcore. asyncio only.

It tells how far a request got in the words httpcore uses, so that the same rules decide whether a write
stayed here. The usual bridge, httpx-aiohttp, does not, and calls every lost connection a `ConnectTimeout`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx

from bankgateway.errors import ConfigurationError, missing_extra
from bankgateway.transport.settings import Settings

if TYPE_CHECKING:
    import aiohttp


class FastTransport(httpx.AsyncBaseTransport):
    """One aiohttp session.

    Raises:
        ConfigurationError: aiohttp is not installed, the event loop is not asyncio's, or the proxy is none
            that aiohttp knows.
    """

    def __init__(self, context: ssl.SSLContext, settings: Settings) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError(
                "Settings.engine: aiohttp runs on asyncio only; leave it at httpx"
            ) from None
        try:
            import aiohttp
            import yarl
        except ImportError:
            raise missing_extra("aiohttp", "fast", "the fast transport") from None
        if settings.proxy is not None and not settings.proxy.startswith(("http://", "https://")):
            # Without the URL, which may hold a password.
            raise ConfigurationError("Settings.proxy cannot be used with aiohttp: give http://host:port")
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(_connected)
        trace.on_connection_reuseconn.append(_reused)
        self._aiohttp, self._url = aiohttp, yarl.URL
        self._proxy = settings.proxy
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=context, limit=settings.max_connections, keepalive_timeout=settings.keepalive_seconds
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            trace_configs=[trace],
        )
        # aiohttp sends a PUT or DELETE whose connection was lost once more by itself, and whether a call may
        # be repeated is not for it to say. Not a public switch: should it go, `_begin` refuses all the same.
        self._session._retry_connection = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        seconds = request.extensions["timeout"]
        body = b"".join([piece async for piece in request.stream])  # type: ignore[union-attr]
        progress = request.extensions["trace"]
        answer = await self._request(
            request.method,
            self._url(str(request.url), encoded=True),
            headers=[(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw],
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            data=body or None,
            allow_redirects=False,
            proxy=self._proxy,
            timeout=self._aiohttp.ClientTimeout(
                total=None,
                connect=seconds["pool"] + seconds["connect"],
                sock_connect=seconds["connect"],
                sock_read=seconds["read"],
            ),
            trace_request_ctx=progress,
        )
        await progress("aiohttp.receive_response_headers.complete", {})
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Answer(answer))

    async def _request(self, *arguments: Any, **options: Any) -> aiohttp.ClientResponse:
        try:
            return await self._session.request(*arguments, **options)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._session.closed or (task is not None and task.cancelling()):
                raise
        # Nobody cancelled the call: so aiohttp tells who waits for a connection that the session is closed.
        raise ConnectionAbortedError("the client is closed")

    async def aclose(self) -> None:
        """Close the session and its connections."""
        await self._session.close()


class _Answer(httpx.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._answer.content.iter_any():
            yield piece

    async def aclose(self) -> None:
        # Released where it was read to its end, closed where not.
        if self._answer.content.at_eof():
            self._answer.release()
        else:
            self._answer.close()


async def _connected(session: aiohttp.ClientSession, context: SimpleNamespace, parameters: object) -> None:
    await context.trace_request_ctx("aiohttp.start_tls.complete", {})
    # Closed meanwhile: aiohttp gives the connection up, and would leave it open were this to raise.
    if not session.closed:
        await _begin(context)


async def _reused(session: aiohttp.ClientSession, context: SimpleNamespace, parameters: object) -> None:
    await _begin(context)


async def _begin(context: SimpleNamespace) -> None:
    progress = context.trace_request_ctx
    if progress.started:
        raise RuntimeError("the request has left already")
    await progress("aiohttp.send_request_headers.started", {})
