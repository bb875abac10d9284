"""Calls over mTLS sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

import brbank.adapters.inter as rival
import httpx
from brbank.modelos import Endereco, Pessoa, Titulo

from bankgateway import BoletoRef, connect
from bankgateway.banks import inter
from bankgateway.banks.inter import mapping
from bankgateway.models.boleto import NewBoleto
from bankgateway.security.oauth import PROCESS_STORE
from bankgateway.security.tls import client_context
from bankgateway.transport import dump_json
from bankgateway_mocks import samples
from benchmarks.bed import Bed, Figure, in_flight, side_by_side
from benchmarks.server import ID

Engine = Literal["httpx", "aiohttp"]

ROUNDS = 5
CALLS = 400
IN_FLIGHT = (1, 8, 32, 100)
TARGETS = {1: ">= 0.80", 8: ">= 0.80", 32: ">= 4", 100: ">= 4"}
FAST_TARGET = ">= 8"
REF = BoletoRef(bank_id=ID.decode())


def exchanges(bed: Bed) -> Iterator[Figure]:
    """Register and query through the SDK, over bare httpx doing the same exchange."""
    for operation in ("register", "query"):
        for width in IN_FLIGHT:
            yield from _exchange(bed, operation, width)


def _exchange(bed: Bed, operation: str, width: int) -> Iterator[Figure]:
    sdk, fast, bare = side_by_side(
        ROUNDS,
        lambda: asyncio.run(_sdk(bed, operation, width, "httpx")),
        lambda: asyncio.run(_sdk(bed, operation, width, "aiohttp")),
        lambda: asyncio.run(_bare(bed, operation, width)),
    )
    for name, seconds, target in (
        ("", sdk, TARGETS[width]),
        (", fast transport", fast, FAST_TARGET if width >= 32 else TARGETS[width]),
    ):
        yield Figure(
            name=f"{operation}, {width} in flight{name}",
            baseline="httpx.AsyncClient",
            figure=bare / seconds,
            unit="x its speed",
            target=target,
            detail=f"{CALLS / seconds:.0f}/s against {CALLS / bare:.0f}/s",
        )


def rivals(bed: Bed) -> Iterator[Figure]:
    """Register through the SDK and through brbank, on the same server."""
    for width in IN_FLIGHT:
        sdk, theirs = side_by_side(
            3,
            lambda width=width: asyncio.run(_sdk(bed, "register", width, "httpx")),
            lambda width=width: asyncio.run(_brbank(bed, width)),
        )
        yield Figure(
            name=f"register, {width} in flight",
            baseline="brbank 0.0.5",
            figure=theirs / sdk,
            unit="x its speed",
            target=">= 1",
            detail=f"{CALLS / sdk:.0f}/s against {CALLS / theirs:.0f}/s",
        )


def tokens(bed: Bed) -> Iterator[Figure]:
    """100 tasks that need a token at once."""
    asked: list[str] = []

    async def run() -> None:
        settings = bed.settings(before_request=(lambda info: asked.append(info.operation),))
        account, credentials = samples.account("inter"), samples.credentials("inter")
        async with connect(
            account, credentials, environment=bed.environment("inter"), settings=settings
        ) as bank:
            await in_flight(100, 100, lambda: bank.query(REF))

    PROCESS_STORE.clear()
    asyncio.run(run())
    yield Figure("tokens asked for by 100 tasks", "-", asked.count("token"), "requests", "== 1")


def new_boleto() -> NewBoleto:
    """One that stays good whatever the day of the benchmark."""
    return samples.new_boleto("inter", amount=Decimal("187.45"), due_date=date(2030, 10, 21))


async def _sdk(bed: Bed, operation: str, width: int, engine: Engine) -> float:
    new = new_boleto()
    account, credentials = samples.account("inter"), samples.credentials("inter")
    async with connect(
        account, credentials, environment=bed.environment("inter"), settings=bed.settings(engine=engine)
    ) as bank:
        if operation == "register":
            await in_flight(width, width, lambda: bank.register(new))
            return await in_flight(CALLS, width, lambda: bank.register(new))
        await in_flight(width, width, lambda: bank.query(REF))
        return await in_flight(CALLS, width, lambda: bank.query(REF))


async def _bare(bed: Bed, operation: str, width: int) -> float:
    account = samples.account("inter")
    assert isinstance(account, inter.Account)
    body = dump_json(mapping.to_request(new_boleto(), account)[0])
    headers = {
        "Authorization": "Bearer x",
        "Content-Type": "application/json",
        "x-conta-corrente": "76543218",
    }
    url = f"{bed.url}/cobranca/v3/cobrancas"
    async with httpx.AsyncClient(verify=_context(bed), headers=headers) as client:

        async def register() -> None:
            (await client.post(url, content=body)).raise_for_status().json()

        async def query() -> None:
            (await client.get(f"{url}/{ID.decode()}")).raise_for_status().json()

        once = register if operation == "register" else query
        await in_flight(width, width, once)
        return await in_flight(CALLS, width, once)


async def _brbank(bed: Bed, width: int) -> float:
    rival.URL_PRODUCAO = bed.url
    config = rival.InterConfig(conta="1", client_id="a", client_secret="b", conta_corrente="76543218")
    payer = Pessoa(
        nome="Mercearia Exemplo Ltda",
        documento="11222333000181",
        email="contas@example.com",
        endereco=Endereco(
            logradouro="Rua das Amostras", numero="120", complemento="Sala 3", bairro="Centro",
            cidade="Belo Horizonte", uf="MG", cep="30110000",
        ),
    )  # fmt: skip
    title = Titulo(
        chave_idempotencia="1",
        seu_numero="FAT-1",
        valor=Decimal("187.45"),
        vencimento=date(2030, 10, 21),
        pagador=payer,
    )
    async with httpx.AsyncClient(verify=_context(bed), timeout=30) as client:
        adapter = rival.InterAdapter(config, client=client)
        await in_flight(width, width, lambda: adapter.registrar_titulo(title))
        return await in_flight(CALLS, width, lambda: adapter.registrar_titulo(title))


def _context(bed: Bed):  # type: ignore[no-untyped-def]
    return client_context(samples.credentials("inter").client_certificate, bed.trust)
