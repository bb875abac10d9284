"""Fake banks for tests: in process, behind real TLS, or replayed from recordings.

from bankgateway_mocks import FakeBank, samples

async with FakeBank("inter") as bank, bank.connect() as client:
    boleto = await client.register(samples.new_boleto("inter"))
    assert bank.books[0].seu_numero == boleto.seu_numero
"""

from __future__ import annotations

from bankgateway.errors import missing_extra

try:
    import h11  # noqa: F401
    import respx  # noqa: F401
except ModuleNotFoundError as error:
    raise missing_extra(str(error.name), "mocks", "bankgateway_mocks") from error

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
