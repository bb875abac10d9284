"""`bankgateway banks`."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from bankgateway.capabilities import Capabilities, Operation
from bankgateway.cli.console import make_console
from bankgateway.cli.output import put, to_json
from bankgateway.connect import BankInfo, bank_class, banks
from bankgateway.errors import ConfigurationError
from bankgateway.models.commands import COMMANDS


def list_banks(
    bank: Annotated[
        list[str] | None, typer.Option("--bank", metavar="SLUG", help="Only this bank; may be repeated.")
    ] = None,
    operation: Annotated[
        list[Operation] | None,
        typer.Option("--operation", help="Only banks that offer it; may be repeated."),
    ] = None,
    command: Annotated[
        list[str] | None,
        typer.Option(
            "--command",
            metavar="KIND",
            help="Only banks that take it (change_due_date ...); may be repeated.",
        ),
    ] = None,
    matrix: Annotated[bool, typer.Option("--matrix", help="What each one offers.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON array with everything each one offers.")
    ] = False,
) -> None:
    """List the banks this installation can talk to."""
    found = _chosen(bank or [], [*(operation or []), *map(_known_command, command or [])])
    if as_json:
        put(to_json([_data(info) for info in found], indent=2))
    else:
        make_console().print(_matrix(found) if matrix else _table(found))


def _known_command(kind: str) -> str:
    if kind not in COMMANDS:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(COMMANDS)}", param_hint="--command")
    return kind


def _chosen(slugs: list[str], wanted: list[str]) -> list[BankInfo]:
    known = {info.slug: info for info in banks()}
    if unknown := [slug for slug in slugs if slug not in known]:
        raise ConfigurationError(f"unknown bank {', '.join(unknown)}; there are: {', '.join(known)}")
    named = [info for slug, info in known.items() if not slugs or slug in slugs]
    # Banks are imported only where it is asked what they offer.
    return [info for info in named if all(_offers(info).supports(what) for what in wanted)]


def _offers(info: BankInfo) -> Capabilities:
    return bank_class(info.slug).capabilities


def _table(found: list[BankInfo]) -> Table:
    table = _empty("Slug", "COMPE", "Bank")
    for info in found:
        table.add_row(info.slug, info.compe, info.name)
    return table


def _matrix(found: list[BankInfo]) -> Table:
    table = _empty("", *(info.slug for info in found))
    for kind in dict.fromkeys((*Operation, *COMMANDS)):
        table.add_row(kind, *("yes" if _offers(info).supports(kind) else "-" for info in found))
    return table


def _empty(*titles: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for position, title in enumerate(titles):
        table.add_column(title, style="" if position else "bold", no_wrap=True)
    return table


def _data(info: BankInfo) -> dict[str, Any]:
    client = bank_class(info.slug)
    return {
        "slug": info.slug,
        "compe": info.compe,
        "name": info.name,
        "environments": list(client.environments),
        **{
            name.name: _plain(getattr(client.capabilities, name.name))
            for name in dataclasses.fields(Capabilities)
        },
    }


def _plain(value: Any) -> Any:
    """A value of `Capabilities` as JSON has it."""
    if isinstance(value, type):
        return value.kind  # type: ignore[attr-defined]  # the only classes in it are commands
    if isinstance(value, Enum):
        return value.name if isinstance(value, int) else value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(map(_plain, value))
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, Collection) and not isinstance(value, str):
        return [_plain(part) for part in value]
    return value
