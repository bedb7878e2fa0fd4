"""Commits and switches of branches, as git notes them where it keeps the moves of HEAD.

Nothing is run to look for them: it is a file, of which only what came since is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..git import Repository
from ..store.activity import Activity, Did

_MOST_READ = 1 << 20
"""Bytes of the file's end; a line has some 200."""
_MOST_OPERATIONS = 2_000
"""A commit that does more was not made by hand."""
_LINE = re.compile(
    r"[0-9a-f]{40,64} ([0-9a-f]{40,64}) [^\t\n]*> (\d{1,12}) [+-]\d{4}\t(.*)", re.ASCII
)
_COMMITTED = re.compile(r"(?:commit(?: \((?:initial|merge)\))?|cherry-pick|revert): (.*)")
_SWITCHED = re.compile(r"checkout: moving from (\S+) to (\S+)")


class Operation(NamedTuple):
    """What a commit did with a file: ``status`` is A, M, T, D or R; ``old`` is the path that it had
    and ``new`` the one that it has now, empty where there is none."""

    status: str
    old: str
    new: str


class Commits:
    """Those of a workspace. What is amended or rebased is not told of again. Raises GitError where
    no repository is; a repository that keeps its references as tables (reftable) tells of none.
    """

    def __init__(self, root: Path, since: float) -> None:
        """``since``: seconds of the epoch; what was done then or later is told of."""
        self._repository = Repository.at(root)
        real = Path(os.path.realpath(root))
        below = real.relative_to(os.path.realpath(self._repository.root)).as_posix()
        self._below = "" if below == "." else f"{below}/"
        self._reflog = self._repository.reflog()
        self._since = since
        self._seen: tuple[int, int, int] = (0, 0, 0)
        self.wrote = float("-inf")
        """When git last wrote the files of another commit, as far as was looked: a switch, a pull,
        a reset."""

    def new(self) -> list[Activity]:
        """What was done since this was last asked, the oldest first. Costs one look at a file while
        nothing is. Raises OSError."""
        try:
            about = os.stat(self._reflog)
        except FileNotFoundError:
            return []
        seen = about.st_ino, about.st_size, about.st_mtime_ns
        if seen == self._seen:
            return []
        inode, size, _ = self._seen
        goes_on = inode == about.st_ino and size <= about.st_size
        begin = size if goes_on else 0
        with open(self._reflog, "rb") as file:
            file.seek(max(begin, about.st_size - _MOST_READ))
            read = file.read(about.st_size - file.tell())
        whole = read[: read.rfind(b"\n") + 1]  # a line that is being written is read the next time
        self._seen = (about.st_ino, about.st_size - (len(read) - len(whole)), about.st_mtime_ns)
        found = list(_activities(whole))
        self.wrote = max((self.wrote, *_writes(whole)))
        if not goes_on:  # the file is new to us, or git has shortened it
            found = [each for each in found if each.at >= self._since]
        if found:
            self._since = found[-1].at + 1
        return found

    def operations(self, commit: str) -> list[Operation]:
        """What it did with the workspace's files; nothing of a merge, and of one that did more with
        them than hands do. Raises GitError when the commit is unknown here."""
        told = self._repository.operations(commit, self._below)
        done = [Operation(*each) for each in islice(told, _MOST_OPERATIONS + 1)]
        return done if len(done) <= _MOST_OPERATIONS else []


def _writes(lines: bytes) -> Iterator[float]:
    for line in lines.decode("utf-8", "replace").split("\n"):
        if (matched := _LINE.fullmatch(line)) and not matched[3].startswith("commit"):
            yield float(matched[2])


def _activities(lines: bytes) -> Iterator[Activity]:
    for line in lines.decode("utf-8", "replace").split("\n"):
        if not (matched := _LINE.fullmatch(line)):
            continue
        commit, at, why = matched.groups()
        if made := _COMMITTED.fullmatch(why):
            yield Activity(float(at), Did.COMMITTED, made[1], old=commit, ok=True)
        elif (moved := _SWITCHED.fullmatch(why)) and moved[1] != moved[2]:
            yield Activity(float(at), Did.SWITCHED, moved[2], old=moved[1], ok=True)
