"""Where commands print to."""

from __future__ import annotations

import io
import sys

from rich.console import Console


def make_console(*, plain: bool = False) -> Console:
    """A console on standard output.

    Colours only on a terminal, and not where `NO_COLOR` is set.

    Args:
        plain: No colours and no other escape codes, whatever the output is.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal does not know must not end the command.
        sys.stdout.reconfigure(errors="replace")
    if plain:
        return Console(force_terminal=False, no_color=True, highlight=False, markup=False, emoji=False)
    return Console(highlight=False, markup=False, emoji=False)


def can_print(console: Console, text: str) -> bool:
    """Whether the encoding of the output has all these characters."""
    try:
        text.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
