"""The code of the documentation runs.

Every ```python block of a page is executed, in order and in one namespace, as a reader would: `await` at
the top level, the bank's ZIP in the working directory, the credentials in the environment. The address of
each bank's sandbox is answered by its fake, and the SDK's waits take no time.

A block marked `no-test` is not run. A block marked `needs=package` is run where the package is installed.
Both must compile.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import time
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from types import CodeType
from typing import Any
from urllib.parse import urlsplit

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
import pytest
import respx
from respx.mocks import HTTPCoreMocker

import bankgateway
from bankgateway import Clock
from bankgateway.connect import bank_class
from bankgateway_mocks import FakeBank, Pki, samples

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds a page may take."""

FENCE = re.compile(r"^(?P<indent> *)```python(?P<marks>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """One block of code of a page."""

    code: CodeType
    marks: tuple[str, ...]

    @property
    def runs(self) -> bool:
        packages = [mark.removeprefix("needs=") for mark in self.marks if mark.startswith("needs=")]
        return "no-test" not in self.marks and all(find_spec(package) for package in packages)


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [_block(page, text, found) for found in FENCE.finditer(text)]


def _block(page: Path, text: str, found: re.Match[str]) -> Block:
    # Blank lines in front, so that a traceback names the line of the page.
    above = "\n" * text.count("\n", 0, found.start("code"))
    code = compile(
        above + textwrap.dedent(found["code"]),
        str(page),
        "exec",
        flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        dont_inherit=True,
    )
    return Block(code, tuple(re.findall(r"(?:^|\s)(no-test|needs=[\w.]+)(?=\s|$)", found["marks"])))


PAGES = [page for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))] if blocks(page)]


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's clock jumps over every wait of the SDK."""
    skipped = 0.0

    async def sleep(self: Clock, seconds: float) -> None:
        nonlocal skipped
        await anyio.lowlevel.checkpoint()
        skipped += seconds

    monkeypatch.setattr(Clock, "sleep", sleep)
    monkeypatch.setattr(Clock, "monotonic", lambda self: time.monotonic() + skipped)
    monkeypatch.setattr(Clock, "now", lambda self: datetime.now(UTC) + timedelta(seconds=skipped))


@pytest.fixture
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader's working directory and environment."""
    monkeypatch.chdir(tmp_path)
    material = Pki().client_certificate()
    (tmp_path / "Inter_API-Chave_e_Certificado.zip").write_bytes(material.zip_inter())
    (tmp_path / "Certificado_Webhook.zip").write_bytes(Pki().zip_webhook_ca())
    (tmp_path / "empresa.pfx").write_bytes(material.pfx(b"secret"))
    (tmp_path / "empresa.crt").write_bytes(material.cert_pem)
    (tmp_path / "empresa.key").write_bytes(material.encrypted_key(b"secret"))
    monkeypatch.setenv("EMPRESA_PEM", material.pem.decode().replace("\n", "\\n"))
    monkeypatch.setenv("CERTIFICATE_PASSWORD", "secret")
    for slug in _slugs():
        for name, value in samples.credentials_data(slug).items():
            monkeypatch.setenv(f"{slug}_{name}".upper(), value)


@pytest.fixture
def _sandboxes() -> Iterator[None]:
    """The hosts of the sandboxes lead to fakes; loopback leads where it always does; nothing else exists."""
    router = respx.MockRouter(assert_all_called=False)

    def is_alone(request: httpx.Request) -> bool:
        # Where a page replays recordings, those come first.
        return HTTPCoreMocker.routers[-1] is router

    router.route(host="127.0.0.1").pass_through()
    for slug in _slugs():
        fake = FakeBank(slug)
        if hasattr(fake, "sandbox_artefacts"):
            fake.sandbox_artefacts = True
        for url in bank_class(slug).environments["sandbox"].hosts.values():
            # A fresh function for each bank, so that each answers with its own fake.
            route = router.route(_Alone(is_alone), host=urlsplit(url).hostname)
            route.mock(side_effect=fake.transport.handle_async_request)
    with router:
        yield


class _Alone(respx.patterns.Pattern):
    """Matches while no other router is in force."""

    key = "alone"
    lookups = (respx.patterns.Lookup.EQUAL,)

    def match(self, request: httpx.Request) -> respx.patterns.Match:
        return respx.patterns.Match(matches=self.value(request))


def _slugs() -> list[str]:
    return [info.slug for info in bankgateway.banks()]


@pytest.mark.anyio
@pytest.mark.usefixtures("_no_waiting", "_desk", "_sandboxes")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
async def test_the_code_of_the_page_runs(page: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    with anyio.fail_after(PATIENCE):
        for block in blocks(page):
            if block.runs:
                await _execute(block.code, names)


async def _execute(code: CodeType, names: dict[str, Any]) -> None:
    if code.co_flags & inspect.CO_COROUTINE:
        body: Awaitable[None] = eval(code, names)
        await body
    else:
        # In a thread, where a script may start an event loop of its own.
        await anyio.to_thread.run_sync(exec, code, names)
