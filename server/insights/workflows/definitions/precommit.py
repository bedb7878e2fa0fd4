"""The hooks of pre-commit: ``.pre-commit-config.yaml``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..model import GONE, Around, Change, Issue, Job, Kind, Place, Problem, Remedy, Step, Workflow
from ..shell import commands, is_test, program
from ..tree import Value, read

_WHOLE = frozenset({"mypy", "pyright", "basedpyright", "pylint", "pytest", "tox", "nox", "tsc"})
"""Programs that look at all of a project, however little is committed."""
_COMMIT = frozenset({"commit", "pre-commit"})
"""The stage, as it was called and is called."""


def workflow(path: str, text: str, _: Around) -> Workflow:
    """What can be understood of it, and what is wrong with the rest."""
    root, flaws = read(text)
    problems = [Problem(Place(path, each.line), each.text) for each in flaws]
    if root is None or not root.is_mapping:
        if not problems:
            problems.append(Problem(Place(path, 1), "It is empty, or no group of keys."))
        return Workflow(Kind.PRE_COMMIT, path, path, problems=tuple(problems))
    hooks = [*_hooks(root)]
    jobs = tuple(_job(path, hook) for _, hook in hooks)
    found = tuple(_issues(path, root, hooks))
    return Workflow(Kind.PRE_COMMIT, path, path, jobs, tuple(problems), found, in_order=True)


_At = tuple[str | int, ...]


def _hooks(root: Value) -> Iterator[tuple[_At, Value]]:
    for number, repo in enumerate(root.listed("repos")):
        for index, hook in enumerate(repo.listed("hooks")):
            if hook.is_mapping:
                yield ("repos", number, "hooks", index), hook


def _job(path: str, hook: Value) -> Job:
    name, place = hook.said("id") or "hook", Place(path, hook.line)
    entry = hook.said("entry")
    uses = "" if entry else name
    step = Step(place, entry, uses, entry or name, name=hook.said("name") or name)
    invocation = f"pre-commit run {name}"
    return Job(name, place, steps=(step,), is_entry=True, invocation=invocation)


def _issues(path: str, root: Value, hooks: list[tuple[_At, Value]]) -> Iterator[Issue]:
    stages = {each.text or "" for each in root.listed("default_stages")}
    seen: dict[str, Value] = {}
    for at, hook in hooks:
        name, place = hook.said("id"), Place(path, hook.line)
        repo = root.at(*at[:2])
        said = json.dumps([repo.said("repo") if repo else "", hook.data], default=str)
        if (first := seen.setdefault(said, hook)) is not hook:
            text = f"The hook {name} stands there twice, with the same arguments."
            remedy = Remedy(f"Remove the second hook {name}", path, (Change(at, GONE),))
            before = (f"the first one is at {Place(path, first.line)}",)
            yield Issue("duplicate-step", place, name, text, before, remedy)
        own = {each.text or "" for each in hook.listed("stages")} or stages
        if _looks_at_all(hook) and (not own or own & _COMMIT):
            text = (
                f"The hook {name} looks at the whole project, and every commit waits for it. "
                "Before a push it would do so less often."
            )
            change = Change((*at, "stages"), ["pre-push"])
            remedy = Remedy(
                f"Run the hook {name} before a push, not on each commit", path, (change,)
            )
            yield Issue("slow-hook", place, name, text, (), remedy if not own else None)


def _looks_at_all(hook: Value) -> bool:
    """It runs tests, or is given no files and a program that looks at all of a project."""
    said = commands(hook.said("entry"))
    if any(map(is_test, said)):
        return True
    programs = {program(words)[0].rpartition("/")[2] for words in said} | {hook.said("id")}
    alone = hook.at("pass_filenames")
    return alone is not None and alone.plain is False and bool(programs & _WHOLE)
