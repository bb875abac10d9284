"""The ficha de compensação, which the bank reads: its arrangement is fixed, its sizes may vary.

Specifications of Banco do Brasil, CAIXA, Santander and Bradesco. Alone on a page it may be 95 to 108 mm
high and 170 to 216 mm wide, in a carnê 60 to 108 mm and 145 to 216 mm.
"""

from __future__ import annotations

from dataclasses import dataclass

from bankgateway.codes import format_digitable_line
from bankgateway.render.box import Box
from bankgateway.render.canvas import HAIR, HEAVY, Canvas
from bankgateway.render.slip import Slip
from bankgateway.render.symbols import BARCODE_HEIGHT, BARCODE_WIDTH, QR_BORDER, Modules, barcode_bars
from bankgateway.render.wording import address, day, number, person


@dataclass(frozen=True, slots=True)
class Sizes:
    """The measures of a ficha, in millimetres and points.

    Attributes:
        header: Height of the row with bank and digitable line.
        row: Height of an ordinary row.
        beneficiary: Height of the beneficiary's row.
        box: Height of each of the five boxes beside the instructions.
        payer: Height of the payer's block.
        right: Width of the right column.
        name: Width of the bank's name or logo.
        code: Width of the bank's code.
        code_size: Type size of the bank's code.
        line_size: Type size of the digitable line.
        figure_size: Type size of due date and amount.
    """

    header: float
    row: float
    beneficiary: float
    box: float
    payer: float
    right: float
    name: float
    code: float
    code_size: float
    line_size: float
    figure_size: float


PAGE = Sizes(
    header=8.5, row=6.6, beneficiary=9.4, box=6.5, payer=13.6, right=45, name=38, code=20, code_size=19.8,
    line_size=14.2, figure_size=11,
)  # fmt: skip
"""Characters of 5 mm in the code and 3.6 mm in the line, as asked for."""

CARNE = Sizes(
    header=7.5, row=6.2, beneficiary=8.6, box=5.6, payer=11.6, right=38, name=19, code=14.5, code_size=13.6,
    line_size=13.6, figure_size=9.5,
)  # fmt: skip
"""Three to a page leave less room: 3.4 mm in code and line."""

BARCODE_CENTRE = 12.0
"""From the middle of the barcode to the lower edge of the paper, in millimetres."""
QR_SIDE = 25.0
"""The QR beside the instructions, in millimetres. The larger one is in the receipt."""

_RIGHT_BOXES = (
    "(-) Desconto / Abatimento",
    "(-) Outras deduções",
    "(+) Mora / Multa / Juros",
    "(+) Outros acréscimos",
    "(=) Valor cobrado",
)


def draw_ficha(
    canvas: Canvas, slip: Slip, frame: Box, sizes: Sizes, *, paper_bottom: float, qr: Modules | None = None
) -> None:
    """Draw the ficha.

    Args:
        canvas: Where to.
        slip: What.
        frame: From its top and over its width; its height follows from the sizes.
        sizes: `PAGE` or `CARNE`.
        paper_bottom: Lower edge of the paper, on which the barcode depends.
        qr: The Pix QR, where it belongs beside the instructions.
    """
    header, place, beneficiary, document, use, boxes, payer = frame.rows(
        sizes.header, sizes.row, sizes.beneficiary, sizes.row, sizes.row, 5 * sizes.box, sizes.payer
    )
    left, right = boxes.columns(boxes.width - sizes.right, sizes.right)
    _place(canvas, slip, place, sizes)
    _beneficiary(canvas, slip, beneficiary, sizes)
    _document(canvas, slip, document, sizes)
    _use(canvas, slip, use, sizes)
    _instructions(canvas, slip, left, qr)
    _right_boxes(canvas, right)
    draw_payer(canvas, slip, payer)
    canvas.line(right.x, place.y, right.x, boxes.bottom)
    rule(canvas, place, beneficiary, document, use, boxes)
    rule(canvas, payer, weight=HEAVY)
    draw_header(canvas, slip, header, sizes)
    _foot(canvas, slip, payer, paper_bottom)


def rule(canvas: Canvas, *rows: Box, weight: float = HAIR) -> None:
    """A line under each row."""
    for row in rows:
        canvas.line(row.x, row.bottom, row.right, row.bottom, weight=weight)


def draw_header(canvas: Canvas, slip: Slip, box: Box, sizes: Sizes) -> None:
    """Bank, code and digitable line."""
    name, code, digits = box.columns(sizes.name, sizes.code, box.width - sizes.name - sizes.code)
    baseline = box.bottom - 1.7
    if slip.logo is not None:
        canvas.image(name.inset(1, bottom=1), slip.logo)
    else:
        canvas.text(name.inset(1), baseline, slip.bank_name, 13, bold=True)
    canvas.text(code.inset(1), baseline, slip.bank_code, sizes.code_size, bold=True, align="center")
    line = format_digitable_line(slip.digitable_line)
    canvas.text(digits.inset(1), baseline, line, sizes.line_size, align="right")
    for x in (code.x, code.right):
        canvas.line(x, box.y + 0.5, x, box.bottom, weight=HEAVY)
    rule(canvas, box, weight=HEAVY)


