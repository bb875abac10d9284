"""Shared by all tests: both event loops, and no state left between tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bankgateway.security.expiry import EXPIRY_REGISTRY
from bankgateway.security.oauth import PROCESS_STORE


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Every async test runs on asyncio and on trio."""
    return str(request.param)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Tokens and expiry notices live as long as the process: forget them between tests."""
    PROCESS_STORE.clear()
    EXPIRY_REGISTRY.reset()
    yield
    PROCESS_STORE.clear()
