"""Source text as it may be shown: without the secrets that were found in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..model import Finding, Fix, Problem, Report
from ..text import Lines
from .secret_rules import tells_of_secret

MASK = "*"
_LITERAL = re.compile(r"""("{3}|'{3}|["'`])(.+?)\1""", re.DOTALL)
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]+-----")
_SHORTEST = 4
"""A shorter value is masked only where it was found: it may well be a part of any word."""


_ASSIGNED = re.compile(r"[=:][ \t]*([^\s\"'`,;]{4,})")


def quotes(report: Report, text: str) -> bool:
    """Whether the report has in its words, or in a fix, what a text has in quotes or behind a sign
    of assignment: that may be a secret."""
    told = "\n".join(_words(report))
    values = (match[2] for match in _LITERAL.finditer(text) if len(match[2]) >= _SHORTEST)
    return any(each in told for each in (*values, *_ASSIGNED.findall(text)))


def _words(report: Report) -> Iterator[str]:
    yield report.why
    for finding in report.findings:
        yield finding.message
        for fix in finding.fixes:
            yield from (fix.title, *(edit.text for edit in fix.edits))


def secrets_of(text: str, findings: Iterable[Finding]) -> frozenset[str]:
    """The values in a text that findings call secret, but those that may be a part of any word."""
    lines = Lines(text)
    told = (each for each in findings if tells_of_secret(each.tool, each.rule))
    spans = (span for each in told for span in _spans(lines, each))
    return frozenset(text[start:end] for start, end in spans if end - start >= _SHORTEST)


def without(report: Report, values: Iterable[str]) -> Report:
    """The report with the values masked, and without the fixes that quote one."""
    known = sorted(values, key=len, reverse=True)

    def masked(text: str) -> str:
        for value in known:
            text = text.replace(value, MASK * len(value))
        return text

    def writes(fix: Fix) -> bool:
        told = (fix.title, *(edit.text for edit in fix.edits))
        return any(value in text for text in told for value in known)

    findings = tuple(
        replace(
            each,
            message=masked(each.message),
            fixes=tuple(fix for fix in each.fixes if not writes(fix)),
        )
        for each in report.findings
    )
    return replace(report, findings=findings, why=masked(report.why))


def redacted(text: str, problems: Iterable[Problem]) -> str:
    """``text`` with all that the problems call secret masked, wherever it stands: character by
    character, so that every place stays where it is."""
    lines = Lines(text)
    findings = [finding for problem in problems for finding in problem.findings]
    spans = [
        span
        for finding in findings
        if tells_of_secret(finding.tool, finding.rule)
        for span in _spans(lines, finding)
    ]
    for value in sorted({text[start:end] for start, end in spans}, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            spans += [match.span() for match in re.finditer(re.escape(value), text)]
    masked = list(text)
    for start, end in spans:
        for at in range(start, end):
            if masked[at] not in "\r\n":
                masked[at] = MASK
    return "".join(masked)


def _spans(lines: Lines, finding: Finding) -> Iterator[tuple[int, int]]:
    """Where its secrets are, as offsets: what detect-secrets points at, of a key all that follows,
    and the literals in what other tools point at, which may be a whole call."""
    start, end = (lines.offset(position) for position in finding.range)
    if finding.rule == "PrivateKeyDetector":
        ends = _KEY_ENDS.search(lines.text, end)
        yield start, ends.start() if ends else end
    elif finding.tool == "detect-secrets":
        yield start, end
    else:
        yield from (match.span(2) for match in _LITERAL.finditer(lines.text, start, end))
