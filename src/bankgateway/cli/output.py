"""What leaves for the terminal: nothing in it may steer the terminal, and no result may be lost on the way.

Only the standard library: this is needed to say that an extra is missing.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any


def clean(text: object) -> str:
    """The text without control characters, which in a bank's answer could steer the terminal."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in str(text))


def to_json(data: Any, *, indent: int | None = None) -> str:
    """JSON that holds no control character but escaped, and nothing that the output cannot encode."""
    readable = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(data, ensure_ascii=not readable, indent=indent)
    # Line breaks are those of the indentation: inside of strings `json` escapes them.
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


_reader_left = False


def put(text: str) -> bool:
    """Write a line to standard output. False when nobody takes it: the reader is gone, the disk is full."""
    global _reader_left
    if not _reader_left:
        try:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        except OSError:
            _reader_left = True
            _drop_the_rest()
    return not _reader_left


def put_result(text: str) -> bool:
    """The same for what the bank did: where nobody takes it, it goes to standard error and is not lost."""
    taken = put(text)
    if not taken:
        _err(text)
    return taken


def _drop_the_rest() -> None:
    # What lies in the buffer would fail once more when the process ends, and change its exit code.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def complain(text: object) -> None:
    """Write a sentence to standard error."""
    _err(f"bankgateway: {clean(text)}")


def advise(text: str) -> None:
    """Write a line to standard error that can be copied as a whole."""
    _err(clean(text))


def _err(text: str) -> None:
    # That nobody listens is no reason to stop in the middle of a registration.
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
