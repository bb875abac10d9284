"""The test bed: the server's process, certificates, and ways to time and to compare."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from bankgateway.config import Environment, Settings
from bankgateway.connect import bank_class
from bankgateway.security.tls import Trust
from bankgateway_mocks import Pki


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        name: What is measured.
        baseline: What it is measured against.
        figure: The result: a ratio, a count, megabytes.
        unit: Of the figure.
        target: What it should be, with the direction (`>= 0.8`).
        detail: The two absolute values.
    """

    name: str
    baseline: str
    figure: float
    unit: str
    target: str
    detail: str = ""

    @property
    def ok(self) -> bool:
        sign, bound = self.target.split()
        return {
            ">=": self.figure >= float(bound),
            "<=": self.figure <= float(bound),
            "==": self.figure == float(bound),
        }[sign]


@dataclass(frozen=True)
class Bed:
    """A running server and what is needed to talk to it."""

    url: str
    pki: Pki

    @property
    def trust(self) -> Trust:
        return Trust(ca_pem=self.pki.ca_pem)

    def environment(self, slug: str) -> Environment:
        return bank_class(slug).environments["production"].at(self.url, name="fake")

    def settings(self, **more: object) -> Settings:
        return Settings(trust=self.trust, **more)  # type: ignore[arg-type]


@contextmanager
def bed() -> Iterator[Bed]:
    """Start the server; it ends when its standard input does, so it never outlives this process."""
    pki = Pki()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate, key = pki.server_certificate(["localhost", "127.0.0.1"])
        pem = folder / "server.pem"
        pem.touch(mode=0o600)
        pem.write_bytes(certificate + key)
        (folder / "ca.pem").write_bytes(pki.ca_pem)
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.server", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield Bed(f"https://127.0.0.1:{process.stdout.readline().strip()}", pki)
        finally:
            process.communicate(timeout=10)


async def in_flight(count: int, concurrency: int, once: Callable[[], Awaitable[object]]) -> float:
    """Seconds for `count` calls, `concurrency` at a time."""
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            await once()

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return time.perf_counter() - started


def side_by_side(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure; they take turns, so that a slow moment of the machine hits all."""
    found: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for times, measure in zip(found, measures, strict=True):
            times.append(measure())
    return [statistics.median(times) for times in found]


def seconds_of(program: str) -> float:
    """Seconds a fresh interpreter spends on a program."""
    timed = f"import time; t = time.perf_counter(); {program}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True)
    return float(done.stdout)


def write(figures: list[Figure], path: Path) -> None:
    """The results with machine and versions."""
    packages = ["bankgateway", "httpx", "httpcore", "anyio", "pydantic", "cryptography"]
    data = {
        "machine": {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "versions": {name: version(name) for name in packages},
        "figures": [{**asdict(f), "figure": round(f.figure, 3), "ok": f.ok} for f in figures],
    }
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")
