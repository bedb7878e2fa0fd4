"""What was done is forgotten, and with it what was made of it and nobody has accepted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from ...automations.trying import TRIALS as OF_AUTOMATIONS
from ...sandbox.history import TRIALS, History
from ...state import workspace_dir
from ...store.automations import AUTOMATIONS, FILE, Automation, Automations, State
from ...store.database import Database
from ..activity import open_log
from ..scripts.files import path_of
from ..scripts.runs import DRAFTS


class Forgotten(NamedTuple):
    """How many ``tasks``; the ``drafts`` that went with them, and what was ``kept``: automations
    that were accepted, or come from elsewhere."""

    tasks: int
    drafts: int
    kept: int


async def forget(root: Path, since: float | None) -> Forgotten:
    """What was since then (seconds since the epoch), or all: afterwards it is in no file of the
    state folder. Raises OSError, sqlite3.Error."""
    async with open_log(root) as log:
        tasks = await log.forget(since)
    state = workspace_dir(root)
    if not (state / FILE).is_file():
        return Forgotten(tasks, 0, 0)
    database = Database(state / FILE, AUTOMATIONS)
    try:
        store = Automations(database)
        every = await store.all()
        gone = [e for e in every if e.created >= (since or 0.0) and not _is_kept(e, root)]
        await asyncio.to_thread(_remove_drafts, state / DRAFTS, [each.name for each in gone])
        trials = await store.forget(gone)
        await database.compact()
    finally:
        await database.close()
    await asyncio.to_thread(_remove_trials, state, trials, since)
    return Forgotten(tasks, len(gone), len(every) - len(gone))


def _is_kept(automation: Automation, root: Path) -> bool:
    """Whether it was accepted, or was not made of what was done."""
    if automation.state is State.ACTIVE or os.path.lexists(path_of(root, automation.name)):
        return True
    return automation.id.startswith("script-")


def _remove_drafts(folder: Path, names: Collection[str]) -> None:
    for name in names:
        (folder / f"{name}.py").unlink(missing_ok=True)


def _remove_trials(state: Path, numbers: Collection[int], since: float | None) -> None:
    """Of scripts all that were since then, and those ``numbers`` of runs."""
    tried = History(state / OF_AUTOMATIONS)
    tried.take_out(tried.numbers() if since is None else tried.since(since))
    History(state / TRIALS).take_out(numbers)
