"""What could be better in a workflow of GitHub Actions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..graph import circle
from ..model import GONE, Around, Change, Issue, Place, Remedy
from ..shell import commands, excerpt, installs, key
from ..tree import Value

TIMEOUT_MINUTES = 30
"""That is offered: nobody has measured the job here, and its user changes the number."""
_GITHUB_MINUTES = 360
_CONCURRENCY = {
    "group": "${{ github.workflow }}-${{ github.ref }}",
    "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
}
_RELEASES = re.compile(r"release|publish|deploy|upload|pypi|docker", re.IGNORECASE)


class _Setup(NamedTuple):
    """An action that installs an ecosystem: ``caches`` by the manager that is to be cached, with
    the files of which the root has to have one for that, as the action's documentation says."""

    action: str
    caches: Mapping[str, tuple[str, ...]]


_SETUPS = (
    _Setup(
        "actions/setup-python",
        {
            "pip": ("requirements.txt", "pyproject.toml"),
            "pipenv": ("Pipfile.lock",),
            "poetry": ("poetry.lock",),
        },
    ),
    _Setup(
        "actions/setup-node",
        {
            "npm": ("package-lock.json", "npm-shrinkwrap.json"),
            "yarn": ("yarn.lock",),
            "pnpm": ("pnpm-lock.yaml",),
        },
    ),
    _Setup("ruby/setup-ruby", {"bundle": ("Gemfile.lock",)}),
)
# A cache of a job that releases can be poisoned by one that does not: those are left as they are.
_CACHING = ("actions/cache", "swatinem/rust-cache", "astral-sh/setup-uv", "gradle/", "pnpm/setup")
_SAME_TWICE = ("actions/setup-", "actions/checkout", "astral-sh/setup-", "actions/cache")


def issues(path: str, root: Value, around: Around) -> Iterator[Issue]:
    """Each with what can be done, where an edit of the file does it."""
    yield from _stale_runs(path, root)
    jobs = root.at("jobs")
    if jobs is None or not jobs.is_mapping:
        return
    named = {name: entry.value for name, entry in jobs.keys.items() if entry.value.is_mapping}
    yield from _needs(path, jobs, named)
    yield from _endless(path, jobs, named)
    releases = bool(_RELEASES.search(f"{path} {root.said('name')} {' '.join(named)}"))
    for name, job in named.items():
        if not releases:
            yield from _uncached(path, name, job, around)
        yield from _twice(path, name, job)


def events(root: Value) -> tuple[str, ...]:
    """What starts it."""
    on = root.at("on")
    if on is None:
        return ()
    return tuple(on.keys) if on.is_mapping else tuple(e.text or "" for e in root.listed("on"))


def _stale_runs(path: str, root: Value) -> Iterator[Issue]:
    jobs = root.at("jobs")
    if "pull_request" not in events(root) or root.at("concurrency") or not jobs:
        return
    if any(entry.value.at("concurrency") for entry in jobs.keys.values()):
        return
    text = (
        "A push to a pull request starts a new run, and the one before it goes on to its end: "
        "`concurrency` is not set."
    )
    remedy = Remedy(
        "Cancel runs of a pull request that a newer push made stale",
        path,
        (Change(("concurrency",), _CONCURRENCY, before="jobs"),),
    )
    yield Issue("no-concurrency", Place(path, root.line_of("on")), "on", text, (), remedy)


def _needs(path: str, jobs: Value, named: Mapping[str, Value]) -> Iterator[Issue]:
    needs = {n: [each.text or "" for each in job.listed("needs")] for n, job in named.items()}
    for name, its in needs.items():
        line = named[name].line_of("needs")
        for missing in its:
            if missing not in jobs.keys:
                text = f"The job {name} needs {missing}, and there is no such job."
                yield Issue("missing-need", Place(path, line), f"{name} {missing}", text)
    if round_ := circle(needs):
        place = Place(path, jobs.line_of(round_[0]))
        text = f"These jobs wait for each other: {' → '.join(round_)}."
        yield Issue("cycle", place, " ".join(sorted(set(round_))), text)
    for name, its in needs.items():
        yield from _needless(path, name, named, [each for each in its if each in named])


def _needless(
    path: str, name: str, named: Mapping[str, Value], its: Sequence[str]
) -> Iterator[Issue]:
    """It uses nothing of the jobs that it waits for. Whether it waits for them to save runs when
    they fail, only its author knows."""
    job = named[name]
    said = f"{name} {json.dumps(job.data)}"
    if not its or _RELEASES.search(said) or "download-artifact" in said or "actions/cache" in said:
        return
    if "needs." in said or job.at("if") is not None:
        return
    if any(named[each].at("outputs") is not None for each in its):
        return
    text = (
        f"The job {name} waits for {' and '.join(its)} and uses nothing of it: no output, no "
        "artifact. If it is not to wait for their success, it could begin at once."
    )
    yield Issue("needless-need", Place(path, job.line_of("needs")), name, text)


