"""Commits and switches of branches, as git notes them where it keeps the moves of HEAD.

Nothing is run to look for them: it is a file, of which only what came since is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from ..disk import open_regular
from ..git import Operation, Repository
from ..store.activity import Activity, Did, Mark

_MOST_READ = 1 << 20
"""Bytes of the file's end; a line has some 200."""
_LATELY = 1 << 16
_BEFORE = 256
"""Bytes by which a place in the file is known: a line and its moment at least."""
_MOST_OPERATIONS = 2_000
"""A commit that does more was not made by hand."""
_LINE = re.compile(
    r"[0-9a-f]{40,64} ([0-9a-f]{40,64}) [^\t\n]*> (\d{1,12}) [+-]\d{4}\t(.*)", re.ASCII
)
_COMMITTED = re.compile(r"(?:commit(?: \((?:initial|merge)\))?|cherry-pick|revert): (.*)")
_SWITCHED = re.compile(r"checkout: moving from (\S+) to (\S+)")


class Commits:
    """Those of a workspace. What is amended or rebased is not told of again. Raises GitError where
    no repository is; a repository that keeps its references as tables (reftable) tells of none.
    """

    def __init__(self, root: Path) -> None:
        self._repository = Repository.at(root)
        real = Path(os.path.realpath(root))
        below = real.relative_to(os.path.realpath(self._repository.root)).as_posix()
        self._below = "" if below == "." else f"{below}/"
        self._reflog = self._repository.reflog()

    def look(self) -> tuple[int, int, int]:
        """Is another when there may be something new. Costs a look at a file. Raises OSError."""
        try:
            about = os.stat(self._reflog)
        except FileNotFoundError:
            return 0, 0, 0
        return about.st_ino, about.st_size, about.st_mtime_ns

    def new(self, was: Mark) -> tuple[list[Activity], Mark]:
        """What was done since a mark was set, the oldest first, and the mark to be set now. Raises
        OSError."""
        try:
            file = open_regular(self._reflog)
        except FileNotFoundError:
            return [], was
        with file:
            about = os.fstat(file.fileno())
            size = about.st_size
            goes_on = was.position <= size and _before(file, was.position) == was.before
            begin = max(was.position if goes_on else 0, size - _MOST_READ)
            file.seek(begin)
            read = file.read(size - begin)
            whole = read[: read.rfind(b"\n") + 1]  # what is being written is read the next time
            end = begin + len(whole)
            before = _before(file, end)
        # Another file, or git has shortened it: what was seen of the former one is known by its
        # time alone.
        since = was.since if goes_on else max(was.since, was.last + 1)
        found = [each for each in _activities(whole, about.st_mtime) if each.at >= since]
        last = max((was.last, was.since, *(each.at for each in found)))
        return found, Mark(0.0, last, end, before)

    def wrote(self, since: float, until: float) -> bool:
        """Whether git has written the files of another commit between those times, in seconds of
        the epoch: a switch, a pull, a reset. Raises OSError."""
        try:
            with open_regular(self._reflog) as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _LATELY))
                return any(since <= at <= until for at in _writes(file.read(_LATELY)))
        except FileNotFoundError:
            return False

    def operations(self, commits: Sequence[str]) -> dict[str, list[Operation]]:
        """What each did with the workspace's files; merges are left out, and what did more with
        them than hands do, and what git cannot tell of."""
        told = self._repository.operations(commits, self._below)
        return {each: ops for each, ops in told.items() if len(ops) <= _MOST_OPERATIONS}


def _before(file: BinaryIO, position: int) -> str:
    """What is known of the place in the file."""
    begin = max(0, position - _BEFORE)
    file.seek(begin)
    return sha256(file.read(position - begin)).hexdigest()


def _writes(lines: bytes) -> Iterator[float]:
    for line in lines.decode("utf-8", "replace").split("\n"):
        if (matched := _LINE.fullmatch(line)) and not matched[3].startswith("commit"):
            yield float(matched[2])


def _activities(lines: bytes, latest: float) -> Iterator[Activity]:
    """``latest``: when the last was written, in seconds of the epoch. What is dated later was so by
    a wrong clock or by hand."""
    for line in lines.decode("utf-8", "replace").split("\n"):
        if not (matched := _LINE.fullmatch(line)):
            continue
        commit, dated, why = matched.groups()
        at = min(float(dated), latest)
        if made := _COMMITTED.fullmatch(why):
            yield Activity(at, Did.COMMITTED, made[1], old=commit, ok=True)
        elif (moved := _SWITCHED.fullmatch(why)) and moved[1] != moved[2]:
            yield Activity(at, Did.SWITCHED, moved[2], old=moved[1], ok=True)
