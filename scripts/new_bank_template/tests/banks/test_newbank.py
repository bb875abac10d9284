"""NEW_NAME: what only this bank does. The contract suite covers the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import bankgateway
from bankgateway import (
    BoletoRef,
    BoletoStatus,
    BusinessRule,
    Conflict,
    EventType,
    InvalidRequest,
    OutcomeUnknown,
    PaymentChannel,
    WebhookRejected,
)
from bankgateway.banks.newbank import Account, codes, mapping
from bankgateway.codes import CodeError
from bankgateway_mocks import FakeBank, samples
from bankgateway_mocks.clock import ManualClock
from bankgateway_mocks.replay import recordings

NOON = datetime(2026, 9, 22, 15, 0, tzinfo=UTC)
ACCOUNT = Account(agencia="4321", conta="98765432")


def new(**overrides: Any) -> bankgateway.NewBoleto:
    return samples.new_boleto("newbank", **{"due_date": date(2026, 10, 20), **overrides})


@pytest.fixture
def fake() -> FakeBank:
    return FakeBank("newbank", clock=ManualClock(NOON))


class TestRequest:
    """Pure mapping: NewBoleto -> body of the registration."""

    # PLACEHOLDER: every form of every field, as the bank's documentation has it.
    def test_smallest(self) -> None:
        body, notices = mapping.to_request(new(seu_numero="FAT-1"), ACCOUNT)
        assert notices == ()
        assert body == {
            "beneficiario": {"agencia": "4321", "conta": "98765432"},
            "seuNumero": "FAT-1",
            "valor": Decimal("187.45"),
            "vencimento": "2026-10-20",
            "pagador": {
                "documento": "11222333000181",
                "nome": "Mercearia Exemplo Ltda",
                "logradouro": "Rua das Amostras",
                "numero": "120",
                "complemento": "Sala 3",
                "bairro": "Centro",
                "cidade": "Belo Horizonte",
                "uf": "MG",
                "cep": "30110000",
            },
        }

    def test_texts_are_cut_and_reported(self) -> None:
        boleto = new(payer=samples.payer(name="x" * 90), messages=("Obrigado", "y" * 90))
        body, notices = mapping.to_request(boleto, ACCOUNT)
        assert body["pagador"]["nome"] == "x" * 60
        assert body["mensagens"] == ["Obrigado", "y" * 80]
        assert [(n.code, n.field) for n in notices] == [
            ("text_cut", "messages[1]"),
            ("text_cut", "payer.name"),
        ]


class TestCodes:
    """Nosso número and campo livre."""

    # PLACEHOLDER: the examples of the bank's documentation.
    def test_codes_of_a_recorded_boleto(self) -> None:
        recorded = recordings("newbank")["register"].response["body"]
        found = ACCOUNT.codes(nosso_numero="4700012-0", amount=Decimal("187.45"), due_date=date(2026, 10, 20))
        assert found.nosso_numero == recorded["nossoNumero"]
        assert found.nosso_numero_printed == "0004700012-0"
        assert found.barcode == recorded["codigoBarras"]
        assert found.digitable_line == recorded["linhaDigitavel"]

    @pytest.mark.parametrize("text", ["4700012-1", "00047000121", "x", "", "0000000000", "123"])
    def test_not_a_nosso_numero(self, text: str) -> None:
        with pytest.raises(CodeError):
            codes.nosso_numero(text)

    def test_a_barcode_of_another_account_is_noted(self) -> None:
        for number in ("00047000120", "odd"):
            answer = {"nossoNumero": number, "codigoBarras": "0" * 44}
            assert [n.field for n in mapping.to_boleto(answer, account=ACCOUNT).notices] == ["barcode"]
            assert mapping.to_boleto(answer).notices == ()


class TestAnswers:
    """Wire -> Boleto: odd answers."""

    def test_an_unknown_status_is_not_paid(self) -> None:
        boleto = mapping.to_boleto({"nossoNumero": "1", "situacao": "NOVIDADE", "valorPago": 10})
        assert boleto.status is BoletoStatus.UNKNOWN
        assert boleto.bank_status == "NOVIDADE"
        assert boleto.paid_amount is None

    def test_an_unknown_way_of_payment(self) -> None:
        boleto = mapping.to_boleto({"situacao": "PAGO", "canal": "NOVIDADE"})
        assert boleto.payment_channel is PaymentChannel.UNKNOWN

    @pytest.mark.parametrize("answer", [None, [], "", {"valor": "abc", "pagador": 7, "vencimento": "hoje"}])
    def test_nonsense_is_empty(self, answer: object) -> None:
        boleto = mapping.to_boleto(answer)
        assert (boleto.amount, boleto.payer, boleto.due_date) == (None, None, None)


class TestErrors:
    """The bank's error table."""

    # PLACEHOLDER: every code of the table.
    @pytest.mark.parametrize(
        ("status", "code", "error"),
        [(400, "B001", InvalidRequest), (422, "B005", BusinessRule), (400, "NOVO", InvalidRequest)],
    )
    def test_codes(self, status: int, code: str, error: type[Exception]) -> None:
        body = {"codigo": code, "mensagem": "texto do banco"}
        found = mapping.refusal(status, body, operation="register", writes=True)
        assert type(found) is error
        assert (found.code, found.message) == (code, "texto do banco")

    def test_a_server_error_leaves_a_write_unknown_whatever_it_says(self) -> None:
        found = mapping.refusal(500, {"codigo": "B001"}, operation="register", writes=True)
        assert isinstance(found, OutcomeUnknown)


