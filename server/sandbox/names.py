"""Where in a workspace what is to be hidden, or not to be written, stands.

A folder that has not changed since it was listed is not listed again: a look costs one ``stat`` a
folder. By its ``ctime``, which no program sets, and when it was listed well after that: two changes
within one tick of the clock have the same.
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from ..disk import read_head
from ..journal.guard import is_repository


class Places(NamedTuple):
    """Paths from the workspace; what is in a hidden folder is not named again, and what is in a
    read-only one only where it is hidden.
    ``foreign``: there are folders of other users. ``folders``: the inodes of all others, the
    workspace's own under an empty name."""

    hidden: tuple[str, ...]
    read_only: tuple[str, ...]
    foreign: bool
    folders: Mapping[str, int]


_EDITORS_COPY = re.compile(
    r"(?P<vim>\..+)\.(?:sw[a-p]|un~)|#(?P<auto>.+)#|(?P<old>.+?)(?:\.~[0-9]+~|~)", re.DOTALL
)
"""What Vim and Emacs have of a file that is open, or was. Vim puts a dot before a name without."""
_SETTLED_NS = 100_000_000
_GIT = ".git"
_ENVIRONMENT = "pyvenv.cfg"
_LONGEST_PATH = 4096
_BELOW = 512
"""Bytes of a path that are left for what is in a folder, so that it can be named: to be looked at,
and to be covered."""


class _Folder(NamedTuple):
    """``changed``: its ``ctime``, 0 when it may have changed again in the same tick. ``links``:
    those of the hidden and the read-only that lead elsewhere, as a ``.git`` that is a file does."""

    changed: int
    owner: int
    inode: int
    folders: tuple[str, ...]
    hidden: tuple[str, ...]
    read_only: tuple[str, ...]
    links: frozenset[str]


@functools.lru_cache(maxsize=8)
def names(root: str, hide: tuple[str, ...], read_only: tuple[str, ...]) -> Names:
    """The same for the same workspace and patterns, with what is known already."""
    return Names(root, hide, read_only)


class Names:
    """What is known of one workspace under one policy. For threads."""

    def __init__(self, root: str, hide: Sequence[str], read_only: Sequence[str]) -> None:
        self._root = root
        self._longest = _LONGEST_PATH - _BELOW - len(os.fsencode(root))
        self._hide = matcher(each.lower() for each in hide)
        self._read_only = matcher(read_only)
        self._known: dict[str, _Folder] = {}
        self._lock = threading.Lock()

    def find(self) -> Places:
        """A folder that cannot be listed is hidden: its owner, who runs the command, could have it
        listed. So is one that lies so deep that no path leads to what is in it: a command can go
        there a step at a time. And so are other names of what is hidden, and in another case."""
        with self._lock:
            return self._find()

    def _find(self) -> Places:
        known, self._known = self._known, {}
        hidden: list[str] = []
        read_only: list[str] = []
        waiting = [""]
        while waiting:
            path = waiting.pop()
            if path and len(os.fsencode(path)) > self._longest:
                hidden.append(path)
                continue
            try:
                folder = self._look(path, known.get(path))
            except PermissionError:
                hidden += filter(None, [path])
                continue
            except OSError:
                continue
            self._known[path] = folder
            hidden += folder.hidden
            read_only += folder.read_only
            waiting += folder.folders
        foreign = any(each.owner != os.geteuid() for each in self._known.values())
        links = frozenset().union(*(each.links for each in self._known.values()))
        hidden += filter(None, map(self._target, links.intersection(hidden)))
        read_only += filter(None, map(self._target, links.intersection(read_only)))
        hidden += self._other_names(hidden)
        covered = outermost(hidden)
        seen = [
            each for each in read_only if not any(map(covered.__contains__, folders_above(each)))
        ]
        folders = {path: each.inode for path, each in self._known.items()}
        return Places(covered, outermost(seen), foreign, folders)

    def _is_hidden(self, path: str) -> bool:
        if self._hide(path):
            return True
        above, slash, name = path.rpartition("/")
        copy = (name[0] in ".#" or name[-1] == "~") and _EDITORS_COPY.fullmatch(name)
        if not copy:
            return False
        vim = copy["vim"] or ""
        of = filter(None, (vim, vim[1:], copy["auto"], copy["old"]))
        return any(self._hide(f"{above}{slash}{each}") for each in of)

    def _other_names(self, hidden: Sequence[str]) -> list[str]:
        """Of what is hidden, and what is in there: where links lead, and hard links, which are
        rare: only then every folder is listed."""
        linked: set[int] = set()
        found: list[str] = []
        for path in (inner for each in hidden for inner in self._below(each)):
            with contextlib.suppress(OSError):
                status = os.lstat(f"{self._root}/{path}")
                if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                    linked.add(status.st_ino)
                elif stat.S_ISLNK(status.st_mode):
                    found += filter(None, [self._target(path)])
        for folder in self._known if linked else ():
            with contextlib.suppress(OSError), os.scandir(f"{self._root}/{folder}") as entries:
                above = f"{folder}/" if folder else ""
                found += [f"{above}{each.name}" for each in entries if each.inode() in linked]
        return found

    def _below(self, path: str) -> Iterator[str]:
        """Itself, and what is in it; of an environment of Python that is called so, nothing."""
        waiting = [path]
        while waiting:
            yield (path := waiting.pop())
            full = f"{self._root}/{path}"
            if os.path.isdir(full) and not os.path.islink(full):
                with contextlib.suppress(OSError):
                    names = os.listdir(full)
                    if _ENVIRONMENT not in names:
                        waiting += [f"{path}/{each}" for each in names]

    def _target(self, link: str) -> str:
        """Where it leads in the end, which may change without it; empty for outside."""
        full = f"{self._root}/{link}"
        real = os.path.realpath(full if os.path.islink(full) else led_to(full))
        inside = real.startswith(f"{self._root}/") and os.path.exists(real)
        return real[len(self._root) + 1 :] if inside else ""

    def _look(self, path: str, known: _Folder | None) -> _Folder:
        full = f"{self._root}/{path}" if path else self._root
        status = os.stat(full, follow_symlinks=False)
        changed = status.st_ctime_ns
        whose = status.st_uid, status.st_ino
        if known and known.changed == changed:
            return known
        if time.time_ns() - changed < _SETTLED_NS:
            changed = 0
        folders: list[str] = []
        hidden: list[str] = []
        read_only: list[str] = []
        links: list[str] = []
        with os.scandir(full) as listed:
            entries = list(listed)
        is_read_only: Callable[[str], bool] = self._read_only
        there = {each.name for each in entries}
        if "HEAD" in there and self._read_only(_GIT) and is_repository(there):
            if path:  # whatever its name
                read_only.append(path)
            else:
                is_read_only = _anything
        for entry in entries:
            inner = f"{path}/{entry.name}" if path else entry.name
            is_hidden = self._is_hidden(inner.lower())
            if is_hidden or is_read_only(inner):
                (hidden if is_hidden else read_only).append(inner)
                if entry.is_symlink() or (entry.name == _GIT and entry.is_file()):
                    links.append(inner)
            if not is_hidden and entry.is_dir(follow_symlinks=False):
                folders.append(inner)
        found = tuple(folders), tuple(hidden), tuple(read_only)
        return _Folder(changed, *whose, *found, frozenset(links))


