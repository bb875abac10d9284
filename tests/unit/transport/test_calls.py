"""Bodies: exact numbers on the way out, whatever comes on the way in. And the headers of a call."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bankgateway import __version__
from bankgateway.transport import Answer, Settings, Transport, dump_json
from bankgateway.transport.calls import request_id
from bankgateway_mocks.http import HttpResponse

MONEY = st.decimals(min_value="0", max_value="99999999.99", places=2)


@given(MONEY)
def test_money_survives_exactly(amount: Decimal) -> None:
    text = dump_json({"valor": amount})
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == {"valor": amount}
    # And in the eyes of a reader that knows only doubles.
    assert Decimal(repr(json.loads(text)["valor"])) == amount
    assert b"e" not in text.replace(b"valor", b"").lower()


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_a_number_is_exact_or_refused(number: Decimal) -> None:
    try:
        text = dump_json([number])
    except ValueError:
        return
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == [number]


@pytest.mark.parametrize(
    "number",
    ["NaN", "sNaN", "Infinity", "-Infinity", "0.1234567890123456789", "9007199254740993", "1E-400", "1E400"],
)
def test_numbers_that_json_cannot_carry(number: str) -> None:
    with pytest.raises(ValueError, match=r"number|NaN"):
        dump_json({"valor": Decimal(number)})


def test_other_values() -> None:
    assert (
        dump_json({"nome": "São João", "vazio": None, "n": 1})
        == '{"nome":"São João","vazio":null,"n":1}'.encode()
    )
    assert dump_json(Decimal("150.00")) == b"150"
    assert dump_json([Decimal("-0.00"), Decimal("0.10")]) == b"[0,0.1]"
    with pytest.raises(TypeError, match="object"):
        dump_json(object())
    with pytest.raises(ValueError, match="JSON"):
        dump_json(float("nan"))


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"a": 1.10}', {"a": Decimal("1.10")}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"nome": "São João"}'.encode("latin-1"), {"nome": "São João"}),
        ('{"nome": "São João"}'.encode(), {"nome": "São João"}),
        (b"", None),
        (b"   ", None),
        (b"null", None),
        (b"[]", []),
        (b"<html>", None),
        ("<html>não".encode("latin-1"), None),
        (b'{"a": ', None),
        (b'{"a": NaN}', None),
        (b"[" * 100_000 + b"]" * 100_000, None),
        (b"[1e9999999999999999999]", None),
        (b"[" + b"9" * 5000 + b"]", None),
    ],
)
def test_an_answer_as_data(body: bytes, read: Any) -> None:
    answer = Answer(200, {}, body)
    assert answer.data == read
    assert answer.data is answer.data


@given(st.binary())
def test_no_body_makes_reading_fail(body: bytes) -> None:
    assert Answer(200, {}, body).data is None or body


def test_an_answer_shows_neither_headers_nor_body() -> None:
    answer = Answer(200, {"set-cookie": "segredo"}, b"segredo", request_id="r-1")
    assert "segredo" not in repr(answer)
    assert "r-1" in repr(answer)
    assert [Answer(status, {}, b"").ok for status in (199, 200, 204, 299, 300)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_the_banks_id_of_a_request() -> None:
    assert request_id({"x-correlation-id": "b", "x-request-id": "a"}) == "a"
    assert request_id({"x-ca-request-id": "c"}) == "c"
    assert request_id({"x-request-id": ""}) is None


@pytest.mark.anyio
async def test_headers_of_a_call(desk: Any, desk_transport: Any) -> None:
    settings = Settings(transport=desk_transport, user_agent="loja/2.1")
    transport = Transport("inter", settings, authorize=lambda token: {"X-Token": token})
    await transport.send(desk.write(headers={"accept": "application/pdf", "X-Conta": "1"}))
    await transport.send(desk.call(content=b"<a/>", headers={"Content-Type": "text/xml"}))
    write, call = desk.requests
    assert write.headers["user-agent"] == f"loja/2.1 bankgateway/{__version__}"
    assert write.headers["accept"] == "application/pdf"
    assert write.headers["accept-encoding"] == "identity"
    assert write.headers["content-type"] == "application/json"
    assert write.headers["content-length"] == str(len(write.body))
    assert write.headers["x-conta"] == "1"
    assert "x-token" not in write.headers
    assert (call.body, call.headers["content-type"]) == (b"<a/>", "text/xml")
    await Transport("inter", Settings(transport=desk_transport)).send(desk.call())
    assert desk.requests[-1].headers["user-agent"] == f"bankgateway/{__version__}"


@pytest.mark.anyio
async def test_what_an_answer_carries(desk: Any, desk_transport: Any) -> None:
    desk.answers = [HttpResponse(201, {"X-Request-ID": "r-7", "X-Other": "é"}, b'{"id": "1"}')]
    answer = await Transport("inter", Settings(transport=desk_transport)).send(
        desk.call(params=(("a", "1"), ("b", "ç ã"), ("a", "2")))
    )
    assert desk.requests[0].query == (("a", "1"), ("b", "ç ã"), ("a", "2"))
    await Transport("inter", Settings(transport=desk_transport)).send(
        desk.call(url="https://bank.invalid/?key=k%26k", params=(("a", "1&2"),))
    )
    assert desk.requests[1].query == (("key", "k&k"), ("a", "1&2"))
    assert (answer.status, answer.request_id, answer.data) == (201, "r-7", {"id": "1"})
    assert answer.headers["x-request-id"] == "r-7"
    assert answer.seconds >= 0


@pytest.mark.anyio
async def test_a_body_that_cannot_be_written_fails_before_anything_else(
    desk: Any, desk_transport: Any
) -> None:
    with pytest.raises(ValueError, match="digits"):
        await Transport("inter", Settings(transport=desk_transport)).send(
            desk.write(json={"valor": Decimal("0.12345678901234567")})
        )
    assert desk.requests == []
