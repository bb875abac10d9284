"""Every recording of every bank: the client reports what the recording expects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import bankgateway
from bankgateway import (
    BankClient,
    BankGatewayError,
    Boleto,
    BoletoRef,
    NewBoleto,
    RetryPolicy,
    Search,
    Settings,
    command_from_dict,
)
from bankgateway_mocks import replay, samples
from bankgateway_mocks.clock import ManualClock
from bankgateway_mocks.replay import Recording, recordings

from .conftest import SLUGS  # isort: skip

pytestmark = pytest.mark.anyio

UNIFORM = {
    "register", "query", "search", "cancel", "execute", "fetch_pdf", "settlements", "set_webhook", "get_webhook",
    "delete_webhook",
}  # fmt: skip


def cases() -> list[Any]:
    """A recording that another one names under `then` is what the client asks next, not a case of its own."""
    found = []
    for slug in SLUGS:
        known = recordings(slug).values()
        # A second page makes no sense alone; an empty search or a plain query does.
        later = {name for r in known for name in then(r) if "query" in recordings(slug)[name].request}
        found += [
            pytest.param(slug, recording, id=f"{slug}-{recording.name}")
            for recording in known
            if recording.expect["operation"] in UNIFORM and recording.name not in later
        ]
    return found


def then(recording: Recording) -> list[str]:
    return list(recording.expect.get("then", []))


def client_for(slug: str) -> BankClient:
    settings = Settings(
        clock=ManualClock(datetime(2026, 9, 22, 15, 0, tzinfo=UTC)), retry=RetryPolicy(attempts=1)
    )
    account, credentials = samples.account(slug), samples.credentials(slug)
    return bankgateway.connect(account, credentials, environment="sandbox", settings=settings)


async def call(client: BankClient, slug: str, expect: Mapping[str, Any]) -> Any:
    """Do what the recording is about."""
    ref = BoletoRef(**expect["ref"]) if "ref" in expect else BoletoRef()
    search = Search(**{"since": "2026-10-01", "until": "2026-10-31", **expect.get("search", {})})
    match expect["operation"]:
        case "register":
            new = expect.get("new")
            due = date(2026, 10, 20)
            return await client.register(NewBoleto(**new) if new else samples.new_boleto(slug, due_date=due))
        case "query":
            return await client.query(ref)
        case "cancel":
            return await client.cancel(ref)
        case "execute":
            return await client.execute(ref, command_from_dict(expect["command"]))
        case "fetch_pdf":
            return await client.fetch_pdf(ref)
        case "search":
            return [boleto async for boleto in client.search(search)]
        case "settlements":
            return [paid async for paid in client.settlements(search.since, search.until)]
        case "set_webhook":
            return await client.set_webhook(
                expect.get("webhook", {}).get("url", "https://hooks.example.com/x")
            )
        case "get_webhook":
            return await client.get_webhook()
        case "delete_webhook":
            return await client.delete_webhook()
    raise AssertionError(f"no such operation: {expect['operation']}")


def same(wanted: Any, got: Any) -> bool:
    """Compare a value of a recording with one of ours."""
    if isinstance(wanted, Mapping):
        return all(same(value, getattr(got, name)) for name, value in wanted.items())
    if wanted is None or got is None or isinstance(wanted, bool | int):
        return bool(wanted == got)
    if isinstance(got, Decimal):
        return Decimal(wanted) == got
    if isinstance(got, datetime):
        return datetime.fromisoformat(wanted) == got
    if isinstance(got, date):
        return date.fromisoformat(wanted) == got
    return str(wanted) == str(getattr(got, "value", got))


def field(result: Any, name: str) -> Any:
    if name == "bank_id":
        return result.ref.bank_id
    return getattr(result, name)


def assert_fields(wanted: Mapping[str, Any], result: Any) -> None:
    wrong = {
        name: (value, field(result, name))
        for name, value in wanted.items()
        if not same(value, field(result, name))
    }
    assert not wrong, f"(expected, reported): {wrong}"


@pytest.mark.parametrize(("slug", "recording"), cases())
async def test_recording(slug: str, recording: Recording) -> None:
    expect = dict(recording.expect)
    for name in then(recording):
        if expect["operation"] == "search":
            expect["boletos"] = [*expect["boletos"], *recordings(slug)[name].expect["boletos"]]
    async with client_for(slug) as client:
        with replay(slug, recording.name, *then(recording)):
            if "error" in expect:
                with pytest.raises(getattr(bankgateway, expect["error"])) as caught:
                    await call(client, slug, expect)
                check_error(caught.value, expect)
                return
            result = await call(client, slug, expect)
    check_result(result, expect)


def check_error(error: BankGatewayError, expect: Mapping[str, Any]) -> None:
    for name in ("http_status", "state", "duplicate"):
        if name in expect:
            assert getattr(error, name) == expect[name], name
    for wanted in expect.get("messages", []):
        assert any(all(getattr(m, k) == v for k, v in wanted.items()) for m in error.messages), wanted
    assert error.bank
    assert error.operation
    assert str(error)


def check_result(result: Any, expect: Mapping[str, Any]) -> None:
    if "boleto" in expect:
        assert isinstance(result, Boleto)
        assert_fields(expect["boleto"], result)
        assert result.raw is not None
        assert result.http_status is not None
    if "result" in expect:
        assert_fields(expect["result"], result)
    for name in ("boletos", "settlements"):
        if name in expect:
            assert len(result) == len(expect[name])
            for wanted, got in zip(expect[name], result, strict=True):
                assert_fields(wanted, got)
    if "webhook" in expect:
        if expect["webhook"] is None:
            assert result is None
        else:
            assert_fields(expect["webhook"], result)
    if "starts_with" in expect:
        assert result.startswith(expect["starts_with"].encode())
        assert len(result) == expect.get("length", len(result))
