"""What a finding is known by while its file changes. Pure.

A fingerprint is a text: ``<text>-<scope>-<ordinal>~<line><before><after>``. What stands before the
tilde names the finding: its tool, rule and first tokens, the functions and classes that it lies in,
and which of those it is that are equal in this. White space, comments, quotes and trailing commas
do not count, nor does where in the file it stands. What follows are hints, by which those that are
alike are told apart when some of them come or go: the line, and the lines before and after it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from ..model import Finding, Position, Range
from ..text import Lines

_MOST_TOKENS = 16
_MOST_ALIKE = 64
"""So many are compared with one that is like them: a generated file may have thousands."""

_TOKEN = re.compile(r"(?:(?<=\s)|^)#[^\r\n]*|\w+|[^\w\s]", re.MULTILINE)
_SCOPE = re.compile(r"^([ \t]*)(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)
_BLANK = re.compile(r"[^\S\r\n]*(?:[\r\n]|\Z)")
_FORM = re.compile(
    r"([0-9a-f]{10})-([0-9a-f]{4})-(\d{1,9})~([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})", re.ASCII
)


class Fingerprint(NamedTuple):
    text: str
    scope: str
    ordinal: int
    line: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.text}-{self.scope}-{self.ordinal}~{self.line}{self.before}{self.after}"

    @staticmethod
    def of(text: str) -> Fingerprint:
        """Raises ValueError for what is none."""
        if not (found := _FORM.fullmatch(text)):
            raise ValueError(f"{text!r:.60} is no fingerprint")
        words, scope, ordinal, *hints = found.groups()
        return Fingerprint(words, scope, int(ordinal), *hints)


def name_of(fingerprint: str) -> str:
    """What no other finding of the file has; stays as it is when lines come or go above."""
    return fingerprint.partition("~")[0]


def fingerprinted(findings: Iterable[Finding], text: str) -> tuple[Finding, ...]:
    """The findings of one tool in ``text``, each with a fingerprint of its own, in their order."""
    source = _Source(text)
    given = tuple(findings)
    marks = [source.mark(finding) for finding in given]
    seen: Counter[tuple[str, str]] = Counter()
    for place in sorted(range(len(given)), key=lambda each: given[each].range):
        alike = marks[place][:2]
        marks[place] = marks[place]._replace(ordinal=seen[alike])
        seen[alike] += 1
    return tuple(
        replace(finding, fingerprint=str(mark)) for finding, mark in zip(given, marks, strict=True)
    )


class _Source:
    """A text whose lines are looked at once each, however many findings there are."""

    def __init__(self, text: str) -> None:
        self._lines = Lines(text)
        self._text = text
        self._filled = [row for row in range(len(self._lines)) if self._lines.line(row).strip()]
        starts = [(m.start(), _width(m[1]), m[2]) for m in _SCOPE.finditer(text)]
        self._scopes = [(self._lines.position(at).line, width, name) for at, width, name in starts]
        self._around = _around([width for _, width, _ in self._scopes])
        # A line may have thousands of findings, and be as long.
        self._line = cache(self._line_of)
        self._scope = cache(lambda row: _hash(2, *self._scope_of(row)))
        self._words = cache(lambda row: _hash(2, "".join(self._lines.line(row).split())))

    def mark(self, finding: Finding) -> Fingerprint:
        """Its ordinal is not known yet."""
        row = finding.range.start.line
        kind = (finding.tool, finding.rule)
        return Fingerprint(
            _hash(5, *kind, *self._tokens(finding.range)),
            self._scope(row),
            0,
            self._line(row, *kind),
            self._before(row),
            self._after(row),
        )

    def _line_of(self, row: int, tool: str, rule: str) -> str:
        return _hash(4, tool, rule, *_tokens(self._lines.line(row)))

    def _tokens(self, place: Range) -> list[str]:
        """The first tokens from where it begins, at least to its end, at most to that of the
        statement or argument."""
        begin, end = self._lines.offset(place.start), self._lines.offset(place.end)
        tokens: list[str] = []
        depth, reached = 0, begin
        for match in _TOKEN.finditer(self._text, self._first(begin)):
            word, at = match[0], match.start()
            past = at >= end and tokens and depth <= 0
            if past and (word in _STOPS or _breaks(self._text, reached, at)):
                break
            reached = match.end()
            depth += (word in _OPENING) - (word in _CLOSING)
            if at == begin and _is_comment(word):
                tokens.append("".join(word.split()))
            else:
                _add(tokens, word)
            if len(tokens) >= _MOST_TOKENS:
                break
        return tokens

    def _first(self, begin: int) -> int:
        """Where a token may begin: blank lines are stepped over at once."""
        if not _BLANK.match(self._text, begin):
            return begin
        at = bisect_right(self._filled, self._lines.position(begin).line)
        if at == len(self._filled):
            return len(self._text)
        return self._lines.offset(Position(self._filled[at], 0))

    def _scope_of(self, row: int) -> Iterator[str]:
        """The names of the functions and classes around a line, by its indentation, inside out."""
        line = self._lines.line(row)
        width = _width(line[: len(line) - len(line.lstrip())])
        at = bisect_left(self._scopes, (row,)) - 1
        while at >= 0:
            _, outer, name = self._scopes[at]
            if outer < width:
                width = outer
                yield name
            at = self._around[at]

    def _before(self, row: int) -> str:
        """Of the next line up that is not blank, without its white space."""
        at = bisect_left(self._filled, row) - 1
        there = at >= 0 and row <= len(self._lines)
        return self._words(self._filled[at]) if there else _NONE

    def _after(self, row: int) -> str:
        """Of the next one down."""
        at = bisect_right(self._filled, row)
        return self._words(self._filled[at]) if at < len(self._filled) else _NONE


def _around(widths: Sequence[int]) -> list[int]:
    """Of each scope the last one before it that is less far in, by their places; -1: there is none.
    What is between the two is as far in at least, and around nothing that comes after."""
    found: list[int] = []
    for place, width in enumerate(widths):
        at = place - 1
        while at >= 0 and widths[at] >= width:
            at = found[at]
        found.append(at)
    return found


_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_STOPS = _CLOSING | {","}


def _tokens(line: str) -> list[str]:
    tokens: list[str] = []
    for word in _TOKEN.findall(line):
        _add(tokens, word)
    return tokens or line.split()


def _add(tokens: list[str], word: str) -> None:
    if _is_comment(word):
        return
    if word in _CLOSING and tokens and tokens[-1] == ",":
        tokens.pop()
    tokens.append('"' if word == "'" else word)


def _is_comment(word: str) -> bool:
    return word[0] == "#"


def _breaks(text: str, start: int, end: int) -> bool:
    return text.find("\n", start, end) >= 0 or text.find("\r", start, end) >= 0


def _width(indentation: str) -> int:
    return len(indentation.expandtabs())


def _hash(size: int, *parts: str) -> str:
    content = "\0".join(parts).encode("utf-8", "surrogatepass")
    return blake2b(content, digest_size=size).hexdigest()


_NONE = _hash(2, "")


# ── two states of a file ────────────────────────────────────────────────────────────────────────


def match(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Which of ``new`` is which of ``old``, by their places in the two: fingerprints of one file,
    before and after. None is given twice; where it cannot be told which of several it is that came
    to another function, it is none of them.

    Raises ValueError for what is no fingerprint.
    """
    was, now = [Fingerprint.of(each) for each in old], [Fingerprint.of(each) for each in new]
    found: dict[int, int] = {}
    same: defaultdict[Fingerprint, deque[int]] = defaultdict(deque)
    for place, each in enumerate(was):
        same[each._replace(ordinal=0)].append(place)
    for place, each in enumerate(now):
        if waiting := same.get(each._replace(ordinal=0)):
            found[place] = waiting.popleft()
    left = sorted(place for waiting in same.values() for place in waiting)
    taken: set[int] = set()
    settled = set(found)
    for _, tied in groupby(sorted(_alike(was, left, now, found.keys())), key=itemgetter(0)):
        free = [pair for _, *pair in tied if pair[0] not in taken and pair[1] not in settled]
        of_old, of_new = Counter(old for old, _ in free), Counter(new for _, new in free)
        for before, after in free:
            if before in taken or after in settled:
                continue
            settled.add(after)
            # To another function only where as many came as there were: then in their order.
            if was[before].scope == now[after].scope or of_old[before] == of_new[after]:
                found[after] = before
                taken.add(before)
    return found


def _alike(
    was: Sequence[Fingerprint],
    left: Iterable[int],
    now: Sequence[Fingerprint],
    found: Iterable[int],
) -> Iterator[tuple[tuple[int, bool], int, int]]:
    """What may be the same, by places: the likeliest has the smallest rank."""
    by_hash: defaultdict[str, list[int]] = defaultdict(list)
    for place in left:
        by_hash[was[place].text].append(place)
        by_hash[was[place].line].append(place)
    known = set(found)
    for place, each in enumerate(now):
        if place in known:
            continue
        near = (*by_hash[each.text][:_MOST_ALIKE], *by_hash[each.line][:_MOST_ALIKE])
        for before in dict.fromkeys(near):
            if likeness := _likeness(was[before], each):
                yield (-likeness, was[before].scope != each.scope), before, place


def _likeness(one: Fingerprint, other: Fingerprint) -> int:
    """0 where nothing around them is the same: what moved alone may be another."""
    around = (
        3 * (one.scope == other.scope) + (one.before == other.before) + (one.after == other.after)
    )
    words = 4 * (one.text == other.text) + 4 * (one.line == other.line)
    return words + around if around else 0
