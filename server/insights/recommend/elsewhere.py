"""What changes of workflows that run on GitHub are to gain: those runs are not seen from here, but
the same commands may be, and what is pushed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ..workflows.analysis import Analysis
from ..workflows.course import course
from ..workflows.graph import known, reached
from ..workflows.lived.pushes import Pushes
from ..workflows.model import Issue, Job
from ..workflows.shell import commands, installs
from ..workflows.timed import Command, Timings, every, one
from .model import Gain, Told, span
from .told import seen

_HERE = "as it takes here"
_OF_MACHINES = f"of the machines that run it, {_HERE}"
_ELSEWHERE = "its runs are on GitHub, and none is seen from here"
_HANGS = "how often a job hangs is not seen from here"
_NO_PUSH = "no push that starts it is known here"


class _Here(NamedTuple):
    analysis: Analysis
    issue: Issue
    timings: Timings
    pushes: Pushes

    @property
    def by_name(self) -> Mapping[str, Job]:
        return self.analysis.workflow.by_name


def expected(analysis: Analysis, issue: Issue, timings: Timings, pushes: Pushes) -> Told:
    """Between nothing and what it takes here, as often as a push from here starts it."""
    rule = _RULES.get(issue.rule)
    if rule is None:
        return Told(unknown=_HANGS if issue.rule == "no-timeout" else _ELSEWHERE)
    return rule(_Here(analysis, issue, timings, pushes))


def _uncached(here: _Here) -> Told:
    name, _, manager = here.issue.subject.rpartition(" ")
    return _again(here, name, lambda words: installs(words) == manager)


def _twice(here: _Here) -> Told:
    name, _, what = here.issue.subject.partition(" ")
    return _again(here, name, lambda words: " ".join(words)[:60] == what)


def _again(here: _Here, name: str, fits: Callable[[tuple[str, ...]], bool]) -> Told:
    """What a command of a job takes, in each run."""
    job = here.by_name.get(name)
    for step in job.steps if job else ():
        for words in filter(fits, commands(step.command)):
            known = one(words, step.folder, here.timings) if step.folder is not None else None
            if known is None:
                return Told(unknown=f"no run of `{' '.join(words)[:60]}` was seen here")
            return _each_push(here, known.seconds, seen([known]))
    return Told(unknown=_ELSEWHERE)


def _needless(here: _Here) -> Told:
    """What all of it takes as it is and if the job began at once."""
    name, jobs = here.issue.subject, here.by_name
    needs = known({each.name: each.needs for each in jobs.values()})
    if name not in jobs:
        return Told(unknown=_ELSEWHERE)
    within = [jobs[each] for each in jobs if each in reached(needs, [name])]
    found = {each.name: _commands(each, here.timings) for each in within}
    costs: dict[str, float] = {}
    for job, those in found.items():
        if those is None:
            return Told(unknown=f"not all that {job} runs was seen here")
        costs[job] = sum(each.seconds for each in those)
    before = course(within, costs).cost
    after = max(costs[name], course([e for e in within if e.name != name], costs).cost)
    why = seen(each for those in found.values() for each in those or ())
    return _each_push(here, max(0.0, before - after), why)


def _stale(here: _Here) -> Told:
    """What was left of a run when the next push to the branch came."""
    found = [_commands(job, here.timings) for job in here.by_name.values()]
    costs = {
        job.name: sum(each.seconds for each in those)
        for job, those in zip(here.by_name.values(), found, strict=True)
        if those
    }
    if not costs:
        return Told(unknown="none of its jobs was seen here with all that it runs")
    if not here.pushes.every:
        return Told(unknown=_NO_PUSH)
    takes = course(here.by_name.values(), costs).cost
    count, left = here.pushes.overlap(takes)
    told = (
        f"{count} of {_pushes(here.pushes, len(here.pushes.every))} came to a branch within"
        f" {span(takes, takes)} of the one before, which is what its commands take here"
    )
    why = seen(each for those in found for each in those or ())
    return Told(Gain(0.0, left / here.pushes.weeks), (*why, told), basis=_OF_MACHINES)


_RULES: Mapping[str, Callable[[_Here], Told]] = {
    "no-cache": _uncached,
    "duplicate-step": _twice,
    "needless-need": _needless,
    "no-concurrency": _stale,
}


def _each_push(here: _Here, seconds: float, why: Sequence[str]) -> Told:
    patterns = here.analysis.workflow.pushed
    count = here.pushes.to(patterns)
    if not patterns or not count:
        return Told(why=tuple(why), unknown=_NO_PUSH if patterns else "no push starts it")
    told = f"{_pushes(here.pushes, count)} from here could start it"
    return Told(Gain(0.0, seconds * count / here.pushes.weeks), (*why, told), basis=_HERE)


def _commands(job: Job, timings: Timings) -> list[Command] | None:
    """All that it runs; None where it runs nothing, or what was not seen here. What is done by
    named actions is left out: it takes longer than that."""
    found: list[Command] = []
    for step in job.steps:
        if not step.command:
            continue
        if step.folder is None or (own := every(step.command, step.folder, timings)) is None:
            return None
        found += own
    return found or None


def _pushes(pushes: Pushes, count: int) -> str:
    weeks = round(pushes.weeks)
    return f"{count} push{'es' * (count != 1)} of {weeks} week{'s' * (weeks != 1)}"
