"""Monitoring hears of operations, requests and certificates, and of nothing about people or money."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bankgateway import (
    Cancel,
    ConfigurationError,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    RetryPolicy,
    Search,
    SearchDate,
    Settings,
)
from bankgateway.telemetry import OpenTelemetry
from bankgateway_mocks import FakeBank, samples
from bankgateway_mocks.clock import ManualClock
from bankgateway_mocks.faults import DropBefore, ExpireTokens, RateLimit

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 9, 22, 15, 0, tzinfo=UTC)
NO_RETRY = RetryPolicy(attempts=1)


class Monitor:
    """A monitoring system in memory."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.telemetry = OpenTelemetry(self.tracers, MeterProvider([self._reader]))
        self.clock = ManualClock(NOON)
        self.fake = FakeBank("inter", clock=self.clock)

    def settings(self, **more: Any) -> Settings:
        return Settings(telemetry=self.telemetry, clock=self.clock, **more)

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._spans.get_finished_spans()

    def told(self) -> list[tuple[str, str, int]]:
        """Name, outcome and attempts of each span."""
        return [
            (
                span.name.removeprefix("bankgateway."),
                str((span.attributes or {})["bankgateway.outcome"]),
                int(str((span.attributes or {})["bankgateway.attempts"])),
            )
            for span in self.spans
        ]

    def points(self, metric: str) -> list[Any]:
        data = self._reader.get_metrics_data()
        assert data is not None
        return [
            point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for found in scope.metrics
            if found.name == f"bankgateway.{metric}"
            for point in found.data.data_points
        ]

    def everything(self) -> str:
        data = self._reader.get_metrics_data()
        return "".join(span.to_json() for span in self.spans) + (data.to_json() if data else "")


@pytest.fixture
def monitor() -> Monitor:
    return Monitor()


async def test_the_life_of_a_boleto(monitor: Monitor) -> None:
    new = samples.new_boleto("inter", due_date=monitor.clock.today() + timedelta(days=5))
    async with monitor.fake.connect(settings=monitor.settings()) as bank:
        boleto = await bank.register(new, wait=30)
        await bank.query(boleto)
        await bank.cancel(boleto, "desistência")
    # A request for a token comes first, and looks at the registration until it is done last.
    assert monitor.told() == [("register", "ok", 4), ("query", "ok", 1), ("cancel", "ok", 1)]
    assert {span.kind for span in monitor.spans} == {trace.SpanKind.CLIENT}
    assert {(span.attributes or {})["bankgateway.bank"] for span in monitor.spans} == {"inter"}

    requests = {
        (
            point.attributes["bankgateway.operation"],
            point.attributes["http.response.status_code"],
        ): point.value
        for point in monitor.points("requests")
    }
    assert requests == {("token", 200): 1, ("register", 200): 1, ("query", 200): 3, ("cancel", 202): 1}
    assert [point.value for point in monitor.points("token.renewals")] == [1]
    assert sum(point.count for point in monitor.points("request.duration")) == 6
    assert monitor.points("retries") == []


async def test_nothing_about_people_or_money_is_told(monitor: Monitor) -> None:
    new = samples.new_boleto("inter", due_date=monitor.clock.today() + timedelta(days=5))
    async with monitor.fake.connect(settings=monitor.settings()) as bank:
        boleto = await bank.register(new, wait=30)
        monitor.fake.pay(boleto.ref)
        with pytest.raises(InvalidRequest):
            await bank.query(boleto.ref.model_copy(update={"bank_id": None, "seu_numero": None}))
        with pytest.raises(NotFound):
            await bank.query(
                boleto.ref.model_copy(update={"bank_id": "00000000-0000-0000-0000-000000000000"})
            )
    told = monitor.everything()
    assert "NotFound" in told
    address = new.payer.address
    assert address is not None
    for secret in (
        new.payer.name, new.payer.tax_id, address.street, str(new.amount), new.seu_numero,
        boleto.ref.bank_id, boleto.barcode, boleto.nosso_numero, "00000000-0000-0000-0000-000000000000",
    ):  # fmt: skip
        assert secret
        assert str(secret) not in told
    for span in monitor.spans:
        assert not span.events
        assert span.status.description is None


