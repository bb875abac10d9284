"""TLS contexts: whom we trust, which certificate we show, and what a failed handshake means.

The standard library loads a private key only from a path. The key therefore goes through a file that
lives in memory where the system offers one, else through a temporary file; in both it is encrypted with a
password that is made for this one use and exists only in memory. A killed process leaves nothing of use.

Every context verifies the bank's server and its host name. There is no way to switch that off, and none
writes session keys to `SSLKEYLOGFILE`.
"""

from __future__ import annotations

import os
import re
import secrets
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple
from weakref import WeakValueDictionary

from bankgateway.errors import CertificateError, ConfigurationError
from bankgateway.security.certificate import ClientCertificate

DEFAULT_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Suites of TLS 1.2 with forward secrecy and authenticated encryption; those of TLS 1.3 all have both."""


# --- Trust ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trust:
    """The CAs that may vouch for a bank's server, and the least a connection must offer.

    Several sources add up; without any the CAs of `certifi` are used. Each context holds its own copy of
    the CAs (about 0.7 MB for certifi): an installation with thousands of certificates wants `ca_path`.

    Attributes:
        ca_file: PEM file of CAs.
        ca_path: Directory of CAs as `openssl rehash` prepares it; read when a handshake needs it.
        ca_pem: PEM text of CAs.
        minimum_version: TLS 1.2 (default; BACEN demands no less) or 1.3.
        ciphers: OpenSSL cipher string for TLS 1.2; `None` leaves OpenSSL's default.
    """

    ca_file: Path | None = None
    ca_path: Path | None = None
    ca_pem: bytes | None = field(default=None, repr=False)
    minimum_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    ciphers: str | None = DEFAULT_CIPHERS

    def __post_init__(self) -> None:
        if self.minimum_version not in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            raise ConfigurationError("The minimum TLS version is 1.2 or 1.3; older ones are broken.")


def client_context(certificate: ClientCertificate | None, trust: Trust) -> ssl.SSLContext:
    """A context for connections to banks.

    Synchronous, 2 to 15 ms: call it through `anyio.to_thread.run_sync`. Application protocols (ALPN) are
    left to the HTTP library.

    Args:
        certificate: Shown to servers that ask for one; `None` where the bank wants none.
        trust: Whom to trust.

    Raises:
        ConfigurationError: CAs or ciphers cannot be used.
        CertificateError: OpenSSL refuses the client certificate.
    """
    # Not create_default_context, which honours SSLKEYLOGFILE.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = trust.minimum_version
    if trust.ciphers is not None:
        _set_ciphers(context, trust.ciphers)
    _load_authorities(context, trust)
    if certificate is not None:
        load_certificate(context, certificate)
    return context


def _set_ciphers(context: ssl.SSLContext, ciphers: str) -> None:
    try:
        context.set_ciphers(ciphers)
    except ssl.SSLError:
        raise ConfigurationError(f"OpenSSL knows no cipher of {ciphers!r}.") from None
    # An anonymous suite needs no server certificate: verification would be off by a side door.
    if any(c["auth"] == "auth-null" or c["strength_bits"] == 0 for c in context.get_ciphers()):
        raise ConfigurationError(f"{ciphers!r} allows connections without authentication or encryption.")


def _load_authorities(context: ssl.SSLContext, trust: Trust) -> None:
    if trust.ca_path is not None and not _is_hashed(trust.ca_path):
        raise ConfigurationError(
            f"{str(trust.ca_path)!r} is not a directory of hashed CA certificates: prepare it with "
            "openssl rehash."
        )
    ca_file = trust.ca_file
    if ca_file is None and trust.ca_path is None and trust.ca_pem is None:
        import certifi

        ca_file = Path(certifi.where())
    try:
        if ca_file is not None or trust.ca_path is not None:
            context.load_verify_locations(cafile=ca_file, capath=trust.ca_path)
        if trust.ca_pem is not None:
            # Comments between the blocks may hold any letter; OpenSSL's text form takes ASCII only.
            context.load_verify_locations(cadata=trust.ca_pem.decode("ascii", "ignore"))
    except (OSError, ValueError) as error:
        where = "ca_pem" if ca_file is None else f"ca_pem or the file {str(ca_file)!r}"
        raise ConfigurationError(
            f"The CA certificates cannot be read from {where}: PEM certificates are expected."
        ) from error


def _is_hashed(directory: Path) -> bool:
    # OpenSSL accepts any directory, and then trusts nobody.
    try:
        return any(re.fullmatch(r"[0-9a-f]{8}\.\d+", entry.name) for entry in directory.iterdir())
    except OSError:
        return False


# --- The client certificate -----------------------------------------------------------------------------


def load_certificate(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    """Put certificate, chain and key into a context.

    Connections that exist keep the certificate they were made with.

    Raises:
        CertificateError: OpenSSL refuses the certificate.
    """
    # Raised here, not where password and key are at hand for whoever records the frames of an error.
    if refusal := _refusal(context, certificate):
        raise CertificateError(
            f"{certificate._label} is refused by OpenSSL: {refusal}. Have one issued with an RSA "
            "key of 2048 bits and a SHA-256 signature."
        )


def _refusal(context: ssl.SSLContext, certificate: ClientCertificate) -> str | None:
    password = secrets.token_hex(32)
    with _as_file(certificate._encrypted_pem(password.encode())) as path:
        try:
            # Without a password OpenSSL would ask for one on the terminal, and wait.
            context.load_cert_chain(path, password=password)
        except ssl.SSLError as error:
            return _reason(error)
    return None


@contextmanager
def _as_file(encrypted: bytes) -> Iterator[str]:
    """A path that OpenSSL can open as often as it likes."""
    descriptor = _memory_file(encrypted)
    if descriptor is None:
        path = _temporary_file(encrypted)
        try:
            yield path
        finally:
            Path(path).unlink()
    else:
        try:
            yield _descriptor_path(descriptor)
        finally:
            os.close(descriptor)


def _descriptor_path(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"


def _memory_file(content: bytes) -> int | None:
    """A descriptor of a file in memory; `None` where system or sandbox offers none that has a path."""
    if not hasattr(os, "memfd_create"):
        return None
    try:
        descriptor = os.memfd_create("bankgateway", os.MFD_CLOEXEC)
    except OSError:
        return None
    try:
        os.close(os.open(_descriptor_path(descriptor), os.O_RDONLY))
        _write(descriptor, content)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _temporary_file(content: bytes) -> str:
    # Closed before it is used: Windows lets nobody open a temporary file that is still open.
    descriptor, path = tempfile.mkstemp(prefix="bankgateway-", suffix=".pem")
    try:
        try:
            _write(descriptor, content)
        finally:
            os.close(descriptor)
    except BaseException:
        Path(path).unlink()
        raise
    return path


def _write(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(content)


# --- One context for many connections -------------------------------------------------------------------


class _Key(NamedTuple):
    fingerprint: str | None
    # The same certificate with and without its intermediates makes two different handshakes.
    chain: tuple[bytes, ...]
    trust: Trust


class ContextCache:
    """Contexts by certificate and trust, shared while somebody holds them. Thread-safe.

    A changed CA file is noticed only once nobody holds the context that was made from it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contexts: WeakValueDictionary[_Key, ssl.SSLContext] = WeakValueDictionary()
        self._building: WeakValueDictionary[_Key, threading.Lock] = WeakValueDictionary()

    def get(self, certificate: ClientCertificate | None, trust: Trust) -> ssl.SSLContext:
        """The context for this pair, built when there is none: see `client_context`."""
        key = (
            _Key(None, (), trust)
            if certificate is None
            else _Key(certificate.fingerprint, certificate.chain, trust)
        )
        with self._lock:
            building = self._building.setdefault(key, threading.Lock())
        with building:
            with self._lock:
                context = self._contexts.get(key)
            if context is None:
                context = client_context(certificate, trust)
                with self._lock:
                    self._contexts[key] = context
        return context

    def __len__(self) -> int:
        return len(self._contexts)


# --- What a failure means -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TlsFailure:
    """Why TLS failed.

    Attributes:
        kind: `certificate`: the bank refused our client certificate, or missed one. `server`: we do not
            trust the bank's server. `protocol`: anything else TLS complained about.
        reason: OpenSSL's name of it (`TLSV1_ALERT_UNKNOWN_CA`).
        sentence: For a person: what it means and what to do.
    """

    kind: Literal["certificate", "server", "protocol"]
    reason: str
    sentence: str


_ALERTS: Final = {
    "CERTIFICATE_REQUIRED": "the bank asked for a client certificate and got none",
    "NO_CERTIFICATE": "the bank asked for a client certificate and got none",
    "HANDSHAKE_FAILURE": "the bank refused the handshake, mostly because no client certificate was shown",
    "UNKNOWN_CA": "the bank does not trust the CA of the client certificate, or an intermediate is missing",
    "UNSUPPORTED_CERTIFICATE": "the client certificate is not meant for client authentication",
    "CERTIFICATE_EXPIRED": "the client certificate has expired",
    "CERTIFICATE_REVOKED": "the client certificate was revoked",
    "CERTIFICATE_UNKNOWN": "the bank does not accept the client certificate",
    "BAD_CERTIFICATE": "the bank cannot accept the client certificate",
    "ACCESS_DENIED": "the bank knows the client certificate but gives it no access",
}
_ALERT = re.compile(f"ALERT_({'|'.join(_ALERTS)})")

