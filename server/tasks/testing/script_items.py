"""The tests in a JavaScript or TypeScript file, by its syntax: suites and tests as node's own
runner, Jest, Vitest and their like name them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ...model import Range
from ...text import Lines, decode
from .items import TestItem
from .results import SUITE

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

_FILE = re.compile(
    r"(?:.*/)?(?:(?:__tests__|tests?)/.+|[^/]*[._-](?:test|spec)|test(?:-[^/]*)?)\.[cm]?[jt]sx?"
)
_CALLS = """
(call_expression
  function: [(identifier) (member_expression) (call_expression)] @callee
  arguments: (arguments . [(string) (template_string)] @title)) @call
"""
_CALLEE = re.compile(
    r"(?P<name>[fx]?describe|suite|[fx]?it|x?test)"
    r"(?P<members>(?:\.(?:only|skip|concurrent|sequential|failing|fails|describe|suite|it|test)"
    r"|\.(?:each|for|if|runIf|skipIf)(?=[(`.]))*)(?:[(`].*)?",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}


def is_test_script(path: str) -> bool:
    return _FILE.fullmatch(path) is not None


def items(content: bytes, path: str) -> tuple[TestItem, ...]:
    """The tests that ``path`` (relative to the workspace) holds, in order. Where the title is a
    template, what it is filled with stays as it is written: ``adds ${n}``, ``adds %i``."""
    try:
        text = decode(content)
    except ValueError:
        return ()
    source = text.encode()
    parser, query = _grammar(path.endswith((".ts", ".mts", ".cts")))
    from tree_sitter import QueryCursor

    root = parser.parse(source).root_node
    calls = [_Call.of(found) for _, found in QueryCursor(query).matches(root)]
    tests = sorted((call for call in calls if call.kind), key=lambda call: call.start)
    lines, place = Lines(text), _Offsets(source)
    return tuple(
        TestItem(
            titles[-1],
            f"{path}::{SUITE.join(titles)}{SUITE if call.kind == 'suite' else ''}",
            Range(lines.position(place.of(call.title[0])), lines.position(place.of(call.title[1]))),
            call.kind == "suite",
        )
        for call, titles in _nested(tests)
    )


@cache
def _grammar(typescript: bool) -> tuple[Parser, Query]:
    """The grammar of TSX reads JavaScript and JSX, too; only TypeScript has casts in brackets."""
    import tree_sitter_typescript as grammars
    from tree_sitter import Language, Parser, Query

    made = grammars.language_typescript() if typescript else grammars.language_tsx()
    language = Language(made)
    return Parser(language), Query(language, _CALLS)


class _Call(NamedTuple):
    """Places are in bytes. ``kind``: suite, test, or empty for another function's call."""

    start: int
    end: int
    kind: str
    name: str
    title: tuple[int, int]

    @staticmethod
    def of(found: dict[str, list[Node]]) -> _Call:
        (call,), (callee,), (title,) = found["call"], found["callee"], found["title"]
        kind = _kind((callee.text or b"").decode("utf-8", "replace"))
        name = _text(title) if kind else ""
        return _Call(call.start_byte, call.end_byte, kind, name, (title.start_byte, title.end_byte))


def _kind(callee: str) -> str:
    found = _CALLEE.fullmatch(callee)
    if found is None:
        return ""
    names = {found["name"].lstrip("fx"), *found["members"].split(".")}
    return "suite" if names & {"describe", "suite"} else "test"


def _text(title: Node) -> str:
    pieces = []
    for piece in title.named_children:
        text = (piece.text or b"").decode("utf-8", "replace")
        pieces.append(_unescaped(text) if piece.type == "escape_sequence" else text)
    # Two escapes may be one character; half of one is none.
    return "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(text: str) -> str:
    if found := re.fullmatch(r"\\(?:x|u\{?)([0-9a-fA-F]{1,6})\}?", text):
        code = int(found[1], 16)
        return chr(code) if code <= 0x10FFFF else text
    return _ESCAPES.get(text[1:], text[1:])


def _nested(calls: list[_Call]) -> Iterator[tuple[_Call, tuple[str, ...]]]:
    """Each with its titles, those of the suites around it first. What a test holds is no test."""
    around: list[_Call] = []
    for call in calls:
        while around and around[-1].end <= call.start:
            around.pop()
        if around and around[-1].kind == "test":
            continue
        yield call, (*(each.name for each in around), call.name)
        around.append(call)


class _Offsets:
    """From bytes to characters; to be asked in rising order, roughly."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._known = (0, 0)

    def of(self, byte: int) -> int:
        at, characters = self._known if self._known[0] <= byte else (0, 0)
        characters += len(self._source[at:byte].decode("utf-8", "replace"))
        self._known = (byte, characters)
        return characters
