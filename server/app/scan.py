"""The result of a scan: a plain value, for the command line and for commands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..checks import compose
from ..model import Problem, Report


@dataclass(frozen=True, slots=True)
class Scan:
    """``problems`` and ``reports`` have an entry for every file that was looked at."""

    root: Path
    problems: Mapping[Path, tuple[Problem, ...]]
    reports: Mapping[Path, tuple[Report, ...]]

    @staticmethod
    def of(
        root: Path, reports: Mapping[Path, tuple[Report, ...]], ignored: Collection[str]
    ) -> Scan:
        ordered = dict(sorted(reports.items()))
        problems = {path: compose.problems(each, ignored) for path, each in ordered.items()}
        return Scan(root, problems, ordered)

    @property
    def failures(self) -> tuple[tuple[Path, Report], ...]:
        """The reports of tools that gave no verdict although they should have."""
        return tuple(
            (path, report)
            for path, reports in self.reports.items()
            for report in reports
            if report.state.needs_attention
        )
