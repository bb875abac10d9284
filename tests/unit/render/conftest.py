"""A boleto as a bank would tell it, and eyes: pages are rendered to pictures and read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pypdfium2.raw
import pytest
import zxingcpp

from bankgateway.codes import build_boleto_code, build_dynamic_br_code
from bankgateway.models.boleto import Boleto, BoletoRef, BoletoStatus, DocumentKind, Pix
from bankgateway.models.charges import Discount, Fine, Interest
from bankgateway.models.party import Address, PartialParty, Party

MM = 25.4 / 72


@dataclass(frozen=True)
class Thing:
    """Something on a page: millimetres from the lower left corner."""

    left: float
    bottom: float
    right: float
    top: float
    text: str = ""

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom

    def meets(self, other: Thing, slack: float = 0.05) -> bool:
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.bottom < other.top - slack
            and other.bottom < self.top - slack
        )


class Page:
    """One page of a PDF, as a reader sees it."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self._page = page
        self._textpage = page.get_textpage()

    def symbols(self, dpi: int = 200) -> list[tuple[str, str]]:
        """Every barcode and QR on the page, `(format, text)`."""
        picture = self._page.render(scale=dpi / 72, grayscale=True).to_pil()
        kinds = {zxingcpp.BarcodeFormat.ITF: "ITF", zxingcpp.BarcodeFormat.QRCode: "QR"}
        found = zxingcpp.read_barcodes(picture, formats=list(kinds))
        return sorted((kinds[item.format], item.text) for item in found)

    @property
    def texts(self) -> list[Thing]:
        return self._things(pypdfium2.raw.FPDF_PAGEOBJ_TEXT)

    @property
    def paths(self) -> list[Thing]:
        return self._things(pypdfium2.raw.FPDF_PAGEOBJ_PATH)

    @property
    def images(self) -> list[Thing]:
        return self._things(pypdfium2.raw.FPDF_PAGEOBJ_IMAGE)

    @property
    def words(self) -> str:
        """All text, blanks and line ends collapsed."""
        return " ".join(self._textpage.get_text_range().split())

    @property
    def letters(self) -> str:
        """All text without any blanks: what was written, wherever lines were broken."""
        return "".join(self.words.split())

    def _things(self, kind: int) -> list[Thing]:
        text = pypdfium2.raw.FPDF_PAGEOBJ_TEXT
        return [
            Thing(*(v * MM for v in item.get_bounds()), item.extract() if item.type == text else "")
            for item in self._page.get_objects(filter=[kind], textpage=self._textpage)
        ]


@pytest.fixture
def read() -> Callable[[bytes], list[Page]]:
    """Open a PDF and return its pages."""
    return lambda pdf: [Page(page) for page in pypdfium2.PdfDocument(pdf)]


@pytest.fixture
def beneficiary() -> Party:
    address = Address(
        street="Avenida das Indústrias",
        number="1500",
        complement="Galpão 2",
        district="Distrito Industrial",
        city="Caxias do Sul",
        state="RS",
        postal_code="95010000",
    )
    return Party(
        name="Metalúrgica Modelo Indústria e Comércio Ltda", tax_id="27051438000155", address=address
    )


@pytest.fixture
def boleto() -> Callable[..., Boleto]:
    """Make a boleto whose codes fit: `boleto(bank="341", pix=False, amount=...)`."""
    return make_boleto


@pytest.fixture
def printed(beneficiary: Party) -> dict[str, Any]:
    """What has to be said besides the boleto."""
    return {
        "beneficiary": beneficiary,
        "agency_and_code": "0001-9 / 123456-7",
        "carteira": "112",
        "nosso_numero_printed": "00019/112/4215300786-3",
    }


def make_boleto(
    bank: str = "077",
    *,
    pix: bool = True,
    amount: Decimal | None = Decimal("1234.56"),
    due_date: date = date(2026, 12, 18),
    number: int = 1,
    **fields: Any,
) -> Boleto:
    code = build_boleto_code(
        bank_code=bank, free_field=f"0001112765432{number:012d}", amount=amount, due_date=due_date
    )
    emv = build_dynamic_br_code(
        url=f"pix.example.com/qr/v2/cobv/{number:032x}",
        merchant_name="METALURGICA MODELO LTDA",
        merchant_city="CAXIAS DO SUL",
        amount=amount,
    ).text
    payer = PartialParty(
        name="Mercearia Exemplo São João Ltda",
        tax_id="11222333000181",
        street="Rua das Amostras",
        number="120",
        complement="Sala 3",
        district="Centro",
        city="Belo Horizonte",
        state="MG",
        postal_code="30110000",
    )
    known: dict[str, Any] = {
        "bank": "somebank",
        "ref": BoletoRef(nosso_numero=f"{number:011d}"),
        "status": BoletoStatus.REGISTERED,
        "nosso_numero": f"{number:011d}",
        "seu_numero": f"NF-2026/{number:06d}",
        "amount": amount,
        "due_date": due_date,
        "issue_date": date(2026, 11, 20),
        "expires_on": date(2027, 1, 17),
        "document_kind": DocumentKind.DM,
        "barcode": code.barcode,
        "digitable_line": code.digitable_line,
        "pix": Pix(emv=emv) if pix else None,
        "payer": payer,
        "interest": Interest.monthly(Decimal(1)),
        "fine": Fine.percent(Decimal(2)),
        "discounts": (Discount.percent(Decimal(5), until=date(2026, 12, 1)),),
        "rebate": Decimal("10.00"),
        "messages": ("Referente à mensalidade de dezembro.",),
    }
    return Boleto(**{**known, **fields})
