"""Source text as it may be shown: without the secrets that were found in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..model import Finding, Problem
from ..text import Lines
from .secret_rules import tells_of_secret

MASK = "*"
_LITERAL = re.compile(r"""("{3}|'{3}|["'`])(.+?)\1""", re.DOTALL)
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]+-----")
_SHORTEST = 4
"""A shorter value is masked only where it was found: it may well be a part of any word."""


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
