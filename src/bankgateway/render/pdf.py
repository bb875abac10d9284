"""Boletos as PDF: one to a page, or three as a carnê."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Unpack, overload

from bankgateway.models.boleto import Boleto
from bankgateway.render.box import Box
from bankgateway.render.canvas import Canvas
from bankgateway.render.ficha import CARNE, PAGE, draw_ficha
from bankgateway.render.receipt import draw_receipt, draw_stub
from bankgateway.render.slip import PrintedData, Slip
from bankgateway.render.symbols import qr_modules

_WIDTH, _HEIGHT = 210.0, 297.0
_MARGIN = 10.0
_FICHA_HEIGHT = 108.0
_TO_A_PAGE = 3
_PART_HEIGHT = _HEIGHT / _TO_A_PAGE
_STUB = (5.0, 37.0)
_STUB_CUT = 44.0
_CARNE_FICHA = (49.0, 156.0)


@overload
def render_pdf(slips: Slip | Iterable[Slip], *, created_at: datetime | None = None) -> bytes: ...


@overload
def render_pdf(
    slips: Boleto | Iterable[Boleto], *, created_at: datetime | None = None, **printed: Unpack[PrintedData]
) -> bytes: ...


def render_pdf(slips: Any, *, created_at: datetime | None = None, **printed: Any) -> bytes:
    """Print boletos, one to an A4 page: the receipt above, the ficha de compensação below.

    Takes time rather than I/O, some milliseconds a page: in an async program with many pages, run it with
    `anyio.to_thread.run_sync`. Fonts are loaded once a document, so a thousand boletos in one PDF are
    quicker than a thousand PDFs. The logger `fontTools` tells at level INFO which glyphs it embeds.

    Args:
        slips: What to print. One `Slip` or several; or one `Boleto` or several, whose missing data is the
            same for all and follows as keyword arguments.
        created_at: Creation date of the document; now when left out. The same date makes the same bytes.
        **printed: With `Boleto` only: see `PrintedData`. `beneficiary` is needed.

    Returns:
        The PDF.

    Raises:
        ValueError: Nothing to print, data that has to be printed is missing, a boleto contradicts itself, or
            a text is too long to be printed.
        ConfigurationError: The extra `pdf` is not installed.
    """
    with Canvas.open("Boleto", created_at=created_at) as canvas:
        for slip in _slips(slips, printed):
            canvas.page()
            _draw_page(canvas, slip)
        return canvas.output()


@overload
def render_carne(slips: Slip | Iterable[Slip], *, created_at: datetime | None = None) -> bytes: ...


@overload
def render_carne(
    slips: Boleto | Iterable[Boleto], *, created_at: datetime | None = None, **printed: Unpack[PrintedData]
) -> bytes: ...


def render_carne(slips: Any, *, created_at: datetime | None = None, **printed: Any) -> bytes:
    """Print boletos as a carnê, three to an A4 page: the receipt at the left of each ficha.

    The Pix QR is in the receipt alone, and there is no room for `details`.

    Args:
        slips: As in `render_pdf`.
        created_at: As in `render_pdf`.
        **printed: As in `render_pdf`.

    Returns:
        The PDF.

    Raises:
        ValueError: As in `render_pdf`.
        ConfigurationError: The extra `pdf` is not installed.
    """
    with Canvas.open("Carnê", created_at=created_at) as canvas:
        for number, slip in enumerate(_slips(slips, printed)):
            place = number % _TO_A_PAGE
            if place == 0:
                canvas.page()
            _draw_part(canvas, slip, place * _PART_HEIGHT)
        return canvas.output()


def _draw_page(canvas: Canvas, slip: Slip) -> None:
    qr = qr_modules(slip.pix_emv) if slip.pix_emv else None
    cut, width = _HEIGHT - _FICHA_HEIGHT, _WIDTH - 2 * _MARGIN
    draw_receipt(canvas, slip, Box(_MARGIN, _MARGIN, width, cut - _MARGIN), qr)
    canvas.cut(0, cut, _WIDTH, cut)
    draw_ficha(canvas, slip, Box(_MARGIN, cut + 2.5, width, 0), PAGE, paper_bottom=_HEIGHT, qr=qr)


def _draw_part(canvas: Canvas, slip: Slip, top: float) -> None:
    qr = qr_modules(slip.pix_emv) if slip.pix_emv else None
    bottom = top + _PART_HEIGHT
    draw_stub(canvas, slip, Box(_STUB[0], top + 2.5, _STUB[1], _PART_HEIGHT - 5), qr)
    canvas.cut(_STUB_CUT, top, _STUB_CUT, bottom)
    draw_ficha(canvas, slip, Box(_CARNE_FICHA[0], top + 2.5, _CARNE_FICHA[1], 0), CARNE, paper_bottom=bottom)
    if bottom < _HEIGHT:
        canvas.cut(0, bottom, _WIDTH, bottom)


def _slips(given: Any, printed: Mapping[str, Any]) -> list[Slip]:
    items = [given] if isinstance(given, Slip | Boleto) else list(given)
    if not items:
        raise ValueError("nothing to print")
    if printed and any(isinstance(item, Slip) for item in items):
        raise TypeError("a Slip holds all that is printed: give the rest to Slip.of")
    return [item if isinstance(item, Slip) else Slip.of(item, **printed) for item in items]
