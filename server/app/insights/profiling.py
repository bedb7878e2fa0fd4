"""What the recorder of spans has is kept, in the workspaces that it is of, and read again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from ... import spans
from ...insights.profile.chrome import Timed, trace
from ...insights.profile.views import Profile, WorkPath, asked, profile
from ...settings import Settings
from ...spans import Key, Recorder, Span, Sum
from ...state import workspace_dir
from ...store import measured
from ...store.database import Database
from ...store.profile import FILE, PROFILE, Days, Profiles, Row
from .. import events
from ..feature import Feature
from ..folder.folders import Folders

__all__ = [
    "Keeping",
    "Profile",
    "Profiling",
    "WorkPath",
    "engine",
    "opened",
    "recorded",
    "timeline",
    "trace",
]

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 60.0
"""What has come together is written no more often."""


def _salt() -> int:
    return secrets.randbits(64)


class Place(NamedTuple):
    """A workspace: its root and its state folder."""

    root: Path
    state: Path
    settings: Settings


class Keeper:
    """Writes what the recorder has, and sends it where the user wants that. One at a time.

    ``trouble`` tells a person what is not; empty when all is. ``salt``: see ``telemetry.send``.
    """

    def __init__(
        self, now: Callable[[], float] = time.time, salt: Callable[[], int] = _salt
    ) -> None:
        self._now = now
        self._salt = salt()
        self.trouble = ""
        self._last = 0
        """The span that was written last."""
        self._alone = asyncio.Lock()

    async def keep(self, places: Sequence[Place]) -> None:
        """What belongs to none of the places is the first one's."""
        recorder = spans.recorder()
        if recorder is None or not places:
            return
        async with self._alone:
            newest, sums = recorder.newest(self._last), recorder.sums()
            if newest:
                self._last = newest[-1].id
            wanted = await asyncio.to_thread(_parted, newest, sums, recorder, places)
            for place, told, rows in wanted:
                if place.settings.profile.enabled and (told or rows):
                    await self._write(place, told, rows)
                    await self._send(place.settings.profile.otlp_endpoint, rows)

    async def _write(self, place: Place, told: Mapping[Key, Sum], rows: Sequence[Row]) -> None:
        own, today = place.settings.profile, datetime.fromtimestamp(self._now()).astimezone().date()
        try:
            async with opened(place.state) as profiles:
                await profiles.add(today.isoformat(), told, rows, own.max_spans, own.keep_days)
        except (OSError, sqlite3.Error) as error:
            log.warning("where time goes in %s is not kept: %s", place.root, error)

    async def _send(self, endpoint: str, rows: Sequence[Row]) -> None:
        if not endpoint or not rows:
            return
        from .telemetry import Unsent, send

        try:
            await asyncio.to_thread(send, endpoint, [*_timed(rows)], self._salt)
        except Unsent as error:
            self.trouble = f"spans are not sent to {endpoint} (profile.otlpEndpoint): {error}"
            log.warning("%s", self.trouble)
        else:
            self.trouble = ""


class _Part(NamedTuple):
    """What belongs to one place, with files as they are called below it."""

    place: Place
    sums: dict[Key, Sum]
    rows: list[Row]


def _parted(
    spans: Iterable[Span], sums: Mapping[Key, Sum], recorder: Recorder, places: Sequence[Place]
) -> Sequence[_Part]:
    """By place. Of thousands it takes long: for a thread."""
    roots = [(str(each.root), f"{each.root}/") for each in places]
    parts = [_Part(each, {}, []) for each in places]

    def of(root: str, file: str) -> _Part:
        at = root or file
        here = (n for n, (own, above) in enumerate(roots) if at == own or at.startswith(above))
        return parts[next(here, 0)]

    for key, each in sums.items():
        part = of(key.root, key.file)
        part.sums[_shown(key, part.place.root)] = each
    for span in spans:
        part = of(span.root, span.file)
        part.rows.append(_row(span, recorder, part.place.root))
    return parts


def _below(root: Path, file: str) -> str:
    return as_text(file.removeprefix(f"{root}/"))


def _shown(key: Key, root: Path) -> Key:
    return key._replace(name=as_text(key.name), file=_below(root, key.file))


