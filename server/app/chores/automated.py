"""The active automations of a workspace as tasks: each run is a trial in the sandbox, and kept."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...automations.mining.when import as_gitignore
from ...automations.pattern import Type
from ...disk import LARGEST_FILE, read_regular, why
from ...runner.calls import Outcome, Status
from ...runner.task import Context, Parameter, Result, Task
from ...sandbox.trial import Trial
from ...store.automations import (
    AUTOMATIONS,
    Automation,
    Automations,
    Purpose,
    State,
)
from ...store.database import Database
from ...tasks.answers import summed
from ...tasks.sandboxed import Where, outcome_of, tried
from ...text import decode
from ...triggers.changes import Kind
from ...triggers.rules import On, Rule, Start
from .. import undoing
from ..folder.workspace import Workspace
from ..scripts.runs import Runs, is_done, misfit
from ..stamps import Stamps

if TYPE_CHECKING:
    from ...automations.metadata import Asked

log = logging.getLogger(__name__)

_ASIDE = 30.0
"""Seconds that a run takes besides its script."""
_OF_TASKS = frozenset({str(On.CHANGE), str(On.AFTER_TASK)})
"""What tasks bring about, a run itself among them. Where one is started by nothing else, its
changes are not made: else it might start itself without an end."""


class Automated:
    """``shown``: the texts that an editor has of a file; what differs from the disk is not saved,
    and such a file is not written."""

    def __init__(
        self,
        workspace: Workspace,
        environ: Mapping[str, str],
        shown: Callable[[str], Collection[str]] = lambda _: (),
    ) -> None:
        self._workspace = workspace
        self._where = Where(workspace.root, workspace.state, environ)
        self._shown = shown
        self._file = workspace.state / "automations.db"
        self._database = Database(self._file, AUTOMATIONS)
        self._store = Automations(self._database)
        self._runs = Runs(workspace, self._store)
        self._stamps = Stamps((self._file, Path(f"{self._file}-wal")))
        self._looked = False
        self._active: dict[str, Automation] = {}
        self.tasks: Sequence[Task] = ()

    @property
    def problem(self) -> str:
        """What there is to say of the database; empty when nothing is."""
        return self._database.problem

    async def close(self) -> None:
        await self._database.close()

    async def look(self) -> bool:
        """Whether there are other tasks than before. Cheap where nothing was written meanwhile."""
        if self._looked and not self._stamps.changed():
            return False
        self._looked = True
        try:
            every = await self._store.all() if self._file.is_file() else []
        except (OSError, sqlite3.Error) as error:
            log.warning("the automations of %s are not known: %s", self._workspace.root, error)
            return False
        before = self._active
        self._active = {each.name: each for each in every if each.state is State.ACTIVE}
        if before == self._active:
            return False
        self.tasks = await asyncio.to_thread(lambda: [*map(self._task, self._active.values())])
        return True

    def rules(self, names: Collection[str]) -> tuple[Rule, ...]:
        """What starts those by themselves for which that was switched on; ``names``: of tasks, of
        which one that came later is none of these."""
        others = self._workspace.settings.tasks.names
        return tuple(
            Rule(
                f"{each.name} (on save)",
                (each.name,),
                frozenset({On.SAVE}),
                (as_gitignore(each.when),),
                debounce=0.0,
            )
            for each in self._active.values()
            if each.on_save and each.when and each.name in names and each.name not in others
        )

    async def on_save(self) -> list[tuple[Rule, str]]:
        """What saves start, each with why it would not be run, for people; empty where it would."""
        return [(rule, await self._held(rule.tasks[0])) for rule in self.rules(self._active)]

    async def _held(self, name: str) -> str:
        if not self._workspace.settings.triggers.enabled:
            return "triggers.enabled is off in the settings"
        if not self._workspace.trusted:
            return "the workspace is not trusted"
        edited = await self._runs.is_edited(self._active[name])
        return "it was edited, and has to be tried again first" if edited else ""

    async def against(self, name: str) -> str:
        """Why an automation is no task, for people; empty where there is none of that name."""
        every = await self._store.all() if self._file.is_file() else []
        for each in every:
            if each.name == name and not each.is_active:
                why = f": {each.why}" if each.why else ""
                accept = f"`understudy automations enable {name}` lets it be run"
                return f"the automation {name} is not active but {each.state}{why}; {accept}"
        return ""

    def misfit(self, name: str, given: Mapping[str, Any]) -> str:
        """As ``runs.misfit``, of what a task is asked for with; empty for other tasks."""
        if (found := self._active.get(name)) is None:
            return ""
        texts = {key: str(value) for key, value in given.items()}
        return misfit(found, texts, self._workspace.root)

    async def waiting(self) -> frozenset[int]:
        """The trials whose changes `understudy automations apply` would make."""
        if not self._file.is_file():
            return frozenset()
        return await self._store.waiting()

    async def given(self, start: Start) -> list[dict[str, Any]] | None:
        """What one is to be started with: once for each file that it is about and that it has
        something to make for. None where it is none of these."""
        if (automation := self._active.get(start.task)) is None:
            return None
        if not (automation.takes and start.changes):
            return [{}]
        there = sorted(path for path, kind in start.changes.items() if kind is not Kind.DELETED)
        root = self._workspace.root

        def wanted() -> list[str]:
            return [each for each in there if not is_done(automation, each, root, os.path.lexists)]

        return [{automation.takes: each} for each in await asyncio.to_thread(wanted)]

    def _task(self, automation: Automation) -> Task:
        name = automation.name

        async def run(context: Context) -> Result:
            return await self._run(name, context)

        from ...automations.metadata import read  # it takes long to import

        seconds = self._workspace.settings.automations.timeout_seconds
        try:
            asked = read(self._runs.source_of(automation)).parameters
        except (OSError, ValueError):
            asked = ()  # a run tells
        return Task(
            name,
            run,
            title=automation.title,
            timeout=seconds + _ASIDE,
            retries=0,
            parameters=tuple(map(_parameter, asked)),
        )

    async def _run(self, name: str, context: Context) -> Result:
        causes = context.job.causes
        by_hand = any(cause.by_hand for cause in causes)
        is_of_tasks = _OF_TASKS.issuperset(cause.trigger for cause in causes)
        at, given = time.time(), {n: str(value) for n, value in context.parameters.items()}
        try:
            found = next((e for e in await self._store.all() if e.name == name), None)
            if found is None or found.state is not State.ACTIVE:
                raise ValueError(f"{name} is not active any more")
            by_itself = found.on_save and not by_hand
            purpose = Purpose.SAVE if by_itself else Purpose.TASK
            prepared = await self._runs.prepare(found, given, purpose)
            trial = await tried(context, prepared.argv, prepared.policy, self._where)
            run = await self._runs.ran(prepared, at, trial)
            entry = 0
            if trial.is_clean and trial.changes and by_itself and not is_of_tasks:
                entry = await self._apply(prepared.what, trial)
                await self._runs.applied(run, found, entry)
        except (OSError, ValueError) as error:
            return Result(outcome=Outcome(Status.FAILED, why=why(error)))
        own = "what started it may be its own doing; " if by_itself and is_of_tasks else ""
        return Result(_value(name, trial, entry, own), outcome_of(trial), context.said)

    async def _apply(self, what: str, trial: Trial) -> int:
        """The journal's number. Raises OSError; then nothing was changed."""
        root = self._workspace.root
        paths = {path for each in trial.changes for path in each.paths}
        texts = {path: self._shown(str(root / path)) for path in paths}
        if edited := await asyncio.to_thread(_differing, root, texts):
            raise OSError(f"{', '.join(edited)} is not saved in an editor: nothing was changed")
        record = await asyncio.to_thread(undoing.apply, trial, root, what)
        return record.id if record else 0


def _differing(root: Path, texts: Mapping[str, Collection[str]]) -> list[str]:
    found = []
    for path, shown in texts.items():
        try:
            same = not shown or {decode(read_regular(root / path, LARGEST_FILE))} == {*shown}
        except (OSError, ValueError):
            same = False
        found += [] if same else [path]
    return sorted(found)


def _parameter(asked: Asked) -> Parameter:
    kind = "number" if asked.type is Type.NUMBER else "text"
    return Parameter(asked.name, asked.default, kind, asked.choices, asked.question)


def _value(name: str, trial: Trial, entry: int, why_not: str) -> Any:
    """``why_not``: why its changes were not made, though they are else; empty where they never
    are."""
    if not trial.changes:
        return summed("it would change nothing", 0, trial=trial.id)
    if entry:
        told = f"it changed {trial.many}: `understudy undo {entry}` takes it back"
        return summed(told, 0, trial=trial.id)
    told = f"it would change {trial.many}"
    if not trial.is_clean:
        return summed(told, 0, trial=trial.id)
    again = f"{why_not}`understudy automations apply {name}` makes it so"
    return summed(f"{told}: {again}", 0, trial=trial.id, automation=name, would=told)
