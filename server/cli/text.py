"""The scan as text for a person: colours and marks on a terminal, plain elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from ..app.presentation.problems import redacted, title
from ..app.results.statistics import rule_of
from ..model import TOP, Problem, Report, Severity
from ..notebooks import Cell
from ..text import Lines, decode
from .excerpt import COLOURS, WIDTH, excerpt, shown
from .result import Result, Silence, grouped


def write_text(result: Result, out: TextIO) -> None:
    """What the baseline has is only counted."""
    console = Console(file=out, highlight=False, soft_wrap=True)
    width = console.width if console.is_terminal else WIDTH
    listed = result.listed()
    for path, problems in listed.problems.items():
        book = result.notebook(path) if problems else None
        source = book.notebook.text if book else _source(path, result) if problems else ""
        lines = Lines(redacted(source, result.problems[path]))
        for problem in problems:
            cell = book.notebook.cell_at(problem.lead.range.start.line) if book else None
            told = block(problem, result.name(path), lines, cell, width)
            console.print(told, end="\n\n")
    for path, reports in result.reports.items():
        if not reports:
            console.print(Text(f"{shown(result.name(path))}: no tool looks at such a file"))
    for line in silences(result.without_verdict(), result.name):
        console.print(line)
    console.print(summary(result))
    if listed.unlisted:
        console.print(unlisted_line(listed))
    if (size := _size(result)) is not None:
        console.print(size)
    if most := _most(result.new()):
        console.print(most)


def block(
    problem: Problem, name: str, lines: Lines, cell: Cell | None = None, width: int = WIDTH
) -> Text:
    """One problem: where, how bad, what, who says so, and the line itself, unless it is about the
    whole file. ``cell``: of a notebook, of whose text these are the lines."""
    style = COLOURS[problem.severity]
    line, column = problem.lead.range.start
    above = cell.row if cell else 0
    if cell is not None:
        name = f"{name}:cell {cell.number}"
    who = " · ".join(dict.fromkeys(f"{title(f.tool)} {f.rule}" for f in problem.findings))
    return Text.assemble(
        (f"{shown(name)}:{line + 1 - above}:{column + 1}", "bold"),
        "  ",
        (problem.severity.label, style),
        f"  {shown(' '.join(problem.lead.message.split()))}  ",
        (who, "dim"),
    ).append_text(_line(problem, lines, style, above, width))


def _line(problem: Problem, lines: Lines, style: str, above: int, width: int) -> Text:
    if problem.lead.range == TOP:
        return Text()
    return Text("\n").append_text(excerpt(lines, problem.lead.range, style, above, width))


def summary(result: Result) -> Text:
    """How much there is, in one line."""
    found = result.new().statistics()
    new = "" if result.fixed is None else "new "
    analysed = sum(
        bool(result.problems.get(path)) or any(r.state.is_verdict for r in each)
        for path, each in result.reports.items()
    )
    files = number(analysed, "file")
    since = _since(result)
    if not found.problems:
        return Text.assemble((f"No {new}findings in {files}{'' if since else '.'}", "bold"), since)
    return Text.assemble(
        (f"{number(found.problems, f'{new}problem')} in {files}: ", "bold"),
        Text(", ").join(
            Text(f"{count:,} {label}", COLOURS[severity])
            for severity in sorted(Severity, reverse=True)
            if (count := found.severity.get(label := severity.label))
        ),
        (f" ({', '.join(f'{title(t)} {n:,}' for t, n in sorted(found.tool.items()))})", "dim"),
        since,
    )


def unlisted_line(listed: Result) -> str:
    more = number(listed.unlisted, "problem")
    return f"{more} less important are not listed: --most {listed.most}."


def _size(result: Result) -> Text | None:
    if (size := result.size()) is None:
        return None
    return Text(
        f"{number(size.lines, 'line')} of code in {number(size.files, 'file')}:"
        f" {size.average:,.0f} on average, {size.most:,} in the largest,"
        f" {shown(result.name(size.longest))}",
        "dim",
    )


_LISTED = 3


def _since(result: Result) -> str:
    if result.fixed is None:
        return ""
    fixed = sum(result.fixed.counts.values())
    return f"; {result.statistics().known:,} known, {fixed:,} fixed since the baseline."


def _most(result: Result) -> Text | None:
    """The rules and the folders with most of it, where there are several. What tools agree on is
    one matter, and counts for the rule that leads."""
    found = result.statistics()
    if found.problems < 2:
        return None
    led = Counter(rule_of(problem.lead) for _, problem in result.each())
    most = sorted(led.items(), key=lambda each: (-each[1], each[0]))[:_LISTED]
    rules = ", ".join(f"{rule} {count:,}" for rule, count in most)
    folders = [f"{shown(name)} {count:,}" for name, count in list(found.folder.items())[:_LISTED]]
    return Text(f"Most: {rules} · in {', '.join(folders)}", "dim")


def silences(told: Iterable[tuple[Path, Report]], name: Callable[[Path], str]) -> Iterator[Text]:
    """Why tools said nothing, as ``grouped`` has it. ``name``: of a file, for people."""
    for silence in grouped(told):
        yield Text.assemble(
            (silent(silence), "bold red"),
            f" ({shown(silent_of(silence, name))})",
            f": {shown(silence.why)}" if silence.why else "",
        )


def silent(silence: Silence) -> str:
    """Who gave no verdict, and how that is called."""
    return f"{', '.join(map(title, silence.tools))}: {silence.state}"


def silent_of(silence: Silence, name: Callable[[Path], str]) -> str:
    """Of which files: the first few, and how many more."""
    names = ", ".join(map(name, silence.paths[:_LISTED]))
    more = len(silence.paths) - _LISTED
    return f"{names} and {more:,} more" if more > 0 else names


def number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _source(path: Path, result: Result) -> str:
    try:
        return decode(result.content(path))
    except ValueError:
        return ""
