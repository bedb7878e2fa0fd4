"""What could be changed in a folder's workflows: looked for when somebody asks, in its own time,
and remembered with what they said to it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

from ...analyzers.table import analyzers
from ...disk import read_regular, why
from ...insights.profile.views import asked
from ...insights.recommend import life, lived, make
from ...insights.recommend.life import Stand, Standing
from ...insights.recommend.model import By, Recommendation, State
from ...insights.workflows import analysis
from ...insights.workflows.analysis import Analysis
from ...insights.workflows.definitions.own import PATH
from ...insights.workflows.definitions.table import LARGEST
from ...insights.workflows.lived.effects import gained as of_command
from ...insights.workflows.lived.effects import is_of_command
from ...insights.workflows.lived.flaky import of_values
from ...insights.workflows.lived.observe import Lived, Observation, Past, measured, observe
from ...insights.workflows.lived.pushes import Pushes
from ...insights.workflows.lived.runs import seen
from ...insights.workflows.lived.spent import FILE as SLOW_FILE
from ...insights.workflows.lived.spent import TOOL, Spent
from ...insights.workflows.lived.weekly import Weekly, gained
from ...insights.workflows.model import Change, Kind, Machine, Remedy
from ...journal.change import Change as FileChange
from ...journal.change import State as FileState
from ...journal.replace import Rewrite, rewrite
from ...resources.groups import memory_bound
from ...settings import Settings
from ...state import state_place, workspace_dir, workspace_place
from ...store.activity import ACTIVITY, Log
from ...store.activity import FILE as ACTIVITIES
from ...store.copied import Copied
from ...store.database import Closed, Database, NewerDatabase, Schema, Unusable
from ...store.history import Execution, History
from ...store.job_rows import HOOK, JOBS
from ...store.jobs import Jobs
from ...store.measured import FILE as MEASURES
from ...store.measured import MEASURED, kept
from ...store.profile import FILE as PROFILES
from ...store.profile import PROFILE, Days, Profiles
from ...store.recommendations import FILE, RECOMMENDATIONS, Recommendations, Row
from ...tasks.import_times import NAME as IMPORT_TIMES
from ...tasks.test_runs import NAME as TESTS
from ...text import apply
from .pushed import pushes
from .reading import project, remedied, workflows

__all__ = ["Outlook", "Recommending", "Standing", "State", "open_recommending"]

_MOST_ROWS = 10_000
_MOST_RUNS = 500
"""Of one task; what they left is read."""
_MOST_ACTIVITIES = 100_000
_MODE = 0o644
_SEED = 1
"""Of the draws of intervals: the same log gives the same range."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Outlook:
    """``problem``: what there is to say of what is kept; empty when nothing is."""

    root: Path
    analyses: tuple[Analysis, ...]
    lived: Lived
    stand: Stand
    problem: str = ""

    def find(self, id_: str) -> Standing:
        """Raises ValueError, for people."""
        for each in (*self.stand.open, *self.stand.dismissed):
            if each.recommendation.id == id_:
                return each
        if self.done(id_) is not None:
            raise ValueError(f"the recommendation {id_!r} is done already")
        raise ValueError(f"there is no recommendation {id_!r} that is open")

    def done(self, id_: str) -> Row | None:
        return next((row for row in self.stand.done if row.id == id_), None)


class _Stores:
    """What is kept in a state folder, in databases that ``opened`` opens."""

    def __init__(self, state: Path, opened: Callable[[Path, Schema], Database]) -> None:
        self.activity = opened(state / ACTIVITIES, ACTIVITY)
        self.jobs = opened(state / "jobs.db", JOBS)
        self.recommendations = opened(state / FILE, RECOMMENDATIONS)
        self.profile = opened(state / PROFILES, PROFILE)
        self.measured = opened(state / MEASURES, MEASURED)

    @property
    def kept(self) -> Recommendations:
        return Recommendations(self.recommendations)

    async def past(self, now: float) -> tuple[Past, list[Execution]]:
        history, jobs = History(self.jobs), Jobs(self.jobs)
        tests = [
            (each.id, each.started or 0.0, each.parameters, each.value, each.status)
            for each in await jobs.ended(TESTS, _MOST_RUNS)
        ]
        imports = await jobs.ended(IMPORT_TIMES, _MOST_RUNS)
        past = Past(
            await Log(self.activity).all(most=_MOST_ACTIVITIES),
            of_values(tests),
            [each for each in await history.audit(most=_MOST_ROWS) if each.kind == HOOK],
            [(each.id, each.value) for each in imports],
            await self._spent(datetime.fromtimestamp(now).astimezone().date()),
        )
        return past, await history.executions(most=_MOST_ROWS)

    async def _spent(self, today: date) -> Spent:
        profiles = Profiles(self.profile)
        known = await profiles.days(Days.to(today))
        if not known:
            return Spent()
        days = Days(known[0], known[-1])
        told = await asyncio.to_thread(asked, await kept(self.measured), days)
        return Spent(days, await profiles.tools(days), await profiles.files(days), told)

    async def close(self) -> None:
        for each in (self.activity, self.jobs, self.recommendations, self.profile, self.measured):
            await each.close()


