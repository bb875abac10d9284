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
    "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "date",
    "host", "retry-after", "server", "transfer-encoding", "user-agent",
    "x-ca-err", "x-ca-request-id", "x-correlation-id", "x-itau-correlationid", "x-rate-limit-remaining",
    "x-rate-limit-time", "x-request-id", "x-trace-id",
})  # fmt: skip
"""Only these travel to hooks and logs in clear; every other header is hidden, known or not."""

SAFE_PARAMS = frozenset({
    "paginacao.paginaAtual", "paginacao.itensPorPagina", "filtrarDataPor", "situacao", "dataInicial",
    "dataFinal", "ordenarPor", "tipoOrdenacao", "tipoCobranca", "tipoConsulta", "pagina", "tamanhoPagina",
    "view",
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
    """Scrubs the finished message of a record, and its traceback. The SDK's own loggers carry it already.

    Put it on a handler to scrub what other libraries log as well (httpx logs URLs, with their query).
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace message and traceback by their scrubbed forms; never drops a record."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - arguments that do not fit: logging reports that itself
            return True
        clean = scrub(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            # What formatters print, where there is one; they would make it from `exc_info` otherwise.
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = scrub(record.exc_text)
        return True


_FORMATTER = logging.Formatter()


def sdk_logger(name: str) -> logging.Logger:
    """The logger `bankgateway.<name>`, scrubbed."""
    logger = logging.getLogger(f"bankgateway.{name}")
    if not any(isinstance(f, RedactingFilter) for f in logger.filters):
        logger.addFilter(RedactingFilter())
    return logger
