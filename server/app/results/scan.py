"""What a scan yields: plain values, for the command line, for commands and for the status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ...checks import compose
from ...findings.baseline import Baseline
from ...findings.families import NOT_ANALYSED
from ...findings.limits import most_important, shares, tally
from ...model import Category, Problem, Report
from ...settings import Settings
from ...settings.ignored import Ignored


@dataclass(frozen=True, slots=True)
class FileView:
    """What is known of a file that is not open, and what is ``shown`` of it; ``counts`` is by
    severity label. ``ignored``: the entries of ``rules.ignore`` that are of use in it."""

    reports: tuple[Report, ...]
    problems: tuple[Problem, ...]
    shown: tuple[Problem, ...]
    counts: Mapping[str, int]
    ignored: frozenset[Ignored] = frozenset()

    @staticmethod
    def of(
        reports: tuple[Report, ...], settings: Settings, here: compose.Circumstances
    ) -> FileView:
        found = compose.composed(reports, settings, here)
        shown = compose.visible(found.shown, settings)
        counts = compose.counts([compose.counted(found.shown, settings)])
        return FileView(reports, found.shown, shown, counts, found.used)


def most_important_of(
    problems: Mapping[Path, tuple[Problem, ...]], most: int
) -> dict[Path, tuple[Problem, ...]]:
    """Of all files together at most so many, as an editor chooses those that it shows."""
    tallies = {str(path): tally(each) for path, each in problems.items()}
    shared = shares(tallies, most)
    return {path: most_important(each, shared[str(path)]) for path, each in problems.items()}


class Seen(NamedTuple):
    """A file that was just scanned, whether that changed what is known, and how far the scan is."""

    path: str
    changed: bool
    done: int
    files: int


def versions(reports: Iterable[Report]) -> dict[str, str]:
    """Those in which tools answered, by tool."""
    told: dict[str, set[str]] = {}
    for report in reports:
        if report.version:
            told.setdefault(report.tool, set()).add(report.version)
    return {tool: ", ".join(sorted(each)) for tool, each in told.items()}


@dataclass(frozen=True, slots=True)
class Scan:
    """``problems`` and ``reports`` have an entry for every file that was looked at. ``kept`` and
    ``fixed`` are what of the baseline is there and what is not any more, by the names of the files;
    None when there is no baseline. ``withheld``: of the tools that were wanted and may not run,
    whatever the files."""

    root: Path
    problems: Mapping[Path, tuple[Problem, ...]]
    reports: Mapping[Path, tuple[Report, ...]]
    kept: Baseline | None = None
    fixed: Baseline | None = None
    withheld: tuple[Report, ...] = ()

    @staticmethod
    def of(root: Path, views: Mapping[Path, FileView], withheld: tuple[Report, ...] = ()) -> Scan:
        ordered = dict(sorted(views.items()))
        return Scan(
            root,
            {path: view.problems for path, view in ordered.items()},
            {path: view.reports for path, view in ordered.items()},
            withheld=withheld,
        )

    def only(
        self, category: Category | None, *, new: bool = False
    ) -> Mapping[Path, tuple[Problem, ...]]:
        """The problems in which a tool speaks of ``category`` (None: all), and its silences.
        ``new``: without those that the baseline has."""
        return {
            path: tuple(p for p in compose.only(each, category) if not (new and p.known))
            for path, each in self.problems.items()
        }

    @property
    def versions(self) -> Mapping[str, str]:
        """By tool; where it has several, as folders have their own, all of them."""
        return versions(report for each in self.reports.values() for report in each)

    @property
    def complete(self) -> bool:
        """Whether every tool that should look at a file could; where none could because of a syntax
        error, that is what was found."""
        return not self.silences

    @property
    def failures(self) -> tuple[tuple[Path, Report], ...]:
        """The reports of tools that gave no verdict although they should have."""
        return tuple(each for each in self._all() if each[1].state.needs_attention)

    @property
    def silences(self) -> tuple[tuple[Path, Report], ...]:
        """The failures, and the reports of tools that could not look at a file."""
        silent = {p for p, each in self.problems.items() if any(map(compose.says_nothing, each))}
        return tuple(
            (path, report)
            for path, report in self._all()
            if report.state.needs_attention
            or (path in silent and any(each.rule == NOT_ANALYSED for each in report.findings))
        )

    def _all(self) -> Iterator[tuple[Path, Report]]:
        yield from ((self.root, report) for report in self.withheld)
        for path, reports in self.reports.items():
            yield from ((path, report) for report in reports)