def as_text(name: str) -> str:
    """What a database and others take: what of it is no character becomes a question mark."""
    return name.encode("utf-8", "replace").decode()


def _row(span: Span, recorder: Recorder, root: Path) -> Row:
    return Row(
        os.getpid(),
        span.id,
        span.parent,
        as_text(span.name),
        _below(root, span.file),
        json.dumps(span.attributes),
        recorder.at(span.began),
        span.seconds,
        span.cpu,
        span.memory,
        span.trace,
    )


class Keeping:
    """Keeps what is recorded, a minute after something happened and in the end. Belongs to the
    event loop. ``places`` as ``Keeper.keep`` takes them."""

    def __init__(
        self, places: Callable[[], Sequence[Place]], pause: float = _PAUSE_SECONDS
    ) -> None:
        self._places = places
        self._pause = pause
        self._keeper = Keeper()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def trouble(self) -> str:
        return self._keeper.trouble

    def soon(self) -> None:
        """Something has happened."""
        if self._timer is None and spans.recorder() is not None:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self._due)

    def _due(self) -> None:
        self._timer = None
        self._task = asyncio.get_running_loop().create_task(self._keep())

    async def _keep(self) -> None:
        await self._keeper.keep(self._places())

    async def close(self) -> None:
        """Nothing is recorded any more then."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            await asyncio.wait((self._task,))
        await self._keep()
        spans.stop()


class Profiling(Feature):
    """Keeps what an editor's server does."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._keeping = Keeping(self._places)

    def _places(self) -> list[Place]:
        rooted = [each for each in self._folders if not each.loose]
        return [Place(each.root, each.state, each.settings) for each in rooted]

    def follow(self) -> None:
        wanted = [each.settings.profile for each in self._folders]
        if any(each.enabled for each in wanted):
            spans.record(max(each.max_spans for each in wanted))
        elif wanted:
            spans.stop()

    def happened(self, event: events.Event) -> None:
        self._keeping.soon()

    @property
    def troubles(self) -> Iterable[str]:
        return filter(None, (self._keeping.trouble,))

    async def close(self) -> None:
        await self._keeping.close()


def last_write(state: Path) -> int:
    """To what is kept in a workspace's state folder, in nanoseconds since 1970; 0: nothing is."""
    times = []
    for name in (FILE, f"{FILE}-wal"):
        with contextlib.suppress(OSError):
            times.append((state / name).stat().st_mtime_ns)
    return max(times, default=0)


@asynccontextmanager
async def opened(state: Path) -> AsyncIterator[Profiles]:
    """What is kept in a workspace's state folder. Raises sqlite3.Error, here and there."""
    database = Database(state / FILE, PROFILE)
    try:
        yield Profiles(database)
    finally:
        await database.close()


@asynccontextmanager
async def recorded(root: Path, settings: Settings) -> AsyncIterator[Keeping]:
    """What is done meanwhile is recorded and kept, where the settings want it; for a process of one
    workspace. Who goes on for long says now and then that something has happened."""
    place = Place(root, await asyncio.to_thread(workspace_dir, root), settings)
    if settings.profile.enabled:
        spans.record(settings.profile.max_spans)
    keeping = Keeping(lambda: [place])
    try:
        yield keeping
    finally:
        await keeping.close()


async def engine(root: Path, days: int, today: date) -> tuple[Profile, str]:
    """Where the engine's time went in a workspace, in so many days; and the first of these of which
    something is known, empty when nothing is. Raises OSError, sqlite3.Error."""
    wanted, state = Days.to(today, days), await asyncio.to_thread(workspace_dir, root)
    async with opened(state) as profiles:
        sums, kept = await profiles.sums(wanted), await profiles.days(wanted)
    known = await asyncio.to_thread(asked, await measured.kept_in(state), wanted)
    return await asyncio.to_thread(profile, sums, known), next(iter(kept), "")


async def timeline(root: Path) -> list[Timed]:
    """The newest spans, the oldest first. Raises OSError, sqlite3.Error."""
    async with opened(await asyncio.to_thread(workspace_dir, root)) as profiles:
        return [*_timed(await profiles.newest())]


def _timed(rows: Iterable[Row]) -> Iterable[Timed]:
    for row in rows:
        yield Timed(**row._asdict() | {"attributes": json.loads(row.attributes)})
