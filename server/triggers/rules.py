"""Rules: which tasks an event starts, and why. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from .changes import NONE, Changes, Kind
from .schedule import Run, Schedule, cron, every, zone

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class On(StrEnum):
    CHANGE = "change"
    """A file has a new content: it was created, or modified."""
    CREATED = "created"
    DELETED = "deleted"
    SAVE = "save"
    COMMIT = "commit"
    PUSH = "push"
    MERGE = "merge"
    START = "start"
    IDLE = "idle"
    AFTER_TASK = "afterTask"
    """One of the tasks in ``Rule.after`` has ended."""


class Rule(NamedTuple):
    """When one of ``on`` happens, or by the clock, start ``tasks``.

    ``paths`` are patterns as in ``.gitignore``: an event that comes with files has to have one that
    matches, without patterns any. ``cron`` and ``every`` are as in ``schedule``, ``timezone`` is
    for ``cron``. ``debounce``: seconds without a further change that are waited for.
    """

    name: str
    tasks: tuple[str, ...]
    on: frozenset[On] = frozenset()
    paths: tuple[str, ...] = ()
    cron: str = ""
    every: str = ""
    timezone: str = ""
    after: tuple[str, ...] = ()
    enabled: bool = True
    debounce: float = 1.0


_MANIFESTS = (
    "*requirements*.txt",
    "*requirements*.lock",
    "**/requirements/*.txt",
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "pylock*.toml",
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
)

DEFAULTS = (
    Rule("security-on-change", ("security_scan",), frozenset({On.CHANGE})),
    Rule("security-while-working", ("security_scan",), every="30m of activity"),
    Rule("security-daily", ("security_scan",), every="1d"),
    Rule("audit-daily", ("dependency_audit",), every="1d", enabled=False),
    Rule(
        "audit-on-change",
        ("dependency_audit",),
        frozenset({On.CHANGE, On.DELETED}),
        _MANIFESTS,
        enabled=False,
    ),
    Rule("quality-on-commit", ("code_analysis",), frozenset({On.COMMIT})),
    Rule("profile-after-tests", ("performance_profile",), after=("test_runner",)),
    Rule("tests-on-change", ("test_runner",), frozenset({On.CHANGE}), enabled=False),
    Rule("tests-before-push", ("test_runner",), frozenset({On.PUSH})),
)


class Event(NamedTuple):
    """Something that happened. ``changes`` are the files that it is about; what a watch tells is
    CHANGE, also where files were created or deleted. ``task`` is the one that ended."""

    on: On
    changes: Changes = NONE
    task: str = ""


class Start(NamedTuple):
    """A task to start. ``changes`` are its parameters, the files it is about; with a ``debounce``
    it is first to wait for so many seconds without a further change."""

    task: str
    rule: str
    cause: str
    changes: Changes = NONE
    debounce: float = 0.0


class Explained(NamedTuple):
    """What an event comes to by one rule; ``why`` says so, also when nothing starts."""

    rule: str
    starts: tuple[Start, ...]
    why: str


# ── Which rules are sound ───────────────────────────────────────────────────────────────────────


class Flaw(NamedTuple):
    """Why a rule has no effect, in words; ``field`` is the one of the rule's that is wrong, empty
    where that cannot be said."""

    rule: str
    field: str
    why: str

    def __str__(self) -> str:
        return f"rule {self.rule}: {self.why}"


class Checked(NamedTuple):
    """``flaws`` are those of the rules that are not among ``rules``."""

    rules: tuple[Rule, ...]
    flaws: tuple[Flaw, ...]


def checked(rules: Iterable[Rule], tasks: Collection[str], asking: Collection[str] = ()) -> Checked:
    """The rules that can be worked by, where ``tasks`` are those that exist; ``asking`` are those
    that only a person can start, since they have to be told something."""
    sound: dict[str, Rule] = {}
    flaws = []
    for rule in rules:
        if rule.name in sound:
            flaws.append(Flaw(rule.name, "", "its name is taken by another"))
        elif wrong := _wrong(rule, tasks, asking):
            flaws.append(Flaw(rule.name, *wrong))
        else:
            sound[rule.name] = rule
    while circle := _circle(sound.values()):
        pairs = set(pairwise(circle))
        names = [rule.name for rule in sound.values() if rule.enabled and pairs & set(_edges(rule))]
        way = " → ".join(circle)
        flaws += [
            Flaw(name, "after", f"these tasks would start each other: {way}") for name in names
        ]
        for name in names:
            del sound[name]
    return Checked(tuple(sound.values()), tuple(flaws))


def _wrong(rule: Rule, tasks: Collection[str], asking: Collection[str]) -> tuple[str, str] | None:
    """The field, and what is wrong with it."""
    return _wrong_tasks(rule, tasks, asking) or _wrong_times(rule)


def _wrong_tasks(
    rule: Rule, tasks: Collection[str], asking: Collection[str]
) -> tuple[str, str] | None:
    for field, named in (("tasks", rule.tasks), ("after", rule.after)):
        if unknown := [task for task in named if task not in tasks]:
            return field, f"there is no task {unknown[0]!r}"
    if asks := [task for task in rule.tasks if task in asking]:
        return "tasks", f"{asks[0]} has a parameter without a default, which only a person can give"
    return None if rule.tasks else ("tasks", "it names no task")


def _wrong_times(rule: Rule) -> tuple[str, str] | None:
    if rule.cron and rule.every:
        return "every", "it can have cron or every, not both: make two rules of it"
    if rule.timezone and not rule.cron:
        return "timezone", "a timezone is of use only with cron"
    if On.AFTER_TASK in rule.on and not rule.after:
        return "on", "afterTask needs after, the tasks that it is about"
    if not (rule.on or rule.after or rule.cron or rule.every):
        return "", "nothing starts it: give it on, cron, every or after"
    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("timezone", lambda: zone(rule.timezone)),
        ("cron" if rule.cron else "every", lambda: schedule(rule)),
        ("paths", lambda: _spec(rule.paths)),
    )
    for field, check in checks:
        try:
            check()
        except ValueError as error:
            return field, f"its paths are no patterns: {error}" if field == "paths" else str(error)
    return None


def _edges(rule: Rule) -> list[tuple[str, str]]:
    return [(ended, task) for ended in rule.after for task in rule.tasks]


def _circle(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Tasks that start each other, the first again at the end; empty when there are none."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for rule in rules:
        for ended, task in _edges(rule) if rule.enabled else ():
            sorter.add(task, ended)
    try:
        sorter.prepare()
    except CycleError as error:
        return tuple(error.args[1])
    return ()


def schedule(rule: Rule) -> Schedule | None:
    """What the clock has to do with a rule. Raises ScheduleError."""
    if rule.cron:
        return cron(rule.cron, rule.timezone)
    return every(rule.every) if rule.every else None


def schedules(rules: Iterable[Rule]) -> dict[str, Schedule]:
    """By name, for ``schedule.settle``, of those that are enabled. Raises ScheduleError."""
    found = {rule.name: schedule(rule) for rule in rules if rule.enabled}
    return {name: each for name, each in found.items() if each}


# ── What an event comes to ──────────────────────────────────────────────────────────────────────


def starts(rules: Iterable[Rule], event: Event) -> tuple[Start, ...]:
    """The tasks that the event starts."""
    return tuple(start for each in explain(rules, event) for start in each.starts)


def starts_by_clock(rules: Iterable[Rule], run: Run) -> tuple[Start, ...]:
    """The tasks of a rule that is due."""
    late = run.now - run.slot >= _LATE_SECONDS
    cause = f"rule {run.name} ({run.schedule.text}{', made up' if late else ''})"
    return tuple(
        Start(task, rule.name, cause)
        for rule in rules
        if rule.name == run.name and rule.enabled
        for task in rule.tasks
    )


_LATE_SECONDS = 60.0


def explain(rules: Iterable[Rule], event: Event) -> tuple[Explained, ...]:
    """For every rule what it would start, and why, or why not."""
    return tuple(_explained(rule, event) for rule in rules)


def _explained(rule: Rule, event: Event) -> Explained:
    if not rule.enabled:
        return Explained(rule.name, (), "it is switched off")
    if event.on is On.AFTER_TASK:
        if event.task not in rule.after:
            return Explained(rule.name, (), f"it does not wait for {event.task}")
        return _started(rule, f"after {event.task}")
    changes = _concerned(rule, event)
    if changes is None:
        return Explained(rule.name, (), f"it is for {describe(rule)}")
    if changes or (not event.changes and event.on not in _FILES):
        debounce = rule.debounce if event.on is On.CHANGE else 0.0
        return _started(rule, cause(event.on, changes), changes, debounce)
    patterns = f" its paths ({', '.join(rule.paths)})" if rule.paths else " it"
    return Explained(rule.name, (), f"no file matches{patterns}")


def _started(
    rule: Rule, why: str, changes: Changes | None = None, debounce: float = 0
) -> Explained:
    each = [Start(task, rule.name, why, changes or NONE, debounce) for task in rule.tasks]
    return Explained(rule.name, tuple(each), why)


_FILES = (On.CHANGE, On.SAVE)
"""Events that are nothing without a file."""


def _concerned(rule: Rule, event: Event) -> Changes | None:
    """The files of the event that the rule is about; None when it is not for such events."""
    changes = event.changes
    if event.on is On.CHANGE:
        wanted = {kind for kind, on in _KINDS if on in rule.on}
        if not wanted:
            return None
        changes = {path: kind for path, kind in changes.items() if kind in wanted}
    elif event.on not in rule.on:
        return None
    if not rule.paths:
        return changes
    spec = _spec(rule.paths)
    return {path: kind for path, kind in changes.items() if spec.match_file(path)}


def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from ..gitignore import gitignore

    return gitignore(patterns)


_KINDS = (
    (Kind.CREATED, On.CREATED),
    (Kind.CREATED, On.CHANGE),
    (Kind.MODIFIED, On.CHANGE),
    (Kind.DELETED, On.DELETED),
)


# ── Words for people ────────────────────────────────────────────────────────────────────────────

_WORDS = {
    On.SAVE: "saved",
    On.COMMIT: "committed",
    On.PUSH: "before a push",
    On.MERGE: "merged",
    On.START: "at the start",
    On.IDLE: "while idle",
}


def cause(on: On, changes: Changes) -> str:
    """Why a task starts: ``saved app.py``, ``changed app.py and 3 more``, ``before a push``."""
    word = _WORDS.get(on) or _changed(changes)
    if not changes or on not in (*_FILES, On.COMMIT, On.MERGE):
        return word
    first, more = min(changes), len(changes) - 1
    return f"{word} {first}" + (f" and {more} more" if more else "")


def _changed(changes: Changes) -> str:
    kinds = set(changes.values())
    return str(kinds.pop()) if kinds in ({Kind.CREATED}, {Kind.DELETED}) else "changed"


def describe(rule: Rule) -> str:
    """When a rule starts its tasks: ``change of *.py``, ``0 9 * * * Europe/Berlin``."""
    parts = [on.value for on in On if on in rule.on and on is not On.AFTER_TASK]
    if parts and rule.paths:
        parts[-1] += f" of {', '.join(rule.paths)}"
    timed = (f"{rule.cron} {rule.timezone}".strip(), f"every {rule.every}" if rule.every else "")
    parts += [each for each in timed if each]
    if rule.after:
        parts.append(f"after {', '.join(rule.after)}")
    return ", ".join(parts)