async def test_an_unknown_outcome_and_its_look_ups(monitor: Monitor) -> None:
    monitor.fake.faults.add(DropBefore())
    async with monitor.fake.connect(settings=monitor.settings(retry=NO_RETRY)) as bank:
        with pytest.raises(OutcomeUnknown):
            await bank.register(samples.new_boleto("inter", due_date=monitor.clock.today()))
    (span,) = monitor.spans
    name, outcome, attempts = monitor.told()[0]
    assert (name, outcome) == ("register", "OutcomeUnknown")
    assert attempts > 2, "the look-ups count"
    assert span.status.status_code is trace.StatusCode.ERROR
    silent = [p for p in monitor.points("requests") if p.attributes["http.response.status_code"] == 0]
    assert [(p.attributes["bankgateway.operation"], p.value) for p in silent] == [("register", 1)]


async def test_retries_and_renewals_are_counted(monitor: Monitor) -> None:
    async with monitor.fake.connect(settings=monitor.settings()) as bank:
        boleto = await bank.register(samples.new_boleto("inter", due_date=monitor.clock.today()))
        monitor.fake.faults.add(RateLimit(retry_after=1), operation="query")
        await bank.query(boleto)
        monitor.fake.faults.add(ExpireTokens(), operation="query")
        await bank.query(boleto)
    assert monitor.told() == [("register", "ok", 2), ("query", "ok", 2), ("query", "ok", 3)]
    assert sum(point.value for point in monitor.points("retries")) == 2
    assert [point.value for point in monitor.points("token.renewals")] == [2]


async def test_a_list_has_one_span_a_page_and_leaves_the_callers_context_alone(monitor: Monitor) -> None:
    today = monitor.clock.today()
    criteria = Search(by=SearchDate.DUE, since=today, until=today, page_size=2)
    async with monitor.fake.connect(settings=monitor.settings()) as bank:
        for _ in range(3):
            await bank.register(samples.new_boleto("inter", due_date=today))
        before = len(monitor.spans)
        tracer = monitor.tracers.get_tracer("mine")
        with tracer.start_as_current_span("mine") as mine:
            seen = 0
            async for boleto in bank.search(criteria):
                assert trace.get_current_span() is mine
                assert boleto.due_date == today
                seen += 1
        assert seen == 3
        pages = [span for span in monitor.spans[before:] if span.name == "bankgateway.search"]
        assert len(pages) == 2
        assert all(span.parent is not None and span.parent.span_id == mine.context.span_id for span in pages)


async def test_an_operation_hangs_below_the_callers_span(monitor: Monitor) -> None:
    tracer = monitor.tracers.get_tracer("mine")
    async with monitor.fake.connect(settings=monitor.settings()) as bank:
        with tracer.start_as_current_span("checkout") as checkout:
            boleto = await bank.register(samples.new_boleto("inter", due_date=monitor.clock.today()), wait=30)
        await bank.execute(boleto, Cancel(reason="fim"))
    first = monitor.spans[0]
    assert first.parent is not None
    assert first.parent.span_id == checkout.get_span_context().span_id


async def test_the_days_left_of_the_certificate(monitor: Monitor) -> None:
    async with (
        monitor.fake.serve() as served,
        served.connect(settings=monitor.settings()) as bank,
    ):
        await bank.get_webhook()
        certificate = bank.credentials.client_certificate
        assert certificate is not None
        (point,) = monitor.points("certificate.days_left")
        assert point.value == certificate.days_left(monitor.clock.now())
        assert certificate.fingerprint.startswith(point.attributes["bankgateway.certificate"])
        assert certificate.subject not in monitor.everything()


class Broken(OpenTelemetry):
    def attempt(self, *_: object) -> None:
        raise RuntimeError("the exporter is gone")


async def test_telemetry_that_raises_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock(NOON)
    fake = FakeBank("inter", clock=clock)
    async with fake.connect(settings=Settings(telemetry=Broken(), clock=clock)) as bank:
        boleto = await bank.register(samples.new_boleto("inter", due_date=clock.today()))
    assert boleto.ref.bank_id
    assert "telemetry raised" in caplog.text


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ConfigurationError, match=r"bankgateway\[otel\]"):
        OpenTelemetry()
