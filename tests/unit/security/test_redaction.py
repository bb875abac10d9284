"""What hooks and logs may show, and what becomes `***`."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bankgateway.security.redaction import (
    RedactingFilter,
    redact_headers,
    redact_params,
    redact_url,
    sdk_logger,
)

CPF = "529.982.247-25"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Application-Key", "gw-dev-app-key",
        "gw-app-key", "x-itau-apikey", "x-api-key", "x-conta-corrente", "Location", "anything-new",
    ],
)  # fmt: skip
def test_headers_are_hidden_unless_known(name: str) -> None:
    assert redact_headers({name: "segredo"}) == {name: "***"}


def test_harmless_headers_are_shown() -> None:
    headers = {"Content-Type": "application/json", "X-REQUEST-ID": "r-1", "retry-after": "3"}
    assert redact_headers(headers) == headers
    assert redact_headers(headers) is not headers


def test_parameters() -> None:
    pairs = [("situacao", "PAGO"), ("cpfCnpj", CPF), ("situacao", "EXPIRADO"), ("gw-app-key", "segredo")]
    assert redact_params(pairs) == [
        ("situacao", "PAGO"), ("cpfCnpj", "***"), ("situacao", "EXPIRADO"), ("gw-app-key", "***"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://bank.example/a/b?situacao=PAGO&nome=Jo%C3%A3o",
            "https://bank.example/a/b?situacao=PAGO&nome=***",
        ),
        ("https://user:senha@bank.example:8443/x#frag", "https://bank.example:8443/x"),
        ("https://bank.example/pagadores/52998224725", "https://bank.example/pagadores/***4725"),
        ("https://bank.example/x?key=", "https://bank.example/x?key=***"),
        ("https://bank.example/x", "https://bank.example/x"),
        ("https://bank.example/x?bare", "https://bank.example/x?bare=***"),
    ],
)
def test_urls(url: str, shown: str) -> None:
    assert redact_url(url) == shown
    assert redact_url(shown) == shown


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=6)))
def test_no_unknown_value_survives(params: dict[str, str]) -> None:
    from urllib.parse import parse_qsl, urlencode

    redacted = redact_url("https://bank.example/x?" + urlencode({f"x{k}": v for k, v in params.items()}))
    assert {value for _, value in parse_qsl(redacted.partition("?")[2])} <= {"***"}


# Logs


def logged(act: object, *arguments: object, error: Exception | None = None) -> str:
    """What a handler writes that carries the filter."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("elsewhere")
    logger.addHandler(handler)
    if error is None:
        logger.info(act, *arguments)
    else:
        try:
            raise error
        except Exception:
            logger.exception(act, *arguments)
    return stream.getvalue()


def test_the_message_is_scrubbed_once_its_arguments_are_in() -> None:
    assert logged("payer %s of %d", CPF, 3) == "payer ***4725 of 3\n"
    assert logged("plain %s", "text") == "plain text\n"
    assert logged("100%") == "100%\n"
    assert logged({"cpf": CPF}) == "{'cpf': '***4725'}\n"
    assert logged("Authorization: Bearer abc.def.ghi") == "Authorization: Bearer ***\n"


def test_the_traceback_is_scrubbed() -> None:
    text = logged("failed for %s", CPF, error=ValueError(f"CPF {CPF} invalido"))
    assert "ValueError: CPF ***4725 invalido" in text
    assert "Traceback" in text
    assert CPF not in text


def test_arguments_that_do_not_fit_are_logging_s_own_affair(capsys: pytest.CaptureFixture[str]) -> None:
    assert logged("only %s", "one", "two") == ""
    assert "Logging error" in capsys.readouterr().err


def test_a_record_is_never_dropped() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "CPF %s", (CPF,), None)
    assert RedactingFilter().filter(record) is True
    assert (record.msg, record.args) == ("CPF ***4725", ())
    untouched = logging.LogRecord("x", logging.INFO, __file__, 1, "n %s", (1,), None)
    assert RedactingFilter().filter(untouched) is True
    assert untouched.args == (1,)


def test_the_loggers_of_the_sdk(caplog: pytest.LogCaptureFixture) -> None:
    logger = sdk_logger("test")
    assert logger is sdk_logger("test")
    assert logger.name == "bankgateway.test"
    assert len([f for f in logger.filters if isinstance(f, RedactingFilter)]) == 1
    with caplog.at_level(logging.DEBUG, "bankgateway.test"):
        logger.debug("CPF %s", CPF)
    assert caplog.messages == ["CPF ***4725"]
