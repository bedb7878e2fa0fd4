"""What has to be run for a selection of tests, and how its answer is read.

``plan`` is pure. What it gives runs only in a trusted workspace: whoever runs it says so to the
runner (``Job.needs_trust``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...runner.calls import Command
from ..custom import FILES, IDS, named, words
from . import generic, javascript, jvm
from .detect import Kind, TestRunner
from .events import Events
from .results import Selection, TestReport, file_of

_REPORTERS = Path(__file__).parent / "reporters"
_MOST_ARGUMENTS = 96 << 10
_MOST_EVENTS = 256 << 20
_NO_TESTS = 5
"""pytest's status when there was nothing to run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``selection`` is what will run, which may be more than was asked for: ``note`` says why.

    ``results``: the file that the runner's answer comes in, or "" when it comes otherwise.
    ``streams``: it holds events, which can be read while the tests run.
    """

    runner: TestRunner
    root: str
    command: Command
    selection: Selection
    results: str = ""
    streams: bool = False
    note: str = ""
    needs_trust: bool = True

    def events(self) -> Events:
        """What reads ``results`` when it ``streams``."""
        return Events(self.runner.folder and f"{self.runner.folder}/")

    def report(self, output: str, exit_code: int | None, started: float) -> TestReport:
        """What came of it; to be asked once it has ended. Reads the disk: not on the loop.

        ``output`` is what it printed, ``started`` the time (``time.time()``) before it did,
        ``exit_code`` None when it was ended from outside.
        """
        if self.streams:
            report = self._streamed()
        elif self.runner.kind in (Kind.MAVEN, Kind.GRADLE):
            report = jvm.report(self.runner, self.root, exit_code, started)
        elif (own := self.runner.own) is not None:
            run = generic.Run(os.path.basename(own.words[0]), output, exit_code, started)
            report = generic.report(run, self.root, "", own.report, own.matcher)
        else:
            report = javascript.report(
                self.runner, self.root, self.results, output, exit_code, started
            )
        nothing = self.runner.kind is Kind.PYTEST and exit_code == _NO_TESTS and not report.results
        return report if nothing else _checked(report, exit_code)

    def _streamed(self) -> TestReport:
        events = self.events()
        try:
            with open(self.results, "rb") as file:
                read = 0
                while (piece := file.read(1 << 20)) and read < _MOST_EVENTS:
                    read += len(piece)
                    events.feed(piece)
        except OSError:
            return TestReport((), False, "the runner ended before it told of any test")
        return events.report()


def plan(
    runner: TestRunner,
    root: str,
    selection: Selection,
    folder: str,
    environment: Mapping[str, str],
    interpreter: str = "",
) -> Plan:
    """``root`` is the workspace; ``folder`` a new private one outside of it, for the answer.

    ``interpreter`` is for Python's runners alone. Raises ValueError, for people, when a command of
    the user's asks for what is not there.
    """
    selection, note = _bounded(selection)
    results = os.path.join(folder, "results")
    cwd = os.path.join(root, runner.folder) if runner.folder else root
    if runner.own is not None:
        chosen, argv, told = _own(runner.own.words, selection, root)
        command = Command(argv, cwd, dict(environment))
        return Plan(runner, root, command, chosen, note=note or told)
    if runner.kind.is_python:
        argv = _python(runner, selection, results, interpreter)
        command = Command(argv, cwd, dict(environment))
        return Plan(runner, root, command, selection, results, streams=True, note=note)
    if runner.kind in (Kind.MAVEN, Kind.GRADLE):
        run = jvm.command(runner, selection)
        command = Command(run.argv, cwd, dict(environment))
        return Plan(runner, root, command, run.selection, note=note or run.note)
    way = javascript.command(runner, selection, results, environment, str(_REPORTERS))
    command = Command(way.argv, cwd, way.environment)
    return Plan(runner, root, command, way.selection, results, way.streams, note or way.note)


def _python(
    runner: TestRunner, selection: Selection, results: str, interpreter: str
) -> tuple[str, ...]:
    inside = f"{runner.folder}/" if runner.folder else ""
    asked = [name.removeprefix(inside) for name in (*selection.files, *selection.ids)]
    if runner.kind is Kind.PYTEST:
        return (interpreter, str(_REPORTERS / "pytest_reporter.py"), results, *asked)
    program = str(_REPORTERS / "unittest_reporter.py")
    return (interpreter, program, results, runner.start, runner.start, *asked)


def _own(
    own: tuple[str, ...], selection: Selection, root: str
) -> tuple[Selection, tuple[str, ...], str]:
    """What will run of a selection, the command for it, and why it is more than was asked for."""
    takes = named(own)
    note = ""
    if not selection.everything and IDS not in takes:
        files = tuple(dict.fromkeys((*selection.files, *map(file_of, selection.ids))))
        selection = Selection(files) if FILES in takes else Selection()
        note = "" if FILES in takes else "The command takes no choice of tests: all are run."
    asked = {FILES: selection.files, IDS: (*selection.files, *selection.ids)}
    return selection, tuple(words(own, asked, Path(root))), note


def _bounded(selection: Selection) -> tuple[Selection, str]:
    """As much as fits into a command: else the files of the tests, else all."""
    if _length(selection) <= _MOST_ARGUMENTS:
        return selection, ""
    files = tuple(dict.fromkeys((*selection.files, *map(file_of, selection.ids))))
    if _length(wider := Selection(files)) <= _MOST_ARGUMENTS:
        return wider, "These are too many tests to name: all of their files are run."
    return Selection(), "These are too many tests to name: all are run."


def _length(selection: Selection) -> int:
    return sum(len(name.encode()) + 9 for name in (*selection.files, *selection.ids))


def _checked(report: TestReport, exit_code: int | None) -> TestReport:
    """A run that was ended or failed for no test's sake is no verdict."""
    if exit_code is None or exit_code < 0:
        why = report.why or "the tests were ended before they were done"
        return TestReport(report.results, False, why)
    if not report.complete:
        why = report.why or f"the runner stopped early, with status {exit_code}"
        return TestReport(report.results, False, why)
    if exit_code and not report.failures:
        why = f"no test failed, and yet the runner ended with status {exit_code}: see its output"
        return TestReport(report.results, False, report.why or why)
    return report
