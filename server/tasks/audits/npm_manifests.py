"""``package.json`` and ``package-lock.json`` as data with places, and what leads to what. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ...model import Range
from ...text import Lines
from .dependencies import Declared
from .ways import Way
from .ways import ways as find_ways

LOCKS = ("npm-shrinkwrap.json", "package-lock.json")
"""The first that lies beside a ``package.json`` counts, as for npm."""
SECTIONS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_NEEDS = ("dependencies", "optionalDependencies", "peerDependencies")
_TOKEN = re.compile(r'"(?P<string>[^"\\]*(?:\\.[^"\\]*)*)"(?P<colon>\s*:)?|[{}\[\]]')
_EXACT = re.compile(r"=?\s*v?(\d+\.\d+\.\d+[\w.+-]*)")
_ALIAS = re.compile(r"npm:@?[^@]+@([^:/]*)")
"""Another package under a name of its own; the group is what it says of versions."""


def package(text: str) -> list[Declared]:
    """The dependencies that a ``package.json`` declares. Raises ValueError when it is no JSON."""
    data = loads(text)
    lines, places = Lines(text), _places(text)
    found: dict[str, Declared] = {}
    for section in SECTIONS:
        for name, spec in strings(data.get(section)).items():
            if name not in found:
                optional = section not in ("dependencies", "devDependencies")
                declared = _declared(text, lines, places[section, name], name, spec)
                found[name] = declared._replace(optional=optional)
    return sorted(found.values(), key=lambda each: each.at)


class _Place(NamedTuple):
    """Offsets: where an entry begins, and its string without the quotes."""

    begin: int
    start: int
    end: int


def _places(text: str) -> dict[tuple[str, str], _Place]:
    """The entries of a JSON object's objects that are strings, by both names: of several the last,
    as for ``json``. In one pass, as a project's file is anyone's."""
    found: dict[tuple[str, str], _Place] = {}
    keys: list[str] = []
    begin = 0
    for token in _TOKEN.finditer(text):
        if token["colon"]:
            keys[-1], begin = json.loads(f'"{token["string"]}"'), token.start()
        elif token["string"] is not None:
            if len(keys) == 2:
                found[keys[0], keys[1]] = _Place(begin, *token.span("string"))
        elif token[0] in "{[":
            keys.append("")
        else:
            keys.pop()
    return found


def _declared(text: str, lines: Lines, place: _Place, name: str, spec: str) -> Declared:
    at = Range(lines.position(place.begin), lines.position(place.end + 1))
    alias, written = _ALIAS.fullmatch(spec), _ALIAS.fullmatch(text, place.start, place.end)
    if alias and written:
        spec, place = alias[1], place._replace(start=written.start(1))
    elif ":" in spec or "/" in spec:  # it comes from no registry
        return Declared(name, spec, at)
    exact = _EXACT.fullmatch(spec.strip())
    spec_at = Range(lines.position(place.start), lines.position(place.end))
    return Declared(name, spec, at, spec_at, exact[1] if exact else "")


def loads(text: str) -> dict[str, Any]:
    """A JSON object. Raises ValueError."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if isinstance(data, dict):
        return data
    raise ValueError("it is no JSON object")


def strings(value: Any) -> dict[str, str]:
    """The texts of an object by name; empty for what is none."""
    items = value.items() if isinstance(value, dict) else ()
    return {name: text for name, text in items if isinstance(text, str)}


# ── the lock file ───────────────────────────────────────────────────────────────────────────────


class Node(NamedTuple):
    """What is installed at a place such as ``node_modules/a/node_modules/b``."""

    name: str
    version: str
    needs: tuple[str, ...]
    target: str = ""
    """Where a link leads: a workspace's folder."""


def nodes(lock: Mapping[str, Any]) -> dict[str, Node]:
    """What a lock file of any version holds, by place; the root is at "", a workspace at its
    folder. Raises ValueError for what is no lock file."""
    packages, old = lock.get("packages"), lock.get("dependencies")
    if isinstance(packages, dict):
        entries = packages
    elif isinstance(old, dict):
        entries = {"": {"dependencies": dict.fromkeys(old, "*")}, **dict(_old(old, ""))}
    else:
        raise ValueError("it is no lock file of npm: it has no packages")  # noqa: TRY004 - of the text
    return {
        place: _node(place, about) for place, about in entries.items() if isinstance(about, dict)
    }


def _old(dependencies: Mapping[str, Any], folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries of the first version of lock files, as the later ones have them."""
    for name, about in dependencies.items():
        if isinstance(about, dict):
            place = f"{folder}node_modules/{name}"
            yield place, {"version": about.get("version"), "dependencies": about.get("requires")}
            below = about.get("dependencies")
            yield from _old(below if isinstance(below, dict) else {}, f"{place}/")


def _node(place: str, about: Mapping[str, Any]) -> Node:
    named, version = about.get("name"), about.get("version")
    _, installed, last = place.rpartition("node_modules/")
    name = named if isinstance(named, str) else last if installed else last.rpartition("/")[2]
    sections = _NEEDS if installed else SECTIONS
    needs = tuple(dict.fromkeys(n for each in sections for n in strings(about.get(each))))
    target = about.get("resolved") if about.get("link") is True else ""
    return Node(
        name,
        version if isinstance(version, str) else "",
        needs,
        target if isinstance(target, str) else "",
    )


def importers(tree: Mapping[str, Node]) -> list[str]:
    """The folders whose ``package.json`` the lock file is for: the root and its workspaces."""
    return [place for place in tree if not place or "node_modules/" not in f"{place}/"]


def ways(tree: Mapping[str, Node], importer: str) -> dict[str, Way]:
    """The way to every place that an importer's dependencies lead to."""

    def found(place: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        places = ((name, resolve(tree, place, name)) for name in names)
        return ((name, there) for name, there in places if there)

    return find_ways(
        found(importer, tree[importer].needs),
        lambda place: (there for _, there in found(place, tree[place].needs)),
        lambda place: tree[place].name,
    )


def resolve(tree: Mapping[str, Node], place: str, name: str) -> str:
    """Where ``name`` is found from a place, as Node.js does; empty where it is not installed."""
    while True:
        candidate = f"{place}/node_modules/{name}".lstrip("/")
        if candidate in tree:
            target = tree[candidate].target
            return target if target in tree and target else candidate
        if not place:
            return ""
        place = _around(place)


def _around(place: str) -> str:
    """The place in whose ``node_modules`` what lies at a place lies; for a workspace's folder the
    folder around it."""
    if place.startswith("node_modules/") or "/node_modules/" in place:
        return place.rpartition("node_modules/")[0].rstrip("/")
    return place.rpartition("/")[0]
