"""What a bank's client asks the transport to do, and what it gets back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any

from bankgateway.models.reading import load_json
from bankgateway.transport.settings import Timeouts


class Repeat(Enum):
    """Whether a call may be sent again when its answer did not come."""

    IDEMPOTENT = "idempotent"
    """Always: doing it twice is the same as once."""

    IF_NOT_PROCESSED = "if_not_processed"
    """Only when the bank surely did not process it: no connection, 429, an expired token."""

    NEVER = "never"
    """Not even then."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a bank's API.

    Attributes:
        operation: The uniform operation, for errors and hooks.
        method: HTTP method.
        url: Absolute.
        params: Query parameters, in order.
        headers: Besides the authorisation, which the transport adds.
        json: Body as JSON; `Decimal` becomes a JSON number, exactly.
        content: Body as bytes, with its `Content-Type` in `headers`.
        repeat: See `Repeat`.
        writes: Whether the bank's books change. A lost answer is then an unknown outcome.
        bucket: Which rate limit counts it.
        authorized: Whether a token goes with it.
        timeouts: In place of the settings'.
    """

    operation: str
    method: str
    url: str = field(repr=False)
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    repeat: Repeat = Repeat.IDEMPOTENT
    writes: bool = False
    bucket: str = "api"
    authorized: bool = True
    timeouts: Timeouts | None = None


@dataclass(frozen=True)
class Answer:
    """A complete HTTP answer.

    Attributes:
        status: HTTP status.
        headers: Names in lower case.
        content: The body.
        request_id: The bank's id of the request.
        seconds: Duration of the last attempt.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    request_id: str | None = None
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """A status of the 200 family."""
        return 200 <= self.status < 300

    @cached_property
    def data(self) -> Any:
        """The body as JSON, whatever content type it claims; `None` when it is not JSON."""
        body = self.content
        try:
            body.decode()
        except UnicodeDecodeError:
            # Some gateways answer in Latin-1 under the name of UTF-8.
            body = body.decode("latin-1").encode()
        try:
            return load_json(body)
        except (ValueError, ArithmeticError):
            # The latter for a number with an exponent beyond those of `Decimal`.
            return None


def dump_json(value: Any) -> bytes:
    """JSON in UTF-8 with exact numbers.

    Raises:
        ValueError: A `Decimal` with more digits than a JSON number can carry safely.
    """
    return json.dumps(
        value, default=_number, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        # Most readers use doubles: they must see this number and no other.
        nearest = float(value)
        if not value.is_finite() or Decimal(repr(nearest)) != value:
            raise ValueError("a number with more digits than JSON carries exactly")
        return int(value) if value == value.to_integral_value() else nearest
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


_ID_HEADERS = ("x-request-id", "x-itau-correlationid", "x-correlation-id", "x-trace-id", "x-ca-request-id")


def request_id(headers: Mapping[str, str]) -> str | None:
    """The bank's id of a request, under any of its usual names."""
    return next((value for name in _ID_HEADERS if (value := headers.get(name))), None)
