"""``understudy explain FILE:LINE RULE``: why something is found here and not there."""

from __future__ import annotations

import asyncio
import json
import re
from functools import partial
from pathlib import Path

import click

from ..app.batch import Batch
from ..app.presentation.problems import in_cells, reason_lines
from ..disk import LARGEST_FILE, read_regular, why
from ..model import Reason
from ..notebooks import Notebook, is_notebook, read
from ..text import Lines
from .roots import root_of, told_of

_PLACE = re.compile(r"(.+?)(?::cell (\d+))?:(\d+)(?::\d+)?", re.DOTALL)


@click.command
@click.argument("place", metavar="FILE:LINE")
@click.argument("rule")
@click.option("--json", "as_json", is_flag=True, help="As one object.")
def explain(place: str, rule: str, *, as_json: bool) -> None:
    """Tell why RULE is told of in a line of a file, or why it is not.

    It names the tool, its version, what configures it, and what hides a finding: comments,
    settings, excludes.
    """
    parts = _PLACE.fullmatch(place)
    if parts is None or not int(parts[3]):
        raise click.UsageError(f"{place} is not FILE:LINE, such as src/app.py:12.")
    path, line = Path(parts[1]).absolute(), int(parts[3])
    if not path.is_file():
        raise click.UsageError(f"{told_of(path)} is no file.")
    book = _read(path, parts[2]) if is_notebook(path.name) else None
    if book is not None:
        line += book.row_of(int(parts[2]))
    elif line > (last := _last_line(path)):
        raise click.UsageError(f"{told_of(path)} has no line {line:,}: it ends with line {last:,}.")
    reasons = asyncio.run(_explain(path, line, rule))
    if book is not None:
        reasons = in_cells(reasons, partial(_numbered, book))
    if as_json:
        listed = [reason._asdict() for reason in reasons]
        answer = {"path": str(path), "line": line, "rule": rule, "reasons": listed}
        click.echo(json.dumps(answer, indent=2))
    else:
        click.echo("\n".join(reason_lines(reasons)))


def _last_line(path: Path) -> int:
    try:
        return len(Lines(read_regular(path, LARGEST_FILE).decode("utf-8", "replace")))
    except OSError as error:
        raise click.UsageError(f"{told_of(path)} was not read: {why(error)}") from error


def _numbered(book: Notebook, row: int) -> tuple[str, int]:
    cell = book.cell_at(row)
    return f"cell {cell.number}", cell.row


def _read(path: Path, cell: str | None) -> Notebook:
    """A notebook that has Python in this cell."""
    if cell is None:
        raise click.UsageError(f"Name a cell of {path.name}, as {path.name}:cell 3:2.")
    try:
        book = read(read_regular(path, LARGEST_FILE))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{told_of(path)} was not read: {why(error)}") from error
    if int(cell) not in [each.number for each in book.cells]:
        raise click.UsageError(f"{told_of(path)} has no Python in cell {cell}.")
    return book


async def _explain(path: Path, line: int, rule: str) -> list[Reason]:
    async with Batch.open(root_of([path])) as batch:
        return await batch.explain(path, line - 1, rule)
