"""Contexts, what of a key touches the disk, real handshakes, and what their failures mean."""

from __future__ import annotations

import gc
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography.hazmat.primitives import serialization

from bankgateway.errors import CertificateError, ConfigurationError
from bankgateway.security import tls
from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.tls import ContextCache, Trust, client_context, load_certificate, tls_failure
from bankgateway_mocks.pki import Pki

PKI = Pki()
OTHER = Pki("bankgateway test other CA")
GOOD = PKI.client_certificate()
HOST = "localhost"
SECONDS = 10.0

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


# Trust


def test_trust_is_a_cache_key() -> None:
    assert Trust(ca_pem=PKI.ca_pem) == PKI.trust
    assert hash(Trust(ca_pem=PKI.ca_pem)) == hash(PKI.trust)
    assert Trust() != PKI.trust
    assert "CERTIFICATE" not in repr(PKI.trust)


@pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.MAXIMUM_SUPPORTED]
)
def test_no_old_tls(version: ssl.TLSVersion) -> None:
    with pytest.raises(ConfigurationError, match=r"1\.2 or 1\.3"):
        Trust(minimum_version=version)


def test_default_context() -> None:
    context = client_context(None, Trust())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert (context.minimum_version, context.maximum_version) == (TLS12, ssl.TLSVersion.MAXIMUM_SUPPORTED)
    assert len(context.get_ca_certs()) == Path(certifi.where()).read_text().count("BEGIN CERTIFICATE")
    names = [cipher["name"] for cipher in context.get_ciphers()]
    assert all(re.match(r"TLS_|ECDHE-.*(GCM|POLY1305)", name) for name in names)
    assert "TLS_AES_256_GCM_SHA384" in names


def test_session_keys_are_never_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    context = client_context(GOOD.certificate(), PKI.trust)
    assert not context.keylog_filename
    assert list(tmp_path.iterdir()) == []


