"""The two symbols of a boleto by themselves, for those who draw the rest on their own."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, TypeAlias

from bankgateway.codes import interleaved_2_of_5
from bankgateway.errors import missing_extra

BARCODE_WIDTH = 103.0
"""Millimetres, from the first bar to the last (FEBRABAN, specifications of the banks)."""
BARCODE_HEIGHT = 13.0
"""Millimetres."""
QR_SIDE = 30.0
"""Millimetres, without the quiet zone."""
QR_BORDER = 4
"""The quiet zone, in modules (ISO/IEC 18004)."""

# A little more than the 5 mm that the banks ask for.
_BARCODE_BORDER = 20

Rectangles: TypeAlias = list[tuple[float, float, float, float]]
"""x, y, width and height of what is black, in modules, from the upper left corner."""
Modules: TypeAlias = tuple[float, Rectangles]
"""The width of a symbol in modules, and what is black in it."""


def barcode_svg(barcode: str) -> str:
    """The barcode as an SVG drawing of 13 mm height, quiet zones included.

    Args:
        barcode: 44 digits.

    Raises:
        ValueError: Not 44 digits.
    """
    modules, bars = barcode_bars(barcode)
    total = modules + 2 * _BARCODE_BORDER
    path = "".join(f"M{_BARCODE_BORDER + x:g} 0h{width:g}v1h-{width:g}z" for x, _, width, _ in bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total * BARCODE_WIDTH / modules:.3f}mm"'
        f' height="{BARCODE_HEIGHT:g}mm" viewBox="0 0 {total:g} 1" preserveAspectRatio="none"'
        f' shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{total:g}v1H0z"/><path d="{path}"/></svg>'
    )


def barcode_png(barcode: str, *, scale: int = 3) -> bytes:
    """The barcode as a PNG picture that prints 13 mm high, quiet zones included.

    Show it at its natural size or a whole multiple of it: any other scaling blurs the bars.

    Args:
        barcode: 44 digits.
        scale: Pixels of a narrow bar.

    Raises:
        ValueError: Not 44 digits, or a scale below 1.
    """
    if scale < 1:
        raise ValueError("scale: at least 1")
    modules, bars = barcode_bars(barcode)
    row = bytearray(b"\xff" * int((modules + 2 * _BARCODE_BORDER) * scale))
    for x, _, width, _ in bars:
        start, length = int((_BARCODE_BORDER + x) * scale), int(width * scale)
        row[start : start + length] = bytes(length)
    pixels_per_mm = modules * scale / BARCODE_WIDTH
    return _grey_png(bytes(row), round(BARCODE_HEIGHT * pixels_per_mm), pixels_per_mm)


def qr_svg(emv: str) -> str:
    """The QR of a Pix code as an SVG drawing of 30 mm, quiet zone included besides. Needs the extra `pdf`.

    Args:
        emv: The BR Code, exactly as the bank gave it.

    Raises:
        ValueError: Too long for a QR, or empty.
        ConfigurationError: The extra is not installed.
    """
    qr = _qr(emv)
    buffer = BytesIO()
    scale = QR_SIDE / len(qr.matrix)
    qr.save(buffer, kind="svg", scale=scale, unit="mm", border=QR_BORDER, light="#fff", xmldecl=False)
    return buffer.getvalue().decode().strip()


def qr_png(emv: str, *, scale: int = 8) -> bytes:
    """The QR of a Pix code as a PNG picture, quiet zone included. Needs the extra `pdf`.

    Args:
        emv: The BR Code, exactly as the bank gave it.
        scale: Pixels of a module.

    Raises:
        ValueError: Too long for a QR, or empty, or a scale below 1.
        ConfigurationError: The extra is not installed.
    """
    buffer = BytesIO()
    _qr(emv).save(buffer, kind="png", scale=scale, border=QR_BORDER)
    return buffer.getvalue()


def barcode_bars(barcode: str) -> Modules:
    """The width of the symbol in narrow bars, and its bars, one module high.

    Raises:
        ValueError: Not 44 digits.
    """
    if len(barcode) != 44:
        raise ValueError("a barcode has 44 digits")
    widths = interleaved_2_of_5(barcode)
    return sum(widths), list(_bars(widths))


def qr_modules(emv: str) -> Modules:
    """The side of the symbol in modules, and its black modules, joined along each row."""
    matrix = _qr(emv).matrix
    return len(matrix), [
        (x, y, width, 1) for y, row in enumerate(matrix) for x, width in _runs(bytes(map(bool, row)))
    ]


def _qr(emv: str) -> Any:
    try:
        import segno
    except ImportError:
        raise missing_extra("segno", "pdf", "a Pix QR") from None
    if not emv:
        raise ValueError("an empty text makes no QR")
    return segno.make_qr(emv, error="m", boost_error=False, encoding="utf-8")


def _bars(widths: tuple[float, ...]) -> Iterator[tuple[float, float, float, float]]:
    x = 0.0
    for number, width in enumerate(widths):
        if number % 2 == 0:
            yield x, 0, width, 1
        x += width


def _runs(row: bytes) -> Iterator[tuple[int, int]]:
    start = row.find(1)
    while start >= 0:
        end = row.find(0, start)
        end = len(row) if end < 0 else end
        yield start, end - start
        start = row.find(1, end)


def _grey_png(row: bytes, height: int, pixels_per_mm: float) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    per_metre = round(pixels_per_mm * 1000)
    header = struct.pack(">IIBBBBB", len(row), height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))
        + chunk(b"IDAT", zlib.compress((b"\0" + row) * height, 9))
        + chunk(b"IEND", b"")
    )
