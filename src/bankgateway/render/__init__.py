"""The printed boleto (extra `pdf`): recibo do pagador and ficha de compensação, carnê, and the symbols alone.

    from bankgateway.render import render_pdf

    pdf = render_pdf(boleto, beneficiary=us, agency_and_code="0001-9 / 123456-7", carteira="112")

`Slip` is the whole shape of a printed boleto, for data that comes from elsewhere.
"""

from __future__ import annotations

from bankgateway.render.pdf import render_carne, render_pdf
from bankgateway.render.slip import PrintedData, Slip
from bankgateway.render.symbols import barcode_png, barcode_svg, qr_png, qr_svg

__all__ = [
    "PrintedData",
    "Slip",
    "barcode_png",
    "barcode_svg",
    "qr_png",
    "qr_svg",
    "render_carne",
    "render_pdf",
]
