"""Keeps secrets and personal data out of logs and hooks (LGPD, Lei 13.709/2018).

`scrub` works on free text; the functions here work on what the SDK itself knows the shape of.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from bankgateway.codes.personal_data import scrub

HIDDEN = "***"

SAFE_HEADERS = frozenset({
    "accept", "content-length", "content-type", "date", "retry-after", "user-agent", "host", "server",
    "x-request-id", "x-itau-correlationid", "x-rate-limit-remaining", "x-rate-limit-time", "x-ca-err",
})  # fmt: skip
"""Only these travel to hooks and logs in clear; every other header is hidden, known or not."""

SAFE_PARAMS = frozenset({
    "paginacao.paginaAtual", "paginacao.itensPorPagina", "filtrarDataPor", "situacao", "dataInicial",
    "dataFinal", "ordenarPor", "tipoOrdenacao", "tipoCobranca", "tipoConsulta", "pagina", "tamanhoPagina", "view",
})  # fmt: skip


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with every value hidden that is not known to be harmless."""
    return {name: value if name.lower() in SAFE_HEADERS else HIDDEN for name, value in headers.items()}


def redact_params(params: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Query parameters with every value hidden that is not known to be harmless."""
    return [(name, value if name in SAFE_PARAMS else HIDDEN) for name, value in params]


def redact_url(url: str) -> str:
    """The URL without credentials and with its query hidden, its path scrubbed."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = urlencode(redact_params(parse_qsl(parts.query, keep_blank_values=True)), safe="*")
    return urlunsplit((parts.scheme, host, scrub(parts.path), query, ""))


class RedactingFilter(logging.Filter):
    """Scrubs the finished message of a record. The SDK's own loggers carry it already.

    Put it on a handler to scrub what other libraries log as well (httpx logs URLs, with their query).
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the message by its scrubbed form; never drops a record."""
        message = record.getMessage()
        clean = scrub(message)
        if clean != message:
            record.msg, record.args = clean, ()
        return True


def sdk_logger(name: str) -> logging.Logger:
    """The logger `bankgateway.<name>`, scrubbed."""
    logger = logging.getLogger(f"bankgateway.{name}")
    if not any(isinstance(f, RedactingFilter) for f in logger.filters):
        logger.addFilter(RedactingFilter())
    return logger
