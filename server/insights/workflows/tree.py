"""YAML as a tree in which everything knows its place. Bounded: what aliases repeat counts anew, and
what is too large, too deep or too much is a flaw instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

from ...model import Range
from ...settings.document import CoreLoader, scalar
from ...text import Lines

Path = tuple[str | int, ...]

LARGEST = 200_000
"""Characters. The longest workflow files of public projects have half of it."""
_MOST = 20_000
_MOST_CHARACTERS = 1_000_000
_DEEPEST = 60


class Flaw(NamedTuple):
    """``line``: from 1."""

    line: int
    text: str


class Entry(NamedTuple):
    """A key of a mapping: where it stands, and what it is of."""

    key: Range
    value: Value


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar's ``text``, None for others, and what it means in ``plain``; a mapping's ``keys``; a
    list's ``items``. ``flow``: it is written in brackets. ``block``: it is a scalar of lines.
    ``shared``: an alias leads to it, or it has an anchor, so that it stands in several places."""

    range: Range
    text: str | None = None
    plain: object = None
    keys: Mapping[str, Entry] = field(default_factory=dict)
    items: tuple[Value, ...] = ()
    is_list: bool = False
    flow: bool = False
    block: bool = False
    shared: bool = False

    @property
    def is_mapping(self) -> bool:
        return self.text is None and not self.is_list

    @property
    def line(self) -> int:
        """From 1."""
        return self.range.start.line + 1

    @property
    def data(self) -> object:
        """As plain data."""
        if self.text is not None:
            return self.plain
        if self.is_list:
            return [each.data for each in self.items]
        return {name: each.value.data for name, each in self.keys.items()}

    def at(self, *path: str | int) -> Value | None:
        """What stands there, if anything does."""
        here: Value | None = self
        for part in path:
            if here is None:
                return None
            if isinstance(part, int):
                here = here.items[part] if part < len(here.items) else None
            else:
                here = here.keys[part].value if part in here.keys else None
        return here

    def said(self, *path: str | int) -> str:
        """The text of the scalar there; empty where none is."""
        found = self.at(*path)
        return found.text or "" if found else ""

    def listed(self, *path: str | int) -> tuple[Value, ...]:
        """The items there; a scalar is a list of one."""
        found = self.at(*path)
        if found is None or found.is_mapping:
            return ()
        return found.items if found.is_list else (found,) if found.text else ()

    def line_of(self, key: str) -> int:
        return self.keys[key].key.start.line + 1 if key in self.keys else self.line


def read(text: str) -> tuple[Value | None, tuple[Flaw, ...]]:
    """The one document in it; None where there is none, or it cannot be read."""
    if len(text) > LARGEST:
        return None, (Flaw(1, f"It has more than {LARGEST:,} characters, and is not read."),)
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        return (_Reader(text).value(node, 0), ()) if node else (None, ())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is no YAML"
        return None, (Flaw(mark.line + 1 if mark else 1, f"This is not valid YAML: {said}."),)
    except _Beyond as error:
        return None, (Flaw(error.line, str(error)),)


class _Loader(CoreLoader):
    """With anchors: the tree that is made of the nodes is bounded."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._depth += 1
        if self._depth > _DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "it is nested too deeply", mark)
        node = yaml.composer.Composer.compose_node(self, parent, index)
        self._depth -= 1
        return node


class _Beyond(Exception):
    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines = Lines(text)
        self._count = self._characters = 0
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, depth: int) -> Value:
        self._count += 1
        line = node.start_mark.line + 1
        if self._count > _MOST:
            raise _Beyond(line, f"It has more than {_MOST:,} values, and is not read.")
        if depth > _DEEPEST:  # only an alias to what is around it goes so deep
            raise _Beyond(line, "It is in itself, by an alias.")
        shared = id(node) in self._seen
        self._seen.add(id(node))
        place = self._range(node)
        flow = bool(getattr(node, "flow_style", False))
        if isinstance(node, yaml.MappingNode):
            keys: dict[str, Entry] = {}
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    keys[key.value] = Entry(self._range(key), self.value(value, depth + 1))
            return Value(place, keys=keys, flow=flow, shared=shared)
        if isinstance(node, yaml.SequenceNode):
            items = tuple(self.value(each, depth + 1) for each in node.value)
            return Value(place, items=items, is_list=True, flow=flow, shared=shared)
        assert isinstance(node, yaml.ScalarNode)
        self._characters += len(node.value)
        if self._characters > _MOST_CHARACTERS:
            raise _Beyond(line, "What its aliases repeat is too much to be read.")
        block = node.style in ("|", ">")
        return Value(place, node.value, scalar(node), block=block, shared=shared)

    def _range(self, node: yaml.Node) -> Range:
        start = self._lines.position(node.start_mark.index)
        return Range(start, self._lines.position(node.end_mark.index))
