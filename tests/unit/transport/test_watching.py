"""Hooks, logs and errors: what they show, and above all what they do not."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import httpx
import pytest

from bankgateway.errors import BankGatewayError
from bankgateway.security.oauth import ClientCredentials
from bankgateway.transport import AnswerInfo, RequestInfo, Settings, Transport
from bankgateway_mocks import samples
from bankgateway_mocks.http import ConnectionDropped, HttpResponse, json_response
from bankgateway_mocks.pki import Pki
from bankgateway_mocks.server import Server

pytestmark = pytest.mark.anyio

CPF = "529.982.247-25"
LINE = "07790.00116 12026.092206 00000.000182 7 99990000018745"
SECRETS = {
    "secret": "s3gr3d0-do-cliente",
    "token": "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJ4In0.c2lnbmF0dXJl",
    "key": "chave-da-aplicacao-9911",
    "CPF": CPF,
    "CPF digits": "52998224725",
    "line": LINE,
    "name": "Fulano de Tal",
    "cookie": "sessao-abc-123",
    "basic": base64.b64encode(b"loja:s3gr3d0-do-cliente").decode(),
}


def leaks(text: str) -> list[str]:
    return [name for name, value in SECRETS.items() if value in text]


def reachable(error: BaseException) -> list[Any]:
    """The errors behind an error, and everything their attributes lead to."""
    waiting: list[Any] = [error]
    seen: list[Any] = []
    while waiting:
        thing = waiting.pop()
        if thing is None or any(thing is other for other in seen):
            continue
        seen.append(thing)
        if isinstance(thing, BaseException):
            waiting += [thing.__cause__, thing.__context__, *thing.args, *vars(thing).values()]
            waiting += thing.exceptions if isinstance(thing, BaseExceptionGroup) else []
        elif isinstance(thing, dict):
            waiting += [*thing.keys(), *thing.values()]
        elif isinstance(thing, list | tuple | set):
            waiting += thing
    return seen


@pytest.fixture
def watched(desk: Any) -> tuple[list[Any], dict[str, Any]]:
    """What hooks are told, and the settings that tell them."""
    told: list[Any] = []

    async def later(*infos: Any) -> None:
        told.append(("later", *infos))

    def settings() -> dict[str, Any]:
        return {
            "before_request": (lambda info: told.append(("before", info)), later),
            "after_answer": (lambda *infos: told.append(("after", *infos)), later),
        }

    desk.token_answers = [json_response(200, {"access_token": SECRETS["token"], "expires_in": 300})]
    return told, settings()


def make(settings: Settings, url: str, **fields: Any) -> Transport:
    source = ClientCredentials(
        f"{url}/token", "loja", SECRETS["secret"], params={"app": SECRETS["key"]}, **fields
    )
    return Transport("inter", settings, tokens=source)


def personal(desk: Any, **fields: Any) -> Any:
    return desk.write(
        url=f"{desk.url}/pagadores/{SECRETS['CPF digits']}/boletos",
        params=(("cpfCnpj", CPF), ("nome", SECRETS["name"]), ("situacao", "PAGO")),
        headers={"x-api-key": SECRETS["key"]},
        json={"pagador": SECRETS["name"], "linha": LINE},
        **fields,
    )


async def test_hooks_get_redacted_copies(desk: Any, desk_transport: Any, watched: Any) -> None:
    told, hooks = watched
    desk.answers = [
        HttpResponse(
            201, {"X-Request-ID": "r-1", "Set-Cookie": SECRETS["cookie"], "Content-Type": "a/b"}, b"{}"
        )
    ]
    transport = make(Settings(transport=desk_transport, **hooks), desk.url, in_header=True)
    assert (await transport.send(personal(desk))).ok
    assert [entry[0] for entry in told] == ["before", "later", "after", "later"] * 2
    assert leaks(repr(told)) == []
    (_, token), (_, request), (_, asked, answer) = told[0], told[4], told[6]
    assert isinstance(request, RequestInfo)
    assert isinstance(answer, AnswerInfo)
    assert (token.operation, request.operation, request.method, request.attempt) == (
        "token",
        "register",
        "POST",
        1,
    )
    assert request.url == (
        "https://bank.invalid/pagadores/***4725/boletos?cpfCnpj=***&nome=***&situacao=PAGO"
    )
    assert request.headers["authorization"] == request.headers["x-api-key"] == "***"
    assert request.headers["content-type"] == "application/json"
    assert asked == request
    assert (answer.status, answer.request_id, answer.failure) == (201, "r-1", None)
    assert answer.headers == {
        "x-request-id": "r-1", "set-cookie": "***", "content-type": "a/b", "content-length": "2",
    }  # fmt: skip
    # Copies: whatever a hook does to them changes nothing.
    cast("dict[str, str]", request.headers)["authorization"] = "x"
    assert (await transport.send(personal(desk))).ok
    assert desk.requests[1].headers["authorization"] == f"Bearer {SECRETS['token']}"


async def test_hooks_see_every_attempt_and_failures(
    desk: Any, desk_transport: Any, clock: Any, watched: Any
) -> None:
    told, hooks = watched
    desk.answers = [httpx.ReadTimeout("lost"), 503]
    transport = Transport("inter", Settings(transport=desk_transport, clock=clock, **hooks))
    assert (await transport.send(desk.call())).ok
    after = [entry for entry in told if entry[0] == "after"]
    assert [info.attempt for _, info, _ in after] == [1, 2, 3]
    assert [(answer.status, answer.failure) for *_, answer in after] == [
        (None, "ReadTimeout: lost"), (503, None), (200, None),
    ]  # fmt: skip


async def test_a_hook_that_raises_is_ignored(
    desk: Any, desk_transport: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def hook(*infos: Any) -> None:
        raise LookupError(f"pagador {CPF}")

    async def later(*infos: Any) -> None:
        hook()

    settings = Settings(transport=desk_transport, before_request=(hook, later), after_answer=(later, hook))
    assert (await Transport("inter", settings).send(desk.write())).ok
    assert len(desk.requests) == 1
    assert len([record for record in caplog.records if "hook" in record.message]) == 4
    assert "LookupError" in caplog.text
    assert leaks(caplog.text) == []


@pytest.mark.parametrize("carrier", ["sockets", "in process"])
async def test_logs_hold_no_secret(
    desk: Any,
    desk_transport: Any,
    serve_desk: Callable[..., AbstractAsyncContextManager[Server]],
    pki: Pki,
    clock: Any,
    caplog: pytest.LogCaptureFixture,
    watched: Any,
    carrier: str,
) -> None:
    """At DEBUG, in the loggers of all libraries."""
    caplog.set_level(logging.DEBUG)
    desk.answers = [
        json_response(200, {"linhaDigitavel": LINE, "pagador": SECRETS["name"]}),
        401,
        HttpResponse(400, {}, f"CPF {CPF} invalido".encode()),
        ConnectionDropped() if carrier == "sockets" else httpx.ReadError(f"CPF {CPF}"),
    ]
    desk.token_answers *= 2
    async with serve_desk():
        settings = Settings(trust=pki.trust, clock=clock)
        if carrier == "in process":
            desk.url = "https://bank.invalid"
            settings = Settings(transport=desk_transport, clock=clock)
        transport = Transport(
            "inter",
            settings,
            tokens=ClientCredentials(f"{desk.url}/token", "loja", SECRETS["secret"], in_header=True),
            certificate=samples.client_certificate().certificate(),
        )
        assert (await transport.send(personal(desk))).ok
        assert (await transport.send(personal(desk))).status == 400
        with pytest.raises(BankGatewayError):
            await transport.send(personal(desk))
        await transport.aclose()
    assert {record.name for record in caplog.records} >= {"bankgateway.transport"}
    if carrier == "sockets":
        assert any(record.name.startswith("httpcore") for record in caplog.records)
    assert leaks(caplog.text) == []
    assert leaks("".join(repr(record.args) for record in caplog.records)) == []
    assert "inter register: POST" in caplog.text


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ReadError("x", request=httpx.Request("POST", "https://x/", headers={"a": SECRETS["secret"]})),
        httpx.ConnectError(f"for {CPF}"),
        httpx.RemoteProtocolError("illegal header line: bytearray(b'Fulano de Tal')"),
        httpx.LocalProtocolError(f"Illegal header value b'{SECRETS['secret']}'"),
        RuntimeError(SECRETS["secret"]),
    ],
    ids=lambda fault: type(fault).__name__,
)
@pytest.mark.parametrize("where", ["call", "token"])
async def test_errors_lead_to_no_object_of_the_library(
    desk: Any, desk_transport: Any, clock: Any, fault: Exception, where: str
) -> None:
    fault.__cause__ = OSError("behind", CPF)
    transport = make(Settings(transport=desk_transport, clock=clock), desk.url)
    (desk.answers if where == "call" else desk.token_answers).extend([fault] * 3)
    with pytest.raises(BankGatewayError) as caught:
        await transport.send(personal(desk))
    things = reachable(caught.value)
    assert [
        thing for thing in things if type(thing).__module__.startswith(("httpx", "httpcore", "h11"))
    ] == []
    assert [thing for thing in things if isinstance(thing, BaseException)] == [caught.value]
    shown = "".join(traceback.format_exception(caught.value)) + str(caught.value) + repr(caught.value)
    assert leaks(shown) == []
    # What error trackers record of the frames.
    frames = [repr(frame.f_locals) for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [
        text
        for text, (frame, _) in zip(frames, traceback.walk_tb(caught.value.__traceback__), strict=True)
        if "bankgateway/" in frame.f_code.co_filename
    ]
    assert ours
    assert leaks("".join(ours)) == []
