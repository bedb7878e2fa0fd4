"""A report as text for a person, in a terminal of any width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from ..app.insights.efficiency import Bars, Outline, Section, Table

_WIDTH = 100
"""Columns where it is no terminal; on a terminal no more, either."""
_NARROW = 76
"""In fewer columns a table is told row by row."""
_HEIGHTS = "▁▂▃▄▅▆▇█"
_NO_BAR = "·"


def write_report(outline: Outline, out: TextIO) -> None:
    console = Console(file=out, highlight=False)
    if not console.is_terminal:
        console = Console(file=out, highlight=False, width=_WIDTH)
    width = min(console.width, _WIDTH)
    for each in _told(outline, width):
        console.print(each, width=width)


def _told(outline: Outline, width: int) -> Iterator[RenderableType]:
    yield Text(outline.title, "bold")
    yield Text(outline.about, "dim")
    for section in outline.sections:
        yield ""
        yield Text(section.title, "bold underline")
        yield from (Text(each) for each in section.lead)
        yield from _section(section, width)


def _section(section: Section, width: int) -> Iterator[RenderableType]:
    for plot in section.plots:
        if isinstance(plot, Bars) and len(plot.values) > 1:
            yield ""
            yield _spark(plot, width)
    for table in section.tables:
        yield ""
        yield _grid(table) if width >= _NARROW else _rows(table)
    if section.notes:
        yield ""
    for what, told in section.notes:
        yield Padding(
            Text.assemble((f"{what}: ", "bold"), (f"{told}.", "dim")), (0, 0, 0, 2), expand=False
        )


def _spark(plot: Bars, width: int) -> Text:
    """Its newest values, a character each: how high, of the highest."""
    shown = plot.values[-(width - 2) :]
    most = max(each.middle for each in shown)
    last = len(_HEIGHTS) - 1
    bars = "".join(
        _HEIGHTS[round(last * each.middle / most)] if each.middle > 0 else _NO_BAR for each in shown
    )
    of = "week" if plot.weekly else "day"
    return Text.assemble((f"{plot.title}, by {of}\n", "dim"), (bars, "cyan"))


def _grid(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, head in enumerate(table.head):
        grid.add_column(head, justify="right" if number else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(*map(Text, row))
    return grid


def _rows(table: Table) -> Text:
    told = Text()
    what = f"{table.head[0]}: " if table.head[0] else ""
    for name, *cells in table.rows:
        told.append(f"{what}{name}\n", "bold")
        for head, cell in zip(table.head[1:], cells, strict=True):
            if cell:
                told.append(f"  {head}: ", "dim").append(f"{cell}\n")
    told.rstrip()
    return told
