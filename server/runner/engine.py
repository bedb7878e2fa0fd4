"""The durable task engine of one workspace: submit, await, cancel, list; and who runs it all.

Several processes may have an engine on the same folder. They share the queue; one of them holds the
lease and runs the jobs, and when it is gone another takes over. They poke each other when something
changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..link import LINK, Link
from ..model import Importance
from ..state import private_folder
from ..store.database import Database, NewerDatabase
from ..store.history import History
from ..store.job_rows import JOBS, Cause, JobState, NewJob, Record
from ..store.jobs import Jobs
from ..store.lease import ENGINE, Lease
from .attempt import Change, World
from .budget import Conditions
from .execute import Runner
from .forecast import plan
from .graph import GraphError, Plan, closure, throughput
from .handed import Handed, secret_names
from .keeping import Cleaner, Keeping
from .scheduler import Options, Scheduler, nodes_of
from .task import Task

log = logging.getLogger(__name__)

_TAKE_OVER_SECONDS = 1.0
_HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Setting:
    """What an engine is given besides its tasks."""

    options: Options = field(default_factory=Options)
    keeping: Keeping = field(default_factory=Keeping)
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    conditions: Callable[[], Conditions] = Conditions
    trusted: Callable[[], bool] = lambda: False
    refresh: Callable[[], Awaitable[None]] | None = None
    """Called before jobs are chosen, to bring tasks and options up to date; cheap."""
    kind: str = "engine"
    """What others are told of who holds the lease: editor, service, command."""


class Engine:
    """Belongs to one event loop. ``folder`` is the workspace's state folder."""

    def __init__(
        self,
        folder: Path,
        tasks: Iterable[Task],
        runner: Runner,
        setting: Setting | None = None,
        told: Callable[[Change], object] = lambda _: None,
    ) -> None:
        self._setting = setting or Setting()
        self.tasks = {task.name: task for task in tasks}
        self._runner = runner
        self._told = told
        self._folder = folder
        self.logs = folder / "logs"
        self.leads = asyncio.Event()
        """Set once this process has held the lease. It gives that up when it closes, or when a
        newer program takes over the queue."""
        self._database = Database(folder / "jobs.db", JOBS)
        self.jobs = Jobs(self._database)
        self.history = History(self._database)
        self._lease = Lease(folder / ENGINE)
        self._lease_name = f"lease {folder}"
        self._wake = asyncio.Event()
        self._handed = Handed()
        self._link = Link(folder / LINK, self._poked, self._handed.take)
        self._handed.tell = self._link.hand
        now, chance = self._setting.now, self._setting.chance
        self._scheduler = Scheduler(
            self.jobs,
            self.history,
            runner,
            self.tasks,
            self._setting.options,
            World(now, chance, self._setting.conditions, self._setting.trusted),
            self.logs,
            self._changed,
            self._wake.set,
            self._handed,
        )
        self._watchers: dict[asyncio.Future[None], int | None] = {}
        self._loop: asyncio.Task[None] | None = None
        self._cleaner = Cleaner(self.history, self.logs)
        self._leads = False
        self._trouble = ""

    # ── life ────────────────────────────────────────────────────────────────────────────────────

    async def start(self, *, runs: bool = True, others: bool = True) -> None:
        """Begin. Without ``runs`` it only asks others to: it never takes the lease. Without
        ``others`` it runs what is submitted here, and leaves all else in the queue.

        When the disk does not let it, it is tried again and again; ``trouble`` tells.
        """
        self._scheduler.only = None if others else set()
        with self._noting_trouble():
            await self._prepare()
            if runs:
                await self._lead()
        if runs:
            self._loop = asyncio.get_running_loop().create_task(self._run())

    async def _prepare(self) -> None:
        """Raises OSError, sqlite3.Error: who cannot use the disk must not hold the lease."""
        await asyncio.to_thread(private_folder, self.logs)
        with contextlib.suppress(OSError):  # without it, changes of others are seen late
            self._link.open()
        await self.jobs.open()

    async def close(self) -> None:
        """End what runs; what could not be ended well is left for the next start."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        await self._step_down()
        self._link.poke()
        self._link.close()
        for watcher in tuple(self._watchers):
            watcher.cancel()
        await self._database.close()

    def configure(self, tasks: Iterable[Task], options: Options, keeping: Keeping) -> None:
        """Other tasks and options hold from now on; what runs is not touched."""
        self.tasks.clear()
        self.tasks.update({task.name: task for task in tasks})
        self._setting = replace(self._setting, options=options, keeping=keeping)
        self._scheduler.options = options
        self._scheduler.rerank()
        self._wake.set()

    # ── asking ──────────────────────────────────────────────────────────────────────────────────

    async def submit(
        self,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        cause: tuple[str, str] = ("api", "asked for"),
        deadline: float | None = None,
        due: float | None = None,
        replaces: Iterable[int] = (),
    ) -> int:
        """Queue a task and what it needs; the id of its job, which is on disk then: without the
        secrets that it is given, which only those who listen know (``Handed``).

        ``cause`` is a trigger and words for people; it is not run before ``due``, and the jobs that
        it ``replaces`` become part of it. Raises graph.GraphError (an unknown task, a cycle, a need
        that lacks a parameter) and sqlite3.Error (the disk does not take it).
        """
        ids = await self.submit_all(
            name, parameters, cause=cause, deadline=deadline, due=due, replaces=replaces
        )
        return ids[name]

    async def submit_all(
        self,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        cause: tuple[str, str] = ("api", "asked for"),
        deadline: float | None = None,
        due: float | None = None,
        replaces: Iterable[int] = (),
    ) -> dict[str, int]:
        """As ``submit``; the ids of all jobs by their tasks, in an order in which they can run."""
        wanted = closure(nodes_of(self.tasks), [name])
        for each in wanted:
            if each != name and (complaint := self.tasks[each].complaint({})):
                raise GraphError(f"{name} needs {each}, which cannot be run for it: {complaint}")
        ids: dict[str, int] = {}
        for each, needs in wanted.items():
            task, now, asked = self.tasks[each], self._setting.now(), each == name
            why = cause[1] if asked else f"{name} needs it ({cause[1]})"
            caused = Cause(cause[0], why, now)
            least = Importance.MEDIUM if caused.by_hand else Importance.LOW
            given, withheld = (parameters or {}) if asked else {}, ""
            if given and not task.hidden:
                given, withheld = self._handed.keep_back(given)
            job = NewJob(
                each,
                given,
                caused,
                importance=max(task.importance, least),  # no person waits for a pause of their own
                repeatable=task.repeatable,
                deadline=deadline,
                needs=tuple(ids[needed] for needed in needs),
                due=due if asked else None,
                replaces=tuple(replaces) if asked else (),
                withheld=withheld,
            )
            try:
                added = await self.jobs.add(job, now, self._setting.options.queued)
            except sqlite3.Error:
                self._wake.set()  # it is to be seen when the disk takes it again
                raise
            ids[each] = added.id
            if self._scheduler.only is not None:
                self._scheduler.only.add(added.id)
            for dropped in added.dropped:
                if (record := await self.jobs.get(dropped)) is not None:
                    self._changed(Change("ended", record, record.why))
        self._scheduler.rerank()
        self._look(ids[name])
        return ids

    def withholds(self, parameters: Mapping[str, Any]) -> list[str]:
        """The names of those that look like secrets, so that nothing of them is kept: who runs a
        task has to be there when it is asked for."""
        return secret_names(parameters)

    async def plan(self, name: str) -> Plan:
        """What running a task and all that it needs will come to, from what each took before.
        Raises graph.GraphError."""
        return await plan(self.history, nodes_of(self.tasks), name, self._setting.options)

    async def result(self, id_: int, within: float | None = None) -> Record:
        """The job once it has ended, or the one that it became part of. Raises TimeoutError when
        it has not ``within`` so many seconds, and LookupError when there is none."""
        async with asyncio.timeout(within):
            while True:
                poked = self.next_poke(id_)
                try:
                    record = await self.jobs.get(id_)
                    if record is None:
                        raise LookupError(f"there is no job {id_}")
                    if record.merged is not None:
                        id_ = record.merged
                    elif record.state is JobState.ENDED:
                        return record
                    else:
                        await asyncio.wait((poked,), timeout=_TAKE_OVER_SECONDS)
                finally:
                    poked.cancel()

    def next_poke(self, job: int | None = None) -> asyncio.Future[None]:
        """Done when something changes, here or in another process; of what changes here, only
        for ``job`` where one is named. It may be for nothing."""
        watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers[watcher] = job
        watcher.add_done_callback(self._watchers.pop)
        return watcher

    async def cancel(self, id_: int) -> bool:
        """Whether there was something to cancel."""
        found = await self.jobs.cancel(id_, self._setting.now())
        self._look()
        return found

    async def answer(self, id_: int, *, again: bool) -> bool:
        """The user's word on a job that was interrupted and is not to be repeated without it."""
        found = await self.jobs.answer(id_, again=again, now=self._setting.now())
        self._scheduler.rerank()
        self._look()
        return found

    @property
    def runs_here(self) -> bool:
        """Whether this process holds the lease."""
        return self._lease.is_held

    def holder(self) -> Mapping[str, Any] | None:
        """Who holds the lease: ``pid``, ``kind``, ``since``; None when nobody does."""
        return self._lease.holder()

    async def is_idle(self) -> bool:
        """Whether nothing is left to do here but what is held back, or waits for a person."""
        rows, later = await self.jobs.waiting(self._setting.now())
        waits = later is not None or (rows and not self.held_back)
        return not (waits or self._scheduler.running)

    @property
    def trouble(self) -> str:
        """What is wrong with the disk, for people; empty when nothing is."""
        return self.jobs.problem or self._trouble

    @property
    def held_back(self) -> str:
        """Why work waits although it could run; empty when none does."""
        return self._scheduler.held_back

    async def multiplier(self) -> float | None:
        """How many times as long the last hour's executions would have taken one after another;
        None where there were none."""
        since = self._setting.now() - _HOUR
        spans = [(e.started, e.ended) for e in await self.history.executions(since)]
        return throughput(spans) if spans else None

    # ── running ─────────────────────────────────────────────────────────────────────────────────

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            pause = _TAKE_OVER_SECONDS
            with self._noting_trouble():
                pause = await self._turn()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _turn(self) -> float:
        """Seconds until the next."""
        try:
            if self._trouble or self.jobs.trouble or not self._leads:
                await self._prepare()
            if not self._leads and not await self._lead():
                return _TAKE_OVER_SECONDS
            if self._setting.refresh is not None:
                await self._setting.refresh()
            pause = await self._scheduler.turn()
        except NewerDatabase:
            await self._step_down()  # a newer version can go on
            raise
        await self._cleaner.turn(self._setting.now(), self._setting.keeping)
        return pause

    @contextlib.contextmanager
    def _noting_trouble(self) -> Iterator[None]:
        """What does not work now may the next time."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            self._scheduler.rerank()
            if str(error) != self._trouble:
                log.warning("%s", error)
            self._trouble = str(error)
        except Exception:  # the queue outlives a mistake: the next turn looks at all anew
            self._scheduler.rerank()
            log.exception("a turn of the scheduler broke")
        else:
            self._trouble = ""

    async def _lead(self) -> bool:
        """Take the lease, and what its last holder left; whether it is ours."""
        about = {"pid": os.getpid(), "kind": self._setting.kind, "since": self._setting.now()}
        taking = asyncio.ensure_future(asyncio.to_thread(self._lease.take, about))
        try:
            taken = await asyncio.shield(taking)
        except asyncio.CancelledError:
            await taking  # who closes gives up what we have, not what we are about to have
            raise
        if not taken:
            return False
        assert self._lease.fd is not None
        self._runner.keep(self._lease_name, self._lease.fd)
        self.leads.set()
        for record in await self.jobs.recover(self._setting.now()):
            self._changed(Change("waiting", record, "it was interrupted and is run again"))
        for record in await self.jobs.recent((JobState.ASKING,)):
            self._changed(Change("asking", record, "it was interrupted; is it to be run again?"))
        if self._scheduler.only is None:
            queued = await self.jobs.recent((JobState.QUEUED,), self._setting.options.queued)
            for record in reversed(queued):
                if record.due > self._setting.now() and not record.attempt:
                    self._changed(Change("waiting", record, "its time has not come"))
        self._leads = True
        return True

    async def _step_down(self) -> None:
        """End what runs, and let others lead."""
        if self._lease.is_held:
            await self._scheduler.close()
            self._runner.drop(self._lease_name)
            self._lease.give_up()
            self._leads = False

    def _changed(self, change: Change) -> None:
        if change.kind == "ended":
            self._handed.drop(change.job.withheld)
        self._told(change)
        if change.kind != "output":
            self._look(change.job.id)

    def _look(self, job: int | None = None) -> None:
        """Something changed here, with one job or with any: who waits looks, others are told."""
        self._notice(job)
        self._link.poke()

    def _poked(self) -> None:
        self._scheduler.rerank()
        self._notice(None)

    def _notice(self, job: int | None) -> None:
        self._wake.set()
        for watcher, watched in tuple(self._watchers.items()):
            if not watcher.done() and (job is None or watched in (None, job)):
                watcher.set_result(None)