def draw_payer(canvas: Canvas, slip: Slip, box: Box) -> None:
    """Payer and guarantor."""
    payer, guarantor = box.rows(box.height - 4, 4)
    canvas.field(payer, "Pagador")
    canvas.paragraphs(payer.inset(1, top=2.7), [person(slip.payer), address(slip.payer)], 8)
    canvas.field(guarantor, "Sacador / Avalista")
    if slip.guarantor is not None:
        text = " - ".join(filter(None, (person(slip.guarantor), address(slip.guarantor))))
        canvas.paragraphs(Box(box.x + 18, guarantor.y + 0.2, box.width - 19, 3.6), [text], 7.5)


def draw_qr(canvas: Canvas, qr: Modules, box: Box, side: float) -> None:
    """The QR of that side in the middle of a box, which has to leave room for the quiet zone."""
    modules, rectangles = qr
    square = Box(box.x + (box.width - side) / 2, box.y + (box.height - side) / 2, side, side)
    canvas.fill(square, modules, modules, rectangles)


def qr_space(qr: Modules, side: float) -> float:
    """The side of a QR together with its quiet zone."""
    return side * (1 + 2 * QR_BORDER / qr[0])


def _split(row: Box, sizes: Sizes) -> list[Box]:
    return row.columns(row.width - sizes.right, sizes.right)


def _place(canvas: Canvas, slip: Slip, row: Box, sizes: Sizes) -> None:
    left, right = _split(row, sizes)
    canvas.field(left, "Local de pagamento", slip.payment_place)
    canvas.shade(right)
    canvas.field(right, "Vencimento", day(slip.due_date), size=sizes.figure_size, bold=True, align="right")


def _beneficiary(canvas: Canvas, slip: Slip, row: Box, sizes: Sizes) -> None:
    left, right = _split(row, sizes)
    canvas.field(left, "Beneficiário")
    texts = [person(slip.beneficiary), address(slip.beneficiary)]
    canvas.paragraphs(left.inset(1, top=2.6, bottom=0.2), texts, 7.75)
    canvas.field(right, "Agência / Código do beneficiário", slip.agency_and_code, align="right")


def _document(canvas: Canvas, slip: Slip, row: Box, sizes: Sizes) -> None:
    left, right = _split(row, sizes)
    columns = left.columns(24, 40, 21, 16, 44)
    fields = (
        ("Data do documento", day(slip.issue_date)),
        ("Nº do documento", slip.seu_numero),
        ("Espécie doc.", slip.document_kind),
        ("Aceite", "S" if slip.accepted else "N"),
        ("Data do processamento", day(slip.processing_date)),
    )
    _columns(canvas, columns, fields)
    canvas.field(right, "Nosso número", slip.nosso_numero, align="right")


def _use(canvas: Canvas, slip: Slip, row: Box, sizes: Sizes) -> None:
    left, right = _split(row, sizes)
    columns = left.columns(24, 24, 16, 37, 44)
    fields = (
        ("Uso do banco", ""),
        ("Carteira", slip.carteira),
        ("Espécie", "R$"),
        ("Quantidade", ""),
        ("(x) Valor", ""),
    )
    _columns(canvas, columns, fields)
    canvas.shade(right)
    amount = number(slip.amount) if slip.amount else ""
    canvas.field(right, "(=) Valor do documento", amount, size=sizes.figure_size, bold=True, align="right")


def _columns(canvas: Canvas, columns: list[Box], fields: tuple[tuple[str, str], ...]) -> None:
    for column, (label, value) in zip(columns, fields, strict=True):
        canvas.field(column, label, value)
    for column in columns[1:]:
        canvas.line(column.x, column.y, column.x, column.bottom)


def _instructions(canvas: Canvas, slip: Slip, box: Box, qr: Modules | None) -> None:
    canvas.field(box, "Instruções (texto de responsabilidade do beneficiário)")
    if qr is not None:
        space = qr_space(qr, QR_SIDE)
        box, pix = box.columns(box.width - space - 1, space + 1)
        canvas.text(pix, pix.y + 2.6, "Pague com Pix", 7.5, bold=True, align="center")
        draw_qr(canvas, qr, pix.inset(0, top=2.9), QR_SIDE)
    canvas.paragraphs(box.inset(1, top=3.2, bottom=0.5), slip.instructions, 8)


def _right_boxes(canvas: Canvas, box: Box) -> None:
    rows = box.rows(*[box.height / len(_RIGHT_BOXES)] * len(_RIGHT_BOXES))
    for row, label in zip(rows, _RIGHT_BOXES, strict=True):
        canvas.field(row, label)
    for row in rows[1:]:
        canvas.line(row.x, row.y, row.right, row.y)


def _foot(canvas: Canvas, slip: Slip, above: Box, paper_bottom: float) -> None:
    modules, bars = barcode_bars(slip.barcode)
    top = paper_bottom - BARCODE_CENTRE - BARCODE_HEIGHT / 2
    canvas.fill(Box(above.x, top, BARCODE_WIDTH, BARCODE_HEIGHT), modules, 1, bars)
    label = Box(above.x + BARCODE_WIDTH + 6, above.bottom, above.width - BARCODE_WIDTH - 6, 4)
    canvas.text(label, above.bottom + 2.5, "Autenticação Mecânica - Ficha de Compensação", 6, align="right")
