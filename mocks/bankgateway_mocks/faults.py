"""What can go wrong at a bank, on demand.

    bank.faults.add(DropAfter(), operation="register")

makes the bank process the next registration and cut the connection instead of answering. Each fault
says whether the bank processed the request, because that is what a client cannot see.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import anyio

from bankgateway_mocks.http import AnswerTooLate, ConnectionDropped, ConnectionRefused, HttpResponse

ANY = "any"
"""Every operation but the token request."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request in the hands of a fault.

    Attributes:
        process: Lets the bank process the request and gives its true answer.
        process_later: The same at that moment of `time.monotonic`, though nobody waits for it.
        server_error: The bank's own form of a 5xx answer.
        expire_tokens: Voids every token issued so far.
        patience: Seconds the caller waits for an answer, where that is known (in process).
    """

    process: Callable[[], HttpResponse]
    process_later: Callable[[float], None]
    server_error: Callable[[int], HttpResponse]
    expire_tokens: Callable[[], None]
    patience: float | None = None


class Fault:
    """Base of all faults."""

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Answer the request, wrongly.

        Raises:
            ConnectionDropped: The connection ends without an answer.
            ConnectionRefused: There never was a connection.
            AnswerTooLate: The caller is known to have given up before the answer.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class RefuseConnection(Fault):
    """Nobody listens. Not processed, and the caller can tell so.

    Through sockets the next new connection is refused, whichever operation it was opened for.
    """

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Refuse."""
        raise ConnectionRefused


@dataclass(frozen=True, slots=True)
class DropBefore(Fault):
    """The connection is cut before the bank looks at the request. Not processed."""

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Cut."""
        raise ConnectionDropped


@dataclass(frozen=True, slots=True)
class DropAfter(Fault):
    """Processed, then the connection is cut without an answer."""

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Process and cut."""
        exchange.process()
        raise ConnectionDropped


@dataclass(frozen=True, slots=True)
class Slow(Fault):
    """The answer takes its time.

    Attributes:
        seconds: How long.
        after: True: processed at once, answered late. False: processed late as well, **even when
            the caller has given up meanwhile**, so that a boleto can appear after a look-up that
            did not find it.
    """

    seconds: float
    after: bool = False

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Wait, or find out that the caller does not."""
        answer = exchange.process() if self.after else None
        due = time.monotonic() + self.seconds
        waited = False
        try:
            if exchange.patience is not None and exchange.patience < self.seconds:
                raise AnswerTooLate
            await anyio.sleep(self.seconds)
            waited = True
        finally:
            if answer is None and not waited:
                exchange.process_later(due)
        return answer or exchange.process()


@dataclass(frozen=True, slots=True)
class RateLimit(Fault):
    """429 with an empty body. Not processed.

    Attributes:
        retry_after: Seconds for a `Retry-After` header; `None` for none.
    """

    retry_after: float | None = None

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Refuse with 429."""
        headers = {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}
        return HttpResponse(429, headers)


@dataclass(frozen=True, slots=True)
class ServerError(Fault):
    """A 5xx.

    Attributes:
        status: 500 to 599.
        processed: Whether the bank did what it was asked before it failed.
        html: An error page of some gateway instead of the bank's own JSON.
    """

    status: int = 500
    processed: bool = False
    html: bool = False

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Fail."""
        if self.processed:
            exchange.process()
        return _page(self.status) if self.html else exchange.server_error(self.status)


@dataclass(frozen=True, slots=True)
class ExpireTokens(Fault):
    """Every token issued so far is void, then the request is looked at: 401, not processed."""

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Void the tokens."""
        exchange.expire_tokens()
        return exchange.process()


@dataclass(frozen=True, slots=True)
class MalformedJson(Fault):
    """Processed; the answer breaks off inside a JSON string though its length is right."""

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Spoil the body."""
        return replace(_json(exchange.process()), body=b'{"codigo": "abc')


@dataclass(frozen=True, slots=True)
class TruncatedJson(Fault):
    """Processed; the connection is cut in the middle of the body."""

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Cut the body in two."""
        answer = _json(exchange.process())
        half = len(answer.body) // 2
        return replace(answer, body=answer.body[:half], missing=max(len(answer.body) - half, 1))


