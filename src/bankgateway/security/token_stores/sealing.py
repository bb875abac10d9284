"""Tokens at rest: sealed with the user's key, or in clear where that was asked for by name."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final, Literal

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import BaseModel

from bankgateway.errors import ConfigurationError
from bankgateway.security.oauth import Token
from bankgateway.security.redaction import sdk_logger

log = sdk_logger("oauth")


class _Plaintext(enum.Enum):
    PLAINTEXT = enum.auto()


PLAINTEXT: Final = _Plaintext.PLAINTEXT
"""Given as `key`: tokens are stored in clear. Whoever reads them can act as you at the bank."""

Key = str | bytes | Sequence[str | bytes] | Literal[_Plaintext.PLAINTEXT]


def generate_key() -> str:
    """A new random key for a token store: 44 characters. A secret: keep it as you keep the client secret."""
    return Fernet.generate_key().decode()


def digest(key: str) -> str:
    """The name an entry is stored under. It hides the client id that a `TokenSource.key` tells."""
    return hashlib.sha256(key.encode()).hexdigest()


def end_of(token: Token) -> datetime:
    """When nothing of a token is of use any more, its refresh token included."""
    return max(token.expires_at, token.refresh_expires_at or token.expires_at)


class _Entry(BaseModel):
    # The name lies inside as well: whoever can write to the store, but has no key, could otherwise put the
    # token of one account under the name of another.
    name: str
    token: Token


class Seal:
    """Turns tokens into text and back.

    Args:
        key: As of `generate_key`; the first of several seals, all of them open.

    Raises:
        ConfigurationError: There is no key, or it is none.
    """

    def __init__(self, key: Key) -> None:
        self._box = None if key is PLAINTEXT else _box(key)
        if self._box is None:
            _warn_once()

    def close(self, name: str, token: Token) -> str:
        """The token as text, for one name only."""
        text = _Entry(name=name, token=token).model_dump_json(exclude={"token": {"deadline"}})
        return text if self._box is None else self._box.encrypt(text.encode()).decode()

    def open(self, name: str, sealed: str | bytes) -> Token | None:
        """The token; `None`, and a log record, when it was sealed with another key or for another name."""
        try:
            text = sealed.encode() if isinstance(sealed, str) else sealed
            entry = _Entry.model_validate_json(text if self._box is None else self._box.decrypt(text))
        except (InvalidToken, ValueError):
            log.warning("a stored token cannot be opened: damaged, or stored with another key")
            return None
        if entry.name != name:
            log.warning("a stored token lies under a name that is not its own; ignored")
            return None
        return entry.token


def _box(key: str | bytes | Sequence[str | bytes]) -> MultiFernet:
    keys = [key] if isinstance(key, str | bytes) else key
    try:
        # A key read from a file ends with a line break.
        boxes = [Fernet(each.strip()) for each in keys]
    except (ValueError, TypeError, AttributeError):
        boxes = []
    if not boxes:
        raise ConfigurationError(
            "key: give the token store a key made by generate_key(), or several, the newest first; "
            "PLAINTEXT stores tokens in clear"
        )
    return MultiFernet(boxes)


@cache
def _warn_once() -> None:
    log.warning(
        "a token store keeps tokens in clear (PLAINTEXT): whoever reads it can act as you at the bank"
    )