class TestBank:
    """Against the fake."""

    pytestmark = pytest.mark.anyio

    async def test_query_by_seu_numero(self, fake: FakeBank) -> None:
        async with fake.connect() as bank:
            boleto = await bank.register(new(seu_numero="FAT-2"))
            found = await bank.query(BoletoRef(seu_numero="FAT-2"))
            assert (found.nosso_numero, found.barcode) == (boleto.nosso_numero, boleto.barcode)

    async def test_one_seu_numero_of_two_boletos_is_not_guessed(self, fake: FakeBank) -> None:
        async with fake.connect() as bank:
            await bank.cancel(await bank.register(new(seu_numero="FAT-3")))
            await bank.register(new(seu_numero="FAT-3"))
            with pytest.raises(Conflict, match="ask by nosso_numero"):
                await bank.query(BoletoRef(seu_numero="FAT-3"))

    async def test_a_reference_without_a_number(self, fake: FakeBank) -> None:
        async with fake.connect() as bank:
            for call in (bank.query, bank.cancel):
                with pytest.raises(InvalidRequest) as caught:
                    await call(BoletoRef(payer_tax_id="11222333000181"))
                assert [m.field for m in caught.value.messages] == ["nosso_numero"]
            assert fake.calls == ()

    async def test_reason_of_a_cancellation(self, fake: FakeBank) -> None:
        async with fake.connect() as bank:
            boleto = await bank.register(new())
            with pytest.raises(InvalidRequest, match="longer than 40"):
                await bank.cancel(boleto, "x" * 41)
            assert (await bank.cancel(boleto, "Pedido do cliente")).bank_status == "BAIXADO"

    async def test_another_boleto_with_the_same_seu_numero_is_refused(self, fake: FakeBank) -> None:
        async with fake.connect() as bank:
            await bank.register(new(seu_numero="FAT-4"))
            with pytest.raises(Conflict) as caught:
                await bank.register(new(seu_numero="FAT-4", amount=Decimal(99)))
            assert caught.value.duplicate
            assert len(fake.books) == 1

    async def test_a_refused_emission(self, fake: FakeBank) -> None:
        fake.fail_emission("FAT-5")
        async with fake.connect() as bank:
            with pytest.raises(BusinessRule):
                await bank.register(new(seu_numero="FAT-5"))


class TestWebhook:
    """Notification -> events."""

    ITEM: Mapping[str, Any] = {
        "id": "7f0c",
        "evento": "BOLETO_PAGO",
        "dataHora": "2026-10-16T14:03:22-03:00",
        "boleto": {"nossoNumero": "00047000120", "situacao": "PAGO", "dataPagamento": "2026-10-16"},
    }

    def test_paid(self) -> None:
        (event,) = bankgateway.parse_webhook("newbank", {}, json.dumps(self.ITEM))
        assert event.type is EventType.PAID
        assert event.occurred_at == datetime(2026, 10, 16, 17, 3, 22, tzinfo=UTC)
        assert event.dedupe_key == "newbank|7f0c"
        assert event.boleto is not None
        assert event.boleto.paid_on == date(2026, 10, 16)

    def test_an_unknown_event_is_told(self) -> None:
        body = json.dumps({**self.ITEM, "evento": "NOVIDADE"})
        (event,) = bankgateway.parse_webhook("newbank", {}, body)
        assert event.type is EventType.UNKNOWN

    @pytest.mark.parametrize("body", ["", "x", "[]", "{}", '{"id": "1", "evento": "BOLETO_PAGO"}'])
    def test_what_cannot_be_read_is_rejected(self, body: str) -> None:
        with pytest.raises(WebhookRejected):
            bankgateway.parse_webhook("newbank", {}, body)
