"""The worker's side of all analyzers: what is common to them, whichever is asked.

What a tool quotes of a secret does not leave the worker. Suppressions come with every report, so
that they are known wherever a report is: kept with it by content, moved with it by edits, and told
from those of a text that its tool has not seen. Of a notebook a tool is given what it understands,
and none is asked about one that is not in Python.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any, NamedTuple

from ..findings import codec
from ..findings.families import SYNTAX_ERROR
from ..findings.others import MARKS
from ..ipython import code
from ..model import TOP, Category, Finding, Report, Severity, State
from ..notebooks import BrokenError, ForeignError, UnreadableError, is_notebook, read
from ..text import decode, digest
from .answers import answer, no_verdict, read_content, text_in, unreadable
from .base import Analyzer, Answer, As, Configuration, Item
from .discretion import about_secrets, discreet, withheld


class Tool(NamedTuple):
    """Of an analyzer: its name, what it is given of notebooks, and the function to call.
    ``masking``: by which rules secrets are found that it may quote; empty where none are looked
    for. ``quotes``: as ``Analyzer`` has it."""

    name: str
    notebooks: As
    check: str
    masking: tuple[Any, ...]
    quotes: bool = True

    @staticmethod
    def of(analyzer: Analyzer, configuration: Configuration) -> Tool:
        masking = configuration.masking
        return Tool(analyzer.name, analyzer.notebooks, analyzer.check, masking, analyzer.quotes)


class _Given(NamedTuple):
    """What a tool is asked about, and the digest of the file that it stands for (empty: its own);
    or the answer without it."""

    item: Item
    digest: str = ""
    answered: Answer | None = None


def check(context: tuple[Tool, tuple[Any, ...]], items: tuple[Item, ...]) -> list[Answer]:
    """``context``: the tool, and what it is configured by."""
    tool, own = context
    module, _, name = tool.check.partition(":")
    given = [_notebook(tool, each) if is_notebook(each[0]) else _Given(each) for each in items]
    asked = tuple(each.item for each in given if each.answered is None)
    told = iter(getattr(importlib.import_module(module), name)(own, asked) if asked else ())
    return [each.answered or _answer(tool, each, next(told)) for each in given]


def _notebook(tool: Tool, item: Item) -> _Given:
    path, _, hints = item
    try:
        content = read_content(item)
    except OSError as error:
        return _Given(item, answered=unreadable(tool.name, error))
    try:
        text = read(content).text
    except ForeignError as error:
        report = Report(tool.name, State.NOT_ANALYSED, why=str(error))
        return _Given(item, answered=answer(content, report))
    except UnreadableError as error:
        why = f"This notebook was not read: {error}"
        report = no_verdict(tool.name, State.NOT_ANALYSED, why)
        if isinstance(error, BrokenError) and tool.notebooks is As.FILE:
            report = Report.of(tool.name, (_broken(tool.name, why),))
        return _Given(item, answered=answer(content, report))
    if tool.notebooks is As.FILE:
        return _Given(item)
    seen = code(text) if tool.notebooks is As.CODE else text
    return _Given((path, seen.encode("utf-8", "surrogatepass"), hints), digest(content))


def _broken(tool: str, why: str) -> Finding:
    """What a tool that reads notebooks by itself says of one that is none: a flaw of the file's, as
    an error of syntax is in a file of Python."""
    return Finding(tool, SYNTAX_ERROR, why, TOP, Severity.HIGH, Category.QUALITY)


def _answer(tool: Tool, given: _Given, answered: Answer) -> Answer:
    """What was said of a content of which no digest is told is not kept."""
    seen, report = answered
    of_file = seen and (given.digest or seen)
    told = about_secrets(report, tool.masking, quotes=tool.quotes)
    try:
        content = read_content(given.item)
    except OSError as error:  # what it may quote is not known any more
        return (of_file, report) if told is None else unreadable(tool.name, error)
    is_same = not seen or seen == digest(content)
    text = _text(given, content)
    if told is not None:
        if not is_same:
            changed = withheld(tool.name, State.NOT_ANALYSED, "the file changed meanwhile")
            return "", codec.dumps(changed)
        quoted = text_in(content) if text is None else text
        report = codec.dumps(discreet(told, quoted, given.item[0], tool.masking))
    if text is None or not MARKS.search(text):
        return of_file, report
    from ..findings.suppressions import read as read_suppressions  # only where there may be some

    python = code(text) if _is_whole(given) else text
    if not (held := read_suppressions(python, given.item[0])):
        return of_file, report
    # Of another content than the tool saw: what is no content's is not kept.
    kept = of_file if is_same and seen else ""
    return kept, codec.dumps(replace(codec.loads(report), suppressions=held))


def _text(given: _Given, content: bytes) -> str | None:
    """What it was asked about as text; None where it is none."""
    try:
        return read(content).text if _is_whole(given) else decode(content)
    except ValueError:
        return None


def _is_whole(given: _Given) -> bool:
    """Whether it was asked about a notebook's file."""
    return is_notebook(given.item[0]) and not given.digest
