"""The documentation says what the code says: names, lists, links, and the generated matrix."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import importlib.util
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

import bankgateway
from bankgateway import Capabilities, RetryPolicy, Settings, Timeouts
from bankgateway.connect import BankInfo, bank_class
from bankgateway.models.base import Hide
from bankgateway.models.commands import COMMANDS
from bankgateway_mocks import faults

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "bankgateway"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]

# Banks of other distributions, which may be installed here, have pages of their own.
BANKS = [info for info in bankgateway.banks() if info.path.startswith("bankgateway.")]

SKELETON = [
    "Status", "What it offers", "Credentials, step by step", "Account data", "Life of the certificate",
    "Environments", "Numbering", "Charges", "Limits", "Statuses", "Errors", "Webhooks", "Quirks", "Doubts",
    "Changelog of the bank",
]  # fmt: skip
"""The headings of a bank's page, in this order."""


def read(page: str) -> str:
    return (DOCS / page).read_text("utf-8")


def prose(path: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^( *)```.*?^\1```$", "", path.read_text("utf-8"), flags=re.M | re.S)


def headings(path: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", prose(path), re.M)


def section(text: str, heading: str) -> str:
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text, re.M | re.S)
    assert found is not None, f"no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in a text, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = {number for number, row in enumerate(cells) if all(re.fullmatch(":?-+:?", cell) for cell in row)}
    return [row for number, row in enumerate(cells) if not {number, number + 1} & rules]


def codes(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


# -- links and navigation ----------------------------------------------------------------------------


def test_every_page_is_in_the_navigation() -> None:
    listed = re.findall(r"^ +- [^:]+: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.M)
    assert sorted(listed) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


@pytest.mark.parametrize("path", [*TEXTS, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        where = (path.parent / file).resolve() if file else path
        if not where.exists() or (anchor and anchor not in map(slug, headings(where))):
            broken.append(target)
    assert broken == []


def slug(heading: str) -> str:
    """The anchor that mkdocs makes of a heading."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


# -- the matrix --------------------------------------------------------------------------------------


@pytest.fixture
def build_matrix(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_matrix", ROOT / "scripts" / "build_matrix.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "build_matrix", module)
    spec.loader.exec_module(module)
    return module


def run(module: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["build_matrix.py", *arguments])
    code: int = module.main()
    return code


def test_the_matrix_is_fresh(build_matrix: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(build_matrix, monkeypatch, "--check") == 0, "run  make matrix"


def test_a_stale_matrix_is_noticed(
    build_matrix: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "matrix.md"
    monkeypatch.setattr(build_matrix, "PAGE", page)
    assert run(build_matrix, monkeypatch, "--check") == 1
    assert run(build_matrix, monkeypatch) == 0
    assert run(build_matrix, monkeypatch, "--check") == 0
    page.write_text(page.read_text("utf-8").replace("yes", "no", 1), "utf-8")
    assert run(build_matrix, monkeypatch, "--check") == 1


def test_the_matrix_leaves_nothing_out() -> None:
    script = (ROOT / "scripts" / "build_matrix.py").read_text("utf-8")
    apart = {"operations", "commands"}  # asked for through `supports`
    fields = {field.name for field in dataclasses.fields(Capabilities)} - apart
    assert sorted(name for name in fields if not re.search(rf"\b(c|capabilities)\.{name}\b", script)) == []


# -- banks -------------------------------------------------------------------------------------------


def test_every_bank_has_a_page() -> None:
    assert {page.stem for page in (DOCS / "banks").glob("*.md")} == {info.slug for info in BANKS}


@pytest.mark.parametrize("info", BANKS, ids=lambda info: info.slug)
def test_a_page_of_a_bank_has_the_whole_skeleton(info: BankInfo) -> None:
    page = DOCS / "banks" / f"{info.slug}.md"
    assert [heading for heading in headings(page) if heading in SKELETON] == SKELETON
    assert headings(page)[0] == info.name
    assert f"COMPE {info.compe}" in page.read_text("utf-8")


@pytest.mark.parametrize("info", BANKS, ids=lambda info: info.slug)
def test_the_status_of_a_bank_is_the_same_everywhere(info: BankInfo) -> None:
    status = bank_class(info.slug).capabilities.status
    assert status in section(read(f"banks/{info.slug}.md"), "Status").lower()
    (row,) = [row for row in _readme_banks() if row[1] == info.compe]
    assert row[0].startswith(f"[{info.name}]")
    assert row[2] == status


def test_the_readme_promises_no_bank_that_is_not_there() -> None:
    known = {info.compe for info in BANKS}
    assert {row[1] for row in _readme_banks() if row[2] != "planned"} == known


def _readme_banks() -> list[list[str]]:
    return rows(section((ROOT / "README.md").read_text("utf-8"), "Banks"))


@pytest.mark.parametrize("info", BANKS, ids=lambda info: info.slug)
def test_a_page_of_a_bank_names_its_hosts_limits_and_words(info: BankInfo) -> None:
    page = read(f"banks/{info.slug}.md")
    client = bank_class(info.slug)
    hosts = [url for environment in client.environments.values() for url in environment.hosts.values()]
    assert [url for url in hosts if url not in section(page, "Environments")] == []
    mapping = importlib.import_module(f"bankgateway.banks.{info.slug}.mapping")
    told = {row[0].strip("`"): row[1].strip("`") for row in rows(section(page, "Statuses"))}
    for word, status in getattr(mapping, "STATUS", {}).items():
        assert told.get(word) == status.name
    for name in client.account_type.model_fields:
        assert f"`{name}`" in section(page, "Account data")
    for name in client.credentials_type.model_fields:
        assert f"`{name}`" in section(page, "Credentials, step by step")


# -- names -------------------------------------------------------------------------------------------


def test_the_reference_has_every_export() -> None:
    page = read("reference.md")
    missing = [
        name for name in bankgateway.__all__ if not re.search(rf"bankgateway\.(connect\.)?{name}\b", page)
    ]
    assert missing == []


def test_the_glossary_names_what_exists() -> None:
    names = [
        name for row in rows(section(read("glossary.md"), "Portuguese to English")) for name in codes(row[2])
    ]
    assert len(names) > 50
    kept_by_some_bank = {"agencia", "conta_corrente", "convenio"}
    assert [name for name in names if not _exists(name) and name not in kept_by_some_bank] == []


def test_the_glossary_goes_both_ways() -> None:
    page = read("glossary.md")
    forth = {
        (portuguese, english.removesuffix("; kept"))
        for portuguese, words, _ in rows(section(page, "Portuguese to English"))
        for english in words.split(", ")
    }
    back = {row[0]: row[1] for row in rows(section(page, "English to Portuguese"))}
    assert {english for _, english in forth} == set(back)
    assert [pair for pair in forth if pair[0] not in back[pair[1]]] == []


def _exists(dotted: str) -> bool:
    found: Any = bankgateway
    for name in dotted.split("."):
        if inspect.isclass(found) and issubclass(found, BaseModel) and name in found.model_fields:
            return True
        if not hasattr(found, name):
            return False
        found = getattr(found, name)
    return True


def test_the_tree_of_errors_is_complete() -> None:
    tree = re.search(r"```text\n(.*?)```", read("concepts/errors.md"), re.S)
    assert tree is not None
    told = [found[1] for line in tree[1].splitlines() if (found := re.match(r"[│├└─ ]*([A-Z]\w+)", line))]
    assert sorted(told) == sorted(
        name
        for name in bankgateway.__all__
        if inspect.isclass(kind := getattr(bankgateway, name)) and issubclass(kind, Exception)
    )


def test_the_notices_are_those_of_the_code() -> None:
    told = {codes(row[0])[0] for row in rows(section(read("concepts/errors.md"), "Notices"))}
    assert told == set(_notice_codes())


def _notice_codes() -> Iterator[str]:
    """The codes of `Notice(code=...)`, and of what stands between: `_report(code, field, message)`."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            if ast.unparse(node.func) == "self._report" and path.name == "text.py":
                given = node.args[:1]
            elif ast.unparse(node.func) != "Notice":
                continue
            yield from (str(code.value) for code in given if isinstance(code, ast.Constant))


def test_the_commands_are_all_there() -> None:
    told = {codes(row[0])[0]: set(codes(row[2])) for row in rows(read("concepts/commands.md"))}
    assert told == {
        command.__name__: {field.name for field in dataclasses.fields(command)}  # type: ignore[arg-type]
        for command in COMMANDS.values()
    }


@pytest.mark.parametrize("kind", [Settings, RetryPolicy, Timeouts], ids=lambda kind: kind.__name__)
def test_the_settings_are_all_there(kind: Any) -> None:
    page = read("concepts/settings.md")
    missing = [f.name for f in dataclasses.fields(kind) if not re.search(rf"\b{f.name}\b", page)]
    assert missing == []


def test_the_defaults_of_the_settings_are_told_right() -> None:
    page = read("concepts/settings.md")
    for kind in (Settings(), RetryPolicy()):
        for name, value, *_ in rows(page):
            field = name.strip("`")
            if re.match(r"[0-9]", value) and hasattr(kind, field):
                number = float(value.split()[0]) * (1024 * 1024 if "MiB" in value else 1)
                assert getattr(kind, field) == number, field
    for name, seconds in dataclasses.asdict(Timeouts()).items():
        assert re.search(rf"`{name}`,?\s+{seconds:g}\b", page), name


def test_what_repr_hides_is_told() -> None:
    told = {
        name: row[1].strip("`")
        for row in rows(section(read("concepts/privacy.md"), "In `repr`"))
        for name in codes(row[0])
    }
    shown = {Hide.ALL: "***", Hide.LAST_4: "last 4", Hide.LAST_6: "last 6"}
    assert told == {
        f"{name}.{field_name}": shown[hide]
        for name in bankgateway.__all__
        if inspect.isclass(model := getattr(bankgateway, name)) and issubclass(model, BaseModel)
        for field_name, field in model.model_fields.items()
        for hide in field.metadata
        if isinstance(hide, Hide)
    }


def test_the_sentences_about_certificates_are_those_of_the_code() -> None:
    told = [
        codes(row[0])[0] for row in rows(section(read("concepts/certificates.md"), "What the sentences mean"))
    ]
    assert len(told) > 15
    said = [
        re.sub(r"\s+", " ", node.value)
        for path in (SOURCE / "security").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [sentence for sentence in told if not any(sentence in text for text in said)] == []


def test_the_faults_are_all_there() -> None:
    told = {
        name.partition("(")[0]
        for row in rows(section(read("testing.md"), "Faults"))
        for name in codes(row[0])
    }
    kinds = {
        name
        for name, kind in vars(faults).items()
        if inspect.isclass(kind) and issubclass(kind, faults.Fault) and kind is not faults.Fault
    }
    assert told == kinds


def test_the_extras_are_all_there() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    told = {
        extra
        for row in rows(section((ROOT / "README.md").read_text("utf-8"), "Install"))
        for extra in codes(row[0])
    }
    assert told == set(declared)


def test_both_quickstarts_have_the_same_code() -> None:
    fence = re.compile(r"```(?:python|sh)\n.*?```", re.S)
    assert fence.findall(read("quickstart.md")) == fence.findall(read("quickstart.pt.md"))
