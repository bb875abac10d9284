"""Inter's rules for an emission and an edition, one broken at a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bankgateway_mocks.inter.validation import check_edition, check_emission, is_tax_id

NOON = datetime(2026, 9, 21, 15, 0, tzinfo=UTC)


@pytest.fixture
def order(order: dict[str, Any]) -> dict[str, Any]:
    """As the bank reads it: numbers with a point are decimals."""
    read: dict[str, Any] = json.loads(json.dumps(order), parse_float=Decimal)
    return read


def complaints(order: dict[str, Any], now: datetime = NOON, *, sandbox: bool = False) -> list[str]:
    return [item["propriedade"] for item in check_emission(order, now, sandbox=sandbox)]


def change(order: dict[str, Any], path: str, value: object) -> None:
    *outer, last = path.split(".")
    for name in outer:
        order = order[name]
    if value is ...:
        del order[last]
    else:
        order[last] = value


def test_the_documented_example_is_right(order: dict[str, Any]) -> None:
    assert complaints(order) == []


def test_only_what_is_required(order: dict[str, Any]) -> None:
    needed = ("seuNumero", "valorNominal", "dataVencimento", "numDiasAgenda", "pagador")
    payer = ("cpfCnpj", "tipoPessoa", "nome", "endereco", "cidade", "uf", "cep")
    bare = {name: order[name] for name in needed}
    bare["pagador"] = {name: order["pagador"][name] for name in payer}
    assert complaints(bare) == []
    assert complaints({}) == list(needed)
    assert complaints({**bare, "pagador": {}}) == [
        f"pagador.{name}" for name in ("tipoPessoa", "cpfCnpj", "nome", "endereco", "cidade", "uf", "cep")
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seuNumero", ""),
        ("seuNumero", "   "),
        ("seuNumero", "1234567890123456"),
        ("seuNumero", 417),
        ("valorNominal", Decimal("2.49")),
        ("valorNominal", Decimal("100000000.00")),
        ("valorNominal", Decimal("187.455")),
        ("valorNominal", "187.45"),
        ("valorNominal", True),
        ("valorNominal", ...),
        ("dataVencimento", "2026-09-20"),
        ("dataVencimento", "20/10/2026"),
        ("dataVencimento", "2026-02-30"),
        ("numDiasAgenda", -1),
        ("numDiasAgenda", 61),
        ("numDiasAgenda", "30"),
        ("pagador", ...),
        ("pagador", []),
        ("pagador.cpfCnpj", "11222333000182"),
        ("pagador.cpfCnpj", "52998224725"),
        ("pagador.cpfCnpj", "11111111111111"),
        ("pagador.tipoPessoa", "EMPRESA"),
        ("pagador.nome", ""),
        ("pagador.nome", "x" * 101),
        ("pagador.endereco", "x" * 101),
        ("pagador.numero", "12345678901"),
        ("pagador.complemento", "x" * 31),
        ("pagador.bairro", "x" * 61),
        ("pagador.cidade", "x" * 61),
        ("pagador.uf", "XX"),
        ("pagador.cep", "30110-000"),
        ("pagador.email", "x" * 51),
        ("pagador.ddd", "031"),
        ("pagador.telefone", "9999900001"),
        ("desconto.codigo", "NAOTEMDESCONTO"),
        ("desconto.quantidadeDias", ...),
        ("desconto.quantidadeDias", -1),
        ("desconto.taxa", ...),
        ("desconto.valor", 1),
        ("multa.codigo", ...),
        ("multa.taxa", "2"),
        ("multa.valor", 2),
        ("mora.codigo", "ISENTO"),
        ("mora.taxa", ...),
        ("mensagem.linha1", "x" * 79),
        ("mensagem.linha5", 5),
        ("beneficiarioFinal.cpfCnpj", "98765432000199"),
        ("beneficiarioFinal.cep", ...),
        ("formasRecebimento", ["PIX"]),
        ("formasRecebimento", []),
        ("formasRecebimento", ["BOLETO", "BOLETO"]),
        ("formasRecebimento", ["BOLETO", "SEM_FORMA_PAGAMENTO"]),
        ("formasRecebimento", ["CARTAO"]),
        ("formasRecebimento", "BOLETO"),
        ("formasRecebimento", [1]),
        ("desconto1", {}),
    ],
)
def test_broken(order: dict[str, Any], path: str, value: object) -> None:
    change(order, path, value)
    assert complaints(order) == [path]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seuNumero", "x" * 15),
        ("valorNominal", Decimal("2.50")),
        ("valorNominal", Decimal("99999999.99")),
        ("valorNominal", 100),
        ("dataVencimento", "2026-09-21"),
        ("numDiasAgenda", 0),
        ("numDiasAgenda", 60),
        ("pagador.cpfCnpj", "11.222.333/0001-81"),
        ("desconto", None),
        ("desconto", {"codigo": "VALORFIXODATAINFORMADA", "quantidadeDias": 0, "valor": Decimal("0.335")}),
        ("multa", {"codigo": "VALORFIXO", "valor": 2}),
        ("mora", {"codigo": "VALORDIA", "valor": Decimal("0.10"), "taxa": None}),
        ("formasRecebimento", ["BOLETO"]),
        ("formasRecebimento", ["SEM_FORMA_PAGAMENTO"]),
        ("formasRecebimento", None),
        ("novidade", {"x": 1}),
    ],
)
def test_allowed(order: dict[str, Any], path: str, value: object) -> None:
    change(order, path, value)
    assert complaints(order) == []


def test_violations_say_what_was_sent(order: dict[str, Any]) -> None:
    order["valorNominal"] = Decimal("1.0")
    order["pagador"]["nome"] = ""
    assert check_emission(order, NOON, sandbox=False) == [
        {"razao": "deve ser maior que ou igual a 2.5", "propriedade": "valorNominal", "valor": "1.0"},
        {"razao": "não deve estar em branco", "propriedade": "pagador.nome"},
    ]


def test_due_today_until_19_59_in_brasilia(order: dict[str, Any]) -> None:
    order["dataVencimento"] = "2026-09-21"
    assert complaints(order, datetime(2026, 9, 21, 22, 59, 59, tzinfo=UTC)) == []
    assert complaints(order, datetime(2026, 9, 21, 23, 0, tzinfo=UTC)) == ["dataVencimento"]
    order["dataVencimento"] = "2026-09-22"
    assert complaints(order, datetime(2026, 9, 22, 2, 30, tzinfo=UTC)) == []


def test_the_sandbox_takes_any_cpf(order: dict[str, Any]) -> None:
    order["pagador"] |= {"cpfCnpj": "99999999999", "tipoPessoa": "FISICA"}
    assert complaints(order) == ["pagador.cpfCnpj"]
    assert complaints(order, sandbox=True) == []


def test_invoice(order: dict[str, Any]) -> None:
    order["notaFiscal"] = {"chaveNFe": "3" * 44, "numero": 1, "serie": 1, "dataEmissao": "2026-09-21"}
    assert complaints(order) == []
    order["notaFiscal"] = {"chaveNFe": "3" * 43, "numero": "1", "serie": 1, "parcela": 1.5}
    expected = ["chaveNFe", "numero", "dataEmissao", "parcela"]
    assert complaints(order) == [f"notaFiscal.{name}" for name in expected]


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ({"dataVencimento": "2026-11-05"}, []),
        ({"valorNominal": Decimal("192.3")}, []),
        ({"dataVencimento": "2026-11-05", "valorNominal": 192}, []),
        ({}, [None]),
        ({"dataVencimento": "2026-09-20"}, ["dataVencimento"]),
        ({"valorNominal": Decimal("2.4")}, ["valorNominal"]),
        ({"valorNominal": 192, "multa": {}}, ["multa"]),
    ],
)
def test_edition(body: dict[str, Any], broken: list[str | None]) -> None:
    assert [item.get("propriedade") for item in check_edition(body, NOON)] == broken


@pytest.mark.parametrize(
    ("digits", "kind", "expected"),
    [
        ("52998224725", "FISICA", True),
        ("52998224724", "FISICA", False),
        ("52998224725", "JURIDICA", False),
        ("11222333000181", "JURIDICA", True),
        ("11222333000191", "JURIDICA", False),
        ("11222333000181", "", True),
        ("1122233300018A", "JURIDICA", False),
    ],
)
def test_tax_ids(digits: str, kind: str, expected: bool) -> None:
    assert is_tax_id(digits, kind, check_digits=True) is expected
