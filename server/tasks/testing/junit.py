"""JUnit's XML as Maven Surefire, Gradle, and others write it.

The format is that of Surefire's schema (surefire-test-report.xsd): ``testsuite`` with ``testcase``
elements (``name``, ``classname``, ``time``), in them ``failure``, ``error``, ``skipped``, and
``rerunFailure`` or ``flakyFailure`` for what was repeated. Documents with a DTD are refused, and
with it every entity of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder

from .events import seconds_of
from .results import TestOutcome, TestResult

_MOST_TEXT = 20_000
_MOST_MESSAGE = 2_000
_FRAME = re.compile(
    r"^\s*at (?:[\w.$@-]+/)*([\w.$]+)\.[\w$<>]+\(([^():\n]{1,200}):(\d{1,9})\)", re.MULTILINE
)


class Place(NamedTuple):
    file: str
    line: int


Locate = Callable[[str, str], str]
"""From the name of a class and of its source file ("" when that is unknown) to the file's path,
relative to the workspace; empty when there is none."""


def parse(document: bytes, module: str, locate: Locate) -> tuple[TestResult, ...]:
    """The results in a document. ``module`` is the folder of what was built, "" for the root.

    Ids are ``module:class::name`` (without ``module:`` at the root), or begin with the file where
    the document names one. Raises ValueError, with a message, for what is no such document.
    """
    root = _tree(document)
    if root.tag not in ("testsuite", "testsuites"):
        raise ValueError(f"its root is {root.tag[:60]!r}, not a test suite")
    return tuple(_result(case, suite, module, locate) for suite, case in _cases(root))


def _tree(document: bytes) -> Element:
    from xml.parsers import expat

    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data

    def refuse(*_: object) -> None:
        raise ValueError("it has a document type, which is refused")

    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise ValueError(f"it is no XML: {error}") from None
    return builder.close()


def _cases(root: Element) -> Iterator[tuple[Element, Element]]:
    # A stack of its own: a hostile document may nest deeper than Python recurses.
    waiting = [root]
    while waiting:
        suite = waiting.pop()
        for child in suite:
            if child.tag == "testcase":
                yield suite, child
            elif child.tag == "testsuite":
                waiting.append(child)


def _result(case: Element, suite: Element, module: str, locate: Locate) -> TestResult:
    class_ = case.get("classname") or suite.get("name") or ""
    name = case.get("name") or ""
    problem, outcome = _problem(case)
    text = ("".join(problem.itertext()) if problem is not None else "").strip()
    file = case.get("file") or suite.get("file") or ""
    place = Place(file, int(line)) if (line := case.get("line") or "").isdecimal() else None
    if file:
        id_ = f"{file}::{name}"
    else:
        id_ = f"{module}:{class_}::{name}" if module else f"{class_}::{name}"
        place = _place(text, class_, locate)
    return TestResult(
        id=id_,
        outcome=outcome,
        seconds=seconds_of((case.get("time") or "").replace(",", "")),
        file=place.file if place else file,
        line=max(0, place.line - 1) if place else 0,
        message=_message(problem, text)[:_MOST_MESSAGE],
        text=text[:_MOST_TEXT],
    )


def _problem(case: Element) -> tuple[Element | None, TestOutcome]:
    for tag, outcome in (
        ("error", TestOutcome.ERROR),
        ("failure", TestOutcome.FAILED),
        ("skipped", TestOutcome.SKIPPED),
    ):
        if (found := case.find(tag)) is not None:
            return found, outcome
    return None, TestOutcome.PASSED  # what was flaky did pass at last


def _message(problem: Element | None, text: str) -> str:
    if problem is None:
        return ""
    message = problem.get("message") or text.partition("\n")[0]
    kind = (problem.get("type") or "").rpartition(".")[2]
    return message if not kind or kind in message else f"{kind}: {message}"


def _place(text: str, class_: str, locate: Locate) -> Place | None:
    """The frame of the test's own class, the innermost; else the class itself."""
    outer = class_.partition("$")[0]
    for found in _FRAME.finditer(text):
        if found[1].partition("$")[0] == outer and (file := locate(outer, found[2])):
            return Place(file, int(found[3]))
    file = locate(outer, "")
    return Place(file, 1) if file else None
