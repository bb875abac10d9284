"""Commands from outside the SDK: entry points of the group `bankgateway.commands`.

The name of an entry point is the name of the command; its object is a function with Typer annotations, or
a `typer.Typer` with commands of its own. Loaded when asked for, so that one command does not pay for the
imports of another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from bankgateway.errors import ConfigurationError, missing_extra

ENTRY_POINTS = "bankgateway.commands"


@cache
def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


class Commands(TyperGroup):
    """Our own commands, and those that other packages bring."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every name, ours first."""
        own = super().list_commands(ctx)
        return [*own, *sorted(_points().keys() - set(own))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; a name of ours cannot be taken over."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in _points():
            return own
        command = get_command(_load(_points()[cmd_name]))
        command.name = cmd_name
        return command


def _load(point: EntryPoint) -> typer.Typer:
    found: typer.Typer | Callable[..., Any]
    try:
        found = point.load()
    except (ImportError, AttributeError) as error:
        found = _stand_in(point, error)
    if isinstance(found, typer.Typer):
        return found
    alone = typer.Typer(add_completion=False)
    alone.command(point.name)(found)
    return alone


def _stand_in(point: EntryPoint, error: ImportError | AttributeError) -> Callable[[], None]:
    """What says why a command cannot be loaded: all the others must work, and help must list them."""
    package = (getattr(error, "name", None) or "").partition(".")[0]
    extra = _extra_with(point, package)
    if extra is None:
        reason = ConfigurationError(f"the command {point.name!r} cannot be loaded: {error}")
    else:
        reason = missing_extra(package, extra, f"the command {point.name!r}")

    def explain() -> None:
        raise reason

    explain.__doc__ = f"Not installed: the extra {extra!r} is missing." if extra else "Cannot be loaded."
    return explain


def _extra_with(point: EntryPoint, package: str) -> str | None:
    """The extra of the distribution, of which the command is, that brings a package."""
    requirements = (point.dist.requires if point.dist else None) or []
    pattern = re.compile(rf"{re.escape(package)}\b.*extra == ['\"]([\w-]+)", re.IGNORECASE)
    return next((found[1] for line in requirements if package and (found := pattern.match(line))), None)
