"""Text for a bank's alphabet: cleaned first, cut second, and what changed is reported."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from bankgateway.models.boleto import Notice

_TYPOGRAPHIC = str.maketrans({
    "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "−": "-",
    "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "\u00a0": " ",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charset:
    """What a bank accepts in a text field.

    Attributes:
        allowed: Characters outside this class of a regular expression are dropped; `None` takes all.
        accents: Whether accented letters may stay.
        upper: Whether letters are raised.
    """

    allowed: str | None = None
    accents: bool = True
    upper: bool = False

    def clean(self, text: str) -> str:
        """The text in this alphabet, blanks collapsed."""
        text = unicodedata.normalize("NFC", text)
        if not self.accents:
            text = text.translate(_TYPOGRAPHIC)
            text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        if self.allowed is not None:
            text = re.sub(f"[^{self.allowed}]", "", text)
        text = re.sub(r"\s+", " ", text).strip()
        return text.upper() if self.upper else text


@dataclass(slots=True)
class TextFitter:
    """Fits the texts of one request and collects a notice for each that lost something."""

    charset: Charset
    notices: list[Notice] = field(default_factory=list)

    def fit(self, name: str, text: str, limit: int) -> str:
        """The text as the bank takes it. `name` is our name of the field."""
        clean = self.charset.clean(text)
        fitted = clean[:limit].rstrip()
        if fitted != clean:
            self.notices.append(
                Notice(code="text_cut", field=name, message=f"cut to the bank's {limit} characters")
            )
        elif _folded(clean) != _folded(text):
            self.notices.append(
                Notice(code="text_changed", field=name, message="characters the bank refuses were dropped")
            )
        return fitted


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_TYPOGRAPHIC))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", plain).strip().casefold()
