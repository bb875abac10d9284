"""A clock that stands still until told otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta

import anyio.lowlevel

from bankgateway.models.clock import Clock


class ManualClock(Clock):
    """A clock for tests. Give the same one to the fake bank and to the client.

    Args:
        now: The instant it shows, aware.

    Raises:
        ValueError: `now` has no time zone.
    """

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("now: must be aware")
        self._now = now
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The instant it shows."""
        return self._now

    def monotonic(self) -> float:
        """Seconds it was moved so far."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Move on by that many seconds, at once."""
        await anyio.lowlevel.checkpoint()
        self.advance(seconds=seconds)

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Move the clock on.

        Raises:
            ValueError: Backwards.
        """
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta(0):
            raise ValueError("time does not go back")
        self._now += step
        self._elapsed += step.total_seconds()
