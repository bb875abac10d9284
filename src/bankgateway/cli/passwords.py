"""Passwords: typed on a terminal, or from a file or the environment. Never arguments, which `ps` shows."""

from __future__ import annotations

import os
import sys
from getpass import getpass
from pathlib import Path

from bankgateway.errors import ConfigurationError

PASSWORD = "BANKGATEWAY_PASSWORD"  # noqa: S105 - the name of a variable
"""Environment variable with the password of what is read."""
NEW_PASSWORD = "BANKGATEWAY_NEW_PASSWORD"  # noqa: S105 - the name of a variable
"""Environment variable with the password of what is written."""


def stored_password(file: Path | None, variable: str) -> str | None:
    """The password from the file, else from the environment, else `None`.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    return read_secret(file).rstrip("\r\n") if file else os.environ.get(variable)


def read_secret(file: Path) -> str:
    """The content of a file.

    Raises:
        ConfigurationError: It cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None
    except ValueError:
        raise ConfigurationError(f"{file}: not UTF-8 text") from None


def somebody_is_there() -> bool:
    """Whether a question would be answered."""
    return sys.stdin.isatty()


def ask_password(question: str) -> str:
    """The password as typed."""
    return getpass(f"{question}: ")


def ask_new_password(question: str) -> str:
    """A new password, typed twice.

    Raises:
        ConfigurationError: The two differ.
    """
    first = ask_password(question)
    if ask_password("The same again") != first:
        raise ConfigurationError("the two passwords differ; nothing was written")
    return first
