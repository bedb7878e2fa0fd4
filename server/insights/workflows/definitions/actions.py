"""GitHub Actions: ``.github/workflows/*.yml``, and the actions of the repository itself."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Around, Job, Kind, Place, Problem, Step, Workflow, unique
from ..shell import key
from ..tree import Value, read
from . import actions_issues

_MOST_TIMES = 256
"""GitHub allows no more jobs of a matrix."""


def workflow(path: str, text: str, around: Around) -> Workflow:
    """What can be understood of it, and what is wrong with the rest."""
    root, flaws = read(text)
    problems = [Problem(Place(path, each.line), each.text) for each in flaws]
    named = path.rpartition("/")[2]
    if root is None or not root.is_mapping:
        if not problems:
            problems.append(Problem(Place(path, 1), "It is empty, or no group of keys."))
        return Workflow(Kind.ACTIONS, named, path, problems=tuple(problems))
    jobs = tuple(_jobs(path, root, problems))
    found = actions_issues.issues(path, root, around)
    name = root.said("name") or named
    return Workflow(Kind.ACTIONS, name, path, jobs, tuple(problems), tuple(found))


def _jobs(path: str, root: Value, problems: list[Problem]) -> Iterator[Job]:
    jobs = root.at("jobs")
    if jobs is None or not jobs.is_mapping:
        problems.append(Problem(Place(path, root.line_of("jobs")), "It has no jobs."))
        return
    for name, (at, value) in jobs.keys.items():
        place = Place(path, at.start.line + 1)
        if not value.is_mapping:
            problems.append(Problem(place, f"The job {name} is no group of keys."))
            continue
        needs = unique([each.text or "" for each in value.listed("needs")])
        steps = tuple(_step(path, each) for each in value.listed("steps") if each.is_mapping)
        if called := value.said("uses"):
            steps = (Step(called, place, uses=called),)
        yield Job(name, place, needs, steps=steps, times=_times(value), is_entry=True)


def _step(path: str, value: Value) -> Step:
    command, uses = value.said("run"), value.said("uses")
    first = next((line.strip() for line in command.splitlines() if line.strip()), "")
    name = value.said("name") or uses or first or "step"
    return Step(name, Place(path, value.line), command, uses, key(command) if command else uses)


def _times(job: Value) -> int:
    """Of a matrix that is written out; what only a run knows counts once."""
    matrix = job.at("strategy", "matrix")
    if matrix is None or not matrix.is_mapping:
        return 1
    times = 1
    for name, (_, axis) in matrix.keys.items():
        if name not in ("include", "exclude") and axis.is_list:
            times *= max(1, len(axis.items))
    axes = [name for name in matrix.keys if name not in ("include", "exclude")]
    more = len(matrix.listed("include")) if not axes else 0
    return min(_MOST_TIMES, max(1, times - len(matrix.listed("exclude")), more))
