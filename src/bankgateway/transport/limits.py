"""Rate limits: the bank's published figures, kept before the bank has to say no."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

from anyio.lowlevel import RunVar

from bankgateway.errors import RateLimited
from bankgateway.models.clock import Clock


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: float = 60.0

    def __str__(self) -> str:
        if self.seconds == 60:
            return f"{self.calls}/min"
        return f"{self.calls}/s" if self.seconds == 1 else f"{self.calls} per {self.seconds:g} s"


class Limiter:
    """Keeps `limits`, one window a bucket. Shared by the clients of one credential.

    The window slides: a bank that counts by the clock's minute sees at most the allowed number in any of
    them. A waiting call has its place already, so callers are served in the order they came.
    """

    def __init__(self, limits: Mapping[str, RateLimit], clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._slots: dict[str, deque[float]] = {
            bucket: deque(maxlen=limit.calls) for bucket, limit in limits.items()
        }

    def wait_for(self, bucket: str) -> float:
        """Seconds a call would have to wait now."""
        slots = self._slots.get(bucket)
        if slots is None or len(slots) < self._limits[bucket].calls:
            return 0.0
        return max(0.0, slots[0] + self._limits[bucket].seconds - self._clock.monotonic())

    async def acquire(self, bucket: str, *, ceiling: float, bank: str, operation: str) -> None:
        """Wait for this call's turn.

        Raises:
            RateLimited: The turn is further away than `ceiling` seconds. Nothing was sent.
        """
        slots = self._slots.get(bucket)
        if slots is None:
            return
        wait = self.wait_for(bucket)
        if wait > ceiling:
            raise RateLimited(
                f"the bank's limit of {self._limits[bucket]} for {bucket!r} is used up; nothing was sent",
                retry_after=wait,
                bank=bank,
                operation=operation,
            )
        slots.append(self._clock.monotonic() + wait)
        if wait > 0:
            await self._clock.sleep(wait)


_limiters: RunVar[WeakValueDictionary[str, Limiter]] = RunVar("bankgateway_limiters")


def shared_limiter(key: str, limits: Mapping[str, RateLimit], clock: Clock) -> Limiter:
    """The limiter of a credential in this event loop, one for all clients that have it."""
    try:
        limiters = _limiters.get()
    except LookupError:
        limiters = WeakValueDictionary()
        _limiters.set(limiters)
    key = f"{key}|{id(clock)}"
    limiter = limiters.get(key)
    if limiter is None:
        limiter = limiters[key] = Limiter(limits, clock)
    return limiter
