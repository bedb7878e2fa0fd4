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
from ..scripts.files import COPIES, copied_from, path_of
from ..scripts.runs import DRAFTS
from .alone import surely_alone


class Forgotten(NamedTuple):
    """How many ``tasks``; the ``drafts`` that went with them, and what was ``kept``: automations
    that were accepted, or come from elsewhere."""

    tasks: int
    drafts: int
    kept: int


async def forget(root: Path, since: float | None) -> Forgotten:
    """What was since then (seconds since the epoch), or all: afterwards it is in no file of the
    state folder. Where that is interrupted, the next time does the rest. Raises OSError,
    sqlite3.Error."""
    state = workspace_dir(root)
    async with surely_alone(root, state):  # else what is being made of it would come after
        async with open_log(root) as log:
            tasks = await log.forget(since)
        gone, kept = await _forget_automations(root, state, since)
        await asyncio.to_thread(_remove_scripts, state, {each.name for each in kept})
    return Forgotten(tasks, len(gone), len(kept))


async def _forget_automations(
    root: Path, state: Path, since: float | None
) -> tuple[list[Automation], list[Automation]]:
    """Those that are gone with their runs, and those that are kept."""
    if not (state / FILE).is_file():
        return [], []
    database = Database(state / FILE, AUTOMATIONS)
    try:
        store = Automations(database)
        every = await store.all()
        gone = [e for e in every if e.created >= (since or 0.0) and not _is_kept(e, root)]
        numbers = await store.trials(gone)  # nobody knows them any more once the runs are gone
        await asyncio.to_thread(_remove_trials, state, numbers, since)
        await store.forget(gone)
        await database.compact()
    finally:
        await database.close()
    return gone, [each for each in every if each not in gone]


def _is_kept(automation: Automation, root: Path) -> bool:
    """Whether it was accepted, or was not made of what was done."""
    if automation.state is State.ACTIVE or os.path.lexists(path_of(root, automation.name)):
        return True
    return automation.id.startswith("script-")


def _remove_scripts(state: Path, kept: Collection[str]) -> None:
    """Those of which no automation is ``kept``, and what is left of them where they were run."""
    for folder in (state / DRAFTS, state / COPIES):
        for each in folder.iterdir() if folder.is_dir() else ():
            name = copied_from(each) if folder.name == COPIES else each.stem
            if name not in kept:
                each.unlink(missing_ok=True)


def _remove_trials(state: Path, numbers: Collection[int], since: float | None) -> None:
    """Of scripts all that were since then, and those ``numbers`` of runs."""
    tried = History(state / OF_AUTOMATIONS)
    tried.take_out(tried.numbers() if since is None else tried.since(since))
    History(state / TRIALS).take_out(numbers)
