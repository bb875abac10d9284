"""Rate limits: the bank's published figures, kept before the bank has to say no."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from anyio.lowlevel import RunVar

from bankgateway.errors import RateLimited
from bankgateway.models.clock import Clock


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.calls < 1 or self.seconds <= 0:
            raise ValueError("a rate limit allows at least one call in a span of time")

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
        self.limits = limits
        self._clock = clock
        self._places: defaultdict[str, list[float]] = defaultdict(list)

    def wait_for(self, bucket: str) -> float:
        """Seconds a call would have to wait now."""
        limit = self.limits.get(bucket)
        if limit is None:
            return 0.0
        now = self._clock.monotonic()
        places = self._places[bucket]
        del places[: bisect_right(places, now - limit.seconds)]
        if len(places) < limit.calls:
            return 0.0
        return max(0.0, places[-limit.calls] + limit.seconds - now)

    async def acquire(self, bucket: str, *, ceiling: float, bank: str, operation: str) -> None:
        """Wait for this call's turn.

        Raises:
            RateLimited: The turn is further away than `ceiling` seconds. Nothing was sent.
        """
        if bucket not in self.limits:
            return
        wait = self.wait_for(bucket)
        if wait > ceiling:
            raise RateLimited(
                f"the bank's limit of {self.limits[bucket]} for {bucket!r} is used up; nothing was sent",
                retry_after=wait,
                bank=bank,
                operation=operation,
            )
        place = self._clock.monotonic() + wait
        insort(self._places[bucket], place)
        if wait <= 0:
            return
        try:
            await self._clock.sleep(wait)
        except BaseException:
            # Cancelled: nothing will be sent at this place.
            with suppress(ValueError):
                self._places[bucket].remove(place)
            raise


_limiters: RunVar[dict[str, Limiter]] = RunVar("bankgateway_limiters")


def shared_limiter(key: str, limits: Mapping[str, RateLimit], clock: Clock) -> Limiter:
    """The limiter of a credential in this event loop, one for all clients that have it.

    It outlives them: a program may make a client for each call. Where clients disagree about the limits,
    the last to ask decides.
    """
    try:
        limiters = _limiters.get()
    except LookupError:
        limiters = {}
        _limiters.set(limiters)
    key = f"{key}|{id(clock)}"
    limiter = limiters.get(key)
    if limiter is None:
        limiter = limiters[key] = Limiter(limits, clock)
    limiter.limits = limits
    return limiter