def _endless(path: str, jobs: Value, named: Mapping[str, Value]) -> Iterator[Issue]:
    """Of those that run commands: actions alone seldom hang."""
    own = {n: job for n, job in named.items() if any(e.said("run") for e in job.listed("steps"))}
    without = [name for name, job in own.items() if not job.at("timeout-minutes")]
    if not without:
        return
    names = f"{', '.join(without[:3])}{' …' if len(without) > 3 else ''}"
    which = f"The job {names} sets no `timeout-minutes`"
    if len(own) > 1:
        count = f"{len(without)} of {len(own)} jobs that run commands set"
        which = f"{count} no `timeout-minutes` ({names})"
    text = f"{which}: one that hangs is ended after {_GITHUB_MINUTES} minutes."
    changes = [
        Change(("jobs", name, "timeout-minutes"), TIMEOUT_MINUTES, before="steps")
        for name in without
    ]
    title = f"End jobs after {TIMEOUT_MINUTES} minutes: {names}"
    place = Place(path, jobs.line_of(without[0]))
    yield Issue("no-timeout", place, "jobs", text, (), Remedy(title, path, tuple(changes)))


def _uncached(path: str, name: str, job: Value, around: Around) -> Iterator[Issue]:
    steps = job.listed("steps")
    uses = [each.said("uses").lower() for each in steps]
    if any(each.startswith(_CACHING) for each in uses):
        return
    installed = {
        manager: (index, words)
        for index, each in reversed([*enumerate(steps)])
        for words in commands(each.said("run"))
        if (manager := installs(words)) and _is_much(manager, words)
    }
    for index, use in enumerate(uses):
        for setup in _SETUPS:
            if not use.startswith(f"{setup.action}@") or _has_cache(steps[index]):
                continue
            for manager, files in setup.caches.items():
                if manager in installed:
                    at, words = installed[manager]
                    yield _cache(path, name, steps, (index, at), (manager, files, words), around)
    if "cargo" in installed:
        at, words = installed["cargo"]
        place = Place(path, steps[at].line)
        text = (
            f"The job {name} builds with cargo (`{excerpt(' '.join(words))}`) and keeps neither "
            "the registry nor the target folder: "
            "a step with Swatinem/rust-cache or actions/cache does."
        )
        yield Issue("no-cache", place, f"{name} cargo", text)


_OF_PROJECT = re.compile(r"-r|--requirement|-e|--editable|--group.*|\..*|.*\.txt")
_MANY = 3


def _is_much(manager: str, words: Sequence[str]) -> bool:
    """Whether a project or its dependencies are installed, and not a tool or two."""
    plain = [each for each in words if not each.startswith("-")]
    if manager in ("npm", "yarn", "pnpm"):
        return len(plain) <= 2
    if manager != "pip":
        return True
    return any(map(_OF_PROJECT.fullmatch, words)) or len(plain) >= _MANY + 2


def _has_cache(step: Value) -> bool:
    said = step.at("with", "cache")
    bundler = step.at("with", "bundler-cache")
    return said is not None or bundler is not None


def _cache(
    path: str,
    name: str,
    steps: Sequence[Value],
    at: tuple[int, int],
    what: tuple[str, Sequence[str], Sequence[str]],
    around: Around,
) -> Issue:
    index, where = at
    manager, files, words = what
    step = steps[index]
    action = step.said("uses").partition("@")[0]
    text = (
        f"The job {name} installs with {manager} (`{excerpt(' '.join(words))}`) after {action}, "
        "which keeps no cache: each run downloads all again."
    )
    evidence: tuple[str, ...] = (f"`{manager}` installs at {Place(path, steps[where].line)}",)
    there = next((each for each in files if each in around.files), "")
    remedy = None
    if there:
        way = ("jobs", name, "steps", index, "with")
        change = Change((*way, "cache"), manager)
        if manager == "bundle":
            change = Change((*way, "bundler-cache"), value=True)
        if manager != "pnpm" or any("pnpm/action-setup" in e.said("uses") for e in steps[:index]):
            remedy = Remedy(f"Cache what {manager} downloads in the job {name}", path, (change,))
        evidence += (f"the cache is known by {there}",)
    else:
        evidence += (f"a cache needs one of {', '.join(files)} in the repository's root",)
    return Issue("no-cache", Place(path, step.line), f"{name} {manager}", text, evidence, remedy)


def _twice(path: str, name: str, job: Value) -> Iterator[Issue]:
    """The same step again in a job, in all that it says but its name."""
    seen: dict[str, int] = {}
    for index, step in enumerate(job.listed("steps")):
        said = {each: entry.value.data for each, entry in step.keys.items() if each != "name"}
        uses, run = step.said("uses"), step.said("run")
        if not (uses.startswith(_SAME_TWICE) or key(run)):
            continue
        if run:
            said["run"] = key(run)
        first = seen.setdefault(json.dumps(said, sort_keys=True, default=str), index)
        if first == index:
            continue
        repeats = bool(uses) or any(map(installs, commands(run)))
        what = uses or excerpt(" ".join(commands(run)[0]))
        text = f"The job {name} does `{what}` twice."
        before = Place(path, job.listed("steps")[first].line)
        remedy = None
        if repeats:  # of other commands, the second may be to see what changed
            title = f"Remove the second `{what}` of the job {name}"
            remedy = Remedy(title, path, (Change(("jobs", name, "steps", index), GONE),))
        place = Place(path, step.line)
        evidence = (f"the first one is at {before}",)
        yield Issue("duplicate-step", place, f"{name} {what}", text, evidence, remedy)
