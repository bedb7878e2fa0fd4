"""What is learned in one folder: its log, the patterns in it, the automations made of them."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ...automations.contents import with_contents
from ...automations.generate import Templates, arguments
from ...automations.metadata import Metadata, read
from ...automations.mining.files import Files
from ...automations.mining.groups import groups
from ...automations.pattern import Pattern
from ...automations.record import Record, record
from ...automations.trying import Sandboxed, command, policy
from ...checks.engine import Checks
from ...disk import read_regular, why
from ...sandbox.levels import Machine
from ...store.activity import ACTIVITY, Activity, Log
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
from . import drafts
from .offers import Offer, at
from .pages import automation_page
from .scripts import FOLDER, write_script

log = logging.getLogger(__name__)

_LARGEST = 1 << 20
_DAY = 86_400.0
_SECOND_THOUGHTS = (1.0, 7.0, 30.0)
"""Days for which one that was dismissed stays away; afterwards it is not offered any more."""
_MOST_PATTERNS = 50


class Ready(NamedTuple):
    """An automation that is about to be run, for these ``arguments``."""

    automation: Automation
    arguments: Mapping[str, str]
    trial: trials.Ready


class Learned:
    """Belongs to the event loop. Everything raises sqlite3.Error and OSError. ``clock``: seconds
    since the epoch."""

    def __init__(
        self,
        workspace: Workspace,
        checks: Checks,
        run: Sandboxed,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.workspace = workspace
        self._checks = checks
        self._run = run
        self._clock = clock
        self._activity_database = Database(workspace.state / "activity.db", ACTIVITY)
        self._database = Database(workspace.state / "automations.db", AUTOMATIONS)
        self.log = Log(self._activity_database)
        self.store = Automations(self._database)
        self._known: list[Automation] = []
        self._records: dict[str, Record] = {}
        self.patterns: tuple[Pattern, ...] = ()

    async def close(self) -> None:
        await self._activity_database.close()
        await self._database.close()

    async def note(self, activities: Iterable[Activity]) -> None:
        """Write down what was done."""
        if self.workspace.settings.activity.enabled:
            await self.log.add([*activities], self.workspace.settings.activity.max_tasks)

    # ── the cycle ───────────────────────────────────────────────────────────────────────────────

    async def cycle(self) -> list[str]:
        """Look for what repeats, make and try what is likely to be of use, review what is active;
        what was done, in sentences."""
        settings = self.workspace.settings.automations
        if not settings.enabled:
            return []
        await self._load()
        self.patterns = await self._mined(await self.log.all())
        told: list[str] = []
        known = {each.id for each in self._known}
        for pattern in self.patterns:
            if pattern.score < settings.min_score or pattern.id in known:
                continue
            if line := await self._draft(pattern):
                told.append(line)
        told += await self._review()
        await self._load()
        return told

    async def _mined(self, activities: list[Activity]) -> tuple[Pattern, ...]:
        least, root, now = (
            self.workspace.settings.automations.min_occurrences,
            self.workspace.root,
            self._clock(),
        )

        def work() -> tuple[Pattern, ...]:
            files = Files(least)
            for group in groups(activities):
                files.add(group)
            found = files.patterns(now)[:_MOST_PATTERNS]
            return tuple(with_contents(each, root) for each in found)

        return await asyncio.to_thread(work)

    async def _draft(self, pattern: Pattern) -> str:
        """Make and try one; what came of it."""
        folder = self.workspace.state / "drafts"
        templates, problems = await asyncio.to_thread(Templates.load, None)
        for problem in problems:
            log.warning("%s", problem)
        try:
            automation = await asyncio.to_thread(
                drafts.drafted, pattern, templates, folder, self._clock()
            )
        except ValueError as error:
            return f"no script can be made of “{pattern.title}”: {why(error)}"
        await self.store.put(automation)
        script = folder / f"{automation.name}.py"
        metadata = read(await asyncio.to_thread(script.read_text, encoding="utf-8"))
        cases = drafts.instances(pattern, metadata)
        tested = await drafts.test(
            automation, script, cases, self.workspace, self._checks, self._run
        )
        if tested.state is State.TRIED and not tested.why:
            tested = replace(tested, state=State.OFFERED)
        await self.store.put(tested)
        return f"{tested.name}: {tested.state}" + (f", {tested.why}" if tested.why else "")

    async def _review(self) -> list[str]:
        told = []
        for each in self._known:
            against = self._records[each.id].against(self.workspace.settings.automations)
            if each.state is State.ACTIVE and against:
                await self.store.put(replace(each, state=State.DISABLED, why=against))
                told.append(f"{each.name}: disabled, {against}")
        return told

    async def _load(self) -> None:
        self._known = await self.store.all()
        by_id: dict[str, list[Execution]] = {}
        for execution in await self.store.executions():
            by_id.setdefault(execution.automation, []).append(execution)
        self._records = {each.id: record(by_id.get(each.id, ())) for each in self._known}

    # ── what is offered ─────────────────────────────────────────────────────────────────────────

    def offers(self, path: str) -> list[Offer]:
        """Those that fit a file, as of the last cycle."""
        clean = frozenset(id_ for id_, each in self._records.items() if each.is_clean)
        settings, root = self.workspace.settings.automations, self.workspace.root
        return at(path, root, self._known, settings, self._clock(), os.path.lexists, clean)

    def find(self, name: str) -> Automation:
        """By its name or id. Raises LookupError."""
        for each in self._known:
            if name in (each.name, each.id):
                return each
        raise LookupError(name)

    def source_of(self, automation: Automation) -> tuple[Path, str]:
        """The script and its text, of one that was accepted as it stands in the workspace. For a
        thread. Raises OSError, ValueError."""
        accepted = automation.state in (State.ACTIVE, State.DISABLED)
        path = self.workspace.root / FOLDER / f"{automation.name}.py"
        if not (accepted and path.is_file()):
            path = self.workspace.state / "drafts" / f"{automation.name}.py"
        return path, read_regular(path, _LARGEST).decode("utf-8")

    async def create(self, automation: Automation) -> Path:
        """Write its script into the workspace, at its user's word; where it is. Raises OSError."""
        _, source = await asyncio.to_thread(self.source_of, automation)
        root = self.workspace.root
        await asyncio.to_thread(write_script, root, automation.name, source)
        await self.store.answer(self._clock(), automation.id, Answer.ACCEPTED)
        await self.store.put(replace(automation, state=State.ACTIVE, why=""))
        await self._load()
        return root / FOLDER / f"{automation.name}.py"

    async def dismiss(self, automation: Automation, *, never: bool) -> None:
        """Not now, with second thoughts that become rarer; or never."""
        count = automation.dismissals
        is_last = never or count >= len(_SECOND_THOUGHTS)
        changed = replace(
            automation,
            state=State.RETIRED if is_last else automation.state,
            why="you did not want it" if is_last else automation.why,
            later=automation.later if is_last else self._clock() + _SECOND_THOUGHTS[count] * _DAY,
            dismissals=count + 1,
        )
        said = Answer.NEVER if never else Answer.DISMISSED
        await self.store.answer(self._clock(), automation.id, said)
        await self.store.put(changed)
        await self._load()

    def page(self) -> str:
        """All of them, as Markdown."""
        return automation_page(self.workspace.root, self._known, self._records)

    async def runnable(self) -> list[dict[str, Any]]:
        """Those that a person can run, as JSON."""
        able = [e for e in self._known if e.state in (State.ACTIVE, State.OFFERED)]
        return [await asyncio.to_thread(self._runnable, each) for each in able]

    def _runnable(self, automation: Automation) -> dict[str, Any]:
        _, source = self.source_of(automation)
        return {
            "root": str(self.workspace.root),
            "name": automation.name,
            "title": automation.title,
            "state": automation.state,
            "parameters": [each._asdict() for each in read(source).parameters],
        }

    # ── runs ────────────────────────────────────────────────────────────────────────────────────

    async def ready(
        self, automation: Automation, given: Mapping[str, str], machine: Machine
    ) -> Ready:
        """Raises ValueError where it cannot be run so."""
        if automation.state is State.DISABLED:
            raise ValueError(f"{automation.name} is disabled: {automation.why}")
        script, source = await asyncio.to_thread(self.source_of, automation)
        metadata: Metadata = read(source)
        if automation.script and metadata.is_edited(source):
            raise ValueError(f"{script} was edited since it was tried: try it again first")
        words = arguments(metadata, given)
        allowed = policy(metadata.permissions, self.workspace.settings.automations, script)
        argv, title = command(script, words), f"automation: {automation.name}"
        return Ready(
            automation, given, trials.Ready(self.workspace.root, argv, machine, allowed, title)
        )

    async def ran(self, ready: Ready, tried: trials.Tried) -> int:
        """Keep a run; its number."""
        trial = tried.trial
        output = trial.output[-4_096:].decode("utf-8", "replace")
        id_ = await self.store.ran(
            Execution(
                ready.automation.id,
                tried.at,
                json.dumps(ready.arguments, sort_keys=True),
                str(trial.status),
                trial.usage.seconds,
                len(trial.changes),
                output=output,
            )
        )
        await self._load()
        return id_

    async def applied(self, execution: int, ready: Ready, entry: int) -> None:
        """What a run would change was made so."""
        low, high = ready.automation.low, ready.automation.high
        await self.store.applied(execution, entry, low, high)
        await self._load()
