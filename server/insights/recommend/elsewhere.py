"""What changes of workflows that run on GitHub are to gain: those runs are not seen from here, but
the same commands may be, and what is pushed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..workflows.analysis import Analysis
from ..workflows.course import course, ends
from ..workflows.lived.pushes import Pushes
from ..workflows.model import Issue, Job
from ..workflows.shell import commands, excerpt, installs
from ..workflows.timed import Command, Timings, every, one
from .model import Gain, Told, span
from .told import seen

_HERE = "as it takes here"
_OF_MACHINES = f"of the machines that run it, {_HERE}"
_ELSEWHERE = "its runs are on GitHub, and none is seen from here"
_HANGS = "how often a job hangs is not seen from here"
_NO_PUSH = "no push that starts it is known here"


class Elsewhere:
    """What is known here of a workflow that runs there."""

    def __init__(self, analysis: Analysis, timings: Timings, pushes: Pushes) -> None:
        self._timings = timings
        self._pushes = pushes
        self._pushed = analysis.workflow.pushed
        self._count = pushes.to(self._pushed)
        self._jobs = analysis.workflow.by_name
        self._commands = {n: _commands(job, timings) for n, job in self._jobs.items()}
        self._costs = {n: sum(e.seconds for e in c) for n, c in self._commands.items() if c}
        self._ends = ends(self._jobs.values(), self._costs)

    def told(self, issue: Issue) -> Told:
        """Between nothing and what it takes here, as often as a push from here starts it."""
        name, _, what = issue.subject.partition(" ")
        match issue.rule:
            case "no-cache":
                name, _, manager = issue.subject.rpartition(" ")
                return self._again(name, lambda words: installs(words) == manager)
            case "duplicate-step":
                return self._again(name, lambda words: " ".join(words)[:60] == what)
            case "needless-need":
                return self._needless(issue.subject)
            case "no-concurrency":
                return self._stale()
        return Told(unknown=_HANGS if issue.rule == "no-timeout" else _ELSEWHERE)

    def _again(self, name: str, fits: Callable[[tuple[str, ...]], bool]) -> Told:
        """What a command of a job takes, in each run."""
        job = self._jobs.get(name)
        for step in job.steps if job else ():
            for words in filter(fits, commands(step.command)):
                known = one(words, step.folder, self._timings) if step.folder is not None else None
                if known is None:
                    return Told(unknown=f"no run of `{excerpt(' '.join(words))}` was seen here")
                return self._each_push(known.seconds, seen([known]))
        return Told(unknown=_ELSEWHERE)

    def _needless(self, name: str) -> Told:
        """What it takes until the job ends, as it is and if it began at once."""
        job = self._jobs.get(name)
        if job is None:
            return Told(unknown=_ELSEWHERE)
        those = [each for each in (name, *job.needs) if each in self._jobs]
        if unknown := next((each for each in those if each not in self._ends), None):
            return Told(unknown=f"not all that {unknown} runs or needs was seen here")
        before = max((self._ends[each] for each in those[1:]), default=0.0)
        spared = self._ends[name] - max(self._costs[name], before)
        why = seen(known for each in those for known in self._commands[each] or ())
        return self._each_push(spared, why)

    def _stale(self) -> Told:
        """What was left of a run when the next push to the branch came."""
        if not self._costs:
            return Told(unknown="none of its jobs was seen here with all that it runs")
        if not self._pushes.every:
            return Told(unknown=_NO_PUSH)
        takes = course(self._jobs.values(), self._costs).cost
        count, left = self._pushes.overlap(takes)
        told = (
            f"{count} of {_pushes(self._pushes, len(self._pushes.every))} came to a branch within"
            f" {span(takes, takes)} of the one before, which is what its commands take here"
        )
        why = seen(known for those in self._commands.values() for known in those or ())
        return Told(Gain(0.0, left / self._pushes.weeks), (*why, told), basis=_OF_MACHINES)

    def _each_push(self, seconds: float, why: Sequence[str]) -> Told:
        if not self._pushed or not self._count:
            unknown = _NO_PUSH if self._pushed else "no push starts it"
            return Told(why=tuple(why), unknown=unknown)
        told = f"{_pushes(self._pushes, self._count)} from here could start it"
        a_week = self._count / self._pushes.weeks
        return Told(Gain(0.0, seconds * a_week), (*why, told), basis=_HERE)


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
