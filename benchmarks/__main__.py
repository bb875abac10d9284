"""Run every benchmark, print the table, write results.json."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import calls, crowds, local, paper
from benchmarks.bed import Bed, Figure, bed, write

PARTS: list[Callable[[Bed], Iterator[Figure]]] = [
    calls.exchanges, calls.rivals, calls.tokens, crowds.clients, crowds.bulk, crowds.certificates,
    local.imports, local.webhooks, paper.codes, paper.pdf,
]  # fmt: skip


def main() -> int:
    """Print and write all figures; 0 whatever they are: a benchmark informs, it does not judge."""
    console = Console()
    figures: list[Figure] = []
    with bed() as ground:
        for part in PARTS:
            with console.status(f"measuring {part.__name__} ..."):
                figures.extend(part(ground))
    table = Table(title="bankgateway against its baselines")
    for heading in ("what", "baseline", "figure", "target", "", "detail"):
        table.add_column(heading)
    for figure in figures:
        said = "[green]ok[/]" if figure.ok else "[red]missed[/]"
        table.add_row(
            figure.name,
            figure.baseline,
            f"{figure.figure:.2f} {figure.unit}",
            figure.target,
            said,
            figure.detail,
        )
    console.print(table)
    write(figures, Path(__file__).with_name("results.json"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
