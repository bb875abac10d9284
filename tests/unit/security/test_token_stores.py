"""Tokens in a file, and what both shared stores have in common: the seal, and waiting for others."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import stat
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from bankgateway import Settings, Token
from bankgateway.errors import ConfigurationError
from bankgateway.security.token_stores import PLAINTEXT, FileTokenStore, file, generate_key, sealing
from bankgateway.security.token_stores import locking as locking_module
from bankgateway.security.token_stores.locking import LockFile
from bankgateway.security.token_stores.sealing import Seal
from bankgateway_mocks import FakeBank, ManualClock, samples

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 9, 22, 15, 0, tzinfo=UTC)
KEY = generate_key()
NAME = "https://bank.invalid/token|planted-client-id|boleto.read||digest"

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


def a_token(value: str = "planted-token", hours: float = 1, **fields: Any) -> Token:
    return Token(value, datetime.now(UTC) + timedelta(hours=hours), hours * 3600, **fields)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


@pytest.fixture
def store(path: Path) -> FileTokenStore:
    return FileTokenStore(path, key=KEY)


@pytest.fixture(autouse=True)
def _warn_again() -> None:
    sealing._warn_once.cache_clear()


# -- the seal ----------------------------------------------------------------------------------------


def test_a_sealed_token_comes_back_whole() -> None:
    token = a_token(refresh_value="planted-refresh", refresh_expires_at=NOON, deadline=17.0)
    sealed = Seal(KEY).close("name", token)
    assert "planted" not in sealed
    opened = Seal(KEY).open("name", sealed)
    assert opened == token
    assert opened is not None
    assert opened.deadline is None, "the clock of this process means nothing elsewhere"
    assert Seal(KEY.encode() + b"\n").open("name", sealed.encode()) == token


def test_keys_rotate() -> None:
    old, new = generate_key(), generate_key()
    token = a_token()
    by_old = Seal(old).close("name", token)
    rotating = Seal([new, old])
    assert rotating.open("name", by_old) == token
    by_both = rotating.close("name", token)
    assert Seal(new).open("name", by_both) == token
    assert Seal(old).open("name", by_both) is None


@pytest.mark.parametrize(
    "sealed",
    [
        Seal(generate_key()).close("name", a_token()),
        Seal(PLAINTEXT).close("name", a_token()),
        Seal(KEY).close("name", a_token())[:-8],
        "",
        "não é um token",
        b"\xff\xfe",
    ],
    ids=["another key", "plain", "cut", "empty", "text", "bytes"],
)
def test_what_cannot_be_opened_is_no_token(sealed: str | bytes, caplog: pytest.LogCaptureFixture) -> None:
    assert Seal(KEY).open("name", sealed) is None
    assert caplog.messages == ["a stored token cannot be opened: damaged, or stored with another key"]
    assert caplog.records[0].levelno == logging.WARNING


@pytest.mark.parametrize("text", ["[]", "{}", '{"name": "name", "token": {"value": "planted-token"}}'])
def test_a_damaged_plain_token_is_no_token(text: str, caplog: pytest.LogCaptureFixture) -> None:
    assert Seal(PLAINTEXT).open("name", text) is None
    assert "planted" not in caplog.text


def test_a_token_cannot_be_moved_to_another_name(caplog: pytest.LogCaptureFixture) -> None:
    sealed = Seal(KEY).close("one customer", a_token())
    assert Seal(KEY).open("another customer", sealed) is None
    assert "not its own" in caplog.text


@pytest.mark.parametrize(
    "key",
    [None, "", b"", [], "planted-key", KEY[:-4], [KEY, "planted-key"], 5, [None]],
    ids=["none", "empty", "empty bytes", "no keys", "text", "cut", "one of two", "number", "none in a list"],
)
def test_a_key_that_is_none_is_refused(key: Any, path: Path) -> None:
    with pytest.raises(ConfigurationError, match="generate_key") as raised:
        FileTokenStore(path, key=key)
    assert "planted" not in str(raised.value)
    assert raised.value.__context__ is None


def test_storing_in_clear_is_said_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TypeError):
        FileTokenStore(path)  # type: ignore[call-arg]
    FileTokenStore(path, key=PLAINTEXT)
    FileTokenStore(path, key=PLAINTEXT)
    (message,) = caplog.messages
    assert "in clear" in message


# -- the file ----------------------------------------------------------------------------------------


async def test_tokens_lie_in_the_file(store: FileTokenStore, path: Path) -> None:
    assert await store.get(NAME) is None
    assert not path.exists()
    token = a_token()
    await store.put(NAME, token)
    await store.put("another", a_token("other"))
    assert await FileTokenStore(path, key=KEY).get(NAME) == token
    await store.drop(NAME, a_token("newer"))
    assert await store.get(NAME) == token
    await store.drop(NAME, token)
    await store.drop(NAME, token)
    assert await store.get(NAME) is None
    assert await store.get("another") is not None


async def test_no_secret_lies_in_clear(
    store: FileTokenStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await store.put(NAME, a_token(refresh_value="planted-refresh", refresh_expires_at=NOON))
    async with store.lock(NAME):
        names = [entry.name for entry in path.parent.iterdir()]
    told = path.read_text() + repr(store) + caplog.text + " ".join(names)
    assert "planted" not in told
    assert "bank.invalid" not in told
    assert KEY not in told


async def test_a_store_in_clear_works(path: Path) -> None:
    store = FileTokenStore(path, key=PLAINTEXT)
    await store.put(NAME, token := a_token())
    assert await store.get(NAME) == token
    assert await FileTokenStore(path, key=KEY).get(NAME) is None, "never taken where a key was given"


async def test_a_wrong_key_finds_nothing_and_replaces(store: FileTokenStore, path: Path) -> None:
    await store.put(NAME, a_token())
    other = FileTokenStore(path, key=generate_key())
    assert await other.get(NAME) is None
    await other.put(NAME, token := a_token("new"))
    assert await other.get(NAME) == token
    assert await store.get(NAME) is None


async def test_what_expired_is_thrown_out(path: Path) -> None:
    clock = ManualClock(NOON)
    store = FileTokenStore(path, key=KEY, clock=clock)
    hour, day = NOON + timedelta(hours=1), NOON + timedelta(days=1)
    await store.put("short", Token("a", hour, 3600))
    await store.put("refreshed", Token("b", hour, 3600, refresh_value="r", refresh_expires_at=day))
    clock.advance(hours=2)
    await store.put("new", Token("c", clock.now() + timedelta(hours=1), 3600))
    assert len(json.loads(path.read_text())["tokens"]) == 2
    assert await store.get("short") is None
    assert await store.get("refreshed") is not None, "its refresh token still lives"


async def test_the_process_may_change_its_directory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    store = FileTokenStore(path.name, key=KEY)
    monkeypatch.chdir("/")
    await store.put(NAME, a_token())
    assert path.exists()


# -- damaged, foreign, open to others ----------------------------------------------------------------


@pytest.mark.parametrize("cut", [0, 60])
async def test_a_damaged_file_is_replaced(
    cut: int, store: FileTokenStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await store.put(NAME, a_token())
    os.truncate(path, cut)
    assert await store.get(NAME) is None
    assert ("damaged" in caplog.text) == bool(cut)
    await store.put(NAME, token := a_token("new"))
    assert await store.get(NAME) == token


@pytest.mark.parametrize(
    "content",
    [
        b'{"client_secret": "planted"}',
        b"planted",
        b"\xff\x00",
        b'{"format":"bankgateway tokens 2","tokens":{}}',
    ],
)
async def test_a_foreign_file_is_left_alone(
    content: bytes, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    store = FileTokenStore(path, key=KEY)
    await store.put(NAME, token := a_token())
    assert await store.get(NAME) is None
    await store.drop(NAME, token)
    assert path.read_bytes() == content
    assert "not a token file" in caplog.text
    assert "planted" not in caplog.text


@posix_only
async def test_nobody_else_can_read_what_is_written(store: FileTokenStore, path: Path) -> None:
    before = os.umask(0)
    try:
        await store.put(NAME, a_token())
        async with store.lock(NAME):
            modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


@posix_only
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o610])
async def test_a_file_open_to_others_is_refused(mode: int, store: FileTokenStore, path: Path) -> None:
    await store.put(NAME, a_token())
    content = path.read_bytes()
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        FileTokenStore(path, key=KEY)
    with pytest.raises(ConfigurationError):
        await store.get(NAME)
    with pytest.raises(ConfigurationError):
        await store.put(NAME, a_token())
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_path_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        FileTokenStore(tmp_path / "nowhere" / "tokens.json", key=KEY)
    with pytest.raises(ConfigurationError, match="not a file"):
        FileTokenStore(tmp_path, key=KEY)
    with pytest.raises(ConfigurationError, match="lock_seconds"):
        FileTokenStore(tmp_path / "tokens.json", key=KEY, lock_seconds=0)


def test_a_file_that_cannot_be_read_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    path.touch(0o600)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        FileTokenStore(path, key=KEY)


async def test_a_write_that_fails_changes_nothing(
    store: FileTokenStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.put(NAME, token := a_token())

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            await store.put(NAME, a_token("new"))
    assert await store.get(NAME) == token
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["tokens.json", "tokens.json.lock"]
    (path.parent / "tokens.json.new").write_bytes(b"left by a process that was killed")
    await store.put(NAME, newer := a_token("newer"))
    assert await store.get(NAME) == newer


# -- several at once ---------------------------------------------------------------------------------


async def test_writers_do_not_lose_what_others_wrote(store: FileTokenStore, path: Path) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(store.put, f"{NAME}{number}", a_token(f"token {number}"))
    found = [await store.get(f"{NAME}{number}") for number in range(20)]
    assert [token.value if token else None for token in found] == [f"token {n}" for n in range(20)]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_processes_do_not_lose_what_others_wrote(path: Path, all_at_once: Any) -> None:
    task = {
        "act": "put",
        "kind": "file",
        "where": str(path),
        "key": KEY,
        "puts": 10,
    }
    backends = {"a": "asyncio", "b": "trio", "c": "asyncio"}
    await all_at_once([{**task, "name": name, "backend": backend} for name, backend in backends.items()])
    store = FileTokenStore(path, key=KEY)
    assert [n for n in "abc" for i in range(10) if await store.get(f"{n}-{i}") is None] == []


async def test_a_writer_does_not_wait_for_ever(
    store: FileTokenStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "WRITE_SECONDS", 0.1)
    other = LockFile(path.with_name("tokens.json.lock"))
    assert other.try_acquire()
    try:
        with pytest.raises(TimeoutError):
            await store.put(NAME, a_token())
    finally:
        other.release()
    await store.put(NAME, a_token())


async def test_only_one_holds_the_lock_of_a_name(store: FileTokenStore, path: Path) -> None:
    impatient = FileTokenStore(path, key=KEY, lock_seconds=0.1)
    async with store.lock(NAME):
        with pytest.raises(TimeoutError):
            async with impatient.lock(NAME):
                pass
        async with store.lock("another name"):
            pass
        await impatient.put(NAME, a_token())
    async with store.lock(NAME):
        pass


async def test_who_is_cancelled_holds_nothing(store: FileTokenStore, path: Path) -> None:
    async def wait() -> None:
        async with store.lock(NAME):
            raise AssertionError

    async with store.lock(NAME):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.sleep(0.05)
            tasks.cancel_scope.cancel()
    with anyio.move_on_after(0.05):
        async with store.lock(NAME):
            await anyio.sleep_forever()
    with anyio.fail_after(5):
        async with store.lock(NAME):
            pass


def test_a_thread_left_behind_takes_no_lock(tmp_path: Path) -> None:
    lock = LockFile(tmp_path / "lock")
    lock.release()
    thread = threading.Thread(target=lock.try_acquire)
    thread.start()
    thread.join()
    assert not lock.try_acquire()
    other = LockFile(tmp_path / "lock")
    assert other.try_acquire()
    other.release()


@posix_only
def test_the_lock_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same through `msvcrt`, of which POSIX locks play the part."""
    import fcntl

    def locking(file: int, mode: int, size: int) -> None:
        assert size == 1
        assert os.lseek(file, 0, os.SEEK_CUR) == 0, "the byte that is locked has to be the same"
        fcntl.flock(file, mode)

    modes = {"LK_NBLCK": fcntl.LOCK_EX | fcntl.LOCK_NB, "LK_UNLCK": fcntl.LOCK_UN}
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, **modes))
    monkeypatch.setattr(sys, "platform", "win32")
    spec = importlib.util.spec_from_file_location("locking_on_windows", locking_module.__file__)
    assert spec is not None
    assert spec.loader is not None
    windows = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(windows)
    one, other = windows.LockFile(tmp_path / "lock"), windows.LockFile(tmp_path / "lock")
    assert one.try_acquire()
    assert not other.try_acquire()
    one.release()
    assert other.try_acquire()
    other.release()


