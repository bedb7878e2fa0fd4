"""YAML text to plain data, with the place of every key and value, and all that is wrong with it.

Words are read as YAML 1.2 does, and with it editors that use the JSON schema: ``on`` and ``12:30``
are text. PyYAML by itself reads them as true and 750, and takes duplicate keys silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

from ..model import Position, Range
from ..text import Lines

Path = tuple[str | int, ...]
START = Range(Position(0, 0), Position(0, 0))


class Flaw(NamedTuple):
    range: Range
    message: str


class Place(NamedTuple):
    """Where a key (in a list: the item) and its value stand."""

    key: Range
    value: Range


@dataclass(slots=True)
class Document:
    data: dict[str, object] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core schema; anchors are refused, since an alias can hide an endless tree."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the shape that PyYAML declares

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            alias = self.get_event()  # type: ignore[no-untyped-call]
            problem = "aliases are not read here"
            raise yaml.composer.ComposerError(None, None, problem, alias.start_mark)
        return super().compose_node(parent, index)


_TAG = "tag:yaml.org,2002:"
_SCALARS: dict[str, Callable[[str], object]] = {
    _TAG + "null": lambda _: None,
    _TAG + "bool": lambda text: text.lower() == "true",
    _TAG + "int": lambda text: int(text, 0 if text[:2] in ("0x", "0o") else 10),
    _TAG + "float": float,
    _TAG + "str": str,
}
_WORDS = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}", list("-+0123456789")),
    "float": (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
}
for _name, (_pattern, _first) in _WORDS.items():
    CoreLoader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _first)


def scalar(node: yaml.ScalarNode) -> object:
    """What it means; its text where its tag is not known."""
    try:
        return _SCALARS[node.tag](node.value)
    except (KeyError, ValueError):
        return node.value


def parse(text: str) -> Document:
    """Read ``text``; what cannot be read is in ``flaws`` and missing from ``data``."""
    reader = _Reader(text)
    try:
        root = compose(text)
        if root is not None:
            reader.root(root)
    except yaml.YAMLError as error:
        reader.document.flaws.append(_syntax_flaw(error, reader.lines))
    except RecursionError:
        reader.document.flaws.append(Flaw(START, "This is nested too deeply to be settings."))
    return reader.document


def compose(text: str) -> yaml.Node | None:
    """The one document in ``text`` as nodes; None when it is empty. Raises yaml.YAMLError."""
    loader = CoreLoader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


class _Reader:
    def __init__(self, text: str) -> None:
        self.lines = Lines(text)
        self.document = Document()

    def root(self, node: yaml.Node) -> None:
        value = self.value(node, ())
        if isinstance(value, dict):
            self.document.data = value
        elif value is not None:
            self.flaw(node, "Settings are written as groups, such as `analysis:`, with keys below.")

    def value(self, node: yaml.Node, path: Path) -> object:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for index, item in enumerate(node.value):
                self.document.places[*path, index] = Place(self.range(item), self.range(item))
                items.append(self.value(item, (*path, index)))
            return items
        return self.scalar(node)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.flaw(key, "A key must be one word.")
            elif key.value in found:
                first = self.document.places[*path, key.value].key.start.line + 1
                self.flaw(key, f"`{key.value}` is set twice, first on line {first}. Keep one.")
            else:
                place = Place(self.range(key), self.range(value))
                self.document.places[*path, key.value] = place
                found[key.value] = self.value(value, (*path, key.value))
        return found

    def scalar(self, node: yaml.Node) -> object:
        try:
            return _SCALARS[node.tag](node.value)
        except (KeyError, ValueError):
            self.flaw(node, f"The tag `{node.tag}` is not read here. Remove it.")
            return None

    def flaw(self, node: yaml.Node, message: str) -> None:
        self.document.flaws.append(Flaw(self.range(node), message))

    def range(self, node: yaml.Node) -> Range:
        start = self.lines.position(node.start_mark.index)
        return Range(start, self.lines.position(node.end_mark.index))


def _syntax_flaw(error: yaml.YAMLError, lines: Lines) -> Flaw:
    """From PyYAML's error to words; the range goes from its mark to the end of the line."""
    if isinstance(error, yaml.reader.ReaderError):
        start = lines.position(error.position)
        message = f"The character U+{error.character:04X} is not allowed in YAML. Remove it."
        return Flaw(Range(start, Position(start.line, start.column + 1)), message)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    start = lines.position(mark.index) if mark else START.start
    end = Position(start.line, max(start.column, len(lines.line(start.line))))
    problem = getattr(error, "problem", None) or str(error)
    if "'\\t'" in problem:
        message = "A tab cannot indent YAML. Use spaces."
    else:
        message = f"This is not valid YAML: {problem}. Check the indentation and punctuation here."
    return Flaw(Range(start, end), message)