def test_authorities_add_up(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(PKI.ca_pem)
    commented = "CN=Autoridade Certificadora Fictícia\n".encode() + OTHER.ca_pem
    context = client_context(None, Trust(ca_file=tmp_path / "ca.pem", ca_pem=commented))
    assert len(context.get_ca_certs()) == 2


def test_hashed_directory(tmp_path: Path) -> None:
    # What `openssl rehash` calls it: the hash of the CA's name, which is always the same.
    (tmp_path / "e2d153b8.0").write_bytes(PKI.ca_pem)
    assert handshake(Trust(ca_path=tmp_path)) == "done"


def test_unusable_authorities(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_bytes(b"")
    for trust in (
        Trust(ca_file=tmp_path / "nada.pem"),
        Trust(ca_file=tmp_path / "empty.pem"),
        Trust(ca_pem=b"oi"),
        Trust(ca_pem=b""),
    ):
        with pytest.raises(ConfigurationError, match="CA certificates cannot be read"):
            client_context(None, trust)
    for directory in (tmp_path, tmp_path / "nada"):
        with pytest.raises(ConfigurationError, match="openssl rehash"):
            client_context(None, Trust(ca_path=directory))


@pytest.mark.parametrize(
    ("ciphers", "says"),
    [
        ("qualquer", "knows no cipher"),
        ("ADH-AES256-GCM-SHA384:@SECLEVEL=0", "without authentication or encryption"),
        ("ECDHE-RSA-NULL-SHA:@SECLEVEL=0", "without authentication or encryption"),
    ],
)
def test_ciphers_cannot_switch_verification_off(ciphers: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        client_context(None, Trust(ca_pem=PKI.ca_pem, ciphers=ciphers))


def test_ciphers_of_openssl() -> None:
    context = client_context(None, Trust(ca_pem=PKI.ca_pem, ciphers=None))
    assert len(context.get_ciphers()) > 9


# The key and the disk


@pytest.fixture(params=["memory", "temporary file", "memory without a path", "memory refused"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The ways a key can take to OpenSSL. `tmp_path` is the only place for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if request.param == "temporary file":
        monkeypatch.delattr(os, "memfd_create")
    if request.param == "memory without a path":
        monkeypatch.setattr(tls, "_descriptor_path", lambda descriptor: f"/nonexistent/{descriptor}")
    if request.param == "memory refused":
        monkeypatch.setattr(os, "memfd_create", _refuse)
    return str(request.param)


def _refuse(*args: object) -> int:
    raise PermissionError(1, "Operation not permitted")


def _open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


class _Spy:
    """Looks at what OpenSSL is about to read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
        self.contents: list[bytes] = []
        self.modes: list[int] = []
        self.paths: list[str] = []
        self.files: list[int] = []
        self.fail = False
        real = ssl.SSLContext.load_cert_chain

        def load(context: ssl.SSLContext, certfile: str, keyfile: None = None, *, password: str) -> None:
            self.paths.append(certfile)
            self.contents.append(Path(certfile).read_bytes())
            self.modes.append(Path(certfile).stat().st_mode & 0o777)
            self.files.append(len(list(directory.iterdir())))
            assert len(password) == 64
            assert password.encode() not in self.contents[-1]
            if self.fail:
                raise ssl.SSLError(9, "PEM lib")
            real(context, certfile, keyfile, password)

        monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load)


def test_only_an_encrypted_key_is_ever_readable(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spy = _Spy(monkeypatch, tmp_path)
    certificate = PKI.with_intermediate().certificate()
    before = _open_descriptors()
    for _ in range(2):
        client_context(certificate, PKI.trust)
    assert len(set(spy.contents)) == 2, "each use has its own password"
    for content in spy.contents:
        assert content.count(b"BEGIN CERTIFICATE") == 2
        assert content.count(b"PRIVATE KEY") == 2
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in content
        assert not set(GOOD.key_pem.splitlines()[1:-1]) & set(content.splitlines())
    assert spy.files == ([0, 0] if way == "memory" else [1, 1])
    assert way == "memory" or spy.modes == [0o600, 0o600]
    assert list(tmp_path.iterdir()) == []
    assert _open_descriptors() == before


def test_nothing_stays_when_openssl_refuses(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spy = _Spy(monkeypatch, tmp_path)
    spy.fail = True
    certificate = GOOD.certificate()
    before = _open_descriptors()
    with pytest.raises(CertificateError, match="refused by OpenSSL"):
        client_context(certificate, PKI.trust)
    assert spy.contents
    assert list(tmp_path.iterdir()) == []
    assert _open_descriptors() == before


def test_nothing_stays_when_the_disk_is_full(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(descriptor: int, content: bytes) -> None:
        os.write(descriptor, content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tls, "_write", full)
    certificate = GOOD.certificate()
    before = _open_descriptors()
    with pytest.raises(OSError, match="No space left"):
        client_context(certificate, PKI.trust)
    assert list(tmp_path.iterdir()) == []
    assert _open_descriptors() == before


def test_an_error_carries_neither_key_nor_password(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = PKI.weak_key().certificate()
    spy = _Spy(monkeypatch, tmp_path)
    with pytest.raises(CertificateError, match="EE_KEY_TOO_SMALL") as caught:
        client_context(certificate, PKI.trust)
    assert spy.contents
    assert caught.value.__context__ is None
    frame = caught.tb
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == tls.__file__:
            assert "PRIVATE KEY" not in repr(frame.tb_frame.f_locals)
        frame = frame.tb_next  # type: ignore[assignment]


_CRASH = """
import json, os, ssl, sys

way, moment = sys.argv[1:3]
if way == "temporary file":
    del os.memfd_create

from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.tls import Trust, client_context

certificate = ClientCertificate.from_pem(sys.stdin.read())
trust = Trust(ca_pem=sys.argv[3].encode())
client_context(None, trust)
written = []

def watch(event, args):
    if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        written.append(str(args[0]))

sys.addaudithook(watch)
real = ssl.SSLContext.load_cert_chain

def load(context, certfile, keyfile=None, *, password):
    if moment == "killed":
        os._exit(9)
    real(context, certfile, keyfile, password)

ssl.SSLContext.load_cert_chain = load
client_context(certificate, trust)
print(json.dumps(written))
"""


@pytest.mark.parametrize("moment", ["done", "killed"])
@pytest.mark.parametrize("process_way", ["memory", "temporary file"])
def test_another_process(process_way: str, moment: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _CRASH, process_way, moment, PKI.ca_pem.decode()],
        input=GOOD.pem,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == (9 if moment == "killed" else 0), ran.stderr.decode()
    left = [path.read_bytes() for path in tmp_path.iterdir()]
    if moment == "done":
        # `tempfile` tries its directory out, so there may be more than one.
        written = {str(Path(path).parent) for path in json.loads(ran.stdout) if not path.isdigit()}
        assert written == ({str(tmp_path)} if process_way == "temporary file" else set())
        assert left == []
    else:
        assert len(left) == (1 if process_way == "temporary file" else 0)
    for content in left:
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in content
        assert b"BEGIN PRIVATE KEY" not in content
        with pytest.raises((TypeError, ValueError)):
            serialization.load_pem_private_key(content[content.index(b"-----BEGIN ENC") :], None)


def test_rotation_in_place() -> None:
    context = client_context(GOOD.certificate(), PKI.trust)
    load_certificate(context, PKI.client_certificate("Empresa Renovada").certificate())
    with served(PKI.server_context()) as (address, seen):
        assert talk(context, address) == "done"
    assert "Empresa Renovada" in str(seen[0])


# The cache


def test_cache_shares_by_certificate_and_trust() -> None:
    cache = ContextCache()
    one = cache.get(GOOD.certificate(), PKI.trust)
    assert cache.get(GOOD.certificate(), Trust(ca_pem=PKI.ca_pem)) is one
    bare = cache.get(None, PKI.trust)
    stricter = cache.get(GOOD.certificate(), Trust(ca_pem=PKI.ca_pem, minimum_version=TLS13))
    other = cache.get(PKI.client_certificate().certificate(), PKI.trust)
    assert len({one, bare, stricter, other}) == len(cache) == 4


def test_cache_tells_a_completed_chain() -> None:
    cache = ContextCache()
    material = PKI.with_intermediate()
    short = cache.get(material.without_chain().certificate(), PKI.trust)
    assert cache.get(material.certificate(), PKI.trust) is not short


def test_cache_holds_nothing_itself() -> None:
    cache = ContextCache()
    context = cache.get(GOOD.certificate(), PKI.trust)
    assert len(cache) == 1
    del context
    gc.collect()
    assert len(cache) == 0
    assert len(cache._building) == 0


def test_cache_builds_once_among_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[tuple[ClientCertificate | None, Trust]] = []

    def slow(certificate: ClientCertificate | None, trust: Trust) -> ssl.SSLContext:
        built.append((certificate, trust))
        time.sleep(0.05)
        return client_context(certificate, trust)

    monkeypatch.setattr(tls, "client_context", slow)
    cache, gate = ContextCache(), threading.Barrier(6)
    certificate, contexts = GOOD.certificate(), []

    def get(wanted: ClientCertificate | None) -> None:
        gate.wait(SECONDS)
        contexts.append(cache.get(wanted, PKI.trust))

    threads = [threading.Thread(target=get, args=(c,)) for c in [certificate, None] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert len(contexts) == 6
    assert len(built) == len({id(context) for context in contexts}) == 2


def test_a_failed_build_is_tried_again() -> None:
    cache = ContextCache()
    for _ in range(2):
        with pytest.raises(CertificateError):
            cache.get(PKI.weak_key().certificate(), PKI.trust)
    assert len(cache) == 0


# Real handshakes


@contextmanager
def served(context: ssl.SSLContext) -> Iterator[tuple[tuple[str, int], list[Any]]]:
    """A server for one connection; collects the client's certificate, or the error it met."""
    seen: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        thread = threading.Thread(target=_serve, args=(listener, context, seen))
        thread.start()
        try:
            yield listener.getsockname(), seen
        finally:
            thread.join(SECONDS)
    assert not thread.is_alive()


def _serve(listener: socket.socket, context: ssl.SSLContext, seen: list[Any]) -> None:
    raw, _ = listener.accept()
    # A second handle keeps the connection open after a failed handshake until the client has read the
    # alert: closing with unread data would reset it.
    with raw, raw.dup() as handle:
        handle.settimeout(SECONDS)
        raw.settimeout(SECONDS)
        try:
            with context.wrap_socket(raw, server_side=True) as connection:
                seen.append(connection.getpeercert())
                connection.sendall(b"ola")
                connection.recv(1)
        except OSError as error:
            seen.append(error)
            with suppress(OSError):  # the client may be gone
                handle.shutdown(socket.SHUT_WR)
                while handle.recv(4096):
                    pass


def talk(context: ssl.SSLContext, address: tuple[str, int], host: str = HOST) -> str:
    with socket.create_connection(address, timeout=SECONDS) as raw:
        with context.wrap_socket(raw, server_hostname=host) as connection:
            return "done" if connection.recv(3) == b"ola" else "cut"


def handshake(
    trust: Trust, certificate: ClientCertificate | None = None, *, host: str = HOST, **server: Any
) -> str | tuple[str, str]:
    """`done`, or kind and reason of the failure."""
    server = {"require_client_certificate": certificate is not None} | server
    with served(PKI.server_context(**server)) as (address, _):
        try:
            return talk(client_context(certificate, trust), address, host)
        except ssl.SSLError as error:
            failure = tls_failure(error)
            assert failure is not None
            assert failure.sentence.endswith(".")
            return failure.kind, failure.reason


both_versions = pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])


@both_versions
def test_good_certificate(version: ssl.TLSVersion) -> None:
    with served(PKI.server_context(maximum_version=version)) as (address, seen):
        context = client_context(GOOD.certificate(), PKI.trust)
        with socket.create_connection(address, timeout=SECONDS) as raw:
            with context.wrap_socket(raw, server_hostname=HOST) as connection:
                assert connection.recv(3) == b"ola"
                assert connection.version() == version.name.replace("_", ".")
    assert "Empresa Exemplo LTDA" in str(seen[0])


@both_versions
def test_other_good_certificates(version: ssl.TLSVersion) -> None:
    for material in (
        PKI.with_intermediate(),
        PKI.client_certificate(ec=True),
        PKI.client_certificate(eku=None),
    ):
        assert handshake(PKI.trust, material.certificate(), maximum_version=version) == "done"


@both_versions
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_no_certificate_wanted(version: ssl.TLSVersion, host: str) -> None:
    assert handshake(PKI.trust, host=host, maximum_version=version) == "done"


@both_versions
@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        (PKI.expired().certificate(), "SSLV3_ALERT_CERTIFICATE_EXPIRED"),
        (OTHER.client_certificate().certificate(), "TLSV1_ALERT_UNKNOWN_CA"),
        (PKI.with_intermediate().without_chain().certificate(), "TLSV1_ALERT_UNKNOWN_CA"),
        (PKI.server_only().certificate(), "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE"),
    ],
    ids=["expired", "unknown CA", "intermediate missing", "server only"],
)
def test_refused_by_the_bank(version: ssl.TLSVersion, certificate: ClientCertificate, reason: str) -> None:
    assert handshake(PKI.trust, certificate, maximum_version=version) == ("certificate", reason)


@both_versions
def test_none_sent(version: ssl.TLSVersion) -> None:
    reason = {TLS12: "SSLV3_ALERT_HANDSHAKE_FAILURE", TLS13: "TLSV13_ALERT_CERTIFICATE_REQUIRED"}[version]
    answer = handshake(PKI.trust, None, require_client_certificate=True, maximum_version=version)
    assert answer == ("certificate", reason)


@both_versions
def test_server_not_trusted(version: ssl.TLSVersion) -> None:
    for trust, host in ((OTHER.trust, HOST), (PKI.trust, "banco.example"), (Trust(), HOST)):
        answer = handshake(trust, GOOD.certificate(), host=host, maximum_version=version)
        assert answer == ("server", "CERTIFICATE_VERIFY_FAILED")


def test_no_common_version() -> None:
    trust = Trust(ca_pem=PKI.ca_pem, minimum_version=TLS13)
    assert handshake(trust, maximum_version=TLS12) == ("protocol", "TLSV1_ALERT_PROTOCOL_VERSION")


# What a failure means


def ssl_error(reason: str | None, text: str = "") -> ssl.SSLError:
    error = ssl.SSLError(1, text or f"[SSL: {reason}] (_ssl.c:1)")
    error.reason = reason  # type: ignore[assignment]
    return error


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "certificate"),
        ("TLSV1_ALERT_UNKNOWN_CA", "certificate"),
        ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "certificate"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "certificate"),
        ("SSLV3_ALERT_CERTIFICATE_REVOKED", "certificate"),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", "certificate"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "certificate"),
        ("SSLV3_ALERT_NO_CERTIFICATE", "certificate"),
        ("TLSV1_ALERT_ACCESS_DENIED", "certificate"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "certificate"),
        ("CERTIFICATE_VERIFY_FAILED", "server"),
        ("TLSV1_ALERT_INTERNAL_ERROR", "protocol"),
        ("WRONG_VERSION_NUMBER", "protocol"),
    ],
)
def test_kinds(reason: str, kind: str) -> None:
    failure = tls_failure(ssl_error(reason))
    assert failure is not None
    assert (failure.kind, failure.reason) == (kind, reason)


