"""Files that hold secrets or personal data."""

from __future__ import annotations

import os
from pathlib import Path

from bankgateway.errors import ConfigurationError


def refuse_existing(path: Path) -> None:
    """Notice early, before a bank is asked or a password typed, that a file cannot be created.

    Raises:
        ConfigurationError: There is something at that path, or no folder for it.
    """
    if os.path.lexists(path):
        raise ConfigurationError(f"{path} exists already; it is not overwritten")
    if not path.parent.is_dir():
        raise ConfigurationError(f"{path}: there is no folder {path.parent}")


def write_private(path: Path, data: bytes) -> None:
    """Create a file that only its owner can read. Never overwrites, nor follows a link.

    Raises:
        ConfigurationError: There is something at that path, or it cannot be written. No half of it stays.
    """
    # The mode is given at creation: set later, it would leave a moment in which others can open the file.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags, 0o600)
    except FileExistsError:
        raise ConfigurationError(f"{path} exists already; it is not overwritten") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ConfigurationError(f"{path}: {error.strerror}") from None
        raise
