"""Announcing certificates that near their end."""

from __future__ import annotations

import gc
import logging
import threading
import warnings
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest

from bankgateway.errors import (
    CertificateExpiringWarning,
)
from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.expiry import ExpiryNotice, ExpiryRegistry, expiry_threshold, notice_expiry
from bankgateway_mocks.pki import Pki

PKI = Pki()
GOOD = PKI.client_certificate()
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("days", "threshold"),
    [
        (365, None),
        (30, None),
        (29, 30),
        (16, 30),
        (15, 15),
        (8, 15),
        (7, 7),
        (6, 6),
        (1, 1),
        (0, 0),
        (-3, -3),
    ],
)
def test_thresholds(days: int, threshold: int | None) -> None:
    assert expiry_threshold(days) == threshold


def announce(
    certificate: ClientCertificate, now: datetime, callback: Callable[[ExpiryNotice], object] | None = None
) -> int:
    """How many warnings came."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        notice_expiry(certificate, now, renewal_hint="Renove no portal.", callback=callback)
    assert all(one.category is CertificateExpiringWarning for one in caught)
    return len(caught)


def test_a_month_of_notices(caplog: pytest.LogCaptureFixture) -> None:
    certificate = GOOD.certificate()
    notices: list[ExpiryNotice] = []
    instants = [certificate.expires_at - timedelta(hours=hours) for hours in range(40 * 24, 0, -6)]
    warned = [certificate.days_left(now) for now in instants if announce(certificate, now, notices.append)]
    assert warned == [29, 15, 7, 6, 5, 4, 3, 2, 1, 0]
    assert [notice.days_left for notice in notices] == warned
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * len(warned)
    assert {record.name for record in caplog.records} == {"bankgateway.certificate"}
    assert "in 29 days. Renove no portal." in caplog.messages[0]
    assert "in 1 day." in caplog.messages[-2]
    assert "in less than a day." in caplog.messages[-1]


def test_the_notice() -> None:
    certificate = PKI.client_certificate(
        "FULANO DE TAL:11144477735", not_after=NOW + timedelta(days=5)
    ).certificate()
    with pytest.warns(CertificateExpiringWarning, match=r"expires on .* in \d days"):
        notice = notice_expiry(certificate, NOW, renewal_hint="Renove no portal.")
    assert notice is not None
    assert notice == ExpiryNotice(
        certificate.days_left(NOW), certificate.expires_at, certificate.subject, certificate.fingerprint,
        "Renove no portal.",
    )  # fmt: skip
    assert "FULANO" not in repr(notice)
    with pytest.raises(FrozenInstanceError):
        notice.days_left = 9  # type: ignore[misc]


def test_nothing_to_announce() -> None:
    assert notice_expiry(GOOD.certificate(), NOW) is None


def test_each_certificate_has_its_own_notices() -> None:
    one, other = PKI.expiring(5).certificate(), PKI.expiring(5).certificate()
    assert [announce(c, NOW) for c in (one, other, one)] == [1, 1, 0]


def test_each_callback_is_called_once() -> None:
    certificate = PKI.expiring(10).certificate()
    listener = _Listener()
    second: list[ExpiryNotice] = []
    third: list[int] = []

    def note(notice: ExpiryNotice) -> None:
        third.append(notice.days_left)

    for _ in range(3):
        announce(certificate, NOW, listener.hear)
        announce(certificate, NOW, second.append)
        announce(certificate, NOW, note)
        announce(certificate, NOW)
    assert (len(listener.heard), len(second), len(third)) == (1, 1, 1)
    other = _Listener()
    announce(certificate, NOW, other.hear)
    assert len(other.heard) == 1


def test_callbacks_are_not_kept_alive() -> None:
    certificate = PKI.expiring(10).certificate()
    listener = _Listener()
    announce(certificate, NOW, listener.hear)
    del listener
    gc.collect()
    assert not any(isinstance(thing, _Listener) for thing in gc.get_objects())


def test_callback_without_weak_references_is_called_once() -> None:
    certificate = PKI.expiring(10).certificate()
    slotted = _Slotted()
    for _ in range(2):
        announce(certificate, NOW, slotted)
    assert slotted.calls == 1


def test_a_failing_callback_is_logged_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    def fail(notice: ExpiryNotice) -> None:
        raise RuntimeError("no network for the mail")

    assert announce(PKI.expiring(10).certificate(), NOW, fail) == 1
    assert "The callback for expiring certificates failed" in caplog.messages


def test_under_warnings_as_errors_the_callback_still_comes() -> None:
    heard = _Listener()
    with pytest.raises(CertificateExpiringWarning):
        notice_expiry(PKI.expiring(10).certificate(), NOW, callback=heard.hear)
    assert len(heard.heard) == 1


def test_registry_counts_once_among_threads() -> None:
    registry = ExpiryRegistry()
    gate = threading.Barrier(8)
    answers: list[bool] = []

    def ask() -> None:
        gate.wait(5)
        answers.append(registry.first_notice("aa", 30))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert sorted(answers) == [False] * 7 + [True]
    assert registry.first_notice("aa", 15)
    registry.reset()
    assert registry.first_notice("aa", 30)


class _Listener:
    def __init__(self) -> None:
        self.heard: list[ExpiryNotice] = []

    def hear(self, notice: ExpiryNotice) -> None:
        self.heard.append(notice)


class _Slotted:
    __slots__ = ("calls",)

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, notice: ExpiryNotice) -> None:
        self.calls += 1
