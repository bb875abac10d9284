"""Many registrations, a few at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio

from bankgateway.models.boleto import NewBoleto
from bankgateway.models.results import BulkResult
from bankgateway.security.redaction import sdk_logger

if TYPE_CHECKING:
    from bankgateway.client import BankClient

log = sdk_logger("client")

BATCH = 4
"""Items taken from the input at a time, for each registration under way at the same time."""


async def register_many(
    client: BankClient,
    boletos: Iterable[NewBoleto] | AsyncIterable[NewBoleto],
    concurrency: int,
    wait: float | None,
) -> AsyncGenerator[BulkResult, None]:
    """See `BankClient.register_many`.

    Batch by batch, because a task group must not stay open across a `yield`: a reader that stops early
    would leave it to the garbage collector.
    """
    index = 0
    async with aclosing(_batches(boletos, BATCH * concurrency)) as batches:
        async for batch in batches:
            results = await _register_batch(client, batch, index, concurrency, wait)
            index += len(batch)
            told = 0
            try:
                for result in results:
                    told += 1
                    yield result
            finally:
                # When the reader leaves early, what was registered all the same must not pass unseen.
                _log_unread(results[told:])


def _log_unread(unread: list[BulkResult]) -> None:
    for result in unread:
        outcome = type(result.error).__name__ if result.error else "registered"
        log.warning("register_many: %s but not read: seu_numero %s", outcome, result.new.seu_numero)


async def _register_batch(
    client: BankClient, batch: list[NewBoleto], first: int, concurrency: int, wait: float | None
) -> list[BulkResult]:
    results: dict[int, BulkResult] = {}
    limiter = anyio.CapacityLimiter(concurrency)

    async def one(index: int, new: NewBoleto) -> None:
        async with limiter:
            try:
                boleto = await client.register(new, wait=wait)
            except Exception as error:  # noqa: BLE001 - one failure, of whatever kind, never stops the rest
                results[index] = BulkResult(index=index, new=new, error=error)
            else:
                results[index] = BulkResult(index=index, new=new, boleto=boleto)

    async with anyio.create_task_group() as group:
        for index, new in enumerate(batch, first):
            group.start_soon(one, index, new)
    return [results[index] for index in sorted(results)]


async def _batches(
    items: Iterable[NewBoleto] | AsyncIterable[NewBoleto], size: int
) -> AsyncGenerator[list[NewBoleto], None]:
    batch: list[NewBoleto] = []
    async with aclosing(_each(items)) as each:
        async for item in each:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
    if batch:
        yield batch


async def _each(items: Iterable[NewBoleto] | AsyncIterable[NewBoleto]) -> AsyncGenerator[NewBoleto, None]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
