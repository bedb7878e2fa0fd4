"""How an automation goes from one state to another by what its user says. Pure."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from ..store.automations import Answer, Automation, State

_DAY = 86_400.0
_SECOND_THOUGHTS = (1.0, 7.0, 30.0)
"""Days for which one that was dismissed stays away; afterwards it is not offered any more."""
TRIED = frozenset({State.TRIED, State.OFFERED, State.ACTIVE})
"""It came through a trial."""


class Said(NamedTuple):
    """What becomes of one by the answer of its user."""

    automation: Automation
    answer: Answer


def accepted(automation: Automation) -> Said:
    """Raises ValueError, for people, where something is against it."""
    if automation.state not in TRIED:
        why = f": {automation.why}" if automation.why else ""
        raise ValueError(f"{automation.name} is not accepted, it is {automation.state}{why}")
    return Said(replace(automation, state=State.ACTIVE, why=""), Answer.ACCEPTED)


def dismissed(automation: Automation, now: float, *, never: bool) -> Said:
    """Not now, with second thoughts that become rarer; or never. ``now``: seconds since the epoch.
    Raises ValueError, for people, for one that was accepted meanwhile."""
    if automation.state is State.ACTIVE:
        raise ValueError(f"{automation.name} is active: it can be disabled or removed")
    count = automation.dismissals + 1
    later = math.inf if never else away_until(now, count)
    if later == math.inf:
        changed = replace(automation, state=State.RETIRED, why="you did not want it")
    else:
        changed = replace(automation, later=later)
    answer = Answer.NEVER if never else Answer.DISMISSED
    return Said(replace(changed, dismissals=count), answer)


def away_until(at: float, dismissals: int) -> float:
    """When what was dismissed so often, the last time ``at``, is offered again; infinity for not
    any more. Seconds since the epoch."""
    if dismissals > len(_SECOND_THOUGHTS):
        return math.inf
    return at + _SECOND_THOUGHTS[dismissals - 1] * _DAY


def disabled(automation: Automation) -> Said:
    """Raises ValueError, for people, for one that nothing runs any more."""
    if automation.state is State.RETIRED:
        raise ValueError(f"{automation.name} is retired, so nothing runs it: {automation.why}")
    changed = replace(automation, state=State.DISABLED, why="you disabled it")
    return Said(changed, Answer.DISMISSED)


def removed(automation: Automation) -> Said:
    changed = replace(automation, state=State.RETIRED, why="you removed it")
    return Said(changed, Answer.NEVER)