async def test_the_lock_of_a_process_that_died_is_free(path: Path, worker: Any, anyio_backend: str) -> None:
    task = {"kind": "file", "where": str(path), "key": KEY, "backend": anyio_backend}
    impatient = FileTokenStore(path, key=KEY, lock_seconds=0.1)
    async with worker(act="hold", name=NAME, **task) as other:
        await other.says("held")
        with pytest.raises(TimeoutError):
            async with impatient.lock(NAME):
                pass
        other.process.kill()
        await other.process.wait()
        with anyio.fail_after(5):
            async with FileTokenStore(path, key=KEY).lock(NAME):
                pass


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_four_processes_ask_for_one_token(path: Path, token_requests: Callable[..., Any]) -> None:
    task = {"kind": "file", "where": str(path), "key": KEY}
    backends = ["asyncio", "trio", "asyncio", "trio"]
    assert await token_requests([{**task, "backend": backend} for backend in backends]) == 1


# -- with a bank -------------------------------------------------------------------------------------


async def test_clients_share_the_token_in_the_file(store: FileTokenStore, path: Path) -> None:
    fake = FakeBank("inter")
    for _ in range(3):
        settings = Settings(token_store=FileTokenStore(path, key=KEY))
        async with fake.connect(settings=settings) as bank:
            await bank.register(samples.new_boleto("inter"))
    assert fake.processed("token") == 1


