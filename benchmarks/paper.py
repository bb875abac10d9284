"""Codes and PDF: arithmetic over pyboleto's, pages over a bare reportlab page."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from pyboleto.bank.itau import BoletoItau
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from bankgateway import BoletoRef
from bankgateway.banks import itau
from bankgateway.codes import parse_boleto_code
from bankgateway.models.boleto import Boleto, BoletoStatus
from bankgateway.render import Slip, render_pdf
from bankgateway_mocks import samples
from benchmarks.bed import Bed, Figure, side_by_side

BOLETOS = 10_000
PAGES = 100
AMOUNT = Decimal("187.45")
# pyboleto knows only the first cycle of the due factor, which ended in February 2025.
DUE = date(2024, 12, 20)


def codes(bed: Bed) -> Iterator[Figure]:
    """Nosso número, campo livre, barcode and line of 10,000 boletos; then each line read again."""
    account = itau.Account(agencia="0057", conta="12345", carteira="109")
    lines: list[str] = []

    def build() -> None:
        lines[:] = [
            account.codes(nosso_numero=str(10_000_000 + n), amount=AMOUNT, due_date=DUE).digitable_line
            for n in range(BOLETOS)
        ]

    def theirs() -> None:
        for n in range(BOLETOS):
            _pyboleto(n)

    def read() -> None:
        for line in lines:
            parse_boleto_code(line, reference=DUE)

    built, parsed, peer = side_by_side(3, _timed(build), _timed(read), _timed(theirs))
    # No package on PyPI reads a line, so reading is held against building one.
    for name, baseline, seconds in (
        ("build 10,000 barcodes and lines", "pyboleto", built),
        ("parse 10,000 lines", "pyboleto building them", parsed),
    ):
        detail = f"{seconds / BOLETOS * 1e6:.1f} us against {peer / BOLETOS * 1e6:.1f} us a boleto"
        yield Figure(name, baseline, peer / seconds, "x its speed", ">= 5", detail)


def pdf(bed: Bed) -> Iterator[Figure]:
    """100 boletos in one PDF, over 100 bare reportlab pages with as many strings and rules."""
    plain, hybrid = _slip(pix=False), _slip(pix=True)
    ours, with_pix, bare = side_by_side(
        3,
        _timed(lambda: render_pdf([plain] * PAGES)),
        _timed(lambda: render_pdf([hybrid] * PAGES)),
        _timed(_reportlab),
    )
    for name, seconds in (("100 boletos in one PDF", ours), ("100 hybrid boletos in one PDF", with_pix)):
        yield Figure(
            name, "reportlab, bare page", PAGES / seconds, "boletos/s", ">= 50",
            f"{bare / seconds:.2f} x the speed of {PAGES / bare:.0f} bare pages/s",
        )  # fmt: skip


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def measure() -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    return measure


def _pyboleto(number: int) -> tuple[str, str]:
    boleto = BoletoItau()
    boleto.carteira, boleto.agencia_cedente, boleto.conta_cedente = "109", "0057", "12345"
    boleto.data_vencimento = boleto.data_documento = boleto.data_processamento = DUE
    boleto.valor_documento, boleto.nosso_numero, boleto.numero_documento = AMOUNT, str(number), "1"
    return boleto.barcode, boleto.linha_digitavel


def _slip(*, pix: bool) -> Slip:
    account = itau.Account(agencia="0057", conta="12345", carteira="109")
    codes = account.codes(nosso_numero="98712345", amount=AMOUNT, due_date=date(2027, 10, 20))
    boleto = Boleto(
        bank="itau",
        ref=BoletoRef(nosso_numero=codes.nosso_numero),
        status=BoletoStatus.REGISTERED,
        nosso_numero=codes.nosso_numero,
        seu_numero="PED-1",
        amount=AMOUNT,
        due_date=date(2027, 10, 20),
        barcode=codes.barcode,
        digitable_line=codes.digitable_line,
    )
    slip = Slip.of(
        boleto,
        beneficiary=samples.payer(name="Loja Modelo Ltda"),
        payer=samples.payer(),
        nosso_numero_printed=codes.nosso_numero_printed,
        agency_and_code="0057 / 12345-7",
        carteira="109",
    )
    emv = (
        "00020101021226810014br.gov.bcb.pix2559pix.example.com/qr/v2/cobv/5b1f0c7e9d3a4826a17f64c0be925d13"
        "52040000530398654071234.565802BR5923METALURGICA MODELO LTDA6013CAXIAS DO SUL62070503***6304CE24"
    )
    return slip.model_copy(update={"pix_emv": emv}) if pix else slip


def _reportlab() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for _ in range(PAGES):
        for row in range(120):
            canvas.setFont("Helvetica", 8)
            canvas.drawString(40 + 170 * (row % 3), 800 - 6 * row, "Rua das Amostras, 120, Centro")
        for row in range(40):
            canvas.line(40, 780 - 18 * row, 555, 780 - 18 * row)
        for bar in range(225):
            canvas.rect(40 + 1.3 * bar, 40, 0.7, 37, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return out.getvalue()
