"""The task graph of the workspace itself, as the settings have it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from ....runner.graph import GraphError, Node, closure, needs_of
from ....settings.tasks import CustomTask
from ....settings.triggers import Rule
from ..graph import circle
from ..model import Issue, Job, Kind, Place, Step, Workflow, unique
from ..shell import key
from ..tree import Value, read

PATH = ".understudy/config.yaml"


def workflow(
    text: str, custom: Mapping[str, CustomTask], rules: Mapping[str, Rule]
) -> Workflow | None:
    """``text``: of the project's settings file, for the lines; None where there are no tasks of the
    user's own."""
    if not custom:
        return None
    root, _ = read(text)
    nodes = {name: Node(name, t.needs, t.inputs, t.outputs) for name, t in custom.items()}
    started = {name for rule in rules.values() for name in rule.tasks}
    jobs: list[Job] = []
    for name, task in custom.items():
        place, command = Place(PATH, _line(root, name)), shlex.join(task.command)
        entry = bool(task.when) or name in started
        steps = (Step(place, command, key=key(command), folder=task.cwd),)
        needs = unique(needs_of(nodes, name))
        jobs.append(Job(name, place, needs, (), steps, 1, entry, f"understudy run {name}"))
    issues = tuple(_issues(jobs, nodes))
    return Workflow(Kind.TASKS, "tasks", PATH, tuple(jobs), issues=issues)


def _line(root: Value | None, name: str) -> int:
    found = root.at("tasks", "custom") if root else None
    return found.line_of(name) if found else 0


def _issues(jobs: list[Job], nodes: Mapping[str, Node]) -> Iterator[Issue]:
    needs = {each.name: each.needs for each in jobs}
    places = {each.name: each.place for each in jobs}
    if round_ := circle(needs):
        text = f"These tasks need each other: {' → '.join(round_)}."
        yield Issue("cycle", places[round_[0]], " ".join(sorted(set(round_))), text)
        return
    every = {name: Node(name) for each in nodes.values() for name in each.needs} | dict(nodes)
    for job in jobs:
        try:
            closure(every, [job.name])
        except GraphError as error:
            yield Issue("missing-need", job.place, job.name, f"{job.name} cannot run: {error}.")
    seen: dict[str, Job] = {}
    for job in jobs:
        first = seen.setdefault(job.steps[0].key, job)
        if first is not job:
            text = f"The tasks {first.name} and {job.name} run the same command."
            yield Issue("duplicate-step", job.place, job.name, text)
