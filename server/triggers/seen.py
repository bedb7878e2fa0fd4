"""What was seen below a root: the folders, with what they ignore, and a digest of each file.

From it follows what has really changed: a file that was touched has not, one that an editor
replaced was modified. To read a whole workspace takes long, so that digests are learned little by
little; of a file whose digest is not known yet, every event counts as a change.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections import deque
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from ..discover import Folder, Found, Rules, excluding, ignored, walk
from ..disk import read_regular
from .changes import Kind

MOST_FILES = 100_000
"""So many files are remembered; of further ones, every event counts as a change."""
_LARGEST = 4 << 20
"""Of larger files every event counts as a change."""


class _File(NamedTuple):
    mtime_ns: int
    size: int
    digest: int | None


class Seen:
    """Belongs to one thread. Paths are relative to the root, folders end with a slash, the root is
    empty."""

    def __init__(self, root: Path, exclude: Sequence[str], most: int = MOST_FILES) -> None:
        self._root = str(root)
        self._excluded = excluding(exclude)
        self._most = most
        self._count = 0
        self._unlearned: deque[str] = deque()
        self._files: dict[str, dict[str, _File]] = {}
        self._rules: dict[str, Rules] = {}

    @property
    def folders(self) -> list[str]:
        """Where to watch: every folder that is not ignored, as absolute paths."""
        return [os.path.join(self._root, folder) for folder in self._rules]

    @property
    def is_full(self) -> bool:
        return self._count >= self._most

    def scan(self, folder: str = "") -> dict[str, Kind]:
        """Look at all that lies below ``folder``; what differs from what was seen before. A file
        whose size and time of modification are the same counts as unchanged."""
        changes: dict[str, Kind] = {}
        rules: dict[str, Rules] = {}
        present: dict[str, set[str]] = {}
        root = Path(self._root)
        there = _is_folder(os.path.join(self._root, folder))
        for each in walk(root / folder, root, self._excluded) if there else ():
            match each:
                case Folder():
                    rules[each.relative] = each.rules
                    self._files.setdefault(each.relative, {})
                case Found():
                    path = each.path[len(self._root) + 1 :]
                    parent, name = _split(path)
                    present.setdefault(parent, set()).add(name)
                    old = self._files[parent].get(name)
                    if old is None and self.is_full and parent in self._rules:
                        continue  # it may have been there all the time
                    if old is None or old[:2] != (each.mtime_ns, each.size):
                        changes.update(self._compare(path, each.mtime_ns, each.size))
        for known in [known for known in self._rules if known.startswith(folder)]:
            gone = [name for name in self._files[known] if name not in present.get(known, ())]
            changes.update(self._forget(known, gone))
            if known not in rules:
                del self._files[known], self._rules[known]
        self._rules.update(rules)
        return changes

    def look(self, path: str) -> dict[str, Kind] | None:
        """What an event at ``path`` comes to. None: a folder may have come, ``scan`` it."""
        parent, _ = _split(path)
        if (rules := self._rules.get(parent)) is None:
            return {}
        try:
            found = os.lstat(os.path.join(self._root, path))
        except OSError:
            return self._gone(path)
        if stat.S_ISDIR(found.st_mode):
            return {} if ignored(f"{path}/", rules, self._excluded) else None
        if not stat.S_ISREG(found.st_mode):
            return self._gone(path)
        if ignored(path, rules, self._excluded):
            return {}
        changes = self._gone(path) if f"{path}/" in self._rules else {}
        return {**changes, **self._compare(path, found.st_mtime_ns, found.st_size)}

    def _compare(self, path: str, mtime_ns: int, size: int) -> dict[str, Kind]:
        parent, name = _split(path)
        files = self._files[parent]
        old = files.get(name)
        if old is None and self.is_full:
            return {path: Kind.MODIFIED}
        same_size = old is not None and old.digest is not None and old.size == size
        digest = _digest(os.path.join(self._root, path)) if same_size else None
        files[name] = _File(mtime_ns, size, digest)
        if digest is None:
            self._unlearned.append(path)
        if old is None:
            self._count += 1
            return {path: Kind.CREATED}
        return {} if same_size and old.digest == digest else {path: Kind.MODIFIED}

    def learn(self, most: int) -> None:
        """Read up to so many files whose digest is not known."""
        for _ in range(min(most, len(self._unlearned))):
            path = self._unlearned.popleft()
            parent, name = _split(path)
            file = self._files.get(parent, {}).get(name)
            if file and file.digest is None:
                self._learn(path, file)

    def _learn(self, path: str, file: _File) -> None:
        """Unless it has changed since: then its event is still to come."""
        where = os.path.join(self._root, path)
        digest = _digest(where)
        with contextlib.suppress(OSError):
            found = os.lstat(where)
            if (found.st_mtime_ns, found.st_size) == file[:2]:
                parent, name = _split(path)
                self._files[parent][name] = file._replace(digest=digest)

    def _gone(self, path: str) -> dict[str, Kind]:
        if f"{path}/" in self._rules:
            return self.scan(f"{path}/")
        parent, name = _split(path)
        if name in self._files[parent]:
            return self._forget(parent, [name])
        unknown = self.is_full and not ignored(path, self._rules[parent], self._excluded)
        return {path: Kind.DELETED} if unknown else {}

    def _forget(self, folder: str, names: Sequence[str]) -> dict[str, Kind]:
        for name in names:
            del self._files[folder][name]
        self._count -= len(names)
        return {f"{folder}{name}": Kind.DELETED for name in names}


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path.rstrip("/")).st_mode)
    except OSError:
        return False


def _split(path: str) -> tuple[str, str]:
    parent, slash, name = path.rpartition("/")
    return parent + slash, name


def _digest(path: str) -> int | None:
    """None: it cannot be read, or is larger than what is read."""
    try:
        return int.from_bytes(blake2b(read_regular(path, _LARGEST), digest_size=8).digest())
    except OSError:
        return None
