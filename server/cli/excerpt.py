"""A line of source with the place underlined, as a person wants to see it."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from ..model import Range, Severity
from ..text import Lines

COLOURS = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
    Severity.INFO: "dim",
}
_TAB = 4


def excerpt(lines: Lines, place: Range, style: str, above: int = 0) -> Text:
    """Two rows: the first line of ``place``, and marks under what belongs to it. ``above``: the
    lines that do not count."""
    start, end = place
    line = lines.line(start.line)
    last = end.column if end.line == start.line else len(line)
    before, marked = line[: start.column], line[start.column : last]
    number = str(start.line + 1 - above)
    return Text.assemble(
        (f"  {number} │ ", "dim"),
        shown(before),
        (shown(marked), style),
        shown(line[last:]),
        "\n",
        (f"  {' ' * len(number)} │ ", "dim"),
        " " * cell_len(shown(before)),
        ("^" * max(1, cell_len(shown(marked))), style),
    )


def shown(text: str) -> str:
    """On one line. Terminals move to the next tab stop, and obey control characters: show neither
    as such."""
    return "".join(
        " " * _TAB if c == "\t" else c if c.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )
