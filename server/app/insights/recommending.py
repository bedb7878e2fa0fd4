"""What could be changed in a folder's workflows: looked for when somebody asks, in its own time,
and remembered with what they said to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from ...disk import read_regular
from ...insights.recommend import life, lived, make
from ...insights.recommend.life import Stand, Standing
from ...insights.recommend.model import Recommendation, State
from ...insights.workflows import analysis, edits
from ...insights.workflows.analysis import Analysis
from ...insights.workflows.definitions.own import PATH
from ...insights.workflows.lived.flaky import of_values
from ...insights.workflows.lived.observe import Lived, measures, observe
from ...insights.workflows.lived.runs import seen
from ...insights.workflows.lived.weekly import Span, Weekly, gained
from ...insights.workflows.model import Change, Remedy, Workflow
from ...journal.replace import replace
from ...settings import Settings
from ...state import workspace_dir
from ...store.activity import ACTIVITY, Activity, Log
from ...store.activity import FILE as ACTIVITIES
from ...store.database import Database
from ...store.history import Execution, History
from ...store.job_rows import JOBS, JobState, Record
from ...store.jobs import Jobs
from ...store.recommendations import FILE, RECOMMENDATIONS, Recommendations, Row
from ...tasks.test_runs import NAME as TESTS
from ...text import apply
from .reading import workflows

__all__ = ["Outlook", "Recommending", "Standing", "State", "open_recommending"]

_MOST_JOBS = 10_000
_MOST_ACTIVITIES = 100_000
_SEED = 1
"""Of the draws of intervals: the same log gives the same range."""


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
        raise ValueError(f"there is no recommendation {id_!r} that is open")


class Recommending:
    """Of one folder. ``settings`` gives those that hold there. Everything raises OSError and
    sqlite3.Error."""

    def __init__(
        self,
        root: Path,
        settings: Callable[[], Settings],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._root = root
        self._settings = settings
        self._clock = clock
        state = workspace_dir(root)
        self._journal = state / "journal"
        self._activity = Database(state / ACTIVITIES, ACTIVITY)
        self._jobs = Database(state / "jobs.db", JOBS)
        self._kept = Database(state / FILE, RECOMMENDATIONS)
        self._store = Recommendations(self._kept)

    async def close(self) -> None:
        for each in (self._activity, self._jobs, self._kept):
            await each.close()

    async def look(self) -> Outlook:
        """At the definitions, and at what was done; what has changed of recommendations is kept."""
        settings, now = self._settings(), self._clock()
        activities = await Log(self._activity).all(most=_MOST_ACTIVITIES)
        executions = await History(self._jobs).executions(most=_MOST_JOBS)
        ended = await Jobs(self._jobs).recent((JobState.ENDED,), _MOST_JOBS)
        rows = dict(await self._store.all())
        given = self._root, settings, activities, executions, ended, now
        found = await asyncio.to_thread(_looked, *given)
        met = lived.met(rows, settings)
        turned = life.turn(found.recommendations, rows, found.looked_at(rows), met, now)
        await self._store.drop(turned.drop)
        rows = {id_: row for id_, row in rows.items() if id_ not in turned.drop}
        rows |= {row.id: row for row in turned.keep}
        since = partial(_gained, activities, found.lived.span)
        more = await asyncio.to_thread(life.measured, rows.values(), since)
        rows |= {row.id: row for row in more}
        await self._store.keep([*turned.keep, *more])
        stand = life.stand(found.recommendations, rows)
        problem = self._kept.problem or self._activity.problem
        return Outlook(self._root, found.analyses, found.lived, stand, problem)

    async def dismissed(self) -> frozenset[str]:
        """The ids of those that nobody wants to see."""
        rows = await self._store.all()
        return frozenset(id_ for id_, row in rows.items() if row.state == State.DISMISSED)

    async def answer(self, id_: str, state: State) -> Row:
        """What its user says to one. Raises ValueError, for people."""
        rows = await self._store.all()
        if (row := rows.get(id_)) is None:
            raise ValueError(f"there is no recommendation {id_!r}")
        now = self._clock()
        row = row._replace(state=str(state), answered=now)
        if state is State.DONE:
            row = row._replace(done=now)
        await self._store.keep([row])
        return row

    async def change(self, recommendation: Recommendation) -> Rewritten | None:
        """What would be written to do it; None where it is not done by writing. Raises ValueError,
        for people, where it cannot be."""
        return await asyncio.to_thread(rewritten, self._root, recommendation)

    async def write(self, new: Rewritten) -> None:
        """Make it so; what stood there is recorded."""
        path, what = self._root / new.path, new.title
        await asyncio.to_thread(
            lambda: replace(path, new.after, self._journal, below=self._root, what=what)
        )


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file below the root, and what stands in it before and after."""

    path: str
    title: str
    before: str
    after: str


def rewritten(root: Path, recommendation: Recommendation) -> Rewritten | None:
    """Blocks."""
    remedy = _remedy(recommendation)
    if remedy is None:
        return None
    text = ""
    if (root / remedy.path).exists():
        content = read_regular(root / remedy.path, 1_000_000)
        text = content.decode("utf-8")
    after = apply(text, edits.edits(text, remedy.changes))
    return Rewritten(remedy.path, remedy.title, text, after)


def _remedy(recommendation: Recommendation) -> Remedy | None:
    if (setting := recommendation.setting) is not None:
        return Remedy(setting.title, PATH, (Change(setting.path, setting.value),))
    return recommendation.remedy


@dataclass(frozen=True, slots=True)
class _Looked:
    analyses: tuple[Analysis, ...]
    lived: Lived
    recommendations: tuple[Recommendation, ...]
    workflows: tuple[Workflow, ...]

    def looked_at(self, rows: dict[str, Row]) -> frozenset[str]:
        """The files whose recommendations would be known, were there any."""
        unread = {problem.place.path for each in self.workflows for problem in each.problems}
        unread |= {each.path for each in self.workflows if each.problems}
        return frozenset(row.path for row in rows.values()) - unread


def _looked(
    root: Path,
    settings: Settings,
    activities: list[Activity],
    executions: list[Execution],
    ended: list[Record],
    now: float,
) -> _Looked:
    defined = workflows(root, settings)
    analyses = analysis.analyse(defined, seen(activities, executions))
    runs = of_values(
        [
            (j.id, j.started or j.queued, j.parameters, j.value, j.status)
            for j in ended
            if j.task == TESTS
        ]
    )
    observed = observe(activities, runs, now, Random(_SEED))  # noqa: S311 - no secret comes of it
    found = [
        *make.recommendations(analyses),
        *lived.recommendations(observed.observations, settings),
    ]
    unique = {each.id: each for each in found}
    return _Looked(tuple(analyses), observed, tuple(unique.values()), tuple(defined))


def _gained(
    activities: list[Activity], span: Span | None, measure: str, done: float
) -> Weekly | None:
    series = measures(activities).get(measure)
    if span is None or series is None:
        return None
    return gained(series, span, done, Random(_SEED))  # noqa: S311


@asynccontextmanager
async def open_recommending(root: Path, settings: Settings) -> AsyncIterator[Recommending]:
    """Without an editor. Raises OSError (the state folder)."""
    found = Recommending(root, lambda: settings)
    try:
        yield found
    finally:
        await found.close()
