"""The fakes' own arithmetic against published values."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from bankgateway_mocks.codes import barcode, br_code, crc16, digitable_line, due_factor, modulo_10
from bankgateway_mocks.documents import pdf


@pytest.mark.parametrize(
    ("carteira", "number", "digit"),
    [
        ("110", "3006100001", 7),
        ("110", "3006099999", 5),
        ("110", "0004309540", 1),
        ("112", "3006100001", 3),
        ("112", "0000000458", 2),
        ("112", "0000000001", 0),
    ],
)
def test_nosso_numero_digit(carteira: str, number: str, digit: int) -> None:
    assert modulo_10("0001" + carteira + number) == digit


@pytest.mark.parametrize(
    ("due", "amount", "free_field", "code", "line"),
    [
        (
            date(2026, 10, 20),
            "187.45",
            "0001112765432142153007863",
            "07791160500000187450001112765432142153007863",
            "07790001161276543214621530078639116050000018745",
        ),
        (
            date(2016, 10, 1),
            "276.15",
            "0001110123456700000004586",
            "07792693400000276150001110123456700000004586",
            "07790001161012345670800000045864269340000027615",
        ),
    ],
)
def test_barcode_and_line(due: date, amount: str, free_field: str, code: str, line: str) -> None:
    assert barcode("077", due, Decimal(amount), free_field) == code
    assert digitable_line(code) == line


def test_due_factor_starts_again() -> None:
    assert [due_factor(day) for day in (date(2025, 2, 21), date(2025, 2, 22))] == [9999, 1000]


def test_crc_of_the_standard() -> None:
    assert crc16("123456789") == "29B1"


def test_br_code() -> None:
    code = br_code(
        "pix.example.com/qr/v2/cobv/3f9a1c7be2d84056a7715c0d9e42bb18",
        Decimal("187.45"),
        "LOJA MODELO LTDA",
        "BELO HORIZONTE",
        "30110000",
    )
    assert code.startswith("00020101021226810014BR.GOV.BCB.PIX2559pix.example.com/qr/v2/cobv/3f9a1c7b")
    assert code.endswith("6304C731")


def test_pdf_has_a_table_that_points_at_its_objects() -> None:
    document = pdf(["Olá (mundo)", "linha 2"])
    start = int(re.findall(rb"startxref\n(\d+)", document)[0])
    offsets = [int(offset) for offset in re.findall(rb"(\d{10}) 00000 n", document[start:])]
    assert document.startswith(b"%PDF-1.4")
    assert [document[at:].split(b" obj", 1)[0] for at in offsets] == [b"%d 0" % n for n in range(1, 7)]
    assert rb"(Ol\341 \(mundo\)) Tj" in document.replace(b"\xe1", rb"\341")
