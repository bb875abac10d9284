"""An empty PDF with our fonts, embedded and in part only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bankgateway.errors import missing_extra
from bankgateway.render.typeset import CHARACTERS, MM_PER_POINT, Typeface

if TYPE_CHECKING:
    from fpdf import FPDF

FAMILY = "roboto-condensed"
"""The name fpdf2 knows the fonts by."""

_FONTS = {
    "": Path(__file__).parent / "fonts" / "RobotoCondensed-Regular.ttf",
    "B": Path(__file__).parent / "fonts" / "RobotoCondensed-Bold.ttf",
}


@contextmanager
def document() -> Iterator[FPDF]:
    """An empty A4 document in millimetres. Its fonts are open files until the end of the block.

    Raises:
        ConfigurationError: The extra `pdf` is not installed.
    """
    try:
        from fpdf import FPDF
        from fpdf.fonts import TTFFont
    except ImportError:
        raise missing_extra("fpdf2", "pdf", "a printed boleto") from None
    pdf = FPDF(format="A4", unit="mm")
    pdf.set_auto_page_break(False)
    pdf.set_lang("pt-BR")
    pdf.set_creator("bankgateway")
    for style, path in _FONTS.items():
        pdf.add_font(FAMILY, style, path)
    fonts = [font for font in pdf.fonts.values() if isinstance(font, TTFFont)]
    for font in fonts:
        # The outlines stay as they are: measuring each again would take half the time of a short PDF.
        font.ttfont.recalcBBoxes = False
    try:
        yield pdf
    finally:
        for font in fonts:
            font.close()


@cache
def typefaces() -> dict[str, Typeface]:
    """The widths of regular (`""`) and bold (`"B"`), measured once a process."""
    faces = {}
    with document() as pdf:
        for style in _FONTS:
            pdf.set_font(FAMILY, style, 1 / MM_PER_POINT)
            faces[style] = Typeface({character: pdf.get_string_width(character) for character in CHARACTERS})
    return faces
