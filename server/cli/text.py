"""The scan as text for a person: colours and marks on a terminal, plain elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from ..app.presentation import title
from ..disk import LARGEST_FILE, read_regular
from ..model import Problem, Report, Severity
from ..text import Lines, decode
from .excerpt import COLOURS, excerpt, shown
from .result import Result


def write_text(result: Result, out: TextIO) -> None:
    console = Console(file=out, highlight=False, soft_wrap=True)
    for path, problems in result.problems.items():
        lines = Lines(_source(path, result))
        for problem in problems:
            console.print(block(problem, result.name(path), lines), end="\n\n")
    for path, reports in result.reports.items():
        if not reports:
            console.print(Text(f"{shown(result.name(path))}: no tool looks at such a file"))
    for line in _without_verdict(result):
        console.print(line)
    console.print(summary(result))
    if (size := _size(result)) is not None:
        console.print(size)


def block(problem: Problem, name: str, lines: Lines) -> Text:
    """One problem: where, how bad, what, who says so, and the line itself."""
    style = COLOURS[problem.severity]
    line, column = problem.lead.range.start
    who = " · ".join(dict.fromkeys(f"{title(f.tool)} {f.rule}" for f in problem.findings))
    return Text.assemble(
        (f"{shown(name)}:{line + 1}:{column + 1}", "bold"),
        "  ",
        (problem.severity.label, style),
        f"  {shown(' '.join(problem.lead.message.split()))}  ",
        (who, "dim"),
        "\n",
        excerpt(lines, problem.lead.range, style),
    )


def summary(result: Result) -> Text:
    problems = [problem for found in result.problems.values() for problem in found]
    analysed = sum(any(r.state.is_verdict for r in found) for found in result.reports.values())
    files = _number(analysed, "file")
    if not problems:
        return Text(f"No findings in {files}.", "bold")
    by_severity = Counter(problem.severity for problem in problems)
    by_tool = Counter(f.tool for problem in problems for f in problem.findings)
    return Text.assemble(
        (f"{_number(len(problems), 'problem')} in {files}: ", "bold"),
        Text(", ").join(
            Text(f"{by_severity[severity]} {severity.label}", COLOURS[severity])
            for severity in sorted(Severity, reverse=True)
            if by_severity[severity]
        ),
        (
            f" ({', '.join(f'{title(tool)} {n}' for tool, n in sorted(by_tool.items()))})",
            "dim",
        ),
    )


def _size(result: Result) -> Text | None:
    if (size := result.size()) is None:
        return None
    return Text(
        f"{_number(size.lines, 'line')} of code in {_number(size.files, 'file')}:"
        f" {size.average:,.0f} on average, {size.most:,} in the largest,"
        f" {shown(result.name(size.longest))}",
        "dim",
    )


def _without_verdict(result: Result) -> Iterator[Text]:
    """Files of one tool and one reason share a line."""

    def reason(entry: tuple[Path, Report]) -> tuple[str, str, str]:
        return (entry[1].tool, entry[1].state.value, entry[1].why)

    for (tool, state, why), group in groupby(sorted(result.without_verdict(), key=reason), reason):
        paths = [result.name(path) for path, _ in group]
        names = paths[0] if len(paths) == 1 else f"{len(paths)} files, {paths[0]} first"
        yield Text.assemble(
            (f"{title(tool)}: {state}", "bold red"),
            f" ({shown(names)})",
            f": {shown(why)}" if why else "",
        )


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _source(path: Path, result: Result) -> str:
    try:
        content = result.contents.get(path)
        return decode(read_regular(path, LARGEST_FILE) if content is None else content)
    except (OSError, ValueError):
        return ""
