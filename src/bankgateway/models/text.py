"""Text for a bank's alphabet: cleaned first, cut second, and what changed is reported."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from bankgateway.models.boleto import Notice

_TYPOGRAPHIC = str.maketrans({
    "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "−": "-",
    "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charset:
    """What a bank accepts in a text field.

    Attributes:
        allowed: Characters outside this class of a regular expression become a blank; `None` takes all.
        accents: Whether accented letters may stay.
        upper: Whether letters are raised; `allowed` is about what comes out.
    """

    allowed: str | None = None
    accents: bool = True
    upper: bool = False

    def clean(self, text: str) -> str:
        """The text in this alphabet, blanks collapsed. Cleaning twice changes nothing more."""
        if not text.isprintable():
            # Invisible characters come along with pasted text: joiners, directions, controls.
            text = "".join(c for c in text if c.isspace() or not unicodedata.category(c).startswith("C"))
        if not text.isascii():
            if not self.accents or self.allowed is not None:
                text = text.translate(_TYPOGRAPHIC)
            if not self.accents:
                text = _without_accents(text)
        text = text.upper() if self.upper else text
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        if self.allowed is not None:
            text = re.sub(f"[^{self.allowed}]", " ", text)
        return " ".join(text.split())


@dataclass(slots=True)
class TextFitter:
    """Fits the texts of one request and collects a notice for each that lost something.

    Keys (seu número, txid, e-mail) do not belong here: a cut key is another key.
    """

    charset: Charset
    notices: list[Notice] = field(default_factory=list)

    def fit(self, name: str, text: str, limit: int) -> str:
        """The text as the bank takes it. `name` is our name of the field."""
        clean = self.charset.clean(text)
        fitted = clean[:limit].rstrip()
        if fitted != clean:
            self._report("text_cut", name, f"cut to the bank's {limit} characters")
        elif clean != text and _folded(clean) != _folded(text):
            self._report("text_changed", name, "characters the bank refuses were taken out")
        return fitted

    def _report(self, code: str, name: str, message: str) -> None:
        self.notices.append(Notice(code=code, field=name, message=message))


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _folded(text: str) -> str:
    # Lost accents, case, blanks and invisible characters are not worth a notice.
    return Charset(accents=False).clean(text).casefold()
