"""How the banks appear on paper: the code with its digit, and the name."""

from __future__ import annotations

from typing import NamedTuple


class PrintedBank(NamedTuple):
    """A bank as its slips show it.

    Attributes:
        code: COMPE code with its digit.
        name: For the place of the logo.
    """

    code: str
    name: str


# The digit is a modulo 11 with exceptions of the banks' own (0, X): a table, not arithmetic.
_BY_SLUG = {
    "bb": PrintedBank("001-9", "Banco do Brasil"),
    "santander": PrintedBank("033-7", "Santander"),
    "banrisul": PrintedBank("041-8", "Banrisul"),
    "inter": PrintedBank("077-9", "Inter"),
    "caixa": PrintedBank("104-0", "CAIXA"),
    "bradesco": PrintedBank("237-2", "Bradesco"),
    "itau": PrintedBank("341-7", "Itaú"),
    "sicredi": PrintedBank("748-X", "Sicredi"),
    "sicoob": PrintedBank("756-0", "Sicoob"),
}
_BY_COMPE = {bank.code[:3]: bank for bank in _BY_SLUG.values()}


def printed_bank(slug: str, compe: str) -> PrintedBank | None:
    """The bank of that slug or else of that COMPE code; `None` for one outside the table."""
    return _BY_SLUG.get(slug) or _BY_COMPE.get(compe)
