"""What tasks found in the files of one folder, besides what the tools say of each."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from ...discover import around
from ...model import Report


class Tasked(NamedTuple):
    """What a task found in a file, and when it ended, in seconds since the epoch; None where that
    is not known."""

    task: str
    ended: float | None
    report: Report


class TaskResults:
    """By task and path; what a task finds takes the place of what it found before."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Report]] = {}
        self._ended: dict[str, float | None] = {}

    def take(
        self, task: str, reports: Mapping[str, Report], ended: float | None = None
    ) -> set[str]:
        """What a task found; the paths that this is about."""
        before = self.by(task)
        self._found[task], self._ended[task] = dict(reports), ended
        return before.keys() | reports.keys()

    def by(self, task: str) -> Mapping[str, Report]:
        """What one found, by path."""
        return self._found.get(task, {})

    def of(self, path: str) -> list[Tasked]:
        """What was found in a file."""
        return [
            Tasked(task, self._ended[task], found[path])
            for task, found in self._found.items()
            if path in found
        ]

    def on(self, path: str) -> list[Report]:
        """The same without by what, and when."""
        return [found[path] for found in self._found.values() if path in found]

    @property
    def paths(self) -> set[str]:
        """The files in which something was found."""
        return set[str]().union(*self._found.values())

    @property
    def tools(self) -> set[str]:
        """Those that tasks asked, by what they left."""
        return {report.tool for found in self._found.values() for report in found.values()}

    def gone(self, paths: AbstractSet[str]) -> set[str]:
        """These files, or all in these folders, are gone, and what was found in them; which."""
        gone = {path for path in self.paths if not paths.isdisjoint(around(path))}
        for task, found in self._found.items():
            self._found[task] = {p: report for p, report in found.items() if p not in gone}
        return gone
