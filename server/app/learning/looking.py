"""A look at what was done in a folder: what repeats there, and how much of it may be offered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...automations.contents import with_contents
from ...automations.mining.budget import Budget
from ...automations.pattern import Pattern
from ...store.automations import Answer, State
from .grown import Grown, Terms
from .learned import Learned

if TYPE_CHECKING:
    from ...automations.generate import Templates

log = logging.getLogger(__name__)

_MOST_READ = 50_000
"""Of the last activities at first: seconds of one processor, and some 100 MB."""
_OFFERED = frozenset({State.OFFERED, State.ACTIVE, State.RETIRED})


async def look(learned: Learned) -> Budget:
    """Find what repeats, the most useful first, and bring what it says of automations up to date;
    what may be offered. Raises sqlite3.Error."""
    await learned.load()
    grown = await _grown(learned)
    now, answers = learned.clock(), _wanted(learned)
    root = learned.workspace.root

    def work() -> list[Pattern]:
        return [with_contents(each, root) for each in grown.repeats.patterns(now, answers)]

    learned.patterns = await _judged(learned, await asyncio.to_thread(work))
    learned.grown = grown
    await _follow(learned)
    return grown.budget


async def _grown(learned: Learned) -> Grown:
    settings = learned.workspace.settings.automations
    terms = Terms(
        settings.min_occurrences,
        settings.offers_per_hundred,
        settings.min_score,
        frozenset(each.id for each in learned.automations if each.state in _OFFERED),
        tuple(sorted(each.offered for each in learned.automations if each.offered)),
    )
    # A look that is interrupted leaves none to the next, as its thread may still be at it.
    grown, learned.grown = learned.grown, None
    new = None
    if grown is not None and grown.terms == terms:
        new = await grown.new_in(learned.log)
    if grown is None or new is None:
        grown, new = Grown(terms), await learned.log.all(most=_MOST_READ)
    await asyncio.to_thread(grown.read, new)
    return grown


def _wanted(learned: Learned) -> dict[str, bool]:
    """Whether its user wanted what was offered: the last word on each counts."""
    wanted = (Answer.ACCEPTED, Answer.EDITED)
    return {id_: said.last in wanted for id_, said in learned.said.items()}


async def _follow(learned: Learned) -> None:
    found = {each.id: each for each in learned.patterns}
    now = [
        replace(
            each,
            score=pattern.score,
            seen=pattern.count,
            low=pattern.each.low,
            high=pattern.each.high,
            a_week=pattern.a_week,
        )
        for each in learned.automations
        if (pattern := found.get(each.id)) is not None
    ]
    await learned.store.follow(now)
    await learned.load()


# ── of what a script can be made ────────────────────────────────────────────────────────────────


def new(learned: Learned, found: Sequence[Pattern]) -> list[Pattern]:
    """Of those that were found, of which an automation can be made, and none is."""
    least = learned.workspace.settings.automations.min_score
    refused = {id_ for id_, said in learned.said.items() if said.never}
    known = {each.id for each in learned.automations} | refused
    likely = (each for each in found if each.score >= least and not each.why_not)
    return [each for each in likely if each.id not in known]


async def _judged(learned: Learned, found: Sequence[Pattern]) -> tuple[Pattern, ...]:
    """With the reason, of those of which no script can be made. Templates of somebody who is not
    trusted say nothing."""
    able = {each.id for each in new(learned, found)}
    if not able or not learned.workspace.trusted:
        return tuple(found)
    ours = await templates(learned)

    def work() -> tuple[Pattern, ...]:
        from . import drafts  # most folders have nothing that is made into a script

        return tuple(drafts.judged(each, ours) if each.id in able else each for each in found)

    return await asyncio.to_thread(work)


async def templates(learned: Learned) -> Templates:
    """Those that can be used there."""

    def load() -> Templates:
        from ...automations.generate import Templates

        loaded, problems = Templates.load(learned.templates)
        for problem in problems:
            log.warning("%s:%s: %s", problem.path, problem.line, problem.why)
        return loaded

    return await asyncio.to_thread(load)
