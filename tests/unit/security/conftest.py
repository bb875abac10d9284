"""Token stores: other processes that use them, and a Redis server."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from bankgateway_mocks import FakeBank, faults

WORKER = Path(__file__).with_name("token_worker.py")
PASSWORD = "planted-redis-password"


class Worker:
    """A process that runs `token_worker.py`."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._stdin = process.stdin
        self._stdout = BufferedByteReceiveStream(process.stdout)

    async def tell(self, task: dict[str, Any]) -> None:
        await self._stdin.send(json.dumps(task).encode() + b"\n")

    async def says(self, word: str) -> None:
        assert (await self._stdout.receive_until(b"\n", 1000)).decode() == word


@asynccontextmanager
async def _worker(**task: Any) -> AsyncIterator[Worker]:
    process = await anyio.open_process([sys.executable, str(WORKER)], stderr=None)
    try:
        worker = Worker(process)
        await worker.tell({"backend": "asyncio", "lock_seconds": 20, **task})
        yield worker
    finally:
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                process.kill()
            await process.aclose()


@pytest.fixture
def worker() -> Callable[..., AbstractAsyncContextManager[Worker]]:
    return _worker


@pytest.fixture
def all_at_once() -> Callable[[list[dict[str, Any]]], Awaitable[None]]:
    """Workers that begin together, each with a task; until all are done."""

    async def run(tasks: list[dict[str, Any]]) -> None:
        with anyio.fail_after(30):
            async with AsyncExitStack() as stack:
                workers = [await stack.enter_async_context(_worker(**task)) for task in tasks]
                for each in workers:
                    await each.says("ready")
                for each in workers:
                    await each.tell({})
                for each in workers:
                    await each.says("done")

    return run


@pytest.fixture
def token_requests(all_at_once: Any) -> Callable[[list[dict[str, Any]]], Awaitable[int]]:
    """How often a bank is asked for a token by 25 tasks in each of several processes.

    Each dictionary tells a process which store it uses.
    """

    async def run(stores: list[dict[str, Any]]) -> int:
        fake = FakeBank("inter")
        # Long enough for every process to want a token before the first one has it.
        fake.faults.add(faults.Slow(0.3), operation="token")
        async with fake.serve() as served:
            task = {
                "act": "register", "boletos": 25, "origin": served.base_url, "ca": served.ca_pem.decode(),
                "certificate": served.client_certificate.pem.decode(),
            }  # fmt: skip
            await all_at_once([{**task, **store} for store in stores])
        assert len(fake.books) == 25 * len(stores)
        return fake.processed("token")

    return run


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a Redis server of our own on loopback, with a password and nothing on disk."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server here: install the Debian package redis-server")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen(
        [
            binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--requirepass", PASSWORD, "--dir", str(tmp_path_factory.mktemp("redis")),
        ],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port)
        yield f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "redis-server does not start"
            time.sleep(0.02)
        else:
            return
