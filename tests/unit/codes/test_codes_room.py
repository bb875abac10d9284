"""The room as a whole: its export list, its error, its independence."""

from __future__ import annotations

import ast
import copy
import pickle
import sys
from pathlib import Path

import pytest

from bankgateway import codes
from bankgateway.codes import CodeError

SOURCES = sorted(Path(codes.__file__).parent.glob("*.py"))


def test_the_export_list_is_sorted_complete_and_true() -> None:
    public = {
        name
        for name, value in vars(codes).items()
        if getattr(value, "__module__", "").startswith(codes.__name__)
    }
    assert public <= set(codes.__all__)
    assert len(set(codes.__all__)) == len(codes.__all__)
    assert all(hasattr(codes, name) for name in codes.__all__)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_room_imports_only_itself_and_the_standard_library(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            assert name.startswith("bankgateway.codes") or name.split(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (CodeError("r", "wrong"), "wrong"),
        (CodeError("r", "wrong", field="cpf"), "cpf: wrong"),
        (CodeError("r", "wrong", position=3), "position 3: wrong"),
        (
            CodeError("r", "wrong check digit", field="field 2", position=21, expected="1", found="8"),
            "field 2, position 21: wrong check digit, expected 1, found 8",
        ),
        (CodeError("r", "wrong character", found="\x00"), r"wrong character, found '\x00'"),
        (CodeError("r", "wrong character", found="\ud800"), r"wrong character, found '\ud800'"),
        (CodeError("r", "wrong character", found=" "), "wrong character, found ' '"),
    ],
)
def test_the_text_of_the_error(error: CodeError, text: str) -> None:
    assert str(error) == text


def test_the_error_survives_pickling_and_copying() -> None:
    error = CodeError("invalid_length", "wrong length", field="cpf", position=1, expected="11", found="10")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert isinstance(twin, ValueError)
        assert vars(twin) == vars(error)
        assert str(twin) == str(error)
