"""What changes on disk below a root, as it happens.

Only folders that are not ignored are watched, each by itself: a recursive watch would follow links
out of the root and take a watch for every folder of an environment. The work is done in a thread of
its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .changes import Changes, Kind, merged
from .seen import MOST_FILES, Seen

if TYPE_CHECKING:
    from watchfiles import Change

_STEP_MS = 100
_TICK_MS = 200
_ROOT_GONE_SECONDS = 0.5
_BURST = 2_000
"""From so many events on the kernel may have dropped some, so that the files themselves are asked;
and more will come."""
_QUIET_TICKS = 5
_LONGEST_BURST_SECONDS = 30.0
_LOCK_SECONDS = 10.0
_POLL_SECONDS = 2.0
_LEARN = 200
"""So many files are read between two looks at the events."""
_POLL_SHARE = 20
"""Polling pauses so many times as long as it took."""

_Events = set[tuple["Change", str]]
_Source = Generator[_Events, None, None]

_LIMITS = {
    "watch limit": "fs.inotify.max_user_watches",
    "Too many open files": "fs.inotify.max_user_instances",
}


class Batch(NamedTuple):
    """``notice``: something a person should know, such as that files are only polled."""

    changes: Changes
    notice: str = ""


async def watch(
    root: Path, exclude: Sequence[str] = (), most: int = MOST_FILES
) -> AsyncGenerator[Batch]:
    """What changes below ``root``, as soon as it is seen; the first batch is empty and tells that
    watching has begun.

    ``.gitignore`` is obeyed, ``exclude`` has the same form, and folders that hold nobody's sources
    are left out, as when a workspace is scanned. ``most``: of so many files the content is known.
    A root that is not there is waited for. When the system has no watches left, it is polled, and
    the batch says so. Close the iterator (``contextlib.aclosing``) to end the watching.
    """
    loop = asyncio.get_running_loop()
    batches: asyncio.Queue[Batch | BaseException] = asyncio.Queue()
    stop = threading.Event()

    def deliver(batch: Batch | BaseException) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(batches.put_nowait, batch)

    watcher = _Watcher(root, exclude, most, deliver, stop)
    thread = threading.Thread(target=watcher.run, name=f"watch {root.name}", daemon=True)
    thread.start()
    try:
        while True:
            batch = await batches.get()
            if isinstance(batch, BaseException):
                raise batch
            yield batch
    finally:
        stop.set()
        await asyncio.to_thread(thread.join)


class _Stopped(Exception):
    pass


class _NoWatchesLeft(Exception):
    """The message tells a person which limit was met."""


class _Watcher:
    def __init__(
        self,
        root: Path,
        exclude: Sequence[str],
        most: int,
        deliver: Callable[[Batch | BaseException], None],
        stop: threading.Event,
    ) -> None:
        self._root = os.path.realpath(root)
        self._most = most
        self._seen = Seen(Path(self._root), exclude, most)
        self._deliver = deliver
        self._stop = stop
        self._identity: tuple[int, int] | None = None
        self._changes: dict[str, Kind] = {}

    def run(self) -> None:
        try:
            self._watch()
        except _Stopped:
            pass
        except Exception as error:  # noqa: BLE001 -- the loop is told, and raises it
            self._deliver(error)

    def _watch(self) -> None:
        begun = False
        try:
            source = self._arm(("",), None)
            begun = True
            self._begin()
            while True:
                source = self._next(source)
        except _NoWatchesLeft as limit:
            notice = (
                f"The system has no file watches left ({limit}), so that {self._root} is polled: "
                "changes are seen later. To change this, raise the limit with 'sysctl'."
            )
            if not begun:
                self._begin(notice)
            else:
                self._tell(notice)
        self._poll()

    def _begin(self, notice: str = "") -> None:
        """What there is when the watching begins is no change."""
        self._changes = {}
        self._seen.learn(_LEARN)
        full = (
            f"There are more than {self._most} files below {self._root}: of some, every event "
            "counts as a change. To change this, exclude what need not be watched."
        )
        self._deliver(Batch({}, notice or (full if self._seen.is_full else "")))

    def _tell(self, notice: str = "") -> None:
        if self._changes or notice:
            self._deliver(Batch(self._changes, notice))
        self._changes = {}

    def _next(self, source: _Source) -> _Source:
        """Wait for events and tell what they come to; the source to wait on next."""
        events = self._collect(source)
        anew = self._look(events) if len(events) < _BURST else {""}
        if _identity(self._root) != self._identity:
            anew.add("")
        if anew:
            source = self._arm(sorted(anew), source)
        self._seen.learn(_LEARN)
        self._tell()
        return source

    def _collect(self, source: _Source) -> _Events:
        """The next events; all until they have ceased for a while, when they are many or git is
        at work."""
        events = self._take(source)
        end, quiet = time.monotonic() + _LONGEST_BURST_SECONDS, 0
        while events and time.monotonic() < end:
            if not self._git_works() and (len(events) < _BURST or quiet >= _QUIET_TICKS):
                break
            more = self._take(source)
            quiet = 0 if more else quiet + 1
            events |= more
        return events

    def _git_works(self) -> bool:
        """Whether git is about to change files; a lock that is older was left over, or somebody
        is writing a message."""
        with contextlib.suppress(OSError):
            lock = os.lstat(f"{self._root}/.git/index.lock")
            return abs(time.time() - lock.st_mtime) < _LOCK_SECONDS
        return False

    def _take(self, source: _Source) -> _Events:
        events = next(source, None)
        if events is None or self._stop.is_set():
            raise _Stopped
        return events

    def _look(self, events: _Events) -> set[str]:
        """Take down what the events come to; the folders that have to be looked at anew."""
        anew = set()
        for path in sorted({path for _, path in events}):
            relative = path[len(self._root) + 1 :]
            found = self._seen.look(relative) if relative else None
            if found is None:
                anew.add(f"{relative}/" if relative else "")
            else:
                self._changes = merged(self._changes, found)
                if found and os.path.basename(path) == ".gitignore":
                    anew.add("")
        return anew

    def _scan(self, folder: str) -> None:
        found = self._seen.scan(folder)
        # What a .gitignore newly ignores is forgotten; it was not deleted.
        self._changes = merged(
            self._changes,
            {
                path: kind
                for path, kind in found.items()
                if kind is not Kind.DELETED or not os.path.lexists(f"{self._root}/{path}")
            },
        )

    def _arm(self, anew: Iterable[str], old: _Source | None) -> _Source:
        """Watch the folders there are, those in ``anew`` being new, and take down what came before
        they were watched. Waits for a root that is not there."""
        for folder in anew:
            self._scan(folder)
        while True:
            if old is not None:
                old.close()
            self._wait_for_root()
            folders = self._seen.folders
            old = self._source(folders)
            self._scan("")
            if old is not None and self._seen.folders == folders:
                return old

    def _wait_for_root(self) -> None:
        while not self._seen.folders or not os.path.isdir(self._root):
            self._scan("")
            if self._seen.folders:
                break
            self._tell()
            if self._stop.wait(_ROOT_GONE_SECONDS):
                raise _Stopped
        self._identity = _identity(self._root)

    def _source(self, folders: Sequence[str]) -> _Source | None:
        """The events of these folders, from now on; None when one of them has gone meanwhile.
        What may not be read is left out."""
        import watchfiles

        source = watchfiles.watch(
            *(folder for folder in folders if os.access(folder, os.R_OK)),
            watch_filter=None,
            step=_STEP_MS,
            stop_event=self._stop,
            rust_timeout=_TICK_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=False,
            recursive=False,
            # It would also ignore that there are no watches left.
            ignore_permission_denied=False,
        )
        logging.getLogger("watchfiles").setLevel(logging.WARNING)
        try:
            self._take(source)
        except (FileNotFoundError, PermissionError):
            return None
        except (OSError, RuntimeError) as error:
            for words, limit in _LIMITS.items():
                if words in str(error):
                    raise _NoWatchesLeft(limit) from None
            raise
        return source

    def _poll(self) -> None:
        pause = _POLL_SECONDS
        while not self._stop.wait(pause):
            begun = time.monotonic()
            self._scan("")
            self._seen.learn(_LEARN)
            self._tell()
            pause = max(_POLL_SECONDS, _POLL_SHARE * (time.monotonic() - begun))


def _identity(path: str) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        found = os.lstat(path)
        return found.st_dev, found.st_ino
    return None
