"""What is learned in one folder: its log, the patterns in it, the automations made of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ...automations.commits import Commits
from ...automations.mining.files import Op
from ...automations.mining.groups import detail_of
from ...automations.pattern import Pattern
from ...automations.record import Record, record
from ...automations.trying import Sandboxed
from ...checks.engine import Checks
from ...disk import why
from ...git import GitError
from ...journal.apply import entries
from ...sandbox.levels import Machine
from ...sandbox.trial import printable
from ...store.activity import ACTIVITY, Activity, Did, Log
from ...store.automations import (
    AUTOMATIONS,
    Answer,
    Automation,
    Automations,
    Execution,
    State,
)
from ...store.database import Database
from .. import trials
from ..folder.workspace import Workspace
from ..scripts import files as scripts
from ..scripts.runs import Prepared, Runs
from .offers import Offer, at
from .pages import automation_page
from .view import view

_DAY = 86_400.0
_SECOND_THOUGHTS = (1.0, 7.0, 30.0)
"""Days for which one that was dismissed stays away; afterwards it is not offered any more."""


class Ready(NamedTuple):
    """An automation that is about to be run."""

    prepared: Prepared
    trial: trials.Ready

    @property
    def automation(self) -> Automation:
        return self.prepared.automation


class Learned:
    """Belongs to the event loop. Everything raises sqlite3.Error and OSError. ``run``: runs a
    command in the sandbox; ``clock``: seconds since the epoch. ``automations``: as of the last
    ``load``, as is what is said of them; ``patterns``: as of the last cycle. ``changed`` is called
    when something of that is otherwise."""

    def __init__(
        self,
        workspace: Workspace,
        checks: Checks,
        run: Sandboxed,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.workspace = workspace
        self.clock = clock
        self._checks = checks
        self._run = run
        self._activity = Database(workspace.state / "activity.db", ACTIVITY)
        self._database = Database(workspace.state / "automations.db", AUTOMATIONS)
        self.log = Log(self._activity)
        self.store = Automations(self._database)
        self.runs = Runs(workspace, self.store)
        self.automations: Sequence[Automation] = ()
        self._records: Mapping[str, Record] = {}
        self._since: Mapping[str, Record] = {}
        """Since each was last accepted, or switched on again."""
        self._commits: Commits | None = None
        self._looking = asyncio.Lock()
        self.patterns: Sequence[Pattern] = ()
        self.changed: Callable[[], object] = lambda: None

    @property
    def templates(self) -> Path | None:
        """Where its user has templates of their own."""
        folder = self.workspace.settings.automations.templates
        return self.workspace.root / folder if folder else None

    async def close(self) -> None:
        await self._activity.close()
        await self._database.close()

    async def note(self, activities: Iterable[Activity]) -> None:
        """Write down what was done."""
        settings = self.workspace.settings.activity
        if settings.enabled:
            await self.log.add([*activities], settings.max_tasks)

    async def look_at_git(self) -> None:
        """Write down what was committed since the last look. A workspace without git has none."""
        if not self.workspace.settings.activity.enabled:
            return
        async with self._looking:
            if self._commits is None:
                # What was done later than now, a clock tells that was wrong.
                done = await self.log.last((Did.COMMITTED, Did.SWITCHED), self.clock())
                since = 0.0 if done is None else done + 1
                with contextlib.suppress(GitError):
                    self._commits = await asyncio.to_thread(Commits, self.workspace.root, since)
            if self._commits is not None:
                await self.note(await asyncio.to_thread(_with_files, self._commits))

    @property
    def follows_git(self) -> bool:
        """Whether there is a repository to look at."""
        return self._commits is not None

    async def git_wrote(self, since: float) -> bool:
        """Whether git has written files by itself then or later, as for a switch of branches."""
        await self.look_at_git()
        return self._commits is not None and self._commits.wrote >= since

    async def load(self) -> None:
        """Look how things stand: another process may have changed them."""
        found, runs = await self.store.all(), await self.store.executions(most=10_000)
        by_id: dict[str, list[Execution]] = {}
        for execution in runs:
            by_id.setdefault(execution.automation, []).append(execution)
        self.automations = found
        self._records = {each.id: record(by_id.get(each.id, ())) for each in found}
        since = {id_: at for at, id_, said in await self.store.answers() if said is Answer.ACCEPTED}
        self._since = {
            id_: record([each for each in done if each.at >= since.get(id_, 0.0)])
            for id_, done in by_id.items()
        }
        self.changed()

    async def heed_undone(self) -> None:
        """What a run had made and its user took back, in an editor or a terminal, was a failure."""
        runs = await self.store.executions()
        open_ = {each.entry: each for each in runs if each.entry and not each.undone}
        if not open_:
            return
        records = await asyncio.to_thread(entries, self.workspace.journal)
        for each in [each for each in records if each.undone and each.id in open_]:
            await self.store.undone(each.id)
            await self.store.answer(self.clock(), open_[each.id].automation, Answer.UNDONE)
        await self.load()

    # ── what there is ───────────────────────────────────────────────────────────────────────────

    def find(self, name: str) -> Automation:
        """By its name or id. Raises ValueError, for people."""
        for each in self.automations:
            if name in (each.name, each.id):
                return each
        raise ValueError(f"there is no automation {name!r}; `understudy automations list` has all")

    def record(self, automation: Automation) -> Record:
        return self._records.get(automation.id) or record(())

    def against(self, automation: Automation) -> str:
        """Why it is not to be run any more, for people; empty when it may be."""
        since = self._since.get(automation.id) or record(())
        return since.against(self.workspace.settings.automations)

    def use(self, automation: Automation) -> float:
        """How useful it was, and is expected to be in a week, in seconds."""
        expected = automation.score * automation.high * automation.a_week
        return self.record(automation).saved.high + expected

    def offers(self, path: str) -> list[Offer]:
        """Those that fit a file."""
        clean = frozenset(id_ for id_, each in self._records.items() if each.is_clean)
        settings, root = self.workspace.settings.automations, self.workspace.root
        return at(path, root, self.automations, settings, self.clock(), os.path.lexists, clean)

    async def listing(self) -> dict[str, Any]:
        """All that there is, as ``view.view`` has it."""
        enabled = self.workspace.settings.activity.enabled
        activity = "off" if not enabled else "paused" if await self.log.paused() else "on"
        known = self.patterns, self.automations, self.record
        return await asyncio.to_thread(
            view, self.workspace.root, activity, *known, self.runs.script_of
        )

    def page(self) -> str:
        """All of them, as Markdown."""
        return automation_page(self.workspace.root, self.automations, self.record)

    async def take_note(self) -> None:
        """Of the scripts in the workspace that nobody knows here yet."""
        known = {each.name for each in self.automations}
        for name in await asyncio.to_thread(scripts.listed, self.workspace.root):
            if name not in known:
                new = Automation(f"script-{name}", name, State.GENERATED, name, "", self.clock())
                await self.store.put(new)
        await self.load()

    async def runnable(self) -> list[dict[str, Any]]:
        """Those that a person can run, as JSON."""
        able = [e for e in self.automations if e.state in (State.ACTIVE, State.OFFERED)]
        found = [await asyncio.to_thread(self._runnable, each) for each in able]
        return [each for each in found if each is not None]

    def _runnable(self, automation: Automation) -> dict[str, Any] | None:
        """None where its script has gone or is broken, of which the next cycle tells."""
        try:
            parameters = self.runs.parameters_of(automation)
        except (OSError, ValueError):
            return None
        return {
            "root": str(self.workspace.root),
            "name": automation.name,
            "title": automation.title,
            "state": automation.state,
            "parameters": parameters,
        }

    # ── how far each comes ──────────────────────────────────────────────────────────────────────

    async def test(
        self, automation: Automation, given: Sequence[Mapping[str, str]] = ()
    ) -> Automation:
        """Validate and try it, where its pattern was done or for what is ``given``; as it stands
        then. One that is active stays so when nothing is against it. Raises ValueError where
        nothing may be run."""
        from . import drafts  # it takes long to import

        self.runs.admit()
        pattern = next((each for each in self.patterns if each.id == automation.id), None)
        script = self.runs.script_of(automation)
        try:
            source = await asyncio.to_thread(self.runs.source_of, automation)
        except (OSError, ValueError) as error:
            tested = replace(automation, state=State.DISABLED, why=printable(why(error)), told="")
        else:
            asked = automation, script, source, None if given else pattern, given
            tested = await drafts.test(*asked, self.workspace, self._checks, self._run)
        if tested.state is State.TRIED and automation.state in (State.ACTIVE, State.OFFERED):
            tested = replace(tested, state=automation.state, why="")
        await self.store.put(tested, automation)
        await self.load()
        return tested

    async def create(self, automation: Automation) -> Path:
        """Accept it: its script is written into the workspace; where it is."""
        source = await asyncio.to_thread(self.runs.source_of, automation)
        root = self.workspace.root
        await asyncio.to_thread(scripts.write_script, root, automation.name, source)
        await self.store.answer(self.clock(), automation.id, Answer.ACCEPTED)
        await self._put(replace(automation, state=State.ACTIVE, why=""), automation)
        return scripts.path_of(root, automation.name)

    async def dismiss(self, automation: Automation, *, never: bool) -> None:
        """Not now, with second thoughts that become rarer; or never."""
        count = automation.dismissals
        said = Answer.NEVER if never else Answer.DISMISSED
        await self.store.answer(self.clock(), automation.id, said)
        if never or count >= len(_SECOND_THOUGHTS):
            changed = replace(automation, state=State.RETIRED, why="you did not want it")
        else:
            changed = replace(automation, later=self.clock() + _SECOND_THOUGHTS[count] * _DAY)
        await self._put(replace(changed, dismissals=count + 1), automation)

    async def disable(self, automation: Automation, reason: str) -> None:
        await self._put(replace(automation, state=State.DISABLED, why=reason), automation)

    async def enable(self, automation: Automation) -> Automation:
        """Try one again that is disabled; as it stands then. What it did before is forgiven."""
        tested = await self.test(automation)
        if tested.state is State.TRIED and scripts.is_there(self.workspace.root, tested.name):
            await self.store.answer(self.clock(), tested.id, Answer.ACCEPTED)
            active = replace(tested, state=State.ACTIVE, why="")
            await self._put(active, tested)
            return active
        return tested

    async def remove(self, automation: Automation) -> None:
        """Its script goes, and it is not made again."""
        await asyncio.to_thread(scripts.remove_script, self.workspace.root, automation.name)
        await self._put(replace(automation, state=State.RETIRED, why="you removed it"), automation)

    async def run_on_save(self, automation: Automation, *, on: bool) -> None:
        await self._put(replace(automation, on_save=on), automation)

    async def _put(self, automation: Automation, before: Automation) -> None:
        """Raises ValueError where another process was faster."""
        is_done = await self.store.put(automation, before)
        await self.load()
        if not is_done:
            raise ValueError(f"{automation.name} was changed meanwhile: look at it, and try again")

    # ── runs ────────────────────────────────────────────────────────────────────────────────────

    async def ready(
        self, automation: Automation, given: Mapping[str, str], machine: Machine
    ) -> Ready:
        """Raises ValueError where it cannot be run so."""
        prepared = await self.runs.prepare(automation, given)
        _, _, argv, allowed = prepared
        trial = trials.Ready(self.workspace.root, argv, machine, allowed, prepared.what)
        return Ready(prepared, trial)

    async def ran(self, ready: Ready, tried: trials.Tried) -> int:
        """Keep a run; its number."""
        number = await self.runs.ran(ready.prepared, tried.at, tried.trial)
        await self.load()
        return number

    async def applied(self, run: int, ready: Ready, entry: int) -> None:
        """What a run would change was made; ``entry``: the journal's number, 0 for none."""
        await self.runs.applied(run, ready.automation, entry)
        await self.load()


_DONE = {"A": Did.CREATED, "D": Did.DELETED, "R": Did.MOVED}


def _with_files(commits: Commits) -> list[Activity]:
    """What was committed since, each commit with what it did to files."""

    def ops(commit: str) -> list[Op]:
        told = commits.operations(commit)
        return [
            Op(_DONE[e.status], e.new or e.old, e.old if e.status == "R" else "")
            for e in told
            if e.status in _DONE
        ]

    return [
        replace(each, detail=detail_of(ops(each.old))) if each.did is Did.COMMITTED else each
        for each in commits.new()
    ]
