"""`bankgateway banks`."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from bankgateway.cli.console import make_console
from bankgateway.connect import banks


def list_banks(
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
) -> None:
    """List the banks this installation can talk to."""
    found = [{"slug": bank.slug, "compe": bank.compe, "name": bank.name} for bank in banks()]
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for title, style in (("Slug", "bold"), ("COMPE", ""), ("Bank", "")):
        table.add_column(title, style=style, no_wrap=True)
    for bank in found:
        table.add_row(*bank.values())
    make_console().print(table)
