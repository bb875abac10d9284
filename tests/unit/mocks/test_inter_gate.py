"""Token, scope, account, limits: what stands before every operation of the fake of Inter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bankgateway_mocks import FakeBank, ManualClock
from bankgateway_mocks.http import HttpRequest
from bankgateway_mocks.inter.fake import InterFakeBank

pytestmark = pytest.mark.anyio


async def test_token(caller: Any, form: dict[str, str]) -> None:
    answer = await caller.client.post("/oauth/v2/token", data=form)
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert body.pop("access_token")
    assert body == {"token_type": "Bearer", "expires_in": 3600, "scope": form["scope"]}


@pytest.mark.parametrize("name", ["client_id", "client_secret", "grant_type", "scope"])
async def test_token_form_is_complete(caller: Any, form: dict[str, str], name: str) -> None:
    del form[name]
    answer = await caller.client.post("/oauth/v2/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert name in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "boleto-cobranca.read extrato.read"}, 400, "invalid_scope"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
    ],
)
async def test_token_refusals(
    caller: Any, form: dict[str, str], changes: dict[str, str], status: int, error: str
) -> None:
    answer = await caller.client.post("/oauth/v2/token", data={**form, **changes})
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_wrong_secret_has_the_gateways_headers(caller: Any, form: dict[str, str]) -> None:
    answer = await caller.client.post("/oauth/v2/token", data={**form, "client_secret": "wrong"})
    assert answer.headers["x-ca-err"] == "201"
    assert {"x-rate-limit-remaining", "x-rate-limit-time", "x-request-id"} <= set(answer.headers)


async def test_token_is_asked_for_by_form(caller: Any, form: dict[str, str]) -> None:
    assert (await caller.client.post("/oauth/v2/token", json=form)).status_code == 400
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await caller.client.post("/oauth/v2/token", content=b"\xff=\xfe", headers=headers)
    assert answer.status_code == 400


async def test_no_certificate_over_tls_is_400_without_a_body(bank: InterFakeBank) -> None:
    answer = await bank.handle(HttpRequest("POST", "/oauth/v2/token", over_tls=True))
    assert (answer.status, answer.body) == (400, b"")


@pytest.mark.parametrize("authorization", [None, "Bearer nobody", "Basic abc", "bearer", "Bearer", "Bearer "])
async def test_without_a_token_of_ours(caller: Any, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = await caller("GET", "/x", headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


async def test_tokens_expire(caller: Any, clock: ManualClock) -> None:
    await caller.authorize()
    clock.advance(seconds=3599)
    assert (await caller("GET", "/x")).status_code == 404
    clock.advance(seconds=1)
    assert (await caller("GET", "/x")).status_code == 401


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read", "GET", "/x", 404),
        ("read", "GET", "/x/pdf", 404),
        ("read", "GET", "/webhook", 404),
        ("read", "POST", "", 403),
        ("read", "POST", "/x/cancelar", 403),
        ("read", "PATCH", "/x", 403),
        ("read", "PUT", "/webhook", 403),
        ("read", "DELETE", "/webhook", 403),
        ("read", "POST", "/x/pagar", 403),
        ("read", "POST", "/webhook/callbacks/retry", 403),
        ("write", "POST", "/x/cancelar", 404),
        ("write", "DELETE", "/webhook", 404),
        ("write", "GET", "/x", 403),
        ("write", "GET", "", 403),
        ("write", "GET", "/sumario", 403),
        ("write", "GET", "/edicao/x", 403),
        ("write", "GET", "/webhook/callbacks", 403),
    ],
)
async def test_scopes(caller: Any, scope: str, method: str, path: str, status: int) -> None:
    await caller.authorize(scope=f"boleto-cobranca.{scope}")
    answer = await caller(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["title"] == {403: "Acesso Negado", 404: "Não Encontrado"}[status]


@pytest.mark.parametrize(
    ("accounts", "named", "status"),
    [
        (["76543218"], None, 404),
        (["76543218"], "76543218", 404),
        (["76543218"], "076543218", 403),
        (["76543218"], "12345", 403),
        (["76543218", "12345"], None, 403),
        (["76543218", "12345"], "12345", 404),
    ],
)
async def test_accounts(
    bank: InterFakeBank, caller: Any, accounts: list[str], named: str | None, status: int
) -> None:
    bank.accounts = accounts
    await caller.authorize()
    headers = {"x-conta-corrente": named} if named else {}
    assert (await caller("GET", "/x", headers=headers)).status_code == status


async def test_each_account_has_its_own_books(bank: InterFakeBank, caller: Any) -> None:
    bank.accounts = ["76543218", "12345"]
    await caller.authorize()
    caller.headers["x-conta-corrente"] = "12345"
    bank_id = await caller.register()
    assert (await caller("GET", f"/{bank_id}")).status_code == 200
    caller.headers["x-conta-corrente"] = "76543218"
    assert (await caller("GET", f"/{bank_id}")).status_code == 404


async def test_limits_are_counted_and_enforced_on_demand(
    bank: InterFakeBank, caller: Any, form: dict[str, str], clock: ManualClock
) -> None:
    for remaining in (4, 3, 2, 1, 0, 0):
        answer = await caller.client.post("/oauth/v2/token", data=form)
        assert answer.status_code == 200
        assert answer.headers["x-rate-limit-remaining"] == str(remaining)
    assert bank.usage("token") == 6
    assert int(answer.headers["x-rate-limit-time"]) == clock.now().timestamp() * 1000 + 60_000
    bank.enforce_limits = True
    answer = await caller.client.post("/oauth/v2/token", data=form)
    assert (answer.status_code, answer.content) == (429, b"")
    clock.advance(minutes=1)
    assert bank.usage("token") == 0
    assert (await caller.client.post("/oauth/v2/token", data=form)).status_code == 200


async def test_the_sandbox_has_lower_limits(bank: InterFakeBank, caller: Any) -> None:
    bank.enforce_limits = bank.sandbox_artefacts = True
    await caller.authorize()
    statuses = [(await caller("GET", "/x")).status_code for _ in range(11)]
    assert statuses == [404] * 10 + [429]


async def test_unknown_paths_are_the_gateways(caller: Any) -> None:
    await caller.authorize()
    for method, path in (("GET", "/x/y/z"), ("DELETE", "/x"), ("GET", "/")):
        answer = await caller(method, path)
        assert (answer.status_code, list(answer.json())) == (404, ["message"])


async def test_the_log_of_calls(bank: InterFakeBank, caller: Any) -> None:
    await caller.authorize()
    await caller.register()
    await caller("GET", "/x")
    await caller.client.get("/elsewhere")
    assert [(call.operation, call.method, call.status) for call in bank.calls] == [
        ("token", "POST", 200),
        ("register", "POST", 200),
        ("query", "GET", 404),
        ("", "GET", 404),
    ]
    assert [bank.processed(name) for name in ("token", "register", "query")] == [1, 1, 0]
    with pytest.raises(ValueError, match="no operation 'regsiter'"):
        bank.processed("regsiter")


async def test_fakes_do_not_share_tokens(make_caller: Callable[[FakeBank], Any]) -> None:
    one, other = FakeBank("inter"), FakeBank("inter")
    assert one.base_url != other.base_url
    caller = await make_caller(one).authorize()
    stranger = make_caller(other)
    stranger.headers = caller.headers
    await stranger.client.post("/oauth/v2/token")
    assert (await stranger("GET", "/x")).status_code == 401


async def test_unreadable_bodies(caller: Any) -> None:
    await caller.authorize()
    headers = {"Content-Type": "application/json"}
    for content in (b"", b"{", b"[]", b"\xff", b'{"valorNominal": NaN}', b"[" * 100_000):
        answer = await caller("POST", "", content=content, headers=headers)
        assert (answer.status_code, answer.content) == (400, b"")
    answer = await caller("POST", "", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert answer.json()["violacoes"]
