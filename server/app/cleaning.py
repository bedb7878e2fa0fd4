"""What Understudy has written into its own folder, and what of it can go.

What an undo needs is not among it, and neither is what was learned or is queued.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..runner.logfile import job_of
from ..sandbox.history import TRIALS, History
from ..store.database import all_set_aside
from ..store.job_rows import under_way

_LOGS = "logs"
_KEPT_LOGS = 20


class Litter(NamedTuple):
    """``what`` one piece is, and what is said of all, for people; ``size``: bytes, as the disk
    counts them. ``remove`` raises OSError; what somebody works on stays."""

    what: str
    told: str
    pieces: int
    size: int
    remove: Callable[[], object]


def litter(state: Path) -> list[Litter]:
    """Of one workspace, whose state folder is ``state``; the largest first. For a thread."""
    found = [_logs(state), _trials(state), _corrupt(state)]
    return sorted((each for each in found if each.pieces), key=lambda each: -each.size)


def remove_logs(state: Path) -> int:
    """All but those of the newest jobs; how many went. For a thread."""
    found = _logs(state)
    found.remove()
    return found.pieces


def _logs(state: Path) -> Litter:
    """Of a job that is old and still runs, or waits to be run again, they stay."""
    by_job: dict[int, list[Path]] = {}
    for path in _listed(state / _LOGS):
        if (job := job_of(path.name)) is not None and not path.is_dir():
            by_job.setdefault(job, []).append(path)
    ended = set(sorted(by_job)[:-_KEPT_LOGS])
    if ended:
        try:
            ended -= under_way(state / "jobs.db")
        except sqlite3.Error:  # nobody knows which are
            ended = set()
    old = [path for job in sorted(ended) for path in by_job[job]]
    return _files("log", "of jobs that ended long ago", old)


def _trials(state: Path) -> Litter:
    """All but the newest, which somebody may be about to apply."""
    folder = state / TRIALS
    numbers = sorted(int(each.name) for each in _listed(folder) if each.name.isdecimal())[:-1]
    size = sum(_size(folder / str(number)) for number in numbers)
    told = "of commands in the sandbox"
    return Litter("trial", told, len(numbers), size, lambda: History(folder).take_out(numbers))


def _corrupt(state: Path) -> Litter:
    files = (each for each in all_set_aside(state) if not each.is_dir())
    return _files("database", "that could not be read, replaced since", files)


def _files(what: str, told: str, paths: Iterable[Path]) -> Litter:
    found = tuple(paths)

    def remove() -> None:
        for path in found:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    return Litter(what, told, len(found), sum(map(_size, found)), remove)


def _size(path: Path) -> int:
    """With all that is below it, as far as that has a path: a command may nest folders deeper."""
    found, ahead = 0, [path]
    while ahead:
        each = ahead.pop()
        with contextlib.suppress(OSError):
            told = each.lstat()
            found += told.st_blocks * 512
            ahead += _listed(each) if stat.S_ISDIR(told.st_mode) else ()
    return found


def _listed(folder: Path) -> Iterator[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    yield from (folder / name for name in names)
