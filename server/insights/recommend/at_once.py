"""What is run one after another and could run at once: tasks that do it, and what that is to gain.
Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from ..workflows.analysis import Analysis
from ..workflows.definitions.script_calls import called
from ..workflows.lived.effects import measure
from ..workflows.model import Issue, Kind, Timing, Workflow
from ..workflows.shell import Words, commands, excerpt
from ..workflows.timed import Timings, every
from .model import Gain, Setting, Told, span
from .told import seen

_UNSEEN = "no run of it was seen here so far"
_UNKNOWN = "how much time it would spare is not known"
_UNTIMED = "how long it takes was not seen here"
_SPARING = frozenset({"in-sequence", "duplicate-step"})
_NO_NAME = re.compile(r"[^\w.-]+", re.ASCII)
_NOTHING = ("true",)
"""The command of a task that only needs others."""


# ── what does it ────────────────────────────────────────────────────────────────────────────────


def task(workflow: Workflow, issue: Issue) -> Setting | None:
    """The tasks that run at once what a job runs one after another; None where none could."""
    if not issue.turns:
        return None
    name = f"{_name(issue.subject)}-at-once"
    folder = posixpath.dirname(workflow.path)
    if workflow.kind is Kind.MAKE:  # which knows best what it has made already
        targets = [words[-1] for words in issue.turns[0]]
        tasks = {name: ("make", f"-j{len(targets)}", *targets)}
        needs: dict[str, Sequence[str]] = {}
    else:
        tasks, needs = _graph(name, issue)
    values = {
        each: {
            "command": [*command],
            **({"cwd": folder} if folder and command != _NOTHING else {}),
            **({"needs": [*needs[each]]} if needs.get(each) else {}),
        }
        for each, command in tasks.items()
    }
    *others, _ = tasks
    told = f" and what it needs: {', '.join(others)}" if others else f": {' '.join(tasks[name])}"
    return Setting(("tasks", "custom"), values, f"Add the task {name}{told}")


def _graph(name: str, issue: Issue) -> tuple[dict[str, Words], dict[str, Sequence[str]]]:
    """A task for each command, which needs those of the turn before, the last of all under
    ``name``."""
    tasks: dict[str, Words] = {}
    needs: dict[str, Sequence[str]] = {}
    before: list[str] = []
    turns = issue.turns if len(issue.turns[-1]) == 1 else (*issue.turns, (_NOTHING,))
    for number, turn in enumerate(turns, 1):
        now = []
        for command in turn:
            own = name if number == len(turns) else _free(_of(issue.subject, command), tasks)
            tasks[own], needs[own] = command, before
            now.append(own)
        before = now
    return tasks, needs


def _of(subject: str, command: Words) -> str:
    """``ci-lint`` of ``npm run lint``, ``ci-tsc`` of ``npm exec -c "tsc --noEmit"``."""
    scripts = called(command, {})
    word = scripts[0] if scripts else next((w[0] for w in commands(command[-1])), "step")
    return f"{_name(subject)}-{_name(word)}"


def _free(name: str, taken: dict[str, Words]) -> str:
    names: Iterator[str] = (f"{name}{'' if n == 1 else f'-{n}'}" for n in range(1, len(taken) + 2))
    return next(each for each in names if each not in taken)


def _name(text: str) -> str:
    return _NO_NAME.sub("-", text).strip("-") or "script"


# ── what it is to gain ──────────────────────────────────────────────────────────────────────────


class Local:
    """What is known of the runs of a workflow's jobs here."""

    def __init__(self, analysis: Analysis, timings: Timings) -> None:
        self._analysis = analysis
        self._timings = timings
        self._by_name = analysis.workflow.by_name
        self._folder = posixpath.dirname(analysis.workflow.path)

    def measure(self, issue: Issue) -> str:
        """What is measured before and after; empty where nothing is."""
        job = self._by_name.get(issue.subject.partition(" ")[0])
        of_tasks = self._analysis.workflow.kind is Kind.TASKS
        if issue.rule not in _SPARING or job is None or of_tasks:
            return ""
        does_it = task(self._analysis.workflow, issue)
        name = [*does_it.value][-1] if does_it and isinstance(does_it.value, dict) else ""
        return measure(self._folder, job.invocation, name)

    def told(self, issue: Issue) -> Told:
        """Between nothing and all that is spared, as often as it was run here."""
        if issue.rule not in _SPARING:
            return Told(unknown=_UNKNOWN)
        name = issue.subject.partition(" ")[0]
        timing, job = self._analysis.seen.get(name), self._by_name.get(name)
        if timing is None or not timing.a_week or job is None:
            return Told(unknown=_UNSEEN)
        if issue.rule == "in-sequence":
            told = self._at_once(issue, timing)
        elif len(job.steps) > 1 and timing.seconds is not None:
            told = Told(Gain(0.0, timing.seconds / 2))  # it cannot take more, as it is done twice
        else:
            told = Told(unknown=_UNTIMED)
        if told.gain is None or told.gain.high * timing.a_week < 1:
            return Told(unknown=told.unknown or "it takes less than a second a week")
        return Told(Gain(0.0, told.gain.high * timing.a_week), told.why)

    def _at_once(self, issue: Issue, timing: Timing) -> Told:
        """In one run: all but the longest of each turn. Where not all is known, of so many at once
        at least one share of the whole is left."""
        together = [[*map(self._takes, turn)] for turn in issue.turns if len(turn) > 1]
        took = [[each[0] for each in turn if each is not None] for turn in together]
        whole = timing.seconds
        if all(len(a) == len(b) for a, b in zip(took, together, strict=True)):
            most = sum(sum(turn) - max(turn) for turn in took)
            why = tuple(line for turn in together for each in turn if each for line in each[1])
            return Told(Gain(0.0, most if whole is None else min(most, whole)), why)
        if whole is None:
            return Told(unknown=_UNTIMED)
        return Told(Gain(0.0, whole * (1 - 1 / max(map(len, together)))))

    def _takes(self, words: Words) -> tuple[float, tuple[str, ...]] | None:
        """The seconds of a command and where they are known from: it was run, or what it runs
        was."""
        text = words[-1] if words[:3] == ("npm", "exec", "-c") else " ".join(words)
        if (known := every(text, self._folder, self._timings)) is not None:
            return sum(each.seconds for each in known), seen(known)
        name, *_ = called(words, {}) or words[1:]
        if (cost := self._analysis.took.get(name)) is None:
            return None
        return cost, (
            f"`{excerpt(' '.join(words))}` takes {span(cost, cost)} here, by what it runs",
        )
