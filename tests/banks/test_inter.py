"""Banco Inter: what only this bank does. The contract suite covers the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

import bankgateway
from bankgateway import (
    BoletoRef,
    BoletoStatus,
    BusinessRule,
    ChangeAmount,
    ChangeDueDate,
    CommandStatus,
    Conflict,
    Discount,
    EventType,
    Fine,
    Interest,
    InvalidRequest,
    Negativation,
    NotFound,
    PaymentChannel,
    PaymentRule,
    PaymentRuleKind,
    Protest,
    Search,
    SearchDate,
    Settings,
    UnexpectedResponse,
    Unsupported,
    WebhookRejected,
)
from bankgateway.banks import inter
from bankgateway.banks.inter import mapping, webhook
from bankgateway.models.boleto import DocumentKind
from bankgateway_mocks import FakeBank, replay, samples
from bankgateway_mocks.clock import ManualClock
from bankgateway_mocks.replay import recordings

NOON = datetime(2026, 9, 22, 15, 0, tzinfo=UTC)
ID = "5c0e7a41-9b1d-4f62-8d3a-2e7f90b1c6d4"
REF = BoletoRef(bank_id=ID)


def new(**overrides: Any) -> bankgateway.NewBoleto:
    return samples.new_boleto("inter", **{"due_date": date(2026, 10, 20), **overrides})


def body(boleto: bankgateway.NewBoleto, **account: Any) -> dict[str, Any]:
    return mapping.to_request(boleto, inter.Account(**account))[0]


def sandbox(**settings: Any) -> inter.Client:
    account = samples.account("inter")
    credentials = samples.credentials("inter")
    assert isinstance(account, inter.Account)
    assert isinstance(credentials, inter.Credentials)
    return bankgateway.connect(
        account, credentials, environment="sandbox", settings=Settings(clock=ManualClock(NOON), **settings)
    )


@pytest.fixture
def fake() -> Any:
    return FakeBank("inter", clock=ManualClock(NOON))


class TestRequest:
    """Pure mapping: NewBoleto -> body of the emission."""

    def test_smallest(self) -> None:
        boleto = new(seu_numero="FAT-1")
        assert body(boleto) == {
            "seuNumero": "FAT-1",
            "valorNominal": Decimal("187.45"),
            "dataVencimento": "2026-10-20",
            "numDiasAgenda": 60,
            "pagador": {
                "cpfCnpj": "11222333000181",
                "tipoPessoa": "JURIDICA",
                "nome": "Mercearia Exemplo Ltda",
                "endereco": "Rua das Amostras",
                "numero": "120",
                "complemento": "Sala 3",
                "bairro": "Centro",
                "cidade": "Belo Horizonte",
                "uf": "MG",
                "cep": "30110000",
                "email": "contas@example.com",
                "ddd": "31",
                "telefone": "999990000",
            },
        }

    @pytest.mark.parametrize(
        ("hybrid", "wire"), [(None, None), (True, ["BOLETO", "PIX"]), (False, ["BOLETO"])]
    )
    def test_pix_alone_is_never_asked_for(self, hybrid: bool | None, wire: list[str] | None) -> None:
        assert body(new(hybrid=hybrid)).get("formasRecebimento") == wire

    @pytest.mark.parametrize(
        ("charge", "wire"),
        [
            (
                {"interest": Interest.per_day(Decimal("0.35"))},
                {"mora": {"codigo": "VALORDIA", "valor": Decimal("0.35")}},
            ),
            (
                {"interest": Interest.monthly(Decimal(1))},
                {"mora": {"codigo": "TAXAMENSAL", "taxa": Decimal(1)}},
            ),
            ({"fine": Fine.fixed(Decimal(5))}, {"multa": {"codigo": "VALORFIXO", "valor": Decimal(5)}}),
            ({"fine": Fine.percent(Decimal(2))}, {"multa": {"codigo": "PERCENTUAL", "taxa": Decimal(2)}}),
            (
                {"discounts": (Discount.fixed(Decimal(10), until=date(2026, 10, 20)),)},
                {"desconto": {"codigo": "VALORFIXODATAINFORMADA", "quantidadeDias": 0, "valor": Decimal(10)}},
            ),
            (
                {"discounts": (Discount.percent(Decimal("2.5"), until=date(2026, 10, 15)),)},
                {
                    "desconto": {
                        "codigo": "PERCENTUALDATAINFORMADA",
                        "quantidadeDias": 5,
                        "taxa": Decimal("2.5"),
                    }
                },
            ),
        ],
    )
    def test_only_the_companion_of_the_code_is_sent(
        self, charge: dict[str, Any], wire: dict[str, Any]
    ) -> None:
        name, value = next(iter(wire.items()))
        assert body(new(**charge))[name] == value

    def test_exempt_interest_is_left_out(self) -> None:
        assert "mora" not in body(new(interest=Interest.exempt()))

    def test_texts_are_cleaned_then_cut_and_reported(self) -> None:
        payer = samples.payer(name="  Nome   com  espaços " + "x" * 120, email="a" * 45 + "@example.com")
        request, notices = mapping.to_request(new(payer=payer, messages=("m" * 90,)), inter.Account())
        assert len(request["pagador"]["nome"]) == 100
        assert request["pagador"]["nome"].startswith("Nome com espaços xx")
        assert "email" not in request["pagador"]
        assert [len(line) for line in request["mensagem"].values()] == [78]
        assert [(n.code, n.field) for n in notices] == [
            ("text_cut", "messages[0]"),
            ("field_dropped", "payer.email"),
            ("text_cut", "payer.name"),
        ]

    @pytest.mark.anyio
    async def test_notices_of_the_texts_reach_the_result(self, fake: Any) -> None:
        async with fake.connect() as bank:
            payer = samples.payer(name="x" * 120)
            boleto = await bank.register(new(payer=payer), wait=60)
            assert [(n.code, n.field) for n in boleto.notices] == [("text_cut", "payer.name")]


class TestBeforeAnyIO:
    """What bad input gets: a clear error that names field and rule, and no request."""

    pytestmark = pytest.mark.anyio

    @pytest.mark.parametrize(
        ("field", "overrides"),
        [
            ("amount", {"amount": Decimal("2.49")}),
            ("amount", {"amount": Decimal("100000000.00")}),
            ("seu_numero", {"seu_numero": "1234567890123456"}),
            ("due_date", {"due_date": date(2026, 9, 21)}),
            ("due_date", {"due_date": date(2042, 1, 1)}),
            ("messages", {"messages": tuple("123456")}),
            ("expires_after_days", {"expires_after_days": 61}),
            ("payer.address", {"payer": samples.payer(address=None)}),
            ("guarantor.address", {"guarantor": samples.payer(address=None)}),
            ("interest", {"interest": Interest.monthly(Decimal("1.005"))}),
        ],
    )
    async def test_a_value_outside_the_limits(self, fake: Any, field: str, overrides: dict[str, Any]) -> None:
        async with fake.connect() as bank:
            with pytest.raises(InvalidRequest) as caught:
                await bank.register(new(**overrides))
            assert [m.field for m in caught.value.messages] == [field]
            assert field in str(caught.value)
            assert caught.value.http_status is None
            assert fake.calls == ()

    @pytest.mark.parametrize(
        ("field", "overrides"),
        [
            ("nosso_numero", {"nosso_numero": "123"}),
            ("issue_date", {"issue_date": date(2026, 9, 22)}),
            ("document_kind", {"document_kind": DocumentKind.DM}),
            ("rebate", {"rebate": Decimal(5)}),
            ("protest", {"protest": Protest(days=5)}),
            ("negativation", {"negativation": Negativation(days=5)}),
            ("beneficiary", {"beneficiary": samples.payer()}),
            ("payment_rule", {"payment_rule": PaymentRule(kind=PaymentRuleKind.ANY)}),
            ("discounts", {"discounts": (Discount.per_day(Decimal(1)),)}),
            (
                "discounts",
                {
                    "discounts": (
                        Discount.fixed(Decimal(9), until=date(2026, 10, 1)),
                        Discount.fixed(Decimal(5), until=date(2026, 10, 9)),
                    )
                },
            ),
            ("fine.starts_on", {"fine": Fine.fixed(Decimal(1), starts_on=date(2026, 10, 25))}),
        ],
    )
    async def test_a_field_the_bank_lacks(self, fake: Any, field: str, overrides: dict[str, Any]) -> None:
        async with fake.connect() as bank:
            with pytest.raises(Unsupported) as caught:
                await bank.register(new(**overrides))
            assert caught.value.field == field
            assert (caught.value.bank, caught.value.operation) == ("inter", "register")
            assert fake.calls == ()

    @pytest.mark.parametrize(
        "charge", [{"fine": Fine.percent(Decimal(2))}, {"interest": Interest.monthly(Decimal(1))}]
    )
    async def test_zero_agenda_days_never_void_a_charge_in_silence(
        self, fake: Any, charge: dict[str, Any]
    ) -> None:
        async with fake.connect() as bank:
            with pytest.raises(InvalidRequest) as caught:
                await bank.register(new(expires_after_days=0, **charge))
            assert [m.field for m in caught.value.messages] == ["expires_after_days"]
            boleto = await bank.register(new(**charge), wait=60)
            assert boleto.status is BoletoStatus.REGISTERED
        async with fake.connect(account=inter.Account(expires_after_days=0)) as bank:
            with pytest.raises(InvalidRequest):
                await bank.register(new(**charge))
            await bank.register(new())
            await bank.register(new(interest=Interest.exempt()))

    @pytest.mark.parametrize(("minute", "taken"), [(59, True), (60, False)])
    async def test_due_today_until_19_59_in_brasilia(self, minute: int, taken: bool) -> None:
        clock = ManualClock(datetime(2026, 9, 22, 22, 0, tzinfo=UTC) + timedelta(minutes=minute))
        fake = FakeBank("inter", clock=clock)
        async with fake.connect() as bank:
            boleto = new(due_date=date(2026, 9, 22))
            if taken:
                await bank.register(boleto)
            else:
                with pytest.raises(InvalidRequest) as caught:
                    await bank.register(boleto)
                assert [m.field for m in caught.value.messages] == ["due_date"]

    async def test_references_and_reasons(self, fake: Any) -> None:
        async with fake.connect() as bank:
            for call in (
                bank.query(BoletoRef(nosso_numero="42153007863")),
                bank.query(BoletoRef(bank_id="..")),
                bank.cancel(BoletoRef(bank_id=".")),
                bank.cancel(BoletoRef(seu_numero="FAT-1")),
                bank.fetch_pdf(BoletoRef(seu_numero="FAT-1")),
                bank.execute(BoletoRef(seu_numero="x"), ChangeAmount(Decimal(10))),
            ):
                with pytest.raises(InvalidRequest) as caught:
                    await call
                assert [m.field for m in caught.value.messages] == ["bank_id"]
            with pytest.raises(InvalidRequest) as caught:
                await bank.cancel(REF, "x" * 51)
            assert [m.field for m in caught.value.messages] == ["reason"]
            with pytest.raises(InvalidRequest):
                await bank.execute(REF, ChangeDueDate(date(2026, 9, 21)))
            with pytest.raises(InvalidRequest):
                await bank.execute(REF, ChangeAmount(Decimal("2.49")))
            for url in ("http://plain.example.com", "https://a b", "ftp://x"):
                with pytest.raises(InvalidRequest):
                    await bank.set_webhook(url)
            with pytest.raises(Unsupported):
                await bank.set_webhook("https://hooks.example.com", events=["paid"])
            assert fake.calls == ()


class TestAnswer:
    """Pure mapping: answers -> Boleto."""

    @pytest.mark.parametrize("status", list(mapping.STATUS))
    def test_statuses(self, status: str) -> None:
        boleto = mapping.to_boleto({"cobranca": {"codigoSolicitacao": ID, "situacao": status}})
        assert boleto.status is mapping.STATUS[status]
        assert boleto.bank_status == status

    def test_an_unknown_status_is_never_paid(self) -> None:
        boleto = mapping.to_boleto(
            {"cobranca": {"situacao": "PAGO_NA_LUA", "valorTotalRecebido": "10.00"}}, bank_id=ID
        )
        assert boleto.status is BoletoStatus.UNKNOWN
        assert boleto.bank_status == "PAGO_NA_LUA"
        assert boleto.paid_amount is None
        assert boleto.ref.bank_id == ID

    @pytest.mark.parametrize(
        ("status", "origin", "channel"),
        [
            ("RECEBIDO", "BOLETO", PaymentChannel.BARCODE),
            ("RECEBIDO", "RECEBIDO_BOLETO", PaymentChannel.BARCODE),
            ("RECEBIDO", "RECEBIDO_PIX", PaymentChannel.PIX),
            ("RECEBIDO", "CHEQUE", PaymentChannel.UNKNOWN),
            ("MARCADO_RECEBIDO", None, PaymentChannel.OUTSIDE),
        ],
    )
    def test_channels(self, status: str, origin: str | None, channel: PaymentChannel) -> None:
        assert mapping.channel(status, origin) is channel

    @pytest.mark.parametrize(
        "answer",
        [
            None, [], "text", 7, {}, {"cobranca": None}, {"cobranca": []}, {"cobranca": {"valorNominal": {}, "descontos": 3}},
            {"cobranca": {"multa": {"codigo": "PERCENTUAL", "taxa": 700}, "mora": {"codigo": "VALORDIA", "valor": -1}}},
            {"cobranca": {"descontos": [{"codigo": "VALORFIXODATAINFORMADA", "quantidadeDias": 10**9, "valor": 1}],
                          "dataVencimento": "0001-01-01"}},
            {"boleto": "none", "pix": [1]},
        ],
    )  # fmt: skip
    def test_an_odd_answer_never_crashes_a_batch(self, answer: Any) -> None:
        assert mapping.to_boleto(answer, bank_id=ID).status is BoletoStatus.UNKNOWN

    def test_charges_are_read_back(self) -> None:
        answer = recordings("inter")["query-registered"].response["body"]
        boleto = mapping.to_boleto(answer)
        assert boleto.fine == Fine.percent(Decimal(2))
        assert boleto.interest == Interest.monthly(Decimal(1))
        assert boleto.discounts == (Discount.percent(Decimal("2.5"), until=date(2026, 10, 15)),)
        assert boleto.payer is not None
        assert boleto.payer.phone == "31999990000"


class TestRefusals:
    """Pure mapping: error bodies -> errors."""

    @pytest.mark.parametrize(
        "detail",
        [
            "Já existe uma cobrança com estes dados",
            "Cobrança duplicada",
            "Boleto já foi emitido nos últimos 30 minutos",
        ],
    )
    def test_a_duplicate_in_any_wording(self, detail: str) -> None:
        error = mapping.refusal(
            400, {"title": "Requisição inválida", "detail": detail}, operation="register", writes=True
        )
        assert isinstance(error, Conflict)
        assert error.duplicate

    def test_a_duplicate_is_only_of_a_registration(self) -> None:
        error = mapping.refusal(400, {"detail": "duplicidade"}, operation="cancel", writes=True)
        assert isinstance(error, BusinessRule)

    @pytest.mark.parametrize(
        "data", [None, "", [], {"violacoes": [{}]}, {"violacoes": "x"}, {"status": "403"}, {"title": None}]
    )
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 409, 415, 422, 429, 500, 502, 503, 504, 302])
    def test_every_shape_gives_an_error_with_its_status(self, status: int, data: object) -> None:
        for writes in (True, False):
            error = mapping.refusal(status, data, operation="register", writes=writes)
            assert error.http_status == status
            assert error.bank == "inter"
            assert str(error)


@pytest.mark.anyio
class TestOddities:
    async def test_404_right_after_the_emission_means_not_yet(self, fake: Any) -> None:
        fake.first_query_404 = True
        async with fake.connect() as bank:
            boleto = await bank.register(new(), wait=60)
            assert boleto.status is BoletoStatus.REGISTERED

    async def test_the_wait_ends_with_a_pending_boleto_not_with_an_error(self, fake: Any) -> None:
        fake.processing_queries = 1000
        async with fake.connect() as bank:
            boleto = await bank.register(new(), wait=20)
            assert boleto.status is BoletoStatus.PENDING_REGISTRATION
            assert boleto.ref.bank_id

    async def test_an_emission_that_fails_later_is_refused(self, fake: Any) -> None:
        fake.fail_emission("BAD-1")
        async with fake.connect() as bank:
            with pytest.raises(BusinessRule) as caught:
                await bank.register(new(seu_numero="BAD-1"), wait=60)
            assert caught.value.code == "FALHA_EMISSAO"

    async def test_an_unknown_outcome_does_not_adopt_a_cancelled_twin(self, fake: Any) -> None:
        async with fake.connect() as bank:
            twin = new(seu_numero="TWIN")
            first = await bank.register(twin, wait=60)
            await bank.cancel(first, wait=60)
            fake.clock.advance(minutes=31)
            from bankgateway_mocks.faults import DropAfter

            fake.faults.add(DropAfter(), operation="register")
            second = await bank.register(twin, wait=60)
            assert second.ref.bank_id != first.ref.bank_id
            assert second.status is BoletoStatus.REGISTERED

    async def test_query_by_seu_numero(self, fake: Any) -> None:
        async with fake.connect() as bank:
            await bank.register(new(seu_numero="ONE"))
            found = await bank.query(BoletoRef(seu_numero="ONE"))
            assert found.seu_numero == "ONE"
            with pytest.raises(NotFound):
                await bank.query(BoletoRef(seu_numero="NONE"))
            await bank.register(new(seu_numero="ONE", amount=Decimal(99)))
            with pytest.raises(Conflict):
                await bank.query(BoletoRef(seu_numero="ONE"))

    async def test_the_change_is_followed_by_its_edition_code(self, fake: Any) -> None:
        async with fake.connect() as bank:
            boleto = await bank.register(new(), wait=60)
            result = await bank.execute(boleto, ChangeAmount(Decimal("300.00")))
            assert result.status is CommandStatus.ACCEPTED
            assert result.tracking_id
            done = await bank.follow(result, wait=1800)
            assert done.status is CommandStatus.DONE
            assert done.boleto is not None
            assert done.boleto.amount == Decimal("300.00")
            assert done.boleto.digitable_line != boleto.digitable_line

    async def test_sandbox_filler_is_noted_and_never_raised(self) -> None:
        async with sandbox(strict_answers=True) as bank:
            with replay("inter", "query-sandbox-artefacts"):
                boleto = await bank.query(REF)
        assert {n.field for n in boleto.notices} >= {"barcode", "digitable_line", "pix.emv"}
        assert {n.code for n in boleto.notices} == {"answer_contradicts"}

    async def test_a_production_answer_that_contradicts_itself_is_flagged_or_raised(self, fake: Any) -> None:
        fake.sandbox_artefacts = True
        environment = inter.Client.environments["production"].at(fake.base_url)
        async with fake.connect(environment=environment) as bank:
            boleto = await bank.register(new(), wait=60)
            assert boleto.notices
        async with fake.connect(
            environment=environment, settings=Settings(strict_answers=True, clock=fake.clock)
        ) as bank:
            with pytest.raises(UnexpectedResponse) as caught:
                await bank.register(new(), wait=60)
            assert caught.value.boleto is not None
            assert caught.value.boleto.ref.bank_id

    async def test_account_header_only_when_there_is_an_account(self, fake: Any) -> None:
        async with sandbox() as bank:
            with replay("inter", "query-registered") as recorded:
                await bank.query(REF)
            sent = recorded.requests[-1][1]
            assert sent.headers["x-conta-corrente"] == "76543218"
            assert "application/pdf" not in sent.headers["accept"]

    async def test_pay_in_the_sandbox_only(self, fake: Any) -> None:
        async with sandbox() as bank:
            with replay("inter", "pay"):
                await bank.pay_in_sandbox(REF, by="PIX")
            with pytest.raises(InvalidRequest):
                await bank.pay_in_sandbox(REF, by="CASH")
        account, credentials = samples.account("inter"), samples.credentials("inter")
        async with inter.Client(account, credentials, environment="production") as bank:
            with pytest.raises(Unsupported):
                await bank.pay_in_sandbox(REF)

    @pytest.mark.parametrize("name", ["callbacks", "callbacks-other-names"])
    async def test_callback_history(self, name: str) -> None:
        recording = recordings("inter")[name]
        async with sandbox() as bank:
            with replay("inter", name):
                found = [c async for c in bank.callbacks(NOON - timedelta(days=2), NOON)]
        wanted = recording.expect["callbacks"][0]
        assert [(c.attempt, c.delivered, c.http_status) for c in found] == [
            (wanted["attempt"], wanted["success"], wanted["http_status"])
        ]
        assert [e.boleto.ref.bank_id for c in found for e in c.events if e.boleto] == wanted["bank_ids"]
        assert found[0].sent_at == datetime(2026, 9, 21, 14, 2, 33, 240000, tzinfo=UTC)

    async def test_callbacks_need_aware_instants(self, fake: Any) -> None:
        async with fake.connect() as bank:
            with pytest.raises(ValueError, match="aware"):
                _ = [c async for c in bank.callbacks(datetime(2026, 9, 1), datetime(2026, 9, 2))]  # noqa: DTZ001

    async def test_resend_callbacks(self, fake: Any) -> None:
        async with sandbox() as bank:
            with pytest.raises(Unsupported):
                await bank.resend_callbacks([REF])
            with pytest.raises(InvalidRequest):
                await bank.resend_callbacks([])
        async with fake.connect() as bank:
            await bank.set_webhook("https://hooks.example.com/inter")
            boleto = await bank.register(new(), wait=60)
            assert await bank.resend_callbacks([boleto, REF]) == [boleto.ref.bank_id]

    async def test_summary(self) -> None:
        recording = recordings("inter")["summary"]
        async with sandbox() as bank:
            with replay("inter", "summary"):
                totals = await bank.summary(Search(since=date(2026, 10, 1), until=date(2026, 10, 31)))
        assert {t.bank_status: (t.count, t.amount) for t in totals} == {
            word: (line["count"], Decimal(line["amount"]))
            for word, line in recording.expect["summary"].items()
        }

    async def test_search_sends_every_filter_by_the_banks_name(self, fake: Any) -> None:
        criteria = Search(
            since=date(2026, 9, 1), until=date(2026, 9, 30), by=SearchDate.ISSUE, status=BoletoStatus.PAID,
            payer_tax_id="11.222.333/0001-81", payer_name="Mercearia", seu_numero="FAT-1", page_size=5000,
            bank_filters={"tipoCobranca": "SIMPLES", "ordenarPor": "VALOR", "tipoOrdenacao": "DESC"},
        )  # fmt: skip
        async with sandbox() as bank:
            with replay("inter", "search-empty") as recorded:
                assert [b async for b in bank.search(criteria)] == []
        sent = [dict(request.url.params) for name, request in recorded.requests if name != "token"]
        assert [s.pop("situacao") for s in sent] == ["RECEBIDO", "MARCADO_RECEBIDO"]
        assert sent[0] == {
            "dataInicial": "2026-09-01", "dataFinal": "2026-09-30", "filtrarDataPor": "EMISSAO",
            "pessoaPagadora": "Mercearia", "cpfCnpjPessoaPagadora": "11222333000181", "seuNumero": "FAT-1",
            "tipoCobranca": "SIMPLES", "ordenarPor": "VALOR", "tipoOrdenacao": "DESC",
            "paginacao.itensPorPagina": "1000", "paginacao.paginaAtual": "0",
        }  # fmt: skip

    async def test_a_filter_the_bank_lacks(self, fake: Any) -> None:
        async with fake.connect() as bank:
            with pytest.raises(Unsupported) as caught:
                bank.search(
                    Search(since=date(2026, 9, 1), until=date(2026, 9, 2), bank_filters={"arquivada": "true"})
                )
            assert caught.value.field == "arquivada"

    async def test_the_token_endpoint_is_asked_at_most_five_times_a_minute(self, fake: Any) -> None:
        from bankgateway_mocks.faults import ExpireTokens

        limits = inter.Client.environments["production"].limits
        environment = inter.Client.environments["production"].at(fake.base_url, limits=limits)
        async with fake.connect(environment=environment) as bank:
            for _ in range(12):
                fake.faults.add(ExpireTokens(), operation="query")
                with pytest.raises(NotFound):
                    await bank.query(REF)
            assert sum(call.operation == "token" for call in fake.calls) == 13
            assert fake.clock.monotonic() >= 120

    async def test_webhook_of_another_account(self, fake: Any) -> None:
        item = json.dumps(
            [
                {
                    "codigoSolicitacao": ID,
                    "situacao": "RECEBIDO",
                    "dataHoraSituacao": "2026-10-16T14:36:45.606Z",
                }
            ]
        )
        async with fake.connect() as bank:
            assert bank.parse_webhook({"X-Conta-Corrente": "76543218"}, item)
            assert bank.parse_webhook({}, item)
            with pytest.raises(WebhookRejected):
                bank.parse_webhook({"x-conta-corrente": "11111111"}, item)


class TestWebhook:
    def test_the_documented_example(self) -> None:
        raw = {
            "codigoSolicitacao": ID, "seuNumero": "FAT-2026-00417", "situacao": "RECEBIDO",
            "dataHoraSituacao": "2026-10-16T02:36:45.606Z", "valorTotalRecebido": "2.5", "origemRecebimento": "PIX",
            "nossoNumero": "42153007863",
        }  # fmt: skip
        (event,) = bankgateway.parse_webhook("inter", {}, json.dumps([raw]))
        assert event.type is EventType.PAID
        assert event.boleto is not None
        assert event.boleto.paid_amount == Decimal("2.50")
        assert event.boleto.paid_on == date(2026, 10, 15)  # 23:36 of the day before, in Brasília
        assert event.raw == raw
        assert event.dedupe_key == f"inter|{ID}|RECEBIDO|2026-10-16T02:36:45.606Z"

    @pytest.mark.parametrize("status", [*mapping.EVENTS, "NOVO_ESTADO"])
    def test_every_status_is_an_event(self, status: str) -> None:
        (event,) = webhook.parse(json.dumps({"codigoSolicitacao": ID, "situacao": status}).encode())
        assert event.type is mapping.EVENTS.get(status, EventType.UNKNOWN)

    @pytest.mark.parametrize(
        "hostile",
        [
            b"", b"   ", b"[]", b"{}", b"null", b"7", b'"text"', b"[1]", b"[null]", b"[[]]", b"{", b"\xff\xfe\x00", b"NaN",
            b'[{"codigoSolicitacao": "x"}]', b'[{"situacao": "RECEBIDO"}]', b'{"codigoSolicitacao": {}, "situacao": []}',
            b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
            b" " * (1024 * 1024 + 1), b'[{"codigoSolicitacao": "' + b"x" * (1024 * 1024) + b'"}]',
            b"1" * 10_000, b'{"a": 1e999999999}',
        ],
    )  # fmt: skip
    def test_a_hostile_body_is_rejected_and_nothing_else(self, hostile: bytes) -> None:
        with pytest.raises(WebhookRejected):
            bankgateway.parse_webhook("inter", {}, hostile)

    @pytest.mark.parametrize("value", [None, 5, "1e999999", "NaN", {}, [], "x" * 1000, -1, "12,50"])
    @pytest.mark.parametrize(
        "name", ["valorTotalRecebido", "dataHoraSituacao", "origemRecebimento", "txid", "nossoNumero"]
    )
    def test_an_odd_field_does_not_lose_the_event(self, name: str, value: Any) -> None:
        item: Mapping[str, Any] = {"codigoSolicitacao": ID, "situacao": "RECEBIDO", name: value}
        (event,) = bankgateway.parse_webhook("inter", {}, json.dumps([item]))
        assert event.type is EventType.PAID


def test_every_recording_is_used() -> None:
    """Those of operations that only Inter has, and of the token, are replayed in this file or in the transport's."""
    uniform = {
        "register", "query", "search", "cancel", "execute", "fetch_pdf", "settlements", "set_webhook", "get_webhook",
        "delete_webhook",
    }  # fmt: skip
    rest = {name for name, r in recordings("inter").items() if r.expect["operation"] not in uniform}
    assert rest == {
        "callbacks", "callbacks-other-names", "retry-callbacks", "pay", "summary", "token", "token-no-certificate",
        "token-rate-limited", "token-scope-not-granted", "token-unavailable", "token-wrong-secret",
        "execute-status-done", "execute-status-failed", "execute-status-processing",
    }  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name", ["execute-status-done", "execute-status-failed", "execute-status-processing"]
)
async def test_status_of_a_change(name: str) -> None:
    expect = recordings("inter")[name].expect
    accepted = bankgateway.CommandResult(
        status=CommandStatus.ACCEPTED, kind="change_amount", ref=REF, tracking_id=expect["tracking_id"]
    )
    async with sandbox() as bank:
        with replay("inter", name, "query-registered"):
            if "error" in expect:
                with pytest.raises(getattr(bankgateway, expect["error"])):
                    await bank.follow(accepted)
            else:
                assert (await bank.follow(accepted)).status.value == expect["result"]["status"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name",
    [
        "token-no-certificate",
        "token-rate-limited",
        "token-scope-not-granted",
        "token-unavailable",
        "token-wrong-secret",
    ],
)
async def test_refusals_of_the_token_endpoint(name: str) -> None:
    expect = recordings("inter")[name].expect
    wanted = expect["error"]
    for kind in ("read", "write"):
        async with sandbox(retry=bankgateway.RetryPolicy(attempts=1)) as bank:
            with replay("inter", name), pytest.raises(bankgateway.BankGatewayError) as caught:
                await (bank.query(REF) if kind == "read" else bank.register(new()))
        assert type(caught.value).__name__ == (wanted if isinstance(wanted, str) else wanted[kind])
        assert caught.value.http_status == expect["http_status"]
