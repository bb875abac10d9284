"""Nothing imports upward, a bank never imports another bank, and only the transport imports httpx."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "bankgateway"

FLOORS = [
    {"_version"},
    {"errors", "codes", "models"},
    {"security", "render", "telemetry"},
    {"transport"},
    {"config", "capabilities"},
    {"answers", "bulk", "recovery", "client"},
    {"banks"},
    {"connect"},
    {"__init__"},
    {"cli"},
]
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}

MODULES = sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports at run time, dotted and absolute."""
    tree = ast.parse(path.read_text("utf-8"))
    only_types = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for part in node.body
        for child in ast.walk(part)
    }
    for node in ast.walk(tree):
        if id(node) in only_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            if node.module == "bankgateway":
                yield from (f"bankgateway.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports(path: Path) -> None:
    own = name_of(path).split(".")
    for module in imports(path):
        first, *rest = module.split(".")
        if first in ("httpx", "httpcore"):
            assert own[0] == "transport", f"{module} is imported outside the transport"
        assert first not in ("bankgateway_mocks", "tests"), f"{module} is imported by the SDK"
        if first != "bankgateway" or not rest:
            continue
        assert FLOOR[rest[0]] <= FLOOR[own[0]], f"{'.'.join(own)} imports upward: {module}"
        if own[0] == "banks" and rest[0] == "banks" and len(rest) > 1 and len(own) > 1:
            assert rest[1] == own[1], f"the bank {own[1]} imports the bank {rest[1]}"


def test_every_room_has_a_floor() -> None:
    rooms = {name_of(path).split(".")[0] for path in MODULES}
    assert rooms <= set(FLOOR)


def test_mappings_are_pure() -> None:
    for path in SOURCE.glob("banks/*/mapping.py"):
        found = set(imports(path))
        assert not any(module.split(".")[0] in ("anyio", "asyncio", "trio") for module in found), path
        assert not any(module.startswith("bankgateway.transport") for module in found), path
        assert "async def" not in path.read_text("utf-8"), path
