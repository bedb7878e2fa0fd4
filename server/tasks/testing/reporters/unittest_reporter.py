"""Runs unittest and tells how each test ended: ``unittest_reporter.py EVENTS START TOP [ID ...]``.

``START`` is the folder where tests are looked for, ``TOP`` the one that their modules' names begin
at; an ``ID`` is ``file.py``, ``file.py::Class`` or ``file.py::Class::method``. What is not there
any more is passed over.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import sys
import time
import traceback
import unittest
from collections.abc import Iterator
from typing import Any

_MOST_TEXT = 20_000
_MOST_MESSAGE = 2_000
_INSTALLED = ("site-packages", "dist-packages")


FailedTest: Any = getattr(unittest.loader, "_FailedTest")  # noqa: B009
"""What stands for a module that could not be imported."""


class Result(unittest.TextTestResult):
    """Prints as unittest does, and writes the events."""

    events = ""
    top = ""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._file = open(self.events, "a", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._here = os.getcwd()
        self._started = time.perf_counter()
        self._pid = os.getpid()

    def tell(self, **event: Any) -> None:
        if os.getpid() == self._pid:  # else a test has forked
            self._file.write(json.dumps(event) + "\n")
            self._file.flush()

    def startTest(self, test: Any) -> None:  # noqa: N802
        self._started = time.perf_counter()
        super().startTest(test)

    def addSuccess(self, test: Any) -> None:  # noqa: N802
        super().addSuccess(test)
        self._tell_of(test, "passed")

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self._tell_of(test, "failed", err)

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addError(test, err)
        self._tell_of(test, "error", err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            self._tell_of(test, "failed" if failed else "error", err)

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        self._tell_of(test, "skipped", reason=reason)

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addExpectedFailure(test, err)
        self._tell_of(test, "xfailed", err)

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self._tell_of(test, "failed", reason="it was expected to fail, and passed")

    def _tell_of(self, test: Any, outcome: str, err: Any = None, reason: str = "") -> None:
        name, file, line = self._named(test)
        text = ""
        if err is not None:
            kind, error, trace = err
            reason = traceback.format_exception_only(kind, error)[-1].strip()
            said = str(error)
            if isinstance(error, AssertionError) and said:
                reason = kind.__name__ + ": " + said
            if isinstance(test, FailedTest):
                reason = said.strip().splitlines()[-1]
                text = said
                line = _line_in(said, file)
            else:
                text = "".join(traceback.format_exception(kind, error, trace))
                file, line = self._place(trace, file, line)
        self.tell(
            test=name,
            outcome=outcome,
            seconds=round(time.perf_counter() - self._started, 6),
            file=file,
            line=line,
            message=reason[:_MOST_MESSAGE],
            text=text[-_MOST_TEXT:],
        )

    def _named(self, test: Any) -> tuple[str, str, int]:
        """The id, the file, and the line where the test begins."""
        if isinstance(test, FailedTest):
            dotted = test._testMethodName  # noqa: SLF001
            base = os.path.join(self.top, *dotted.split("."))
            package = os.path.join(base, "__init__.py")
            file = self._seen(package if os.path.isfile(package) else base + ".py")
            return file, file, 1
        module = sys.modules.get(type(test).__module__)
        file = self._seen(getattr(module, "__file__", None) or "")
        method = getattr(test, "_testMethodName", "")
        if not method:  # the setting up of a class or module
            return test.id(), "", 1
        function = inspect.unwrap(getattr(type(test), method, None))  # type: ignore[arg-type]
        code = getattr(function, "__code__", None)
        line = code.co_firstlineno if code is not None else 1
        return "::".join((file, type(test).__qualname__.replace(".", "::"), method)), file, line

    def _seen(self, path: str) -> str:
        try:
            return os.path.relpath(path, self._here).replace(os.sep, "/") if path else ""
        except ValueError:
            return path

    def _place(self, trace: Any, file: str, line: int) -> tuple[str, int]:
        """Where it failed: in the test's file if it did, else in the project, else at the test."""
        frames = traceback.walk_tb(trace)
        places = [(self._seen(frame.f_code.co_filename), number) for frame, number in frames]
        for there in reversed(places):
            if there[0] == file:
                return there
        for there in reversed(places):
            outside = there[0].startswith(("..", "<"))
            if not outside and not any(one in there[0] for one in _INSTALLED):
                return there
        return file, line


def _line_in(text: str, file: str) -> int:
    """The last line of ``file`` that the traceback of a failed import names."""
    found = re.findall(r'^ *File "(.+)", line ([0-9]+)', text, re.MULTILINE)
    lines = [int(line) for path, line in found if path.replace(os.sep, "/").endswith("/" + file)]
    return lines[-1] if lines else 1


def _suite(start: str, top: str, ids: list[str]) -> unittest.TestSuite:
    loader = unittest.TestLoader()
    if not ids:
        return loader.discover(start, top_level_dir=top)
    sys.path.insert(0, top)
    suite = unittest.TestSuite()
    files = dict.fromkeys(name.partition("::")[0] for name in ids)
    for file in (file for file in files if os.path.isfile(file)):
        module = os.path.relpath(file, top)[: -len(".py")].replace(os.sep, ".")
        wanted = {tuple(name.split("::")[1:]) for name in ids if name.partition("::")[0] == file}
        for test in _tests(loader.loadTestsFromName(module)):
            names = (*type(test).__qualname__.split("."), getattr(test, "_testMethodName", ""))
            failed = isinstance(test, FailedTest)
            if failed or any(names[: len(one)] == one for one in wanted):
                suite.addTest(test)
    return suite


def _tests(suite: Any) -> Iterator[Any]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _tests(test)
        else:
            yield test


def main() -> int:
    sys.path[0] = os.getcwd()  # as `python -m unittest` has it, instead of this file's folder
    Result.events = sys.argv[1]
    start, top = (os.path.abspath(folder) for folder in sys.argv[2:4])
    Result.top = top
    suite = _suite(start, top, sys.argv[4:])
    runner = unittest.TextTestRunner(resultclass=Result)
    outcome = runner.run(suite)
    assert isinstance(outcome, Result)
    outcome.tell(end={"complete": not outcome.shouldStop, "why": ""})
    return 0 if outcome.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
