"""What follows from a workflow's graph: its critical path, what could run at once, what it is worth
in points. Pure."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from .definitions.make import made
from .definitions.scripts import called
from .graph import Needs, Way, levels, longest, reached
from .model import Issue, Job, Kind, Timing, Workflow
from .repeats import repeats
from .score import Score, score
from .shell import commands, key, program

TASK = "understudy run "

Timings = Mapping[tuple[str, str], Timing]
"""By the folder below the workspace, and what was run there as ``lived.runs.ran`` has it."""


class Analysis(NamedTuple):
    """``unit``: of ``path`` and ``total``, seconds where all of them are known, else steps.
    ``total``: one after another; ``wide``: so many jobs could run at once. ``unreached``: what
    nothing reaches that is known here. ``runs``: how often its jobs were seen to be run."""

    workflow: Workflow
    unit: str
    path: Way
    total: float
    wide: int
    issues: tuple[Issue, ...]
    score: Score
    seen: Mapping[str, Timing]
    unreached: tuple[str, ...] = ()

    @property
    def spared(self) -> float:
        """What running at once all that can would spare, in ``unit``."""
        return max(0.0, self.total - self.path.cost)


class Seen(NamedTuple):
    """What is known of runs. ``is_told``: whether enough commands were remembered to say that
    something was never run."""

    timings: Timings
    is_told: bool = False


NOTHING = Seen({})


def analyse(workflows: Sequence[Workflow], seen: Seen) -> list[Analysis]:
    """Each of them; what one calls in another is not dead there."""
    invoked = [frozenset(_invoked(each)) for each in workflows]
    count = Counter(each for those in invoked for each in those)
    return [
        _one(each, seen, {name for name in count if count[name] > (name in own)})
        for each, own in zip(workflows, invoked, strict=True)
    ]


def _one(workflow: Workflow, seen: Seen, used: AbstractSet[tuple[Kind, str]]) -> Analysis:
    needs: Needs = {each.name: (*each.needs, *each.calls) for each in workflow.jobs}
    times = _times(workflow, seen.timings)
    cost, unit = _cost(workflow, times, seen.timings)
    entries = [each.name for each in workflow.jobs if each.is_entry or each.name in times]
    entries += [each.name for each in workflow.jobs if (workflow.kind, each.name) in used]
    alive = reached(needs, entries)
    every = (*workflow.issues, *repeats(workflow))
    issues = tuple(each for each in every if each.rule != "dead" or _is_dead(each, alive, seen))
    path = longest(needs, cost)
    within = {each: needs[each] for each in reached(needs, path.names[-1:])}
    total = sum(cost.get(name, 0.0) for name in within) if path.names else 0.0
    rate = sum(each.good for each in times.values()), sum(each.judged for each in times.values())
    points = score(issues, rate, path.cost, total if workflow.in_order else path.cost)
    unreached = tuple(name for name in needs if name not in alive)
    wide = levels(within)
    return Analysis(workflow, unit, path, total, wide, issues, points, times, unreached)


def _is_dead(issue: Issue, alive: frozenset[str], seen: Seen) -> bool:
    """Whether nobody runs it is known only where it was seen what they run."""
    return seen.is_told and issue.subject not in alive


def _cost(
    workflow: Workflow, times: Mapping[str, Timing], timings: Timings
) -> tuple[dict[str, float], str]:
    """What each job itself takes: in seconds where that is known of all, else in steps."""
    seconds = {each.name: _seconds(each, times.get(each.name), timings) for each in workflow.jobs}
    known = {name: took for name, took in seconds.items() if took is not None}
    if known and len(known) == len(seconds):
        return known, "seconds"
    steps = {each.name: max(1, len(each.steps) - len(each.calls)) for each in workflow.jobs}
    return {name: float(count) for name, count in steps.items()}, "steps"


def _seconds(job: Job, timing: Timing | None, timings: Timings) -> float | None:
    """A run of it that was seen tells that only where it runs nothing else before or within."""
    alone = not (job.needs or job.calls)
    if timing is not None and (alone or job.invocation.startswith(TASK)):
        return timing.seconds
    if job.calls:
        return None
    took = [timings.get(("", each.key)) for each in job.steps]
    if any(each is None for each in took) or (not took and alone):
        return None
    return sum(each.seconds for each in took if each)


def _times(workflow: Workflow, timings: Timings) -> dict[str, Timing]:
    """What was seen of runs of its jobs, by name."""
    folder = "" if workflow.kind is Kind.TASKS else posixpath.dirname(workflow.path)
    found = {each.name: timings.get((folder, key(each.invocation))) for each in workflow.jobs}
    return {name: timing for name, timing in found.items() if timing is not None}


def _invoked(workflow: Workflow) -> Iterator[tuple[Kind, str]]:
    """What its steps call in workflows of other kinds, by name."""
    for job in workflow.jobs:
        for step in job.steps:
            for words in commands(step.command):
                yield from _called(program(words))


def _called(words: tuple[str, ...]) -> Iterator[tuple[Kind, str]]:
    for name in _targets(words):
        yield Kind.MAKE, name
    for name in called(words, {}):
        yield Kind.SCRIPTS, name
    for option, kind in (("-e", Kind.TOX), ("-s", Kind.NOX), ("--session", Kind.NOX)):
        if words and words[0] in ("tox", "nox") and option in words[:-1]:
            for name in words[words.index(option) + 1].split(","):
                yield kind, name


def _targets(words: tuple[str, ...]) -> Sequence[str]:
    """Also of a makefile in another folder: the name is enough not to call it dead."""
    if "-C" in words[:-1]:
        at = words.index("-C")
        words = (*words[:at], *words[at + 2 :])
    return made(words)
