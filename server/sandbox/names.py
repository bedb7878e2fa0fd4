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
import threading
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Places(NamedTuple):
    """Paths from the workspace; what is in a hidden or kept folder is not named again.
    ``foreign``: there are folders of other users."""

    hidden: tuple[str, ...]
    kept: tuple[str, ...]
    foreign: bool = False


_SETTLED_NS = 100_000_000


class _Folder(NamedTuple):
    """``changed``: its ``ctime``, 0 when it may have changed again in the same tick."""

    changed: int
    owner: int
    folders: tuple[str, ...]
    hidden: tuple[str, ...]
    kept: tuple[str, ...]


@functools.lru_cache(maxsize=8)
def names(root: str, hide: tuple[str, ...], keep: tuple[str, ...]) -> Names:
    """The same for the same workspace and patterns, with what is known already."""
    return Names(root, hide, keep)


class Names:
    """What is known of one workspace under one policy. For threads."""

    def __init__(self, root: str, hide: Sequence[str], keep: Sequence[str]) -> None:
        self._root = root
        self._hide = matcher(hide)
        self._keep = matcher(keep)
        self._known: dict[str, _Folder] = {}
        self._lock = threading.Lock()

    def find(self) -> Places:
        """Folders that cannot be read are left as they are: the command cannot read them either."""
        with self._lock:
            return self._find()

    def _find(self) -> Places:
        known, self._known = self._known, {}
        hidden: list[str] = []
        kept: list[str] = []
        waiting = [""]
        while waiting:
            path = waiting.pop()
            with contextlib.suppress(OSError):
                folder = self._look(path, known.get(path))
                self._known[path] = folder
                hidden += folder.hidden
                kept += folder.kept
                waiting += folder.folders
        foreign = any(each.owner != os.geteuid() for each in self._known.values())
        return Places(tuple(sorted(hidden)), tuple(sorted(kept)), foreign)

    def _look(self, path: str, known: _Folder | None) -> _Folder:
        full = f"{self._root}/{path}" if path else self._root
        status = os.stat(full, follow_symlinks=False)
        changed = status.st_ctime_ns
        if known and known.changed == changed:
            return known
        if time.time_ns() - changed < _SETTLED_NS:
            changed = 0
        folders, hidden, kept = [], [], []
        with os.scandir(full) as entries:
            for entry in entries:
                inner = f"{path}/{entry.name}" if path else entry.name
                if self._hide(inner):
                    hidden.append(inner)
                elif self._keep(inner):
                    kept.append(inner)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(inner)
        return _Folder(changed, status.st_uid, tuple(folders), tuple(hidden), tuple(kept))


class matcher:  # noqa: N801 - called like a function
    """Whether a path from the workspace is matched: patterns without a slash by its last name,
    others by the whole, where ``**`` spans folders. What one that begins with ``!`` matches is not
    matched, wherever that stands among them."""

    def __init__(self, patterns: Iterable[str]) -> None:
        given = list(patterns)
        self._matched = _Any(each for each in given if not each.startswith("!"))
        self._not = _Any(each[1:] for each in given if each.startswith("!"))

    def __call__(self, path: str) -> bool:
        return self._matched(path) and not self._not(path)


class _Any:
    def __init__(self, patterns: Iterable[str]) -> None:
        names: list[str] = []
        paths: list[str] = []
        for pattern in patterns:
            (paths if "/" in pattern or pattern == "**" else names).append(pattern)
        self._name = re.compile("|".join(fnmatch.translate(each) for each in names) or r"(?!)")
        self._path = re.compile("|".join(map(_translate, paths)) or r"(?!)")

    def __call__(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        return bool(self._name.match(name) or self._path.match(path))


def _translate(pattern: str) -> str:
    """``*`` and ``?`` stay in one folder; ``**`` does not."""
    out = []
    for part in re.split(r"(\*\*/?|\*|\?)", pattern.strip("/")):
        match part:
            case "**/":
                out.append(r"(?:.*/)?")
            case "**":
                out.append(r".*")
            case "*":
                out.append(r"[^/]*")
            case "?":
                out.append(r"[^/]")
            case _:
                out.append(re.escape(part))
    return rf"(?s:{''.join(out)})\Z"
