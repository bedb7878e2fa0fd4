"""Which files of a workspace are looked at: not the ignored, the excluded, or what is linked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from .disk import read_regular
from .gitignore import gitignore

_LARGEST_RULES = 1 << 20

_NEVER = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".cache",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".venv",
        ".understudy",
        "__pycache__",
        "node_modules",
        "site-packages",
        "venv",
    }
)
_INSTALLED = frozenset({"node_modules", "site-packages"})
_SPACE = re.compile(r"[^\S ]")
"""White space but for blanks."""


class Found(NamedTuple):
    """A file; or, with the ``why`` of it for people, what cannot be read: mostly a folder."""

    path: str
    mtime_ns: int
    size: int
    inode: int
    mode: int
    why: str = ""


class LeftOut(NamedTuple):
    """A file, or a folder with all that lies in it (a slash at its end), that is not looked at;
    ``why`` is the rest of a sentence for people that begins with its name. ``unreadable``: not by
    anybody's word, but as it cannot be read, which is a failure."""

    path: str
    why: str
    unreadable: bool = False


Tell = Callable[[LeftOut], object]


def found_at(path: str, stat: os.stat_result) -> Found:
    return Found(path, stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_mode)


def mode_of(path: str) -> int:
    """The file's ``st_mode``; 0 when there is none."""
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return 0


Rules = tuple[tuple[str, GitIgnoreSpec], ...]
"""The ``.gitignore`` files that count in a folder, the outermost first, each with where it lies."""


class Folder(NamedTuple):
    """``relative`` to the root: empty for the root, otherwise with a slash at its end."""

    path: str
    relative: str
    rules: Rules


def discover(
    folder: Path,
    root: Path,
    suffixes: Collection[str],
    exclude: Sequence[str],
    without: AbstractSet[str] = frozenset(),
    tell: Tell | None = None,
) -> Iterator[Found]:
    """The regular files below ``folder`` with one of ``suffixes``, as ``walk`` finds them."""
    return _files(walk(folder, root, excluding(exclude), suffixes, without, tell))


def rediscover(
    places: AbstractSet[str],
    root: Path,
    suffixes: Collection[str],
    exclude: Sequence[str],
    without: AbstractSet[str] = frozenset(),
    tell: Tell | None = None,
) -> Iterator[Found]:
    """Of what ``discover`` finds in all of ``root``, that which is among ``places``, files or
    folders, or lies below one. Only the folders on the way there are looked into."""
    part = None
    if places.isdisjoint(around(str(root))):
        part = _Part(places, frozenset(each for place in places for each in around(place)))
    excluded = excluding(exclude)
    return _files(_walk(str(root), "", tuple(suffixes), excluded, (), without, part, tell))


def _files(found: Iterator[Folder | Found]) -> Iterator[Found]:
    return (each for each in found if isinstance(each, Found))


