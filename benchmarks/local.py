"""What needs no network."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import bankgateway
from benchmarks.bed import Bed, Figure, seconds_of, side_by_side

WEBHOOK = json.dumps([
    {
        "codigoSolicitacao": "5c0e7a41-9b1d-4f62-8d3a-2e7f90b1c6d4",
        "seuNumero": "FAT-2026-00417",
        "situacao": "RECEBIDO",
        "dataHoraSituacao": "2026-10-16T14:36:45.606Z",
        "valorTotalRecebido": "182.76",
        "origemRecebimento": "PIX",
        "nossoNumero": "42153007863",
        "codigoBarras": "07791160500000187450001112765432142153007863",
        "linhaDigitavel": "07790001161276543214621530078639116050000018745",
        "txid": "7654321817900000000005hQm2ZsT0aXbR",
    }
]).encode()  # fmt: skip


def imports(bed: Bed) -> Iterator[Figure]:
    """`import bankgateway` over `import httpx, pydantic`, each in a fresh interpreter."""
    ours, theirs = side_by_side(
        9,
        lambda: seconds_of("import bankgateway"),
        lambda: seconds_of("import httpx, pydantic, cryptography.x509"),
    )
    yield Figure(
        "import bankgateway", "import httpx, pydantic, cryptography", ours / theirs, "x its time", "<= 1.3",
        f"{ours * 1000:.0f} ms against {theirs * 1000:.0f} ms",
    )  # fmt: skip


def webhooks(bed: Bed) -> Iterator[Figure]:
    """Parsing a notification over a bare `json.loads` of it."""

    def ours() -> float:
        started = time.perf_counter()
        for _ in range(2000):
            bankgateway.parse_webhook("inter", {}, WEBHOOK)
        return time.perf_counter() - started

    def bare() -> float:
        started = time.perf_counter()
        for _ in range(2000):
            json.loads(WEBHOOK)
        return time.perf_counter() - started

    mine, theirs = side_by_side(7, ours, bare)
    yield Figure(
        "parse_webhook", "json.loads", mine / theirs, "x its time", "<= 15",
        f"{mine / 2000 * 1e6:.0f} us against {theirs / 2000 * 1e6:.1f} us",
    )  # fmt: skip
