"""What a boleto says, in Portuguese: amounts, days, parties and the conditions of payment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from bankgateway.codes import CodeError, format_tax_id
from bankgateway.models.boleto import Boleto
from bankgateway.models.charges import Discount, DiscountKind, Fine, Interest, InterestKind
from bankgateway.models.party import Address, PartialParty, Party

_INTEREST = {
    InterestKind.AMOUNT_PER_DAY: "por dia de atraso",
    InterestKind.DAILY_RATE: "ao dia",
    InterestKind.MONTHLY_RATE: "ao mês",
    InterestKind.YEARLY_RATE: "ao ano",
}
_ANTICIPATION = {
    DiscountKind.AMOUNT_PER_DAY: "por dia de antecipação",
    DiscountKind.PERCENTAGE_PER_DAY: "por dia de antecipação",
    DiscountKind.AMOUNT_PER_BUSINESS_DAY: "por dia útil de antecipação",
    DiscountKind.PERCENTAGE_PER_BUSINESS_DAY: "por dia útil de antecipação",
}


def number(value: Decimal) -> str:
    """Two decimals or more, as Brazilians write them: `1.234,50`, `0,033`."""
    places = max(2, -int(value.normalize().as_tuple().exponent))
    return f"{value:,.{places}f}".translate(str.maketrans(",.", ".,"))


def money(value: Decimal) -> str:
    """Reais: `R$ 1.234,50`."""
    return f"R$ {number(value)}"


def day(value: date | None) -> str:
    """`18/12/2026`; empty for none."""
    return f"{value:%d/%m/%Y}" if value else ""


def charges(boleto: Boleto) -> Iterator[str]:
    """A sentence for every registered condition: what the instructions box has to repeat."""
    interest = boleto.interest
    if interest is not None and interest.kind is not InterestKind.EXEMPT:
        yield f"{_start(interest)}, cobrar juros de {_value(interest)} {_INTEREST[interest.kind]}."
    if boleto.fine is not None:
        yield f"{_start(boleto.fine)}, cobrar multa de {_value(boleto.fine)}."
    for discount in boleto.discounts or ():
        if discount.until is not None:
            yield f"Até {day(discount.until)}, conceder desconto de {_value(discount)}."
        else:
            yield f"Conceder desconto de {_value(discount)} {_ANTICIPATION[discount.kind]}."
    if boleto.rebate:
        yield f"Conceder abatimento de {money(boleto.rebate)}."
    if boleto.expires_on is not None:
        yield f"Não receber após {day(boleto.expires_on)}."


def tax_id(text: str) -> str:
    """`CNPJ 11.222.333/0001-81`. What a bank masked or mistyped is shown as it came."""
    try:
        formatted = format_tax_id(text)
    except CodeError:
        return f"CPF/CNPJ {text}"
    return f"{'CNPJ' if '/' in formatted else 'CPF'} {formatted}"


def person(party: Party | PartialParty) -> str:
    """Name and document on one line."""
    parts = (party.name, tax_id(party.tax_id) if party.tax_id else None)
    return " - ".join(part for part in parts if part)


def address(party: Party | PartialParty) -> str:
    """The address on one line; empty when nothing is known of it."""
    place = party.address if isinstance(party, Party) else party
    if place is None:
        return ""
    street = ", ".join(filter(None, (place.street, place.number, place.complement)))
    city = "/".join(filter(None, (place.city, place.state)))
    return " - ".join(filter(None, (street, place.district, city, _postal_code(place))))


def _postal_code(place: Address | PartialParty) -> str:
    text = place.postal_code or ""
    return f"CEP {text[:5]}-{text[5:]}" if len(text) == 8 and text.isdigit() else text


def _start(charge: Interest | Fine) -> str:
    return f"A partir de {day(charge.starts_on)}" if charge.starts_on else "Após o vencimento"


def _value(charge: Interest | Fine | Discount) -> str:
    if charge.amount is not None:
        return money(charge.amount)
    return f"{number(charge.rate or Decimal(0))}%"
