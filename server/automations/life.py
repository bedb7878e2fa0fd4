"""How an automation goes from one state to another by what its user says, and what may be done in
each. Pure."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from ..store.automations import LONGEST_AWAY, Answer, Automation, Purpose, State

_DAY = 86_400.0
_SECOND_THOUGHTS = (_DAY, 7 * _DAY, LONGEST_AWAY)
"""Seconds for which one that was dismissed stays away; afterwards it is not offered any more."""
TRIED = frozenset({State.TRIED, State.OFFERED, State.ACTIVE})
"""It came through a trial."""


def refusal(automation: Automation, purpose: Purpose) -> str:
    """Why one is not run for that, for people; empty where it is. To see what it would change, a
    trial is enough; to have it changed, its user has to have accepted it."""
    name, state = automation.name, automation.state
    if state is State.ACTIVE or (purpose is Purpose.PREVIEW and state in TRIED):
        return ""
    why = f": {automation.why}" if automation.why else ""
    if state in (State.DISABLED, State.RETIRED):
        return f"{name} is {state}{why}; `understudy automations enable {name}` tries it again"
    if purpose is Purpose.PREVIEW:
        return f"{name} was not tried yet; `understudy automations test {name}` does that"
    accept = f"“Create Automation” or `understudy automations enable {name}` accepts it"
    return f"{name} is not active but {state}{why}; {accept}"


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
    return at + _SECOND_THOUGHTS[dismissals - 1]


def disabled(automation: Automation) -> Said:
    """Raises ValueError, for people, for one that nothing runs any more."""
    if automation.state is State.RETIRED:
        raise ValueError(f"{automation.name} is retired, so nothing runs it: {automation.why}")
    changed = replace(automation, state=State.DISABLED, why="you disabled it")
    return Said(changed, Answer.DISMISSED)


def removed(automation: Automation) -> Said:
    changed = replace(automation, state=State.RETIRED, why="you removed it")
    return Said(changed, Answer.NEVER)
