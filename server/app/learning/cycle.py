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
from ...store.activity import Activity
from ...store.automations import Answer, Automation, State
from . import drafts
from .learned import Learned

log = logging.getLogger(__name__)

_MOST_MINED = 50_000
"""Of the last activities: seconds of one processor, and some 100 MB."""
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
    activities = await learned.log.all(most=_MOST_MINED)
    learned.patterns = await mined(learned, activities)
    budgets = _budgets(learned, activities)
    told = await _review(learned)
    if not learned.workspace.trusted:  # nothing of it runs
        return [*told, *_why_nothing(learned)]
    told += [*await _look_at_scripts(learned), *await _draft_new(learned)]
    await learned.load()
    told += await _offer(learned, budgets)
    await learned.load()
    return told


def _why_nothing(learned: Learned) -> list[str]:
    if not _new(learned):
        return []
    root = learned.workspace.root
    return [
        f"{root} is not trusted: nothing is made of what repeats there before `understudy trust`."
    ]


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
        (each.offered, each.template != FILES) for each in learned.automations if each.offered
    )
    for activity in activities:
        for budget in budgets:
            budget.task()
        while offered and offered[0][0] <= activity.at:
            budgets[offered.pop(0)[1]].take(1.0)
    for _, which in offered:
        budgets[which].take(1.0)
    return budgets


async def _draft_new(learned: Learned) -> list[str]:
    """Of what nothing was made of yet; what came of it."""
    able = _new(learned)[:_MOST_TRIED]
    if not able:
        return []
    templates, problems = await asyncio.to_thread(Templates.load, learned.templates)
    for problem in problems:
        log.warning("%s:%s: %s", problem.path, problem.line, problem.why)
    return [await _draft(learned, each, templates) for each in able]


def _new(learned: Learned) -> list[Pattern]:
    """Of which an automation can be made, and none is."""
    least = learned.workspace.settings.automations.min_score
    known = {each.id for each in learned.automations} | learned.refused
    likely = (each for each in learned.patterns if each.score >= least and not each.why_not)
    return [each for each in likely if each.id not in known]


async def _draft(learned: Learned, pattern: Pattern, templates: Templates) -> str:
    """Make and try one; what came of it."""
    try:
        automation = await asyncio.to_thread(
            drafts.drafted, pattern, templates, learned.runs.drafts, learned.clock()
        )
    except ValueError as error:
        return f"No script can be made of “{pattern.title}”: {why(error)}"
    if not await learned.store.put(automation):
        return f"{automation.name} is there already."
    return await _try(learned, automation)


async def _try(learned: Learned, automation: Automation) -> str:
    """What came of it."""
    tested = await learned.test(automation)
    return f"{tested.name} was tried: {tested.why or tested.told}."


async def _offer(learned: Learned, budgets: tuple[Budget, Budget]) -> list[str]:
    """Those that came through their trial, as many as the budget has."""
    settings, told = learned.workspace.settings.automations, []
    for each in learned.automations:
        able = each.state is State.TRIED and not each.why and each.score >= settings.min_score
        if able and budgets[each.template != FILES].take(each.score):
            changed = replace(each, state=State.OFFERED, offered=learned.clock())
            await learned.store.put(changed, each)
            told.append(f"{each.name} is offered: {each.title}.")
    return told


async def _review(learned: Learned) -> list[str]:
    """What was taken back is a no; who fails too often is disabled, and who is of the least use
    where too many are active."""
    await learned.heed_undone()
    settings, told = learned.workspace.settings.automations, []
    active = [each for each in learned.automations if each.state is State.ACTIVE]
    against = {each.id: learned.against(each) for each in active}
    good = sorted((each for each in active if not against[each.id]), key=learned.use, reverse=True)
    too_many = (
        f"it is proposed for retirement: of more than {settings.max_active} that were active"
        " (automations.maxActive) it was of the least use"
    )
    against |= {each.id: too_many for each in good[settings.max_active :]}
    for each in active:
        if why_not := against[each.id]:
            await learned.store.put(replace(each, state=State.DISABLED, why=why_not), each)
            told.append(f"{each.name} is disabled: {why_not}.")
    await learned.load()
    return told


async def _look_at_scripts(learned: Learned) -> list[str]:
    """A script that was edited is tried again before it is offered, and so is one that was not
    tried yet: somebody else wrote it, or its trial was interrupted."""
    await learned.take_note()
    changed = [each for each in learned.automations if each.state is State.GENERATED]
    for automation in learned.automations:
        if automation.state is State.ACTIVE and await learned.runs.is_edited(automation):
            await learned.store.answer(learned.clock(), automation.id, Answer.EDITED)
            changed.append(automation)
    return [await _try(learned, each) for each in changed[:_MOST_TRIED]]
