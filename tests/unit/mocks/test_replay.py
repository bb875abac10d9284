"""Recordings, and the router that replays them."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from bankgateway_mocks import recordings, replay
from bankgateway_mocks.inter.fake import ROUTES
from bankgateway_mocks.inter.validation import check_emission
from bankgateway_mocks.replay import UnmatchedRequest

HOST = "https://cdpj-sandbox.partners.uatinter.co"
ID = "5c0e7a41-9b1d-4f62-8d3a-2e7f90b1c6d4"
QUERY = f"{HOST}/cobranca/v3/cobrancas/{ID}"
ALL = sorted(recordings("inter").items())


@pytest.mark.parametrize("name", [name for name, _ in ALL])
def test_every_recording_is_whole(name: str) -> None:
    recording = recordings("inter")[name]
    assert recording.description
    assert recording.origin in ("documentation", "sandbox", "production")
    assert set(recording.request) <= {"method", "path", "query", "headers", "body"}
    assert set(recording.response) == {"status", "headers", "body"}
    assert recording.expect["operation"]
    assert all(header == header.lower() for header in recording.response["headers"])
    answer = recording.answer()
    assert answer.status_code == recording.response["status"]
    if "json" in answer.headers.get("content-type", ""):
        assert answer.json() is not None


def test_there_is_a_recording_of_each_operation() -> None:
    recorded = {(recording.request["method"], recording.request["path"]) for _, recording in ALL}
    for route in ROUTES:
        pattern = route.path.replace("{id}", "[^/]+")
        assert any(m == route.method and re.fullmatch(pattern, p) for m, p in recorded), route.operation


def test_each_status_of_the_documentation_is_recorded() -> None:
    statuses = {recording.response["status"] for _, recording in ALL}
    assert statuses >= {200, 202, 204, 400, 401, 403, 404, 406, 415, 422, 429, 500, 502, 503}


def test_the_recorded_emission_is_one_the_fake_takes(clock: Any) -> None:
    order = recordings("inter")["register-complete"].request["body"]
    assert check_emission(order, clock.now(), sandbox=False) == []


def test_recorded_amounts_survive_to_the_last_digit() -> None:
    answer = recordings("inter")["query-registered"].answer()
    assert b'"valorNominal": 187.45' in answer.content


@pytest.mark.anyio
async def test_answers_in_order_and_the_last_one_stays() -> None:
    async with (
        replay("inter", "query-processing", "query-registered") as played,
        httpx.AsyncClient() as client,
    ):
        states = [(await client.get(QUERY)).json()["cobranca"]["situacao"] for _ in range(3)]
        answer = await client.post(
            f"{HOST}/oauth/v2/token",
            data={
                "client_id": "anybody",
                "client_secret": "anything",
                "grant_type": "client_credentials",
                "scope": "boleto-cobranca.read boleto-cobranca.write",
            },
        )
    assert states == ["EM_PROCESSAMENTO", "A_RECEBER", "A_RECEBER"]
    assert answer.json()["expires_in"] == 3600
    assert played.used == ["query-processing", "query-registered", "query-registered", "token"]


def test_synchronous_and_elsewhere(order: dict[str, Any]) -> None:
    with replay("inter", "register-complete", base_url="https://bank.example"), httpx.Client() as client:
        answer = client.post("https://bank.example/cobranca/v3/cobrancas", json=order)
    assert answer.json() == {"codigoSolicitacao": ID}
    assert answer.headers["x-request-id"]


def test_pages_are_told_apart_by_their_query() -> None:
    names = ("search-first-of-two-pages", "search-second-of-two-pages")
    url = f"{HOST}/cobranca/v3/cobrancas"
    with replay("inter", *names), httpx.Client() as client:
        pages = [client.get(url, params={"paginacao.paginaAtual": n, "x": "y"}).json() for n in (0, 1)]
    assert [page["ultimaPagina"] for page in pages] == [False, True]


def explanation(*names: str, method: str = "GET", url: str = QUERY, **options: Any) -> str:
    with pytest.raises(UnmatchedRequest) as caught, replay("inter", *names), httpx.Client() as client:
        client.request(method, url, **options)
    return str(caught.value)


def test_a_wrong_path() -> None:
    text = explanation("query-paid", "register", url=f"{HOST}/cobranca/v3/cobrancas/other")
    assert text.splitlines() == [
        f"no recording for GET {HOST}/cobranca/v3/cobrancas/other",
        "  the closest is 'query-paid' (paid by Pix with the discount), but",
        f'    path: recorded "/cobranca/v3/cobrancas/{ID}", sent "/cobranca/v3/cobrancas/other"',
    ]


def test_a_wrong_host_method_header_and_query() -> None:
    assert 'host: recorded "cdpj-sandbox.partners.uatinter.co", sent "example.com"' in explanation(
        "query-paid", url="https://example.com/x"
    )
    assert 'method: recorded "GET", sent "DELETE"' in explanation("query-paid", method="DELETE")
    text = explanation("set-webhook", method="PUT", url=f"{HOST}/cobranca/v3/cobrancas/webhook", content=b"x")
    assert 'header content-type: recorded "application/json", sent null' in text
    assert 'body: recorded {"webhookUrl": "https://hooks.example.com/inter/cobranca"}, sent "x"' in text
    text = explanation("search-second-of-two-pages", url=f"{HOST}/cobranca/v3/cobrancas")
    assert 'query paginacao.paginaAtual: recorded "1", sent null' in text


def test_a_wrong_body_is_told_field_by_field(order: dict[str, Any]) -> None:
    order["pagador"]["nome"] = "Outra"
    order["seuNumero"] = 417
    order["novidade"] = True
    del order["multa"]
    text = explanation("register-complete", method="POST", url=f"{HOST}/cobranca/v3/cobrancas", json=order)
    assert text.splitlines()[2:] == [
        '    body.seuNumero: recorded "FAT-2026-00417", sent 417',
        '    body.pagador.nome: recorded "Mercearia Exemplo Ltda", sent "Outra"',
        '    body.multa: recorded {"codigo": "PERCENTUAL", "taxa": 2}, not sent',
        "    body.novidade: not recorded, sent true",
    ]


def test_a_swallowed_failure_comes_up_at_the_end() -> None:
    with pytest.raises(UnmatchedRequest, match="no recording for GET"), replay("inter", "query-paid"):
        swallow()


def swallow() -> None:
    with httpx.Client() as client:
        try:
            client.get("https://example.com/")
        except AssertionError:
            return


def test_names_are_checked() -> None:
    with pytest.raises(ValueError, match="no recording query-payed; there are: callbacks"):
        replay("inter", "query-payed")
    with pytest.raises(ValueError, match="no recording named"):
        replay("inter")
    with pytest.raises(ModuleNotFoundError):
        replay("nenhum", "x")


def test_nothing_of_the_network_is_left_patched() -> None:
    with replay("inter", "query-paid"):
        pass
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=json.loads("{}")))
    with httpx.Client(transport=transport) as client:
        assert client.get(QUERY).json() == {}
