"""Taking personal data and secrets out of free text, before it reaches a log or an exception.

LGPD (Lei 13.709/2018). The text of a bank's error can quote a CPF, a digitable line or a token. Names
and addresses have no shape and cannot be found this way: keep them out to begin with.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bankgateway.codes.tax_id import is_cnpj, is_cpf

MASK = "***"

_KEEP = 4

# Every pattern below needs two digits close together, or one of these signs.
_MAYBE = re.compile(
    r"[0-9][ .-]{0,2}[0-9]|@|eyJ|-----BEGIN|bearer|basic|/(?:qr|v2|cob|rec|loc)", re.IGNORECASE
)

# All patterns are linear in the length of the text: each begins at a literal or at the edge of a run
# of its characters, and what repeats is bounded or possessive. Where `***` is looked for, what was
# masked already must not grow into a new match.
_PEM = re.compile(r"-----BEGIN [^-]{1,40}-----.*?(?:-----END [^-]{1,40}-----|\Z)", re.DOTALL)
_AUTHORIZATION = re.compile(
    r"\b(bearer|basic)\s++(?!(?:tokens?|auth|authentication|authorization|realm|scheme|error)\b)"
    r"[A-Za-z0-9._~+/=-]+",
    re.IGNORECASE,
)
_JWT = re.compile(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}")
# The end is a CRC that nothing of a URL follows: 6304 can occur inside the location, too.
_BR_CODE = re.compile(
    r"000201[0-9]{4}[^\r\n]{0,502}?6304[0-9A-Fa-f]{4}(?:(?=000201[0-9]{4})|(?![0-9A-Za-z/-]|\*\*\*))"
)
_LOCATION = re.compile(r"(\\?/(?:qr|v2|cobv?|rec|loc)\\?/)(?=[A-Za-z-]*[0-9])[0-9A-Za-z-]{25,}")
# What is glued to an address goes with it: it may be the next one.
_EMAIL = re.compile(
    r"(?<![\w.%+-])([.%+-]*+)\w[\w.%+-]*+@[\w%+-]++(?:\.[\w%+-]++)++(?:@[\w%+-]++(?:\.[\w%+-]++)*+)*+"
)
_LINE = re.compile(
    r"(?<![0-9])(?<!\*\*\*)"
    r"(?:[0-9](?:[ .]{0,2}[0-9]){43,47}|(?:[0-9]{11}[ -]{1,3}[0-9] {1,2}){3}[0-9]{11}[ -]{1,3}[0-9])"
    r"(?![0-9])"
)
_CNPJ = re.compile(
    r"(?:(?<=CNPJ)|(?<=cnpj)|(?<![0-9A-Za-z])(?<!\*\*\*))"
    r"[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?[0-9]{2}(?![0-9A-Za-z])"
)
_CPF = re.compile(r"(?<![0-9])[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}(?![0-9])")
# Banks that carry documents as numbers lose their zeros, and a mistyped CPF is still about somebody.
_LABELLED = re.compile(r"((?:cpf|cnpj)[^0-9]{0,20})([0-9]{9,14})(?![0-9])", re.IGNORECASE)


def scrub(text: str) -> str:
    """Replace personal data and secrets in free text.

    CPF, CNPJ and digitable lines or barcodes keep their last four characters (`***4725`). BR Codes,
    the token in a Pix location, e-mails, JWTs, PEM blocks and the values of `Bearer` and `Basic` become
    `***`. Eleven bare digits count as a CPF when the check digits fit or the word CPF stands before;
    fourteen capitals and digits as a CNPJ when eight are digits or the check digits fit.

    Scrubbing twice changes nothing more.
    """
    if not _MAYBE.search(text):
        return text
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def mask_tail(text: str, keep: int = _KEEP) -> str:
    """`***` and the last `keep` characters; only `***` where that would show half of the text."""
    return f"{MASK}{text[-keep:]}" if 0 < 2 * keep < len(text) else MASK


def _mask_match(match: re.Match[str]) -> str:
    return _mask_document(match.group())


def _mask_cnpj(match: re.Match[str]) -> str:
    found = match.group()
    if sum(character.isdigit() for character in found) >= 8 or is_cnpj(found):
        return _mask_document(found)
    return found


def _mask_cpf(match: re.Match[str]) -> str:
    found = match.group()
    return _mask_document(found) if found.count(".") == 2 or is_cpf(found) else found


def _mask_labelled(match: re.Match[str]) -> str:
    return match.group(1) + _mask_document(match.group(2))


def _mask_document(found: str) -> str:
    return MASK + re.sub(r"[^0-9A-Z]", "", found)[-_KEEP:]


_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_PEM, MASK),
    (_AUTHORIZATION, rf"\1 {MASK}"),
    (_JWT, MASK),
    (_BR_CODE, MASK),
    (_LOCATION, rf"\1{MASK}"),
    (_EMAIL, rf"\1{MASK}"),
    (_LINE, _mask_match),
    (_CNPJ, _mask_cnpj),
    (_CPF, _mask_cpf),
    (_LABELLED, _mask_labelled),
)
