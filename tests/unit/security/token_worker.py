"""Another process that uses a token store. Told what to do by a line of JSON; see `conftest.py`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import anyio.to_thread

from bankgateway import ClientCertificate, Settings, Timeouts, Token, Trust, connect
from bankgateway.banks import inter
from bankgateway.security.token_stores import FileTokenStore, RedisTokenStore
from bankgateway_mocks import samples

STORES: dict[str, Callable[..., FileTokenStore | RedisTokenStore]] = {
    "file": FileTokenStore,
    "redis": RedisTokenStore,
}


def store_of(task: dict[str, Any]) -> FileTokenStore | RedisTokenStore:
    return STORES[task["kind"]](task["where"], key=task["key"], lock_seconds=task["lock_seconds"])


async def hold(task: dict[str, Any], store: Any) -> None:
    """Take a lock and never give it back."""
    async with store.lock(task["name"]):
        print("held", flush=True)
        await anyio.sleep_forever()


async def put(task: dict[str, Any], store: Any) -> None:
    """Write, all processes at the same time."""
    await started()
    for number in range(task["puts"]):
        token = Token(f"value-{os.getpid()}-{number}", datetime.now(UTC) + timedelta(hours=1), 3600)
        await store.put(f"{task['name']}-{number}", token)
    print("done", flush=True)


async def register(task: dict[str, Any], store: Any) -> None:
    """Register boletos, all tasks of all processes at the same time."""
    bank = connect(
        "inter",
        inter.Credentials(
            **samples.credentials_data("inter"), certificate=ClientCertificate.from_pem(task["certificate"])
        ),
        account=samples.account("inter"),
        environment=inter.Client.environments["production"].at(task["origin"], name="fake"),
        settings=Settings(
            token_store=store,
            trust=Trust(ca_pem=task["ca"].encode()),
            timeouts=Timeouts(pool=30),
            max_connections=4,
        ),
    )
    async with bank:
        await started()
        async with anyio.create_task_group() as tasks:
            for number in range(task["boletos"]):
                new = samples.new_boleto("inter", seu_numero=f"{os.getpid()}-{number}")
                tasks.start_soon(bank.register, new)
    print("done", flush=True)


async def started() -> None:
    print("ready", flush=True)
    await anyio.to_thread.run_sync(sys.stdin.readline)


async def main(task: dict[str, Any]) -> None:
    async with AsyncExitStack() as stack:
        store = store_of(task)
        if isinstance(store, RedisTokenStore):
            await stack.enter_async_context(store)
        await {"hold": hold, "put": put, "register": register}[task["act"]](task, store)


if __name__ == "__main__":
    task = json.loads(sys.stdin.readline())
    anyio.run(main, task, backend=task["backend"])
