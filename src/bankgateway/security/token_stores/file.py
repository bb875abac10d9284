"""Tokens in a file, for scripts and cron jobs on one machine."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Literal

import anyio.to_thread
from pydantic import BaseModel, ValidationError

from bankgateway.errors import ConfigurationError
from bankgateway.models.clock import SYSTEM_CLOCK, Clock
from bankgateway.security.oauth import Token
from bankgateway.security.redaction import sdk_logger
from bankgateway.security.token_stores.locking import LOCK_SECONDS, LockFile, acquire, checked
from bankgateway.security.token_stores.sealing import Key, Seal, digest, end_of

log = sdk_logger("oauth")

WRITE_SECONDS = 4.0
"""Seconds a writer waits for the others; each takes some milliseconds."""


class _Entry(BaseModel):
    until: float
    sealed: str


class _Content(BaseModel):
    format: Literal["bankgateway tokens 1"] = "bankgateway tokens 1"
    tokens: dict[str, _Entry]


_BEGINNING = b'{"format":"bankgateway tokens 1"'


class FileTokenStore:
    """A `TokenStore` in one file, encrypted, for processes of one user on one machine.

    Runs on asyncio and trio. The file is readable by its owner only and is replaced as a whole. Beside it
    lie empty lock files, `<name>.lock` and one for each credential; they stay. A damaged file is
    replaced; one that holds something else is left alone. Not for network file systems, where locks may
    not hold.

    Args:
        path: The file; its directory must exist.
        key: From `generate_key`; several for a rotation: the first encrypts, all of them decrypt.
            `PLAINTEXT` stores tokens in clear.
        lock_seconds: Another process that fetches a token is waited for half as long again; after that
            this one asks by itself. The lock of a process that died is free at once.
        clock: The time, for tests.

    Raises:
        ConfigurationError: No directory, not a file, others can read it, or no key.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        key: Key,
        lock_seconds: float = LOCK_SECONDS,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        # Resolved, since the process may change its directory, and a link must not be replaced by a file.
        self._path = Path(path).expanduser().resolve()
        self._seal = Seal(key)
        self._lock_seconds = checked(lock_seconds)
        self._clock = clock
        self._check()

    def __repr__(self) -> str:
        return f"<FileTokenStore {self._path.name}>"

    async def get(self, key: str) -> Token | None:
        """See `TokenStore`.

        Raises:
            ConfigurationError: Others can read the file.
            OSError: The file cannot be read.
        """
        name = digest(key)
        entry = (await anyio.to_thread.run_sync(self._read) or {}).get(name)
        return None if entry is None else self._seal.open(name, entry.sealed)

    async def put(self, key: str, token: Token) -> None:
        """See `TokenStore`.

        Raises:
            ConfigurationError: Others can read the file.
            TimeoutError: Another process does not finish writing.
            OSError: The file cannot be written.
        """
        name = digest(key)
        entry = _Entry(until=end_of(token).timestamp(), sealed=self._seal.close(name, token))
        await anyio.to_thread.run_sync(self._change, lambda entries: entries.update({name: entry}))

    async def drop(self, key: str, token: Token) -> None:
        """See `TokenStore`. Raises what `put` does."""
        name = digest(key)

        def forget(entries: dict[str, _Entry]) -> None:
            if name in entries and self._seal.open(name, entries[name].sealed) == token:
                del entries[name]

        await anyio.to_thread.run_sync(self._change, forget)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        """See `TokenStore`.

        Raises:
            TimeoutError: Another process holds it too long.
            OSError: The lock file cannot be made or locked.
        """
        lock = LockFile(self._beside(f".{digest(key)[:16]}.lock"))
        try:
            await acquire(lambda: anyio.to_thread.run_sync(lock.try_acquire), self._lock_seconds)
            yield
        finally:
            lock.release()

    # -- in a worker thread --------------------------------------------------------------------

    def _change(self, change: Callable[[dict[str, _Entry]], None]) -> None:
        lock = LockFile(self._beside(".lock"))
        try:
            lock.acquire(WRITE_SECONDS)
            entries = self._read()
            if entries is not None:
                change(entries)
                self._write(entries)
        finally:
            lock.release()

    def _read(self) -> dict[str, _Entry] | None:
        """What is in the file; `None` when it is not ours to write."""
        try:
            with self._path.open("rb") as file:
                self._check_mode(file)
                content = file.read()
        except FileNotFoundError:
            return {}
        try:
            return _Content.model_validate_json(content).tokens
        except ValidationError:
            pass
        if not content.strip():
            return {}
        if content.startswith(_BEGINNING):
            log.warning("the token file %s is damaged; its tokens are ignored", self._path)
            return {}
        log.warning("%s is not a token file of this version; left as it is and not used", self._path)
        return None

    def _write(self, entries: dict[str, _Entry]) -> None:
        now = self._clock.now().timestamp()
        living = {name: entry for name, entry in entries.items() if entry.until > now}
        # Always the same name, which the lock makes ours: whatever a killed process left is overwritten.
        draft = self._beside(".new")
        draft.unlink(missing_ok=True)
        try:
            with open(draft, "xb", opener=_private) as file:
                file.write(_Content(tokens=living).model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)

    # -- checks --------------------------------------------------------------------------------

    def _check(self) -> None:
        if not self._path.parent.is_dir():
            raise ConfigurationError(f"the directory of the token file does not exist: {self._path.parent}")
        if self._path.exists() and not self._path.is_file():
            raise ConfigurationError(f"the token file is not a file: {self._path}")
        try:
            with self._path.open("rb") as file:
                self._check_mode(file)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise ConfigurationError(f"the token file cannot be read: {error}") from error

    def _check_mode(self, file: BinaryIO) -> None:
        # Windows keeps rights elsewhere; there the directory has to be the user's own.
        if sys.platform != "win32" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise ConfigurationError(
                f"others can read or write the token file: delete it, or  chmod 600 {self._path}"
            )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
