"""The tasks that analyse the whole workspace: security, quality, complexity and size."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from ..model import Category, Importance
from ..runner.calls import Outcome, Status
from ..runner.task import Context, Result, Task
from ..settings.tasks import IssueTask, Tasks
from .answers import summed


class Scanned(NamedTuple):
    """``counts``: problems by severity label. ``lines``: a line for people of each of them.
    ``failures``: a sentence for each tool that gave no verdict."""

    files: int
    counts: Mapping[str, int]
    lines: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


Scan = Callable[[Category, Importance, Callable[[str, float], object]], Awaitable[Scanned]]
"""Scans the workspace for a task that is so important, tells how far it is, and counts the problems
of one kind."""


class _Kind(NamedTuple):
    name: str
    title: str
    category: Category
    settings: Callable[[Tasks], IssueTask]


_KINDS = (
    _Kind("security_scan", "Security scan", Category.SECURITY, lambda s: s.security_scan),
    _Kind("code_analysis", "Code analysis", Category.QUALITY, lambda s: s.code_analysis),
    _Kind(
        "performance_profile",
        "Performance profile",
        Category.PERFORMANCE,
        lambda s: s.performance_profile,
    ),
)


def scan_names(settings: Tasks) -> list[str]:
    """The names of ``scan_tasks``."""
    return [kind.name for kind in _KINDS if kind.settings(settings).enabled]


def scan_tasks(settings: Tasks, scan: Scan) -> list[Task]:
    """Those that are switched on."""
    return [_task(kind, settings, scan) for kind in _KINDS if kind.settings(settings).enabled]


def _task(kind: _Kind, settings: Tasks, scan: Scan) -> Task:
    async def run(context: Context) -> Result:
        try:
            found = await scan(kind.category, context.importance, context.progress)
        except OSError as error:
            why = f"the workspace could not be scanned: {error.strerror or error}"
            return Result(outcome=Outcome(Status.FAILED, why=why))
        issues = sum(found.counts.values())
        if found.lines:
            await context.say("\n".join(found.lines) + "\n")
        value = summed(_summary(found, issues), issues, files=found.files, counts={**found.counts})
        if found.failures:
            why = "; ".join(found.failures)
            return Result(value, Outcome(Status.FAILED, why=f"not everything was analysed: {why}"))
        return Result(value)

    security = kind.category is Category.SECURITY
    return Task(
        kind.name,
        run,
        title=kind.title,
        importance=Importance[kind.settings(settings).priority.upper()],
        repeatable=True,
        timeout=settings.scan_timeout_seconds if security else settings.timeout_seconds,
        retries=settings.retries,
        retry_delay=settings.retry_delay_seconds,
    )


def _summary(found: Scanned, issues: int) -> str:
    files = f"{found.files:,} file{'s' * (found.files != 1)}"
    if not issues:
        return f"no issues in {files}"
    worst = ", ".join(f"{count} {label}" for label, count in found.counts.items() if count)
    return f"{issues:,} issue{'s' * (issues != 1)} in {files}: {worst}"
