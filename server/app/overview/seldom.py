"""The parts that cost more to look at, or change all the time: looked at now and then, while
somebody watches."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ...findings.redact_text import redacted
from ..chores.service import Service
from ..folder.workspace import Workspace
from ..insights.efficiency import report_of
from ..insights.profiling import WorkPath, engine
from ..insights.recommending import Outlook, Recommending, State
from ..insights.workflow_listing import gain, how
from .machine import Eye
from .parts import Part

Look = Callable[[], Awaitable[Any]]
"""What a part is as things are now."""

_DAYS = 7
_SHOWN = 8
_TIMES = {Part.RESOURCES: 5.0, Part.RECOMMENDATIONS: 60.0, Part.EFFICIENCY: 300.0, Part.TIME: 60.0}
"""Seconds between two looks, at least."""
_SHARE = 0.02
"""Of the time that looks at one part may take: what takes long is looked at less often."""


class Recommended(NamedTuple):
    """``minutes``: what it takes."""

    id: str
    what: str
    place: str
    why: tuple[str, ...]
    gain: str
    minutes: int
    how: str
    state: str


class Advice(NamedTuple):
    """``scores``: of each workflow, its path and its score of 100; None: it could not be read."""

    open: tuple[Recommended, ...]
    scores: tuple[tuple[str, int | None], ...]
    problem: str


class Saved(NamedTuple):
    """Figures of the last days: a label, a value and what it means each; ``troubles``: what could
    not be read."""

    about: str
    facts: tuple[tuple[str, str, str], ...]
    lead: tuple[str, ...]
    troubles: tuple[str, ...]


class Spent(NamedTuple):
    """Where the engine's time went: the few paths that take four fifths of it. ``since``: a day;
    empty where nothing is known."""

    since: str
    paths: tuple[WorkPath, ...]
    among: int
    seconds: float
    waited: float
    hit_rate: float | None


class Seldom:
    """Belongs to the event loop. ``clock`` only goes forward."""

    def __init__(
        self, service: Service, eye: Eye, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._service = service
        self._workspace: Workspace = service.chores.workspace
        self._eye = eye
        self._clock = clock
        self._recommending = Recommending(
            service.root, self._workspace.state, lambda: service.settings
        )
        self._due_at: dict[Part, float] = {}
        self._looks: Mapping[Part, Look] = {
            Part.RESOURCES: eye.look,
            Part.RECOMMENDATIONS: self._recommendations,
            Part.EFFICIENCY: self._efficiency,
            Part.TIME: self._time,
        }

    def due(self) -> Iterator[tuple[Part, Look]]:
        """Those whose time has come, one after the other; it begins anew with that. It is asked
        for the next when the one was looked at."""
        for part, look in self._looks.items():
            now = self._clock()
            if now >= self._due_at.get(part, -math.inf):
                self._due_at[part] = now + _TIMES[part]
                yield part, look
                if part in self._due_at:
                    took = self._clock() - now
                    self._due_at[part] = now + max(_TIMES[part], took / _SHARE)

    def forget(self, part: Part) -> None:
        """It is otherwise by now, or was not looked at."""
        self._due_at.pop(part, None)

    async def dismiss(self, id_: str) -> None:
        """A recommendation. Raises ValueError, OSError, sqlite3.Error."""
        await self._recommending.answer(id_, State.DISMISSED)
        self.forget(Part.RECOMMENDATIONS)

    async def close(self) -> None:
        await self._recommending.close()
        await self._eye.close()

    async def _recommendations(self) -> Advice:
        return _advice(await self._recommending.look())

    async def _efficiency(self) -> Saved:
        now = time.time()
        report = await report_of(self._service.root, self._workspace.state, None, now)
        found = report.outline
        facts = [(each.label, each.value, each.note) for s in found.sections for each in s.facts]
        lead = found.sections[0].lead if found.sections else ()
        return Saved(found.about, tuple(facts[:_SHOWN]), lead, report.troubles)

    async def _time(self) -> Spent:
        today = datetime.now().astimezone().date()
        found, since = await engine(self._service.root, _DAYS, today)
        return Spent(
            since,
            found.hot.paths[:_SHOWN],
            found.hot.among,
            round(found.hot.seconds, 1),
            round(found.waited, 1),
            found.hit_rate,
        )


def _advice(outlook: Outlook) -> Advice:
    shown = [
        Recommended(
            each.recommendation.id,
            redacted(each.recommendation.what),
            str(each.recommendation.place) if each.recommendation.place.path else "",
            tuple(map(redacted, each.recommendation.why)),
            gain(each.recommendation),
            each.recommendation.minutes,
            how(each.recommendation),
            each.state,
        )
        for each in outlook.stand.open[:_SHOWN]
    ]
    scores = [
        (each.workflow.path, round(each.score.value) if each.score else None)
        for each in outlook.analyses
    ]
    return Advice(tuple(shown), tuple(scores), outlook.problem)
