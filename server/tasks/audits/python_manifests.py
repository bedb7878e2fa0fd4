"""Python's manifests as data with places: requirements files and ``pyproject.toml``. Pure."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ...model import Position, Range
from ...text import Lines
from .dependencies import TOP, Declared

_COMMENT = re.compile(r"(?:^|\s+)#.*")
_OPTIONS = re.compile(r"\s--\w.*", re.DOTALL)
_HASHED = re.compile(r"\s--hash\b")
_INCLUDE = re.compile(r"(?:(?:-r|(-c))\s*=?|(?:--requirement|(--constraint))(?:\s+|=))\s*(\S.*)")
_EDITABLE = re.compile(r"(?:-e|--editable)\b")
_HEAD = re.compile(
    r"""\s*(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*
    \(?(?P<spec>[^;\#@\\()]*?)\)?\s*(?=;|\s\#|\s--|\\|$)""",
    re.VERBOSE,
)
_PIN = re.compile(r"={2,3}\s*([^\s,*]+)")


def requirements(text: str) -> list[Declared]:
    """The dependencies of a requirements file, in order, as pip reads it."""
    found = (_requirement(line, number) for number, line in _logical(text))
    return [each for each in found if each is not None]


class Included(NamedTuple):
    """Another file that a requirements file names, as it names it; ``constrains``: it adds nothing,
    but decides on versions."""

    name: str
    at: Range
    constrains: bool


def included(text: str) -> list[Included]:
    """In order, as pip reads it."""
    return [
        Included(_unquoted(match[3]), _shown(parts, number), bool(match[1] or match[2]))
        for number, parts in _logical(text)
        if (match := _INCLUDE.match(_joined(parts)))
    ]


def _unquoted(words: str) -> str:
    try:
        return shlex.split(words)[0]
    except ValueError:  # a quote without its other end
        return words


def _logical(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that go on after a backslash as one, each with the number of its first."""
    lines, parts, first = Lines(text), list[str](), 0
    for number in range(len(lines)):
        line = lines.line(number)
        first = first if parts else number
        parts.append(line)
        if not line.endswith("\\"):
            yield first, parts
            parts = []
    if parts:
        yield first, parts


def _joined(parts: Sequence[str]) -> str:
    whole = "".join(part.removesuffix("\\") for part in parts[:-1]) + parts[-1].removesuffix("\\")
    return _COMMENT.sub("", whole).strip()


def _requirement(parts: Sequence[str], number: int) -> Declared | None:
    words = _joined(parts)
    at = _shown(parts, number, _OPTIONS)
    if not words or (words.startswith("-") and not _EDITABLE.match(words)):
        return None
    if _EDITABLE.match(words):
        return Declared(words, "", at, why="an editable install has no version to ask for")
    found = _read(_OPTIONS.sub("", words), parts[0], number, 0, at)
    return found._replace(spec_at=None, hashed=True) if _HASHED.search(words) else found


def _shown(parts: Sequence[str], number: int, without: re.Pattern[str] = _COMMENT) -> Range:
    """Where what is said stands in its first line."""
    shown = without.sub("", _COMMENT.sub("", parts[0])).rstrip(" \t\\")
    return _span(number, len(shown) - len(shown.lstrip()), len(shown))


def _read(words: str, line: str, number: int, column: int, at: Range) -> Declared:
    """A requirement that stands at ``column`` of a line; ``line`` is what follows from there."""
    try:
        parsed = Requirement(words)
    except (InvalidRequirement, RecursionError):
        return Declared(words, "", at, why="this is no name with a version")
    name = canonicalize_name(parsed.name)
    if parsed.url:
        return Declared(name, "", at, why="it comes from a URL, not from an index")
    head = _HEAD.match(line)
    if head is None or bool(head["spec"]) != bool(parsed.specifier):
        return Declared(name, str(parsed.specifier), at, version=pinned(str(parsed.specifier)))
    spec = _span(number, column + head.start("spec"), column + head.end("spec"))
    return Declared(name, head["spec"], at, spec, pinned(head["spec"]))


def pinned(spec: str) -> str:
    """The only version that it allows, in its normal form; empty where there is none."""
    pin = _PIN.fullmatch(spec.strip())
    return normal(pin[1]) if pin else ""


def normal(version: str) -> str:
    """A version in its normal form; empty for what is none."""
    try:
        return str(Version(version))
    except InvalidVersion:
        return ""


def _span(line: int, start: int, end: int) -> Range:
    return Range(Position(line, start), Position(line, end))


# ── pyproject.toml ──────────────────────────────────────────────────────────────────────────────

_Path = tuple[str | int, ...]
_PROBE = "understudy-was-here"
_MOST_PROBES = 20


def pyproject(text: str) -> list[Declared]:
    """The dependencies that a ``pyproject.toml`` declares: PEP 621, dependency groups, and the
    tables of Poetry, PDM and uv. Raises ValueError when it is not TOML."""
    data = toml(text)
    lines = Lines(text)
    found = [_listed(text, lines, path, words) for path, words in _lists(data)]
    found += [_keyed(text, lines, *each) for each in _poetry(data)]
    return sorted(found, key=lambda each: each.at)


def toml(text: str) -> dict[str, Any]:
    """Raises ValueError."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _lists(data: Mapping[str, Any]) -> Iterator[tuple[_Path, str]]:
    """Every requirement in a list, with the way to it."""
    tables = (
        ("project", "dependencies"),
        ("project", "optional-dependencies"),
        ("dependency-groups",),
        ("tool", "uv", "dev-dependencies"),
        ("tool", "pdm", "dev-dependencies"),
    )
    for way in tables:
        value = _at(data, way)
        named = value if isinstance(value, dict) else {None: value}
        for name, words in named.items():
            path = way if name is None else (*way, name)
            for index, each in enumerate(words if isinstance(words, list) else ()):
                if isinstance(each, str):
                    yield (*path, index), each


def _listed(text: str, lines: Lines, path: _Path, words: str) -> Declared:
    quoted = re.compile(rf"(?<=[\"']){re.escape(words)}(?=[\"'])")
    start, end = _verified(text, quoted, 0, lambda data: _at(data, path)) or (-1, -1)
    if start < 0:
        return _read(words, "", 0, 0, TOP)._replace(spec_at=None)
    first, last = lines.position(start), lines.position(end)
    return _read(words, words, first.line, first.column, Range(first, last))


def _poetry(data: Mapping[str, Any]) -> Iterator[tuple[_Path, str, Any]]:
    """Every dependency of Poetry's: the way to it, its name, and what stands there."""
    base = ("tool", "poetry")
    groups = _at(data, (*base, "group"))
    named = groups if isinstance(groups, dict) else {}
    ways: list[_Path] = [(*base, "dependencies"), (*base, "dev-dependencies")]
    ways += [(*base, "group", name, "dependencies") for name in named]
    for way in ways:
        table = _at(data, way)
        for name, value in table.items() if isinstance(table, dict) else ():
            if name != "python":
                yield (*way, name), name, value


def _keyed(text: str, lines: Lines, path: _Path, key: str, value: Any) -> Declared:
    name = canonicalize_name(key)
    table = value if isinstance(value, dict) else {"version": value}
    spec = table.get("version")
    string = rf"[\"'](?P<spec>{re.escape(spec)})[\"']" if isinstance(spec, str) else "(?P<spec>)"
    entry = re.compile(
        rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=[ \t]*(?:\{{[^}}\n]*?version\s*=\s*)?{string}",
        re.MULTILINE,
    )
    at = path if not isinstance(value, dict) else (*path, "version")
    found = _verified(text, entry, "spec", lambda data: _at(data, at))
    if not isinstance(spec, str):
        line = re.search(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=.*$", text, re.MULTILINE)
        place = Range(*map(lines.position, line.span())) if line else TOP
        return Declared(name, "", place, why="it comes from a path or a repository")
    if found is None:
        return Declared(name, spec, TOP, version=pinned(spec))
    start, end = map(lines.position, found)
    return Declared(
        name, spec, Range(Position(start.line, 0), end), Range(start, end), pinned(spec)
    )


def _at(data: Any, path: _Path) -> Any:
    for key in path:
        try:
            data = data[key]
        except (LookupError, TypeError):
            return None
    return data


def _verified(
    text: str, pattern: re.Pattern[str], group: int | str, look: Callable[[Any], Any]
) -> tuple[int, int] | None:
    """Where the first match stands that is what ``look`` finds in the data: when something else
    stands there, it finds that."""
    for count, match in enumerate(pattern.finditer(text)):
        if count == _MOST_PROBES:
            break
        start, end = match.span(group)
        try:
            probed = toml(f"{text[:start]}{_PROBE}{text[end:]}")
        except ValueError:
            continue
        if look(probed) == _PROBE:
            return start, end
    return None
