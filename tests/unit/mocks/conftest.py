"""A fake bank at a fixed time, and a bare HTTP caller that knows nothing of the SDK."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bankgateway_mocks import FakeBank, ManualClock
from bankgateway_mocks.inter.fake import InterFakeBank

FORM = {
    "client_id": "3b7d2c10-55aa-4e0e-9a61-0c9f1d7e2b48",
    "client_secret": "5f0c9a3e-1d44-4b7b-8f20-aa6d0e5b7c19",
    "grant_type": "client_credentials",
    "scope": "boleto-cobranca.read boleto-cobranca.write",
}
API = "/cobranca/v3/cobrancas"

ORDER: dict[str, Any] = {
    "seuNumero": "FAT-2026-00417",
    "valorNominal": 187.45,
    "dataVencimento": "2026-10-20",
    "numDiasAgenda": 30,
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
    "desconto": {"codigo": "PERCENTUALDATAINFORMADA", "quantidadeDias": 5, "taxa": 2.5},
    "multa": {"codigo": "PERCENTUAL", "taxa": 2},
    "mora": {"codigo": "TAXAMENSAL", "taxa": 1},
    "mensagem": {"linha1": "Fatura de setembro", "linha2": "Contrato 88"},
    "beneficiarioFinal": {
        "cpfCnpj": "98765432000198",
        "tipoPessoa": "JURIDICA",
        "nome": "Fornecedora Modelo SA",
        "endereco": "Avenida Teste, 900",
        "bairro": "Savassi",
        "cidade": "Belo Horizonte",
        "uf": "MG",
        "cep": "30140000",
    },
    "formasRecebimento": ["BOLETO", "PIX"],
}


class Caller:
    """Speaks HTTP to a bank, with a token when there is one."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.headers: dict[str, str] = {}

    async def authorize(self, **form: str) -> Caller:
        answer = await self.client.post("/oauth/v2/token", data={**FORM, **form})
        assert answer.status_code == 200, answer.text
        self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return self

    async def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return await self.client.request(method, API + path, headers=headers, **options)

    async def register(self, **changes: Any) -> str:
        answer = await self("POST", "", json={**ORDER, **changes})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["codigoSolicitacao"])

    async def query(self, bank_id: str) -> dict[str, Any]:
        answer = await self("GET", f"/{bank_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def order() -> dict[str, Any]:
    return copy.deepcopy(ORDER)


@pytest.fixture
def form() -> dict[str, str]:
    return dict(FORM)


@pytest.fixture
def clock() -> ManualClock:
    """Monday 2026-09-21, noon in Brasília."""
    return ManualClock(datetime(2026, 9, 21, 15, 0, tzinfo=UTC))


@pytest.fixture
def bank(clock: ManualClock) -> InterFakeBank:
    return FakeBank("inter", clock=clock)


@pytest.fixture
def make_caller() -> Callable[[FakeBank], Caller]:
    return lambda bank: Caller(httpx.AsyncClient(transport=bank.transport, base_url=bank.base_url))


@pytest.fixture
def caller(bank: InterFakeBank, make_caller: Callable[[FakeBank], Caller]) -> Caller:
    return make_caller(bank)