def around(path: str) -> Iterator[str]:
    """The path, and the folders that it lies in."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def walk(
    folder: Path,
    root: Path,
    excluded: GitIgnoreSpec,
    suffixes: Collection[str] = ("",),
    without: AbstractSet[str] = frozenset(),
    tell: Tell | None = None,
) -> Iterator[Folder | Found]:
    """Every folder from ``folder`` on, before what is in it, and the regular files with one of
    ``suffixes``, in a stable order, but for what lies in the folders ``without``.

    ``.gitignore`` files from ``root`` on are obeyed; ``excluded`` counts as if it stood in
    ``root``. Links are not followed, so that a loop of them ends; what has vanished is passed
    over. Whether ``folder`` itself is ignored is not asked. ``tell`` hears of what is left out,
    though one of ``suffixes`` fits, and of what cannot be read.
    """
    rules: Rules = ()
    relative = ""
    if folder.is_relative_to(root):
        for part in folder.relative_to(root).parts:
            rules = (*rules, *rules_of(os.path.join(root, relative), relative))
            relative += f"{part}/"
    return _walk(str(folder), relative, tuple(suffixes), excluded, rules, without, tell=tell)


def why_excluded(path: str, root: Path, exclude: Sequence[str]) -> str:
    """Why a single file is not to be looked at; empty when it is. What ``discover`` passes over."""
    inside = path.startswith(f"{root}/")
    relative = path[len(str(root)) + 1 :] if inside else path
    never = _NEVER if inside else _INSTALLED
    if found := never.intersection(relative.split("/")[:-1]):
        return f"files below {min(found)} are not analysed"
    if exclude and inside and matches(relative, exclude):
        return "analysis.exclude excludes this file"
    return ""


def why_left_out(path: str, root: Path, exclude: Sequence[str]) -> str:
    """Why what lies or lay at a path below ``root``, a file or folder, is not looked at; empty when
    it is. Unlike ``discover`` it is asked of what has gone, too."""
    *folders, last = Path(path).relative_to(root).parts
    excluded, relative = excluding(exclude), ""
    rules: Rules = rules_of(str(root), "")
    for name in folders:
        relative += f"{name}/"
        if why := why_ignored(relative, rules, excluded):
            return why
        rules = (*rules, *rules_of(os.path.join(root, relative), relative))
    relative += last
    found = (why_ignored(each, rules, excluded) for each in (relative, f"{relative}/"))
    return next(filter(None, found), "")


def pattern_of(relative: str) -> str:
    """The ``.gitignore`` pattern of one file. White space that cannot be written in one is any
    character there."""
    escaped = _SPACE.sub("?", GitIgnoreSpecPattern.escape(relative))
    return f"/{escaped}".replace(" ", "\\ ")


def matches(relative: str, patterns: Sequence[str]) -> bool:
    """Whether ``.gitignore`` patterns name this path, relative to where they count, or a folder
    around it."""
    spec, parts = _excluding(tuple(patterns)), relative.split("/")
    folders = ("/".join(parts[:end]) + "/" for end in range(1, len(parts)))
    return any(_verdict(spec, path) for path in (*folders, relative))


class _Part(NamedTuple):
    """Of a tree: ``places`` with all that lies below, and the ways that lead there."""

    places: AbstractSet[str]
    ways: AbstractSet[str]


_Level = tuple[Iterator[os.DirEntry[str]], Folder, _Part | None]


def _walk(
    folder: str,
    relative: str,
    suffixes: tuple[str, ...],
    excluded: GitIgnoreSpec,
    rules: Rules,
    without: AbstractSet[str],
    part: _Part | None = None,
    tell: Tell | None = None,
) -> Iterator[Folder | Found]:
    """``part`` None: the whole folder."""
    # A stack of its own: folders can be nested deeper than Python recurses.
    levels = [_level(folder, relative, rules, part, tell)]
    yield levels[-1][1]
    while levels:
        entries, (_, relative, rules), part = levels[-1]
        if (entry := next(entries, None)) is None:
            levels.pop()
            continue
        try:
            below = entry.is_dir(follow_symlinks=False)
            wanted = below or entry.name.endswith(suffixes) or (tell and _leads_to_a_folder(entry))
            if not wanted or (part and entry.path not in part.ways):
                continue
            path = f"{relative}{entry.name}{'/' if below else ''}"
            if why := _why_not(entry, path, rules, excluded, without):
                if tell:
                    tell(LeftOut(f"{entry.path}{'/' if below else ''}", why))
            elif below:
                whole = not part or entry.path in part.places
                levels.append(_level(entry.path, path, rules, None if whole else part, tell))
                yield levels[-1][1]
            else:
                yield found_at(entry.path, entry.stat(follow_symlinks=False))
        except OSError as error:
            _unreadable(entry.path, error, tell)


def _leads_to_a_folder(entry: os.DirEntry[str]) -> bool:
    # Where a link leads is nobody's failure: unlike ``entry.is_dir`` this never raises.
    return entry.is_symlink() and os.path.isdir(entry.path)


def _why_not(
    entry: os.DirEntry[str],
    path: str,
    rules: Rules,
    excluded: GitIgnoreSpec,
    without: AbstractSet[str],
) -> str:
    """Empty for what is looked at. Raises OSError."""
    if path.endswith("/") and entry.path in without:
        return "is open as a folder of its own"
    if why := why_ignored(path, rules, excluded):
        return why
    if path.endswith("/") or entry.is_file(follow_symlinks=False):
        return ""
    return A_LINK if entry.is_symlink() else IRREGULAR


A_LINK = "is a link, and links are not followed"
IRREGULAR = "is no regular file"


def _unreadable(path: str, error: OSError, tell: Tell | None) -> None:
    if tell and not isinstance(error, _VANISHED):
        tell(LeftOut(path, f"cannot be read: {error.strerror}", unreadable=True))


_VANISHED = (FileNotFoundError, NotADirectoryError)


def _level(
    folder: str, relative: str, rules: Rules, part: _Part | None, tell: Tell | None
) -> _Level:
    """What lies in one folder; nothing when it cannot be read."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        _unreadable(f"{folder}/", error, tell)
        entries = []
    if any(entry.name == ".gitignore" for entry in entries):
        rules = (*rules, *rules_of(folder, relative))
    return iter(entries), Folder(folder, relative, rules), part


