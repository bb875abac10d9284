"""The Pix BR Code: the text inside the QR, which is also the text of "copia e cola".

A flat list of fields (two-digit ID, two-digit length, value) whose templates hold such lists again
(EMV merchant presented mode; BACEN, Manual do BR Code).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from bankgateway.codes.characters import compact
from bankgateway.codes.errors import CodeError

GUI = "br.gov.bcb.pix"
"""The name by which a template says that it is Pix. Banks write it in either case."""

NO_TXID = "***"
"""What a code carries in the place of a txid when it has none."""

Fields: TypeAlias = tuple[tuple[str, str], ...]

_CURRENCY_REAL = "986"
_ACCOUNT_IDS = frozenset(f"{number:02d}" for number in range(26, 52))
_UNRESERVED_IDS = frozenset(f"{number:02d}" for number in range(80, 100))
_REQUIRED = {
    "00": "payload format",
    "53": "currency",
    "58": "country",
    "59": "merchant name",
    "60": "merchant city",
}
_AMOUNT = re.compile(r"(?:[0-9]+(?:\.[0-9]{0,2})?|\.[0-9]{1,2})")
_SCHEME = re.compile(r"https?:(?://)?", re.IGNORECASE)


class BrCodeKind(StrEnum):
    """What a BR Code asks the payer's bank to do.

    `DYNAMIC_IMMEDIATE` also covers charges with a due date whose URL does not say so: what the
    bank's API calls them prevails.
    """

    STATIC = "static"
    DYNAMIC_IMMEDIATE = "dynamic_immediate"
    DYNAMIC_DUE_DATE = "dynamic_due_date"
    COMPOSITE = "composite"
    """A charge together with the authorisation of a recurrence (Pix Automático)."""
    RECURRENCE = "recurrence"
    """Only the authorisation of a recurrence."""


@dataclass(frozen=True, slots=True, repr=False)
class BrCode:
    """A BR Code that has been read.

    In a dynamic code amount and txid are not authoritative: the payload behind `url` prevails.

    Attributes:
        text: The code itself. Draw and show exactly this.
        kind: Static, dynamic, or one of the recurrence kinds.
        gui: `br.gov.bcb.pix` as the code spells it.
        key: Pix key of a static code (personal data when it is a CPF, a telephone or an e-mail).
        additional_info: Free text of a static code.
        url: Location of the payload of a dynamic code, without scheme (it is always HTTPS).
        recurrence_url: Location of the recurrence, without scheme.
        point_of_initiation: `11` reusable, `12` one use only, `None` not said.
        amount: Reais. In a dynamic code zero means "see the payload".
        merchant_name: Who receives.
        merchant_city: Where.
        postal_code: CEP, where given.
        txid: The identifier, `None` where the code has `***` or nothing.
        crc: The four hexadecimal digits as they stand in the code.
        fields: Every field of the root, `(ID, value)`, in the order of the code.
        warnings: What is wrong with the code, when it was read with `strict=False`.
    """

    text: str
    kind: BrCodeKind
    gui: str
    key: str | None
    additional_info: str | None
    url: str | None
    recurrence_url: str | None
    point_of_initiation: str | None
    amount: Decimal | None
    merchant_name: str | None
    merchant_city: str | None
    postal_code: str | None
    txid: str | None
    crc: str
    fields: Fields
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        # The code lets a stranger look at the debt, and a key can be a CPF: both stay out of logs.
        return f"BrCode(kind={self.kind.value!r}, amount={self.amount}, crc={self.crc!r})"


def crc16(data: bytes) -> str:
    """CRC-16/CCITT-FALSE as a BR Code writes it: four upper-case hexadecimal digits.

    The CRC of a code is taken over its UTF-8 bytes up to and including `6304`.
    """
    return f"{binascii.crc_hqx(data, 0xFFFF):04X}"


def parse_br_code(text: str, *, strict: bool = True) -> BrCode:
    """Read a BR Code.

    Args:
        text: The code. Surrounding blanks are ignored.
        strict: When false, a code that still can be read is returned with `warnings`, whatever else
            is wrong with it (CRC, missing fields, amount, and the three-digit template length of
            Banco Inter's sandbox).

    Raises:
        TypeError: The input is not text.
        CodeError: `invalid_characters`, `invalid_structure`, `missing_field`, `invalid_crc`,
            `not_pix`, `invalid_payload_format`, `invalid_currency`, `invalid_amount`,
            `url_with_scheme`, `key_and_url_together`. A damaged code says `invalid_crc` as long as
            its structure can be read.
    """
    return _Reader(compact(text, ""), strict=strict).read()


class _Reader:
    """One reading: the fields found so far and the complaints about them."""

    def __init__(self, text: str, *, strict: bool) -> None:
        self.text = text
        self.strict = strict
        self.warnings: list[str] = []

    def read(self) -> BrCode:
        _require_encodable(self.text)
        fields = self.structure()
        root = dict(fields)
        self.check_crc()
        self.check_root(root)
        account = _find_pix(fields, _ACCOUNT_IDS)
        if account is None:
            raise CodeError("not_pix", f"no template 26 to 51 with the GUI {GUI}")
        recurrence = _find_pix(fields, _UNRESERVED_IDS) or {}
        url, recurrence_url = self.location(account), self.location(recurrence)
        return BrCode(
            text=self.text,
            kind=self.kind(account, recurrence_url),
            gui=account["00"],
            key=account.get("01") or None,
            additional_info=account.get("02"),
            url=url,
            recurrence_url=recurrence_url,
            point_of_initiation=root.get("01"),
            amount=self.amount(root.get("54")),
            merchant_name=root.get("59"),
            merchant_city=root.get("60"),
            postal_code=root.get("61"),
            txid=self.txid(root.get("62")),
            crc=root["63"],
            fields=fields,
            warnings=tuple(self.warnings),
        )

    def complain(self, error: CodeError) -> None:
        if self.strict:
            raise error
        self.warnings.append(str(error))

    def structure(self) -> Fields:
        try:
            return _either_unit(self.text, _root)
        except CodeError as error:
            if self.strict:
                raise
            try:
                fields = _either_unit(self.text, _root_with_wide_templates)
            except CodeError:
                raise error from None
            self.complain(_broken("a template has a length of three digits"))
            return fields

    def check_crc(self) -> None:
        expected, found = crc16(self.text[:-4].encode()), self.text[-4:]
        if found.upper() != expected:
            self.complain(CodeError("invalid_crc", "wrong CRC", field="63", expected=expected, found=found))

    def check_root(self, root: dict[str, str]) -> None:
        for tag, name in _REQUIRED.items():
            if not root.get(tag):
                self.complain(CodeError("missing_field", f"no {name}", field=tag))
        self.check_constant(root, "00", "01", "invalid_payload_format")
        self.check_constant(root, "53", _CURRENCY_REAL, "invalid_currency")

    def check_constant(self, root: dict[str, str], tag: str, expected: str, reason: str) -> None:
        found = root.get(tag)
        if found and found != expected:
            self.complain(
                CodeError(reason, f"unknown {_REQUIRED[tag]}", field=tag, expected=expected, found=found)
            )

    def location(self, template: dict[str, str]) -> str | None:
        url = template.get("25") or None
        if url is None or not (scheme := _SCHEME.match(url)):
            return url
        self.complain(CodeError("url_with_scheme", "the URL must not begin with a scheme", field="25"))
        return url[scheme.end() :]

    def kind(self, account: dict[str, str], recurrence_url: str | None) -> BrCodeKind:
        key, url = account.get("01"), account.get("25")
        if key and url:
            self.complain(CodeError("key_and_url_together", "both a key and a URL are given"))
        if url and recurrence_url:
            return BrCodeKind.COMPOSITE
        if url:
            return BrCodeKind.DYNAMIC_DUE_DATE if "/cobv/" in url else BrCodeKind.DYNAMIC_IMMEDIATE
        if key:
            return BrCodeKind.STATIC
        if recurrence_url:
            return BrCodeKind.RECURRENCE
        raise CodeError("missing_field", "neither a key nor a URL is given")

    def amount(self, text: str | None) -> Decimal | None:
        if text is None:
            return None
        if len(text) <= 13 and _AMOUNT.fullmatch(text):
            return Decimal(text)
        self.complain(
            CodeError(
                "invalid_amount",
                "wrong amount",
                field="54",
                expected="up to 13 digits with a decimal point",
                found=text,
            )
        )
        return None

    def txid(self, template: str | None) -> str | None:
        if template is None:
            return None
        try:
            txid = _template("62", template).get("05")
        except CodeError as error:
            self.complain(error)
            return None
        return None if txid in (None, "", NO_TXID) else txid


def _find_pix(fields: Fields, ids: frozenset[str]) -> dict[str, str] | None:
    for tag, value in fields:
        # Other schemes are none of our business, however they look inside.
        if tag in ids and GUI in value.lower():
            template = _template(tag, value)
            if template.get("00", "").lower() == GUI:
                return template
    return None


def _template(tag: str, text: str) -> dict[str, str]:
    try:
        fields = _either_unit(text, _split)
        _require_unique(fields)
    except CodeError as error:
        error.field = f"template {tag}"
        raise
    return dict(fields)


def _either_unit(text: str, read: Callable[[str], Fields]) -> Fields:
    """Read with lengths in characters, as the manual means them; failing that, in UTF-8 bytes."""
    try:
        return read(text)
    except CodeError:
        if text.isascii():
            raise
        try:
            fields = read(text.encode().decode("latin-1"))
            return tuple((tag, value.encode("latin-1").decode()) for tag, value in fields)
        except (CodeError, UnicodeDecodeError):
            pass
        raise


def _root(text: str) -> Fields:
    return _check_frame(_split(text))


def _root_with_wide_templates(text: str) -> Fields:
    return _check_frame(_split(text, wide_templates=True))


def _check_frame(fields: Fields) -> Fields:
    _require_unique(fields)
    tags = [tag for tag, _ in fields]
    if "63" not in tags:
        raise CodeError("missing_field", "no CRC", field="63")
    if tags[-1] != "63" or len(fields[-1][1]) != 4:
        raise _broken("the CRC (63) is not the last field with four characters")
    if "00" in tags[1:]:
        raise _broken("the payload format (00) is not the first field")
    return fields


def _split(text: str, *, wide_templates: bool = False) -> Fields:
    fields = []
    at = 0
    while at < len(text):
        tag = text[at : at + 2]
        start = at + 4
        if wide_templates and tag in _ACCOUNT_IDS and text[start + 1 : start + 5] == "0014":
            start += 1
        length = text[at + 2 : start]
        if len(tag + length) < 4 or not (tag + length).isascii() or not (tag + length).isdigit():
            raise _broken("ID and length must be digits", position=at + 1)
        end = start + int(length)
        if end > len(text):
            raise _broken(f"field {tag} runs past the end", position=at + 1)
        fields.append((tag, text[start:end]))
        at = end
    return tuple(fields)


def _require_unique(fields: Fields) -> None:
    seen = set()
    for tag, _ in fields:
        if tag in seen:
            raise _broken(f"field {tag} occurs twice")
        seen.add(tag)


def _require_encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CodeError(
            "invalid_characters", "not a character", position=error.start + 1, found=text[error.start]
        ) from None


def _broken(message: str, *, position: int | None = None) -> CodeError:
    return CodeError("invalid_structure", message, position=position)
