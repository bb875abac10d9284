"""A bank's recorded answers, replayed.

    with replay("inter", "register", "query-registered"):
        ...

Every request that no recording is for fails the test and says which recording came closest, and why it
is not the one.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import ModuleType, TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx
import respx

ANYTHING = "*"


@dataclass(frozen=True, slots=True)
class Recording:
    """One request and its answer.

    Attributes:
        name: File name without `.json`.
        description: What it is about.
        origin: Where the shape comes from: `documentation`, `sandbox` or `production`.
        request: `method` and `path`; `query` and `headers` that must be among those sent; `body`, where
            it matters, as a whole. `"*"` in a body stands for any value.
        response: `status`, `headers`, `body` (JSON, text, or `null` for none).
        expect: What a correct client reports.
    """

    name: str
    description: str
    origin: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    expect: Mapping[str, Any]

    def differences(self, request: httpx.Request) -> list[str]:
        """Why this is not the recording for a request; empty when it is."""
        wanted = self.request
        found = _differs("method", wanted["method"], request.method)
        found += _differs("path", wanted["path"], request.url.path)
        for name, value in wanted.get("query", {}).items():
            found += _differs(f"query {name}", value, request.url.params.get(name))
        for name, value in wanted.get("headers", {}).items():
            found += _differs(f"header {name}", value, request.headers.get(name))
        if "body" in wanted:
            found += _differs_each("body", wanted["body"], _content(request))
        return found

    def answer(self) -> httpx.Response:
        """The recorded answer."""
        body = self.response.get("body")
        if body is None or isinstance(body, str):
            content = (body or "").encode()
        else:
            content = json.dumps(body, ensure_ascii=False, default=float).encode()
        return httpx.Response(self.response["status"], headers=self.response.get("headers"), content=content)


@cache
def recordings(slug: str) -> Mapping[str, Recording]:
    """Every recording of a bank, by name.

    Raises:
        ModuleNotFoundError: There is no such bank here.
    """
    importlib.import_module(f"bankgateway_mocks.{slug}")
    folder = files(f"bankgateway_mocks.{slug}") / "recordings"
    found = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".json")), key=lambda e: e.name
    )
    return {
        name: Recording(name, **json.loads(entry.read_text("utf-8"), parse_float=Decimal))
        for entry in found
        for name in [entry.name.removesuffix(".json")]
    }


def replay(slug: str, *recording_names: str, base_url: str | None = None) -> Replay:
    """Answer the bank's address from recordings until the block ends. No request reaches the network.

    Recordings that fit the same request are given in the order of their names here; the last one stays.
    The token request is answered without being named.

    Args:
        slug: The bank.
        *recording_names: Names of recordings; see `recordings`.
        base_url: Where the bank is; its sandbox when left out.

    Returns:
        A context manager, for `with` and `async with`.

    Raises:
        ValueError: No name, or one that does not exist.
    """
    known = recordings(slug)
    unknown = [name for name in recording_names if name not in known]
    if unknown or not recording_names:
        raise ValueError(f"no recording {', '.join(unknown) or 'named'}; there are: {', '.join(known)}")
    chosen = [known[name] for name in recording_names]
    bank = importlib.import_module(f"bankgateway_mocks.{slug}")
    if not any(recording.request["path"] == bank.TOKEN_PATH for recording in chosen):
        chosen.append(known["token"])
    return Replay(chosen, base_url or bank.SANDBOX)


class UnmatchedRequest(AssertionError):
    """A request that no recording is for."""


class Replay:
    """Recordings in force. Made by `replay`.

    Attributes:
        requests: Name of the recording and the request it answered, in order.
        unmatched: What did not fit, as text.
    """

    def __init__(self, chosen: Sequence[Recording], base_url: str) -> None:
        self.requests: list[tuple[str, httpx.Request]] = []
        self.unmatched: list[str] = []
        self._waiting = list(chosen)
        self._origin = urlsplit(base_url)
        self._router = respx.MockRouter(assert_all_called=False)
        self._router.route().mock(side_effect=self._answer)

    @property
    def used(self) -> list[str]:
        """Names of the recordings that answered, in order."""
        return [name for name, _ in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        wrong_host = _differs("host", self._origin.netloc, request.url.netloc.decode("ascii"))
        compared = [(recording, wrong_host + recording.differences(request)) for recording in self._waiting]
        fitting = [recording for recording, differences in compared if not differences]
        if not fitting:
            self.unmatched.append(_explain(request, compared))
            raise UnmatchedRequest(self.unmatched[-1])
        if len(fitting) > 1:
            self._waiting.remove(fitting[0])
        self.requests.append((fitting[0].name, request))
        return fitting[0].answer()

    def _close(self, error: BaseException | None) -> None:
        self._router.stop(quiet=error is not None)
        # A client may have swallowed the failure.
        if error is None and self.unmatched:
            raise UnmatchedRequest("\n".join(self.unmatched))

    def __enter__(self) -> Self:
        self._router.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close(error)


def _explain(request: httpx.Request, compared: Iterable[tuple[Recording, list[str]]]) -> str:
    closest, differences = min(compared, key=lambda pair: len(pair[1]))
    lines = "\n".join(f"    {difference}" for difference in differences)
    return (
        f"no recording for {request.method} {request.url}\n"
        f"  the closest is {closest.name!r} ({closest.description}), but\n{lines}"
    )


def _differs(what: str, wanted: object, got: object) -> list[str]:
    return [] if wanted == got else [f"{what}: recorded {_show(wanted)}, sent {_show(got)}"]


def _differs_each(what: str, wanted: object, got: object) -> list[str]:
    if wanted == ANYTHING:
        return []
    if not isinstance(wanted, Mapping) or not isinstance(got, Mapping):
        return _differs(what, wanted, got)
    found = []
    for name in [*wanted, *(name for name in got if name not in wanted)]:
        if name not in got:
            found.append(f"{what}.{name}: recorded {_show(wanted[name])}, not sent")
        elif name not in wanted:
            found.append(f"{what}.{name}: not recorded, sent {_show(got[name])}")
        else:
            found += _differs_each(f"{what}.{name}", wanted[name], got[name])
    return found


def _show(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _content(request: httpx.Request) -> object:
    text = request.content.decode("utf-8", "replace")
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text


class _Callable(ModuleType):
    """`bankgateway_mocks.replay` is this module to whoever imported it first: called, it is the function."""

    def __call__(self, slug: str, *recording_names: str, base_url: str | None = None) -> Replay:
        return replay(slug, *recording_names, base_url=base_url)


sys.modules[__name__].__class__ = _Callable
