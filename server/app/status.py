"""The status, computed from what is known; a tool that failed anywhere is not hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from ..analyzers.table import ANALYZERS
from ..checks import compose
from ..model import Cost, Report, State, Status, ToolStatus
from ..runner.execute import Runner
from .document import OpenDocument
from .workspace import Workspace


def status_of(
    workspaces: Collection[Workspace],
    documents: Collection[OpenDocument],
    runner: Runner,
    passes: int,
    troubles: Iterable[str],
) -> Status:
    """``passes``: scans and looks that are under way, which count as running."""
    open_paths = {document.path for document in documents}
    closed = [
        view
        for workspace in workspaces
        for path, view in workspace.files.items()
        if path not in open_paths
    ]
    reports = [r for document in documents for r in document.placed.reports]
    reports += [report for view in closed for report in view.reports]
    running = {tool for document in documents for tool in document.unanswered}
    counts = Counter(compose.counts(()))
    for known in (document.placed.counts for document in documents):
        counts.update(known)
    for view in closed:
        counts.update(view.counts)
    folders = [workspace for workspace in workspaces if not workspace.loose] or workspaces
    return Status(
        trusted=bool(folders) and all(workspace.trusted for workspace in folders),
        running=runner.running + passes,
        counts=counts,
        tools=tuple(
            _tool(analyzer.name, analyzer.version(), reports, running, runner.costs)
            for analyzer in ANALYZERS
        ),
        notices=tuple(filter(None, [*troubles, *(w.trouble for w in workspaces)])),
    )


def _tool(
    name: str,
    version: str,
    reports: Iterable[Report],
    running: Collection[str],
    costs: Mapping[str, Cost],
) -> ToolStatus:
    own = [report for report in reports if report.tool == name]
    worst = compose.worst(own)
    state = worst.state if worst else State.NOT_ANALYSED
    why = worst.why if worst else "no file was looked at yet"
    silent = sum(not report.state.is_verdict for report in own)
    if state.is_verdict and silent:
        why = f"{silent} of {len(own)} files not analysed"
    if name in running and not state.needs_attention:
        state, why = State.RUNNING, ""
    return ToolStatus(name, state, why, version, costs.get(name, Cost()))
