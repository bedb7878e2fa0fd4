"""What was done is forgotten, and with it what was made of it and nobody has accepted; or all that
is kept of a workspace."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from ...automations.paths import DRAFTS
from ...automations.trying import TRIALS as OF_AUTOMATIONS
from ...link import LINK
from ...sandbox.history import TRIALS, History
from ...sandbox.trees import remove
from ...state import workspace_dir
from ...store.activity import FILE as ACTIVITIES
from ...store.automations import AUTOMATIONS, FILE, Automation, Automations, State
from ...store.database import Database, set_aside
from ...store.lease import ENGINE, Lease
from ...store.recommendations import FILE as RECOMMENDED
from ...store.recommendations import RECOMMENDATIONS, Recommendations
from .. import undoing
from ..activity import open_log
from ..scripts.files import COPIES, copied_from, path_of, remove_copies
from .alone import surely_alone

_OF_ALL = (ENGINE, LINK)
"""What the processes need that work there; nothing that was done is in it."""


class Forgotten(NamedTuple):
    """How many ``tasks``; the ``drafts`` that went with them, and what was ``kept``: automations
    that were accepted."""

    tasks: int
    drafts: int
    kept: int


async def forget(root: Path, since: float | None) -> Forgotten:
    """What was since then (seconds since the epoch), or all: afterwards it is in no file of the
    state folder, but in what the journal has for `undo`. Where that is interrupted, the next time
    does the rest. Raises OSError, sqlite3.Error."""
    state = workspace_dir(root)
    async with surely_alone(root, state):  # else what is being made of it would come after
        async with open_log(root) as log:
            tasks = await log.forget(since)
        await asyncio.to_thread(_remove_aside, state, since)
        await _forget_recommendations(state)
        gone, kept = await _forget_automations(root, state, since)
        await asyncio.to_thread(_remove_scripts, state, {each.name for each in kept})
        await asyncio.to_thread(_remove_tried, state, since)
    return Forgotten(tasks, len(gone), len(kept))


async def _forget_recommendations(state: Path) -> None:
    """Those that were made of what was done."""
    if (state / RECOMMENDED).is_file():
        database = Database(state / RECOMMENDED, RECOMMENDATIONS)
        try:
            await Recommendations(database).forget_lived()
        finally:
            await database.close()


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
        trials = await store.trials(gone)  # nobody knows them any more once the runs are gone
        await asyncio.to_thread(History(state / TRIALS).take_out, trials)
        await store.forget(gone)
        await database.compact()
    finally:
        await database.close()
    return gone, [each for each in every if each not in gone]


async def forget_all(root: Path) -> str:
    """All that is kept of a workspace but whether it is trusted: tasks and their logs, trials,
    caches, and what the journal has, so that nothing of it can be taken back. What is left, for
    people; empty where nothing is. Raises ValueError, for people, where somebody works on it, and
    OSError."""
    return await asyncio.to_thread(_forget_all, root)


def _remove_scripts(state: Path, kept: Collection[str]) -> None:
    """Those of which no automation is ``kept``, and what is left of them where they were run."""
    for folder in (state / DRAFTS, state / COPIES):
        for each in folder.iterdir() if folder.is_dir() else ():
            name = copied_from(each) if folder.name == COPIES else each.stem
            if name not in kept:
                each.unlink(missing_ok=True)


def _forget_all(root: Path) -> str:
    state = workspace_dir(root)
    lease = Lease(state / ENGINE)
    if not lease.take({"pid": os.getpid(), "kind": "command"}):
        holder = lease.holder() or {}
        who = f"process {holder.get('pid')} ({holder.get('kind')})"
        raise ValueError(
            f"{who} works on {root}, and would write it again: close the editor, or `understudy"
            " stop` ends the service"
        )
    try:
        undoing.recover(root)
        waits = bool(undoing.waiting(root))
        runs = [name for name in (TRIALS, OF_AUTOMATIONS) if _take_out_all(state / name)]
        kept = {*_OF_ALL, *runs, *(["journal"] if waits else [])}
        for each in state.iterdir():
            if each.name in kept:
                continue
            if each.is_dir() and not each.is_symlink():
                remove(each)
            else:
                each.unlink(missing_ok=True)
    finally:
        lease.give_up()
    left = ["trials that run just now"] if runs else []
    left += ["what was interrupted in another folder (`understudy journal`)"] if waits else []
    return " and ".join(left)


def _take_out_all(folder: Path) -> bool:
    """Whether one of those trials runs, and is left."""
    if not folder.is_dir():
        return False
    trials = History(folder)
    trials.take_out(trials.numbers())
    return bool(trials.numbers())


def erase(state: Path, names: Collection[str], trials: Collection[int]) -> None:
    """What the state folder of a workspace has of automations: scripts that nobody accepted, what
    was run, and these trials. Raises OSError."""
    for name in names:
        (state / DRAFTS / f"{name}.py").unlink(missing_ok=True)
    remove_copies(state, names)
    if trials:
        History(state / TRIALS).take_out(trials)


def _is_kept(automation: Automation, root: Path) -> bool:
    """Whether it was accepted."""
    accepted = automation.state is State.ACTIVE
    return accepted or os.path.lexists(path_of(root, automation.name))


def _remove_aside(state: Path, since: float | None) -> None:
    """Of databases that were corrupt nobody can tell what is in them: those go that were written
    since then."""
    for name in (ACTIVITIES, FILE):
        for each in set_aside(state / name):
            if since is None or each.stat().st_mtime >= since:
                each.unlink()


def _remove_tried(state: Path, since: float | None) -> None:
    """Of scripts all trials that were since then."""
    tried = History(state / OF_AUTOMATIONS)
    tried.take_out(tried.numbers() if since is None else tried.since(since))
