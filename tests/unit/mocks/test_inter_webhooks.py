"""Webhooks of the fake of Inter: registration, what is sent, the history, the second try."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from bankgateway_mocks import ManualClock, Pki, WebhookReceiver
from bankgateway_mocks.inter.fake import InterFakeBank

pytestmark = pytest.mark.anyio

HOOK = "https://hooks.example.com/inter/cobranca"


@pytest.fixture
async def caller(caller: Any) -> Any:
    return await caller.authorize()


class Customer(httpx.AsyncBaseTransport):
    """The other end, in process."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        status = self.statuses.pop(0) if self.statuses else 200
        if not status:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(status)


async def test_one_address_per_account(caller: Any, clock: ManualClock) -> None:
    for answer in (await caller("GET", "/webhook"), await caller("DELETE", "/webhook")):
        assert (answer.status_code, answer.json()["title"]) == (404, "Não Encontrado")
    answer = await caller("PUT", "/webhook", json={"webhookUrl": HOOK})
    assert (answer.status_code, answer.content) == (204, b"")
    created = {"webhookUrl": HOOK, "criacao": "2026-09-21T15:00:00.000Z"}
    assert (await caller("GET", "/webhook")).json() == created
    clock.advance(minutes=1)
    await caller("PUT", "/webhook", json={"webhookUrl": HOOK + "/2"})
    changed = {**created, "webhookUrl": HOOK + "/2", "atualizacao": "2026-09-21T15:01:00.000Z"}
    assert (await caller("GET", "/webhook")).json() == changed
    assert (await caller("DELETE", "/webhook")).status_code == 204
    assert (await caller("GET", "/webhook")).status_code == 404


@pytest.mark.parametrize("url", ["http://hooks.example.com", "https://a b", "", None, 5])
async def test_only_https(caller: Any, url: object) -> None:
    answer = await caller("PUT", "/webhook", json={"webhookUrl": url})
    assert answer.status_code == 400
    assert answer.json()["violacoes"][0]["propriedade"] == "webhookUrl"


