"""What is learned in one folder: its log, the patterns in it, the automations made of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...automations import life
from ...automations.pattern import Pattern
from ...automations.record import Record, record
from ...automations.trying import Sandboxed
from ...checks.engine import Checks
from ...disk import why
from ...journal.apply import entries
from ...sandbox.levels import Machine
from ...sandbox.trial import printable
from ...store.activity import Did
from ...store.automations import AUTOMATIONS, Answer, Automation, Automations, Purpose, State
from ...store.database import Database
from ...store.standing import Said, Standing, Tally, standing
from .. import trials
from ..folder.workspace import Workspace
from ..open.fix_on_save import SAFE
from ..scripts import files as scripts
from ..scripts.runs import Prepared, Runs, misfit
from .fixes import id_of, often
from .offers import Offer, at, seen
from .pages import automation_page, pattern_page
from .view import view
from .watching import Watching

if TYPE_CHECKING:
    from .grown import Grown


class Ready(NamedTuple):
    """An automation that is about to be run."""

    prepared: Prepared
    trial: trials.Ready

    @property
    def automation(self) -> Automation:
        return self.prepared.automation

    @property
    def doubt(self) -> str:
        """As ``misfit`` of what it is run for."""
        return misfit(self.automation, self.prepared.arguments, self.trial.root)


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
        self._database = Database(workspace.state / "automations.db", AUTOMATIONS)
        self.watching = Watching(workspace)
        self.log = self.watching.log
        self.store = Automations(self._database)
        self.runs = Runs(workspace, self.store)
        self._standing = Standing()
        self._taken: Mapping[str, int] = {}
        self.patterns: Sequence[Pattern] = ()
        self.grown: Grown | None = None
        """What the log was read into so far, for the next look."""
        self.changed: Callable[[], object] = lambda: None

    @property
    def templates(self) -> Path | None:
        """Where its user has templates of their own."""
        folder = self.workspace.settings.automations.templates
        return self.workspace.root / folder if folder else None

    @property
    def problem(self) -> str:
        """What there is to say of the databases; empty when nothing is."""
        return ". ".join(filter(None, (self.watching.problem, self._database.problem)))

    async def close(self) -> None:
        await self.watching.close()
        await self._database.close()

    async def load(self) -> None:
        """Look how things stand: another process may have changed them."""
        self._standing = await standing(self._database)
        self._taken = await self.log.counts(Did.FIXED)
        self.changed()

    async def heed_undone(self) -> None:
        """What a run had made and its user took back, in an editor or a terminal, was a failure."""
        if not (made := await self.store.made()):
            return
        records = await asyncio.to_thread(entries, self.workspace.journal)
        if not (undone := [each.id for each in records if each.undone and each.id in made]):
            return
        for entry in undone:
            await self.store.undone(entry)
            await self.store.answer(self.clock(), made[entry], Answer.UNDONE)
        await self.load()

    # ── what there is ───────────────────────────────────────────────────────────────────────────

    @property
    def automations(self) -> Sequence[Automation]:
        """The likeliest to be of use first."""
        return self._standing.automations

    @property
    def said(self) -> Mapping[str, Said]:
        """What its user said, by ids; of what is forgotten else, that it is not made again."""
        return self._standing.said

    def find(self, name: str) -> Automation:
        """By its name or id. Raises ValueError, for people."""
        for each in self.automations:
            if name in (each.name, each.id):
                return each
        raise ValueError(f"there is no automation {name!r}; `understudy automations list` has all")

    def tally(self, automation: Automation) -> Tally:
        """What its runs come to."""
        return self._standing.runs.get(automation.id, Tally())

    def record(self, automation: Automation) -> Record:
        return record(self.tally(automation))

    def against(self, automation: Automation) -> str:
        """Why it is not to be run any more, for people; empty when it may be."""
        since = record(self._standing.since(automation.id))
        return since.against(self.workspace.settings.automations)

    def use(self, automation: Automation) -> float:
        """How useful it was, and is expected to be in a week, in seconds."""
        expected = automation.score * automation.high * automation.a_week
        return self.record(automation).saved.high + expected

    async def offers(self, path: str) -> list[Offer]:
        """Those that fit a file."""
        clean = frozenset(id_ for id_, each in self._standing.runs.items() if each.is_clean)
        settings, root = self.workspace.settings.automations, self.workspace.root
        known = self.automations, settings, self.clock(), os.path.lexists, clean
        return await asyncio.to_thread(at, path, root, *known)

    def fixes(self) -> Mapping[str, int]:
        """The rules of which is offered that they are fixed after each save, and how often the fix
        of each was taken."""
        settings, least = self.workspace.settings, self.workspace.settings.automations
        if not (self.workspace.trusted and least.enabled) or SAFE in settings.fixes.on_save:
            return {}
        on_save, now = settings.fixes.on_save, self.clock()
        return often(self._taken, least.min_occurrences, self.said, on_save, now)

    async def dismiss_fix(self, rule: str, *, never: bool) -> None:
        """Do not offer it now, with second thoughts that become rarer; or never."""
        answer = Answer.NEVER if never else Answer.DISMISSED
        await self.store.answer(self.clock(), id_of(rule), answer)
        await self.load()

    async def listing(self) -> dict[str, Any]:
        """All that there is, as ``view.view`` has it."""
        enabled = self.workspace.settings.activity.enabled
        activity = "off" if not enabled else "paused" if await self.log.paused() else "on"
        known = self.patterns, self.automations, self.record, self.runs.script_of
        settings, now = self.workspace.settings.automations, self.clock()
        return await asyncio.to_thread(view, self.workspace.root, activity, *known, settings, now)

    def pattern_page(self) -> str:
        """What repeats, as Markdown."""
        settings = self.workspace.settings.automations
        return pattern_page(self.workspace.root, self.patterns, settings)

    def page(self) -> str:
        """All of them, as Markdown."""
        return automation_page(self.workspace.root, self.automations, self.record)

    async def take_note(self) -> None:
        """Of the scripts in the workspace that nobody knows here yet."""
        known = {each.name for each in self.automations}
        there = await asyncio.to_thread(scripts.listed, self.workspace.root)
        if not (unknown := [name for name in there if name not in known]):
            return
        new = [
            Automation(f"script-{name}", name, State.GENERATED, name, "", self.clock())
            for name in unknown
        ]
        await asyncio.gather(*map(self.store.put, new))  # they share a transaction
        await self.load()

    async def runnable(self, purpose: Purpose) -> list[dict[str, Any]]:
        """Those that a person can run for that, as JSON."""
        now = self.clock()
        known = [each for each in self.automations if not each.stays_away(now)]
        able = [each for each in known if not life.refusal(each, purpose)]
        found = await asyncio.to_thread(lambda: [*map(self._runnable, able)])
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
            "summary": seen(automation) if automation.seen else "",
            "parameters": parameters,
        }

    # ── how far each comes ──────────────────────────────────────────────────────────────────────

    async def test(
        self, automation: Automation, given: Sequence[Mapping[str, str]] = ()
    ) -> Automation:
        """As ``attempt``, without why."""
        return (await self.attempt(automation, given))[0]

    async def attempt(
        self, automation: Automation, given: Sequence[Mapping[str, str]] = ()
    ) -> tuple[Automation, str]:
        """Validate and try it, where its pattern was done or for what is ``given``; as it stands
        then. One that is active stays so when nothing is against it, and any stays as it is where
        no trial could be made: then it is told why, else that is empty. Raises ValueError where
        nothing may be run."""
        tested, untried = await self._tested(automation, given)
        if untried:
            told = f"not yet, as {untried}"
            tested = replace(automation, told=told, attempted=self.clock())
        await self.store.put(tested, automation)
        await self.load()
        return tested, untried

    async def _tested(
        self, automation: Automation, given: Sequence[Mapping[str, str]]
    ) -> tuple[Automation, str]:
        """As it stands after a trial; and why none could be made, empty where one was. Raises
        ValueError where nothing may be run."""
        from . import drafts  # it takes long to import

        self.runs.admit()
        try:
            script = await asyncio.to_thread(self.runs.read, automation)
        except FileNotFoundError:
            gone = await asyncio.to_thread(self._gone, automation)
            return replace(automation, state=State.DISABLED, why=gone, told=""), ""
        except (OSError, ValueError) as error:
            failed = replace(automation, state=State.DISABLED, why=printable(why(error)), told="")
            return failed, ""
        asked = automation, script, self.patterns, given
        tested, untried = await drafts.test(*asked, self.workspace, self._checks, self._run)
        if tested.state is State.TRIED and automation.state in (State.ACTIVE, State.OFFERED):
            tested = replace(tested, state=automation.state, why="")
        return replace(tested, attempted=self.clock()), untried

    def _gone(self, automation: Automation) -> str:
        told = f"its script has gone: {self.runs.script_of(automation)}"
        if not self.runs.has_draft(automation):
            return told
        return f"{told}; `understudy automations enable {automation.name}` accepts it again"

    async def stands(self, automation: Automation) -> bool:
        """Whether it came through a trial, and its script is the one that did."""
        return automation.state in life.TRIED and not await self.runs.is_edited(automation)

    async def accept(
        self, automation: Automation, given: Sequence[Mapping[str, str]] = ()
    ) -> Automation:
        """Let it be run, after a trial where none stands; as it is then, with its script in the
        workspace. What it did before is forgiven. Raises ValueError, for people, where something is
        against it, where no trial can be made, and where another process was faster."""
        if automation.name in self.workspace.settings.tasks.names:
            told = "a task of that name is there, which would be run in its place"
            raise ValueError(f"{automation.name} is not accepted: {told}")
        if not await self.stands(automation):
            before = automation
            automation, untried = await self._tested(await self._as_there(before), given)
            if untried:
                name, state = before.name, before.state
                raise ValueError(f"{name} is {state} as before: it cannot be tried, as {untried}")
            await self._put(automation, before)
        accepted = life.accepted(automation)
        if automation.state is not State.ACTIVE:
            script = await asyncio.to_thread(self.runs.read, automation)
            if script.digest != automation.script:
                raise ValueError(f"{automation.name} was edited meanwhile: try again")
            async with self._in_place(automation.name, script.source):
                await self._say(accepted, automation)
        return accepted.automation

    async def _as_there(self, automation: Automation) -> Automation:
        """One that is active, and whose script was taken away, is what its draft is."""
        there = await asyncio.to_thread(scripts.is_there, self.workspace.root, automation.name)
        is_gone = automation.is_active and not there
        return replace(automation, state=State.TRIED) if is_gone else automation

    @asynccontextmanager
    async def _in_place(self, name: str, source: str) -> AsyncIterator[None]:
        """With a script in the workspace, from before anything is said of it: what is active has
        one, whenever all ends. One that is there already stays as it is. It goes again where what
        is done meanwhile raises, unless somebody else has it run by now. Raises OSError."""
        root = self.workspace.root
        if await asyncio.to_thread(scripts.is_there, root, name):
            yield
            return
        entry = await asyncio.to_thread(scripts.write_script, root, name, source)
        try:
            yield
        except BaseException:
            if not any(each.name == name and each.is_active for each in self.automations):
                await asyncio.to_thread(scripts.take_back, root, entry)
            raise

    async def dismiss(self, automation: Automation, *, never: bool) -> None:
        """Not now, with second thoughts that become rarer; or never. Raises ValueError."""
        await self._say(life.dismissed(automation, self.clock(), never=never), automation)

    async def disable(self, automation: Automation) -> None:
        """Raises ValueError."""
        await self._say(life.disabled(automation), automation)

    async def remove(self, automation: Automation) -> bool:
        """Its script goes, with its runs, and it is not made again; of one that was never accepted
        only that is kept. Whether the workspace had it, so that it can be brought back. Raises
        ValueError."""
        from .forgetting import erase

        root, name = self.workspace.root, automation.name
        retired = life.removed(automation)
        await self._say(retired, automation)
        trials = await self.store.trials([automation])
        await asyncio.to_thread(erase, self.workspace.state, [name], trials)
        if was_there := await asyncio.to_thread(scripts.remove_script, root, name):
            await self.store.forget_runs(automation.id)
        else:
            await self.store.forget([retired.automation])
        with contextlib.suppress(sqlite3.OperationalError):  # who reads it now has it go later
            await self._database.compact()
        await self.load()
        return was_there

    async def run_on_save(self, automation: Automation, *, on: bool) -> None:
        await self._put(replace(automation, on_save=on), automation)

    async def _say(self, said: life.Said, before: Automation) -> None:
        await self._put(said.automation, before, (self.clock(), said.answer))

    async def _put(
        self,
        automation: Automation,
        before: Automation,
        said: tuple[float, Answer] | None = None,
    ) -> None:
        """Raises ValueError where another process was faster."""
        is_done = await self.store.put(automation, before, said)
        await self.load()
        if not is_done:
            raise ValueError(f"{automation.name} was changed meanwhile: look at it, and try again")

    # ── runs ────────────────────────────────────────────────────────────────────────────────────

    async def ready(
        self,
        automation: Automation,
        given: Mapping[str, str],
        machine: Machine,
        purpose: Purpose = Purpose.RUN,
    ) -> Ready:
        """Raises ValueError where it cannot be run so."""
        prepared = await self.runs.prepare(automation, given, purpose)
        root, argv, policy = self.workspace.root, prepared.argv, prepared.policy
        return Ready(prepared, trials.Ready(root, argv, machine, policy, prepared.what))

    async def ran(self, ready: Ready, tried: trials.Tried) -> int:
        """Keep a run; its number."""
        number = await self.runs.ran(ready.prepared, tried.at, tried.trial)
        await self.load()
        return number

    async def applied(self, run: int, ready: Ready, entry: int) -> None:
        """What a run would change is so now; ``entry``: the journal's number, 0 for none."""
        await self.runs.applied(run, ready.automation, entry)
        await self.load()
