"""The error tree: what it says, what it keeps, and that it travels."""

from __future__ import annotations

import copy
import inspect
import pickle
from decimal import Decimal
from typing import Any

import pytest

import bankgateway
from bankgateway import errors
from bankgateway.errors import (
    BankGatewayError,
    BankUnavailable,
    BusinessRule,
    CertificateError,
    CertificateExpired,
    CertificateExpiringWarning,
    CertificateKeyMismatch,
    CertificateNotYetValid,
    CertificateUnreadable,
    ConfigurationError,
    Conflict,
    ErrorMessage,
    InvalidRequest,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unauthorized,
    UnexpectedResponse,
    Unsupported,
    WebhookRejected,
    class_for_status,
    missing_extra,
)
from bankgateway.models.boleto import Boleto, BoletoRef

CONTEXT: dict[str, Any] = {
    "bank": "inter",
    "operation": "register",
    "code": "422",
    "messages": (ErrorMessage("valor inválido", field="amount", bank_field="valorNominal", code="7"),),
    "http_status": 422,
    "request_id": "5c0e7a41",
    "raw": {"title": "Dados inválidos", "valor": Decimal("1.10"), "lista": [None, True]},
}
REF = BoletoRef(seu_numero="NF-1", payer_tax_id="30718462580")
OWN: dict[type[BankGatewayError], dict[str, Any]] = {
    Conflict: {"duplicate": True, "state": "PAGO"},
    RateLimited: {"retry_after": 12.5},
    NotSent: {"reason": "certificate"},
    OutcomeUnknown: {"ref": REF},
    UnexpectedResponse: {"boleto": Boleto(bank="inter", ref=REF, status="registered")},
    Unsupported: {"field": "rebate"},
}


def below(base: type[BankGatewayError]) -> set[type[BankGatewayError]]:
    return {kind for kind in base.__subclasses__() if kind.__module__ == errors.__name__}


def tree(base: type[BankGatewayError] = BankGatewayError) -> list[type[BankGatewayError]]:
    return [base, *(kind for under in sorted(below(base), key=str) for kind in tree(under))]


def full(kind: type[BankGatewayError]) -> BankGatewayError:
    return kind("recusado", **CONTEXT, **OWN.get(kind, {}))


class TestTree:
    def test_shape(self) -> None:
        assert below(Refused) == {
            InvalidRequest, Unauthorized, NotFound, Conflict, BusinessRule, RateLimited,
        }  # fmt: skip
        assert below(BankGatewayError) == {
            Refused, NotSent, OutcomeUnknown, BankUnavailable, UnexpectedResponse, Unsupported, WebhookRejected,
        }  # fmt: skip

    def test_a_wrong_set_up_stands_outside(self) -> None:
        kinds = [CertificateExpired, CertificateNotYetValid, CertificateKeyMismatch, CertificateUnreadable]
        assert all(issubclass(kind, CertificateError) for kind in kinds)
        assert issubclass(CertificateError, ConfigurationError)
        assert not issubclass(ConfigurationError, BankGatewayError)
        assert not issubclass(BankGatewayError, ValueError)
        assert issubclass(CertificateExpiringWarning, UserWarning)

    def test_every_error_is_public_and_explained(self) -> None:
        for name, kind in vars(errors).items():
            if inspect.isclass(kind) and kind.__module__ == errors.__name__:
                assert getattr(bankgateway, name) is kind
                assert (kind.__doc__ or "").strip()


class TestTravel:
    @pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
    @pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
    def test_pickled_and_copied_with_everything(self, kind: type[BankGatewayError], protocol: int) -> None:
        error = full(kind)
        error.add_note("while billing order 918")
        for again in (
            pickle.loads(pickle.dumps(error, protocol)),
            copy.copy(error),
            copy.deepcopy(error),
            pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(error)))),
        ):
            assert type(again) is kind
            assert vars(again) == vars(error)
            assert (str(again), repr(again), again.args) == (str(error), repr(error), error.args)
            for name, value in {**CONTEXT, **OWN.get(kind, {})}.items():
                assert getattr(again, name) == value

    @pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
    def test_with_nothing_but_a_message(self, kind: type[BankGatewayError]) -> None:
        again = pickle.loads(pickle.dumps(kind("recusado")))
        assert str(again) == "recusado"
        assert again.messages == ()

    @pytest.mark.parametrize(
        "kind",
        [ConfigurationError, CertificateError, CertificateExpired, CertificateNotYetValid, CertificateKeyMismatch,
         CertificateUnreadable, CertificateExpiringWarning],
    )  # fmt: skip
    def test_a_wrong_set_up_travels_too(self, kind: type[Exception]) -> None:
        assert str(pickle.loads(pickle.dumps(kind("expired on 2026-01-02")))) == "expired on 2026-01-02"

    def test_attributes_set_later_travel(self) -> None:
        error = NotFound("x")
        error.tried = 3  # type: ignore[attr-defined]
        assert pickle.loads(pickle.dumps(error)).tried == 3


