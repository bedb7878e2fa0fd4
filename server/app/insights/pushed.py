"""What was pushed from a folder's repository, read from git's notes. Blocks: for a thread."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from ...disk import open_regular
from ...git import GitError, Repository
from ...insights.workflows.lived.pushes import Push, Pushes, noted, typed
from ...store.activity import Activity

_REMOTES = "logs/refs/remotes"
_MOST_BRANCHES = 1_000
_MOST_READ = 1 << 16
"""Bytes of the end of one branch's notes; a line has some 200."""


def pushes(root: Path, activities: Sequence[Activity], now: float) -> Pushes:
    """Where git has no notes, those that were typed."""
    found = [push for each in islice(_branches(root), _MOST_BRANCHES) for push in _read(*each)]
    return Pushes.of(found or typed(activities), now)


def _branches(root: Path) -> Iterator[tuple[Path, str]]:
    """The notes of each branch of a remote, and what it is called there."""
    try:
        top = Repository.at(root).common / _REMOTES
    except GitError:  # no repository
        return
    for folder, _, names in os.walk(top):
        for name in names:
            path = Path(folder, name)
            branch = "/".join(path.relative_to(top).parts[1:])
            if branch and branch != "HEAD":
                yield path, branch


def _read(path: Path, branch: str) -> Iterator[Push]:
    try:
        with open_regular(path) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _MOST_READ))
            yield from noted(file.read(_MOST_READ).decode("utf-8", "replace"), branch)
    except OSError:  # git may just have done away with it
        return
