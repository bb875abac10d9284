"""Samples that every user starts from, and the clock that stands still."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location

import anyio
import pytest

import bankgateway_mocks
from bankgateway import ConfigurationError
from bankgateway.models.clock import BRASILIA
from bankgateway_mocks import ManualClock, samples


def test_samples_are_valid_and_distinct() -> None:
    one, other = samples.new_boleto("inter"), samples.new_boleto("inter", amount=Decimal("10"))
    assert one.seu_numero != other.seu_numero
    assert max(len(one.seu_numero), len(other.seu_numero)) <= 10
    assert (one.amount, other.amount) == (Decimal("187.45"), Decimal("10"))
    assert one.payer.address is not None
    assert samples.payer(email=None).email is None


def test_account_and_credentials() -> None:
    assert samples.account("inter") == samples.account("inter")
    credentials = samples.credentials("inter")
    assert credentials.client_certificate is not None
    assert credentials.client_certificate.days_left() > 365
    assert samples.account_data("inter") == {"conta_corrente": "76543218"}


def test_manual_clock_stands_still() -> None:
    clock = ManualClock(datetime(2026, 9, 22, 2, 0, tzinfo=UTC))
    assert clock.now() == clock.now()
    assert clock.today().isoformat() == "2026-09-21"
    clock.advance(days=1, hours=1, minutes=1, seconds=1)
    assert clock.now() == datetime(2026, 9, 23, 3, 1, 1, tzinfo=UTC)
    assert clock.monotonic() == timedelta(days=1, hours=1, minutes=1, seconds=1).total_seconds()
    with pytest.raises(ValueError, match="back"):
        clock.advance(seconds=-1)
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 9, 22))  # noqa: DTZ001
    assert ManualClock(datetime(2026, 9, 22, tzinfo=BRASILIA)).today().isoformat() == "2026-09-22"


@pytest.mark.anyio
async def test_sleeping_moves_the_clock_at_once() -> None:
    clock = ManualClock(datetime(2026, 9, 22, tzinfo=UTC))
    with anyio.fail_after(1):
        await clock.sleep(3600)
    assert clock.monotonic() == 3600


@pytest.mark.parametrize("package", ["h11", "respx"])
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    spec = spec_from_file_location("fresh_mocks", bankgateway_mocks.__file__)
    assert spec is not None
    assert spec.loader is not None
    fresh = module_from_spec(spec)
    spec.loader.exec_module(fresh)
    with pytest.raises(ConfigurationError, match=rf"'{package}'.*bankgateway\[mocks\]"):
        fresh.FakeBank  # noqa: B018


def test_every_public_name_is_loaded_at_first_use() -> None:
    code = (
        "import sys, bankgateway_mocks as mocks\n"
        "assert 'bankgateway' not in sys.modules\n"
        "assert set(mocks.__all__) <= set(dir(mocks))\n"
        "from bankgateway_mocks import *\n"
        "assert callable(FakeBank) and callable(replay) and samples.payer\n"
        "assert not hasattr(mocks, 'nothing')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_replay_is_a_function_whichever_import_came_first() -> None:
    code = (
        "import bankgateway_mocks.replay\n"
        "from bankgateway_mocks import replay\n"
        "with replay('inter', 'query-paid') as tape: print(tape.used)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"
