"""Rectangles, and how they are divided."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the page: millimetres from the upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def rows(self, *heights: float) -> list[Box]:
        """Boxes from the top, of the full width."""
        tops = [self.y + sum(heights[:number]) for number in range(len(heights))]
        return [Box(self.x, top, self.width, height) for top, height in zip(tops, heights, strict=True)]

    def columns(self, *shares: float) -> list[Box]:
        """Boxes from the left that share the width in these proportions."""
        unit = self.width / sum(shares)
        lefts = [self.x + unit * sum(shares[:number]) for number in range(len(shares))]
        return [
            Box(left, self.y, unit * share, self.height) for left, share in zip(lefts, shares, strict=True)
        ]

    def inset(self, x: float, top: float = 0, bottom: float = 0) -> Box:
        """The box with a margin left and right, at the top and at the bottom."""
        return Box(self.x + x, self.y + top, self.width - 2 * x, self.height - top - bottom)
