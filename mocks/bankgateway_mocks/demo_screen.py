"""How the demo looks: numbered steps, facts in two columns, a panel for a boleto, a QR.

A step is printed once it is over, so that its time stands beside its title.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import zip_longest

import segno
from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bankgateway.cli.console import can_print

WIDEST = 96
"""Columns: longer lines are hard to read."""

_INDENT = 4
_LABEL = 12
_QUIET_ZONE = 4


class Step:
    """What there is to see of one step."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._shown: list[tuple[RenderableType, bool]] = []

    def say(self, sentence: str) -> None:
        """A sentence or two."""
        self._shown.append((_indented(Text(sentence)), False))

    def facts(self, *facts: tuple[str, str]) -> None:
        """Labels (up to 11 characters) and values."""
        self._shown.append((_indented(_columns(facts)), False))

    def panel(self, title: str, facts: Iterable[tuple[str, str]]) -> None:
        """The same in a frame."""
        panel = Panel(
            _columns(facts), title=Text(title, "bold"), title_align="left", box=box.ROUNDED, padding=(0, 1)
        )
        self._shown.append((_indented(panel), False))

    def to_copy(self, label: str, text: str) -> None:
        """A text without line breaks of ours, so that it can be copied as a whole."""
        self._shown += [(_indented(Text(label, "dim")), False), (Text(text), True)]

    def qr(self, content: str) -> None:
        """A QR code that a telephone can read off the screen."""
        drawn = draw_qr(content, self._screen.console)
        if drawn is None:
            self.say("(This screen cannot draw the QR code; the text above is its content.)")
        else:
            self._shown.append((drawn, True))

    def print(self) -> None:
        """Everything, in order."""
        for thing, unbroken in self._shown:
            # Unbroken lines are left to the terminal, and to whoever reads the file.
            self._screen.console.print(thing, soft_wrap=unbroken)


class Screen:
    """Prints the demo.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        console.width = min(console.width, WIDEST)
        self._begun = time.perf_counter()
        self._number = 0
        self._title = ""
        self._tick = "✓" if can_print(console, "✓") else "ok"

    @property
    def position(self) -> str:
        """The step under way, or the last one: `step 3, Register a boleto`."""
        return f"step {self._number}, {self._title}" if self._number else "the beginning"

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.perf_counter() - self._begun

    def open(self, bank: str, sentences: str) -> None:
        """The title and what this is about."""
        self.console.print(_ends(Text("bankgateway demo", "bold"), Text(bank, "bold")))
        self.console.print(Text(sentences))

    @contextmanager
    def step(self, title: str, *code: str) -> Iterator[Step]:
        """A step: what happens inside is timed, and printed at its end, also when it fails.

        Args:
            title: A few words.
            *code: The call it makes, line by line.
        """
        self._number += 1
        self._title = title
        step = Step(self)
        begun = time.perf_counter()
        done = False
        try:
            yield step
            done = True
        finally:
            took = _duration(time.perf_counter() - begun)
            mark = Text(f"{took} {self._tick}", "green") if done else Text(f"{took} x", "bold red")
            self.console.print()
            self.console.print(_ends(Text(f"{self._number:2}  {title}", "bold"), mark))
            for line in code:
                self.console.print(_indented(Text(line, "cyan")))
            step.print()

    def close(self, facts: str, sentence: str) -> None:
        """The last lines."""
        self.console.print()
        self.console.print(Text(facts, "bold green"))
        self.console.print(Text(sentence))

    def fail(self, sentence: str) -> None:
        """What went wrong."""
        self.console.print()
        self.console.print(Text(sentence, "bold red"))


def draw_qr(content: str, console: Console) -> Text | None:
    """A QR code in half blocks, two modules high a line, or in `#` where the output has no blocks.

    The light modules are drawn, as for a dark screen. Where there are colours they are white on black
    whatever the screen; without colours on a light screen the code is inverse, which most readers take.

    Returns:
        `None` when it does not fit.
    """
    # The more error correction, the more modules: on a clean screen the least will do.
    code = segno.make_qr(content, error="l", boost_error=False)
    light = [[not module for module in row] for row in code.matrix_iter(border=_QUIET_ZONE)]
    blocks = can_print(console, "█▀▄")
    wide = _INDENT + len(light) * (1 if blocks else 2)
    if console.is_terminal and wide > console.width:
        return None
    if blocks:
        pairs = zip_longest(light[::2], light[1::2], fillvalue=[True] * len(light))
        lines = ["".join(map(_block, upper, lower)) for upper, lower in pairs]
    else:
        lines = ["".join("##" if module else "  " for module in row) for row in light]
    drawn = Text()
    for line in lines:
        drawn.append("\n" if drawn else "").append(" " * _INDENT).append(line, "#ffffff on #000000")
    return drawn


def _block(upper: bool, lower: bool) -> str:
    return {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}[upper, lower]


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _columns(facts: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(expand=True)
    table.add_column(style="dim", width=_LABEL, no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    for label, value in facts:
        table.add_row(Text(label), Text(value))
    return table


def _ends(left: Text, right: Text) -> Table:
    table = Table.grid(expand=True)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(left, right)
    return table


def _indented(thing: RenderableType) -> RenderableType:
    return Padding(Group(thing), (0, 0, 0, _INDENT))
