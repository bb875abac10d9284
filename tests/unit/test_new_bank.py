"""`make new-bank`: the skeleton is a working bank from the start, and what would break something is refused."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "mocks", "tests", "docs", "scripts")
FILES = ("pyproject.toml", "mkdocs.yml", "README.md")

ACME = ("acme", "999", "Banco Acme")
# A slug that imports are sorted by differently, and the longest name: neither may spoil the format.
ZONAL = ("zonal_do_sul", "998", "Cooperativa Zonal de Crédito do Sul S.A.")


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command in a copy of the repository, which imports the copy and not this repository."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTHONPATH"] = os.pathsep.join((str(root / "src"), str(root / "mocks")))
    return subprocess.run(
        [sys.executable, *command], cwd=root, env=environment, capture_output=True, text=True, timeout=120
    )


def new_bank(root: Path, slug: str, compe: str, name: str) -> subprocess.CompletedProcess[str]:
    return run(root, "scripts/new_bank.py", "--slug", slug, "--compe", compe, "--name", name)


def files_of(slug: str) -> list[str]:
    return [f"src/bankgateway/banks/{slug}", f"mocks/bankgateway_mocks/{slug}", f"tests/banks/test_{slug}.py"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository with two new banks."""
    root = tmp_path_factory.mktemp("copy")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(ROOT / file, root)
    shutil.copy(root / "mkdocs.yml", root / "mkdocs.before")
    for bank in (ACME, ZONAL):
        made = new_bank(root, *bank)
        assert made.returncode == 0, made.stderr
        (root / f"{bank[0]}.txt").write_text(made.stdout, "utf-8")
    return root


def test_the_skeleton_passes_the_contract_suite(copy: Path) -> None:
    suites = ("tests/contract", "tests/banks", "tests/unit/test_floors.py", "tests/docs/test_docs.py")
    # What differs between event loops, and what sockets do with a fault, is not in the template; and it is slow.
    chosen = "acme and not trio and not (test_faults and mtls)"
    done = run(copy, "-m", "pytest", "-p", "no:xdist", *suites, "-k", chosen)
    assert done.returncode == 0, done.stdout[-6000:]


def test_the_skeleton_is_clean(copy: Path) -> None:
    new = [*files_of("acme"), *files_of("zonal_do_sul")]
    pages = ["docs/banks/acme.md", "docs/banks/zonal_do_sul.md"]
    for command in (
        ("ruff", "check", *new, "src/bankgateway/connect.py"),
        ("ruff", "format", "--check", *new, *pages, "src/bankgateway/connect.py"),
        ("mypy", *new, "src/bankgateway/connect.py"),
    ):
        done = run(copy, "-m", *command)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_is_there(copy: Path) -> None:
    bank, mocks, *_ = (copy / path for path in files_of("acme"))
    rooms = {"__init__", "config", "wire", "mapping", "client", "codes", "webhook"}
    assert {path.stem for path in bank.glob("*.py")} == rooms
    assert {path.stem for path in mocks.glob("*.py")} == {"__init__", "fake"}
    assert json.loads((mocks / "recordings/register.json").read_text("utf-8"))["origin"] == "documentation"
    listed = run(
        copy,
        "-c",
        "import bankgateway; print(*(f'{b.slug}:{b.compe}:{b.name}' for b in bankgateway.banks()))",
    )
    assert listed.stdout.strip().endswith(f"{':'.join(ACME)} {':'.join(ZONAL)}")


def test_the_pages_stand_below_those_of_the_other_banks(copy: Path) -> None:
    before = (copy / "mkdocs.before").read_text("utf-8").splitlines()
    after = (copy / "mkdocs.yml").read_text("utf-8").splitlines()
    added = [line.strip() for line in after if line not in before]
    assert added == [f"- {name}: banks/{slug}.md" for slug, _, name in (ACME, ZONAL)]
    assert [line for line in after if line.strip() not in added] == before


def test_nothing_of_the_template_is_left_but_what_is_marked(copy: Path) -> None:
    told = (copy / "acme.txt").read_text("utf-8")
    for path in [*files_of("acme"), "docs/banks/acme.md"]:
        assert path in told
        found = [copy / path] if (copy / path).is_file() else [*(copy / path).rglob("*.*")]
        for file in found:
            if file.suffix not in (".py", ".json", ".md"):
                continue
            text = file.read_text("utf-8")
            assert not any(
                word in text for word in ("newbank", "NewBank", "NEW_NAME", "NEW_COMPE", "NEW_LINE")
            )
            assert not any(word in text for word in ("TODO", "FIXME", "NotImplementedError"))
            if marks := text.count("PLACEHOLDER"):
                assert f"{marks:3}  {file.relative_to(copy)}" in told


def test_a_second_bank_of_the_same_name_is_refused_and_nothing_is_written(copy: Path) -> None:
    def everything() -> dict[Path, bytes]:
        files = (path for folder in FOLDERS for path in (copy / folder).rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in files if "__pycache__" not in path.parts}

    before = everything()
    again = new_bank(copy, "acme", "997", "Banco Acme")
    assert again.returncode == 2
    assert "there is such a bank already" in again.stderr
    assert again.stdout == ""
    assert everything() == before


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("new_bank", ROOT / "scripts" / "new_bank.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look themselves up there.
    sys.modules["new_bank"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("slug", "compe", "name", "says"),
    [
        ("inter", "997", "Banco Acme", "there is such a bank already, Banco Inter"),
        ("", "997", "Banco Acme", "a Python identifier"),
        ("Acme", "997", "Banco Acme", "a Python identifier"),
        ("banco-acme", "997", "Banco Acme", "a Python identifier"),
        ("2acme", "997", "Banco Acme", "a Python identifier"),
        ("_acme", "997", "Banco Acme", "a Python identifier"),
        ("açme", "997", "Banco Acme", "a Python identifier"),
        ("class", "997", "Banco Acme", "a Python identifier"),
        ("acme\n", "997", "Banco Acme", "a Python identifier"),
        ("x" * 21, "997", "Banco Acme", "a Python identifier"),
        ("samples", "997", "Banco Acme", "samples.py exists already"),
        ("acme", "", "Banco Acme", "three digits"),
        ("acme", "99", "Banco Acme", "three digits"),
        ("acme", "9999", "Banco Acme", "three digits"),
        ("acme", "99x", "Banco Acme", "three digits"),
        ("acme", "٩٩٧", "Banco Acme", "three digits"),
        ("acme", "000", "Banco Acme", "three digits"),
        ("acme", "077", "Banco Acme", "that of Banco Inter"),
        ("acme", "997", "", "2 to 40 letters"),
        ("acme", "997", 'Banco "Acme"', "2 to 40 letters"),
        ("acme", "997", "Banco\nAcme", "2 to 40 letters"),
        ("acme", "997", "Banco: Acme", "2 to 40 letters"),
        ("acme", "997", "B" * 41, "2 to 40 letters"),
        ("acme", "997", "Banco Acme ", "2 to 40 letters"),
        ("acme", "997", "1234", "2 to 40 letters"),
    ],
)
def test_refused(script: ModuleType, slug: str, compe: str, name: str, says: str) -> None:
    with pytest.raises(script.Refused, match=says):
        script.check(script.NewBank(slug, compe, name))


def test_accepted(script: ModuleType) -> None:
    for bank in (ACME, ZONAL):
        script.check(script.NewBank(*bank))
    assert script.NewBank(*ZONAL).class_prefix == "ZonalDoSul"
