"""The worker's side of detect-secrets: from a text to the places of what may be secrets.

Nothing that leaves this module holds the value of a secret, neither a message nor an error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ...model import Category, Confidence, Finding, Position, Range, Report, Severity, State
from ...text import Lines, decode
from ..answers import answer_each, no_verdict
from ..base import Answer, Item
from . import HARDCODED_CREDENTIALS, NAME, Context
from .scan import Baseline, passes_over, prepare, scan

if TYPE_CHECKING:
    from detect_secrets.core.potential_secret import PotentialSecret

URL = "https://github.com/Yelp/detect-secrets/blob/master/docs/plugins.md"

GUESSES = {
    "KeywordDetector": (Severity.MEDIUM, Confidence.MEDIUM),
    "Base64HighEntropyString": (Severity.MEDIUM, Confidence.LOW),
    "HexHighEntropyString": (Severity.LOW, Confidence.LOW),
    "IPPublicDetector": (Severity.INFO, Confidence.LOW),
}
"""Plug-ins that guess from a name or from how random a text looks, the best guess first."""
KNOWN_FORM = (Severity.HIGH, Confidence.HIGH)
"""All others know what one kind of secret looks like."""


def check(told: tuple[Any, ...], items: tuple[Item, ...]) -> list[Answer]:
    context = Context(*told)
    baseline = Baseline(context.problem) if context.problem else prepare(context)
    return answer_each(NAME, items, partial(_check, context.base, baseline))


def _check(base: str, baseline: Baseline, path: str, content: bytes) -> Report:
    if baseline.problem:  # not a matter of the file, which says nothing of it
        return Report(NAME, State.FAILED, why=f"No secrets were looked for: {baseline.problem}")
    try:
        text = decode(content)
    except ValueError as error:
        return no_verdict(NAME, State.NOT_ANALYSED, f"No secrets were looked for: {error}")
    name = _name(base, path)
    try:
        if passes_over(name):
            return Report(NAME, State.NOT_ANALYSED, why="detect-secrets' filters exclude this file")
        known = baseline.known.get(name, frozenset())
        secrets = [each for each in scan(name, text) if (each.type, each.secret_hash) not in known]
        return Report.of(NAME, tuple(findings(secrets, Lines(text))))
    except Exception as error:  # noqa: BLE001 - the project's own plug-ins raise what they like
        # Its words may quote the file.
        why = f"No secrets were found or ruled out: detect-secrets broke ({type(error).__name__})"
        return no_verdict(NAME, State.FAILED, why)


def found_in(context: Context, path: str, text: str) -> list[Finding]:
    """What detect-secrets finds in a text, be it known to the baseline or not. Raises what it and
    plug-ins raise."""
    if prepare(context).problem:
        prepare(Context(context.base))
    return list(findings(scan(_name(context.base, path), text), Lines(text)))


def _name(base: str, path: str) -> str:
    return path.removeprefix(f"{base}/") if path.startswith(f"{base}/") else os.path.basename(path)


class _Found(NamedTuple):
    """``kind`` is detect-secrets' name of it, as in a baseline."""

    place: Range
    rule: str
    kind: str


def findings(secrets: Iterable[PotentialSecret], lines: Lines) -> Iterator[Finding]:
    """One for each place, however many plug-ins found something there: the surest leads."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    plugins: dict[str, type[Any]] = get_mapping_from_secret_type_to_class()
    rules = {kind: plugin.__name__ for kind, plugin in plugins.items()}
    found: list[_Found] = []
    for each in secrets:
        place = place_of(each.secret_value or "", each.line_number, lines)
        if (rule := rules[each.type]) not in GUESSES and rule != "PrivateKeyDetector":
            place = _whole_token(place, lines)
        found.append(_Found(place, rule, each.type))
    for group in _by_place(found):
        group.sort(key=lambda each: (_rank(each.rule), each.kind))
        severity, confidence = GUESSES.get(group[0].rule, KNOWN_FORM)
        yield Finding(
            NAME,
            group[0].rule,
            f"Possible secret: {', '.join(dict.fromkeys(each.kind for each in group))}",
            Range(min(e.place.start for e in group), max(e.place.end for e in group)),
            severity,
            Category.SECURITY,
            confidence,
            URL,
            HARDCODED_CREDENTIALS,
        )


def _by_place(found: Iterable[_Found]) -> list[list[_Found]]:
    """Those that overlap stand together."""
    groups: list[list[_Found]] = []
    end = Position(-1, 0)
    for each in sorted(found):
        if each.place.start < end:
            groups[-1].append(each)
        else:
            groups.append([each])
        end = max(end, each.place.end)
    return groups


def _rank(rule: str) -> int:
    return list(GUESSES).index(rule) if rule in GUESSES else -1


_QUOTES = ("'", '"', "`")


def place_of(value: str, number: int, lines: Lines) -> Range:
    """Where ``value`` stands, which was found at a line, counted from 1. Of YAML and INI
    detect-secrets sees values as they mean, which can go over lines, or be written otherwise: then
    the line, and all that is indented below it."""
    row = min(max(0, number - 1), len(lines) - 1)
    line = lines.line(row)
    if value and value in line:
        start = _column(line, value)
        return Range(Position(row, start), Position(row, start + len(value)))
    first, at = -1, lines.offset(Position(row, 0))
    for piece in filter(None, map(str.strip, value.splitlines())):
        if (found := lines.text.find(piece, at)) < 0:
            return _block(row, lines)
        first, at = first if first >= 0 else found, found + len(piece)
    return Range(lines.position(first), lines.position(at)) if first >= 0 else _block(row, lines)


def _column(line: str, value: str) -> int:
    """In quotes if anywhere, otherwise the last: what comes before may be a name like it."""
    starts = [match.start() for match in re.finditer(re.escape(value), line)]
    quoted = [
        start
        for start in starts
        if line[:start].endswith(_QUOTES) and line[start + len(value) :].startswith(_QUOTES)
    ]
    return quoted[0] if quoted else starts[-1]


_TOKEN = re.compile(r"[\w-]*")


def _whole_token(place: Range, lines: Lines) -> Range:
    """Of some tokens detect-secrets names the beginning alone (``ghp`` of a GitHub token)."""
    (row, start), (last, end) = place
    before = _TOKEN.match(lines.line(row)[:start][::-1])
    after = _TOKEN.match(lines.line(last), end)
    assert before
    assert after
    return Range(Position(row, start - before.end()), Position(last, after.end()))


def _block(row: int, lines: Lines) -> Range:
    indent, last = _indent(lines.line(row)), row
    for below in range(row + 1, len(lines)):
        line = lines.line(below)
        if line.strip() and _indent(line) <= indent:
            break
        last = below if line.strip() else last
    return Range(Position(row, indent), Position(last, len(lines.line(last).rstrip())))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


_WHAT_TO_DO = (
    "Whoever can read the file, a copy of it or its history knows the secret. If it is one, have"
    " it replaced where it counts, and read the new one from the environment or a vault. If it is"
    " none, say so at its line with `pragma: allowlist secret`, or in the project's"
    " `.secrets.baseline`."
)


def explain(_context: tuple[()], rules: tuple[str, ...]) -> list[str]:
    return [_WHAT_TO_DO] * len(rules)
