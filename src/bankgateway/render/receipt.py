"""The recibo do pagador, which the payer keeps: free in layout, not in content.

Beneficiary with address and document (law 12.039/2009), payer, nosso número, document number, due date and
amount.
"""

from __future__ import annotations

from bankgateway.render.box import Box
from bankgateway.render.canvas import HEAVY, Canvas
from bankgateway.render.ficha import PAGE, draw_header, draw_payer, draw_qr, qr_space, rule
from bankgateway.render.slip import Slip
from bankgateway.render.symbols import QR_SIDE, Modules
from bankgateway.render.wording import address, day, money, tax_id

_PIX_TITLE = "Pague com Pix"
_PIX_HOW = "Leia o QR Code no aplicativo do seu banco, ou copie e cole o código:"
_STUB_QR_SIDE = 25.0


def draw_receipt(canvas: Canvas, slip: Slip, area: Box, qr: Modules | None) -> None:
    """Draw the receipt of a page, above the ficha."""
    head, header, figures, numbers, payer, body = area.rows(16.5, 8.5, 10.5, 7.5, 14, area.height - 57)
    _head(canvas, slip, head)
    _figures(canvas, slip, figures)
    _numbers(canvas, slip, numbers)
    draw_payer(canvas, slip, payer)
    rule(canvas, figures, numbers, payer)
    draw_header(canvas, slip, header, PAGE)
    body = body.inset(0, top=5, bottom=8)
    if qr is not None:
        body = _pix(canvas, slip, body, qr)
    _texts(canvas, slip, body)
    canvas.text(area, area.bottom - 3.5, "Autenticação Mecânica - Recibo do Pagador", 6, align="right")


def draw_stub(canvas: Canvas, slip: Slip, area: Box, qr: Modules | None) -> None:
    """Draw the receipt of a carnê, left of the ficha."""
    header, figures, *numbers, beneficiary, payer, body = area.rows(
        7.5, 6.6, 5.9, 5.9, 5.9, 12.4, 8.6, area.height - 52.8
    )
    _stub_figures(canvas, slip, figures)
    fields = (
        ("Nosso número", slip.nosso_numero),
        ("Nº do documento", slip.seu_numero),
        ("Agência / Código do beneficiário", slip.agency_and_code),
    )
    for row, (label, value) in zip(numbers, fields, strict=True):
        canvas.field(row, label, value, size=8)
    party = slip.beneficiary
    _stub_party(canvas, beneficiary, "Beneficiário", [party.name, tax_id(party.tax_id), address(party)])
    document = tax_id(slip.payer.tax_id) if slip.payer.tax_id else ""
    _stub_party(canvas, payer, "Pagador", [slip.payer.name or "", document])
    rule(canvas, figures, *numbers, beneficiary, payer)
    _stub_header(canvas, slip, header)
    if qr is not None:
        _stub_pix(canvas, slip, body, qr)
    canvas.text(area, area.bottom, "Autenticação Mecânica - Recibo do Pagador", 5.5, align="right")


def _head(canvas: Canvas, slip: Slip, box: Box) -> None:
    left, right = box.columns(3, 1)
    canvas.text(left, left.y + 5, slip.beneficiary.name, 14, bold=True)
    lines = [tax_id(slip.beneficiary.tax_id), address(slip.beneficiary)]
    canvas.paragraphs(left.inset(0, top=6.6, bottom=0.5), lines, 8.5)
    canvas.text(right, right.y + 5, "Recibo do Pagador", 11, bold=True, align="right")


def _figures(canvas: Canvas, slip: Slip, box: Box) -> None:
    due, amount, number, document = box.columns(1, 1, 1, 1)
    canvas.shade(Box(box.x, box.y, box.width / 2, box.height))
    canvas.field(due, "Vencimento", day(slip.due_date), size=14, bold=True)
    canvas.field(amount, "Valor do documento", money(slip.amount) if slip.amount else "", size=14, bold=True)
    canvas.field(number, "Nosso número", slip.nosso_numero, size=10)
    canvas.field(document, "Nº do documento", slip.seu_numero, size=10)


def _numbers(canvas: Canvas, slip: Slip, box: Box) -> None:
    fields = (
        ("Data do documento", day(slip.issue_date)),
        ("Espécie doc.", slip.document_kind),
        ("Agência / Código do beneficiário", slip.agency_and_code),
        ("Carteira", slip.carteira),
    )
    for column, (label, value) in zip(box.columns(1, 1, 1, 1), fields, strict=True):
        canvas.field(column, label, value)


def _pix(canvas: Canvas, slip: Slip, box: Box, qr: Modules) -> Box:
    space = qr_space(qr, QR_SIDE)
    band, rest = box.rows(space, box.height - space)
    picture, words = band.columns(space, band.width - space)
    # The quiet zone may lie in the page's margin: the QR itself stands in line with the text above.
    draw_qr(canvas, qr, Box(band.x + 1 - (space - QR_SIDE) / 2, picture.y, space, space), QR_SIDE)
    words = words.inset(1, top=(space - QR_SIDE) / 2)
    canvas.text(words, words.y + 3.5, _PIX_TITLE, 13, bold=True)
    canvas.text(words, words.y + 9, _PIX_HOW, 8.5)
    canvas.code(Box(words.x, words.y + 11.5, words.width, words.height - 11.5), slip.pix_emv or "", 7)
    return rest.inset(0, top=3)


def _texts(canvas: Canvas, slip: Slip, box: Box) -> None:
    texts = [
        (title, lines)
        for title, lines in (("Demonstrativo", slip.details), ("Instruções", slip.instructions))
        if lines
    ]
    if not texts:
        return
    for column, (title, lines) in zip(box.columns(*[1] * len(texts)), texts, strict=True):
        inner = column.inset(1)
        canvas.text(inner, inner.y + 3, title, 8.5, bold=True)
        canvas.paragraphs(inner.inset(0, top=4.4), lines, 8.5)


def _stub_header(canvas: Canvas, slip: Slip, box: Box) -> None:
    name, code = box.columns(3, 2)
    if slip.logo is not None:
        canvas.image(name.inset(0.5, top=1, bottom=1), slip.logo)
    else:
        canvas.text(name.inset(1), box.bottom - 1.6, slip.bank_name, 11, bold=True)
    canvas.text(code.inset(1), box.bottom - 1.6, slip.bank_code, 12, bold=True, align="right")
    rule(canvas, box, weight=HEAVY)


def _stub_figures(canvas: Canvas, slip: Slip, box: Box) -> None:
    due, amount = box.columns(4, 5)
    canvas.shade(box)
    canvas.field(due, "Vencimento", day(slip.due_date), size=9.5, bold=True)
    canvas.field(amount, "Valor do documento", money(slip.amount) if slip.amount else "", size=9.5, bold=True)


def _stub_party(canvas: Canvas, box: Box, label: str, texts: list[str]) -> None:
    canvas.field(box, label)
    canvas.paragraphs(box.inset(1, top=2.7, bottom=0.3), texts, 7)


def _stub_pix(canvas: Canvas, slip: Slip, box: Box, qr: Modules) -> None:
    space = qr_space(qr, _STUB_QR_SIDE)
    canvas.text(box, box.y + 3.2, _PIX_TITLE, 8, bold=True, align="center")
    draw_qr(canvas, qr, Box(box.x, box.y + 3.2, box.width, space), _STUB_QR_SIDE)
    code = box.inset(1, top=3.2 + space, bottom=3.5)
    canvas.code(code, slip.pix_emv or "", 5)
