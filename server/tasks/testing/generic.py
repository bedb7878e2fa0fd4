"""What came of runners that are not known by name: JUnit's XML, TAP, what a problem matcher finds,
or the exit status alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from ...analyzers.programs.builtin_matchers import BUILTIN
from ...analyzers.programs.matchers import Matcher, match
from ...disk import read_regular
from . import junit
from .results import TestOutcome, TestReport, TestResult, one_each

MOST_BYTES = 64 << 20
MOST_TEXT = 20_000
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_MOST_MESSAGE = 2_000
_CLOCK_SECONDS = 1.0
"""A file system may note a time that much before the clock's."""
_FRAME = re.compile(r"^[^\S\n]*at .*?((?:file://)?/[^\s()]+?):(\d{1,9}):\d+\)?$", re.MULTILINE)
_PLACE = re.compile(r"(?P<file>[^\s():'\"<>|*?,]{1,500}\.\w{1,6}):(?P<line>\d{1,9})")
_INSTALLED = ("node_modules/", "site-packages/")
_TAP = re.compile(r"^ *(?P<not>not )?ok\b *\d* *(?:- )?(?P<name>.*?)(?: # (?P<directive>\w+).*)?$")
_TAP_FIELD = re.compile(r"^ *(?P<name>error|message|location|at): *[|'\"-]*(?P<value>.*?)['\"]?$")
_TAP_PLACE = re.compile(r"(/[^\s()]+?):(\d{1,9})(?::\d+)?")


class Run(NamedTuple):
    """``name`` is for a run that is one test; ``started`` the time before it."""

    name: str
    output: str
    exit_code: int | None
    started: float


def report(run: Run, root: str, folder: str, document: str = "", matcher: str = "") -> TestReport:
    """What came of a run in ``folder`` (relative to the workspace ``root``).

    It has to have written ``document`` where one is named; a junit.xml is read when there is one.
    """
    path = os.path.join(root, folder, document or "junit.xml")
    try:
        found = _from_junit(path, root, folder, run.started)
    except (OSError, ValueError) as error:
        if document:
            return TestReport((), False, f"the report {document} cannot be read: {error}")
        found = ()
    if not found and matcher:
        found, why = _from_matcher(run.output, root, matcher)
        if why:
            return TestReport(found, False, why)
    found = found or one_each(_from_tap(run.output, root))
    if found or run.exit_code == 0:
        return TestReport(found, True)
    plain = COLOUR.sub("", run.output).strip()
    file, line = place(plain, root, "")
    message = f"{run.name} ended with status {run.exit_code}"
    failed = TestResult(run.name, TestOutcome.FAILED, 0.0, file, line, message, plain[-MOST_TEXT:])
    return TestReport((failed,), True)


def _from_junit(path: str, root: str, folder: str, started: float) -> tuple[TestResult, ...]:
    """Raises OSError when this run has written none, ValueError when it is no such document."""
    if os.path.getmtime(path) < started - _CLOCK_SECONDS:
        raise OSError("this run has not written it")
    results = junit.parse(read_regular(path, MOST_BYTES), folder, lambda *_: "")
    return one_each(_placed(result, root, folder) for result in results)


def _placed(result: TestResult, root: str, folder: str) -> TestResult:
    """With the file that a class's name means in Python, and the line that its text tells."""
    if result.file:
        file = relative(os.path.join(folder, result.file), root)
        _, colons, name = result.id.partition("::")
        result = replace(result, id=f"{file or result.file}{colons}{name}", file=file)
    elif named := _python_id(result.id.removeprefix(f"{folder}:"), root, folder):
        result = replace(result, id=named, file=named.partition("::")[0])
    if not result.outcome.fails:
        return result
    found = [
        (there, max(0, int(each["line"]) - 1))
        for each in _PLACE.finditer(result.text)
        if (there := relative(os.path.join(folder, each["file"]), root))
        and not any(part in there for part in _INSTALLED)
    ]
    own = [each for each in found if each[0] == result.file]
    for file, line in own[-1:] or found[:1]:
        if own or (not result.file and os.path.isfile(os.path.join(root, file))):
            return replace(result, file=file, line=line)
    return result


def _python_id(id_: str, root: str, folder: str) -> str:
    """``tests.test_a.TestB::test_c`` as pytest names it; empty when there is no such file."""
    class_, _, name = id_.partition("::")
    parts = class_.split(".")
    for length in range(len(parts), 0, -1):
        path = os.path.join(folder, *parts[:length]) + ".py"
        if os.path.isfile(os.path.join(root, path)):
            return "::".join((path, *parts[length:], name))
    return ""


def _from_matcher(output: str, root: str, matcher: str) -> tuple[tuple[TestResult, ...], str]:
    named = BUILTIN.get(matcher) or Matcher("tests", (matcher,))
    matched = match(output, root, [named], root)
    results = [
        TestResult(
            id=f"{path}::line {finding.range.start.line + 1}",
            outcome=TestOutcome.FAILED,
            file=path,
            line=finding.range.start.line,
            message=finding.message,
        )
        for path, finding in matched.findings
    ]
    return one_each(results), matched.why


def _from_tap(output: str, root: str) -> Iterator[TestResult]:
    """The Test Anything Protocol, with the YAML block that may follow a failure."""
    if not re.search(r"^TAP version 1[34]$", output, re.MULTILINE):
        return
    point: re.Match[str] | None = None
    fields: dict[str, str] = {}
    for line in (*output.splitlines(), "ok end"):
        found = _TAP.match(line[:_MOST_MESSAGE])
        if found is None:
            if (field := _TAP_FIELD.match(line[:_MOST_MESSAGE])) and point is not None:
                fields.setdefault(field["name"], field["value"])
            continue
        if point is not None:
            yield _tap_result(point, fields, root)
        point, fields = found, {}


def _tap_result(point: re.Match[str], fields: Mapping[str, str], root: str) -> TestResult:
    directive = (point["directive"] or "").lower()
    outcome = TestOutcome.FAILED if point["not"] else TestOutcome.PASSED
    if directive == "skip":
        outcome = TestOutcome.SKIPPED
    elif directive == "todo" and point["not"]:
        outcome = TestOutcome.XFAILED
    there = _TAP_PLACE.search(fields.get("location") or fields.get("at", ""))
    file = relative(there[1], root) if there else ""
    line = max(0, int(there[2]) - 1) if there and file else 0
    message = fields.get("error") or fields.get("message", "")
    name = point["name"].strip() or "a test without a name"
    return TestResult(f"{file}::{name}", outcome, 0.0, file, line, message)


def place(text: str, root: str, file: str) -> tuple[str, int]:
    """The innermost frame in ``file`` ("": in any file of the project); (file, 0) without one."""
    for found in _FRAME.finditer(text):
        there = relative(found[1].removeprefix("file://"), root)
        if there and "node_modules" not in there and file in ("", there):
            return there, max(0, int(found[2]) - 1)
    return "", 0


def relative(path: str, root: str) -> str:
    """As it is seen from the workspace; empty when it is not in it."""
    base = root.rstrip("/") + "/"
    path = os.path.normpath(os.path.join(root, path))
    return path[len(base) :] if path.startswith(base) else ""


def first(text: str) -> str:
    """What is said before the stack, on one line or a few."""
    said = re.split(r"^[^\S\n]*at ", text, maxsplit=1, flags=re.MULTILINE)[0]
    return said.strip()[:_MOST_MESSAGE]