async def test_notifications_without_an_address(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await caller.register()
    bank.pay(bank_id, amount=Decimal("182.50"))
    issued, paid = bank.notifications
    assert (issued.url, issued.attempts, await bank.deliver()) == (None, [], 0)
    assert (
        paid.headers.items() >= {"content-type": "application/json", "x-conta-corrente": "76543218"}.items()
    )
    assert paid.headers["user-agent"].startswith("Java-http-client/")
    assert UUID(paid.headers["x-chave-idempotencia"]) != UUID(issued.headers["x-chave-idempotencia"])
    detail = await caller.query(bank_id)
    (event,) = json.loads(paid.body)
    assert event == {
        "codigoSolicitacao": bank_id,
        "seuNumero": "FAT-2026-00417",
        "situacao": "RECEBIDO",
        "dataHoraSituacao": "2026-09-21T15:00:00.000Z",
        "valorTotalRecebido": "182.50",
        "origemRecebimento": "PIX",
        **detail["boleto"],
        **detail["pix"],
    }
    (event,) = json.loads(issued.body)
    assert event["situacao"] == "A_RECEBER"
    assert not {"valorTotalRecebido", "origemRecebimento"} & set(event)


async def test_what_fires(caller: Any, bank: InterFakeBank, clock: ManualClock) -> None:
    bank.cancel_queries = 0
    for number in range(1, 6):
        await caller.register(seuNumero=str(number), dataVencimento="2026-09-22", numDiasAgenda=0)
    bank.fail_emission("1")
    bank.settle_now()
    bank.pay("2")
    bank.mark_received("3")
    await caller("POST", f"/{bank.books[3].bank_id}/cancelar", json={"motivoCancelamento": "x"})
    clock.advance(days=2)
    events = [json.loads(notification.body)[0] for notification in bank.notifications]
    assert [(event["seuNumero"], event["situacao"]) for event in events] == [
        ("1", "FALHA_EMISSAO"),
        *((number, "A_RECEBER") for number in "2345"),
        ("2", "RECEBIDO"),
        ("3", "MARCADO_RECEBIDO"),
        ("4", "CANCELADO"),
        ("5", "EXPIRADO"),
    ]
    assert "nossoNumero" not in events[0]


async def test_the_sandbox_writes_otherwise(caller: Any, bank: InterFakeBank) -> None:
    bank.sandbox_artefacts = True
    await caller.register()
    bank.pay("FAT-2026-00417", by="BOLETO", amount=Decimal("6.50"))
    (event,) = json.loads(bank.notifications[-1].body)
    assert (event["valorTotalRecebido"], event["origemRecebimento"]) == ("6.5", "RECEBIDO_BOLETO")


async def test_delivery_and_further_attempts(caller: Any, bank: InterFakeBank, clock: ManualClock) -> None:
    customer = Customer(500, 0, 404, 301, 503)
    await caller("PUT", "/webhook", json={"webhookUrl": HOOK})
    await caller.register()
    bank.settle_now()
    (notification,) = bank.notifications
    for wait in (20, 30, 60, 120):
        assert await bank.deliver(transport=customer) == 0
        assert await bank.deliver(transport=customer) == 0
        clock.advance(minutes=wait - 1)
        assert await bank.deliver(transport=customer) == 0
        clock.advance(minutes=1)
    assert await bank.deliver(transport=customer) == 0
    clock.advance(days=7)
    assert await bank.deliver(transport=customer) == 0
    assert [attempt.status for attempt in notification.attempts] == [500, None, 404, 301, 503]
    assert {request.content for request in customer.requests} == {notification.body}
    assert (
        customer.requests[0].headers["x-chave-idempotencia"] == notification.headers["x-chave-idempotencia"]
    )


async def test_arrived_is_not_sent_again(caller: Any, bank: InterFakeBank, clock: ManualClock) -> None:
    customer = Customer()
    await caller("PUT", "/webhook", json={"webhookUrl": HOOK})
    await caller.register()
    bank.settle_now()
    assert [await bank.deliver(transport=customer) for _ in range(2)] == [1, 0]
    clock.advance(days=1)
    assert await bank.deliver(transport=customer) == 0
    assert str(customer.requests[0].url) == HOOK


PERIOD = {"dataHoraInicio": "2026-09-21T00:00:00-03:00", "dataHoraFim": "2026-09-22T00:00-03:00"}


async def test_history_of_callbacks(caller: Any, bank: InterFakeBank, clock: ManualClock) -> None:
    await caller("PUT", "/webhook", json={"webhookUrl": HOOK})
    bank_id = await caller.register()
    bank.pay(bank_id)
    await bank.deliver(transport=Customer(502, 200))
    clock.advance(minutes=20)
    await bank.deliver(transport=Customer(0))
    answer = (await caller("GET", "/webhook/callbacks", params=PERIOD)).json()
    rows = answer.pop("data")
    assert answer == {"totalElementos": 3, "totalPaginas": 1, "primeiraPagina": True, "ultimaPagina": True}
    assert [(row["numeroTentativa"], row["sucesso"], row.get("httpStatus")) for row in rows] == [
        (2, False, None),
        (1, False, 502),
        (1, True, 200),
    ]
    assert rows[1]["payload"] == json.loads(bank.notifications[0].body)
    assert rows[1]["dataHoraDisparo"] == "2026-09-21T15:00:00.000Z"
    assert [row.get("mensagemErro") for row in rows] == ["ConnectError: refused", "Bad Gateway", None]
    other = await caller("GET", "/webhook/callbacks", params={**PERIOD, "codigoSolicitacao": "x"})
    assert other.json()["data"] == []
    early = {"dataHoraInicio": "2026-09-20T00:00:00.000Z", "dataHoraFim": "2026-09-20T23:00Z"}
    assert (await caller("GET", "/webhook/callbacks", params=early)).json()["totalElementos"] == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dataHoraInicio": "2026-09-21"}, "dataHoraInicio"),
        ({"dataHoraInicio": "2026-09-21T00:00:00 03:00"}, "dataHoraInicio"),
        ({"dataHoraFim": "2026-09-21T25:00:00-03:00"}, "dataHoraFim"),
        ({"tamanhoPagina": "9"}, "tamanhoPagina"),
        ({"tamanhoPagina": "51"}, "tamanhoPagina"),
        ({"pagina": "x"}, "pagina"),
    ],
)
async def test_refused_history(caller: Any, changes: dict[str, str], field: str) -> None:
    answer = await caller("GET", "/webhook/callbacks", params={**PERIOD, **changes})
    assert answer.status_code == 400
    assert [item["propriedade"] for item in answer.json()["violacoes"]] == [field]


