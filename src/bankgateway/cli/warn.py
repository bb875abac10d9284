"""The SDK's warnings, as sentences on standard error."""

from __future__ import annotations

import logging
import warnings

from bankgateway.cli.output import complain
from bankgateway.errors import CertificateExpiringWarning


class _Complaints(logging.Handler):
    """The SDK's loggers scrub what they log."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(record.getMessage())


def pass_warnings_on() -> None:
    """From now on, once however often it is called."""
    # An expiring certificate is logged as well as warned of.
    warnings.simplefilter("ignore", CertificateExpiringWarning)
    logger = logging.getLogger("bankgateway")
    if not any(isinstance(handler, _Complaints) for handler in logger.handlers):
        logger.addHandler(_Complaints(logging.WARNING))
