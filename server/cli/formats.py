"""The formats of a scan: each writes the whole of it to a text stream.

Lines and columns in them count from 1, columns in Unicode code points.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TextIO
from unicodedata import category

from ..app.presentation.problems import owasp_of, title, weakness_of
from ..app.results.baseline import Baseline, name_of
from ..app.results.statistics import Statistics
from ..model import Finding, Problem, Range, Severity
from . import sarif
from .result import Place, Result, as_unicode
from .text import silent, silent_of, unlisted_line, write_text

Format = Callable[[Result, TextIO], None]


def write_json(result: Result, out: TextIO) -> None:
    """One object; its fields are described in the user guide and only ever grow."""
    found = result.statistics()
    document = {
        "version": 1,
        "root": str(result.root),
        "tools": dict(result.versions),
        "summary": {
            "files": len(result.reports),
            "lines": _lines(result),
            "problems": found.problems,
            "severity": found.severity,
            "tool": found.tool,
            "rule": found.rule,
            "folder": found.folder,
            **_against(result.fixed, found),
        },
        "problems": [
            _problem(result.name(path), problem, place) for path, problem, place in result.placed()
        ],
        **({} if result.fixed is None else {"fixed": _fixed(result.fixed)}),
        "withoutVerdict": [
            {"path": result.name(path), "tool": r.tool, "state": r.state.value, "why": r.why}
            for path, r in result.without_verdict()
        ],
    }
    out.write(as_unicode(json.dumps(document, indent=2, ensure_ascii=False)) + "\n")


def write_github(result: Result, out: TextIO) -> None:
    """Workflow commands, which GitHub shows as annotations of the changed lines: of what is new."""
    listed = result.listed()
    for path, problem, (place, cell, within) in listed.placed():
        where = f"cell {cell.number}, line {within.start.line + 1}: " if cell and within else ""
        one_line = place.start.line == place.end.line
        values = {
            "file": result.name(path),
            "line": place.start.line + 1,
            "endLine": place.end.line + 1,
            # Columns are only allowed where both ends are on one line.
            **(
                {"col": place.start.column + 1, "endColumn": place.end.column + 1}
                if one_line
                else {}
            ),
            "title": ", ".join(f"{title(f.tool)} {f.rule}" for f in problem.findings),
        }
        message = f"{where}{problem.lead.message}"
        out.write(_command(_LEVELS[problem.severity], values, message))
    if listed.unlisted:
        out.write(_command("notice", {"title": "Understudy"}, unlisted_line(listed)))
    for silence in result.silences():
        several = len(silence.paths) > 1
        file = {} if several else {"file": result.name(silence.paths[0])}
        why = silence.why or f"{silence.state}: no verdict"
        message = f"{silent_of(silence, result.name)}: {why}" if several else why
        out.write(_command("warning", {**file, "title": silent(silence)}, message))


FORMATS: Mapping[str, Format] = {
    "text": write_text,
    "json": write_json,
    "sarif": sarif.write_sarif,
    "github": write_github,
}

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}

_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_IN_MESSAGE = "%\r\n"
_IN_PROPERTY = _IN_MESSAGE + ":,"


def _against(fixed: Baseline | None, found: Statistics) -> dict[str, int]:
    if fixed is None:
        return {}
    return {
        "new": found.problems - found.known,
        "known": found.known,
        "fixed": sum(fixed.counts.values()),
    }


def _fixed(fixed: Baseline) -> list[dict[str, object]]:
    return [
        {"path": as_unicode(path), "rule": rule, "count": len(listed)}
        for path, rules in sorted(fixed.files.items())
        for rule, listed in sorted(rules.items())
    ]


def _lines(result: Result) -> dict[str, object] | None:
    """Of the files that were measured; None where none was."""
    if (size := result.size()) is None:
        return None
    return {
        "files": size.files,
        "total": size.lines,
        "average": round(size.average, 1),
        "largest": {"path": result.name(size.longest), "lines": size.most},
    }


def _problem(path: str, problem: Problem, place: Place) -> dict[str, object]:
    cell, within = place.cell, place.within
    return {
        "path": path,
        **_range(place.range),
        **({"cell": {"number": cell.number, **_range(within)}} if cell and within else {}),
        "severity": problem.severity.label,
        "confidence": problem.confidence.name.lower(),
        "category": problem.lead.category.value,
        "message": problem.lead.message,
        "known": problem.known,
        "findings": [_finding(finding) for finding in problem.findings],
    }


def _finding(finding: Finding) -> dict[str, object]:
    named = name_of(finding.fingerprint)
    optional = {
        "url": finding.url,
        "cwe": weakness_of(finding),
        "owasp": owasp_of(finding),
        "fingerprint": named,
    }
    return {
        "tool": finding.tool,
        "rule": finding.rule,
        "message": finding.message,
        **{key: value for key, value in optional.items() if value},
    }


def _range(place: Range) -> dict[str, dict[str, int]]:
    return {
        name: {"line": position.line + 1, "column": position.column + 1}
        for name, position in zip(("start", "end"), place, strict=True)
    }


def _command(level: str, values: Mapping[str, object], message: str) -> str:
    listed = ",".join(
        f"{key}={_escaped(str(value), _IN_PROPERTY)}" for key, value in values.items()
    )
    return as_unicode(f"::{level} {listed}::{_escaped(message, _IN_MESSAGE)}\n")


def _escaped(text: str, special: str) -> str:
    """GitHub undoes it for these few alone; what else controls a terminal is not printed."""
    return "".join(
        f"%{ord(c):02X}" if c in special else _UNKNOWN if category(c) == "Cc" and c != "\t" else c
        for c in text
    )
