"""Runs pytest and tells of each test as it ends: ``pytest_reporter.py EVENTS [ID ...]``.

An ``ID`` is a node's: ``file.py``, ``file.py::Class``, ``file.py::test``; all cases of a test
belong to it. What is not there any more is passed over. Without one, everything is run.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

_MOST_TEXT = 20_000
_MOST_MESSAGE = 2_000
_INSTALLED = ("site-packages", "dist-packages")


class Reporter:
    """The plug-in; its place is the process that was started, also under pytest-xdist."""

    def __init__(self, events: str, ids: list[str]) -> None:
        self._ids = frozenset(ids)
        self._events = open(events, "a", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._here = os.getcwd()
        self._root = self._here
        self._seconds: dict[str, float] = {}
        self._pid = os.getpid()

    def pytest_configure(self, config: Any) -> None:
        self._root = str(getattr(config, "rootpath", None) or config.rootdir)

    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        if not self._ids:
            return
        kept: list[Any] = []
        others: list[Any] = []
        for item in items:
            (kept if self._is_wanted(self._id(item.nodeid)) else others).append(item)
        if others:
            config.hook.pytest_deselected(items=others)
            items[:] = kept

    def _is_wanted(self, name: str) -> bool:
        while name not in self._ids:
            shorter = name.partition("[")[0] if name.endswith("]") else name.rpartition("::")[0]
            if not shorter or shorter == name:
                return False
            name = shorter
        return True

    def pytest_collection_finish(self, session: Any) -> None:
        self._tell(collected=len(session.items))

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._tell_of(report, self._id(report.nodeid), "error", 0.0)

    def pytest_runtest_logreport(self, report: Any) -> None:
        seconds = self._seconds.get(report.nodeid, 0.0) + report.duration
        self._seconds[report.nodeid] = seconds
        if report.when == "teardown":
            del self._seconds[report.nodeid]
        outcome = _outcome(report)
        if outcome:
            self._tell_of(report, self._id(report.nodeid), outcome, seconds)

    def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
        stopped = getattr(session, "shouldstop", "") or getattr(session, "shouldfail", "")
        complete = int(exitstatus) in {0, 1, 5} and not stopped
        self._tell(end={"complete": complete, "why": str(stopped or "")})

    def end(self, why: str = "") -> None:
        self._tell(end={"complete": not why, "why": why})

    def _tell(self, **event: Any) -> None:
        if os.getpid() != self._pid:  # a test has forked
            return
        self._events.write(json.dumps(event) + "\n")
        self._events.flush()

    def _tell_of(self, report: Any, name: str, outcome: str, seconds: float) -> None:
        file, line = self._place(report, name)
        message, text = "", ""
        if outcome != "passed":
            message = _message(report)
            text = "" if report.skipped else str(report.longrepr or "")
        self._tell(
            test=name,
            outcome=outcome,
            seconds=round(seconds, 6),
            file=file,
            line=line,
            message=message[:_MOST_MESSAGE],
            text=text[-_MOST_TEXT:],
        )

    def _id(self, nodeid: str) -> str:
        """The node's id as it has to be given on the command line, from the working folder."""
        file, colons, rest = nodeid.partition("::")
        return self._seen(os.path.join(self._root, file)) + colons + rest

    def _seen(self, path: str) -> str:
        try:
            return os.path.relpath(os.path.join(self._here, path), self._here).replace(os.sep, "/")
        except ValueError:
            return path

    def _place(self, report: Any, name: str) -> tuple[str, int]:
        """Where it failed: in the test's file if it did, else in the project, else at the test."""
        file = name.partition("::")[0]
        places = [(self._seen(str(path)), int(line)) for path, line in _places(report.longrepr)]
        for there in reversed(places):
            if there[0] == file:
                return there
        for there in reversed(places):
            if not there[0].startswith("..") and not any(one in there[0] for one in _INSTALLED):
                return there
        location = getattr(report, "location", None)
        if location and location[1] is not None:
            return file, int(location[1]) + 1
        return file, _line_in(str(report.longrepr or ""), file)


def _outcome(report: Any) -> str:
    """Empty when this phase decides nothing."""
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "passed"
    if report.failed:
        return "failed" if report.when == "call" else "error"
    if report.skipped:
        return "skipped"
    return "passed" if report.passed and report.when == "call" else ""


def _places(longrepr: Any) -> list[tuple[str, int]]:
    """What a failure's representation has for places, the innermost last."""
    entries = getattr(getattr(longrepr, "reprtraceback", None), "reprentries", ())
    found = [getattr(entry, "reprfileloc", None) for entry in entries]
    found += [place for place, _ in getattr(longrepr, "reprlocation_lines", ())]  # a doctest
    places = [(place.path, place.lineno) for place in found if place is not None]
    crash = getattr(longrepr, "reprcrash", None)
    if not places and crash is not None:
        places = [(crash.path, crash.lineno)]
    return places


def _message(report: Any) -> str:
    longrepr = report.longrepr
    if isinstance(longrepr, tuple):  # a skipped test: path, line, reason
        return str(longrepr[2])
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)
    if getattr(longrepr, "errorstring", ""):  # a fixture that does not exist
        return str(longrepr.errorstring).strip().partition("\n")[0]
    lines = [line for line in str(longrepr or "").splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E  ")]
    return (errors or [line.strip() for line in lines[-1:]] or [report.outcome])[0]


def _line_in(text: str, file: str) -> int:
    """The last line of ``file`` that the text of a failed import names."""
    number = 1
    for line in text.splitlines():
        start, colon, rest = line.partition(":")
        digits = rest.partition(":")[0]
        if colon and digits.isdigit() and os.path.basename(start) == os.path.basename(file):
            number = int(digits)
    return number


def main() -> int:
    sys.path[0] = os.getcwd()  # as `python -m pytest` has it, instead of this file's folder
    events, ids = sys.argv[1], sys.argv[2:]
    reporter = Reporter(events, ids)
    named = dict.fromkeys(os.path.join(".", name.partition("::")[0]) for name in ids)
    files = [file for file in named if os.path.exists(file)]
    if ids and not files:
        reporter.end()
        return 0
    try:
        import pytest
    except ImportError as error:
        todo = "install it there, or name another interpreter in tasks.testRunner.interpreter"
        missing = error.name == "pytest"
        why = f"no pytest: {todo}" if missing else f"a pytest that cannot be imported: {error}"
        reporter.end(f"{sys.executable} has {why}")
        return 4
    return int(pytest.main(files, plugins=[reporter]))


if __name__ == "__main__":
    sys.exit(main())
