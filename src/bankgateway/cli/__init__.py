"""The command line, `bankgateway` (extra `cli`): one module a group of commands.

Nothing but the standard library and our own errors is imported here, so that a missing extra can be named.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from bankgateway.errors import BankGatewayError, ConfigurationError, missing_extra

FAILED = 1
"""Exit code: a bank said no, or something did not happen as it should."""
WRONG_SETUP = 2
"""Exit code: wrong usage, wrong configuration, a missing extra."""
INTERRUPTED = 130
"""Exit code: Ctrl-C."""


def main() -> None:
    """Run the command line and end the process with one of the exit codes above, or 0."""
    try:
        _run()
    except ConfigurationError as error:
        _stop(error, WRONG_SETUP)
    except BankGatewayError as error:
        _stop(error, FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _run() -> None:
    try:
        from bankgateway.cli.app import app
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "bankgateway":
            raise
        raise missing_extra(package, "cli", "the command line") from None
    app()


def _stop(error: Exception, code: int) -> NoReturn:
    sys.stderr.write(f"bankgateway: {error}\n")
    sys.exit(code)
