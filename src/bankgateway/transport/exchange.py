"""One attempt: a request goes out and an answer, or a failure, comes back.

A failure says whether the request surely stayed here. httpx alone does not tell: with TLS 1.3 a bank
refuses a client certificate *after* the request has left, and the same refusal looks different on asyncio
and on trio (a bare `ssl.SSLError` here, a `ReadError` there). So the start of sending is watched, and
alerts are read from the chain of causes.

No exception of httpx is kept: it would carry the request, and with it the bearer token, into tracebacks.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any

import anyio
import httpx

from bankgateway.codes.personal_data import scrub
from bankgateway.security.tls import tls_failure
from bankgateway.transport.calls import Answer, request_id
from bankgateway.transport.pool import HttpPool
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
        return self.reason in ("tls", "certificate", "closed")


class _Progress:
    """Whether the first byte of the request has left, as the connection reports it."""

    def __init__(self) -> None:
        self.reported = False
        self.started = False
        self.answered = False

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.reported = True
        if event.endswith("send_request_headers.started"):
            # The CONNECT to a proxy is not the request itself.
            if getattr(info.get("request"), "method", b"") != b"CONNECT":
                self.started = True
        elif event.endswith("receive_response_headers.complete"):
            self.answered = self.started


class _TooLargeError(Exception):
    pass


async def exchange(
    pool: HttpPool,
    method: str,
    url: str,
    *,
    params: tuple[tuple[str, str], ...],
    headers: dict[str, str],
    content: bytes | None,
    timeouts: Timeouts,
    max_bytes: int,
) -> Answer | Failure:
    """Send once."""
    if pool.closed:
        return Failure("closed", not_sent=True, text="the client is closed")
    progress = _Progress()
    request = httpx.Request(
        method, url, params=list(params) or None, headers=headers, content=content,
        extensions={"timeout": timeouts.phases(), "trace": progress},
    )  # fmt: skip
    started = anyio.current_time()
    try:
        with anyio.fail_after(timeouts.total):
            async with pool.transport() as transport:
                response = await transport.handle_async_request(request)
                try:
                    body = await _read(response, max_bytes)
                finally:
                    await response.aclose()
    except (
        httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError, _TooLargeError,
        anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream,
    ) as error:  # fmt: skip
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


async def _read(response: httpx.Response, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > limit:
            raise _TooLargeError(f"the answer is longer than {limit} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _classify(error: BaseException, progress: _Progress, seconds: float) -> Failure:
    stayed = not progress.started if progress.reported else isinstance(error, _BEFORE_SENDING)
    tls = tls_failure(error)
    if tls is not None and not progress.answered and tls.kind == "certificate":
        # The bank refused our certificate; it has read no HTTP, even where ours had left already.
        return Failure("certificate", not_sent=True, text=tls.sentence, seconds=seconds)
    if tls is not None and stayed:
        return Failure("tls", not_sent=True, text=tls.sentence, seconds=seconds)
    text = f"{type(error).__name__}: {scrub(str(error))}".removesuffix(": ").lstrip("_")
    return Failure(_reason(error, stayed=stayed), not_sent=stayed, text=text, seconds=seconds)


_BEFORE_SENDING = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError,
)  # fmt: skip


def _reason(error: BaseException, *, stayed: bool) -> str:
    if isinstance(error, _TooLargeError):
        return "too_large"
    if isinstance(error, httpx.PoolTimeout):
        return "pool"
    if stayed:
        return "connect"
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return "timeout"
    return "connection"