def rules_of(folder: str, relative: str) -> Rules:
    """Those of the folder's own ``.gitignore``; ``relative`` as in ``Folder``."""
    try:
        content = read_regular(os.path.join(folder, ".gitignore"), _LARGEST_RULES)
        return ((relative, excluding(content.decode("utf-8", "replace").split("\n"))),)
    except OSError:
        return ()


def ignored(path: str, rules: Rules, excluded: GitIgnoreSpec) -> bool:
    """Whether ``why_ignored`` says anything."""
    return bool(why_ignored(path, rules, excluded))


def why_ignored(path: str, rules: Rules, excluded: GitIgnoreSpec) -> str:
    """Why what lies at ``path`` (relative to the root, a folder with a slash at its end) is not to
    be looked at, in a folder that is, with these ``rules``; empty when it is."""
    if path.endswith("/") and path.rstrip("/").rpartition("/")[2] in _NEVER:
        return "holds nobody's sources, by its name"
    if _verdict(excluded, path):
        return "is excluded by analysis.exclude"
    return f"is ignored by {by}" if (by := ignoring(path, rules)) else ""


def ignoring(path: str, rules: Rules) -> str:
    """The ``.gitignore`` that says so of a path (a folder with a slash at its end); empty when none
    does. The innermost that speaks of it decides."""
    for base, spec in reversed(rules):
        verdict = _verdict(spec, path.removeprefix(base))
        if verdict is not None:
            return f"{base}.gitignore" if verdict else ""
    return ""


def excluding(lines: Sequence[str]) -> GitIgnoreSpec:
    """What lines of a ``.gitignore`` say; as in git, one that is no pattern is passed over."""
    try:
        return gitignore(lines)
    except ValueError:
        return gitignore([line for line in lines if _is_pattern(line)])


_excluding = lru_cache(maxsize=16)(excluding)


def _is_pattern(line: str) -> bool:
    try:
        gitignore([line])
    except ValueError:
        return False
    return True


def _verdict(spec: GitIgnoreSpec, path: str) -> bool | None:
    """What the last line says that matches ``path`` itself, a folder with a slash at its end.

    ``GitIgnoreSpec.check_file`` would also count what matches a folder around it; the walk has
    decided on that folder before, and under ``*`` and ``!*/`` a folder is not ignored.
    """
    for pattern in reversed(spec.patterns):
        for found in pattern.regex.finditer(path) if pattern.regex else ():
            if found.groupdict().get("ps_d"):  # the slash of the folder that was matched
                itself = found.end("ps_d") == len(path)
            else:
                itself = not path.endswith("/") or found.end() < len(path)
            if itself:
                return pattern.include
    return None
