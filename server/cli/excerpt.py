"""A line of source with the place underlined, as a person wants to see it."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
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
WIDTH = 120
"""Where there is no terminal, in cells."""
_TAB = 4
_LEAST = 20


def excerpt(lines: Lines, place: Range, style: str, above: int = 0, width: int = WIDTH) -> Text:
    """Two rows of at most ``width`` cells: the first line of ``place``, and marks under what
    belongs to it; of a longer line, what is around the place. ``above``: the lines that do not
    count."""
    start, end = place
    line = lines.line(start.line)
    last = end.column if end.line == start.line else len(line)
    number = str(start.line + 1 - above)
    room = max(_LEAST, width - len(number) - 5)
    rest = cell_len(_beginning(line[start.column :], room))
    before = _ending(line[: start.column], max(room // 3, room - max(1, rest)))
    room -= cell_len(before)
    marked = _beginning(line[start.column : last], room - (last < len(line)))
    after = _beginning(line[last:], room - cell_len(marked))
    return Text.assemble(
        (f"  {number} │ ", "dim"),
        before,
        (marked, style),
        after,
        "\n",
        (f"  {' ' * len(number)} │ ", "dim"),
        " " * cell_len(before),
        ("^" * max(1, cell_len(marked)), style),
    )


def _beginning(text: str, room: int) -> str:
    """As it is shown, in at most ``room`` cells."""
    some = text[: 2 * room]
    told = shown(some)
    if len(some) == len(text) and cell_len(told) <= room:
        return told
    return f"{set_cell_size(told, room - 1)}…"


def _ending(text: str, room: int) -> str:
    return _beginning(text[::-1], room)[::-1]


def shown(text: str) -> str:
    """On one line. Terminals move to the next tab stop, and obey control characters: show neither
    as such."""
    return "".join(
        " " * _TAB if c == "\t" else c if c.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )
