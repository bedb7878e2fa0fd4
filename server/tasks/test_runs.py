"""The task that runs the project's tests: all of them, chosen ones, the failed, or the affected."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..model import Importance, Report
from ..runner.calls import Outcome, Status
from ..runner.logfile import tail
from ..runner.task import Context, Result, Task
from ..settings.tasks import Tasks
from .answers import found, summed
from .testing.affected import Graph, affected
from .testing.detect import TestRunner, detect, interpreter
from .testing.events import Events
from .testing.imports import ImportCache, Source
from .testing.items import is_test_file
from .testing.plan import Plan, plan
from .testing.results import (
    Selection,
    TestOutcome,
    TestReport,
    TestResult,
    findings,
    still_failing,
)

NAME = "test_runner"
_MOST_OUTPUT = 4 << 20
_FOLLOW_SECONDS = 0.2

Sources = Callable[[], Iterable[Source]]
"""The Python files of the workspace, as ``files.discover`` tells of them. Looks at the disk."""


class TestRuns:
    """What the tests of one workspace came to: what fails is known from one run to the next.

    Parameters of the task: ``files`` and ``ids`` choose tests; ``failed`` chooses those that
    failed; ``changed`` (paths relative to the root) those that a change affects. None: all.
    """

    __test__ = False

    def __init__(self, root: Path, sources: Sources, environ: Mapping[str, str]) -> None:
        self._root = root
        self._sources = sources
        self._environ = environ
        self._failing: dict[TestRunner, dict[str, TestResult]] = {}
        self._imports = ImportCache()
        self._graph: Graph | None = None

    def task(self, settings: Tasks) -> Task:
        own = settings.test_runner
        return Task(
            NAME,
            self._run,
            title="Tests",
            importance=Importance[own.priority.upper()],
            repeatable=True,
            timeout=settings.timeout_seconds,
            retries=0,
            needs_trust=True,
        )

    async def _run(self, context: Context) -> Result:
        runners = await asyncio.to_thread(detect, str(self._root))
        if not runners:
            return Result(summed("no tests were found", 0))
        reports: list[tuple[TestReport, Outcome]] = []
        for runner in runners:
            selection = await self._selection(runner, context.parameters)
            if selection is not None:
                reports.append(await self._run_one(context, runner, selection))
        return self._result(reports)

    async def _selection(
        self, runner: TestRunner, parameters: Mapping[str, Any]
    ) -> Selection | None:
        """None: nothing is to be run."""
        if parameters.get("failed"):
            failing = tuple(self._failing.get(runner, ()))
            return Selection(ids=failing) if failing else None
        if changed := parameters.get("changed"):
            return await asyncio.to_thread(self._affected, runner, tuple(changed))
        return Selection(tuple(parameters.get("files", ())), tuple(parameters.get("ids", ())))

    def _affected(self, runner: TestRunner, changed: tuple[str, ...]) -> Selection | None:
        imports = self._imports.read(str(self._root), self._sources(), changed, time.time_ns())
        graph = self._graph = Graph(imports, changed, previous=self._graph)
        tests = [path for path in imports if is_test_file(path, runner.naming)]
        return affected(changed, graph, tests).selection

    async def _run_one(
        self, context: Context, runner: TestRunner, selection: Selection
    ) -> tuple[TestReport, Outcome]:
        with tempfile.TemporaryDirectory(prefix="understudy-tests-") as folder:
            python = interpreter(str(self._root), "")
            planned = plan(runner, str(self._root), selection, folder, self._environ, python)
            started = time.time()
            following = asyncio.create_task(_follow(context, planned))
            try:
                result = await context.run(planned.command)
            finally:
                following.cancel()
            outcome = result.outcome

            def read() -> TestReport:
                output = tail(context.log, _MOST_OUTPUT).decode("utf-8", "replace")
                return planned.report(output, outcome.exit_code, started)

            report = TestReport((), False, outcome.why)
            if outcome.status in (Status.DONE, Status.FAILED):
                report = await asyncio.to_thread(read)
        before = self._failing.get(runner, {})
        self._failing[runner] = still_failing(before, report, planned.selection)
        return report, outcome

    def _result(self, reports: list[tuple[TestReport, Outcome]]) -> Result:
        failing = [each for known in self._failing.values() for each in known.values()]
        shown = {
            os.path.join(self._root, file): Report.of("tests", those)
            for file, those in findings(failing).items()
        }
        counts = {outcome.value: 0 for outcome in TestOutcome}
        for report, _ in reports:
            for test, count in report.counts.items():
                counts[test.value] += count
        ran = {name: count for name, count in counts.items() if count}
        summary = ", ".join(f"{count} {name}" for name, count in ran.items()) or "nothing to run"
        issues = sum(len(report.failures) for report, _ in reports)
        value = found(summary, issues, shown, counts=ran, failed=[each.id for each in failing])
        for report, outcome in reports:
            if not report.complete or report.why:
                broken = outcome if outcome.status is not Status.DONE else None
                status = broken.status if broken else Status.FAILED
                why = report.why or outcome.why or "the tests did not run to their end"
                return Result(value, replace(outcome, status=status, why=why))
        return Result(value)


async def _follow(context: Context, planned: Plan) -> None:
    """Tell of the results as they come."""
    if not planned.streams:
        return
    events = planned.events()
    seen: list[TestResult] = []
    with contextlib.suppress(OSError):
        position = 0
        while True:
            await asyncio.sleep(_FOLLOW_SECONDS)
            piece = await asyncio.to_thread(_read_from, planned.results, position)
            position += len(piece)
            if fresh := events.feed(piece):
                seen += fresh
                _tell(context, events, seen)


def _tell(context: Context, events: Events, seen: list[TestResult]) -> None:
    failed = sum(result.outcome.fails for result in seen)
    of = f" of {events.collected}" if events.collected else ""
    message = f"{len(seen)}{of} tests" + (f", {failed} failed" if failed else "")
    context.progress(message, len(seen) / events.collected if events.collected else 0.0)


def _read_from(path: str, position: int) -> bytes:
    try:
        with open(path, "rb") as file:
            file.seek(position)
            return file.read(1 << 20)
    except FileNotFoundError:
        return b""
