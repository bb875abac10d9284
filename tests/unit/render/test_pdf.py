"""The files themselves: same input same bytes, fonts inside, one font file however many pages, clear errors."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from fontTools.ttLib import TTFont

from bankgateway import render
from bankgateway.models.boleto import Boleto
from bankgateway.render import Slip, render_carne, render_pdf
from bankgateway.render.typeset import CHARACTERS

Make = Callable[..., Boleto]
FONTS = Path(render.__file__).parent / "fonts"
NOON = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize("make", [render_pdf, render_carne])
def test_the_same_input_makes_the_same_bytes(make: Any, boleto: Make, printed: dict[str, Any]) -> None:
    first = make([boleto(), boleto(number=2)], created_at=NOON, **printed)
    assert make([boleto(), boleto(number=2)], created_at=NOON, **printed) == first
    assert make([boleto(), boleto(number=3)], created_at=NOON, **printed) != first
    assert first.startswith(b"%PDF-")


def test_what_the_document_says_of_itself(boleto: Make, printed: dict[str, Any]) -> None:
    document = pypdfium2.PdfDocument(render_pdf(boleto(), created_at=NOON, **printed))
    metadata = document.get_metadata_dict()
    assert (metadata["Title"], metadata["Creator"]) == ("Boleto", "bankgateway")
    assert metadata["CreationDate"].startswith("D:20261120150000")
    assert document.get_page_size(0) == (pytest.approx(595.3, abs=0.1), pytest.approx(841.9, abs=0.1))


def test_fonts_are_embedded_once(boleto: Make, printed: dict[str, Any]) -> None:
    one = render_pdf(boleto(pix=False), **printed)
    many = render_pdf([boleto(pix=False, number=n) for n in range(20)], **printed)
    for pdf in (one, many):
        assert pdf.count(b"/FontFile2") == 2
        assert b"Helvetica" not in pdf
    assert len(one) < 30_000
    assert len(many) < 20 * 5_000


def test_slips_and_boletos_make_the_same(boleto: Make, printed: dict[str, Any]) -> None:
    slip = Slip.of(boleto(), **printed)
    assert render_pdf(slip, created_at=NOON) == render_pdf(boleto(), created_at=NOON, **printed)
    generator = (slip for _ in range(2))
    assert render_carne(generator, created_at=NOON) == render_carne([slip, slip], created_at=NOON)


def test_what_cannot_be_printed(boleto: Make, printed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="nothing to print"):
        render_pdf([])
    with pytest.raises(TypeError, match=r"Slip\.of"):
        render_pdf(Slip.of(boleto(), **printed), **printed)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="beneficiary"):
        render_pdf(boleto())  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="nosso"):
        render_pdf(boleto(), nosso="1", **printed)  # type: ignore[call-overload]


def test_fonts_hold_what_they_promise() -> None:
    for name in ("RobotoCondensed-Regular.ttf", "RobotoCondensed-Bold.ttf"):
        font = TTFont(FONTS / name)
        assert {ord(c) for c in CHARACTERS} <= set(font.getBestCmap())
        assert "Apache License" in font["name"].getDebugName(13)
        font.close()
    assert "Apache License" in (FONTS / "LICENSE-Apache-2.0.txt").read_text("utf-8")
    assert sum(file.stat().st_size for file in FONTS.iterdir()) < 100_000


@pytest.mark.parametrize(
    ("package", "call"),
    [
        ("fpdf", "render_pdf(slip)"),
        ("segno", "qr_svg('000201')"),
    ],
)
def test_a_missing_extra_is_named(package: str, call: str) -> None:
    program = (
        "import sys\n"
        f"sys.modules[{package!r}] = None\n"
        "from bankgateway.errors import ConfigurationError\n"
        "from bankgateway.render import *\n"
        "slip = Slip.model_construct(pix_emv=None)\n"
        f"try: {call}\n"
        "except ConfigurationError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "bankgateway[pdf]" in done.stdout
    assert {"fpdf": "fpdf2"}.get(package, package) in done.stdout


def test_nothing_of_the_extra_is_needed_to_import() -> None:
    program = (
        "import sys\n"
        "import bankgateway.render\n"
        "print([name for name in ('fpdf', 'segno', 'PIL', 'fontTools') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
