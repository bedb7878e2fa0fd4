"""What is known of the files of one workspace, as those who looked at them have left it."""

from __future__ import annotations

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import NamedTuple

from ...checks.engine import Checks
from ...discover import Found, mode_of
from ...findings.fingerprint import name_of
from ...model import Problem, State
from ...runner.engine import Engine
from ...store.results import FileStamp
from ...tasks.answers import found_by
from ..changes import printable
from ..folder.workspace import Workspace
from . import owners
from .listing import Cohort, Group, Row, new_by_severity

_NANO = 1e9


class Findings(NamedTuple):
    """``cohorts`` by their paths, of a file the newest first; so many files were ``looked_at``, of
    which so many are otherwise on disk by now. ``new`` counts what the baseline does not have,
    which has ``known`` of them. ``silent``: of so many files nothing is known from each of these
    tools."""

    cohorts: tuple[Cohort, ...]
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
        self._stale: set[str] = set()
        """The files to be told of anew. They stay here until that is done: a look may be given up
        before its end, or fail."""
        self._unfinished: AbstractSet[str] = frozenset()
        """The files of which a tool has said nothing so far."""
        self._judged_by: object = None
        self._tasked: dict[str, int] = {}
        self._owners: tuple[owners.Rule, ...] = ()
        self._files: dict[str, tuple[Cohort, ...]] = {}
        self._known = NOTHING

    async def look(self) -> Findings:
        """As things are now; the same value where nothing has changed. Raises sqlite3.Error."""
        workspace = self._workspace
        await self._judge_anew()
        stamps = await workspace.results.stamps()
        before, self._stamps = self._stamps, stamps
        self._stale |= {path for path, stamp in stamps.items() if before.get(path) != stamp}
        self._stale |= before.keys() - stamps.keys()
        await self._take_tasked()
        if not (self._stale or self._unfinished):
            return self._known
        wanted = (self._stale | self._unfinished) & stamps.keys()
        there, changed = await asyncio.to_thread(self._there, wanted)
        for path in self._stale - there.keys():
            workspace.files.pop(path, None)
        views = {path: workspace.files.get(path) for path in there}
        await workspace.recall(self._checks, list(there.values()))
        self._unfinished = {path for path in there if self._is_unfinished(path)}
        self._stale |= {path for path in there if views[path] is not workspace.files.get(path)}
        if not self._stale:
            return self._known
        came = await workspace.lives.came(self._stale)
        for path in self._stale:
            if cohorts := self._in_file(path, came.get(path, {})):
                self._files[path] = cohorts
            else:
                self._files.pop(path, None)
        self._stale.clear()
        self._known = self._all(changed)
        return self._known

    async def _judge_anew(self) -> None:
        """All of them, where something else holds for them than at the last look."""
        workspace = self._workspace
        judged_by = workspace.settings, workspace.baseline, workspace.trusted, workspace.today()
        if judged_by != self._judged_by:
            self._owners = await asyncio.to_thread(owners.read, workspace.root)
            workspace.new_day()
            self._judged_by = judged_by
            self._stale |= self._stamps.keys() | self._files.keys()

    def _all(self, changed: int) -> Findings:
        in_files = sorted(self._files.values(), key=lambda cohorts: cohorts[0].path)
        cohorts = tuple(chain.from_iterable(in_files))
        every = sum(len(rows) for cohort in cohorts for rows in cohort.rows.values())
        new, looked_at = new_by_severity(cohorts), len(self._workspace.files)
        return Findings(cohorts, looked_at, changed, new, every - new.total, self._silent())

    def _there(self, wanted: AbstractSet[str]) -> tuple[dict[str, Found], int]:
        """Of the files that are ``wanted`` those that are there and a scan would look at, as they
        were when they were looked at; and how many of all are otherwise by now. Blocks."""
        found = {each.path for each in self._workspace.find(wanted)} if wanted else set[str]()
        there = {p: Found(p, *self._stamps[p][:3], mode_of(p)) for p in found & wanted}
        return there, sum(_is_changed(path, stamp) for path, stamp in self._stamps.items())

    async def _take_tasked(self) -> None:
        """Note what tasks have found last, and the paths for which that is something else."""
        for job in await self._engine.jobs.last_values():
            reports = found_by(job.value)
            if reports is not None and self._tasked.get(job.task) != job.id:
                self._tasked[job.task] = job.id
                self._stale |= self._workspace.tasked.take(job.task, reports, job.ended)

    def _is_unfinished(self, path: str) -> bool:
        view = self._workspace.files.get(path)
        return view is not None and any(r.state is State.NOT_ANALYSED for r in view.reports)

    def _in_file(self, path: str, came: Mapping[str, float]) -> tuple[Cohort, ...]:
        """``came``: when findings were first seen, by their names. A file that is older has them
        since it is as it is."""
        stamp = self._stamps.get(path)
        unchanged = stamp.mtime_ns / _NANO if stamp else 0.0
        name = os.path.relpath(path, self._workspace.root)
        # The owner is chosen by its name, as it is shown.
        owner = printable(owners.owner_of(name, self._owners))
        rows: defaultdict[float, list[tuple[str, Row]]] = defaultdict(list)
        for each in self._workspace.view(path).problems:
            first = came.get(name_of(each.lead.fingerprint), unchanged)
            since = min(unchanged, first) if stamp else first
            rows[since].append((each.severity.label, _row(each)))
        return tuple(Cohort.of(name, owner, at, rows[at]) for at in sorted(rows, reverse=True))

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
