"""The life of a cobrança at the fake of Inter, seen over bare HTTP."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bankgateway import BoletoRef, BoletoStatus
from bankgateway_mocks import FakeBank, ManualClock, samples
from bankgateway_mocks.codes import crc16, digitable_line
from bankgateway_mocks.inter.fake import InterFakeBank

pytestmark = pytest.mark.anyio


@pytest.fixture
async def caller(caller: Any) -> Any:
    return await caller.authorize()


async def registered(bank: InterFakeBank, caller: Any, **changes: Any) -> str:
    bank_id: str = await caller.register(**changes)
    bank.settle_now()
    return bank_id


# Emission


async def test_emission_answers_the_id_only(caller: Any, order: dict[str, Any], bank: InterFakeBank) -> None:
    answer = await caller("POST", "", json=order)
    assert answer.status_code == 200
    assert list(answer.json()) == ["codigoSolicitacao"]
    (entry,) = bank.books
    assert entry.bank_id == answer.json()["codigoSolicitacao"]
    assert (entry.seu_numero, entry.nosso_numero, entry.amount) == ("FAT-2026-00417", None, Decimal("187.45"))
    assert (entry.due_date, entry.payer_tax_id) == (date(2026, 10, 20), "11222333000181")
    assert (entry.status, entry.bank_status) == (BoletoStatus.PENDING_REGISTRATION, "EM_PROCESSAMENTO")


async def test_emission_becomes_effective_after_queries(caller: Any, bank: InterFakeBank) -> None:
    bank.processing_queries = 2
    bank.first_query_404 = True
    bank_id = await caller.register()
    assert (await caller("GET", f"/{bank_id}")).status_code == 404
    for _ in range(2):
        processing = await caller.query(bank_id)
        assert list(processing) == ["cobranca"]
        assert processing["cobranca"]["situacao"] == "EM_PROCESSAMENTO"
    found = await caller.query(bank_id)
    assert list(found) == ["cobranca", "boleto", "pix"]
    assert found["cobranca"]["situacao"] == "A_RECEBER"


async def test_emission_becomes_effective_after_a_time(
    caller: Any, bank: InterFakeBank, clock: ManualClock
) -> None:
    bank.processing_queries, bank.processing_seconds = 99, 30
    bank_id = await caller.register()
    clock.advance(seconds=29)
    assert (await caller.query(bank_id))["cobranca"]["situacao"] == "EM_PROCESSAMENTO"
    clock.advance(seconds=1)
    assert (await caller.query(bank_id))["cobranca"]["situacao"] == "A_RECEBER"


async def test_emission_at_once(caller: Any, bank: InterFakeBank) -> None:
    bank.processing_queries = 0
    await caller.register()
    assert bank.books[0].status is BoletoStatus.REGISTERED


async def test_detail(caller: Any, bank: InterFakeBank, order: dict[str, Any]) -> None:
    bank_id = await registered(bank, caller)
    found = await caller.query(bank_id)
    assert found["cobranca"] == {
        "codigoSolicitacao": bank_id,
        "seuNumero": "FAT-2026-00417",
        "situacao": "A_RECEBER",
        "dataSituacao": "2026-09-21",
        "dataEmissao": "2026-09-21",
        "dataVencimento": "2026-10-20",
        "tipoCobranca": "SIMPLES",
        "valorNominal": 187.45,
        "arquivada": False,
        "descontos": [order["desconto"]],
        "multa": order["multa"],
        "mora": order["mora"],
        "pagador": order["pagador"],
    }
    assert found["boleto"] == {
        "nossoNumero": "42153007863",
        "codigoBarras": "07791160500000187450001112765432142153007863",
        "linhaDigitavel": "07790001161276543214621530078639116050000018745",
    }
    assert re.fullmatch("[0-9A-Za-z]{35}", found["pix"]["txid"])
    emv = found["pix"]["pixCopiaECola"]
    assert "5406187.45" in emv
    assert emv[-4:] == crc16(emv[:-4])


async def test_unset_payer_fields_come_empty(caller: Any, bank: InterFakeBank, order: dict[str, Any]) -> None:
    payer = order["pagador"]
    for name in ("numero", "complemento", "bairro", "email", "ddd", "telefone"):
        del payer[name]
    bank_id = await registered(bank, caller, pagador=payer, desconto=None, multa=None, mora=None)
    found = (await caller.query(bank_id))["cobranca"]
    assert found["pagador"] == {**payer, "numero": "", "complemento": "", "bairro": "", "email": ""}
    assert found["descontos"] == []
    assert not {"multa", "mora"} & set(found)


async def test_more_than_two_decimals_are_rounded_half_up(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await registered(bank, caller, multa={"codigo": "VALORFIXO", "valor": 0.335})
    assert (await caller.query(bank_id))["cobranca"]["multa"] == {"codigo": "VALORFIXO", "valor": 0.34}


@pytest.mark.parametrize(
    ("forms", "has_key", "parts"),
    [
        (["BOLETO", "PIX"], True, ["cobranca", "boleto", "pix"]),
        (["BOLETO", "PIX"], False, ["cobranca", "boleto"]),
        (["BOLETO"], True, ["cobranca", "boleto"]),
        (["SEM_FORMA_PAGAMENTO"], True, ["cobranca"]),
    ],
)
async def test_ways_of_payment(
    caller: Any, bank: InterFakeBank, forms: list[str], has_key: bool, parts: list[str]
) -> None:
    bank.has_pix_key = has_key
    bank_id = await registered(bank, caller, formasRecebimento=forms)
    assert list(await caller.query(bank_id)) == parts


async def test_invoice_is_echoed(caller: Any, bank: InterFakeBank) -> None:
    invoice = {"chaveNFe": "3" * 44, "numero": 417, "serie": 1, "dataEmissao": "2026-09-21"}
    bank_id = await registered(bank, caller, notaFiscal=invoice)
    assert (await caller.query(bank_id))["notaFiscal"] == invoice


async def test_refused_emission(caller: Any, bank: InterFakeBank, order: dict[str, Any]) -> None:
    order["valorNominal"] = 1.0
    answer = await caller("POST", "", json=order)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    body = answer.json()
    assert (body["title"], body["detail"]) == ("Dados inválidos.", "Verifique os dados enviados.")
    assert body["timestamp"] == "2026-09-21T12:00:00.000000-03:00"
    assert [item["propriedade"] for item in body["violacoes"]] == ["valorNominal"]
    assert bank.books == []


async def test_duplicates_are_refused_for_30_minutes(
    caller: Any, bank: InterFakeBank, order: dict[str, Any], clock: ManualClock
) -> None:
    await caller.register()
    clock.advance(minutes=29)
    answer = await caller("POST", "", json=order)
    assert (answer.status_code, answer.json()["title"]) == (400, "Requisição inválida")
    assert "duplicada" in answer.json()["detail"]
    await caller.register(seuNumero="FAT-2026-00418")
    await caller.register(valorNominal=187.46)
    await caller.register(dataVencimento="2026-10-21")
    clock.advance(minutes=1)
    await caller.register()
    assert len(bank.books) == 5
    with pytest.raises(LookupError, match="4 boletos"):
        bank.pay("FAT-2026-00417")


async def test_payer_who_is_the_beneficiary(caller: Any, bank: InterFakeBank, order: dict[str, Any]) -> None:
    bank.beneficiary_tax_id = "11222333000181"
    answer = await caller("POST", "", json=order)
    assert answer.status_code == 500
    assert answer.json()["title"] == "Erro desconhecido."
    assert answer.json()["violacoes"] == []
    assert bank.books == []


async def test_failing_emissions(caller: Any, bank: InterFakeBank) -> None:
    bank.fail_emission("FAT-1")
    to_come, under_way = await caller.register(seuNumero="FAT-1"), await caller.register(seuNumero="FAT-2")
    bank.fail_emission("FAT-2")
    bank.settle_now()
    for bank_id in (to_come, under_way):
        found = await caller.query(bank_id)
        assert (list(found), found["cobranca"]["situacao"]) == (["cobranca"], "FALHA_EMISSAO")
    await registered(bank, caller, seuNumero="FAT-3")
    with pytest.raises(ValueError, match="issued already"):
        bank.fail_emission("FAT-3")


# Time


async def test_overdue_then_expired(caller: Any, bank: InterFakeBank, clock: ManualClock) -> None:
    bank_id = await registered(bank, caller, dataVencimento="2026-09-25", numDiasAgenda=2)
    await caller.authorize()
    for days, situation, since in (
        (4, "A_RECEBER", "2026-09-21"),
        (1, "ATRASADO", "2026-09-26"),
        (1, "ATRASADO", "2026-09-26"),
        (5, "EXPIRADO", "2026-09-28"),
    ):
        clock.advance(days=days)
        await caller.authorize()
        found = (await caller.query(bank_id))["cobranca"]
        assert (found["situacao"], found["dataSituacao"]) == (situation, since)
    with pytest.raises(ValueError, match="EXPIRADO"):
        bank.pay(bank_id)


async def test_expired_before_it_was_issued(caller: Any, bank: InterFakeBank, clock: ManualClock) -> None:
    bank.processing_queries = 99
    await caller.register(dataVencimento="2026-09-25", numDiasAgenda=0)
    clock.advance(days=30)
    bank.settle_now()
    assert bank.books[0].bank_status == "EXPIRADO"


# Payment


async def test_payment_by_control(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await caller.register()
    bank.pay("FAT-2026-00417", by="BOLETO", amount=Decimal("182.76"))
    found = (await caller.query(bank_id))["cobranca"]
    assert (found["situacao"], found["dataSituacao"]) == ("RECEBIDO", "2026-09-21")
    assert (found["valorTotalRecebido"], found["origemRecebimento"]) == ("182.76", "BOLETO")
    assert (bank.books[0].status, bank.books[0].paid_amount) == (BoletoStatus.PAID, Decimal("182.76"))
    with pytest.raises(ValueError, match="RECEBIDO"):
        bank.pay(bank_id)


async def test_marked_as_received(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await caller.register(formasRecebimento=["SEM_FORMA_PAGAMENTO"])
    bank.mark_received(bank_id)
    found = (await caller.query(bank_id))["cobranca"]
    assert found["situacao"] == "MARCADO_RECEBIDO"
    assert not {"valorTotalRecebido", "origemRecebimento"} & set(found)


async def test_payment_by_api(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await registered(bank, caller)
    assert (await caller("POST", f"/{bank_id}/pagar", json={"pagarCom": "DINHEIRO"})).status_code == 400
    answer = await caller("POST", f"/{bank_id}/pagar", json={"pagarCom": "PIX"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert bank.books[0].paid_amount == Decimal("187.45")
    answer = await caller("POST", f"/{bank_id}/pagar", json={"pagarCom": "PIX"})
    assert answer.json()["detail"].endswith("se encontra na situação RECEBIDO")
    bank.has_pix_key = False
    bank_id = await registered(bank, caller, seuNumero="FAT-2")
    answer = await caller("POST", f"/{bank_id}/pagar", json={"pagarCom": "PIX"})
    assert answer.status_code == 400


async def test_controls_take_any_name(caller: Any, bank: InterFakeBank) -> None:
    new = samples.new_boleto("inter", seu_numero="FAT-5")
    for number in range(1, 6):
        await caller.register(seuNumero=f"FAT-{number}")
    bank.settle_now()
    one, two, three, *_ = bank.books
    bank.pay(BoletoRef(bank_id=one.bank_id, seu_numero="whatever"))
    bank.pay(BoletoRef(nosso_numero=two.nosso_numero))
    bank.pay(BoletoRef(seu_numero=three.seu_numero))
    bank.expire("FAT-4")
    bank.pay(new)
    states = ["RECEBIDO", "RECEBIDO", "RECEBIDO", "EXPIRADO", "RECEBIDO"]
    assert [entry.bank_status for entry in bank.books] == states
    with pytest.raises(LookupError, match="no boletos are 'FAT-6'"):
        bank.pay("FAT-6")


# Cancellation


async def test_cancellation_takes_effect_later(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await registered(bank, caller)
    answer = await caller("POST", f"/{bank_id}/cancelar", json={"motivoCancelamento": "Pedido do cliente"})
    assert (answer.status_code, answer.content) == (202, b"")
    assert (await caller.query(bank_id))["cobranca"]["situacao"] == "A_RECEBER"
    found = (await caller.query(bank_id))["cobranca"]
    assert (found["situacao"], found["motivoCancelamento"]) == ("CANCELADO", "Pedido do cliente")


async def test_cancellation_at_once(caller: Any, bank: InterFakeBank) -> None:
    bank.cancel_queries = 0
    bank_id = await registered(bank, caller)
    await caller("POST", f"/{bank_id}/cancelar", json={"motivoCancelamento": "Pedido do cliente"})
    assert bank.books[0].status is BoletoStatus.CANCELLED


@pytest.mark.parametrize("body", [{}, {"motivoCancelamento": ""}, {"motivoCancelamento": "x" * 51}])
async def test_cancellation_needs_a_reason(caller: Any, bank: InterFakeBank, body: dict[str, str]) -> None:
    bank_id = await registered(bank, caller)
    answer = await caller("POST", f"/{bank_id}/cancelar", json=body)
    assert answer.status_code == 400
    assert answer.json()["violacoes"][0]["propriedade"] == "motivoCancelamento"


async def test_cancellation_of_the_finished(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await registered(bank, caller)
    bank.pay(bank_id)
    answer = await caller("POST", f"/{bank_id}/cancelar", json={"motivoCancelamento": "x"})
    assert answer.status_code == 400
    body = answer.json()
    assert body["title"] == "Requisição inválida"
    assert body["detail"] == "A cobrança não pode ser cancelada, pois se encontra na situação RECEBIDO"
    assert re.fullmatch(r"2026-09-21T12:00:00\.\d{9}-03:00", body["timestamp"])
    assert body["violacoes"] == [{}]


async def test_payment_beats_a_pending_cancellation(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await registered(bank, caller)
    await caller("POST", f"/{bank_id}/cancelar", json={"motivoCancelamento": "x"})
    bank.pay(bank_id)
    bank.settle_now()
    assert bank.books[0].status is BoletoStatus.PAID


# Edition


async def test_edition(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await registered(bank, caller)
    before = await caller.query(bank_id)
    answer = await caller(
        "PATCH", f"/{bank_id}", json={"dataVencimento": "2026-11-05", "valorNominal": 192.3}
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "PROCESSANDO")
    status = f"/edicao/{answer.json()['codigoEdicao']}"
    assert (await caller("GET", status)).json() == {"status": "PROCESSANDO"}
    assert await caller.query(bank_id) == before
    assert (await caller("GET", status)).json() == {"status": "SUCESSO"}
    after = await caller.query(bank_id)
    assert (after["cobranca"]["dataVencimento"], after["cobranca"]["valorNominal"]) == ("2026-11-05", 192.3)
    assert after["boleto"]["nossoNumero"] == before["boleto"]["nossoNumero"]
    assert after["boleto"]["codigoBarras"][5:19] == "16210000019230"
    assert after["boleto"]["linhaDigitavel"] == digitable_line(after["boleto"]["codigoBarras"])
    assert after["pix"]["txid"] == before["pix"]["txid"]
    assert "5406192.30" in after["pix"]["pixCopiaECola"]


async def test_edition_at_once_and_failing(caller: Any, bank: InterFakeBank) -> None:
    bank.edit_polls = 0
    bank_id = await registered(bank, caller)
    assert (await caller("PATCH", f"/{bank_id}", json={"valorNominal": 200})).json()["status"] == "SUCESSO"
    bank.fail_next_edition()
    assert (await caller("PATCH", f"/{bank_id}", json={"valorNominal": 300})).json()["status"] == "FALHA"
    assert (await caller("PATCH", f"/{bank_id}", json={"valorNominal": 400})).json()["status"] == "SUCESSO"
    assert bank.books[0].amount == 400


async def test_edition_of_what_was_paid_meanwhile_fails(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await registered(bank, caller)
    answer = await caller("PATCH", f"/{bank_id}", json={"valorNominal": 200})
    bank.pay(bank_id)
    bank.settle_now()
    status = await caller("GET", f"/edicao/{answer.json()['codigoEdicao']}")
    assert status.json() == {"status": "FALHA"}
    assert bank.books[0].amount == Decimal("187.45")


async def test_refused_editions(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await registered(bank, caller)
    answer = await caller("PATCH", f"/{bank_id}", json={"multa": {}})
    assert answer.json()["title"] == "Dados inválidos."
    bank.pay(bank_id)
    answer = await caller("PATCH", f"/{bank_id}", json={"valorNominal": 200})
    assert answer.json()["detail"].endswith("se encontra na situação RECEBIDO")
    assert (await caller("GET", "/edicao/unknown")).status_code == 404


# PDF


async def test_pdf(caller: Any, bank: InterFakeBank) -> None:
    bank_id = await caller.register()
    assert (await caller("GET", f"/{bank_id}/pdf")).status_code == 404
    bank.settle_now()
    answer = await caller("GET", f"/{bank_id}/pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    document = base64.b64decode(answer.json()["pdf"])
    assert document.startswith(b"%PDF")
    assert b"07790001161276543214621530078639116050000018745" in document
    answer = await caller("GET", f"/{bank_id}/pdf", headers={"Accept": "application/pdf"})
    assert answer.status_code == 406


# Lists

PERIOD = {"dataInicial": "2026-10-01", "dataFinal": "2026-10-31"}


async def listed(caller: Any, **query: Any) -> list[str]:
    answer = await caller("GET", "", params={**PERIOD, **query})
    assert answer.status_code == 200, answer.text
    return [item["cobranca"]["seuNumero"] for item in answer.json()["cobrancas"]]


@pytest.fixture
async def three(caller: Any, bank: InterFakeBank, order: dict[str, Any]) -> list[str]:
    person = {**order["pagador"], "cpfCnpj": "52998224725", "tipoPessoa": "FISICA", "nome": "Ana Exemplo"}
    ids = [
        await caller.register(seuNumero="B", valorNominal=30),
        await caller.register(seuNumero="A", valorNominal=20, dataVencimento="2026-10-10", pagador=person),
        await caller.register(seuNumero="C", valorNominal=10, dataVencimento="2026-11-10"),
    ]
    bank.settle_now()
    bank.pay("B", amount=Decimal("29.5"))
    return ids


async def test_list_item(caller: Any, three: list[str]) -> None:
    answer = await caller("GET", "", params={**PERIOD, "seuNumero": "B"})
    page = answer.json()
    (item,) = page.pop("cobrancas")
    assert page == {
        "totalPaginas": 1,
        "totalElementos": 1,
        "primeiraPagina": True,
        "ultimaPagina": True,
        "tamanhoPagina": 100,
        "numeroDeElementos": 1,
    }
    assert item["cobranca"] == {
        "codigoSolicitacao": three[0],
        "seuNumero": "B",
        "situacao": "RECEBIDO",
        "dataSituacao": "2026-09-21",
        "dataEmissao": "2026-09-21",
        "dataVencimento": "2026-10-20",
        "valorNominal": "30.00",
        "valorTotalRecebido": "29.50",
        "origemRecebimento": "PIX",
        "tipoCobranca": "SIMPLES",
        "pagador": {"nome": "Mercearia Exemplo Ltda", "cpfCnpj": "11222333000181"},
    }
    assert set(item) == {"cobranca", "boleto", "pix"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["A", "B"]),
        ({"filtrarDataPor": "VENCIMENTO"}, ["A", "B"]),
        ({"filtrarDataPor": "EMISSAO"}, []),
        ({"filtrarDataPor": "EMISSAO", "dataInicial": "2026-09-21"}, ["A", "B", "C"]),
        ({"filtrarDataPor": "PAGAMENTO", "dataInicial": "2026-09-21"}, ["B"]),
        ({"situacao": "A_RECEBER"}, ["A"]),
        ({"situacao": "CANCELADO"}, []),
        ({"pessoaPagadora": "ana"}, ["A"]),
        ({"cpfCnpjPessoaPagadora": "529.982.247-25"}, ["A"]),
        ({"seuNumero": "B"}, ["B"]),
        ({"tipoCobranca": "SIMPLES"}, ["A", "B"]),
        ({"tipoCobranca": "RECORRENTE"}, []),
        ({"dataFinal": "2026-11-30", "ordenarPor": "VALOR"}, ["C", "A", "B"]),
        ({"dataFinal": "2026-11-30", "ordenarPor": "VALOR", "tipoOrdenacao": "DESC"}, ["B", "A", "C"]),
        ({"dataFinal": "2026-11-30", "ordenarPor": "DATA_VENCIMENTO"}, ["A", "B", "C"]),
        ({"dataFinal": "2026-11-30", "ordenarPor": "IDENTIFICADOR", "tipoOrdenacao": "ASC"}, ["A", "B", "C"]),
        ({"dataFinal": "2026-11-30", "ordenarPor": "STATUS"}, ["A", "C", "B"]),
        ({"novidade": "x"}, ["A", "B"]),
    ],
)
@pytest.mark.usefixtures("three")
async def test_filters_and_order(caller: Any, query: dict[str, str], expected: list[str]) -> None:
    found = await listed(caller, **query)
    assert (found if "ordenarPor" in query else sorted(found)) == expected


@pytest.mark.usefixtures("three")
async def test_pages_count_from_zero(caller: Any) -> None:
    query = {
        **PERIOD,
        "dataFinal": "2026-11-30",
        "ordenarPor": "IDENTIFICADOR",
        "paginacao.itensPorPagina": 2,
    }
    pages = [
        (await caller("GET", "", params={**query, "paginacao.paginaAtual": number})).json()
        for number in range(3)
    ]
    assert [[c["cobranca"]["seuNumero"] for c in page["cobrancas"]] for page in pages] == [
        ["A", "B"],
        ["C"],
        [],
    ]
    assert [(page["primeiraPagina"], page["ultimaPagina"]) for page in pages] == [
        (True, False),
        (False, True),
        (False, True),
    ]
    assert {(page["totalPaginas"], page["totalElementos"], page["tamanhoPagina"]) for page in pages} == {
        (2, 3, 2)
    }
    first = (await caller("GET", "", params=query)).json()
    assert first == pages[0]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"dataInicial": "01/10/2026"}, "dataInicial"),
        ({"dataFinal": "2026-09-30"}, "dataFinal"),
        ({"filtrarDataPor": "SITUACAO"}, "filtrarDataPor"),
        ({"situacao": "A_RECEBER,RECEBIDO"}, "situacao"),
        ({"ordenarPor": "NADA"}, "ordenarPor"),
        ({"tipoOrdenacao": "asc"}, "tipoOrdenacao"),
        ({"seuNumero": "x" * 16}, "seuNumero"),
        ({"paginacao.itensPorPagina": "1001"}, "paginacao.itensPorPagina"),
        ({"paginacao.paginaAtual": "-1"}, "paginacao.paginaAtual"),
    ],
)
async def test_refused_queries(caller: Any, query: dict[str, str], field: str) -> None:
    answer = await caller("GET", "", params={**PERIOD, **query})
    assert answer.status_code == 400
    assert [item["propriedade"] for item in answer.json()["violacoes"]] == [field]


async def test_both_dates_are_required(caller: Any) -> None:
    answer = await caller("GET", "/sumario")
    assert [item["propriedade"] for item in answer.json()["violacoes"]] == ["dataInicial", "dataFinal"]


@pytest.mark.usefixtures("three")
async def test_summary(caller: Any) -> None:
    answer = await caller("GET", "/sumario", params=PERIOD)
    groups = {group["situacao"]: (group["quantidade"], group["valor"]) for group in answer.json()}
    assert len(groups) == 9
    assert groups.pop("RECEBIDO") == (1, 30)
    assert groups.pop("A_RECEBER") == (1, 20)
    assert set(groups.values()) == {(0, 0)}


# The sandbox's guise


async def test_sandbox_artefacts(caller: Any, bank: InterFakeBank) -> None:
    bank.sandbox_artefacts = True
    bank_id = await registered(bank, caller, valorNominal=2.5)
    found = await caller.query(bank_id)
    assert "codigoSolicitacao" not in found["cobranca"]
    boleto, pix = found["boleto"], found["pix"]
    assert re.fullmatch("76543[0-9]{5}", boleto["nossoNumero"])
    assert re.fullmatch("00000076543218[0-9]{30}", boleto["codigoBarras"])
    assert re.fullmatch("00000076543218[0-9]{33}", boleto["linhaDigitavel"])
    assert boleto["linhaDigitavel"] != digitable_line(boleto["codigoBarras"])
    assert re.fullmatch("76543218[0-9]{13}[0-9A-Za-z]{14}", pix["txid"])
    emv = pix["pixCopiaECola"]
    assert "26101" in emv
    assert "5901*6013Belo Horizont" in emv
    assert emv[-4:] == crc16(emv[:-4])


async def test_everything_follows_from_the_seed(make_caller: Callable[[FakeBank], Any]) -> None:
    ids = []
    for seed in (1, 1, 2):
        fake = FakeBank("inter", clock=ManualClock(datetime(2026, 9, 21, 15, 0, tzinfo=UTC)), seed=seed)
        ids.append(await (await make_caller(fake).authorize()).register())
    assert ids[0] == ids[1] != ids[2]
