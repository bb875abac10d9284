"""Calls over mTLS sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import httpx

from bankgateway import BoletoRef, connect
from bankgateway.banks.inter import mapping
from bankgateway.security.tls import client_context
from bankgateway.transport import dump_json
from bankgateway_mocks import samples
from benchmarks.bed import Bed, Figure, in_flight, side_by_side
from benchmarks.server import ID

ROUNDS = 5
CALLS = 400
IN_FLIGHT = (1, 8, 32, 100)


def exchanges(bed: Bed) -> Iterator[Figure]:
    """Register and query through the SDK, over bare httpx doing the same exchange."""
    for operation in ("register", "query"):
        for width in IN_FLIGHT:
            sdk, bare = side_by_side(
                ROUNDS,
                lambda operation=operation, width=width: asyncio.run(_sdk(bed, operation, width)),
                lambda operation=operation, width=width: asyncio.run(_bare(bed, operation, width)),
            )
            yield Figure(
                name=f"{operation}, {width} in flight",
                baseline="httpx.AsyncClient",
                figure=bare / sdk,
                unit="x its speed",
                target=">= 0.80",
                detail=f"{CALLS / sdk:.0f}/s against {CALLS / bare:.0f}/s",
            )


def tokens(bed: Bed) -> Iterator[Figure]:
    """100 tasks that need a token at once."""
    asked: list[str] = []

    async def run() -> None:
        settings = bed.settings(before_request=(lambda info: asked.append(info.operation),))
        account, credentials = samples.account("inter"), samples.credentials("inter")
        async with connect(account, credentials, environment=bed.environment("inter"), settings=settings) as bank:
            await in_flight(100, 100, lambda: bank.query(BoletoRef(bank_id=ID.decode())))

    samples_store_cleared()
    asyncio.run(run())
    yield Figure("tokens asked for by 100 tasks", "-", asked.count("token"), "requests", "== 1")


def samples_store_cleared() -> None:
    """Forget the tokens of earlier benchmarks."""
    from bankgateway.security.oauth import PROCESS_STORE

    PROCESS_STORE.clear()


async def _sdk(bed: Bed, operation: str, width: int) -> float:
    new = samples.new_boleto("inter", amount=Decimal("187.45"))
    ref = BoletoRef(bank_id=ID.decode())
    account, credentials = samples.account("inter"), samples.credentials("inter")
    async with connect(
        account, credentials, environment=bed.environment("inter"), settings=bed.settings()
    ) as bank:
        if operation == "register":
            await in_flight(width, width, lambda: bank.register(new))
            return await in_flight(CALLS, width, lambda: bank.register(new))
        await in_flight(width, width, lambda: bank.query(ref))
        return await in_flight(CALLS, width, lambda: bank.query(ref))


async def _bare(bed: Bed, operation: str, width: int) -> float:
    new = samples.new_boleto("inter", amount=Decimal("187.45"), due_date=date(2027, 10, 20))
    account, credentials = samples.account("inter"), samples.credentials("inter")
    body = dump_json(mapping.to_request(new, account)[0])  # type: ignore[arg-type]
    headers = {"Authorization": "Bearer x", "Content-Type": "application/json", "x-conta-corrente": "76543218"}
    context = client_context(credentials.client_certificate, bed.trust)
    url = f"{bed.url}/cobranca/v3/cobrancas"
    async with httpx.AsyncClient(verify=context, headers=headers) as client:

        async def register() -> None:
            (await client.post(url, content=body)).raise_for_status().json()

        async def query() -> None:
            (await client.get(f"{url}/{ID.decode()}")).raise_for_status().json()

        once = register if operation == "register" else query
        await in_flight(width, width, once)
        return await in_flight(CALLS, width, once)