@dataclass(frozen=True, slots=True)
class WrongContentType(Fault):
    """Processed; a 200 with an HTML page, as of a captive portal or a maintenance screen."""

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Answer HTML."""
        exchange.process()
        return _page(200)


@dataclass(frozen=True, slots=True)
class HugeBody(Fault):
    """A 200 whose body is far larger than any answer of a bank.

    Attributes:
        size: Bytes.
        processed: Whether the bank did what it was asked.
    """

    size: int = 64 * 1024 * 1024
    processed: bool = True

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Answer too much."""
        if self.processed:
            exchange.process()
        filling = b" " * max(self.size - 2, 0)
        return HttpResponse(200, {"content-type": "application/json"}, b"{" + filling + b"}")


@dataclass(frozen=True, slots=True)
class NonUtf8(Fault):
    """Processed; the answer is in Latin-1 though it says nothing of the kind."""

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Answer in Latin-1."""
        body = '{"situacao": "não é UTF-8"}'.encode("latin-1")
        return replace(_json(exchange.process()), body=body)


@dataclass(frozen=True, slots=True)
class DeepJson(Fault):
    """Processed; the answer is JSON nested so deep that parsers give up.

    Attributes:
        depth: Levels.
    """

    depth: int = 100_000

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Answer a well."""
        return replace(_json(exchange.process()), body=b"[" * self.depth + b"]" * self.depth)


@dataclass(frozen=True, slots=True)
class EmptyBody(Fault):
    """Processed; the status is right, the body is missing."""

    async def play(self, exchange: Exchange) -> HttpResponse:
        """Drop the body."""
        return replace(exchange.process(), body=b"")


def _json(answer: HttpResponse) -> HttpResponse:
    # A 204 cannot carry the body that is about to be spoilt.
    status = 200 if answer.status == 204 else answer.status
    return replace(answer, status=status, headers={**answer.headers, "content-type": "application/json"})


def _page(status: int) -> HttpResponse:
    page = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
    return HttpResponse(status, {"content-type": "text/html; charset=utf-8"}, page.encode())


@dataclass(slots=True)
class _Order:
    fault: Fault
    operation: str
    times: int

    def concerns(self, operation: str) -> bool:
        return self.operation == operation or (self.operation == ANY and operation != "token")


class Faults:
    """The faults waiting to happen, first in, first out.

    Args:
        operations: Names of the bank's operations, so that a misspelt one is noticed.
        on_refusal: Called when a `RefuseConnection` is added: connections that stand open would let
            a request through.
    """

    def __init__(self, operations: Iterable[str], on_refusal: Callable[[], None] = lambda: None) -> None:
        self._operations = frozenset(operations)
        self._on_refusal = on_refusal
        self._orders: list[_Order] = []

    def add(self, fault: Fault, *, operation: str = "register", times: int = 1) -> None:
        """Let `fault` happen to the next `times` requests of `operation`.

        Args:
            fault: What happens.
            operation: One of the bank's operations, or `"any"` for all but the token request.
            times: How often.

        Raises:
            ValueError: The bank has no such operation, or `times` is below 1.
        """
        if operation != ANY and operation not in self._operations:
            raise ValueError(f"no operation {operation!r}; there are: {', '.join(sorted(self._operations))}")
        if times < 1:
            raise ValueError("times: at least 1")
        self._orders.append(_Order(fault, operation, times))
        if isinstance(fault, RefuseConnection):
            self._on_refusal()

    @property
    def pending(self) -> tuple[tuple[str, Fault], ...]:
        """(operation, fault) for every time a fault is still going to happen."""
        return tuple((order.operation, order.fault) for order in self._orders for _ in range(order.times))

    def clear(self) -> None:
        """Nothing more goes wrong."""
        self._orders.clear()

    def take(self, operation: str) -> Fault | None:
        """The fault for a request of `operation`, used up."""
        return self._use(next((order for order in self._orders if order.concerns(operation)), None))

    def take_refusal(self) -> bool:
        """Whether a new connection is refused; uses the fault up."""
        waiting = (order for order in self._orders if isinstance(order.fault, RefuseConnection))
        return self._use(next(waiting, None)) is not None

    def _use(self, order: _Order | None) -> Fault | None:
        if order is None:
            return None
        order.times -= 1
        if not order.times:
            self._orders.remove(order)
        return order.fault
