"""From what was answered to the words of a script's command line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from ..metadata import Asked, Metadata
from ..pattern import Type


def arguments(metadata: Metadata, values: Mapping[str, str]) -> list[str]:
    """``values``: by the parameters' names, of one that takes many one in a line: as many as of the
    others, or one for all of them. A parameter that has a default may be left out. Raises
    ValueError for what does not fit, in words for people."""
    if unknown := sorted(values.keys() - {each.name for each in metadata.parameters}):
        known = ", ".join(each.name for each in metadata.parameters) or "none"
        raise ValueError(f"There is no parameter {unknown[0]!r}: it has {known}.")
    words: list[str] = []
    rows: dict[str, int] = {}
    for each in metadata.parameters:
        value = values.get(each.name)
        if value is None or (each.many and not value):
            if each.default is None:
                raise ValueError(f"{each.name} is not given: add {each.name}=… ({each.question})")
            continue
        given = value.split("\n") if each.many else [value]
        rows |= {each.name: len(given)} if each.many and len(given) > 1 else {}
        for one in given:
            if wrong := _wrong(each, one):
                raise ValueError(f"{each.name} is {wrong}: {one!r}.")
            words.append(f"--{each.name.replace('_', '-')}={one}")
    if len({*rows.values()}) > 1:
        told = ", ".join(f"{number} of {name}" for name, number in rows.items())
        raise ValueError(f"there are not as many values of each: {told}.")
    return words


def secrets(metadata: Metadata, values: Mapping[str, str]) -> frozenset[str]:
    """The names of the environment variables that the script gets its secrets from, where these
    ``values``, which fit, are given."""
    found = (
        values.get(each.name) or each.default or ""
        for each in metadata.parameters
        if each.type is Type.SECRET
    )
    return frozenset(name for value in found for name in value.split("\n"))


def _wrong(asked: Asked, value: str) -> str:
    """What is wrong with a value; empty where nothing is."""
    if "\0" in value:
        return "no text that a program takes"
    match asked.type:
        case Type.PATH | Type.GLOB:
            path = PurePosixPath(value)
            outside = path.is_absolute() or ".." in path.parts or not value
            return "no path below the workspace" if outside else ""
        case Type.NUMBER:
            return "" if _is_number(value) else "no number"
        case Type.CHOICE:
            return "" if value in asked.choices else f"none of {', '.join(asked.choices)}"
        case Type.SECRET:
            plain = value.isascii() and value.isidentifier()
            return "" if plain else "no name of an environment variable"
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
