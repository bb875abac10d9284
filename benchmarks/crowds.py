"""Many clients, many boletos."""

from __future__ import annotations

import asyncio
import gc
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import certifi
import httpx

from bankgateway import ClientCertificate, NewBoleto, connect
from bankgateway_mocks import Pki, samples
from bankgateway_mocks.pki import ClientMaterial
from benchmarks.bed import Bed, Figure, side_by_side
from benchmarks.calls import new_boleto

CLIENTS = 1_000
MANY_CLIENTS = 10_000


def resident() -> float:
    """Megabytes of memory this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def clients(bed: Bed) -> Iterator[Figure]:
    """1,000 clients with distinct certificates, over 1,000 bare httpx clients with the same; then 10,000.

    Each in a process of its own, so that memory is comparable.
    """
    ours, theirs = (_in_a_process(kind, CLIENTS) for kind in ("ours", "bare"))
    yield Figure(
        f"time to make {CLIENTS:,} clients", "httpx.AsyncClient, own context", ours[0] / theirs[0], "x its time",
        "<= 0.1", f"{ours[0]:.3f} s against {theirs[0]:.1f} s",
    )  # fmt: skip
    yield Figure(
        f"memory of {CLIENTS:,} clients", "httpx.AsyncClient, own context", ours[1] / theirs[1], "x its memory",
        "<= 0.1", f"{ours[1]:.0f} MB against {theirs[1]:.0f} MB",
    )  # fmt: skip
    many = _in_a_process("ours", MANY_CLIENTS)
    yield Figure(
        f"time to make {MANY_CLIENTS:,} clients", "-", many[0], "s", "<= 10", f"{many[1]:.0f} MB"
    )  # fmt: skip


def _in_a_process(kind: str, count: int) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.crowds", kind, str(count)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def bulk(bed: Bed) -> Iterator[Figure]:
    """`register_many` from a generator: throughput, and how far memory rises above its level after 100."""
    for count in (1_000, 10_000, 100_000):
        rate, risen = asyncio.run(_bulk(bed, count))
        yield Figure(
            f"register_many of {count:,}: memory",
            "after the first 100",
            risen,
            "MB more",
            "<= 20",
            f"{rate:.0f}/s",
        )


async def _bulk(bed: Bed, count: int) -> tuple[float, float]:
    template = new_boleto()

    def boletos(number: int) -> Iterator[NewBoleto]:
        for n in range(number):
            yield template.model_copy(update={"seu_numero": f"B{n}"})

    account, credentials = samples.account("inter"), samples.credentials("inter")
    settings = bed.settings(engine="aiohttp")
    async with connect(account, credentials, environment=bed.environment("inter"), settings=settings) as bank:
        async for _ in bank.register_many(boletos(100), concurrency=32):
            pass
        gc.collect()
        before, peak, started = resident(), 0.0, time.perf_counter()
        async for result in bank.register_many(boletos(count), concurrency=32):
            assert result.boleto is not None, result.error
            if result.index % 500 == 0:
                peak = max(peak, resident())
        return count / (time.perf_counter() - started), max(peak, resident()) - before


def certificates(bed: Bed) -> Iterator[Figure]:
    """Loading and checking a certificate, over `cryptography` reading the same key and certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    material = Pki().client_certificate()

    def ours() -> float:
        started = time.perf_counter()
        for _ in range(50):
            ClientCertificate.from_pem(material.cert_pem, material.key_pem).days_left()
        return (time.perf_counter() - started) / 50

    def bare() -> float:
        started = time.perf_counter()
        for _ in range(50):
            x509.load_pem_x509_certificate(material.cert_pem)
            load_pem_private_key(material.key_pem, None)
        return (time.perf_counter() - started) / 50

    mine, theirs = side_by_side(5, ours, bare)
    yield Figure(
        "load and check a certificate", "cryptography alone", mine / theirs, "x its time", "<= 1.3",
        f"{mine * 1000:.1f} ms against {theirs * 1000:.1f} ms",
    )  # fmt: skip


def _main(kind: str, count: int) -> None:
    """Make clients, print seconds and megabytes. Certificates share a key: making keys is not measured."""
    pki = Pki()
    materials = [pki.client_certificate(f"client {n}") for n in range(min(count, 200))]
    account, template = samples.account("inter"), samples.credentials("inter")
    certificates = [ClientCertificate.from_pem(m.cert_pem, m.key_pem) for m in materials]
    gc.collect()
    before, started = resident(), time.perf_counter()
    kept: list[object] = []
    for n in range(count):
        certificate = certificates[n % len(certificates)]
        if kind == "ours":
            credentials = template.model_copy(update={"certificate": certificate, "client_id": f"client-{n}"})
            kept.append(connect(account, credentials, environment="production"))
        else:
            kept.append(_bare_client(materials[n % len(materials)]))
    print(time.perf_counter() - started, resident() - before)
    del kept


def _bare_client(material: ClientMaterial) -> httpx.AsyncClient:
    context = ssl.create_default_context(cafile=certifi.where())
    with tempfile.NamedTemporaryFile() as file:
        file.write(material.cert_pem + material.key_pem)
        file.flush()
        context.load_cert_chain(file.name)
    return httpx.AsyncClient(verify=context)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
