"""Webhooks, both ends: what a fake bank sends, and a receiver to send it to."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import anyio
import httpx

from bankgateway_mocks.http import HttpRequest, HttpResponse
from bankgateway_mocks.server import Server, serve


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a notification.

    Attributes:
        at: When, aware.
        number: 1 for the first.
        status: HTTP status of the receiver's answer; `None` when there was none.
        error: What went wrong; `None` when it arrived.
    """

    at: datetime
    number: int
    status: int | None
    error: str | None

    @property
    def success(self) -> bool:
        """Whether the receiver took it."""
        return self.error is None


@dataclass(slots=True)
class Notification:
    """A webhook call as it was sent, or would be if an address were registered.

    Attributes:
        url: The registered address; `None` when there was none, and then it is never sent.
        headers: Names in lower case.
        body: The exact bytes.
        about: The bank's ids of the boletos in it.
        created_at: When it came to be, aware.
        attempts: Every try so far.
        next_attempt_at: When the bank tries again; `None` when it does not.
    """

    url: str | None
    headers: Mapping[str, str]
    body: bytes
    about: tuple[str, ...]
    created_at: datetime
    attempts: list[Attempt] = field(default_factory=list)
    next_attempt_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether the bank should try now."""
        return self.next_attempt_at is not None and self.next_attempt_at <= now


async def deliver(
    notification: Notification, client: httpx.AsyncClient, now: datetime, schedule: Sequence[timedelta]
) -> Attempt:
    """Post a notification once and note when to try again.

    Args:
        notification: It must have a `url`.
        client: Carries the bank's client certificate.
        now: The bank's time.
        schedule: Waits before the second try, the third, ...

    Returns:
        The attempt, which `notification.attempts` holds as well.
    """
    notification.next_attempt_at = None
    status, error = await _post(notification, client)
    number = len(notification.attempts) + 1
    attempt = Attempt(now, number, status, error)
    notification.attempts.append(attempt)
    if not attempt.success and number <= len(schedule):
        notification.next_attempt_at = now + schedule[number - 1]
    return attempt


async def _post(notification: Notification, client: httpx.AsyncClient) -> tuple[int | None, str | None]:
    try:
        answer = await client.post(
            str(notification.url), headers=dict(notification.headers), content=notification.body
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return None, f"{type(error).__name__}: {error}".removesuffix(": ")
    return answer.status_code, None if answer.is_success else answer.reason_phrase or "error"


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """What a receiver got.

    Attributes:
        headers: Names in lower case.
        body: The exact bytes.
        path: Path of the URL it came to.
        client_certificate: DER of the certificate the bank presented, if any.
    """

    headers: Mapping[str, str]
    body: bytes
    path: str
    client_certificate: bytes | None


class WebhookReceiver:
    """A server on loopback that collects webhooks.

        async with WebhookReceiver(ssl_context) as receiver:
            await bank.set_webhook(receiver.url)
            fake.pay("FAT-1")
            webhook = await receiver.next(within=5)
            events = bank.parse_webhook(webhook.headers, webhook.body)

    Args:
        ssl_context: Server side; `None` for plain HTTP. Ask for the bank's client certificate here.
        status: What to answer. Change it to make the bank try again.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None = None, *, status: int = 200) -> None:
        self.status = status
        self.received: list[ReceivedWebhook] = []
        self._ssl_context = ssl_context
        self._read = 0
        self._news = anyio.Condition()
        self._server: Server | None = None
        self._resources = AsyncExitStack()

    @property
    def url(self) -> str:
        """Where to send webhooks to.

        Raises:
            RuntimeError: Not running.
        """
        if self._server is None:
            raise RuntimeError("the receiver runs inside `async with` only")
        return f"{self._server.url}/webhook"

    async def next(self, within: float = 5.0) -> ReceivedWebhook:
        """The next webhook not yet returned by this method.

        Args:
            within: Seconds to wait for it.

        Raises:
            TimeoutError: None came.
        """
        with anyio.fail_after(within):
            async with self._news:
                while self._read >= len(self.received):
                    await self._news.wait()
                self._read += 1
                return self.received[self._read - 1]

    async def _receive(self, request: HttpRequest) -> HttpResponse:
        async with self._news:
            self.received.append(
                ReceivedWebhook(request.headers, request.body, request.path, request.client_certificate)
            )
            self._news.notify_all()
        return HttpResponse(self.status, {"content-type": "text/plain"}, b"OK" if self.status == 200 else b"")

    async def __aenter__(self) -> Self:
        self._server = await self._resources.enter_async_context(serve(self._receive, self._ssl_context))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        self._server = None
        return await self._resources.__aexit__(kind, error, traceback)
