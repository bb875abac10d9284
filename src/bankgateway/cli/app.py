"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from bankgateway._version import __version__
from bankgateway.cli import certificate
from bankgateway.cli.banks import list_banks
from bankgateway.cli.boletos import cancel, fetch_pdf, query, search
from bankgateway.cli.decode import decode
from bankgateway.cli.exits import epilog
from bankgateway.cli.pdf import pdf
from bankgateway.cli.plugins import Commands
from bankgateway.cli.register import register

# Tracebacks with local variables, which Typer offers, would print secrets.
app = typer.Typer(
    name="bankgateway",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=epilog(),
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("banks")(list_banks)
app.command("decode")(decode)
app.command("pdf")(pdf)
app.add_typer(certificate.app, name="certificate")
for talks in (register, query, search, cancel, fetch_pdf):
    app.command(talks.__name__.replace("_", "-"), epilog="Exit codes: see bankgateway --help")(talks)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bankgateway {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    """Boletos at Brazilian banks, from the command line."""