class Recommending:
    """Of one folder; ``state`` is its state folder, ``settings`` gives those that hold there. To
    look works where the state folder cannot be written; all else raises OSError and sqlite3.Error
    then."""

    def __init__(
        self,
        root: Path,
        state: Path,
        settings: Callable[[], Settings],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._root = root
        self._settings = settings
        self._clock = clock
        self._state = state
        self._journal = state / "journal"
        self._stores = _Stores(state, Database)

    async def close(self) -> None:
        await self._stores.close()

    async def look(self) -> Outlook:
        """At the definitions, and at what was done; what has changed of recommendations is kept."""
        return await self._read(self._look)

    async def _look(self, stores: _Stores, problem: str) -> Outlook:
        settings, now = self._settings(), self._clock()
        past, executions = await stores.past(now)
        rows = await stores.kept.all()
        found = await asyncio.to_thread(
            _looked, self._root, settings, past, executions, dict(rows), now
        )
        await stores.kept.turn(rows, found.keep, found.drop)
        problem = problem or stores.recommendations.problem or stores.activity.problem
        return Outlook(self._root, found.analyses, found.lived, found.stand, problem)

    async def dismissed(self) -> frozenset[str]:
        """The ids of those that nobody wants to see."""

        async def ask(stores: _Stores, _: str) -> frozenset[str]:
            rows = await stores.kept.all()
            return frozenset(id_ for id_, row in rows.items() if row.state == State.DISMISSED)

        return await self._read(ask)

    async def _read(self, ask: Callable[[_Stores, str], Awaitable[_T]]) -> _T:
        """Of the databases; where one cannot be used, of copies, which keep nothing: then it is
        given why."""
        try:
            return await ask(self._stores, "")
        except (Closed, NewerDatabase):
            raise
        except Unusable as error:
            copies = _Stores(self._state, Copied)
            try:
                return await ask(copies, f"{error}; what is told here is not kept")
            finally:
                await copies.close()

    async def answer(self, id_: str, state: State, by: By = By.SAID) -> None:
        """What its user says to one. Raises ValueError, for people."""
        how = str(by) if state is State.DONE else ""
        if not await self._stores.kept.answer(id_, str(state), self._clock(), how):
            raise ValueError(f"there is no recommendation {id_!r}")

    async def change(self, recommendation: Recommendation) -> Rewritten | None:
        """What would be written to do it; None where it is not done by writing. Raises ValueError,
        for people, where it cannot be."""
        return await asyncio.to_thread(rewritten, self._root, recommendation)

    async def accept(self, id_: str, new: Rewritten | None) -> None:
        """Make it so, where the file is still what it was: what stood there is recorded, and it is
        done. None: its user will do it."""
        if new is None:
            await self.answer(id_, State.ACCEPTED)
            return
        await asyncio.to_thread(_write, self._root, self._journal, new)
        await self.answer(id_, State.DONE, By.WRITTEN)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file below the root, and what stands in it before (None: there is none) and after."""

    path: str
    title: str
    before: str | None
    after: str

    @property
    def change(self) -> FileChange:
        """For a diff."""
        was = None if self.before is None else FileState.of(self.before.encode(), _MODE)
        return FileChange.between(self.path, was, FileState.of(self.after.encode(), _MODE))


def _write(root: Path, journal: Path, new: Rewritten) -> None:
    before = None if new.before is None else new.before.encode()
    rewrites = [Rewrite(root / new.path, before, new.after.encode())]
    rewrite(rewrites, journal, below=root, what=new.title)


def rewritten(root: Path, recommendation: Recommendation) -> Rewritten | None:
    """Blocks."""
    remedy = _remedy(recommendation)
    if remedy is None:
        return None
    before, path = None, root / remedy.path
    if path.is_symlink():
        raise ValueError(
            f"{remedy.path} is a link, and only files are written: change {path.readlink()}"
        )
    try:
        before = read_regular(path, LARGEST).decode("utf-8") if path.exists() else None
    except UnicodeDecodeError as error:
        raise ValueError(f"{remedy.path} is not written in UTF-8") from error
    except OSError as error:
        raise ValueError(f"{remedy.path} cannot be read: {why(error)}") from error
    text = before or ""
    after = apply(text, remedied(root, recommendation.id, remedy, text))
    return Rewritten(remedy.path, remedy.title, before, after)


def _remedy(recommendation: Recommendation) -> Remedy | None:
    if (setting := recommendation.setting) is not None:
        return Remedy(setting.title, PATH, (Change(setting.path, setting.value),))
    return recommendation.remedy


class _Looked(NamedTuple):
    """``keep`` and ``drop``: what is to become of the rows."""

    analyses: tuple[Analysis, ...]
    lived: Lived
    stand: Stand
    keep: Sequence[Row]
    drop: Sequence[str]


def _looked(
    root: Path,
    settings: Settings,
    past: Past,
    executions: Sequence[Execution],
    rows: dict[str, Row],
    now: float,
) -> _Looked:
    defined = workflows(root, settings)
    runs = seen(past.activities, executions, settings.tasks.custom)
    analyses = analysis.analyse(defined, runs, _machine())
    on_github = any(each.kind is Kind.ACTIONS for each in defined)
    pushed = pushes(root, past.activities, now) if on_github else Pushes()
    observed = observe(past, now, Random(_SEED))  # noqa: S311 - no secret comes of it
    said = project(root)
    found = [
        *make.recommendations(analyses, settings.tasks, runs.timings, pushed, said),
        *lived.recommendations(
            observed.observations, settings, said, _over(root, settings, observed.observations)
        ),
    ]
    unique = {each.id: each for each in found}
    unread = {each.path for each in defined if each.problems}
    looked_at = {row.path for row in rows.values()} - unread
    turned = life.turn(unique.values(), rows, looked_at, now)
    rows = {id_: row for id_, row in rows.items() if id_ not in turned.drop}
    rows |= {row.id: row for row in turned.keep}
    more = life.measured(rows.values(), partial(_gained, past, now))
    rows |= {row.id: row for row in more}
    stand = life.stand([*unique.values()], rows)
    return _Looked(tuple(analyses), observed, stand, [*turned.keep, *more], turned.drop)


def _over(
    root: Path, settings: Settings, observations: Sequence[Observation]
) -> Sequence[Observation]:
    """Of tools that are switched off by now, and of files that are gone."""
    running = {each.name for each in analyzers(settings)}
    return [
        each
        for each in observations
        if (each.rule == TOOL and each.subject not in running)
        or (each.rule == SLOW_FILE and not os.path.exists(root / each.subject))
    ]


def _machine() -> Machine | None:
    """None where nobody can tell."""
    import psutil

    with suppress(OSError, RuntimeError, ValueError, KeyError):  # /proc/meminfo
        memory, bound = psutil.virtual_memory().total, memory_bound()
        return Machine(os.cpu_count() or 1, min(memory, bound.limit) if bound else memory)
    return None


def _gained(past: Past, now: float, measure: str, done: float) -> Weekly | None:
    if is_of_command(measure):
        return of_command(measure, past.activities, done, now, Random(_SEED))  # noqa: S311
    known = measured(past, measure, now)
    return gained(*known, done, Random(_SEED)) if known else None  # noqa: S311


@asynccontextmanager
async def open_recommending(root: Path, settings: Settings) -> AsyncIterator[Recommending]:
    """Without an editor. Raises OSError where the state folder is not to be relied on."""
    found = Recommending(root, _state_of(root), lambda: settings)
    try:
        yield found
    finally:
        await found.close()


def _state_of(root: Path) -> Path:
    """The state folder; where it cannot be made, the place where it would be."""
    try:
        return workspace_dir(root)
    except OSError as error:
        if error.errno is None:  # it belongs to somebody else
            raise
        return workspace_place(root, state_place())
