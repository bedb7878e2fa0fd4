"""What one run does twice, in two jobs: installs and tests, which nobody wants twice. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from .graph import reached
from .model import Issue, Kind, Step, Workflow
from .shell import commands, installs, is_test

_KINDS = frozenset({Kind.MAKE, Kind.SCRIPTS})
"""Of whose jobs several are run one after another, in one place."""
_MOST = 50_000
"""Jobs that are looked at, each as often as another runs it."""


def repeats(workflow: Workflow) -> Iterator[Issue]:
    """Each once, where it is done again."""
    if workflow.kind not in _KINDS:
        return
    dear = {job.name: steps for job in workflow.jobs if (steps := [*filter(_is_dear, job.steps)])}
    if len(dear) < 2:
        return
    needs = {each.name: (*each.needs, *each.calls) for each in workflow.jobs}
    waited = {each for its in needs.values() for each in its}
    told: set[str] = set()
    left = _MOST
    for last in [each for each in workflow.jobs if each.name not in waited]:
        run = reached(needs, [last.name])
        left -= len(run)
        if left < 0:
            return
        seen: dict[str, Step] = {}
        owner: dict[str, str] = {}
        for name in filter(run.__contains__, dear):
            for step in dear[name]:
                first = seen.setdefault(step.key, step)
                before = owner.setdefault(step.key, name)
                if before != name and step.key not in told:
                    told.add(step.key)
                    text = f"{last.name} runs `{step.title}` twice: in {before} and in {name}."
                    evidence = (f"the first one is at {first.place}",)
                    yield Issue("duplicate-step", step.place, step.key, text, evidence)


def _is_dear(step: Step) -> bool:
    return any(installs(words) or is_test(words) for words in commands(step.command))
