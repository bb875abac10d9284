"""Secrets and personal data stay out of logs, reprs, exceptions and hooks, for every bank (LGPD)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from bankgateway import AnswerInfo, BankClient, BankGatewayError, Cancel, Operation, RequestInfo, Settings
from bankgateway.connect import bank_class
from bankgateway.security.oauth import PROCESS_STORE
from bankgateway_mocks import FakeBank, samples
from bankgateway_mocks.faults import (
    DropAfter,
    EmptyBody,
    ExpireTokens,
    MalformedJson,
    RefuseConnection,
    ServerError,
    WrongContentType,
)

from .conftest import NOON, QUICK, ManualClock

pytestmark = pytest.mark.anyio

PRIVATE = {
    "name": "Zuleide Inventada Quixadá",
    "tax_id": "52998224725",
    "street": "Rua do Segredo Absoluto",
    "complement": "apto-proibido-99",
    "postal_code": "32017733",
    "email": "zuleide.inventada@segredo.example",
    "phone": "31988776655",
    "message": "cobranca particular de Zuleide",
}


def private_boleto(slug: str) -> Any:
    address = samples.payer().address
    assert address is not None
    payer = samples.payer(
        name=PRIVATE["name"],
        tax_id=PRIVATE["tax_id"],
        email=PRIVATE["email"],
        phone=PRIVATE["phone"],
        address=address.model_copy(
            update={name: PRIVATE[name] for name in ("street", "complement", "postal_code")}
        ),
    )
    lines = bank_class(slug).capabilities.max_messages
    return samples.new_boleto(slug, payer=payer, messages=(PRIVATE["message"],) if lines else ())


def secrets_of(bank: BankClient) -> Iterator[str]:
    for name in type(bank.credentials).model_fields:
        value = getattr(bank.credentials, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
    yield from (token.value for token in PROCESS_STORE._tokens.values())


async def everything(fake: FakeBank, bank: BankClient, told: list[object]) -> None:
    """Live through a boleto and every kind of failure; collect whatever the client shows."""
    boleto = await bank.register(private_boleto(fake.slug), wait=60)
    told += [boleto, private_boleto(fake.slug), boleto.ref, await bank.query(boleto)]
    fake.pay(boleto)
    told.append(await bank.query(boleto))
    today = bank.settings.clock.today()
    if bank.supports(Operation.SETTLEMENTS):
        told += [paid async for paid in bank.settlements(today, today)]
    for notification in fake.notifications:
        told += bank.parse_webhook(notification.headers, notification.body)
    for fault in (
        DropAfter(), ServerError(500), ServerError(502, html=True), MalformedJson(), EmptyBody(), WrongContentType(),
        ExpireTokens(), RefuseConnection(),
    ):  # fmt: skip
        fake.faults.add(fault, operation="register")
        fake.faults.add(ServerError(500), operation="search", times=9)
        try:
            told.append(await bank.register(private_boleto(fake.slug)))
        except BankGatewayError as error:
            told.append(error)
        fake.faults.clear()
    for wrong in (
        bank.cancel(boleto),
        bank.execute(boleto, Cancel()),
        bank.query(boleto.ref.model_copy(update={"bank_id": "x"})),
    ):
        try:
            told.append(await wrong)
        except BankGatewayError as error:
            told.append(error)
    told += [r async for r in bank.register_many([private_boleto(fake.slug)])]
    told += [bank, bank.account, bank.credentials, bank.settings, bank.environment, bank._transport]


def shown(thing: object) -> Iterator[str]:
    """All that a log, a traceback or an error tracker would print of a thing."""
    yield repr(thing)
    yield str(thing)
    if isinstance(thing, BaseException):
        yield repr(thing.args)
        yield from (repr(message) for message in getattr(thing, "messages", ()))
        for linked in (thing.__cause__, thing.__context__):
            if linked is not None:
                yield from shown(linked)


async def test_nothing_private_is_shown(slug: str, caplog: pytest.LogCaptureFixture) -> None:
    hooked: list[object] = []

    def before(info: RequestInfo) -> None:
        hooked.append(info)

    def after(info: RequestInfo, answer: AnswerInfo) -> None:
        hooked.extend((info, answer))

    caplog.set_level(logging.DEBUG)
    clock = ManualClock(NOON)
    fake = FakeBank(slug, clock=clock)
    settings = Settings(clock=clock, timeouts=QUICK, before_request=(before,), after_answer=(after,))
    told: list[object] = []
    async with fake.serve() as served, served.connect(settings=settings) as bank:
        await everything(fake, bank, told)
        secrets = list(secrets_of(bank))
    assert len(secrets) >= 2
    assert len(told) > 10
    assert hooked
    texts = [text for thing in told for text in shown(thing)]
    texts += [text for thing in hooked for text in shown(thing)]
    texts += [record.getMessage() + str(record.args) + (record.exc_text or "") for record in caplog.records]
    assert any(record.name.startswith("bankgateway") for record in caplog.records)
    secrets.extend(entry.payer_tax_id for entry in fake.books)
    lines = {b.digitable_line for b in told if getattr(b, "digitable_line", None)}
    for name, value in [
        *PRIVATE.items(),
        *(("secret", s) for s in secrets),
        *(("line", line) for line in lines),
    ]:
        leaks = [text for text in texts if str(value) in text]
        assert not leaks, f"{name} is shown in: {leaks[0][:300]}"


def test_no_secrets_in_the_recordings() -> None:
    """Recordings are synthetic: what no bank confirmed says so."""
    import bankgateway
    from bankgateway_mocks.replay import recordings

    for info in bankgateway.banks():
        for recording in recordings(info.slug).values():
            assert recording.origin in ("documentation", "sandbox", "production")
            assert "Bearer ey" not in str(recording.request)
            assert "PRIVATE KEY" not in str(recording.response)
