"""Building BR Codes: static ones, and dynamic ones for tests and fake banks.

A static code knows nothing of a boleto: paying it does not settle one.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Literal

from bankgateway.codes.amounts import two_places
from bankgateway.codes.br_code import GUI, NO_TXID, BrCode, crc16, parse_br_code
from bankgateway.codes.characters import compact
from bankgateway.codes.errors import CodeError
from bankgateway.codes.tax_id import normalise_tax_id

_STATIC_TXID = re.compile(r"[0-9A-Za-z]{1,25}")
_CHARGE_TXID = re.compile(r"[0-9A-Za-z]{26,35}")
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_URL = re.compile(r"(?!https?:)[!-~]{1,77}", re.IGNORECASE)
_POSTAL_CODE = re.compile(r"[0-9]{8}")


def is_static_txid(text: str) -> bool:
    """Whether a static code may carry this txid: 1 to 25 letters and digits."""
    return _STATIC_TXID.fullmatch(text) is not None


def is_charge_txid(text: str) -> bool:
    """Whether a charge (cob, cobv) may be made with this txid: 26 to 35 letters and digits.

    Do not refuse what a bank returns on this ground: some of theirs are shorter or longer.
    """
    return _CHARGE_TXID.fullmatch(text) is not None


def normalise_pix_key(text: str) -> str:
    """Write a Pix key as codes and the directory write it.

    Args:
        text: CPF or CNPJ with or without separators, telephone beginning with `+` and country code,
            e-mail, or random key (UUID).

    Returns:
        11 digits, 14 characters, `+5551999887766`, lower-case e-mail or lower-case UUID.

    Raises:
        TypeError: The input is not text.
        CodeError: `invalid_key`, or as `normalise_tax_id`.
    """
    plain = compact(text, "")
    if plain.startswith("+"):
        return _require_key(_PHONE, compact(plain, " -.()"), "a telephone with country code")
    if "@" in plain:
        return _require_key(_EMAIL, plain.lower(), "an e-mail")
    if _UUID.fullmatch(plain.lower()):
        return plain.lower()
    return normalise_tax_id(plain)


def build_static_br_code(
    *,
    key: str,
    merchant_name: str,
    merchant_city: str,
    amount: Decimal | None = None,
    additional_info: str | None = None,
    postal_code: str | None = None,
    txid: str | None = None,
) -> BrCode:
    """Build a static, reusable code.

    Accents and everything outside printable ASCII are dropped from name, city and information; name
    and city are cut to 25 and 15 characters.

    Args:
        key: The receiver's Pix key.
        merchant_name: Who receives.
        merchant_city: Where.
        amount: Reais, above zero; `None` lets the payer choose.
        additional_info: Free text; key and text share 73 characters.
        postal_code: CEP, eight digits with or without hyphen.
        txid: 1 to 25 letters and digits.

    Raises:
        CodeError: `invalid_key`, `invalid_amount`, `invalid_txid`, `invalid_postal_code`,
            `invalid_length`, `missing_field`.
    """
    if txid is not None and not is_static_txid(txid):
        raise CodeError("invalid_txid", "wrong txid", field="txid", expected="1 to 25 letters and digits")
    account = _field("01", normalise_pix_key(key))
    if additional_info:
        account += _field("02", _clean(additional_info, "additional info"))
    return _assemble("", account, merchant_name, merchant_city, amount, postal_code, txid)


def build_dynamic_br_code(
    *,
    url: str,
    merchant_name: str,
    merchant_city: str,
    amount: Decimal | None = None,
    postal_code: str | None = None,
    point_of_initiation: Literal["11", "12"] | None = "12",
) -> BrCode:
    """Build a dynamic code, as a bank would. The txid is in the payload behind the URL.

    Args:
        url: Location of the payload without scheme, up to 77 printable ASCII characters.
        merchant_name: Who receives; cleaned and cut as in `build_static_br_code`.
        merchant_city: Where.
        amount: Reais, above zero; `None` leaves it to the payload.
        postal_code: CEP, eight digits with or without hyphen.
        point_of_initiation: `12` one use only, `11` reusable, `None` not said.

    Raises:
        CodeError: `invalid_url`, `invalid_amount`, `invalid_postal_code`, `missing_field`.
    """
    if not _URL.fullmatch(url):
        raise CodeError(
            "invalid_url", "wrong URL", field="url", expected="1 to 77 ASCII characters, no scheme"
        )
    initiation = _field("01", point_of_initiation) if point_of_initiation else ""
    return _assemble(
        initiation, _field("25", url), merchant_name, merchant_city, amount, postal_code, txid=None
    )


def _assemble(
    initiation: str,
    account: str,
    merchant_name: str,
    merchant_city: str,
    amount: Decimal | None,
    postal_code: str | None,
    txid: str | None,
) -> BrCode:
    text = (
        _field("00", "01")
        + initiation
        + _field("26", _field("00", GUI) + account)
        + _field("52", "0000")
        + _field("53", "986")
        + ("" if amount is None else _field("54", _amount(amount)))
        + _field("58", "BR")
        + _field("59", _clean(merchant_name, "merchant name")[:25].rstrip())
        + _field("60", _clean(merchant_city, "merchant city")[:15].rstrip())
        + ("" if postal_code is None else _field("61", _postal_code(postal_code)))
        + _field("62", _field("05", txid or NO_TXID))
        + "6304"
    )
    return parse_br_code(text + crc16(text.encode()))


def _field(tag: str, value: str) -> str:
    if len(value) > 99:
        raise CodeError(
            "invalid_length",
            "too long",
            field="key and additional info" if tag == "26" else f"field {tag}",
            expected="at most 99 characters",
            found=f"{len(value)}",
        )
    return f"{tag}{len(value):02d}{value}"


def _clean(text: str, field: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    plain = " ".join("".join(c for c in decomposed if " " <= c <= "~").split())
    if not plain:
        raise CodeError("missing_field", "nothing printable is left", field=field)
    return plain


def _amount(amount: Decimal) -> str:
    text = two_places(amount, reason="invalid_amount")
    if text == "0.00" or len(text) > 13:
        raise CodeError("invalid_amount", "wrong amount", field="amount", expected="0.01 to 9999999999.99")
    return text


def _postal_code(text: str) -> str:
    plain = compact(text, "-")
    if not _POSTAL_CODE.fullmatch(plain):
        raise CodeError("invalid_postal_code", "wrong postal code", field="postal code", expected="8 digits")
    return plain


def _require_key(pattern: re.Pattern[str], key: str, expected: str) -> str:
    if len(key) > 77 or not pattern.fullmatch(key):
        raise CodeError("invalid_key", "wrong Pix key", field="key", expected=expected)
    return key