def test_a_reason_this_python_has_no_name_for() -> None:
    failure = tls_failure(ssl_error(None, "[SSL] tlsv13 alert certificate required (_ssl.c:2580)"))
    assert failure is not None
    assert failure.kind == "certificate"


def test_search_through_causes_contexts_and_groups() -> None:
    refusal = ssl_error("TLSV1_ALERT_UNKNOWN_CA")
    caused, in_context = RuntimeError(), RuntimeError()
    caused.__cause__ = refusal
    in_context.__context__ = caused
    in_context.__cause__ = ssl_error("WRONG_VERSION_NUMBER")
    group = ExceptionGroup("no address answered", [OSError(), ExceptionGroup("more", [in_context])])
    for error in (caused, in_context, group):
        failure = tls_failure(error)
        assert failure is not None
        assert failure.reason == "TLSV1_ALERT_UNKNOWN_CA"


def test_search_ends_in_cycles() -> None:
    one, other = RuntimeError(), RuntimeError()
    one.__cause__, other.__context__ = other, one
    assert tls_failure(one) is None


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(),
        ssl.SSLWantReadError(2, "The operation did not complete"),
        ssl.SSLZeroReturnError(6, "closed"),
        ssl.SSLEOFError(8, "EOF occurred in violation of protocol"),
        ssl.SSLSyscallError(5, "Some I/O error occurred"),
    ],
)
def test_a_cut_connection_is_no_verdict_of_tls(error: Exception) -> None:
    outer = OSError()
    outer.__context__ = error
    assert tls_failure(outer) is None
