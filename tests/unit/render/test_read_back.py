"""What a cashier's scanner and a payer's telephone see: the pages are rendered and their symbols decoded."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bankgateway.codes import format_digitable_line, parse_boleto_code
from bankgateway.models.boleto import Boleto
from bankgateway.render import render_carne, render_pdf

Make = Callable[..., Boleto]
Read = Callable[[bytes], list[Any]]

BANKS = {
    "001": ("001-9", "Banco do Brasil"),
    "033": ("033-7", "Santander"),
    "041": ("041-8", "Banrisul"),
    "077": ("077-9", "Inter"),
    "104": ("104-0", "CAIXA"),
    "237": ("237-2", "Bradesco"),
    "341": ("341-7", "Itaú"),
    "748": ("748-X", "Sicredi"),
    "756": ("756-0", "Sicoob"),
}


def symbols(boleto: Boleto, qr: int) -> list[tuple[str, str]]:
    assert boleto.pix is None or boleto.pix.emv
    pix = [("QR", boleto.pix.emv)] * qr if boleto.pix else []
    return sorted([("ITF", boleto.barcode), *pix])  # type: ignore[list-item]


def test_every_bank(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    boletos = [boleto(bank, pix=number % 2 == 0, number=number) for number, bank in enumerate(BANKS, 7)]
    pages = read(render_pdf(boletos, **printed))
    assert len(pages) == len(BANKS)
    for page, one, (code, name) in zip(pages, boletos, BANKS.values(), strict=True):
        assert page.symbols() == symbols(one, qr=2)
        texts = [thing.text.strip() for thing in page.texts]
        for text in (code, name, format_digitable_line(one.digitable_line or "")):
            assert texts.count(text) == 2  # receipt and ficha


def test_a_carne(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    boletos = [boleto(bank, number=number) for number, bank in enumerate(("748", "756", "104", "237"), 1)]
    pages = read(render_carne(boletos, **printed))
    assert len(pages) == 2
    assert pages[0].symbols(250) == sorted(symbol for one in boletos[:3] for symbol in symbols(one, qr=1))
    assert pages[1].symbols(250) == symbols(boletos[3], qr=1)


@pytest.mark.parametrize("amount", ["0.01", "99999999.99", "123456789.01"])
def test_what_is_printed_is_what_is_in_the_barcode(
    amount: str, boleto: Make, read: Read, printed: dict[str, Any]
) -> None:
    one = boleto("341", pix=False, amount=Decimal(amount))
    (page,) = read(render_pdf(one, **printed))
    ((_, barcode),) = page.symbols()
    assert parse_boleto_code(barcode).amount == Decimal(amount)
    line = next(thing.text for thing in page.texts if thing.text.startswith("3419"))
    assert parse_boleto_code(line).barcode == barcode


def test_a_faint_print_still_reads(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    one = boleto()
    (page,) = read(render_pdf(one, **printed))
    assert page.symbols(dpi=150) == symbols(one, qr=2)


def test_the_copied_text_is_the_code(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    # The merchant's name has blanks, at which an ordinary line break would swallow one.
    one = boleto()
    for pdf in (render_pdf(one, **printed), render_carne(one, **printed)):
        (page,) = read(pdf)
        assert "".join(one.pix.emv.split()) in page.letters  # type: ignore[union-attr]
        texts = [thing.text for thing in page.texts]
        start = next(i for i, text in enumerate(texts) if text.startswith("000201"))
        lines = texts[start : start + 8]
        copied = "".join(lines)
        assert copied.startswith(one.pix.emv)  # type: ignore[union-attr]


def test_measures(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    (page,) = read(render_pdf(boleto(), **printed))
    barcode = next(p for p in page.paths if round(p.width) == 103 and round(p.height) == 13)
    assert (barcode.width, barcode.height) == (pytest.approx(103, abs=0.1), pytest.approx(13, abs=0.1))
    assert (barcode.bottom + barcode.top) / 2 == pytest.approx(12, abs=0.1)
    assert barcode.left >= 5
    others = [thing for thing in page.texts + page.paths if thing != barcode]
    quiet = [thing for thing in others if thing.left < barcode.right + 5 and thing.bottom < barcode.top]
    assert quiet == []
    small, large = sorted(
        (p for p in page.paths if p.width == pytest.approx(p.height, abs=0.1) and p.width > 20),
        key=lambda p: p.width,
    )
    assert (small.width, large.width) == (pytest.approx(25, abs=0.1), pytest.approx(30, abs=0.1))
    assert small.bottom - barcode.top >= 10
    for qr in (small, large):
        zone = 4 * qr.width / 57
        near = type(qr)(qr.left - zone, qr.bottom - zone, qr.right + zone, qr.top + zone)
        assert [thing for thing in page.texts + page.paths if thing != qr and near.meets(thing, 0.2)] == []


def test_measures_of_a_carne(boleto: Make, read: Read, printed: dict[str, Any]) -> None:
    (page,) = read(render_carne([boleto(number=n) for n in range(3)], **printed))
    barcodes = [p for p in page.paths if round(p.width) == 103 and round(p.height) == 13]
    assert [(b.bottom + b.top) / 2 for b in barcodes] == [
        pytest.approx(n * 99 + 12, abs=0.1) for n in (2, 1, 0)
    ]
    cut = max(p.left for p in page.paths if p.height > 90)
    assert all(barcode.left - cut >= 5 for barcode in barcodes)
    codes = [p for p in page.paths if p.width == pytest.approx(p.height, abs=0.1) and p.width > 20]
    assert [code.width for code in codes] == [pytest.approx(25, abs=0.1)] * 3
