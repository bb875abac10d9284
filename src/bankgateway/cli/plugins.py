"""Commands from outside the SDK: entry points of the group `bankgateway.commands`.

The name of an entry point is the name of the command; its object is a function with Typer annotations, or
a `typer.Typer` with commands of its own. Loaded when asked for, so that one command does not pay for the
imports of another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points, requires
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

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
        return _load(_points()[cmd_name])


def _load(point: EntryPoint) -> Any:
    found: typer.Typer | Callable[..., Any]
    try:
        found = point.load()
    except (ImportError, AttributeError, ConfigurationError) as error:
        found = _stand_in(_reason(point, error))
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = point.name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(point.name)(found)
    return get_command(alone)


def _stand_in(reason: ConfigurationError) -> Callable[[], None]:
    """What says why a command cannot be loaded: all the others must work, and help must list them."""

    def explain() -> None:
        raise reason

    explain.__doc__ = "Not available here; call it to see why."
    return explain


def _reason(point: EntryPoint, error: Exception) -> ConfigurationError:
    if isinstance(error, ConfigurationError):
        return error
    package = (getattr(error, "name", None) or "").partition(".")[0]
    # Our own extras are what is mostly missing.
    pattern = re.compile(rf"{re.escape(package)}\b.*extra == ['\"]([\w-]+)", re.IGNORECASE)
    extras = [
        found[1] for line in requires("bankgateway") or () if package and (found := pattern.match(line))
    ]
    if not extras:
        return ConfigurationError(f"the command {point.name!r} cannot be loaded: {error}")
    return missing_extra(package, extras[0], f"the command {point.name!r}")
