"""GitHub Actions: ``.github/workflows/*.yml``, and the actions of the repository itself."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from ..model import Around, Job, Kind, Place, Problem, Step, Workflow, unique
from ..shell import key
from ..tree import Value, read
from . import actions_issues

ANY = "**"
"""The pattern of all branches."""
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
    pushed = _pushed(root)
    return Workflow(Kind.ACTIONS, name, path, jobs, tuple(problems), tuple(found), pushed=pushed)


def _pushed(root: Value) -> tuple[str, ...]:
    """The patterns of branches to which a push starts it, or may: of one from which somebody has
    asked to pull. What they leave out (``!``) is counted all the same."""
    events = actions_issues.events(root)
    if "pull_request" in events or "pull_request_target" in events:
        return (ANY,)
    if "push" not in events:
        return ()
    push = root.at("on", "push")
    if push is None or not push.is_mapping or not {"branches", "tags"} & push.keys.keys():
        return (ANY,)
    return tuple(each.text for each in push.listed("branches") if each.text)


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
        own = [each for each in value.listed("steps") if each.is_mapping]
        steps = tuple(_step(path, each, (each, *_defaults(value, root))) for each in own)
        if called := value.said("uses"):
            steps = (Step(place, uses=called),)
        yield Job(name, place, needs, steps=steps, times=_times(value), is_entry=True)


def _defaults(job: Value, root: Value) -> tuple[Value, ...]:
    found = (each.at("defaults", "run") for each in (job, root))
    return tuple(each for each in found if each is not None)


def _folder(said: Iterable[Value]) -> str | None:
    """Where a step runs, as the first says that says it; None where only a run knows."""
    named = next((name for each in said if (name := each.said("working-directory"))), ".")
    folder = posixpath.normpath(named)
    if "${{" in named or folder.startswith(("..", "/")):
        return None
    return "" if folder == "." else folder


def _step(path: str, value: Value, said: Iterable[Value]) -> Step:
    command, uses = value.said("run"), value.said("uses")
    known, place = key(command) if command else uses, Place(path, value.line)
    return Step(place, command, uses, known, _folder(said), name=value.said("name"))


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
