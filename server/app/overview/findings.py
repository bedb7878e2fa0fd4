"""What is known of the files of one workspace, as those who looked at them have left it."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from ...checks.engine import Checks
from ...discover import Found, mode_of
from ...model import Problem, State
from ...runner.engine import Engine
from ...store.results import FileStamp
from ...tasks.answers import found_by
from ..changes import printable
from ..folder.workspace import Workspace
from . import owners
from .listing import Group, InFile, Row, new_by_severity

_NANO = 1e9


class Findings(NamedTuple):
    """``files``: those in which something was found, by their paths; so many were ``looked_at``,
    of which so many are otherwise on disk by now. ``new`` counts what the baseline does not have,
    which has ``known`` of them. ``silent``: of so many files nothing is known from each of these
    tools."""

    files: tuple[InFile, ...]
    looked_at: int
    changed: int
    new: Group
    known: int
    silent: tuple[tuple[str, int], ...]


NOTHING = Findings((), 0, 0, new_by_severity(()), 0, ())


class FindingsReader:
    """Belongs to the event loop. No tool looks at anything for it."""

    def __init__(self, workspace: Workspace, engine: Engine, checks: Checks) -> None:
        self._workspace = workspace
        self._engine = engine
        self._checks = checks
        self._stamps: Mapping[str, FileStamp] = {}
        self._unfinished: AbstractSet[str] = frozenset()
        """The files of which a tool has said nothing so far."""
        self._judged_by: object = None
        self._tasked: dict[str, int] = {}
        self._owners: tuple[owners.Rule, ...] = ()
        self._files: dict[str, InFile] = {}
        self._known = NOTHING

    async def look(self) -> Findings:
        """As things are now; the same value where nothing has changed. Raises sqlite3.Error."""
        workspace = self._workspace
        stamps = await workspace.results.stamps()
        judged_by = workspace.settings, workspace.baseline, workspace.trusted, workspace.today()
        if anew := judged_by != self._judged_by:
            self._stamps, self._files, self._judged_by = {}, {}, judged_by
            self._owners = await asyncio.to_thread(owners.read, workspace.root)
        moved = {path for path, stamp in stamps.items() if self._stamps.get(path) != stamp}
        gone = self._stamps.keys() - stamps.keys()
        tasked = await self._take_tasked()
        if not (anew or moved or gone or tasked or self._unfinished):
            return self._known
        self._stamps = stamps
        there, changed = await asyncio.to_thread(self._there, moved | self._unfinished)
        left = [path for path in moved if path not in there]
        for path in (*gone, *left):
            workspace.files.pop(path, None)
        before = {path: workspace.files.get(path) for path in there}
        await workspace.recall(self._checks, list(there.values()))
        self._unfinished = {path for path in there if self._is_unfinished(path)}
        told = {path for path in there if before[path] is not workspace.files.get(path)}
        if not (anew or told or gone or left or tasked):
            return self._known
        for path in told | tasked | gone | {*left}:
            if (file := self._in_file(path)).rows:
                self._files[path] = file
            else:
                self._files.pop(path, None)
        self._known = self._all(changed)
        return self._known

    def _all(self, changed: int) -> Findings:
        files = tuple(sorted(self._files.values(), key=lambda file: file.path))
        every = sum(len(rows) for file in files for rows in file.rows.values())
        new, looked_at = new_by_severity(files), len(self._workspace.files)
        return Findings(files, looked_at, changed, new, every - new.total, self._silent())

    def _there(self, wanted: AbstractSet[str]) -> tuple[dict[str, Found], int]:
        """Of the files that are ``wanted`` those that are there and a scan would look at, as they
        were when they were looked at; and how many of all are otherwise by now. Blocks."""
        found = {each.path for each in self._workspace.find(wanted)} if wanted else set[str]()
        there = {p: Found(p, *self._stamps[p][:3], mode_of(p)) for p in found & wanted}
        return there, sum(_is_changed(path, stamp) for path, stamp in self._stamps.items())

    async def _take_tasked(self) -> set[str]:
        """Note what tasks have found last; the paths for which that is something else."""
        paths: set[str] = set()
        for job in await self._engine.jobs.last_values():
            reports = found_by(job.value)
            if reports is not None and self._tasked.get(job.task) != job.id:
                self._tasked[job.task] = job.id
                paths |= self._workspace.tasked.take(job.task, reports, job.ended)
        return paths

    def _is_unfinished(self, path: str) -> bool:
        view = self._workspace.files.get(path)
        return view is not None and any(r.state is State.NOT_ANALYSED for r in view.reports)

    def _in_file(self, path: str) -> InFile:
        stamp = self._stamps.get(path)
        since = stamp.mtime_ns / _NANO if stamp else 0.0
        name = os.path.relpath(path, self._workspace.root)
        problems = self._workspace.view(path).problems
        rows = [(each.severity.label, _row(each)) for each in problems]
        # The owner is chosen by its name, as it is shown.
        owner = printable(owners.owner_of(name, self._owners))
        return InFile.of(name, owner, since, rows)

    def _silent(self) -> tuple[tuple[str, int], ...]:
        """By how many files."""
        silent = Counter(
            report.tool
            for view in self._workspace.files.values()
            for report in view.reports
            if not report.state.is_verdict
        )
        return tuple(silent.most_common())


def _is_changed(path: str, stamp: FileStamp) -> bool:
    try:
        now = os.stat(path)
    except OSError:
        return False  # it is gone, and nothing is said of it
    return (now.st_mtime_ns, now.st_size, now.st_ino) != stamp[:3]


def _row(problem: Problem) -> Row:
    line, column = problem.lead.range.start
    tools, rules = ", ".join(problem.tools), ", ".join(problem.rules)
    lead = problem.lead
    return Row(line + 1, column + 1, lead.message, tools, rules, lead.url, problem.known)
