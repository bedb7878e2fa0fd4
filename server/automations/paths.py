"""Paths below a workspace, and the parts of one that others are made of. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from posixpath import basename, dirname, splitext

from .pattern import Part, Place, Text

SCRIPTS = ".understudy/automations"
"""The folder of those that were accepted, below a workspace."""
DRAFTS = "drafts"
"""The folder of those that nobody has accepted yet, and of what was accepted as it was before,
below the state of a workspace."""
_SHORTEST = 3
"""A shorter stem may be a part of any word."""
_SOURCES = ("src", "lib")
"""Folders that are no part of what is imported."""
_WORD = re.compile(r"[^\W_]+")


@lru_cache(1 << 12)
def part_of(path: str, part: Part) -> str:
    """Empty where a path has no such part. Remembered: who looks for what comes together asks for
    those of each pair."""
    folder, name = dirname(path), basename(path)
    stem, suffix = splitext(name)
    match part:
        case Part.WHOLE | Part.MATCHES:
            return path
        case Part.NAME:
            return name
        case Part.STEM:
            return stem
        case Part.SUFFIX:
            return suffix
        case Part.FOLDER:
            return folder
        case Part.INNER:
            return folder.partition("/")[2]
        case Part.CLASS:
            return "".join(word[:1].upper() + word[1:] for word in _WORD.findall(stem))
        case Part.MODULE:
            names = [each for each in (*folder.split("/"), stem) if each not in ("", ".")]
            if names[1:] and names[0] in _SOURCES:
                names = names[1:]
            return ".".join(names[:-1] if names[1:] and names[-1] == "__init__" else names)


def filled(text: Text, arguments: Mapping[str, str]) -> str:
    """The text for these values. Raises KeyError for a parameter that has none."""
    return "".join(
        each if isinstance(each, str) else part_of(arguments[each.parameter], each.part)
        for each in text
    )


def ways(path: str, other: str, parameter: str) -> Iterator[Text]:
    """How ``path`` may follow from ``other``, the likeliest first: its name from the other's, its
    folder from the other's or always the same. Nothing where both have nothing in common."""
    own, folder = part_of(path, Part.NAME), part_of(path, Part.FOLDER)
    names = list(_names(own, other, parameter))
    folders = list(_folders(folder, part_of(other, Part.FOLDER), parameter))
    for name in names:
        for each in folders:
            yield _joined(each, name)
    if not names:  # a name that is always the same, in a folder that is not
        for each in folders:
            if any(isinstance(piece, Place) for piece in each):
                yield _joined(each, (own,))


@lru_cache(1 << 12)
def is_called_after(path: str, other: str) -> bool:
    """Whether the name of one is made of the other's."""
    name = part_of(path, Part.NAME)
    return bool(part_of(other, Part.NAME)) and next(_names(name, other, ""), None) is not None


def _joined(folder: Text, name: Text) -> Text:
    between = ("/",) if folder else ()
    found: list[str | Place] = []
    for each in (*folder, *between, *name):
        if isinstance(each, str) and found and isinstance(found[-1], str):
            found[-1] += each
        elif each:
            found.append(each)
    return tuple(found)


def _names(name: str, other: str, parameter: str) -> Iterator[Text]:
    whole = part_of(other, Part.NAME)
    if name.startswith(whole):
        yield tuple(each for each in (Place(parameter, Part.NAME), name[len(whole) :]) if each)
        return
    parts = {part_of(other, part): part for part in (Part.CLASS, Part.STEM)}
    for value, part in reversed(parts.items()):
        if len(value) < _SHORTEST:
            continue
        before, found, after = name.partition(value)
        if found and not _goes_on(before, value, after):
            yield tuple(each for each in (before, Place(parameter, part), after) if each)


def _goes_on(before: str, value: str, after: str) -> bool:
    """Whether it is a part of a longer word."""
    return (before[-1:].islower() and value[:1].islower()) or after[:1].islower()


def _folders(folder: str, other: str, parameter: str) -> Iterator[Text]:
    if folder == other:
        yield (Place(parameter, Part.FOLDER),) if folder else ()
    elif other and folder.startswith(f"{other}/"):
        yield (Place(parameter, Part.FOLDER), folder[len(other) :])
    inner = other.partition("/")[2]
    if inner and folder != other and (folder == inner or folder.endswith(f"/{inner}")):
        before = folder[: len(folder) - len(inner)]
        yield tuple(each for each in (before, Place(parameter, Part.INNER)) if each)
    if folder:
        yield (folder,)
    elif other:
        yield ()