class TestText:
    def test_context(self) -> None:
        assert str(full(InvalidRequest)) == (
            "inter register: recusado (amount: valor inválido) [HTTP 422, code 422, request id 5c0e7a41]"
        )
        assert repr(full(NotFound)).startswith("NotFound('inter register: recusado")

    @pytest.mark.parametrize(
        ("context", "text"),
        [
            ({}, "recusado"),
            ({"bank": "inter"}, "inter: recusado"),
            ({"operation": "query"}, "query: recusado"),
            ({"http_status": 404}, "recusado [HTTP 404]"),
            ({"code": "recusado"}, "recusado"),
            ({"request_id": ""}, "recusado"),
            ({"messages": [ErrorMessage("recusado")]}, "recusado"),
            ({"messages": [ErrorMessage("a", bank_field="cep"), ErrorMessage("b")]}, "recusado (cep: a; b)"),
        ],
    )
    def test_only_what_is_known(self, context: dict[str, Any], text: str) -> None:
        assert str(BankGatewayError("recusado", **context)) == text

    def test_bank_text_is_scrubbed_where_it_shows_and_kept_where_it_lies(self) -> None:
        error = BusinessRule(
            "CPF 307.184.625-80 não autorizado",
            messages=[ErrorMessage("titular 30718462580", field="payer.tax_id", code="c-30718462580")],
            code="30718462580",
            request_id="30718462580",
        )
        for text in (
            str(error),
            repr(error),
            error.message,
            *error.args,
            str(error.messages),
            repr(error.messages[0]),
        ):
            assert "307.184.625-80" not in text
            assert "30718462580" not in text
        assert "***2580" in str(error)
        assert error.messages[0].text == "titular 30718462580"
        assert error.code == error.request_id == "30718462580"

    def test_messages_may_be_a_generator(self) -> None:
        error = BankGatewayError("x", messages=(ErrorMessage(text) for text in "ab"))
        assert [str(message) for message in error.messages] == ["a", "b"]

    def test_missing_extra(self) -> None:
        assert str(missing_extra("segno", "pdf", "the QR")) == (
            "the QR needs the package 'segno': install it with  pip install 'bankgateway[pdf]'"
        )


@pytest.mark.parametrize(
    ("status", "reading", "writing"),
    [
        (400, InvalidRequest, InvalidRequest),
        (401, Unauthorized, Unauthorized),
        (403, Unauthorized, Unauthorized),
        (404, NotFound, NotFound),
        (405, InvalidRequest, InvalidRequest),
        (406, InvalidRequest, InvalidRequest),
        (408, BankUnavailable, OutcomeUnknown),
        (409, Conflict, Conflict),
        (410, NotFound, NotFound),
        (412, InvalidRequest, InvalidRequest),
        (415, InvalidRequest, InvalidRequest),
        (422, BusinessRule, BusinessRule),
        (429, RateLimited, RateLimited),
        (500, BankUnavailable, OutcomeUnknown),
        (502, BankUnavailable, OutcomeUnknown),
        (503, BankUnavailable, OutcomeUnknown),
        (504, BankUnavailable, OutcomeUnknown),
        (599, BankUnavailable, OutcomeUnknown),
        (302, UnexpectedResponse, UnexpectedResponse),
        (200, UnexpectedResponse, UnexpectedResponse),
    ],
)
def test_class_for_status(
    status: int, reading: type[BankGatewayError], writing: type[BankGatewayError]
) -> None:
    assert class_for_status(status, writes=False) is reading
    assert class_for_status(status, writes=True) is writing