_UNVERIFIED: Final = "CERTIFICATE_VERIFY_FAILED"

# A connection that ended or waits is no verdict of TLS; asyncio leaves the latter in every error context.
_NO_VERDICT = (
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
    ssl.SSLZeroReturnError,
    ssl.SSLEOFError,
    ssl.SSLSyscallError,
)


def tls_failure(exc: BaseException) -> TlsFailure | None:
    """Find out whether TLS is behind an exception, and what it said.

    TLS 1.3 delivers the refusal of a client certificate after the handshake, at the first read, and
    libraries wrap it in different ways: causes, contexts and groups are searched.

    Returns:
        The failure; a refused certificate or an untrusted server before any other. `None` when TLS said
        nothing: a connection that was merely cut is none, and says nothing about a request that was sent.
    """
    failures = [_classified(error) for error in _ssl_errors(exc)]
    return min(failures, key=lambda failure: failure.kind == "protocol", default=None)


def _ssl_errors(exc: BaseException) -> Iterator[ssl.SSLError]:
    waiting: list[BaseException | None] = [exc]
    seen: set[int] = set()
    while waiting:
        error = waiting.pop(0)
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        if isinstance(error, ssl.SSLError) and not isinstance(error, _NO_VERDICT):
            yield error
        waiting += [error.__cause__, error.__context__]
        if isinstance(error, BaseExceptionGroup):
            waiting += error.exceptions


def _reason(error: ssl.SSLError) -> str:
    # A reason that this Python does not know by name is spelled out in the text.
    return getattr(error, "reason", None) or re.sub(r"\W+", "_", str(error)).strip("_").upper()


def _classified(error: ssl.SSLError) -> TlsFailure:
    reason = _reason(error)
    if isinstance(error, ssl.SSLCertVerificationError) or reason == _UNVERIFIED:
        why = str(getattr(error, "verify_message", "") or "no reason given").rstrip(".")
        return TlsFailure(
            "server",
            _UNVERIFIED,
            f"The bank's server could not be verified: {why}. Check the address; if the bank uses a CA of "
            "its own, add it to the trusted CAs. Verification cannot be switched off.",
        )
    if alert := _ALERT.search(reason):
        return TlsFailure(
            "certificate",
            reason,
            f"TLS: {_ALERTS[alert[1]]}. Check which certificate is configured and registered at the bank.",
        )
    return TlsFailure("protocol", reason, f"TLS failed: {reason.replace('_', ' ').lower()}.")
