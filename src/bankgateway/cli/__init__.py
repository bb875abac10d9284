"""The command line, `bankgateway` (extra `cli`): one module a group of commands.

Nothing but the standard library and our own errors is imported here, so that a missing extra can be named.
"""

from __future__ import annotations

import sys
import traceback
from typing import NoReturn

from bankgateway.cli.exits import ExitCode, code_of
from bankgateway.cli.output import clean, complain
from bankgateway.errors import BankGatewayError, ConfigurationError, missing_extra

FAILED = ExitCode.REFUSED
"""Exit code: a bank said no, or something did not happen as it should."""
WRONG_SETUP = ExitCode.WRONG_SETUP
"""Exit code: wrong usage, wrong configuration, a missing extra."""
INTERRUPTED = ExitCode.INTERRUPTED
"""Exit code: Ctrl-C."""


def main() -> None:
    """Run the command line and end the process with an `ExitCode`."""
    try:
        _run()
    except (BankGatewayError, ConfigurationError) as error:
        _stop(error)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception:  # noqa: BLE001 - Python's own exit code, 1, would tell that a bank refused something
        for line in traceback.format_exc().splitlines():
            sys.stderr.write(f"{clean(line)}\n")
        sys.exit(ExitCode.DEFECT)


def _run() -> None:
    try:
        from bankgateway.cli.app import app
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "bankgateway":
            raise
        raise missing_extra(package, "cli", "the command line") from None
    app()


def _stop(error: Exception) -> NoReturn:
    complain(error)
    sys.exit(code_of(error))
