"""Reading what Bandit answers, in a worker or as a process of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

from ...findings.secret_rules import tells_of_secret
from ...model import Category, Confidence, Finding, Position, Range, Report, Severity, State
from ...text import Lines, decode
from ..answers import no_verdict
from ..newest import parses_as_newest
from ..parsing import MALFORMED, column_of, loads_json, text_of
from . import NAME
from .quoted import Quoted

_SEVERITY = {"LOW": Severity.LOW, "MEDIUM": Severity.MEDIUM, "HIGH": Severity.HIGH}
_CONFIDENCE = {"LOW": Confidence.LOW, "MEDIUM": Confidence.MEDIUM, "HIGH": Confidence.HIGH}
_TALLEST = 10
"""A finding that spans more lines (a whole function) is shown at its first one."""
_LONGEST_WHY = 200


def failed(why: str) -> Report:
    """Bandit did not get to its end with the file."""
    return no_verdict(NAME, State.FAILED, f"Bandit did not check this file: {why}")


def misconfigured(why: str) -> Report:
    """Not a matter of the file, which says nothing of it."""
    return Report(NAME, State.FAILED, why=f"Bandit did not check this file: {why}")


_BREAKS = "Bandit internal error running: "
_BROKEN = re.compile(r"(\w+) on file .*? at line (\d+): (.*?)\s*(?:Traceback \(most|$)", re.DOTALL)


def broken_tests(complaints: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The tests that Bandit says broke, each with the first line at which it did, and why. Bandit
    goes on without them, and its answer does not tell."""
    broken: dict[str, tuple[int, str]] = {}
    for said in complaints:
        for part in said.split(_BREAKS)[1:]:
            name, line, why = found.groups() if (found := _BROKEN.match(part)) else ("", 1, part)
            broken.setdefault(name, (int(line), why[:_LONGEST_WHY].strip()))
    return broken


def skipped(why: str, content: bytes, runs_on: str) -> Report:
    """What the reason means that Bandit gives for having skipped a file."""
    try:
        decode(content)
    except ValueError as error:
        return no_verdict(NAME, State.NOT_ANALYSED, f"Bandit cannot read this file: {error}")
    line = 1
    try:
        ast.parse(content)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        why = f"{getattr(error, 'msg', error)}, line {line}"
    except (RecursionError, MemoryError):
        return failed("the code is nested too deeply for Python's parser")
    else:
        if "syntax error" not in why:
            return failed(why)
    text = f"Bandit did not check this file: {runs_on}, which it runs on, cannot parse it ({why})."
    if parses_as_newest(content):
        text += (
            " If the code is for a newer Python, name that interpreter in the setting"
            " bandit.interpreter."
        )
    return no_verdict(NAME, State.NOT_ANALYSED, text, Position(line - 1, 0))


def parse(
    output: bytes,
    content: bytes,
    runs_on: str,
    broken: Mapping[str, tuple[int, str]] = MappingProxyType({}),
) -> Report:
    """Read the output of ``bandit -f json`` for one file, and which tests broke, each with the line
    and why. Never raises."""
    try:
        answered = loads_json(output)
        if answered["errors"]:
            return skipped(str(answered["errors"][0]["reason"]), content, runs_on)
        return report(answered["results"], content, broken)
    except MALFORMED as error:
        return failed(f"its answer is of no use: {error}")


def report(
    rows: list[dict[str, Any]], content: bytes, broken: Mapping[str, tuple[int, str]]
) -> Report:
    """What Bandit's results come to, each as in its JSON. Raises ``MALFORMED``."""
    lines = Lines(decode(content) if rows else "")
    quoted = Quoted(lines)
    findings = tuple(_finding(row, lines, quoted) for row in rows)
    if not broken:
        return Report.of(NAME, findings)
    told = "; ".join(f"{name} at line {line}: {why}" for name, (line, why) in broken.items())
    text = (
        f"Bandit checked this file only in part, for tests of it broke ({told})."
        f" Correct their options in [tool.bandit], or leave them out by its skips."
    )
    line = min(line for line, _ in broken.values())
    failed = no_verdict(NAME, State.FAILED, text, Position(line - 1, 0))
    return replace(failed, findings=(*failed.findings, *findings))


# B202 quotes an object, and with it where it lay in the memory of that process.
_ADDRESS = re.compile(" at 0x[0-9a-f]+")


def _finding(row: dict[str, Any], lines: Lines, quoted: Quoted) -> Finding:
    secret = tells_of_secret(NAME, row["test_id"])
    return Finding(
        tool=NAME,
        rule=text_of(row["test_id"]),
        message=_message(row),
        range=_range(row, lines),
        severity=_SEVERITY.get(row["issue_severity"], Severity.LOW),
        category=Category.SECURITY,
        confidence=_CONFIDENCE.get(row["issue_confidence"], Confidence.LOW),
        url=text_of(row.get("more_info") or _url(row["test_id"])),
        cwe=int(row.get("issue_cwe", {}).get("id", 0)),
        secrets=quoted.places(row) if secret else (),
    )


def _message(row: dict[str, Any]) -> str:
    """Bandit's, but for the secrets that it quotes."""
    said = text_of(row["issue_text"])
    if tells_of_secret(NAME, row["test_id"]):
        return said.partition(":")[0]
    return _ADDRESS.sub("", said)


def _range(row: dict[str, Any], lines: Lines) -> Range:
    """The place of the node that Bandit looked at. Its lines count from 1; its columns are UTF-8
    bytes from 0, of the first and of the last line of ``line_range``. (``line_number`` may name a
    line between the two, the one of an argument.)"""
    numbers = [number - 1 for number in row["line_range"]] or [row["line_number"] - 1]
    first, last = max(0, min(numbers)), max(0, *numbers)
    text = lines.line(first)
    start = Position(first, column_of(text, row["col_offset"]))
    if last - first > _TALLEST:
        return Range(start, Position(first, len(text.rstrip())))
    end = Position(last, column_of(lines.line(last), row["end_col_offset"]))
    if start < end:
        return Range(start, end)
    return Range(
        Position(first, len(text) - len(text.lstrip())), Position(first, len(text.rstrip()))
    )


@cache
def _url(rule: str) -> str:
    from bandit.core.docs_utils import get_url

    return str(get_url(rule))
