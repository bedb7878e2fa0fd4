"""What follows from a workflow's graph: its critical path, what could run at once, what it is worth
in points. Pure."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from .course import Course, course, ends
from .definitions.make import made
from .definitions.script_calls import called
from .graph import Needs, reached
from .model import Issue, Job, Kind, Machine, Timing, Workflow
from .repeats import repeats
from .score import Score, score, usage
from .shell import commands, key, program
from .timed import TASK, Seen, Timings, every, ran


class Analysis(NamedTuple):
    """``unit``: of ``path``, seconds where all of them are known, else steps. ``unreached``: what
    nothing reaches that is known here. ``score``: None where there was nothing to read. ``seen``:
    how often its jobs were seen to be run; ``took``: the seconds of a job with all that it needs
    and calls, where that is known."""

    workflow: Workflow
    unit: str
    path: Course
    issues: tuple[Issue, ...]
    score: Score | None
    seen: Mapping[str, Timing]
    took: Mapping[str, float]
    unreached: tuple[str, ...] = ()


def analyse(
    workflows: Sequence[Workflow], seen: Seen, machine: Machine | None = None
) -> list[Analysis]:
    """Each of them; what one calls in another is not dead there. ``machine``: on which it was
    seen."""
    invoked = [frozenset(_invoked(each)) for each in workflows]
    count = Counter(each for those in invoked for each in those)
    return [
        _one(each, seen, machine, {name for name in count if count[name] > (name in own)})
        for each, own in zip(workflows, invoked, strict=True)
    ]


def _one(
    workflow: Workflow, seen: Seen, machine: Machine | None, used: AbstractSet[tuple[Kind, str]]
) -> Analysis:
    needs: Needs = {each.name: (*each.needs, *each.calls) for each in workflow.jobs}
    times = _times(workflow, seen.timings)
    took = {
        each.name: seconds
        for each in workflow.jobs
        if (seconds := _seconds(each, times.get(each.name), seen.timings)) is not None
    }
    is_timed = bool(took) and len(took) == len(workflow.jobs)
    path = course(workflow.jobs, took if is_timed else _steps(workflow))
    entries = [each.name for each in workflow.jobs if each.is_entry or each.name in times]
    entries += [each.name for each in workflow.jobs if (workflow.kind, each.name) in used]
    alive = reached(needs, entries)
    every = (*workflow.issues, *repeats(workflow))
    issues = tuple(each for each in every if each.rule != "dead" or _is_dead(each, alive, seen))
    rate = sum(each.good for each in times.values()), sum(each.judged for each in times.values())
    taken = usage([*times.values(), *_parts(workflow, seen.timings)], machine)
    is_read = bool(workflow.jobs) or not workflow.problems
    in_order = path if workflow.in_order else None
    points = score(issues, rate, in_order, taken) if is_read else None
    unreached = tuple(name for name in needs if name not in alive)
    unit = "seconds" if is_timed else "steps"
    whole = ends(workflow.jobs, took)
    return Analysis(workflow, unit, path, issues, points, times, whole, unreached)


def _is_dead(issue: Issue, alive: frozenset[str], seen: Seen) -> bool:
    """Whether nobody runs it is known only where it was seen what they run."""
    return seen.is_told and issue.subject not in alive


def _steps(workflow: Workflow) -> dict[str, float]:
    """What each job itself takes."""
    counts = {each.name: len(each.steps) - len(each.calls) for each in workflow.jobs}
    return {name: float(max(1, count)) for name, count in counts.items()}


def _seconds(job: Job, timing: Timing | None, timings: Timings) -> float | None:
    """Of the job by itself. A run of it that was seen tells that only where it runs nothing else
    before or within."""
    alone = not (job.needs or job.calls)
    if timing is not None and (alone or job.invocation.startswith(TASK)):
        return timing.seconds
    if not job.steps and alone:
        return None
    took = 0.0
    for step in job.steps:
        if step.calls:
            continue
        known = None
        if step.command and step.folder is not None:
            known = every(step.command, step.folder, timings)
        if known is None:
            return None
        took += sum(each.seconds for each in known)
    return took


def _parts(workflow: Workflow, timings: Timings) -> Iterator[Timing]:
    """What is known of the single commands in its steps."""
    steps = [step for job in workflow.jobs for step in job.steps]
    for folder, command in ((each.folder, each.command) for each in steps):
        for words in commands(command) if folder is not None else ():
            if folder is not None and (timing := timings.get((folder, ran(words)))) is not None:
                yield timing


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
