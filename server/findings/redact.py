"""Source text as it may be shown: without the secrets that were found in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..model import Finding, Fix, Problem, Report
from ..text import Lines
from .families import NOT_ANALYSED
from .secret_rules import NO_SECRETS, SECRET_RULES, tells_of_secret

MASK = "*"
_LITERAL = re.compile(
    r"""\#[^\r\n]* | ("{3}|'{3}|["']) ((?: \\. | (?!\1)[^\\] )*) \1""", re.VERBOSE | re.DOTALL
)
"""One of Python, as its second group; or a comment, in which a quote begins none."""
_ESCAPED = re.compile(r"\\(['\"\\])")
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]+-----")
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""In a text, what could not be decoded."""
_WORD = 8
"""Letters alone, and no more of them, may be an ordinary word."""
_SHORTEST = 4
"""A shorter value is masked only where it was found: it may well be a part of any word."""
_RULES_OF_ITS_OWN = SECRET_RULES.keys() | NO_SECRETS.keys()
"""Tools whose rules no file has a say in: an ordinary word in one is no secret."""


def secrets_of(text: str, findings: Iterable[Finding]) -> frozenset[str]:
    """The values in a text that findings call secret, as they are written there, without the
    backslashes of escaped quotes, and the parts around what was no text; but those that may be a
    part of any word."""
    lines = Lines(text)
    told = (each for each in findings if tells_of_secret(each.tool, each.rule))
    written = {text[start:end] for each in told for start, end in _spans(lines, each)}
    meant = {_ESCAPED.sub(r"\1", each) for each in written}
    parts = {part for each in written if UNKNOWN in each for part in each.split(UNKNOWN)}
    return frozenset(each for each in written | meant | parts if len(each) >= _SHORTEST)


def without(report: Report, values: Iterable[str]) -> Report:
    """The report with the values masked, and without the fixes that quote one."""
    known = sorted(values, key=len, reverse=True)

    def masked(text: str) -> str:
        for value in known:
            text = _written(value).sub(MASK * len(value), text)
        return text

    def writes(fix: Fix) -> bool:
        told = (fix.title, *(edit.text for edit in fix.edits))
        return any(value in text for text in told for value in known)

    def told(finding: Finding) -> Finding:
        fixes = tuple(fix for fix in finding.fixes if not writes(fix))
        # Of a rule about secrets the words are the rule's own: its tool's module cut the value.
        if tells_of_secret(finding.tool, finding.rule):
            return replace(finding, fixes=fixes)
        message = masked(finding.message)
        if finding.tool in _RULES_OF_ITS_OWN or finding.rule == NOT_ANALYSED:
            return replace(finding, message=message, fixes=fixes)
        rule, url = masked(finding.rule), masked(finding.url)
        return replace(finding, rule=rule, message=message, url=url, fixes=fixes)

    return replace(report, findings=tuple(map(told, report.findings)), why=masked(report.why))


def _written(value: str) -> re.Pattern[str]:
    """What a short word is, it is not within a longer one: ``pass`` is no secret in "password"."""
    word = re.escape(value)
    return re.compile(rf"\b{word}\b" if value.isalpha() and len(value) <= _WORD else word)


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
    """Where its secrets are, as offsets: what tools point at that look for nothing else, of a key
    all that follows, and the literals in what other tools point at, which may be a whole call, or
    name as secret, which may be a number."""
    start, end = (lines.offset(position) for position in finding.range)
    if finding.rule == "PrivateKeyDetector" or _KEY_BEGINS.match(lines.text, start):
        ends = _KEY_ENDS.search(lines.text, end)
        yield start, ends.start() if ends else end
    elif finding.tool in NO_SECRETS:
        yield start, end
    elif not finding.secrets:
        yield from _literals(lines.text, start, end)
    for place in finding.secrets:
        start, end = map(lines.offset, place)
        yield from _literals(lines.text, start, end) or [(start, end)]


def _literals(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found = _LITERAL.finditer(text, start, end)
    return [match.span(2) for match in found if match[2] is not None]