async def test_a_store_that_cannot_be_used_costs_a_token_and_no_call(
    store: FileTokenStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await store.put(NAME, a_token())
    path.chmod(0o644)
    fake = FakeBank("inter")
    async with fake.connect(settings=Settings(token_store=store)) as bank:
        await bank.register(samples.new_boleto("inter"))
        await bank.register(samples.new_boleto("inter"))
    assert fake.processed("token") == 1
    assert "the token store failed to get: others can read" in caplog.text


async def test_a_lock_that_is_never_free_costs_a_wait_and_no_call(path: Path) -> None:
    class Held(FileTokenStore):
        def lock(self, key: str) -> Any:
            return super().lock("the same for all")

    store = Held(path, key=KEY, lock_seconds=0.2)
    fake = FakeBank("inter")
    async with store.lock(""), fake.connect(settings=Settings(token_store=store)) as bank:
        await bank.register(samples.new_boleto("inter"))
    assert fake.processed("token") == 1


def test_a_token_that_came_back_is_judged_by_the_wall_clock() -> None:
    clock = ManualClock(NOON)
    token = Token("t", NOON + timedelta(hours=1), 3600, deadline=clock.monotonic() + 3600)
    opened = Seal(KEY).open("name", Seal(KEY).close("name", token))
    assert opened == replace(token, deadline=None)
    clock.advance(minutes=58, seconds=40)
    assert token.is_fresh(clock)
    assert not opened.is_fresh(clock), "30 seconds earlier, for the skew between machines"
