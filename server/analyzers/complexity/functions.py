"""Where a function is named in a Python text, and which part of one would be better on its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ...model import Position, Range
from ...text import Lines

_HEADER = re.compile(r"[ \t\f]*(?:async[ \t]+)?def[ \t]+(\w+)")
_MOST_DECORATION = 200
_LARGE = 4
"""A part that is worth to be named has at least one in so many of the whole."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Suite = Sequence[ast.stmt]

_WORDS: dict[type[ast.stmt], str] = {
    ast.If: "if",
    ast.For: "for",
    ast.AsyncFor: "for",
    ast.While: "while",
    ast.Try: "try",
    ast.TryStar: "try",
    ast.With: "with",
    ast.AsyncWith: "with",
    ast.Match: "match",
}


def name_at(lines: Lines, row: int) -> Range:
    """The place of the name of the function that begins in a row, with its decorators or without;
    the row's code where there is none."""
    for at in range(row, min(row + _MOST_DECORATION, len(lines))):
        if found := _HEADER.match(lines.line(at)):
            return Range(Position(at, found.start(1)), Position(at, found.end(1)))
    line = lines.line(row)
    return Range(Position(row, len(line) - len(line.lstrip())), Position(row, len(line.rstrip())))


class Part(NamedTuple):
    """A part of a function: its lines, from 1, and its weight."""

    what: str
    first: int
    last: int
    weight: int

    def __str__(self) -> str:
        where = (
            f"line {self.first}" if self.first == self.last else f"lines {self.first}–{self.last}"
        )
        return f"{self.what} in {where}"


def part_to_split(function: Function, weigh: Callable[[ast.stmt], int]) -> Part | None:
    """What to make a function of its own, so that neither it nor the rest weighs much: a block, a
    branch, or, where these are all small, the end of the function. None where nothing is gained.

    ``weigh`` gives the complexity that a statement adds.
    """
    known: dict[ast.stmt, int] = {}

    def weight(suite: Suite) -> int:
        for node in suite:
            if node not in known:
                known[node] = weigh(node)
        return sum(known[node] for node in suite)

    whole = weight(function.body)

    def best(parts: Iterable[tuple[str, Suite]]) -> Part | None:
        weighed = ((what, suite, weight(suite)) for what, suite in parts)
        able = [row for row in weighed if whole <= _LARGE * row[2] and row[2] < whole]
        if not able:
            return None
        what, suite, own = min(able, key=lambda row: max(row[2], whole - row[2]))
        return Part(what, suite[0].lineno, suite[-1].end_lineno or suite[-1].lineno, own)

    return best(_blocks(function.body)) or best(_ends(function.body))


def _ends(suite: Suite) -> Iterator[tuple[str, Suite]]:
    return (("the part", suite[start:]) for start in range(1, len(suite)))


def _blocks(suite: Suite) -> Iterator[tuple[str, Suite]]:
    """The compound statements, from outside to inside, and the branches of those that have any;
    what is a function or a class already is left alone."""
    for node in suite:
        if (word := _WORDS.get(type(node))) is None:
            continue
        yield f"the `{word}` block", [node]
        for branch, inner in _branches(node):
            if branch:
                yield f"the `{branch}` branch", inner
            yield from _blocks(inner)


def _branches(node: ast.stmt) -> Iterator[tuple[str, Suite]]:
    """The suites of a compound statement; no name where there is only one."""
    match node:
        case ast.If(body=body, orelse=[ast.If(col_offset=node.col_offset) as below]):
            yield "if", body
            yield from (
                ("elif" if word == "if" else word, suite) for word, suite in _branches(below)
            )
        case ast.If(body=body, orelse=orelse):
            yield "if", body
            if orelse:
                yield "else", orelse
        case ast.Try() | ast.TryStar():
            yield "try", node.body
            yield from (("except", handler.body) for handler in node.handlers)
            yield from (
                (word, suite)
                for word, suite in (("else", node.orelse), ("finally", node.finalbody))
                if suite
            )
        case ast.Match():
            yield from (("case", case.body) for case in node.cases)
        case ast.For() | ast.AsyncFor() | ast.While():
            yield "", node.body
            if node.orelse:
                yield "else", node.orelse
        case ast.With() | ast.AsyncWith():
            yield "", node.body
