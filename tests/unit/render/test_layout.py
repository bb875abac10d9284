"""Nothing vanishes, nothing overlaps, nothing leaves the paper, however long the texts are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from bankgateway.codes import format_tax_id
from bankgateway.models.boleto import Boleto
from bankgateway.models.charges import Discount
from bankgateway.models.party import Address, PartialParty, Party
from bankgateway.render import render_carne, render_pdf

Make = Callable[..., Boleto]
Read = Callable[[bytes], list[Any]]

LONG_NAME = (
    "Companhia Brasileira de Distribuição, Armazenagem e Logística Integrada de Produtos Alimentícios "
    "e Não Alimentícios do Centro-Oeste Ltda"
)
LONG_ADDRESS = {
    "street": "Rodovia Governador Doutor Adhemar Pereira de Barros quilômetro cento e trinta e dois",
    "number": "S/N",
    "complement": "Bloco B, 14º andar, conjunto 1405, fundos",
    "district": "Jardim Nossa Senhora Auxiliadora do Perpétuo Socorro",
    "city": "Vila Bela da Santíssima Trindade",
    "state": "MT",
    "postal_code": "78245000",
}
LONG_PARTY = Party(name=LONG_NAME, tax_id="7K3MPX2A000109", address=Address(**LONG_ADDRESS))
LONG_MESSAGES = tuple(
    f"Mensagem {n}: não receber em cheque de terceiros sem autorização escrita." for n in range(5)
)
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40">'
    b'<rect width="120" height="40" fill="#003377"/></svg>'
)


@pytest.fixture
def longest(boleto: Make) -> Boleto:
    """Every field as long as it gets."""
    return boleto(
        "104",
        amount=Decimal("99999999.99"),
        seu_numero="1234567890123456789012345",
        payer=PartialParty(name=LONG_NAME, tax_id="45821369010751", **LONG_ADDRESS),
        guarantor=PartialParty(name=LONG_NAME, tax_id="30718462580", **LONG_ADDRESS),
        discounts=tuple(Discount.percent(Decimal(6 - n), until=date(2026, 12, n)) for n in (1, 2, 3)),
        messages=LONG_MESSAGES,
    )


@pytest.fixture
def long_data(printed: dict[str, Any]) -> dict[str, Any]:
    """Printed data as long as it gets."""
    return {
        **printed,
        "beneficiary": LONG_PARTY,
        "nosso_numero_printed": "12345678901234567890-1",
        "agency_and_code": "1234-5 / 1234567890123-4",
        "carteira": "17/019 CR",
        "payment_place": "Preferencialmente nas agências e correspondentes da instituição, até o vencimento",
    }


def overlaps(things: list[Any]) -> list[tuple[str, str]]:
    return [(a.text, b.text) for a, b in combinations(things, 2) if a.meets(b)]


def assert_in_order(page: Any) -> None:
    texts = page.texts
    assert overlaps(texts) == []
    for thing in texts + page.images:
        assert thing.left >= 4.5
        assert thing.right <= 205.5
        assert thing.bottom >= 2
        assert thing.top <= 295
    symbols = [p for p in page.paths if p.height > 12.5 and p.width > 20 and p.width < 110]
    assert [(s, t.text) for s in symbols for t in texts if s.meets(t)] == []


def assert_complete(page: Any, *texts: str) -> None:
    missing = [text for text in texts if "".join(text.split()) not in page.letters]
    assert missing == []


def test_an_ordinary_page(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    for pix in (True, False):
        (page,) = read(render_pdf(boleto(pix=pix), **printed))
        assert_in_order(page)
        assert_complete(
            page,
            "Metalúrgica Modelo Indústria e Comércio Ltda - CNPJ 27.051.438/0001-55",
            "Avenida das Indústrias, 1500, Galpão 2 - Distrito Industrial - Caxias do Sul/RS - CEP 95010-000",
            "Mercearia Exemplo São João Ltda - CNPJ 11.222.333/0001-81",
            "Rua das Amostras, 120, Sala 3 - Centro - Belo Horizonte/MG - CEP 30110-000",
            "Local de pagamento Pagável em qualquer banco",
            "Após o vencimento, cobrar juros de 1,00% ao mês.",
            "Após o vencimento, cobrar multa de 2,00%.",
            "Até 01/12/2026, conceder desconto de 5,00%.",
            "Conceder abatimento de R$ 10,00.",
            "Não receber após 17/01/2027.",
            "Referente à mensalidade de dezembro.",
            "Recibo do Pagador",
            "Autenticação Mecânica - Ficha de Compensação",
        )
        values = [thing.text.strip() for thing in page.texts]
        for value in (
            "18/12/2026",
            "00019/112/4215300786-3",
            "NF-2026/000001",
            "0001-9 / 123456-7",
            "112",
            "DM",
        ):
            assert values.count(value) == 2
        assert values.count("1.234,56") == values.count("R$ 1.234,56") == values.count("N") == 1
        assert values.count("Pague com Pix") == (2 if pix else 0)


def test_the_longest_page(longest: Boleto, read: Read, long_data: dict[str, Any]) -> None:
    details = [
        f"{n:02d} - Produto de descrição longa, para o demonstrativo do que é cobrado" for n in range(18)
    ]
    instructions = [f"Instrução adicional {n} do beneficiário a quem recebe o pagamento" for n in range(4)]
    (page,) = read(render_pdf(longest, details=details, instructions=instructions, **long_data))
    assert_in_order(page)
    assert page.letters.count("".join(LONG_NAME.split())) == 6
    assert_complete(
        page,
        "Jardim Nossa Senhora Auxiliadora do Perpétuo Socorro - Vila Bela da Santíssima Trindade/MT - CEP 78245-000",
        format_tax_id("7K3MPX2A000109"),
        "R$ 99.999.999,99",
        long_data["payment_place"],
        *LONG_MESSAGES,
        *details,
        *instructions,
    )
    assert [kind for kind, _ in page.symbols()] == ["ITF", "QR", "QR"]


def test_the_longest_carne(longest: Boleto, read: Read, long_data: dict[str, Any]) -> None:
    (page,) = read(render_carne([longest] * 3, **long_data))
    assert_in_order(page)
    assert page.letters.count("".join(LONG_NAME.split())) == 15
    assert_complete(
        page, *LONG_MESSAGES, "R$ 99.999.999,99", "1234567890123456789012345", "12345678901234567890-1"
    )
    assert [kind for kind, _ in page.symbols(250)] == ["ITF"] * 3 + ["QR"] * 3


def test_a_carne_of_one_has_no_others(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    (page,) = read(render_carne(boleto(pix=False), **printed))
    assert_in_order(page)
    assert min(thing.bottom for thing in page.texts) > 198
    assert_complete(page, "Recibo do Pagador", "Caxias do Sul/RS - CEP 95010-000")


def test_a_name_without_blanks_is_broken(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    name = "Rafaelademagalhaes" * 8
    one = boleto(payer=PartialParty(name=name, tax_id="30718462580"))
    for pdf in (render_pdf(one, **printed), render_carne(one, **printed)):
        (page,) = read(pdf)
        assert_in_order(page)
        assert name in page.letters


def test_a_text_that_cannot_be_read_any_more_is_refused(boleto: Make, printed: dict[str, Any]) -> None:
    # The fonts are closed all the same: an open one would be a ResourceWarning, an error in this suite.
    with pytest.raises(ValueError, match="too long"):
        render_pdf(boleto(), instructions=["palavra " * 2000], **printed)


def test_little_is_known_of_the_payer(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    one = boleto(payer=PartialParty(name="Maria Modelo", tax_id="***.184.625-**", city="Pelotas"))
    for pdf in (render_pdf(one, **printed), render_carne(one, **printed)):
        (page,) = read(pdf)
        assert_complete(page, "Maria Modelo", "CPF/CNPJ ***.184.625-**")


def test_what_no_font_has(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    name = "Żółć Nguyễn e Filhos 🙂 Co\u0301digo\u200b Ltda"
    (page,) = read(render_pdf(boleto(payer=PartialParty(name=name)), **printed))
    assert_complete(page, "Żółć Nguyen e Filhos ? Código Ltda")


@pytest.mark.parametrize("form", ["bytes", "path", "text", "png"])
def test_a_logo_takes_the_place_of_the_name(
    form: str, boleto: Make, read: Read, printed: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "logo.svg"
    path.write_bytes(LOGO)
    png = tmp_path / "logo.png"
    make_png(png)
    logo: Any = {"bytes": LOGO, "path": path, "text": str(path), "png": png.read_bytes()}[form]
    for render, size in ((render_pdf, 7.5), (render_carne, 6.5)):
        (page,) = read(render(boleto(), logo=logo, **printed))
        assert_in_order(page)
        assert not any("Inter" in thing.text for thing in page.texts)
        drawn = page.images or [p for p in page.paths if p.width == pytest.approx(3 * p.height, abs=0.1)]
        assert len(drawn) == 2
        assert all(5 < thing.height <= size + 0.1 for thing in drawn)


def make_png(path: Path) -> None:
    from PIL import Image

    Image.new("RGBA", (120, 40), (0, 51, 119, 128)).save(path)
