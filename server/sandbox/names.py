"""Where in a workspace what is to be hidden, or not to be written, stands.

A folder that has not changed since it was listed is not listed again: a look costs one ``stat`` a
folder.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Places(NamedTuple):
    """Paths from the workspace; what is in a hidden or kept folder is not named again."""

    hidden: tuple[str, ...]
    kept: tuple[str, ...]


class _Folder(NamedTuple):
    changed: int
    folders: tuple[str, ...]
    hidden: tuple[str, ...]
    kept: tuple[str, ...]


class Names:
    """What is known of one workspace under one policy. For a thread, one at a time."""

    def __init__(self, root: str, hide: Sequence[str], keep: Sequence[str]) -> None:
        self._root = root
        self._hide = matcher(hide)
        self._keep = matcher(keep)
        self._known: dict[str, _Folder] = {}

    def find(self) -> Places:
        """Folders that cannot be read are left as they are: the command cannot read them either."""
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
        return Places(tuple(sorted(hidden)), tuple(sorted(kept)))

    def _look(self, path: str, known: _Folder | None) -> _Folder:
        full = f"{self._root}/{path}" if path else self._root
        changed = os.stat(full, follow_symlinks=False).st_mtime_ns
        if known and known.changed == changed:
            return known
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
        return _Folder(changed, tuple(folders), tuple(hidden), tuple(kept))


class matcher:  # noqa: N801 - called like a function
    """Whether a path from the workspace is matched: patterns without a slash by its last name,
    others by the whole, where ``**`` spans folders."""

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
