"""Where a boleto is drawn: a thin layer over fpdf2 in millimetres, with our fonts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from bankgateway.render.box import Box
from bankgateway.render.document import FAMILY, document, typefaces
from bankgateway.render.symbols import Rectangles
from bankgateway.render.typeset import (
    LEADING,
    MM_PER_POINT,
    printable,
    printable_character,
)

if TYPE_CHECKING:
    from fpdf import FPDF

Align: TypeAlias = Literal["left", "center", "right"]

_ASCENT = 0.93
"""From the top of a line of text to its baseline, in type sizes."""
HAIR, HEAVY = 0.2, 0.5
"""Weights of lines, in millimetres."""
LABEL_SIZE = 5.75
"""Points."""
_LABEL_GREY = 70
_PADDING = 1.0


class Canvas:
    """A PDF in the making. Positions and lengths are millimetres, type sizes points."""

    def __init__(self, pdf: FPDF) -> None:
        self._pdf = pdf
        self._faces = typefaces()

    @classmethod
    @contextmanager
    def open(cls, title: str, *, created_at: datetime | None = None) -> Iterator[Self]:
        """An empty document with a title.

        Raises:
            ConfigurationError: The extra `pdf` is not installed.
        """
        with document() as pdf:
            pdf.set_title(title)
            if created_at is not None:
                pdf.set_creation_date(created_at)
            yield cls(pdf)

    def page(self) -> None:
        """Begin a page, A4 upright."""
        self._pdf.add_page()

    def line(self, x1: float, y1: float, x2: float, y2: float, *, weight: float = HAIR) -> None:
        """A line; its weight in millimetres."""
        self._pdf.set_line_width(weight)
        self._pdf.line(x1, y1, x2, y2)

    def cut(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """A dashed line to cut along."""
        with self._dashed():
            self.line(x1, y1, x2, y2, weight=0.15)

    def shade(self, box: Box, grey: int = 236) -> None:
        """Fill a box with a light grey."""
        self._pdf.set_fill_color(grey)
        self._pdf.rect(box.x, box.y, box.width, box.height, style="F")
        self._pdf.set_fill_color(0)

    def text(
        self,
        box: Box,
        baseline: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        align: Align = "left",
        grey: int = 0,
    ) -> None:
        """One line of text in a box, smaller where it would not fit its width. `baseline` is a height."""
        text = printable(text)
        if not text:
            return
        face = self._faces["B" if bold else ""]
        size = face.size_for(text, box.width, size)
        room = box.width - face.width(text, size)
        x = box.x + {"left": 0.0, "center": room / 2, "right": room}[align]
        self._pdf.set_font(FAMILY, "B" if bold else "", size)
        self._pdf.set_text_color(grey)
        self._pdf.text(x, baseline, text)

    def paragraphs(self, box: Box, texts: Sequence[str], size: float) -> None:
        """Wrapped text from the top of a box, smaller where it would not fit.

        Raises:
            ValueError: It does not fit at a size that can be read.
        """
        paragraphs = [printable(text) for text in texts]
        size, lines = self._faces[""].fit(paragraphs, box.width, box.height, size)
        self._lines(box, lines, size)

    def code(self, box: Box, code: str, size: float) -> None:
        """A long code to be copied: broken anywhere, every character of it there, blanks too."""
        code = "".join(map(printable_character, code))
        size, lines = self._faces[""].fit_code(code, box.width, box.height, size)
        self._lines(box, lines, size)

    def field(
        self,
        box: Box,
        label: str,
        value: str = "",
        *,
        size: float = 8.5,
        bold: bool = False,
        align: Align = "left",
    ) -> None:
        """A box of the form: the label small in the upper left corner, the value on its floor."""
        inner = box.inset(_PADDING)
        self.text(inner, box.y + 2.1, label, LABEL_SIZE, grey=_LABEL_GREY)
        self.text(inner, box.bottom - 1.2, value, size, bold=bold, align=align)

    def fill(self, box: Box, columns: float, rows: float, rectangles: Rectangles) -> None:
        """Fill rectangles of a grid that spans the box."""
        height, k = self._pdf.h, self._pdf.k
        unit_x, unit_y = box.width * k / columns, box.height * k / rows
        # fpdf2 fills one rectangle at a time, which leaves hairlines between the modules of a QR on
        # screens, and rounds each by itself. As one path on a grid they touch, and stay exact.
        path = " ".join(f"{x:g} {y:g} {w:g} {h:g} re" for x, y, w, h in rectangles)
        self._pdf._out(
            f"q {unit_x:.6f} 0 0 {-unit_y:.6f} {box.x * k:.4f} {(height - box.y) * k:.4f} cm {path} f Q"
        )

    def image(self, box: Box, image: bytes | Path) -> None:
        """A PNG, JPEG or SVG in the middle of a box, as large as fits."""
        source = BytesIO(image) if isinstance(image, bytes) else image
        self._pdf.image(source, box.x, box.y, box.width, box.height, keep_aspect_ratio=True)

    def output(self) -> bytes:
        """The finished PDF."""
        return bytes(self._pdf.output())

    def _lines(self, box: Box, lines: Sequence[str], size: float) -> None:
        self._pdf.set_font(FAMILY, "", size)
        self._pdf.set_text_color(0)
        for number, line in enumerate(lines):
            baseline = box.y + (number * LEADING + _ASCENT) * size * MM_PER_POINT
            self._pdf.text(box.x, baseline, line)

    @contextmanager
    def _dashed(self) -> Iterator[None]:
        self._pdf.set_dash_pattern(dash=1, gap=1)
        yield
        self._pdf.set_dash_pattern()
