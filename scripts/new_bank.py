"""Writes the skeleton of a new bank: a small, working bank of an invented API, to be replaced piece by piece.

    python scripts/new_bank.py --slug acme --compe 999 --name "Banco Acme"

The skeleton passes the contract suite from the start. What is invented in it is marked PLACEHOLDER.
"""

from __future__ import annotations

import argparse
import ast
import keyword
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankgateway.connect import banks
from bankgateway_mocks.codes import barcode, digitable_line

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = Path(__file__).resolve().parent / "new_bank_template"
REGISTRY = ROOT / "src" / "bankgateway" / "connect.py"
NAVIGATION = ROOT / "mkdocs.yml"
MARK = "PLACEHOLDER"

# What the recordings of the template are about.
SAMPLE_DUE, SAMPLE_AMOUNT = date(2026, 10, 20), Decimal("187.45")
SAMPLE_FREE_FIELD = "4321" + "0098765432" + "00047000120"

CHECKLIST = """\
{name} ({compe}) is written, registered, and works: as a bank of an invented API.

Everything invented is marked {mark}. To see what is left:

    grep -rn {mark} {folders}

{counts}

Replace it in this order, and keep the suite green: pytest -k {slug}

 1. recordings   one file an answer, from the bank's documentation or sandbox; `origin` says which
 2. wire.py      every request and answer, letter for letter, with its source
 3. config.py    account, credentials, hosts, scopes, limits, capabilities
 4. codes.py     nosso numero and campo livre; delete what the bank does not publish
 5. mapping.py   statuses, events, error codes, lengths and characters of texts
 6. client.py    the calls: above all what a lost registration is looked up by
 7. webhook.py   notifications; delete it, and `parse_webhook`, where there are none
 8. fake.py      from the documentation once more, not from the client
 9. tests        what only this bank does
10. docs         every section of docs/banks/{slug}.md, the README's row, CHANGELOG.md; then: make matrix
11. connect.py   an overload of `connect` that returns this bank's client

Done when the grep finds nothing and `make lint test docs` passes.
"""


class Refused(Exception):
    """The bank cannot be made. Nothing was written."""


@dataclass(frozen=True)
class NewBank:
    """What is asked for.

    Attributes:
        slug: Name of the folders and of the module.
        compe: COMPE code, three digits.
        name: For people.
    """

    slug: str
    compe: str
    name: str

    @property
    def class_prefix(self) -> str:
        """`banco_acme` -> `BancoAcme`."""
        return "".join(part.capitalize() for part in self.slug.split("_"))

    @property
    def words(self) -> Mapping[str, str]:
        """What stands in the template, and what stands there in the copy."""
        code = barcode(self.compe, SAMPLE_DUE, SAMPLE_AMOUNT, SAMPLE_FREE_FIELD)
        return {
            "newbank": self.slug,
            "NEWBANK": self.slug.upper(),
            "NewBank": self.class_prefix,
            "NEW_NAME": self.name,
            "NEW_COMPE": self.compe,
            "NEW_BARCODE": code,
            "NEW_LINE": digitable_line(code),
        }

    def fill(self, text: str) -> str:
        """A text of the template as this bank has it."""
        words = self.words
        return re.sub("|".join(words), lambda found: words[found[0]], text)


def check(bank: NewBank) -> None:
    """Refuse what would make no bank, or would break one that is there.

    Raises:
        Refused: Saying what is wrong.
    """
    slug, known = bank.slug, {info.slug: info for info in banks()}
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,19}", slug) or keyword.iskeyword(slug):
        raise Refused(
            f"SLUG {slug!r}: a Python identifier of 2 to 20 lower-case letters, digits and underscores, "
            "with a letter first"
        )
    if not re.fullmatch(r"[0-9]{3}", bank.compe) or bank.compe == "000":
        raise Refused(f"COMPE {bank.compe!r}: three digits, as the Banco Central gave them")
    if not re.fullmatch(r"[^\W\d_][\w .&'-]{0,38}[\w.]", bank.name):
        raise Refused(f"NAME {bank.name!r}: 2 to 40 letters, digits, blanks and . & ' -")
    if slug in known:
        raise Refused(f"SLUG {slug!r}: there is such a bank already, {known[slug].name}")
    for info in known.values():
        if info.compe == bank.compe:
            raise Refused(f"COMPE {bank.compe}: it is that of {info.name} ({info.slug})")
    for room in (ROOT / "src/bankgateway/banks", ROOT / "mocks/bankgateway_mocks"):
        for taken in (room / slug, room / f"{slug}.py"):
            if taken.exists():
                raise Refused(f"SLUG {slug!r}: {taken.relative_to(ROOT)} exists already")


