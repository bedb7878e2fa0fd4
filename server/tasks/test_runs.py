"""The task that runs the project's tests: all of them, chosen ones, the failed, or the affected."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ..analyzers.interpreters import NoInterpreter, interpreter
from ..findings.redact_output import told_without_secrets
from ..model import Importance, Report
from ..runner.calls import Outcome, Status
from ..runner.logfile import tail
from ..runner.task import Context, Result, Task
from ..settings.tasks import Tasks, TestRunner
from ..store.job_rows import DONE, Record
from ..store.measured import Suite
from .answers import found
from .testing import memory
from .testing.affected import Graph, affected
from .testing.detect import Kind, OwnCommand, detect
from .testing.detect import TestRunner as Runner
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
from .testing.stamp import KEY as FILES
from .testing.stamp import stamp

NAME = "test_runner"
_MOST_OUTPUT = 4 << 20
_FOLLOW_SECONDS = 0.2

_CHOOSE = ("failed", "changed", "files", "ids")
"""What chooses among the tests."""

Sources = Callable[[], Iterable[Source]]
"""The Python files of the workspace, as ``files.discover`` tells of them. Looks at the disk."""


Last = Callable[[], Awaitable[Any]]
"""What the last run of the tests left with its job, be it of another process; None: nothing."""


class _Ran(NamedTuple):
    """``selection``: what ran, which may be more than was asked for; ``note`` says why."""

    report: TestReport
    outcome: Outcome
    selection: Selection = Selection()
    note: str = ""


class TestRuns:
    """Runs the tests of one workspace; what fails is known from one run to the next, by ``last``.

    Parameters of the task: ``files`` and ``ids`` choose tests; ``failed`` chooses those that
    failed; ``changed`` (paths relative to the root) those that a change affects. None: all.
    """

    __test__ = False

    def __init__(
        self, root: Path, sources: Sources, last: Last, environ: Mapping[str, str]
    ) -> None:
        self._root = root
        self._sources = sources
        self._last = last
        self._environ = environ
        self._imports = ImportCache()
        self._graph: Graph | None = None

    def task(self, settings: Tasks) -> Task:
        own = settings.test_runner

        async def run(context: Context) -> Result:
            return await self._run(context, own)

        return Task(
            NAME,
            run,
            title="Tests",
            importance=Importance[own.priority.upper()],
            repeatable=True,
            timeout=settings.timeout_seconds,
            retries=0,
            needs_trust=True,
            options=_CHOOSE,
        )

    async def _run(self, context: Context, own: TestRunner) -> Result:
        runners = await asyncio.to_thread(runners_of, self._root, own)
        if not runners:
            return Result(found("no tests were found", 0, {}))
        failing = memory.load(await self._last(), runners)
        whole = not context.parameters
        before = await asyncio.to_thread(stamp, self._root) if whole else ""
        ran: dict[str, _Ran] = {}
        for runner in runners:
            known = failing[runner.name]
            selection = await self._selection(runner, runners, known, context.parameters)
            if selection is not None:
                ran[runner.name] = await self._run_one(context, runner, selection, own.interpreter)
        failing = memory.load(await self._last(), runners)  # other runs may have ended meanwhile
        for name, one in ran.items():
            failing[name] = still_failing(failing[name], one.report, one.selection)
        same = whole and before == await asyncio.to_thread(stamp, self._root)
        return self._result(list(ran.values()), failing, before if same else "")

    async def _selection(
        self,
        runner: Runner,
        runners: Sequence[Runner],
        failing: memory.Failing,
        parameters: Mapping[str, Any],
    ) -> Selection | None:
        """None: nothing is to be run."""
        if parameters.get("failed"):
            return Selection(ids=tuple(failing)) if failing else None
        if changed := parameters.get("changed"):
            return await asyncio.to_thread(self._affected, runner, _texts(changed))
        files, ids = _texts(parameters.get("files")), _texts(parameters.get("ids"))
        if len(runners) == 1 or not (files or ids):
            return Selection(files, ids)
        own = Selection(*(tuple(filter(runner.may_have, names)) for names in (files, ids)))
        return None if own.everything else own

    def _affected(self, runner: Runner, changed: tuple[str, ...]) -> Selection | None:
        if not runner.kind.is_python and runner.kind is not Kind.COMMAND:
            return None if all(path.endswith(".py") for path in changed) else Selection()
        imports = self._imports.read(str(self._root), self._sources(), changed, time.time_ns())
        graph = self._graph = Graph(imports, changed, previous=self._graph)
        tests = [p for p in imports if is_test_file(p, runner.naming) and runner.may_have(p)]
        return affected(changed, graph, tests).selection

    async def _run_one(
        self, context: Context, runner: Runner, selection: Selection, setting: str
    ) -> _Ran:
        with tempfile.TemporaryDirectory(prefix="understudy-tests-") as folder:
            try:
                planned = await asyncio.to_thread(self._plan, runner, selection, folder, setting)
            except (NoInterpreter, ValueError) as error:
                missing = isinstance(error, NoInterpreter)
                status = Status.MISSING if missing else Status.FAILED
                report = TestReport((), False, str(error))
                return _Ran(report, Outcome(status, why=str(error)))
            started = time.time()
            following = asyncio.create_task(_follow(context, planned))
            try:
                outcome = (await context.run(planned.command)).outcome
            finally:
                following.cancel()

            def read() -> TestReport:
                output = tail(context.log, _MOST_OUTPUT).decode("utf-8", "replace")
                report = planned.report(output, outcome.exit_code, started)
                return _private(report, context.secrets)

            report = TestReport((), False, outcome.why)
            if outcome.status in (Status.DONE, Status.FAILED):
                report = await asyncio.to_thread(read)
        return _Ran(report, outcome, planned.selection, planned.note)

    def _plan(self, runner: Runner, selection: Selection, folder: str, setting: str) -> Plan:
        root, python = str(self._root), ""
        if runner.kind.is_python:
            python = interpreter(root, runner.folder, setting, self._environ)
        return plan(runner, root, selection, folder, self._environ, python)

    def _result(
        self, ran: Sequence[_Ran], failing: Mapping[str, memory.Failing], files: str
    ) -> Result:
        """``files``: by what they are known; empty where they changed meanwhile, or not all tests
        were to run."""
        every = [each for known in failing.values() for each in known.values()]
        shown = {
            os.path.join(self._root, file): Report.of("tests", those)
            for file, those in findings(every).items()
        }
        counts = {outcome.value: 0 for outcome in TestOutcome}
        for one in ran:
            for test, count in one.report.counts.items():
                counts[test.value] += count
        counts = {name: count for name, count in counts.items() if count}
        said = ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing to run"
        summary = " ".join([said, *(f"({one.note})" for one in ran if one.note)])
        issues = sum(len(one.report.failures) for one in ran)
        kept = {memory.KEY: memory.dump(failing), FILES: files}
        value = found(summary, issues, shown, counts=counts, **kept)
        for report, outcome, *_ in ran:
            if not report.complete or report.why:
                status = outcome.status if outcome.status is not Status.DONE else Status.FAILED
                why = report.why or outcome.why or "the tests did not run to their end"
                return Result(value, replace(outcome, status=status, why=why))
        return Result(value)


def suite_of(job: Record) -> Suite:
    """What is counted of a run of the tests that has ended."""
    chosen = {name for name in _CHOOSE if job.parameters.get(name)}
    is_affected, is_whole = chosen == {"changed"}, not chosen
    return Suite(job.ended or 0.0, job.seconds, job.status == DONE, is_affected, is_whole)


def _private(report: TestReport, secrets: Iterable[str]) -> TestReport:
    """As it is kept: what failures print may be anything."""

    def told(text: str) -> str:
        return told_without_secrets(text, secrets) if text else ""

    results = (
        replace(each, message=told(each.message), text=told(each.text))
        if each.outcome.fails
        else each
        for each in report.results
    )
    return replace(report, results=tuple(results), why=told(report.why))


def runners_of(root: Path, settings: TestRunner) -> tuple[Runner, ...]:
    """The runners of a workspace, as the settings have them. Looks at the disk."""
    own = OwnCommand(settings.command, settings.report, settings.matcher)
    return detect(str(root), own if own.words else None)


def _texts(value: Any) -> tuple[str, ...]:
    """One text, or a list of them, as a front passes it on."""
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()


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
