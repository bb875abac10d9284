"""Time, in one place, so that tests can hold it."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import anyio

BRASILIA = ZoneInfo("America/Sao_Paulo")
"""The time zone every Brazilian bank writes its dates in."""


class Clock:
    """The system's time. Pass a subclass in `Settings.clock` to test cut-off times and back-offs."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The calendar day in Brasília, which is the day a bank means."""
        return self.now().astimezone(BRASILIA).date()

    def monotonic(self) -> float:
        """Seconds of a clock that never jumps; only differences mean anything."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait, on whatever event loop is running."""
        await anyio.sleep(seconds)


SYSTEM_CLOCK = Clock()
