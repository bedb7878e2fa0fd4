"""What is learned in one folder: its log, the patterns in it, the automations made of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ...automations.commits import Commits
from ...automations.generate import arguments
from ...automations.metadata import Metadata, read
from ...automations.mining.files import Op
from ...automations.mining.groups import detail_of
from ...automations.pattern import Pattern
from ...automations.record import Record, record
from ...automations.trying import Instance, Sandboxed, command, policy
from ...checks.engine import Checks
from ...disk import read_regular
from ...git import GitError
from ...sandbox.levels import Machine
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
from . import drafts, scripts
from .listing import listing
from .offers import Offer, at
from .pages import automation_page

_LARGEST = 1 << 20
_DAY = 86_400.0
_SECOND_THOUGHTS = (1.0, 7.0, 30.0)
"""Days for which one that was dismissed stays away; afterwards it is not offered any more."""
_OUTPUT = 4_096


class Ready(NamedTuple):
    """An automation that is about to be run, for these ``arguments``."""

    automation: Automation
    arguments: Mapping[str, str]
    trial: trials.Ready


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
        self.automations: Sequence[Automation] = ()
        self._records: Mapping[str, Record] = {}
        self._commits: Commits | None = None
        self._looking = asyncio.Lock()
        self.patterns: Sequence[Pattern] = ()
        self.changed: Callable[[], object] = lambda: None

    @property
    def drafts(self) -> Path:
        """Where scripts are that nobody has accepted yet."""
        return self.workspace.state / "drafts"

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
                done = (
                    e.at for e in await self.log.all() if e.did in (Did.COMMITTED, Did.SWITCHED)
                )
                since = max(done, default=-1.0) + 1
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
        self.changed()

    # ── what there is ───────────────────────────────────────────────────────────────────────────

    def find(self, name: str) -> Automation:
        """By its name or id. Raises ValueError, for people."""
        for each in self.automations:
            if name in (each.name, each.id):
                return each
        raise ValueError(f"there is no automation {name!r}; `understudy automations list` has all")

    def record(self, automation: Automation) -> Record:
        return self._records.get(automation.id) or record(())

    def offers(self, path: str) -> list[Offer]:
        """Those that fit a file."""
        clean = frozenset(id_ for id_, each in self._records.items() if each.is_clean)
        settings, root = self.workspace.settings.automations, self.workspace.root
        return at(path, root, self.automations, settings, self.clock(), os.path.lexists, clean)

    async def listing(self) -> dict[str, Any]:
        """All that there is, as ``listing.listing`` has it."""
        enabled = self.workspace.settings.activity.enabled
        activity = "off" if not enabled else "paused" if await self.log.paused() else "on"
        known = self.patterns, self.automations, self.record
        return await asyncio.to_thread(
            listing, self.workspace.root, activity, *known, self.script_of
        )

    def page(self) -> str:
        """All of them, as Markdown."""
        return automation_page(self.workspace.root, self.automations, self.record)

    def script_of(self, automation: Automation) -> Path:
        """In the workspace once it was accepted."""
        accepted = scripts.path_of(self.workspace.root, automation.name)
        return accepted if accepted.is_file() else self.drafts / accepted.name

    def source_of(self, automation: Automation) -> str:
        """For a thread. Raises OSError, ValueError."""
        return read_regular(self.script_of(automation), _LARGEST).decode("utf-8")

    async def is_edited(self, automation: Automation) -> bool:
        """Whether its script is not the one that was tried."""
        try:
            source = await asyncio.to_thread(self.source_of, automation)
        except (OSError, ValueError):
            return True
        return scripts.digest(source) != automation.script

    def unknown(self) -> list[Automation]:
        """Of the scripts in the workspace those that nobody knows here yet. For a thread."""
        known = {each.name for each in self.automations}
        found = scripts.listed(self.workspace.root)
        return [
            Automation(f"script-{each}", each, State.GENERATED, each, "", self.clock())
            for each in found
            if each not in known
        ]

    async def runnable(self) -> list[dict[str, Any]]:
        """Those that a person can run, as JSON."""
        able = [e for e in self.automations if e.state in (State.ACTIVE, State.OFFERED)]
        found = [await asyncio.to_thread(self._runnable, each) for each in able]
        return [each for each in found if each is not None]

    def _runnable(self, automation: Automation) -> dict[str, Any] | None:
        """None where its script has gone or is broken, of which the next cycle tells."""
        try:
            parameters = read(self.source_of(automation)).parameters
        except (OSError, ValueError):
            return None
        return {
            "root": str(self.workspace.root),
            "name": automation.name,
            "title": automation.title,
            "state": automation.state,
            "parameters": [each.model_dump() for each in parameters],
        }

    # ── how far each comes ──────────────────────────────────────────────────────────────────────

    async def test(
        self, automation: Automation, given: Sequence[Mapping[str, str]] = ()
    ) -> Automation:
        """Validate and try it, where its pattern was done or for what is ``given``; as it stands
        then. One that is active stays so when nothing is against it."""
        script = self.script_of(automation)
        try:
            source = await asyncio.to_thread(self.source_of, automation)
            metadata = read(source)
            cases = self._cases(automation, metadata, given)
        except ValueError as error:
            tested = replace(automation, state=State.DISABLED, why=str(error))
        else:
            asked = automation, script, cases, self.workspace, self._checks, self._run
            tested = await drafts.test(*asked)
            tested = replace(tested, script=scripts.digest(source))
        if tested.state is State.TRIED and automation.state in (State.ACTIVE, State.OFFERED):
            tested = replace(tested, state=automation.state)
        await self.store.put(tested)
        await self.load()
        return tested

    def _cases(
        self, automation: Automation, metadata: Metadata, given: Sequence[Mapping[str, str]]
    ) -> list[Instance]:
        pattern = next((each for each in self.patterns if each.id == automation.id), None)
        if pattern is not None and not given:
            return drafts.instances(pattern, metadata)
        return [Instance(tuple(arguments(metadata, each))) for each in given or [{}]]

    async def create(self, automation: Automation) -> Path:
        """Accept it: its script is written into the workspace; where it is."""
        source = await asyncio.to_thread(self.source_of, automation)
        root = self.workspace.root
        await asyncio.to_thread(scripts.write_script, root, automation.name, source)
        await self.store.answer(self.clock(), automation.id, Answer.ACCEPTED)
        await self._put(replace(automation, state=State.ACTIVE, why=""))
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
        await self._put(replace(changed, dismissals=count + 1))

    async def enable(self, automation: Automation) -> None:
        """Try it again, and let it be run. Raises ValueError with what is against that."""
        tested = await self.test(automation)
        if tested.state is State.DISABLED:
            raise ValueError(f"{automation.name} was tried again: {tested.why}")
        if not scripts.path_of(self.workspace.root, automation.name).is_file():
            await self.create(tested)
        else:
            await self._put(replace(tested, state=State.ACTIVE, why=""))

    async def disable(self, automation: Automation, why: str) -> None:
        await self._put(replace(automation, state=State.DISABLED, why=why))

    async def remove(self, automation: Automation) -> None:
        """Its script goes, and it is not made again."""
        await asyncio.to_thread(scripts.remove_script, self.workspace.root, automation.name)
        await self._put(replace(automation, state=State.RETIRED, why="you removed it"))

    async def run_on_save(self, automation: Automation, *, on: bool) -> None:
        await self._put(replace(automation, on_save=on))

    async def _put(self, automation: Automation) -> None:
        await self.store.put(automation)
        await self.load()

    # ── runs ────────────────────────────────────────────────────────────────────────────────────

    async def ready(
        self, automation: Automation, given: Mapping[str, str], machine: Machine
    ) -> Ready:
        """Raises ValueError where it cannot be run so."""
        name = automation.name
        if automation.state in (State.DISABLED, State.RETIRED):
            again = f"`understudy automations enable {name}` tries it again"
            raise ValueError(f"{name} is {automation.state}: {automation.why}; {again}")
        if await self.is_edited(automation):
            again = f"`understudy automations test {name}` does"
            raise ValueError(f"{name} was edited, and has to be tried again first: {again}")
        script = self.script_of(automation)
        metadata = read(await asyncio.to_thread(self.source_of, automation))
        argv = command(script, arguments(metadata, given))
        allowed = policy(metadata.permissions, self.workspace.settings.automations, script)
        root, title = self.workspace.root, f"automation: {name}"
        return Ready(automation, given, trials.Ready(root, argv, machine, allowed, title))

    async def ran(self, ready: Ready, tried: trials.Tried) -> int:
        """Keep a run; its number."""
        trial = tried.trial
        execution = Execution(
            ready.automation.id,
            tried.at,
            json.dumps(ready.arguments, sort_keys=True),
            str(trial.status),
            trial.usage.seconds,
            len(trial.changes),
            output=trial.output[-_OUTPUT:].decode("utf-8", "replace"),
        )
        number = await self.store.ran(execution)
        await self.load()
        return number

    async def applied(self, run: int, ready: Ready, entry: int) -> None:
        """What a run would change was made; ``entry``: the journal's number, 0 for none."""
        await self.store.applied(run, entry, ready.automation.low, ready.automation.high)
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
