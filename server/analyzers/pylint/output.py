"""Reading what Pylint answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ...model import Category, Confidence, Finding, Position, Range, Report, Severity, State, Tag
from ...text import Lines
from ..answers import no_verdict
from ..parsing import MALFORMED, column_of, loads_json, text_of
from ..process import Done, end_of
from . import NAME

_SEVERITY = {
    "fatal": Severity.HIGH,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "refactor": Severity.LOW,
    "convention": Severity.LOW,
    "info": Severity.INFO,
}
_CONFIDENCE = {"INFERENCE": Confidence.MEDIUM, "INFERENCE_FAILURE": Confidence.LOW}
_SECURITY = frozenset({"W0122", "W0123"})  # exec, eval
_PERFORMANCE = ("R09", "R1260", "R1702")
_TAGS = {
    Tag.UNNECESSARY: ("W0101", "W0104", "W0107", "W061", "I0021"),
    Tag.DEPRECATED: ("W490", "W1505"),
}
_DOCUMENTATION = "https://pylint.readthedocs.io/en/stable/user_guide/messages"
_OWN_CHECKERS = 50
"""The first two digits of an identifier name the checker; above, it is a plug-in's."""
_SYNTAX_ERROR = "E0001"
_TALLEST = 10
"""A finding that spans more lines (a whole class) is shown at its first one."""
_BEGINS = b'{\n    "messages": '
_SKIPPED = re.compile(rb"understudy: skipped (\d+)\s*\Z")
"""How many files its configuration excludes, which its JSON does not tell: it is as silent on them
as on what is clean."""


class Answered(NamedTuple):
    """``rows`` are its messages, ``skipped`` is how many files it did not look at."""

    rows: list[dict[str, Any]]
    skipped: int


def complaint(done: Done) -> str:
    """What it had to say for itself, on whichever stream."""
    if done.status < 0:
        return end_of(done.status)
    said = done.output[-300:].decode("utf-8", "replace").strip()
    return done.complaint if done.errors.strip() else said or done.complaint


def failed(why: str) -> Report:
    """Pylint did not get to its end with the file."""
    return no_verdict(NAME, State.FAILED, f"Pylint did not check this file: {why}")


def read(done: Done) -> Answered | Report:
    """The JSON that ``--output-format=json2`` prints; a plug-in may have printed before it."""
    begin = done.output.find(_BEGINS)
    try:
        if begin < 0:
            raise ValueError(complaint(done))
        document = loads_json(done.output[begin:])
        rows = [dict(row) for row in document["messages"]]
        if (skipped := _SKIPPED.search(done.errors)) is None:
            raise ValueError(complaint(done))
        return Answered(rows, int(skipped[1]))
    except MALFORMED as error:
        return failed(f"it gave no usable answer: {error}")


def report(rows: Iterable[dict[str, Any]], lines: Lines, interpreter: str) -> Report:
    """What Pylint's messages on one file come to. Never raises."""
    try:
        return _report(tuple(rows), lines, interpreter)
    except MALFORMED as error:
        return failed(f"its answer is of no use: {error}")


def _report(rows: Sequence[dict[str, Any]], lines: Lines, interpreter: str) -> Report:
    for row in rows:
        if row["messageId"] == _SYNTAX_ERROR:
            why = f"Pylint did not check this file: {interpreter} cannot parse it"
            why = f"{why} ({row['message']}). See pylint.interpreter."
            place = Position(max(0, int(row["line"]) - 1), 0)
            return no_verdict(NAME, State.NOT_ANALYSED, why, place)
    fatal = [row for row in rows if row["type"] == "fatal"]
    if fatal:
        return failed(text_of(fatal[0]["message"]))
    return Report.of(NAME, tuple(finding(row, lines) for row in rows))


def finding(row: dict[str, Any], lines: Lines) -> Finding:
    """Read one message. Raises ``MALFORMED``."""
    rule, symbol = text_of(row["messageId"]), text_of(row["symbol"])
    category = Category.QUALITY
    if rule in _SECURITY:
        category = Category.SECURITY
    elif rule.startswith(_PERFORMANCE):
        category = Category.PERFORMANCE
    own = rule[1:3].isdecimal() and int(rule[1:3]) <= _OWN_CHECKERS
    return Finding(
        NAME,
        rule,
        f"{text_of(row['message'])} ({symbol})",
        _range(row, lines),
        _SEVERITY.get(row["type"], Severity.LOW),
        category,
        _CONFIDENCE.get(row["confidence"], Confidence.HIGH),
        f"{_DOCUMENTATION}/{_folder(row['type'])}/{symbol}.html" if own else "",
        tags=tuple(tag for tag, rules in _TAGS.items() if rule.startswith(rules)),
    )


def _folder(type_: str) -> str:
    return "information" if type_ == "info" else type_


def _range(row: dict[str, Any], lines: Lines) -> Range:
    """Lines count from 1, columns are UTF-8 bytes from 0; without an end it is the line's text."""
    first = max(0, int(row["line"]) - 1)
    text = lines.line(first)
    start = Position(first, column_of(text, int(row["column"])))
    whole = Position(first, len(text.rstrip()))
    if row["endLine"] is not None and row["endColumn"] is not None:
        last = int(row["endLine"]) - 1
        end = Position(last, column_of(lines.line(last), int(row["endColumn"])))
        if start < end and last - first <= _TALLEST:
            return Range(start, end)
    if start < whole:
        return Range(start, whole)
    return Range(Position(first, len(text) - len(text.lstrip())), whole)
