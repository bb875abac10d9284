"""Text into boxes: which characters can be printed, how wide they are, where lines break."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

MM_PER_POINT = 25.4 / 72
LEADING = 1.2
"""Distance of two baselines, in type sizes."""
SMALLEST = 3.0
"""Points. A text that does not fit at this size is refused: it could not be read."""

CHARACTERS = frozenset(
    map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x180)))
) | frozenset("‐‑–—‘’‚“”„†•…′″‹›€™−")  # fmt: skip
"""What the fonts of this room contain."""

# A code is copied from the screen, not read from paper.
_SMALLEST_CODE = 2.5
_STEP = 0.25


def printable(text: str) -> str:
    """The text in the characters of the font, blanks collapsed.

    A letter with a foreign accent loses it; what has no likeness at all becomes a question mark, so that
    nothing vanishes unseen.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return text if CHARACTERS.issuperset(text) else "".join(map(printable_character, text))


def printable_character(character: str) -> str:
    """The character itself, or what is printed in its place."""
    if character in CHARACTERS:
        return character
    if unicodedata.category(character) in ("Cc", "Cf", "Mn"):
        return ""
    alike = "".join(c for c in unicodedata.normalize("NFKD", character) if c in CHARACTERS)
    return alike or "?"


@dataclass(frozen=True, slots=True)
class Typeface:
    """The widths of one font.

    Attributes:
        widths: Of every character, in type sizes.
    """

    widths: Mapping[str, float]

    def width(self, text: str, size: float) -> float:
        """Millimetres of a printable text at a size in points."""
        return sum(map(self.widths.__getitem__, text)) * size * MM_PER_POINT

    def size_for(self, text: str, width: float, size: float) -> float:
        """The size, in points, at which the text is no wider than so many millimetres; at most `size`."""
        natural = self.width(text, size)
        return size if natural <= width else size * width / natural

    def wrap(self, text: str, width: float, size: float) -> list[str]:
        """Lines no wider than so many millimetres. Only a word wider than a line is broken."""
        lines: list[str] = []
        line = ""
        for word in text.split(" "):
            candidate = f"{line} {word}" if line else word
            if self.width(candidate, size) <= width:
                line = candidate
                continue
            if line:
                lines.append(line)
            *full, line = self._break(word, width, size)
            lines.extend(full)
        return [*lines, line] if line else lines

    def _break(self, word: str, width: float, size: float) -> list[str]:
        parts = [""]
        for character in word:
            if parts[-1] and self.width(parts[-1] + character, size) > width:
                parts.append("")
            parts[-1] += character
        return parts

    def fit(self, texts: Sequence[str], width: float, height: float, size: float) -> tuple[float, list[str]]:
        """Wrap paragraphs into a box, at the largest size up to `size` at which all of them fit.

        Returns:
            The size in points, and the lines.

        Raises:
            ValueError: They do not fit even at `SMALLEST`.
        """
        return _largest(
            lambda s: [line for text in texts for line in self.wrap(text, width, s)], height, size
        )

    def fit_code(self, code: str, width: float, height: float, size: float) -> tuple[float, list[str]]:
        """As `fit`, but broken anywhere, so that no blank is lost."""
        return _largest(lambda s: self._break(code, width, s), height, size, _SMALLEST_CODE)


def _largest(
    broken: Callable[[float], list[str]], height: float, size: float, smallest: float = SMALLEST
) -> tuple[float, list[str]]:
    while len(lines := broken(size)) * size * LEADING * MM_PER_POINT > height:
        if size <= smallest:
            raise ValueError("a text is too long to be printed")
        size = max(size - _STEP, smallest)
    return size, lines
