"""How full disks are. One that does not answer, as where its network is gone, holds up nobody.

Who asks such a disk waits in the kernel, and nothing ends that wait. So each question has a thread
of its own, which is waited for shortly and may be left behind: it holds no process at its end.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .use import Kind, Use

_PATIENCE_SECONDS = 1.0
"""So long a look waits, for all disks together."""
_AGAIN_SECONDS = 60.0
"""Who has not answered in time is asked no more often."""


class Silent(NamedTuple):
    """What has not answered in time, as ``Use.what``; ``since``: seconds since the epoch."""

    what: str
    since: float


class Room(NamedTuple):
    """``device`` tells one file system from others."""

    device: int
    told: os.statvfs_result


def room_of(folder: Path) -> Room:
    """Raises OSError; may take for ever."""
    return Room(os.stat(folder).st_dev, os.statvfs(folder))


class _Question:
    """``answer`` None: there is none yet, or the disk is not there."""

    def __init__(self, ask: Callable[[Path], Room], folder: Path, now: float) -> None:
        self.at = now
        self.answer: Room | None = None
        self._thread = threading.Thread(target=self._ask, args=(ask, folder), daemon=True)
        self._thread.start()

    def _ask(self, ask: Callable[[Path], Room], folder: Path) -> None:
        with suppress(OSError):
            self.answer = ask(folder)

    @property
    def is_open(self) -> bool:
        return self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        self._thread.join(max(0.0, seconds))


class Disks:
    """For one thread at a time. ``ask`` may block; ``patience``: seconds."""

    def __init__(
        self,
        ask: Callable[[Path], Room] = room_of,
        clock: Callable[[], float] = time.time,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._patience = patience
        self._questions: dict[Path, _Question] = {}
        """The last one about each folder: no second one while it is open."""
        self._silent: dict[Path, float] = {}
        """Since when."""

    def look(
        self, folders: Mapping[str, Path], now: float
    ) -> tuple[tuple[Use, ...], tuple[Silent, ...]]:
        """Each file system once, under the first name that it has, and what does not answer. A
        folder that is not there is left out. ``now``: seconds of a clock that only goes forward."""
        wanted = frozenset(folders.values())
        self._forget(wanted)
        fresh = {
            folder: _Question(self._ask, folder, now)
            for folder in wanted
            if self._is_due(folder, now)
        }
        self._questions |= fresh
        latest = time.monotonic() + self._patience
        for folder, question in fresh.items():
            question.wait(latest - time.monotonic())
            if question.is_open:
                self._silent.setdefault(folder, self._clock())
            else:
                self._silent.pop(folder, None)
        silent = tuple(
            Silent(_what(name), self._silent[folder])
            for name, folder in folders.items()
            if folder in self._silent
        )
        answers = {name: self._answer(folder) for name, folder in folders.items()}
        return tuple(_uses(answers)), silent

    def _is_due(self, folder: Path, now: float) -> bool:
        last = self._questions.get(folder)
        if last is None:
            return True
        rests = folder in self._silent and now - last.at < _AGAIN_SECONDS
        return not last.is_open and not rests

    def _answer(self, folder: Path) -> Room | None:
        """What came too late is not how it is now."""
        return None if folder in self._silent else self._questions[folder].answer

    def _forget(self, wanted: frozenset[Path]) -> None:
        """Whoever comes back while a question is open is not asked another one."""
        self._questions = {p: q for p, q in self._questions.items() if p in wanted or q.is_open}
        self._silent = {p: since for p, since in self._silent.items() if p in self._questions}


def _what(name: str) -> str:
    return f"the disk of {name}"


def _uses(answers: Mapping[str, Room | None]) -> Iterator[Use]:
    seen: set[int] = set()
    for name, room in answers.items():
        if room is None or room.device in seen or not room.told.f_blocks:
            continue
        seen.add(room.device)
        told = room.told
        # Of what only root may write nobody else has any use.
        limit = told.f_blocks - told.f_bfree + told.f_bavail
        size, used = told.f_frsize, told.f_blocks - told.f_bfree
        yield Use(Kind.DISK, f"disk of {name}", _what(name), used * size, limit * size)
        if told.f_files:
            used = told.f_files - told.f_ffree
            files = f"the files that {_what(name)} can hold"
            yield Use(Kind.INODES, f"inodes, disk of {name}", files, used, used + told.f_favail)
