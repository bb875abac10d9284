"""Amounts as the codes carry them."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation

from bankgateway.codes.errors import CodeError

_CENTAVO = Decimal("0.01")
# A context of our own: the caller's may round, and a rounded amount is a wrong amount.
_EXACT = Context(prec=28, traps=[Inexact, InvalidOperation])


def two_places(amount: Decimal, *, reason: str = "amount_out_of_range") -> str:
    """Write an amount in reais with exactly two decimals and a point, never rounding.

    Args:
        amount: Zero or more reais, at most two decimals.
        reason: The reason of the error.

    Raises:
        TypeError: Not a `Decimal`.
        CodeError: Negative, not finite, with fractions of a centavo, or absurdly large.
    """
    if not isinstance(amount, Decimal):
        raise TypeError(f"an amount is a Decimal in reais, not {type(amount).__name__}")
    text = f"{amount:f}"
    if text[-3:-2] == "." and text[:-3].isdigit():
        return text
    if amount.is_zero():
        return "0.00"
    try:
        if amount.is_signed() or not amount.is_finite():
            raise InvalidOperation
        return f"{amount.quantize(_CENTAVO, context=_EXACT):f}"
    except (Inexact, InvalidOperation):
        raise CodeError(
            reason,
            "wrong amount",
            field="amount",
            expected="a positive amount in reais with at most two decimals",
            found=f"{amount:.6E}" if amount.is_finite() else str(amount),
        ) from None
