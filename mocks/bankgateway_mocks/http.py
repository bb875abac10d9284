"""HTTP as plain data: a fake bank is a function from request to answer, whatever carries the bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as a bank sees it.

    Attributes:
        method: Upper case.
        path: Decoded path, without query.
        query: Decoded pairs, in order.
        headers: Names in lower case.
        body: The whole body.
        client_certificate: DER of the certificate the caller presented, if any.
        over_tls: Whether it came through a TLS socket. In process there is none, and with it no
            certificate to check.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client_certificate: bytes | None = None
    over_tls: bool = False

    @property
    def content_type(self) -> str:
        """Media type of the body, lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as JSON, numbers with a point as `Decimal`.

        Raises:
            ValueError: Not JSON, not UTF-8, or nested deeper than any bank reads.
        """
        try:
            return json.loads(self.body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse)
        except RecursionError:
            raise ValueError("nested too deep") from None

    def form(self) -> dict[str, str]:
        """The body as `application/x-www-form-urlencoded`; of a repeated name the last value.

        Raises:
            ValueError: Not UTF-8.
        """
        return dict(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A bank's answer.

    Attributes:
        status: HTTP status.
        headers: Names in lower case.
        body: The whole body.
        missing: Bytes that `Content-Length` promises beyond `body`: the connection is cut there.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    missing: int = 0

    @property
    def content_length(self) -> int:
        """What the answer says its length is."""
        return len(self.body) + self.missing

    def with_headers(self, headers: Mapping[str, str]) -> HttpResponse:
        """The same answer with headers added; its own win."""
        return HttpResponse(self.status, {**headers, **self.headers}, self.body, self.missing)


def parse_query(text: str) -> tuple[tuple[str, str], ...]:
    """The pairs of a query string, decoded (a bare `+` is a space)."""
    return tuple(parse_qsl(text, keep_blank_values=True))


def json_response(
    status: int,
    value: object,
    *,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """An answer with a JSON body. A `Decimal` becomes a JSON number without trailing zeros."""
    body = json.dumps(value, ensure_ascii=False, default=_number).encode()
    return HttpResponse(status, {"content-type": content_type, **(headers or {})}, body)


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


class ConnectionDropped(Exception):
    """The bank cuts the connection instead of answering."""


class ConnectionRefused(Exception):
    """Nobody listens: the request never left the caller."""


class AnswerTooLate(Exception):
    """In process: the caller's read timeout is shorter than the bank's delay."""
