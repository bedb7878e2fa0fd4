"""What in a workspace needs a consent for another reason than its own name: what guarded names lead
to, what git takes for a repository, and where its hooks and configuration are. For a thread: it
looks into every folder.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ..disk import read_head
from ..git import GitError, Setting, settings
from .change import Change, Entry
from .guard import is_path, is_repository, needed_for_link
from .guard import needed as needed_by_name

_GIT = frozenset({"git"})
_NONE: frozenset[str] = frozenset()
_MOST_LINKS = 40  # on one way, as for the kernel
_LONGEST = 4096
_CONFIGURATIONS = ("config", "config.worktree")


def needed(root: Path, changes: Sequence[Change]) -> dict[str, frozenset[str]]:
    """By the path of each change, the consents without which it is not made. ``root``: its real
    path."""
    workspace = _Workspace(str(root), changes)
    return {change.path: workspace.needed(change) for change in changes}


class _Workspace:
    """As it is, and as the changes would make it."""

    def __init__(self, root: str, changes: Sequence[Change]) -> None:
        self._walk = _Walk(root)
        self._made: dict[str, set[str]] = defaultdict(set)
        for change in changes:
            if change.after and is_path(change.path):
                for above, name in _around(change.path):
                    self._made[above].add(name)
        self._repositories: dict[str, bool] = {}

    def needed(self, change: Change) -> frozenset[str]:
        found = _NONE.union(*map(self._at, filter(is_path, change.paths)))
        if change.after and change.after.entry is Entry.LINK:
            found |= needed_for_link(change.path)
        return found

    def _at(self, path: str) -> frozenset[str]:
        found = needed_by_name(path)
        for above, _ in ((path, ""), *_around(path)):
            rest = path[len(above) :].removeprefix("/")
            for alias in self._walk.led.get(above, ()):
                found |= needed_by_name(f"{alias}/{rest}")
            if above in self._walk.git or self._is_repository(above):
                found |= _GIT
        return found

    def _is_repository(self, folder: str) -> bool:
        if folder not in self._repositories:
            made = self._made.get(folder, set[str]())
            self._repositories[folder] = is_repository(made | self._walk.names(folder))
        return self._repositories[folder]


class _Walk:
    """``led``: by a path, the guarded names that lead there; ``git``: where git finds programs
    to run: repositories, whatever their names, hooks and configuration."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._own = _settings(root)
        self.led: dict[str, set[str]] = defaultdict(set)
        self.git: set[str] = set()
        for each in self._own:
            self._guard(each.origin)
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            with suppress(OSError):  # who cannot look in there cannot write there
                waiting += self._look(folder)

    def names(self, folder: str) -> set[str]:
        try:
            return set(os.listdir(os.path.join(self._root, folder)))
        except OSError:
            return set()

    def _look(self, folder: str) -> list[str]:
        """The folders that are in there."""
        full = os.path.join(self._root, folder)
        with os.scandir(full) as listed:
            entries = list(listed)
        if is_repository(each.name for each in entries):
            self._configured(full, [full])
            return []
        inner: list[str] = []
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.casefold() == ".git":
                self._configured(full, list(_led_to(entry.path)))
            elif entry.is_symlink():
                if needed_for_link(path):
                    for step in _ways(self._root, entry.path):
                        self.led[step].add(path)
            elif entry.is_dir(follow_symlinks=False):
                inner.append(path)
        return inner

    def _configured(self, top: str, folders: Sequence[str]) -> None:
        """The git folders of a repository, and what is configured there for its ``top``."""
        files = [os.path.join(each, name) for each in folders for name in _CONFIGURATIONS]
        said = [each for file in files for each in _settings(top, file)]
        for path in (*folders, *(each.origin for each in said)):
            self._guard(path)
        for each in (*self._own, *said):
            if each.name == "core.hookspath":
                self._guard(os.path.join(top, os.path.expanduser(each.value)))

    def _guard(self, path: str) -> None:
        self.git.update(_ways(self._root, path))


def _led_to(git: str) -> Iterator[str]:
    """A folder called ``.git``, or where a file or link of that name leads, and what that shares
    with others."""
    yield git
    line = _line(git)
    folder = os.path.join(os.path.dirname(git), line.removeprefix("gitdir:").strip())
    if line.startswith("gitdir:"):
        yield folder
    if shared := _line(os.path.join(folder if line else git, "commondir")):
        yield os.path.join(folder if line else git, shared)


def _line(path: str) -> str:
    """What is in a short file; empty for another, or none."""
    try:
        return os.fsdecode(read_head(path, _LONGEST)).rstrip("\r\n")
    except OSError:
        return ""


def _settings(folder: str, file: str = "") -> tuple[Setting, ...]:
    if file and not os.path.isfile(file):
        return ()
    try:
        return settings(Path(folder), file)
    except GitError:  # nor does git find programs in there
        return ()


def _ways(root: str, path: str) -> Iterator[str]:
    """Of an absolute path, every link on the way and what it comes to: those below the root, as
    paths from there."""
    here, todo, links = "/", path.split("/")[::-1], 0
    while todo:
        part = todo.pop()
        if part in ("", "."):
            continue
        if part == "..":
            here = os.path.dirname(here)
            continue
        inner = os.path.join(here, part)
        try:
            target = os.readlink(inner)
        except OSError:
            here = inner
            continue
        if (links := links + 1) > _MOST_LINKS:
            return
        yield from _below(root, inner)
        todo += target.split("/")[::-1]
        here = "/" if target.startswith("/") else here
    yield from _below(root, here)


def _below(root: str, path: str) -> Iterator[str]:
    if path == root:
        yield ""
    elif path.startswith(f"{root.rstrip('/')}/"):
        yield path[len(root.rstrip("/")) + 1 :]


def _around(path: str) -> Iterator[tuple[str, str]]:
    """The folders that a path lies in, and the name on the way that is in each."""
    while path:
        path, _, name = path.rpartition("/")
        yield path, name
