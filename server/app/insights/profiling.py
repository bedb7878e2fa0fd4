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
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from ... import spans
from ...insights.profile.chrome import Timed, trace
from ...insights.profile.views import Profile, WorkPath, profile
from ...settings import Settings
from ...spans import Key, Recorder, Span, Sum
from ...state import workspace_dir
from ...store.database import Database
from ...store.profile import PROFILE, Profiles, Row
from .. import events
from ..feature import Feature
from ..folder.folders import Folders

__all__ = [
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
            for place in places:
                mine = {k: s for k, s in sums.items() if _of(k.root, k.file, places) is place}
                own = [e for e in newest if _of(e.root, e.file, places) is place]
                rows = [_row(each, recorder, place.root) for each in own]
                if place.settings.profile.enabled and (mine or rows):
                    await self._write(place, mine, rows)
                    await self._send(place.settings.profile.otlp_endpoint, rows)

    async def _write(self, place: Place, sums: dict[Key, Sum], rows: list[Row]) -> None:
        own, today = place.settings.profile, datetime.fromtimestamp(self._now()).astimezone().date()
        since = today - timedelta(days=own.keep_days - 1)
        told = {_shown(key, place.root): s for key, s in sums.items()}
        try:
            async with opened(place.state) as profiles:
                await profiles.add(today.isoformat(), told, rows, own.max_spans, since.isoformat())
        except (OSError, sqlite3.Error) as error:
            log.warning("where time goes in %s is not kept: %s", place.root, error)

    async def _send(self, endpoint: str, rows: list[Row]) -> None:
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


def _of(root: str, file: str, places: Sequence[Place]) -> Place:
    at = root or file
    return next((p for p in places if at and Path(at).is_relative_to(p.root)), places[0])


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


class Profiling(Feature):
    """Keeps what an editor's server does, a minute after something happened and in the end."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._keeper = Keeper()
        self._timer: asyncio.TimerHandle | None = None
        self._keeping: asyncio.Task[None] | None = None

    def follow(self) -> None:
        wanted = [each.settings.profile for each in self._folders]
        if any(each.enabled for each in wanted):
            spans.record(max(each.max_spans for each in wanted))
        elif wanted:
            spans.stop()

    def happened(self, event: events.Event) -> None:
        if self._timer is None and spans.recorder() is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_PAUSE_SECONDS, self._due)

    def _due(self) -> None:
        self._timer = None
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def _keep(self) -> None:
        rooted = [each for each in self._folders if not each.loose]
        await self._keeper.keep([Place(each.root, each.state, each.settings) for each in rooted])

    @property
    def troubles(self) -> Iterable[str]:
        return filter(None, (self._keeper.trouble,))

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._keeping is not None:
            await asyncio.wait((self._keeping,))
        await self._keep()
        spans.stop()


_FILE = "profile.db"


def last_write(state: Path) -> int:
    """To what is kept in a workspace's state folder, in nanoseconds since 1970; 0: nothing is."""
    times = []
    for name in (_FILE, f"{_FILE}-wal"):
        with contextlib.suppress(OSError):
            times.append((state / name).stat().st_mtime_ns)
    return max(times, default=0)


@asynccontextmanager
async def opened(state: Path) -> AsyncIterator[Profiles]:
    """What is kept in a workspace's state folder. Raises sqlite3.Error, here and there."""
    database = Database(state / _FILE, PROFILE)
    try:
        yield Profiles(database)
    finally:
        await database.close()


@asynccontextmanager
async def recorded(root: Path, settings: Settings) -> AsyncIterator[None]:
    """What is done meanwhile is recorded and kept, where the settings want it; for a process of one
    workspace."""
    if not settings.profile.enabled:
        yield
        return
    spans.record(settings.profile.max_spans)
    try:
        yield
    finally:
        state = await asyncio.to_thread(workspace_dir, root)
        await Keeper().keep([Place(root, state, settings)])
        spans.stop()


async def engine(root: Path, days: int, today: date) -> tuple[Profile, str]:
    """Where the engine's time went in a workspace, in so many days; and the first of these of which
    something is known, empty when nothing is. Raises OSError, sqlite3.Error."""
    since = (today - timedelta(days=days - 1)).isoformat()
    async with opened(await asyncio.to_thread(workspace_dir, root)) as profiles:
        kept = await profiles.days()
        first = max(kept[0], since) if kept and kept[1] >= since else ""
        return profile(await profiles.sums(since)), first


async def timeline(root: Path) -> list[Timed]:
    """The newest spans, the oldest first. Raises OSError, sqlite3.Error."""
    async with opened(await asyncio.to_thread(workspace_dir, root)) as profiles:
        return [*_timed(await profiles.newest())]


def _timed(rows: Iterable[Row]) -> Iterable[Timed]:
    for row in rows:
        yield Timed(**row._asdict() | {"attributes": json.loads(row.attributes)})
