"""How a benchmark is told: where it prints to, its tables, and what was aimed at."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)

US = "understudy"


def table(title: str, *columns: str) -> Table:
    """Numbers stand to the right; a column without a name says what they are of."""
    made = Table(title=title, title_justify="left")
    for column in columns:
        made.add_column(column, justify="right" if column else "left")
    return made


class Aim(NamedTuple):
    """What the figure has to be at most (or at least, where ``least``)."""

    name: str
    value: float
    limit: float
    unit: str
    least: bool = False

    @property
    def reached(self) -> bool:
        return self.value >= self.limit if self.least else self.value <= self.limit


def print_aims(aims: Sequence[Aim]) -> None:
    told = table("Aims", "", "measured", "aim", "")
    for aim in aims:
        mark = "[green]reached[/]" if aim.reached else "[red]not reached[/]"
        limit = f"{'≥' if aim.least else '≤'} {aim.limit:g} {aim.unit}"
        told.add_row(aim.name, f"{aim.value:.2f} {aim.unit}", limit, mark)
    console.print(told)
    missed = sum(not aim.reached for aim in aims)
    console.print(f"{len(aims) - missed} of {len(aims)} aims reached.")
