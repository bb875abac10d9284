"""Fake banks for tests: in process, behind real TLS, or replayed from recordings.

from bankgateway_mocks import FakeBank, samples

async with FakeBank("inter") as bank, bank.connect() as client:
    boleto = await client.register(samples.new_boleto("inter"))
    assert bank.books[0].seu_numero == boleto.seu_numero
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bankgateway_mocks import faults, samples
    from bankgateway_mocks.clock import ManualClock
    from bankgateway_mocks.fake import BookEntry, Call, FakeBank, ServedBank
    from bankgateway_mocks.pki import Pki
    from bankgateway_mocks.replay import recordings, replay
    from bankgateway_mocks.webhooks import Notification, WebhookReceiver

__all__ = [
    "BookEntry",
    "Call",
    "FakeBank",
    "ManualClock",
    "Notification",
    "Pki",
    "ServedBank",
    "WebhookReceiver",
    "faults",
    "recordings",
    "replay",
    "samples",
]

_HOMES = {
    "BookEntry": "fake",
    "Call": "fake",
    "FakeBank": "fake",
    "ManualClock": "clock",
    "Notification": "webhooks",
    "Pki": "pki",
    "ServedBank": "fake",
    "WebhookReceiver": "webhooks",
    "recordings": "replay",
    "replay": "replay",
}

# Names are loaded at first use: pytest imports this package for its plugin at every start, in programs that
# test no bank, and in such that have the SDK without the extra.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """A public name, loaded.

        Raises:
            ConfigurationError: The extra `mocks` is not installed.
        """
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        _require_extra()
        home = import_module(f"bankgateway_mocks.{_HOMES.get(name, name)}")
        found = globals()[name] = getattr(home, name) if name in _HOMES else home
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _require_extra() -> None:
    try:
        for package in ("h11", "respx"):
            import_module(package)
    except ModuleNotFoundError as error:
        from bankgateway.errors import missing_extra

        raise missing_extra(str(error.name), "mocks", "bankgateway_mocks") from error
