"""The symbols alone, read back from the pictures they make."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image

from bankgateway.models.boleto import Boleto
from bankgateway.render import barcode_png, barcode_svg, qr_png, qr_svg

Make = Callable[..., Boleto]
BARCODE = "23794166400001234561234090000001234500543210"
EMV_WITH_ACCENTS = (
    "00020126360014br.gov.bcb.pix0114270514380001555204000053039865802BR5916PADARIA SÃO JOÃO6008BRASÍLIA"
    "62070503***6304460F"
)
SVG = "{http://www.w3.org/2000/svg}"


def read(picture: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def draw(path: str, columns: float, rows: float, scale: int) -> Image.Image:
    """Fill the rectangles of a path made of `Mx yhwvhh-wz`."""
    picture = Image.new("L", (round(columns * scale), round(rows * scale)), 255)
    for x, y, width, height in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-[\d.]+z", path):
        left, top = round(float(x) * scale), round(float(y) * scale)
        size = (round(float(width) * scale), round(float(height) * scale))
        picture.paste(0, (left, top, left + size[0], top + size[1]))
    return picture


@pytest.mark.parametrize("scale", [1, 2, 3, 5])
def test_barcode_png(scale: int) -> None:
    picture = Image.open(BytesIO(barcode_png(BARCODE, scale=scale)))
    assert picture.format == "PNG"
    assert read(picture.convert("L")) == [BARCODE]
    dots_per_mm = picture.info["dpi"][0] / 25.4
    assert picture.width / dots_per_mm == pytest.approx(103 + 2 * 5.09, abs=0.1)
    assert picture.height / dots_per_mm == pytest.approx(13, abs=0.3)


def test_barcode_svg() -> None:
    root = ElementTree.fromstring(barcode_svg(BARCODE))
    _, _, columns, rows = map(float, root.attrib["viewBox"].split())
    assert (columns, rows) == (445, 1)
    assert root.attrib["height"] == "13mm"
    assert float(root.attrib["width"].removesuffix("mm")) == pytest.approx(103 * 445 / 405, abs=0.01)
    bars = root.findall(f"{SVG}path")[1].attrib["d"]
    assert bars.count("M") == 22 * 5 + 4
    picture = draw(bars, columns, rows, 3).resize((int(columns * 3), 150))
    assert read(picture) == [BARCODE]


@pytest.mark.parametrize("text", [BARCODE[:-1], BARCODE + "00", "", "x" * 44])
def test_no_barcode(text: str) -> None:
    for make in (barcode_svg, barcode_png):
        with pytest.raises(ValueError, match=r"44 digits|digit"):
            make(text)


def test_no_scale() -> None:
    with pytest.raises(ValueError, match="scale"):
        barcode_png(BARCODE, scale=0)
    with pytest.raises(ValueError, match="scale"):
        qr_png("000201", scale=0)


@pytest.mark.parametrize("scale", [2, 8])
def test_qr_png(scale: int, boleto: Make) -> None:
    emv = boleto().pix.emv or ""  # type: ignore[union-attr]
    picture = Image.open(BytesIO(qr_png(emv, scale=scale)))
    assert picture.width == (57 + 8) * scale
    assert read(picture.convert("L")) == [emv]


def test_qr_with_accents() -> None:
    picture = Image.open(BytesIO(qr_png(EMV_WITH_ACCENTS)))
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    assert found.bytes.decode("utf-8") == EMV_WITH_ACCENTS


def test_qr_svg(boleto: Make) -> None:
    emv = boleto().pix.emv or ""  # type: ignore[union-attr]
    text = qr_svg(emv)
    root = ElementTree.fromstring(text)
    assert float(root.attrib["width"].removesuffix("mm")) == pytest.approx(30 * 65 / 57, abs=0.01)


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match=r".+"):
        qr_svg("")
    with pytest.raises(ValueError, match=r".+"):
        qr_png("9" * 8000)
