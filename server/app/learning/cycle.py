"""The cycle: what repeats is found, made into automations and tried; what runs is reviewed."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

from ... import spans
from ...automations import life
from ...automations.mining.budget import Budget
from ...automations.pattern import Pattern
from ...store.automations import Answer, Automation, State
from .alone import PATIENCE_SECONDS, alone
from .learned import Learned
from .looking import look, new, templates

if TYPE_CHECKING:
    from ...automations.generate import Templates

log = logging.getLogger(__name__)

FILES = "file_operations"
"""The template of what works on files alone."""
_MOST_TRIED = 3
"""In one cycle: each takes a second or so of the machine."""


async def cycle(learned: Learned, *, wait: bool = False) -> list[str]:
    """What was done, in sentences. Where another cycle is under way in the folder, whoever's it is,
    nothing is done; ``wait``: it is waited for. Raises OSError, sqlite3.Error."""
    if not learned.workspace.settings.automations.enabled:
        return []
    async with alone(learned.workspace.state, PATIENCE_SECONDS if wait else 0.0) as is_alone:
        if is_alone:
            return await _cycle(learned)
    root = learned.workspace.root
    return [f"{root} is being looked through already: try again later."] if wait else []


@spans.timed("learning")
async def _cycle(learned: Learned) -> list[str]:
    await learned.watching.look_at_git()
    budget = await look(learned)
    told = await _review(learned)
    if not learned.workspace.trusted:  # nothing of it runs
        return [*told, *_why_nothing(learned)]
    told += [*await _look_at_scripts(learned), *await _draft_new(learned)]
    await learned.load()
    told += await _offer(learned, budget)
    await learned.load()
    return told


def _why_nothing(learned: Learned) -> list[str]:
    if not new(learned, learned.patterns):
        return []
    root = learned.workspace.root
    return [
        f"{root} is not trusted: nothing is made of what repeats there before `understudy trust`."
    ]


async def _draft_new(learned: Learned) -> list[str]:
    """Of what nothing was made of yet; what came of it."""
    able = new(learned, learned.patterns)[:_MOST_TRIED]
    if not able:
        return []
    ours = await templates(learned)
    return [await _draft(learned, each, ours) for each in able]


async def _draft(learned: Learned, pattern: Pattern, ours: Templates) -> str:
    """Make and try one; what came of it. A task has its name before it."""
    taken = {each.name for each in learned.automations} | learned.workspace.settings.tasks.names
    where = learned.runs.drafts, learned.clock(), taken

    def drafted() -> Automation:
        from .drafts import drafted

        return drafted(pattern, ours, *where)

    try:
        automation = await asyncio.to_thread(drafted)
    except ValueError as error:  # a template of its user's own, and it was otherwise just before
        return f"No script can be made of “{pattern.title}”: {error}"
    if not await learned.store.put(automation):
        return f"{automation.name} is there already."
    return await _try(learned, automation)


async def _try(learned: Learned, automation: Automation) -> str:
    """What came of it. That one was edited is an answer once a trial has settled what it is."""
    try:
        async with spans.span("trial"):
            tested = await learned.test(automation)
    except sqlite3.Error:
        raise
    except Exception as error:  # one that goes wrong must not keep the others from being tried
        log.exception("%s could not be tried", automation.name)
        await learned.store.put(replace(automation, attempted=learned.clock()), automation)
        await learned.load()
        return f"{automation.name} could not be tried: {error}."
    if automation.state is State.ACTIVE and tested.script != automation.script:
        await learned.store.answer(learned.clock(), automation.id, Answer.EDITED)
    return f"{tested.name} was tried: {tested.why or tested.told}."


async def _offer(learned: Learned, budget: Budget) -> list[str]:
    """Those that came through their trial, as many as the budget has; what was only asked there
    what it would do, after the others. How sure the scores of what works on files alone are, and
    those of the others, is two things."""
    settings, told = learned.workspace.settings.automations, []
    for each in sorted(learned.automations, key=lambda each: each.is_asked):
        able = each.state is State.TRIED and not each.why and each.score >= settings.min_score
        sure = settings.min_score if each.template == FILES else settings.preferred_score
        if able and budget.take(each.score, sure):
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
    known = [each for each in learned.automations if each.state in life.TRIED]
    changed = [each for each in learned.automations if each.is_untried]
    changed += await learned.runs.edited(known)
    changed.sort(key=lambda each: each.attempted)
    return [await _try(learned, each) for each in changed[:_MOST_TRIED]]
