"""The status: computed from what is known, where no tool that failed anywhere is hidden, and told
soon after anything happened, when it is news."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from ..analyzers.base import Analyzer
from ..analyzers.table import BUILT_IN, analyzers
from ..checks import compose
from ..model import Cost, Report, State, Status, Strain, ToolStatus
from ..runner.execute import Runner
from .folder.closed import ClosedFiles
from .folder.workspace import Workspace
from .open.document import OpenDocument
from .results.scan import versions

_T = TypeVar("_T")

_PAUSE_SECONDS = 0.1
_SHARE = 0.05
"""So much of the loop's time may go into it: with ten thousand files it is told of more rarely."""


class StatusTeller:
    """Belongs to the event loop. ``status`` computes how things stand, ``told`` hears of it."""

    def __init__(self, status: Callable[[], Status], told: Callable[[Status], object]) -> None:
        self._status = status
        self._tell = told
        self._timer: asyncio.TimerHandle | None = None
        self._took = 0.0
        self._told: Status | None = None

    def soon(self) -> None:
        """Something has changed."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            pause = max(_PAUSE_SECONDS, self._took / _SHARE)
            self._timer = loop.call_later(pause, self._due)

    def after(self, heard: Callable[[_T], object]) -> Callable[[_T], None]:
        """``heard``, which is told of something that the status may tell of, too."""

        def both(told: _T) -> None:
            heard(told)
            self.soon()

        return both

    def _due(self) -> None:
        self._timer = None
        self.tell()

    def tell(self) -> Status:
        """How things stand, now; told if that is news."""
        began = time.perf_counter()
        status = self._status()
        self._took = time.perf_counter() - began
        if status != self._told:
            self._told = status
            self._tell(status)
        if status.running:
            self.soon()  # its end is news
        return status


def status_of(
    workspaces: Collection[Workspace],
    documents: Collection[OpenDocument],
    runner: Runner,
    closed_files: ClosedFiles,
    troubles: Iterable[str],
    strain: Strain | None = None,
) -> Status:
    """Scans and looks that are under way count as running."""
    open_paths = {document.path for document in documents}
    views = {path: view for workspace in workspaces for path, view in workspace.views().items()}
    closed = [view for path, view in views.items() if path not in open_paths]
    reports: defaultdict[str, defaultdict[State, list[Report]]] = defaultdict(
        partial(defaultdict, list)
    )
    for each in (
        *(document.placed.reports for document in documents),
        *(v.reports for v in closed),
    ):
        for report in each:
            reports[report.tool][report.state].append(report)
    running = {tool for document in documents for tool in document.unanswered}
    counts = Counter(compose.counts(()))
    for known in (document.placed.counts for document in documents):
        counts.update(known)
    for view in closed:
        if view.problems:
            counts.update(view.counts)
    listed = _switched_on(workspaces) or BUILT_IN
    versions_of = {each.name: each.version() for each in listed}
    versions_of |= dict.fromkeys(sorted(_of_tasks(workspaces) - versions_of.keys()), "")
    folders = [workspace for workspace in workspaces if not workspace.loose] or workspaces
    return Status(
        trusted=bool(folders) and all(workspace.trusted for workspace in folders),
        running=runner.running + closed_files.passes,
        counts=counts,
        tools=tuple(
            _tool(name, version, reports[name], running, runner.costs)
            for name, version in versions_of.items()
        ),
        unshown=closed_files.unshown,
        notices=tuple(filter(None, [*troubles, *(w.trouble for w in workspaces)])),
        strain=strain,
    )


def _switched_on(workspaces: Collection[Workspace]) -> list[Analyzer]:
    """In one of them at least, in the order in which they are listed."""
    found = {each.name: each for w in workspaces for each in analyzers(w.settings)}
    order = {each.name: place for place, each in enumerate(BUILT_IN)}
    return sorted(found.values(), key=lambda each: order.get(each.name, len(order)))


def _of_tasks(workspaces: Collection[Workspace]) -> set[str]:
    """The tools that tasks asked, by what those left."""
    return {tool for workspace in workspaces for tool in workspace.tasked.tools}


def _tool(
    name: str,
    version: str,
    by_state: Mapping[State, Sequence[Report]],
    running: Collection[str],
    costs: Mapping[str, Cost],
) -> ToolStatus:
    told = versions(report for reports in by_state.values() for report in reports)
    worst = compose.worst(reports[0] for reports in by_state.values())
    state = worst.state if worst else State.NOT_ANALYSED
    why = worst.why if worst else "no file was looked at yet"
    silent = sum(len(reports) for state, reports in by_state.items() if not state.is_verdict)
    if state.is_verdict and silent:
        files = sum(map(len, by_state.values()))
        why = f"{silent} of {files} files not analysed"
    if name in running and not state.needs_attention:
        state, why = State.RUNNING, ""
    return ToolStatus(name, state, why, told.get(name) or version, costs.get(name, Cost()))
