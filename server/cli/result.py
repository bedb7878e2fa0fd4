"""A scan as the command line sees it: what was asked for, and names for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from ..app.results.baseline import Baseline
from ..app.results.scan import most_important_of
from ..app.results.statistics import Statistics
from ..disk import LARGEST_FILE, read_regular
from ..model import Metric, Problem, Range, Report, State
from ..notebooks import Cell, InFile, is_notebook

_SURROGATE = re.compile("[\ud800-\udfff]")


def as_unicode(text: str) -> str:
    """For what has to be UTF-8: bytes of a name that are no character become U+FFFD."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


class Size(NamedTuple):
    """How long the files are that were measured: lines in all, and those of the longest file."""

    files: int
    lines: int
    longest: Path
    most: int

    @property
    def average(self) -> float:
        return self.lines / self.files


class Place(NamedTuple):
    """Where in its file a problem is. ``cell``: the one of a notebook that it is in, and where
    ``within`` that."""

    range: Range
    cell: Cell | None = None
    within: Range | None = None

    @staticmethod
    def of(range_: Range, book: InFile | None) -> Place:
        if book is None:
            return Place(range_)
        cell = book.notebook.cell_at(range_.start.line)
        return Place(book.place(range_), cell, cell.within(range_))


class Silence(NamedTuple):
    """One reason for which there is no verdict, and all whom it is the reason of."""

    tools: tuple[str, ...]
    state: State
    why: str
    paths: tuple[Path, ...]


def grouped(told: Iterable[tuple[Path, Report]]) -> list[Silence]:
    """The files of one tool and one reason together, and the tools that say the same of the same
    files."""
    files: dict[tuple[str, State, str], list[Path]] = {}
    for path, report in told:
        files.setdefault((report.tool, report.state, report.why), []).append(path)
    tools: dict[tuple[State, str, tuple[Path, ...]], list[str]] = {}
    for (tool, state, why), paths in files.items():
        tools.setdefault((state, why, tuple(paths)), []).append(tool)
    return [Silence(tuple(each), *reason) for reason, each in tools.items()]


@dataclass(frozen=True, slots=True)
class Result:
    """Every file looked at is a key of ``reports``; ``versions`` are by tool name. ``contents`` has
    what was looked at where that is not what is on disk. ``fixed``: what of the baseline is gone;
    None when there is none. ``most``: so many problems a person wants to read at most;
    ``unlisted``: so many were taken out for that. ``withheld``: of tools that may not run in a
    workspace, with its root."""

    root: Path
    problems: Mapping[Path, tuple[Problem, ...]]
    reports: Mapping[Path, tuple[Report, ...]]
    versions: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[Path, bytes] = field(default_factory=dict)
    fixed: Baseline | None = None
    most: int | None = None
    unlisted: int = 0
    withheld: tuple[tuple[Path, Report], ...] = ()

    def each(self) -> Iterator[tuple[Path, Problem]]:
        for path, problems in self.problems.items():
            yield from ((path, problem) for problem in problems)

    def placed(self) -> Iterator[tuple[Path, Problem, Place]]:
        """``each``, with where it is."""
        for path, problems in self.problems.items():
            book = self.notebook(path) if problems else None
            yield from ((path, each, Place.of(each.lead.range, book)) for each in problems)

    def content(self, path: Path) -> bytes:
        """What was looked at; empty where it cannot be read any more."""
        try:
            content = self.contents.get(path)
            return read_regular(path, LARGEST_FILE) if content is None else content
        except OSError:
            return b""

    def notebook(self, path: Path) -> InFile | None:
        """None for what is none, or cannot be read as one."""
        try:
            return InFile(self.content(path)) if is_notebook(path.name) else None
        except ValueError:
            return None

    def statistics(self) -> Statistics:
        return Statistics.of((self.name(path), problem) for path, problem in self.each())

    def new(self) -> Result:
        """Without what the baseline has."""
        kept = {
            path: tuple(each for each in problems if not each.known)
            for path, problems in self.problems.items()
        }
        return replace(self, problems=kept)

    def listed(self) -> Result:
        """What is to be read: what is new, the most important of it."""
        new = self.new()
        if self.most is None:
            return new
        listed = most_important_of(new.problems, self.most)
        unlisted = sum(map(len, new.problems.values())) - sum(map(len, listed.values()))
        return replace(new, problems=listed, unlisted=unlisted)

    def without_verdict(self) -> Iterator[tuple[Path, Report]]:
        """The tools that say nothing of a file: they failed, or were not let near it."""
        yield from self.withheld
        for path, reports in self.reports.items():
            yield from ((path, report) for report in reports if not report.state.is_verdict)

    def silences(self) -> list[Silence]:
        """``without_verdict``, in few words."""
        return grouped(self.without_verdict())

    def size(self) -> Size | None:
        """None where nothing was measured."""
        lines = {
            path: int(figure.value)
            for path, reports in self.reports.items()
            for report in reports
            for figure in report.figures
            if figure.metric is Metric.LINES
        }
        if not lines:
            return None
        longest = max(lines, key=lambda path: lines[path])
        return Size(len(lines), sum(lines.values()), longest, lines[longest])

    def name(self, path: Path) -> str:
        """The path below the root, with slashes; the whole path where it lies outside."""
        below = path.is_relative_to(self.root)
        return (path.relative_to(self.root) if below else path).as_posix()
