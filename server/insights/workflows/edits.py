"""Changes of YAML files that leave all else as it is, byte for byte; each is looked at afterwards:
what is read then is what was read before, but for the change."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...model import Edit, Position, Range
from ...text import Lines, apply
from .model import GONE, Change, Insert
from .tree import Path, Value, read

_PLAIN = re.compile(r"[A-Za-z0-9_$./][\w$./{}() |&=<>*+~'-]*(?<! )")
_WORDS = re.compile(r"(?i:~|null|true|false|yes|no|on|off|[-+.\d][\d_.:eEx]*)")


def inserted(text: str, inserts: Sequence[Insert]) -> tuple[Edit, ...]:
    """What puts the lines in."""
    end = _line_end(text)
    places = [(Position(each.line - 1, 0), each.text) for each in inserts]
    return tuple(Edit(Range(at, at), f"{line}{end}") for at, line in places)


def edits(text: str, changes: Sequence[Change]) -> tuple[Edit, ...]:
    """What makes all of the changes. Raises ValueError, for people, where it cannot be made so."""
    root, flaws = read(text)
    if flaws:
        raise ValueError("the file is not valid YAML")
    if root is None:
        (change,) = changes
        return (_begun(text, change),)
    wanted: object = copy.deepcopy(root.data)
    made: list[Edit] = []
    for change in changes:
        _change(wanted, change)
        gone = change.value is GONE
        made.append(_removed(text, root, change.path) if gone else _set(text, root, change))
    after, flaws = read(apply(text, made))
    if after is None or flaws or after.data != wanted:
        raise ValueError("the file is written in a way in which this cannot be changed safely")
    return tuple(made)


def _begun(text: str, change: Change) -> Edit:
    """In a file that says nothing so far."""
    end = Lines(text).position(len(text))
    value = change.value
    for part in reversed(change.path):
        value = {str(part): value}
    assert isinstance(value, Mapping)
    lines = [*([""] if end.column else []), *_lines(value, ""), ""]
    return Edit(Range(end, end), "\n".join(lines))


def _change(data: Any, change: Change) -> None:
    """In plain data. Raises ValueError where there is no such place."""
    here = data
    *ways, last = change.path
    try:
        for part in ways:
            if isinstance(here, dict) and isinstance(part, str):
                here[part] = here.get(part) or {}
            here = here[part]
        if change.value is GONE:
            del here[last]
        elif isinstance(change.value, Mapping):
            here[last] = {**(here.get(last) or {}), **change.value}
        else:
            here[last] = change.value
    except (LookupError, TypeError) as error:
        raise ValueError("the place that is to be changed has gone") from error


def _set(text: str, root: Value, change: Change) -> Edit:
    here, ways = root, list(change.path)
    while ways and (below := here.at(ways[0])) is not None and below.text != "":
        here = below
        ways.pop(0)
    value = change.value
    if not ways and isinstance(value, Mapping) and here.is_mapping and not here.shared:
        if taken := here.keys.keys() & value.keys():
            raise ValueError(f"{', '.join(sorted(taken))} stands there already")
        return _inserted(text, here, value, change.before)
    if not ways:
        if here.text is None or here.block or here.shared:
            raise ValueError("what stands there is no single word")
        return Edit(here.range, _word(value, in_flow=True))
    for part in reversed(ways[1:]):
        value = {str(part): value}
    if not here.is_mapping or here.shared:
        raise ValueError("what stands there is no group of keys, or stands in several places")
    key = str(ways[0])
    if (empty := here.keys.get(key)) is not None:
        return _filled(text, empty.key, value)
    return _inserted(text, here, {key: value}, change.before)


def _filled(text: str, key: Range, value: object) -> Edit:
    """A key after which nothing stands."""
    lines = Lines(text)
    line = lines.line(key.end.line)
    at = Position(key.end.line, line.index(":", key.end.column) + 1)
    end = _line_end(text)
    indent = " " * (key.start.column + 2)
    if not isinstance(value, Mapping):
        return Edit(Range(at, at), f" {_word(value)}")
    rest = Position(key.end.line, len(line))
    return Edit(Range(rest, rest), end + end.join(_lines(value, indent)))


def _inserted(text: str, mapping: Value, added: Mapping[str, object], before: str) -> Edit:
    if mapping.flow:
        column = mapping.range.start.column + 1
        at = Position(mapping.range.start.line, column)
        more = ", " if mapping.keys else ""
        return Edit(Range(at, at), f"{_word(added, in_flow=True)[1:-1]}{more}")
    if not mapping.keys:
        raise ValueError("there is no group of keys to add to")
    lines, end = Lines(text), _line_end(text)
    indent = " " * mapping.range.start.column
    new = _lines(added, indent)
    if before in mapping.keys and _begins(lines, start := mapping.keys[before].key.start):
        at = Position(start.line, 0)
        nested = any(isinstance(each, Mapping) for each in added.values())
        gap = end if nested and not indent else ""
        return Edit(Range(at, at), end.join(new) + end + gap)
    for entry in reversed([*mapping.keys.values()]):
        place = entry.value.range
        one_line = place.end.line == entry.key.start.line
        if one_line and (entry.value.flow or entry.value.text) and not entry.value.block:
            at = Position(place.end.line, len(lines.line(place.end.line)))
            return Edit(Range(at, at), end + end.join(new))
    for entry in reversed([*mapping.keys.values()]):
        if _begins(lines, entry.key.start):
            at = Position(entry.key.start.line, 0)
            return Edit(Range(at, at), end.join(new) + end)
    raise ValueError("there is no line to add to")


def _begins(lines: Lines, at: Position) -> bool:
    """Whether nothing stands before it in its line."""
    return not lines.line(at.line)[: at.column].strip()


def _removed(text: str, root: Value, path: Path) -> Edit:
    """An item of a list that is written in lines."""
    item, around = root.at(*path), root.at(*path[:-1])
    lines = Lines(text)
    if item is None or around is None or not around.is_list or around.flow or around.shared:
        if root.at(*path) is None or (path and path[-1] == ""):
            raise ValueError("the place that is to be changed has gone")
        raise ValueError("what stands there is no item of a list")
    first = item.range.start.line
    if lines.line(first)[: item.range.start.column].strip() != "-":
        raise ValueError("the item does not begin in a line of its own")
    last = _last_line(item, lines)
    return Edit(Range(Position(first, 0), Position(last + 1, 0)), "")


def _last_line(value: Value, lines: Lines) -> int:
    """The last line in which something of it stands."""
    if value.keys and not value.flow:
        return max(
            max(_last_line(each.value, lines), each.key.end.line) for each in value.keys.values()
        )
    if value.items and not value.flow:
        return max(_last_line(each, lines) for each in value.items)
    last = value.range.end.line
    if value.range.end.column == 0 and last > value.range.start.line:
        last -= 1
    while last > value.range.start.line and not lines.line(last).strip():
        last -= 1
    return last


def _lines(value: Mapping[str, object], indent: str) -> list[str]:
    found: list[str] = []
    for key, each in value.items():
        if isinstance(each, Mapping):
            found += [f"{indent}{_word(key)}:", *_lines(each, f"{indent}  ")]
        else:
            found.append(f"{indent}{_word(key)}: {_word(each)}")
    return found


def _word(value: object, *, in_flow: bool = False) -> str:
    """As it is written in a line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_word(each, in_flow=True) for each in value)}]"
    if isinstance(value, Mapping):
        inner = (
            f"{_word(key, in_flow=True)}: {_word(each, in_flow=True)}"
            for key, each in value.items()
        )
        return f"{{{', '.join(inner)}}}"
    word = str(value)
    plain = _PLAIN.fullmatch(word) and not _WORDS.fullmatch(word)
    if plain and not (in_flow and set("{}[],") & set(word)):
        return word
    escaped = word.replace("'", "''")
    return f"'{escaped}'"


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
