"""What a monitoring system is told: one scope an operation, one call an attempt.

The SDK speaks to the `Telemetry` protocol; `OpenTelemetry` fills it in (extra `otel`). Neither ever hears of
amounts, names, numbers of boletos or the text of an error.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bankgateway._version import __version__
from bankgateway.errors import missing_extra

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

T = TypeVar("T")

TOKEN_OPERATION = "token"  # noqa: S105 - the name of an operation


class Telemetry(Protocol):
    """Hears of what the SDK does. Called on the event loop: it must be quick and must not raise."""

    def operation(self, bank: str, operation: str) -> AbstractContextManager[object]:
        """The scope of one operation, `register` for instance, with all its attempts and look-ups."""
        ...

    def page(self, bank: str, operation: str) -> AbstractContextManager[object]:
        """The scope of one step of a list. Most steps send nothing: only each new page does."""
        ...

    def attempt(self, bank: str, operation: str, number: int, status: int | None, seconds: float) -> None:
        """One request ended. `number` counts from 1; `status` is `None` when no answer came."""
        ...

    def certificate(self, bank: str, fingerprint: str, days_left: int) -> None:
        """A client certificate was looked at."""
        ...


async def watched_pages(
    telemetry: Telemetry, bank: str, operation: str, items: AsyncIterator[T]
) -> AsyncGenerator[T, None]:
    """The same items. No scope is open while the caller has one: it would become the caller's context."""
    try:
        while True:
            with telemetry.page(bank, operation):
                try:
                    item = await anext(items)
                except StopAsyncIteration:
                    return
            yield item
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()


class OpenTelemetry:
    """Spans and metrics of OpenTelemetry. Hand it to `Settings(telemetry=...)`; one serves all clients.

    Spans (kind client), one an operation, named `bankgateway.<operation>`: attributes `bankgateway.bank`,
    `bankgateway.operation`, `bankgateway.outcome` (`ok`, or the name of the error's class),
    `bankgateway.attempts` (requests sent, those for a token included).

    Metrics, with `bankgateway.bank`: `bankgateway.requests` and `bankgateway.retries` (counters, by operation
    and status), `bankgateway.request.duration` (histogram, seconds), `bankgateway.token.renewals` (counter of
    tokens asked for), `bankgateway.certificate.days_left` (gauge, by the first 16 digits of the fingerprint).

    Args:
        tracer_provider: Where spans go; OpenTelemetry's global one when `None`.
        meter_provider: Where metrics go; likewise.

    Raises:
        ConfigurationError: The extra `otel` is not installed.
    """

    def __init__(
        self, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        try:
            from opentelemetry import metrics, trace
        except ImportError as error:
            raise missing_extra("opentelemetry-api", "otel", "telemetry") from error
        self._trace = trace
        self._tracer = trace.get_tracer("bankgateway", __version__, tracer_provider)
        meter = metrics.get_meter("bankgateway", __version__, meter_provider)
        self._requests = meter.create_counter("bankgateway.requests", "{request}", "Requests sent to banks")
        self._retries = meter.create_counter(
            "bankgateway.retries", "{request}", "Requests that were not the first of their call"
        )
        self._renewals = meter.create_counter(
            "bankgateway.token.renewals", "{request}", "Tokens asked for at banks"
        )
        self._duration = meter.create_histogram(
            "bankgateway.request.duration", "s", "From the first byte sent to the last received"
        )
        self._days_left = meter.create_gauge(
            "bankgateway.certificate.days_left", "d", "Whole days until the client certificate expires"
        )
        self._attempts: ContextVar[list[int] | None] = ContextVar("bankgateway_attempts", default=None)

    @contextmanager
    def operation(self, bank: str, operation: str) -> Iterator[None]:
        """A span, current while the operation runs, so that spans of the HTTP library hang below it."""
        span = self._start(bank, operation)
        with (
            self._trace.use_span(
                span, end_on_exit=True, record_exception=False, set_status_on_exception=False
            ),
            self._counted(partial(self._say, span)),
        ):
            yield

    @contextmanager
    def page(self, bank: str, operation: str) -> Iterator[None]:
        """A span for the steps that sent something, and nothing for the others."""
        start = time.time_ns()

        def say(outcome: str, attempts: int) -> None:
            if attempts:
                span = self._start(bank, operation, start)
                self._say(span, outcome, attempts)
                span.end()

        with self._counted(say):
            yield

    def attempt(self, bank: str, operation: str, number: int, status: int | None, seconds: float) -> None:
        """Count a request."""
        if (sent := self._attempts.get()) is not None:
            sent[0] += 1
        labels: dict[str, str | int] = {"bankgateway.bank": bank, "bankgateway.operation": operation}
        labels["http.response.status_code"] = 0 if status is None else status
        self._requests.add(1, labels)
        self._duration.record(seconds, labels)
        if number > 1:
            self._retries.add(1, labels)
        if operation == TOKEN_OPERATION:
            self._renewals.add(1, {"bankgateway.bank": bank})

    def certificate(self, bank: str, fingerprint: str, days_left: int) -> None:
        """Note the days left."""
        self._days_left.set(
            days_left, {"bankgateway.bank": bank, "bankgateway.certificate": fingerprint[:16]}
        )

    def _start(self, bank: str, operation: str, start: int | None = None) -> Any:
        attributes = {"bankgateway.bank": bank, "bankgateway.operation": operation}
        return self._tracer.start_span(
            f"bankgateway.{operation}",
            kind=self._trace.SpanKind.CLIENT,
            attributes=attributes,
            start_time=start,
        )

    @contextmanager
    def _counted(self, say: Callable[[str, int], None]) -> Iterator[None]:
        sent = [0]
        before = self._attempts.set(sent)
        outcome = "ok"
        try:
            yield
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            self._attempts.reset(before)
            say(outcome, sent[0])

    def _say(self, span: Any, outcome: str, attempts: int) -> None:
        span.set_attributes({"bankgateway.outcome": outcome, "bankgateway.attempts": attempts})
        if outcome != "ok":
            # The class alone: an error's text may quote the bank, and the bank the payer.
            span.set_status(self._trace.StatusCode.ERROR)
