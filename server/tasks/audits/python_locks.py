"""Lock files of uv, Poetry, PDM and PEP 751 as data: which versions, where, and what needs what.
Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from packaging.utils import canonicalize_name

from ...model import Range
from ...text import Lines
from .dependencies import TOP, Declared, Dependency
from .python_manifests import normal, toml
from .ways import Way, ways

NAMES = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
"""The first of them that lies beside a ``pyproject.toml`` counts."""
_LOCAL = frozenset(
    {"archive", "directory", "editable", "file", "git", "path", "url", "vcs", "virtual"}
)


class Locked(NamedTuple):
    """``version`` empty: it is of no index, so that no advisory speaks of it."""

    name: str
    version: str
    at: Range
    needs: tuple[str, ...] = ()


def lock(text: str) -> list[Locked]:
    """What is locked, in order. Raises ValueError for what is no such lock file."""
    data = toml(text)
    packages = data.get("package", data.get("packages", []))
    if not isinstance(packages, list):
        raise ValueError("there is no list of packages")  # noqa: TRY004 - of the text
    lines = Lines(text)
    places = _places(text)
    found = []
    for each in packages:
        if isinstance(each, dict) and isinstance(name := each.get("name"), str):
            stated = each.get("version")
            version = normal(stated) if isinstance(stated, str) and not _is_local(each) else ""
            span = places.get((name, stated)) or places.get((name, None))
            at = Range(*map(lines.position, span)) if span else TOP
            found.append(Locked(canonicalize_name(name), version, at, tuple(_needs(each))))
    return found


def _is_local(package: Mapping[str, Any]) -> bool:
    """Whether it comes from a folder, a repository or a URL."""
    source = package.get("source")
    source = source if isinstance(source, dict) else {}
    stated = {*package, *source, str(source.get("type"))}  # PEP 751 and PDM, uv, Poetry
    return not stated.isdisjoint(_LOCAL)


def _needs(package: Mapping[str, Any]) -> Iterator[str]:
    needs = package.get("dependencies", [])
    more = package.get("optional-dependencies")
    lists = [needs, *(more.values() if isinstance(more, dict) else ())]
    for each in (each for listed in lists for each in listed):
        if isinstance(each, dict) and isinstance(each.get("name"), str):  # uv, PEP 751
            yield canonicalize_name(each["name"])
        elif isinstance(each, str) and (name := re.match(r"[A-Za-z0-9][\w.-]*", each)):
            yield canonicalize_name(name[0])  # Poetry's keys, PDM's requirements


_ENTRY = re.compile(
    r"^\[\[packages?\]\]\s*\nname = \"(?P<name>[^\"\n]+)\""
    r"(?: ?\nversion = \"(?P<version>[^\"\n]+)\")?",
    re.MULTILINE,
)


def _places(text: str) -> dict[tuple[str, str | None], tuple[int, int]]:
    """Of the entries as these tools write them, by name and version."""
    found: dict[tuple[str, str | None], tuple[int, int]] = {}
    for entry in _ENTRY.finditer(text.replace("\r\n", " \n")):  # of the same length
        name, version = entry["name"], entry["version"]
        end = entry.end("version") if version else entry.end("name")
        found.setdefault((name, version), (entry.start("name"), end))
    return found


def resolved(
    manifests: Sequence[tuple[str, Sequence[Declared]]], lockfile: str, locked: Sequence[Locked]
) -> list[Dependency]:
    """Every locked version of an index: in each manifest at the declared dependency through which
    it comes by the shortest way, and where there is none at all, in the lock file."""
    by_name: dict[str, list[Locked]] = {}
    for each in locked:
        by_name.setdefault(each.name, []).append(each)
    needs = {
        name: tuple(dict.fromkeys(n for each in same for n in each.needs if n in by_name))
        for name, same in by_name.items()
    }
    found: list[Dependency] = []
    placed: set[str] = set()
    for path, declared in manifests:
        directs = {each.name: each for each in reversed(declared)}
        starts = dict.fromkeys(each.name for each in declared if each.name in by_name)
        known = ways(((name, name) for name in starts), needs.__getitem__, str)
        placed |= known.keys()
        found += [
            _dependency(path, each, way, directs[way.direct])
            for each in locked
            if (way := known.get(each.name))
        ]
    left = [each for each in locked if each.name not in placed]
    found += [Dependency(each.name, each.version, lockfile, each.at) for each in left]
    return [each for each in found if each.version]


def _dependency(path: str, locked: Locked, way: Way, direct: Declared) -> Dependency:
    declared = None if way.through else direct
    return Dependency(
        locked.name, locked.version, path, direct.at, way.through, way.others, declared
    )
