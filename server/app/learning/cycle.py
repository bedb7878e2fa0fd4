"""The cycle: what repeats is found, made into automations and tried; what runs is reviewed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from ...automations.contents import with_contents
from ...automations.generate import Templates
from ...automations.mining.budget import Budget
from ...automations.mining.repeats import patterns
from ...automations.pattern import Pattern
from ...disk import why
from ...journal.apply import entries
from ...store.activity import Activity
from ...store.automations import Answer, State
from . import drafts
from .learned import Learned

log = logging.getLogger(__name__)

FILES = "file_operations"
"""The template of what works on files alone."""
_MOST_TRIED = 3
"""In one cycle: each takes a second or so of the machine."""


async def cycle(learned: Learned) -> list[str]:
    """What was done, in sentences. Raises OSError, sqlite3.Error."""
    settings = learned.workspace.settings.automations
    if not settings.enabled:
        return []
    await learned.look_at_git()
    await learned.load()
    activities = await learned.log.all()
    learned.patterns = await mined(learned, activities)
    budgets = _budgets(learned, activities)
    told = [*await _review(learned), *await _look_at_scripts(learned)]
    known = {each.id for each in learned.automations}
    new = (p for p in learned.patterns if p.score >= settings.min_score and p.id not in known)
    able = (p for p in new if not p.why_not)
    told += [await _draft(learned, each) for each, _ in zip(able, range(_MOST_TRIED), strict=False)]
    await learned.load()
    told += await _offer(learned, budgets)
    await learned.load()
    return told


async def mined(learned: Learned, activities: Sequence[Activity]) -> tuple[Pattern, ...]:
    """What repeats, the most useful first. Raises sqlite3.Error."""
    least, root = learned.workspace.settings.automations.min_occurrences, learned.workspace.root
    now, answers = learned.clock(), await _answers(learned)

    def work() -> tuple[Pattern, ...]:
        found = patterns(activities, least, now, answers)
        return tuple(with_contents(each, root) for each in found)

    return await asyncio.to_thread(work)


async def _answers(learned: Learned) -> dict[str, bool]:
    """Whether its user wanted what was offered: the last word on each counts."""
    said = {id_: answer for _, id_, answer in await learned.store.answers()}
    return {id_: answer in (Answer.ACCEPTED, Answer.EDITED) for id_, answer in said.items()}


def _budgets(learned: Learned, activities: Sequence[Activity]) -> tuple[Budget, Budget]:
    """What is left after the offers so far, for what works on files alone and for the others: how
    sure the one and the other score is are two things."""
    settings = learned.workspace.settings.automations
    rate, least = settings.offers_per_hundred, settings.min_score
    budgets = Budget(rate, least, least), Budget(rate, least, max(least, settings.preferred_score))
    offered = sorted(
        (each.created, each.template != FILES)
        for each in learned.automations
        if each.state not in (State.GENERATED, State.TRIED)
    )
    for activity in activities:
        for budget in budgets:
            budget.task()
        while offered and offered[0][0] <= activity.at:
            budgets[offered.pop(0)[1]].take(1.0)
    for _, which in offered:
        budgets[which].take(1.0)
    return budgets


async def _draft(learned: Learned, pattern: Pattern) -> str:
    """Make and try one; what came of it."""
    templates, problems = await asyncio.to_thread(Templates.load, learned.templates)
    for problem in problems:
        log.warning("%s:%s: %s", problem.path, problem.line, problem.why)
    try:
        automation = await asyncio.to_thread(
            drafts.drafted, pattern, templates, learned.runs.drafts, learned.clock()
        )
    except ValueError as error:
        return f"No script can be made of “{pattern.title}”: {why(error)}"
    await learned.store.put(automation)
    tested = await learned.test(automation)
    return f"{tested.name} was tried: {tested.why or tested.told}."


async def _offer(learned: Learned, budgets: tuple[Budget, Budget]) -> list[str]:
    """Those that came through their trial, as many as the budget has."""
    settings, told = learned.workspace.settings.automations, []
    for each in learned.automations:
        able = each.state is State.TRIED and not each.why and each.score >= settings.min_score
        if able and budgets[each.template != FILES].take(each.score):
            await learned.store.put(replace(each, state=State.OFFERED))
            told.append(f"{each.name} is offered: {each.title}.")
    return told


async def _review(learned: Learned) -> list[str]:
    """What was taken back is a no; who fails too often is disabled."""
    await _heed_undone(learned)
    told = []
    for each in learned.automations:
        against = learned.record(each).against(learned.workspace.settings.automations)
        if each.state is State.ACTIVE and against:
            await learned.store.put(replace(each, state=State.DISABLED, why=against))
            told.append(f"{each.name} is disabled: {against}.")
    return told


async def _heed_undone(learned: Learned) -> None:
    """Whoever took it back: an editor, or a terminal."""
    executions = await learned.store.executions()
    open_ = {each.entry: each for each in executions if each.entry and not each.undone}
    if not open_:
        return
    records = await asyncio.to_thread(entries, learned.workspace.journal)
    for record in records:
        if record.undone and record.id in open_:
            await learned.store.undone(record.id)
            id_ = open_[record.id].automation
            await learned.store.answer(learned.clock(), id_, Answer.UNDONE)
    await learned.load()


async def _look_at_scripts(learned: Learned) -> list[str]:
    """A script that was edited is tried again before it is offered; one that somebody else wrote is
    taken note of. Nothing of a workspace runs that is not trusted."""
    if not learned.workspace.trusted:
        return []
    changed = [await asyncio.to_thread(learned.unknown)]
    for automation in learned.automations:
        if automation.state is State.ACTIVE and await learned.runs.is_edited(automation):
            await learned.store.answer(learned.clock(), automation.id, Answer.EDITED)
            changed.append([automation])
    told = []
    for automation in [each for some in changed for each in some][:_MOST_TRIED]:
        tested = await learned.test(automation)
        told.append(f"{tested.name} was tried: {tested.why or tested.told}.")
    return told
