"""Everything that is told of a period, from what is stored. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from random import Random

from ...store.automations import Execution as Run
from ...store.history import Execution
from ...store.lives import Life
from ...store.measured import Kept
from . import costs, rates, savings
from .calendar import Period, day_of
from .costs import Spent
from .findings import Findings, findings
from .interruptions import interruptions
from .measure import Measure
from .rates import Rate

_SEED = 0
_GONE = "(removed since)"


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a workspace. ``executions``: without what delivers notices; ``names``: of
    automations by their ids."""

    executions: Sequence[Execution] = ()
    runs: Sequence[Run] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)
    lives: Sequence[Life] = ()

    def first(self, zone: tzinfo | None) -> date | None:
        """The first day of which anything is known; None: there is none."""
        moments, days = self._moments(), self._counted()
        days += [day_of(min(moments), zone)] if moments else []
        return min(days, default=None)

    def after(self, day: date, zone: tzinfo | None) -> int:
        """How many rows are of later days: they were written while the clock was ahead."""
        return sum(day_of(at, zone) > day for at in self._moments()) + sum(
            each > day for each in self._counted()
        )

    def _moments(self) -> list[float]:
        """When each row began that has a moment."""
        return [
            *(each.started for each in self.executions),
            *(each.at for each in self.runs),
            *(each.at for each in self.kept.suites),
            *(each.came for each in self.lives),
        ]

    def _counted(self) -> list[date]:
        """Of each row that sums up a day."""
        kept = self.kept
        return [each.day for rows in (kept.recalled, kept.looked, kept.noticed) for each in rows]


@dataclass(frozen=True, slots=True)
class Efficiency:
    """``saved``: the times of each kind (``Measure.whose``), which are not added up. ``backwards``:
    so many executions ended before they began, since the clock was set back: of those no time is
    told. ``to_come``: so many rows are of days that are yet to come, and are left out."""

    period: Period
    saved: tuple[Measure, ...]
    rates: tuple[Rate, ...]
    automated: tuple[Rate, ...]
    findings: Findings
    notices: tuple[Measure, ...]
    tools: tuple[Spent, ...]
    tasks: tuple[Spent, ...]
    automations: tuple[Spent, ...]
    backwards: int = 0
    to_come: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was measured."""
        seen = self.findings
        measures = (*self.saved, *self.notices, seen.introduced, seen.fixed)
        told = any(each.total is not None for each in measures)
        ran = self.rates or self.automated or self.tools or self.tasks
        return not (told or ran or seen.severities)


def efficiency(known: Known, asked: Period, until: float, now: float | None = None) -> Efficiency:
    """``until``: the end of the period, in seconds since the epoch; ``now`` where that is later.
    ``asked`` begins anew where nothing is known of its first days: what was before Understudy came
    is not "nothing saved". The same values give the same figures."""
    first = known.first(asked.zone)
    period = asked
    if first is not None and asked.first < first <= asked.last:
        period = Period(first, asked.last, asked.zone)
    random = Random(_SEED)  # noqa: S311 - draws, no secret
    within = _within(known.executions, period)
    runs = [each for each in known.runs if period.day(each.at) is not None]
    named = [(known.names.get(each.automation, _GONE), each) for each in runs]
    kept = known.kept
    return Efficiency(
        period,
        (
            savings.by_automations(runs, period, random),
            savings.by_parallel_runs(within, period, random),
            savings.by_affected_tests(kept.suites, period, random),
            savings.by_known_results(kept.recalled, kept.looked, period, random),
        ),
        tuple(rates.of_tasks(within)),
        tuple(rates.of_automations(named)),
        findings(known.lives, period, until, random),
        interruptions(kept.noticed, period, random),
        tuple(costs.by_tools(kept.looked, period)),
        tuple(costs.by_tasks(within, period)),
        tuple(costs.by_automations(named, period)),
        sum(each.ended < each.started for each in within),
        known.after(day_of(until if now is None else now, asked.zone), asked.zone),
    )


def _within(executions: Iterable[Execution], period: Period) -> list[Execution]:
    """In an order that does not depend on the one in which they are given."""
    found = (each for each in executions if period.day(each.started) is not None)
    return sorted(found)
