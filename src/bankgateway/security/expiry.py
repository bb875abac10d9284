"""Certificates that near their end are announced: once, not at every call."""

from __future__ import annotations

import logging
import threading
import types
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bankgateway.errors import CertificateExpiringWarning
from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.certificate_facts import utc

_logger = logging.getLogger("bankgateway.certificate")

FIRST_NOTICE: Final = 30
"""Notices begin when fewer than this many days are left."""


@dataclass(frozen=True, slots=True)
class ExpiryNotice:
    """A client certificate nears its end.

    Attributes:
        days_left: Whole days, rounded down.
        expires_at: Last instant of validity, aware, UTC.
        subject: Common name of the holder. Of a natural person it is personal data.
        fingerprint: SHA-256 of the DER form, hexadecimal.
        renewal_hint: How this bank renews, a sentence.
    """

    days_left: int
    expires_at: datetime
    subject: str = field(repr=False)
    fingerprint: str
    renewal_hint: str


ExpiryCallback = Callable[[ExpiryNotice], object]


def expiry_threshold(days_left: int) -> int | None:
    """The threshold that `days_left` whole days have reached.

    30 while fewer than 30 days are left, 15 from 15 days on, and from 7 days on each day is a threshold
    of its own. `None` with 30 days and more.
    """
    if days_left >= FIRST_NOTICE:
        return None
    if days_left > 15:
        return FIRST_NOTICE
    return 15 if days_left > 7 else days_left


class ExpiryRegistry:
    """What was announced already. Thread-safe.

    A service that makes a client for every request must not warn on every request.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noticed: set[tuple[str, int]] = set()
        self._called: dict[tuple[str, int], list[Callable[[], object]]] = {}

    def first_notice(self, fingerprint: str, threshold: int) -> bool:
        """True the first time, False ever after."""
        with self._lock:
            known = (fingerprint, threshold) in self._noticed
            self._noticed.add((fingerprint, threshold))
        return not known

    def first_call(self, fingerprint: str, threshold: int, callback: ExpiryCallback) -> bool:
        """True the first time for this callback, False ever after. Kept alive only where it must be."""
        with self._lock:
            called = [ref for ref in self._called.get((fingerprint, threshold), ()) if ref() is not None]
            known = any(_same_callback(ref(), callback) for ref in called)
            if not known:
                called.append(_reference(callback))
            self._called[fingerprint, threshold] = called
        return not known

    def reset(self) -> None:
        """Forget everything: for tests."""
        with self._lock:
            self._noticed.clear()
            self._called.clear()


EXPIRY_REGISTRY: Final = ExpiryRegistry()
"""The registry of this process."""


def notice_expiry(
    certificate: ClientCertificate,
    now: datetime,
    *,
    renewal_hint: str = "",
    callback: ExpiryCallback | None = None,
) -> ExpiryNotice | None:
    """Announce that the certificate nears its end, if it does and if that was not announced yet.

    Once per process, certificate and threshold: a log record (logger `bankgateway.certificate`, WARNING)
    and a `CertificateExpiringWarning`. Once per threshold for each callback: the callback. What a callback
    raises is logged and goes no further.

    Args:
        certificate: The certificate.
        now: An aware instant.
        renewal_hint: How this bank renews, a sentence.
        callback: Called synchronously with the notice.

    Returns:
        The notice, whether announced now or before; `None` while no threshold is reached.
    """
    days_left = certificate.days_left(now)
    threshold = expiry_threshold(days_left)
    if threshold is None:
        return None
    notice = ExpiryNotice(
        days_left, certificate.expires_at, certificate.subject, certificate.fingerprint, renewal_hint
    )
    first = EXPIRY_REGISTRY.first_notice(certificate.fingerprint, threshold)
    text = f"{certificate._label} expires on {utc(certificate.expires_at)}, {_in_days(days_left)}."
    text = f"{text} {renewal_hint}".rstrip()
    if first:
        _logger.warning("%s", text)
    if callback is not None and EXPIRY_REGISTRY.first_call(certificate.fingerprint, threshold, callback):
        try:
            callback(notice)
        except Exception:
            _logger.exception("The callback for expiring certificates failed")
    # Last, because under `-W error` it raises.
    if first:
        warnings.warn(text, CertificateExpiringWarning, stacklevel=2)
    return notice


def _in_days(days: int) -> str:
    if days < 1:
        return "in less than a day" if days == 0 else "already over"
    return f"in {days} day{'s' if days > 1 else ''}"


# `obj.method` makes a new object at every access: such objects are equal, never identical.
_METHODS = (types.MethodType, types.BuiltinMethodType)


def _same_callback(known: object, callback: ExpiryCallback) -> bool:
    return known is callback or (isinstance(callback, _METHODS) and known == callback)


def _reference(callback: ExpiryCallback) -> Callable[[], object]:
    try:
        if isinstance(callback, types.MethodType):
            return weakref.WeakMethod(callback)
        if not isinstance(callback, types.BuiltinMethodType):
            return weakref.ref(callback)
    except TypeError:
        pass
    # Neither `list.append` nor an object with slots can be referred to weakly: these are kept.
    return lambda: callback