@pytest.mark.parametrize("prefix", ["/cobranca/v3/cobrancas", "/cobranca/v3"])
async def test_manual_retry(caller: Any, bank: InterFakeBank, prefix: str) -> None:
    await caller("PUT", "/webhook", json={"webhookUrl": HOOK})
    bank_id = await caller.register()
    bank.settle_now()
    await bank.deliver(transport=Customer())
    await caller("PUT", "/webhook", json={"webhookUrl": HOOK + "/new"})
    answer = await caller.client.post(
        f"{prefix}/webhook/callbacks/retry",
        json={"codigoSolicitacao": [bank_id, "x"]},
        headers=caller.headers,
    )
    assert (answer.status_code, answer.json()) == (200, {"foundIds": [bank_id]})
    assert answer.headers["content-type"] == "aplication/json"
    customer = Customer()
    assert await bank.deliver(transport=customer) == 1
    assert str(customer.requests[0].url) == HOOK + "/new"
    assert [call.operation for call in bank.calls][-1] == "retry_callbacks"


@pytest.mark.parametrize("ids", [None, [], ["x"] * 51, "x"])
async def test_refused_retry(caller: Any, ids: object) -> None:
    answer = await caller("POST", "/webhook/callbacks/retry", json={"codigoSolicitacao": ids})
    assert answer.status_code == 400


async def test_delivery_over_mutual_tls(caller: Any, bank: InterFakeBank) -> None:
    """A receiver that demands the bank's certificate, as its documentation advises."""
    context = Pki().server_context(client_ca=Pki().webhook_ca())
    async with WebhookReceiver(context) as receiver:
        await caller("PUT", "/webhook", json={"webhookUrl": receiver.url})
        await caller.register()
        bank.settle_now()
        assert await bank.deliver() == 1
        received = await receiver.next(within=1)
    assert received.body == bank.notifications[0].body
    assert received.headers.items() >= dict(bank.notifications[0].headers).items()
    assert received.path == "/webhook"
    assert received.client_certificate is not None


async def test_untrusted_receivers_get_nothing(caller: Any, bank: InterFakeBank) -> None:
    stranger = Pki("another CA")
    async with WebhookReceiver(stranger.server_context(False)) as receiver:
        await caller("PUT", "/webhook", json={"webhookUrl": receiver.url})
        await caller.register()
        bank.settle_now()
        assert await bank.deliver() == 0
        assert str(bank.notifications[0].attempts[0].error).startswith("ConnectError")
        bank.webhook_trust = stranger.ca_pem
        bank.notifications[0].next_attempt_at = bank.clock.now()
        assert await bank.deliver() == 1
        assert (await receiver.next(within=1)).client_certificate is None


async def test_receiver_waits_in_order_and_gives_up() -> None:
    receiver = WebhookReceiver(status=500)
    with pytest.raises(RuntimeError, match="async with"):
        _ = receiver.url
    async with receiver, httpx.AsyncClient(trust_env=False) as client:
        for body in (b"1", b"2"):
            assert (await client.post(receiver.url, content=body)).status_code == 500
        assert [(await receiver.next()).body for _ in range(2)] == [b"1", b"2"]
        with pytest.raises(TimeoutError):
            await receiver.next(within=0.01)


async def test_addresses_that_are_none(caller: Any, bank: InterFakeBank) -> None:
    await caller("PUT", "/webhook", json={"webhookUrl": "https://"})
    await caller.register()
    bank.settle_now()
    assert await bank.deliver() == 0
    assert bank.notifications[0].attempts[0].status is None
