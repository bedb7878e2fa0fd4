"""What is remembered of what the developer does, for the command line."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ..automations.histories import SHELLS, Imported, places, read
from ..state import workspace_dir
from ..store.activity import ACTIVITY, FILE, Activity, Did, Log, without_secrets
from ..store.database import Database
from .recorded import settings_of

__all__ = ["SHELLS", "Activity", "Did", "Imported", "Log", "places", "read", "settings_of"]

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_AGO = re.compile(rf"(\d{{1,9}})([{''.join(_UNITS)}])")


@asynccontextmanager
async def open_log(root: Path) -> AsyncIterator[Log]:
    """The log of a workspace. Raises OSError."""
    database = Database(workspace_dir(root) / FILE, ACTIVITY)
    try:
        yield Log(database)
    finally:
        await database.close()


def moment(text: str, now: float) -> float:
    """``2h``: so long before ``now``; or a date, or a date and a time, as ISO 8601 writes them. In
    seconds of the epoch. Raises ValueError."""
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _UNITS[ago[2]]
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except OverflowError as error:  # at the ends of the calendar, in another zone
        raise ValueError(str(error)) from error


def payload(activity: Activity) -> dict[str, Any]:
    """As JSON."""
    return asdict(activity)


def line(activity: Activity) -> str:
    """In a line."""
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(activity.at))
    moved = activity.did in (Did.MOVED, Did.SWITCHED)
    text = f"{activity.old} → {activity.text}" if moved else activity.text
    failed = " (failed)" if activity.ok is False else ""
    where = f"  [{activity.cwd}]" if activity.cwd else ""
    return f"{at}  {activity.did:<9}  {' ⏎ '.join(text.splitlines())}{failed}{where}"


class Taken(NamedTuple):
    """``came``: how many commands are in the log that were not before; ``left``: how many that are
    new are not, and ``why``."""

    came: int
    left: int = 0
    why: str = ""


async def take_in(root: Path, activities: Iterable[Activity]) -> Taken:
    """Add what a shell's history has that is not in the log yet."""
    wanted = settings_of(root)
    async with open_log(root) as log:
        known = {_typed(each) for each in await log.all()}
        kept = map(without_secrets, activities)
        new = [each for each in kept if _typed(each) not in known]
        if not wanted.enabled:
            return Taken(0, len(new), "activity.enabled is off")
        await log.add(new, wanted.max_tasks)
        added = {_typed(each) for each in new}
        there = await log.all()
        came = sum(_typed(each) in added for each in there)
        if await log.paused():
            why = "it is paused; `understudy activity resume` goes on"
        elif len(there) < wanted.max_tasks:
            why = "they were done while it was paused"
        else:
            why = f"they are older than the last {wanted.max_tasks} tasks (activity.maxTasks)"
        return Taken(came, len(new) - came, why)


def _typed(activity: Activity) -> tuple[float, Did, str]:
    return activity.at, activity.did, activity.text
