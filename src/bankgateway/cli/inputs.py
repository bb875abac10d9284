"""What is read from files and options, and how it is told when it is wrong: names of fields, never values."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bankgateway.errors import ConfigurationError
from bankgateway.models.boleto import NewBoleto
from bankgateway.models.reading import load_json

M = TypeVar("M", bound=BaseModel)

STANDARD_INPUT = Path("-")


def read_boletos(file: Path) -> list[NewBoleto]:
    """The boletos of a file: one JSON object, a JSON list, or one object a line. `-` is standard input.

    All are read before the first is registered: a fault in the last line must not be found when the others
    are at the bank already.

    Raises:
        ConfigurationError: The file cannot be read or holds no boleto, one is there twice, a field is wrong.
    """
    name = "standard input" if file == STANDARD_INPUT else str(file)
    items = _items(_content(file), name)
    boletos = [read_model(NewBoleto, item, where) for where, item in items]
    if not boletos:
        raise ConfigurationError(f"{name}: holds no boleto")
    places: dict[NewBoleto, str] = {}
    for new, (where, _) in zip(boletos, items, strict=True):
        if (first := places.setdefault(new, where)) != where:
            raise ConfigurationError(f"{where}: the same boleto as {first}")
    return boletos


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STANDARD_INPUT else file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None


def _items(content: bytes, name: str) -> list[tuple[str, Any]]:
    """Every item, with what to call it."""
    try:
        data = load_json(content)
    except ValueError as error:
        return _lines(content, name, str(error))
    if isinstance(data, list):
        return [(f"{name}: item {number}", item) for number, item in enumerate(data, 1)]
    return [(name, data)]


def _lines(content: bytes, name: str, fault: str) -> list[tuple[str, Any]]:
    lines = [(f"{name}: line {n}", line) for n, line in enumerate(content.splitlines(), 1) if line.strip()]
    if len(lines) < 2:
        raise ConfigurationError(f"{name}: {fault}")
    found = []
    for where, line in lines:
        try:
            found.append((where, load_json(line)))
        except ValueError as error:
            raise ConfigurationError(f"{where}: {error}") from None
    return found


def read_model(kind: type[M], data: Any, where: str) -> M:
    """A model from what was given.

    Raises:
        ConfigurationError: It does not fit; the message begins with `where`.
    """
    if not isinstance(data, Mapping):
        raise ConfigurationError(f"{where}: a JSON object was expected")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise ConfigurationError(f"{where}: {faults(error)}") from None


def faults(error: ValidationError) -> str:
    """What is wrong, by the names of the fields."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(": ".join(filter(None, (".".join(map(str, f["loc"])), f["msg"]))) for f in found)