def copies(bank: NewBank) -> Mapping[Path, str]:
    """The files of the new bank, by path, with their text."""
    found = {}
    for room in ("src", "mocks", "tests", "docs"):
        for source in sorted((TEMPLATE / room).rglob("*.*")):
            if source.suffix in (".py", ".json", ".md"):
                path = ROOT / bank.fill(str(source.relative_to(TEMPLATE)))
                found[path] = bank.fill(source.read_text("utf-8"))
    return found


def registered(text: str, bank: NewBank) -> str:
    """The registry's module with a line for the bank.

    Raises:
        Refused: There is no `_BUILT_IN` to add it to.
    """
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Assign | ast.AnnAssign)
            and isinstance(node.value, ast.Tuple)
            and "_BUILT_IN" in ast.unparse(node).partition("=")[0]
        ):
            old = ast.get_source_segment(text, node.value) or ""
            entries = [ast.get_source_segment(text, entry) or "" for entry in node.value.elts]
            path = f"bankgateway.banks.{bank.slug}:Client"
            entries.append(f'BankInfo("{bank.slug}", "{bank.compe}", "{bank.name}", "{path}")')
            return text.replace(old, f"({', '.join(entries)},)", 1)
    raise Refused(f"{REGISTRY.name} has no tuple _BUILT_IN")


def listed(text: str, bank: NewBank) -> str:
    """The navigation of the docs with a line for the bank, below those of the others.

    Raises:
        Refused: It lists no bank yet.
    """
    lines = text.splitlines(keepends=True)
    for number, line in reversed(list(enumerate(lines, 1))):
        if found := re.match(r"( *)- .+: banks/\w+\.md$", line):
            lines.insert(number, f"{found[1]}- {bank.name}: banks/{bank.slug}.md\n")
            return "".join(lines)
    raise Refused(f"{NAVIGATION.name} lists no page of a bank (banks/*.md)")


def tidy(paths: Iterable[Path]) -> None:
    """Sort imports and wrap lines, which depend on the alphabet and on the length of the names."""
    code = [str(path) for path in paths if path.suffix in (".py", ".md")]
    for command in (["check", "--quiet", "--fix", "--select", "I"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, *code], cwd=ROOT, check=True)


def write(bank: NewBank) -> list[Path]:
    """Write everything.

    Returns:
        The files that are new.

    Raises:
        Refused: Before anything was written.
    """
    check(bank)
    new = copies(bank)
    changed = {
        REGISTRY: registered(REGISTRY.read_text("utf-8"), bank),
        NAVIGATION: listed(NAVIGATION.read_text("utf-8"), bank),
    }
    for path in new:
        if path.exists():
            raise Refused(f"{path.relative_to(ROOT)} exists already")
    for path, text in {**new, **changed}.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    tidy([*new, REGISTRY])
    return list(new)


def checklist(bank: NewBank, files: Iterable[Path]) -> str:
    """What remains to be done."""
    folders = (
        f"src/bankgateway/banks/{bank.slug}",
        f"mocks/bankgateway_mocks/{bank.slug}",
        f"tests/banks/test_{bank.slug}.py",
        f"docs/banks/{bank.slug}.md",
    )
    marks = {path: path.read_text("utf-8").count(MARK) for path in files}
    counts = [f"    {count:3}  {path.relative_to(ROOT)}" for path, count in marks.items() if count]
    return CHECKLIST.format(
        name=bank.name, compe=bank.compe, slug=bank.slug, mark=MARK,
        folders=" ".join(folders), counts="\n".join(counts),
    )  # fmt: skip


def main() -> int:
    """Write the bank the command line asks for; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slug", required=True, help="name of the folders and of the module: acme")
    parser.add_argument("--compe", required=True, help="COMPE code, three digits")
    parser.add_argument("--name", required=True, help="name for people: Banco Acme")
    asked = parser.parse_args()
    bank = NewBank(asked.slug, asked.compe, asked.name)
    try:
        files = write(bank)
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    sys.stdout.write(checklist(bank, files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
