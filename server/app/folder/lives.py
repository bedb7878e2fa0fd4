"""What becomes of findings on disk, on its way into the history: what is known of files is written
down a moment after nothing more of it changes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ...findings.baseline import rule_of
from ...findings.fingerprint import name_of
from ...findings.lives import Look, Stand, Told
from ...git import GitError, Repository
from ...model import Suppression
from ...store.database import Database
from ...store.lives import FILE, LIVES, Head, Seen, came, head, paths, take
from ..results.scan import FileView

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 2.0
"""So long after the last of many changes: git is done then, and what was renamed is there."""
_LONGEST_SECONDS = 30.0
_WORD = re.compile(r"[\w-]+")

Stamp = tuple[int, int]
"""When a file was written, in nanoseconds, and its size: what tells its content from others."""


class _Known(NamedTuple):
    """``stamp``: of the content that the view is of. The file may have another one by now."""

    view: FileView
    stamp: Stamp


class Lives:
    """Belongs to the event loop, which never waits for it. ``state``: the folder's state folder;
    ``clock``: seconds since the epoch."""

    def __init__(self, root: Path, state: Path, clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._clock = clock
        self._database = Database(state / FILE, LIVES)
        self._views: dict[str, _Known | None] = {}
        self._whole = False
        self._writing: asyncio.Task[None] | None = None
        self._noted = asyncio.Event()
        self._closing = asyncio.Event()

    def seen(self, path: str, view: FileView, stamp: Stamp) -> None:
        """What is known of a file as it was on disk, with this stamp at the latest. One that lies
        elsewhere has no history here."""
        if Path(path).is_relative_to(self._root):
            self._views[path] = _Known(view, stamp)
            self._soon()

    def gone(self, paths: Iterable[str]) -> None:
        """Files are not known any more: they are not there, or nobody looks at them."""
        for path in paths:
            self._views[path] = None
            self._soon()

    def scanned(self) -> None:
        """All files of the folder were looked at."""
        self._whole = True
        self._soon()

    async def came(self, paths: Iterable[str]) -> Mapping[str, Mapping[str, float]]:
        """When what is there was first seen, as far as that is written down: by file, and by the
        findings' names (``name_of``)."""
        try:
            return await came(self._database, paths)
        except sqlite3.Error as error:
            log.warning("when findings of %s came is not known: %s", self._root, error)
            return {}

    def _soon(self) -> None:
        self._noted.set()
        if (self._writing is None or self._writing.done()) and not self._closing.is_set():
            self._writing = asyncio.get_running_loop().create_task(self._write_later())

    async def _write_later(self) -> None:
        loop = asyncio.get_running_loop()
        while self._noted.is_set():  # it may be while something is written, too
            latest = loop.time() + _LONGEST_SECONDS
            while self._noted.is_set() and loop.time() < latest:
                self._noted.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), _PAUSE_SECONDS)
                    return  # who closes writes the rest
            await self.flush()

    async def flush(self) -> None:
        """Write down what was noted so far. What the disk does not take is lost: it is only
        history."""
        views, self._views = self._views, {}
        whole, self._whole = self._whole, False
        if not (views or whole):
            return
        try:
            before = await head(self._database)
            known = await paths(self._database) if whole else []
            seen = await asyncio.to_thread(
                _looked_at, self._root, views, before, self._clock(), known, whole=whole
            )
            await take(self._database, seen)
        except (sqlite3.Error, OSError, ValueError) as error:
            log.warning("when findings of %s came and went is not known: %s", self._root, error)

    async def close(self) -> None:
        self._closing.set()
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await self.flush()
        await self._database.close()


def _looked_at(
    root: Path,
    views: dict[str, _Known | None],
    before: Head | None,
    at: float,
    known: Iterable[str],
    *,
    whole: bool,
) -> Seen:
    """Looks at the disk, and at git: for a thread. ``known``: files that may have gone while nobody
    looked."""
    moved = _moved(root, before)
    looks, left = [], []
    gone = {path for path in (*known, *views) if not os.path.exists(path)}
    for path, each in views.items():
        if path in gone:
            continue
        if each is None:
            left.append(path)
        else:
            looks.append(_look(path, *each))
    return Seen(at, looks, gone, left, moved.head, moved.paths, whole)


def _look(path: str, view: FileView, stamp: Stamp) -> Look:
    told = tuple(
        Told(rule_of(each.lead), each.lead.fingerprint, int(each.severity))
        for each in view.problems
        if each.lead.fingerprint
    )
    reported = frozenset(
        name_of(finding.fingerprint)
        for report in view.reports
        for finding in report.findings
        if finding.fingerprint
    )
    tools = tuple(sorted(each.tool for each in view.reports if each.state.is_verdict))
    comments = {each for report in view.reports for each in report.suppressions}
    marks = Counter(name for each in comments for name in _names(each) or ("",))
    stand = Stand(*stamp, tools, dict(marks))
    return Look(path, told, stand, reported)


def _names(comment: Suppression) -> Sequence[str]:
    """The rules that it is for; empty: any. Of a tool's own, as it writes them."""
    return _WORD.findall(comment.native)[1:] if comment.native else comment.rules


class _Moved(NamedTuple):
    """``paths``: of which git has put another version there, or which it has taken away."""

    head: Head | None
    paths: frozenset[str] = frozenset()


def _moved(root: Path, before: Head | None) -> _Moved:
    """What git has checked out, and whether it moved from one line of work to another: on the same
    branch, forward, is work. Without git nothing moves."""
    try:
        repository = Repository.at(root)
        now = Head(*repository.head())
        if before is None or not before.commit or now.commit in ("", before.commit):
            return _Moved(now)
        if now.branch == before.branch and repository.has_grown(before.commit, now.commit):
            return _Moved(now)
        both = (before.commit, now.commit), (now.commit, before.commit)
        names = {blob.path for pair in both for blob in repository.changed(*pair)}
    except GitError:  # a commit that is not here any more, too
        return _Moved(None)
    real = os.path.realpath(root)
    below = (os.path.relpath(repository.root / name, real) for name in names)
    return _Moved(now, frozenset(os.path.join(root, name) for name in below))
