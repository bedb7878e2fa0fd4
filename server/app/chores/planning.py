"""What the rules and channels of a workspace come to, for a person who wants to know or try it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from ...notifications import routing
from ...notifications.base import Event as Told
from ...notifications.base import Level
from ...notifications.templates import compose
from ...runner import forecast
from ...runner.graph import Plan, needs_of
from ...runner.scheduler import nodes_of
from ...runner.task import Task
from ...store.job_rows import DONE, MANUAL
from ...triggers.changes import Changes
from ...triggers.rules import Event, On, describe, explain, schedules
from ...triggers.schedule import Mark, next_due, settle
from ...triggers.watch import watch
from ..folder.rules import rules_of as trigger_rules
from ..notices.notices import DELIVER, parameters_of, policy_of, rules_of
from .service import Service

IN_A_TERMINAL = (MANUAL, "on the command line")
"""The cause of what a person asks for there."""


class Kind(NamedTuple):
    """A task that can be asked for. ``seconds``: what it takes; None: that is not known yet."""

    task: Task
    needs: tuple[str, ...]
    seconds: float | None


async def kinds_of(service: Service) -> list[Kind]:
    """The tasks of a workspace, as people are offered them."""
    engine = service.engine
    shown = [task for task in engine.tasks.values() if not task.hidden]
    known = await forecast.typical(engine.history, [task.name for task in shown])
    nodes = nodes_of(engine.tasks)
    return [
        Kind(
            task,
            needs_of(nodes, task.name),
            round(known[task.name].seconds, 3) if task.name in known else None,
        )
        for task in shown
    ]


async def took(service: Service, jobs: Mapping[str, int]) -> Plan:
    """What the jobs of one run, by their tasks, came to."""
    return await forecast.took(service.engine.history, jobs)


class NextRun(NamedTuple):
    """``at``: seconds since the epoch; 0 when it depends on activity."""

    at: float
    rule: str
    when: str
    tasks: tuple[str, ...]


async def next_runs(service: Service) -> list[NextRun]:
    """What the clock starts, the soonest first, and the automations that saves start."""
    found = trigger_rules(service.settings, service.engine.tasks)
    kept = await service.engine.history.marks()
    marks = {rule: Mark(*json.loads(mark)) for rule, mark in kept.items()}
    now = time.time()
    runs = []
    for rule in found.rules:
        if plan := schedules([rule]):
            own = settle(plan, {k: v for k, v in marks.items() if k in plan}, now)
            at = next_due(plan, own, now)
            runs.append(
                NextRun(0.0 if at == float("inf") else at, rule.name, describe(rule), rule.tasks)
            )
    for rule, against in await service.chores.automated.on_save():
        held = f"; not now: {against}" if against else ""
        runs.append(NextRun(0.0, rule.name, f"{describe(rule)} in an editor{held}", rule.tasks))
    return sorted(runs)


async def watch_and_explain(service: Service) -> AsyncIterator[str]:
    """Lines that tell what each change would start. Without end."""
    found = trigger_rules(service.settings, service.engine.tasks)
    settings = service.settings
    exclude = (*settings.analysis.exclude, *settings.triggers.exclude)
    async with contextlib.aclosing(watch(service.root, exclude)) as batches:
        async for batch in batches:
            if batch.notice:
                yield batch.notice
            if not batch.changes:
                yield f"Watching {service.root}."
                continue
            for path, kind in sorted(batch.changes.items())[:20]:
                yield f"{kind} {path}"
            for each in explain(found.rules, Event(On.CHANGE, batch.changes)):
                tasks = ", ".join(start.task for start in each.starts)
                would = f"would run {tasks}" if tasks else "nothing"
                yield f"  {each.rule}: {would} ({each.why})"
            for line in await on_save(service, batch.changes):
                yield line


async def on_save(service: Service, changes: Changes) -> list[str]:
    """What the automations would do if these were saved in an editor."""
    automated, told = service.chores.automated, []
    for rule, against in await automated.on_save():
        (each,) = explain([rule], Event(On.SAVE, changes))
        would, why = "nothing", against or each.why
        if each.starts and not against:
            given = await automated.given(each.starts[0])
            would = f"would run {rule.tasks[0]}" if given else "nothing"
            why = "when it is saved in an editor" if given else "what it would make is there"
        told.append(f"  {rule.name}: {would} ({why})")
    return told


async def run_notice(service: Service, severity: str, title: str, message: str) -> dict[str, str]:
    """Deliver a notice to each channel that takes it; why not, by channel, empty where it did."""
    level = Level[severity.upper()]
    facts = {"title": title, "message": message}
    notice = compose(f"try-{time.time_ns()}", Told.CUSTOM, level, facts, time.time())
    settings = service.settings
    routed = routing.submit({}, notice, rules_of(settings), policy_of(settings), 0.0)
    told: dict[str, str] = {}
    for delivery in routed.deliveries:
        cause = (MANUAL, "understudy notify")
        job = await service.engine.submit(DELIVER, parameters_of(delivery), cause=cause)
        told[delivery.channel] = await _outcome(service, job)
    return told


async def _outcome(service: Service, job: int) -> str:
    """Of the first attempt: who tries a channel does not want to wait for others."""
    while True:
        poked = service.engine.next_poke()
        record = await service.engine.jobs.get(job)
        assert record is not None
        if record.status:
            return "" if record.status == DONE else record.why
        await poked
