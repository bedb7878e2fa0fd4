"""Globs of what a script may touch, with places for its parameters: filled for a run, and found
from what a trial touched. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..sandbox.names import folders_above, writable
from .paths import part_of, ways
from .pattern import Part, Place, Text, Type

CACHES = ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".eslintcache")
"""Names of what tools keep for themselves. It needs not be declared: it is left out of what a
script would change, unless it is."""
ALL = "**"
_PLACE = re.compile(r"\{\{|\}\}|\{(\w+)(?:\.(\w+))?\}")
_OF_GLOBS = re.compile(r"[*?[]")


class Touched(NamedTuple):
    """What a run changed: ``paths``, and of these the ``folders`` that came as a whole.
    ``values``: of its parameters, of one that takes many one in a line."""

    values: Mapping[str, str]
    paths: tuple[str, ...]
    folders: frozenset[str] = frozenset()


def places(glob: str) -> Iterator[tuple[str, str]]:
    """The parameters that have a place in it, and of which part."""
    for match in _PLACE.finditer(glob):
        if match[1]:
            yield match[1], match[2] or Part.WHOLE


def filled(
    globs: Iterable[str], values: Mapping[str, str], types: Mapping[str, Type]
) -> tuple[str, ...]:
    """The globs for these values; of one that takes many, one for each. A value stands for itself,
    but for one that is a glob. Raises KeyError for a parameter that has none."""
    return tuple(dict.fromkeys(one for each in globs for one in _filled(each, values, types)))


def _filled(glob: str, values: Mapping[str, str], types: Mapping[str, Type]) -> Iterator[str]:
    names = sorted({name for name, _ in places(glob)})
    if not names:
        yield _PLACE.sub(lambda match: match[0][0], glob)
        return
    lines = {name: values[name].splitlines() for name in names}
    for at in range(max(map(len, lines.values())) if all(lines.values()) else 0):
        one = {name: each[min(at, len(each) - 1)] for name, each in lines.items()}

        def value(match: re.Match[str], one: Mapping[str, str] = one) -> str:
            if match[1] is None:
                return match[0][0]
            found = part_of(posixpath.normpath(one[match[1]]), Part(match[2] or Part.WHOLE))
            return found if types[match[1]] is Type.GLOB else plain(found)

        yield "/" + _PLACE.sub(value, glob).lstrip("/")


def plain(path: str) -> str:
    """The glob of a path alone."""
    return _OF_GLOBS.sub(lambda match: f"[{match[0]}]", path)


def narrowed(
    touched: Sequence[Touched],
    types: Mapping[str, Type],
    named: Iterable[str],
    declared: Iterable[str] = (),
) -> tuple[str, ...]:
    """What may be written in place of anything: what was touched, as it follows from parameters;
    what these are, the paths that are ``named`` in the steps, and what is ``declared`` beside. The
    same for the same trial."""
    known = [name for name, type_ in types.items() if type_ in (Type.PATH, Type.GLOB)]
    found = {f"{{{name}}}" for name in known} | {_literal(each) for each in named}
    found |= {each for each in declared if each != ALL}
    is_cache = writable(CACHES)
    for run in touched:
        others = {path for other in touched if other.values != run.values for path in other.paths}
        is_known = writable(filled(found, run.values, types))
        for path in (each for each in run.paths if not (is_cache(each) or is_known(each))):
            way = None if path in others else _way(path, run.values, known)
            found.add(way or _literal(_folder(path, run.folders)))
    return tuple(sorted(found))


def _way(path: str, values: Mapping[str, str], known: Iterable[str]) -> str | None:
    """How it follows from a parameter; None where it does not."""
    for name in known:
        for value in values.get(name, "").splitlines():
            if (text := next(ways(path, posixpath.normpath(value), name), None)) is not None:
                return _form(text)
    return None


def _form(text: Text) -> str:
    return "".join(
        f"{{{each.parameter}{'' if each.part is Part.WHOLE else f'.{each.part}'}}}"
        if isinstance(each, Place)
        else _doubled(plain(each))
        for each in text
    )


def _folder(path: str, folders: frozenset[str]) -> str:
    """The outermost of the folders that it is in, else itself."""
    return next((each for each in folders_above(path) if each in folders), path)


def _literal(path: str) -> str:
    return _anchored(_doubled(plain(path)))


def _anchored(glob: str) -> str:
    """A name alone would be meant anywhere."""
    return glob if "/" in glob else f"/{glob}"


def _doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
