"""From the bank's answer to paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bankgateway.models.party import Party
from bankgateway.render import render_pdf
from bankgateway_mocks import FakeBank, samples

pytestmark = pytest.mark.anyio


async def test_registered_then_printed(beneficiary: Party, read: Callable[[bytes], list[Any]]) -> None:
    fake = FakeBank("inter")
    async with fake.connect() as bank:
        new = samples.new_boleto("inter")
        boleto = await bank.register(new, wait=5)
    (page,) = read(render_pdf(boleto, beneficiary=beneficiary, new=new))
    assert boleto.pix is not None
    assert page.symbols() == [("ITF", boleto.barcode), *[("QR", boleto.pix.emv)] * 2]
    assert "MerceariaExemploLtda-CNPJ11.222.333/0001-81" in page.letters
    assert "077-9" in page.words