def _anything(_: str) -> bool:
    return True


def led_to(file: str) -> str:
    """Where a file called ``.git`` says that the repository is; the file itself when it says
    nothing."""
    with contextlib.suppress(OSError):
        said = re.match(rb"gitdir: (.+?)\r?\n?\Z", read_head(file, _LONGEST_PATH), re.DOTALL)
        if said:
            return os.path.join(os.path.dirname(file), os.fsdecode(said[1]))
    return file


def folders_above(path: str) -> list[str]:
    """Those that it is in, and itself."""
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]


def outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """Those that are in no other, sorted."""
    found = set(paths)
    return tuple(sorted(e for e in found if not found.intersection(folders_above(e)[:-1])))


def writable(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether ``path`` is what a pattern matches, or in a folder that is. ``a/**`` means the folder
    ``a``, with all below it."""
    given = (each.removeprefix("./") for each in patterns)
    folders = (re.fullmatch(r"/?(.+)/\*\*", each, re.DOTALL) or each for each in given)
    matches = matcher(each if isinstance(each, str) else f"/{each[1]}" for each in folders)
    return lambda path: any(map(matches, folders_above(path)))


class matcher:  # noqa: N801 - called like a function
    """Whether a path from the workspace is matched: patterns without a slash by its last name,
    others by the whole, where ``**`` spans folders. What one that begins with ``!`` matches is not
    matched. The last that fits decides."""

    def __init__(self, patterns: Iterable[str]) -> None:
        runs = groupby(patterns, lambda each: not each.startswith("!"))
        found = [(is_meant, _Any(each.removeprefix("!") for each in run)) for is_meant, run in runs]
        self._last_first = found[::-1]

    def __call__(self, path: str) -> bool:
        return next((is_meant for is_meant, fits in self._last_first if fits(path)), False)


class _Any:
    """Cheap at thousands of names: most patterns are a name or its end, and whole paths are looked
    at only where the last name fits."""

    def __init__(self, patterns: Iterable[str]) -> None:
        names: list[str] = []
        paths: list[str] = []
        for pattern in patterns:
            (paths if "/" in pattern or pattern == "**" else names).append(pattern)
        plain = [each for each in names if not set("*?[") & set(each.removeprefix("*"))]
        self._names = frozenset(each for each in plain if not each.startswith("*"))
        self._ends = tuple(each[1:] for each in plain if each.startswith("*"))
        others = [fnmatch.translate(each) for each in names if each not in plain]
        lasts = [fnmatch.translate(each.rstrip("/").rpartition("/")[2]) for each in paths]
        self._name = _any_of(others)
        self._path = _any_of(map(_translate, paths))
        self._either = _any_of((*others, *lasts))

    def __call__(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        if name in self._names or name.endswith(self._ends):
            return True
        if not self._either.match(name):
            return False
        return bool(self._name.match(name) or self._path.match(path))


def _any_of(expressions: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(expressions) or r"(?!)")


def _translate(pattern: str) -> str:
    """``*`` and ``?`` stay in one folder; ``**`` does not."""
    out = []
    for part in re.split(r"(\*\*/?|\*|\?|\[!?\]?[^\]/]*\])", pattern.strip("/")):
        match part:
            case "**/":
                out.append(r"(?:.*/)?")
            case "**":
                out.append(r".*")
            case "*":
                out.append(r"[^/]*")
            case "?":
                out.append(r"[^/]")
            case _ if part.startswith("[") and part.endswith("]") and len(part) > 2:
                meant = fnmatch.translate(part).removeprefix("(?s:").removesuffix(")\\Z")
                out.append(rf"(?!/){meant}")
            case _:
                out.append(re.escape(part))
    return rf"(?s:{''.join(out)})\Z"
