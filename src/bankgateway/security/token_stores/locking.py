"""Waiting for other processes, never for ever; and lock files."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

from bankgateway.errors import ConfigurationError

LOCK_SECONDS = 20.0
"""Seconds a lock may be held while a token is fetched."""

PATIENCE = 1.5
"""How long a lock is waited for, in lives of a lock.

More than one, so that those who wait for a holder that died do not all give up when its lock ends: the
first of them gets it and fetches for all.
"""


def checked(lock_seconds: float) -> float:
    """The parameter of a store.

    Raises:
        ConfigurationError: Not a time.
    """
    if not 0 < lock_seconds <= 3600:
        raise ConfigurationError("lock_seconds: more than 0, at most 3600 seconds")
    return lock_seconds


async def acquire(attempt: Callable[[], Awaitable[bool]], lock_seconds: float) -> None:
    """Try until it succeeds.

    Raises:
        TimeoutError: Somebody else holds the lock too long.
    """
    with anyio.fail_after(PATIENCE * lock_seconds):
        while not await attempt():  # noqa: ASYNC110 - the other side is another process
            await anyio.sleep(_pause())


def _pause() -> float:
    return random.uniform(0.01, 0.05)  # noqa: S311 - only so that processes do not march in step


class LockFile:
    """An exclusive lock between processes and threads. The system takes it back when its holder dies.

    One object is one attempt at the lock; once released it cannot be taken again. The file stays: deleting
    it would give the lock to two.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # A cancelled task may leave a thread behind that is still taking what the task gives back.
        self._guard = threading.Lock()
        self._released = False
        self._file: int | None = None
        self._held = False

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it.

        Raises:
            OSError: The file cannot be made or locked.
        """
        with self._guard:
            if self._released:
                return False
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            self._held = _lock(self._file)
            return self._held

    def acquire(self, seconds: float) -> None:
        """Take the lock, blocking this thread.

        Raises:
            TimeoutError: Somebody else holds it too long.
            OSError: The file cannot be made or locked.
        """
        deadline = time.monotonic() + seconds
        while not self.try_acquire():
            if time.monotonic() > deadline:
                raise TimeoutError("another process holds the lock")
            time.sleep(_pause())

    def release(self) -> None:
        """Give the lock back, if it is held."""
        with self._guard:
            self._released = True
            file, self._file = self._file, None
            if file is None:
                return
            try:
                # Not left to closing: a child process may have inherited the file.
                if self._held:
                    _unlock(file)
            finally:
                os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        os.lseek(file, 0, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
