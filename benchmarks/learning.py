"""What is learned from what repeats, replayed on data that others made.

``LEARNING_DATA`` names a folder of data that may be measured with but is not shipped. In it, by
what is found there: git repositories (folders with a HEAD and objects); folders of JSON files, one
of a person, with records of ``cmd``, ``timestamp_str`` and ``wd``; folders of text files, one of a
person, with a command in each line.

Prequential: at each task, what is offered was found in the tasks so far; then its later uses are
counted, each use once, for the automation that did it first. Most of the people have fewer tasks
than the 2,000 that a score speaks of, and what is offered at the end of a history has no time to be
used: each share is also told of those alone after which so many tasks came. The weights come from
elsewhere; how many tasks a short log counts as and how sure the last offer has to be was decided by
what is named in ``_SEEN``, and by nothing else here.

Commits are no commands. Of each that is no merge and has eight paths at most, the tasks of its
author are: ``new``, ``edit``, ``remove`` or ``rename`` with each path, in the order of the paths,
and ``commit`` last. So the order within a commit is git's and not that of the work.
"""

from __future__ import annotations

import gc
import json
import math
import shlex
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from understudy.automations.mining.budget import Budget
from understudy.automations.mining.counts import KEPT, Counts, Occurrence
from understudy.automations.mining.events import Events
from understudy.automations.mining.miner import Candidate
from understudy.automations.mining.repeats import Repeats
from understudy.automations.mining.score import Features, Weights
from understudy.automations.mining.unify import unify
from understudy.store.activity import Activity, Did

HORIZON = 2_000
"""Tasks in which the score says that something is used again."""
_SEEN = ("flask", "kypo")
_FEW_TASKS = 50
"""Of a person with fewer, nothing is replayed."""
_FEW_SCORES = 20
"""From fewer, nobody's weights are refitted."""
_LEAST = 3
"""Seen less often, it is no pattern."""
_MOST_PATHS = 8
_MOST_LATER = 20


class Source(NamedTuple):
    """The tasks of each person, oldest first."""

    name: str
    people: list[list[Activity]]

    @property
    def tasks(self) -> int:
        return sum(map(len, self.people))

    @property
    def median(self) -> int:
        """Tasks of a person."""
        return int(statistics.median(map(len, self.people)))

    @property
    def use(self) -> str:
        """``seen`` when something was decided by it, otherwise ``held out``."""
        return "seen" if self.name.endswith(_SEEN) else "held out"


# ── The data ────────────────────────────────────────────────────────────────────────────────────


def sources(folder: Path) -> Iterator[Source]:
    """One of each folder in it; links are followed."""
    for each in sorted(folder.iterdir()):
        if (each / "HEAD").exists() and (each / "objects").exists():
            found = list(tasks_of(commits(each)))
        else:
            found = [
                *(_of_json(file) for file in sorted(each.rglob("*.json"))),
                *(_of_lines(file) for file in sorted(each.rglob("*.txt"))),
            ]
        people = [tasks for tasks in found if len(tasks) >= _FEW_TASKS]
        if people:
            yield Source(each.name, people)


def _of_json(file: Path) -> list[Activity]:
    records = json.loads(file.read_bytes().decode("utf-8", "replace"))
    return [
        _command(
            datetime.fromisoformat(record["timestamp_str"]).timestamp(),
            record["cmd"].strip(),
            record.get("wd", "").strip("/"),
        )
        for record in records
        if record.get("cmd", "").strip()
    ]


def _of_lines(file: Path) -> list[Activity]:
    """Without times, a task is taken to begin 20 seconds after the one before it."""
    lines = file.read_bytes().decode("utf-8", "replace").splitlines()
    return [_command(20.0 * number, line) for number, line in enumerate(lines) if line.strip()]


def _command(at: float, line: str, cwd: str = "") -> Activity:
    return Activity(at, Did.COMMAND, line, "s", cwd)


class Commit(NamedTuple):
    """``author`` stands for a person and is nobody's name. ``changes``: git's letter and the paths,
    of a rename the old one first."""

    author: int
    at: float
    changes: tuple[tuple[str, ...], ...]


def commits(repository: Path) -> Iterator[Commit]:
    """Of the history of HEAD without merges, oldest first."""
    log = subprocess.run(
        [
            *("git", "-C", str(repository), "log", "--reverse", "--no-merges", "-M"),
            *("--name-status", "--format=%x01%ae%x02%at", "HEAD"),
        ],
        check=True,
        capture_output=True,
    ).stdout.decode("utf-8", "replace")
    authors: dict[str, int] = {}
    for text in log.split("\x01")[1:]:
        head, _, body = text.partition("\n")
        email, _, at = head.partition("\x02")
        changes = (line.split("\t") for line in body.splitlines() if line)
        yield Commit(
            authors.setdefault(email, len(authors)),
            float(at),
            tuple((letter[0], *paths) for letter, *paths in changes),
        )


_DONE = {"A": "new", "M": "edit", "D": "remove", "R": "rename", "T": "edit", "C": "new"}


def tasks_of(history: Iterable[Commit]) -> Iterable[list[Activity]]:
    """Of each author."""
    people: dict[int, list[Activity]] = defaultdict(list)
    for commit in sorted(history, key=lambda each: each.at):
        if not 0 < len(commit.changes) <= _MOST_PATHS:
            continue
        tasks = people[commit.author]
        lines = [shlex.join((_DONE[letter], *paths)) for letter, *paths in commit.changes]
        tasks += (_command(commit.at, line) for line in (*lines, "commit"))
    return people.values()


# ── Offers ──────────────────────────────────────────────────────────────────────────────────────


class Known:
    """What is counted of the tasks so far, as a miner counts it, and what was offered. A miner is
    asked every few minutes for all that repeats; here each task may bring an offer, of what was
    done once more with it, so that what is compared is the choice and not the time of a look."""

    def __init__(self) -> None:
        self._events, self._counts = Events(), Counts()
        self._offered: set[str] = set()
        self._covered: set[int] = set()

    @property
    def tasks(self) -> int:
        """As the miner counts them: what ``&&`` joins is several."""
        return self._events.number

    def uses(self, template: str) -> Occurrence:
        return self._counts.uses(template)

    def add(self, task: Activity) -> list[Candidate]:
        """What was done once more with it, seen often enough or not; shortest first."""
        found: list[Candidate] = []
        for session, event in self._events.of(task):
            found += map(Candidate._make, self._counts.add(session, event))
        for each in found:
            if each.id in self._offered:
                self._cover(each.entry.occurrences[-1])
        return found

    def features(self, candidate: Candidate) -> Features:
        return candidate.features(self.tasks)

    def score(self, candidate: Candidate) -> float:
        return Weights().score(self.features(candidate))

    def is_new(self, candidate: Candidate) -> bool:
        """Whether it is seen often enough, and does mostly what no offered one does."""
        return (
            candidate.entry.count >= _LEAST
            and candidate.id not in self._offered
            and candidate.is_novel(self._covered)
        )

    def offer(self, candidate: Candidate) -> None:
        """From now on, what this one does is no news of another."""
        self._offered.add(candidate.id)
        for each in candidate.entry.occurrences:
            self._cover(each)

    def _cover(self, events: Occurrence) -> None:
        self._covered.update(event.number for event in events)


class Contender(NamedTuple):
    """``rank``: the higher, the sooner it is offered; None: it is not. ``score``: what the budget
    judges by; the others' have none, so they may spend it on whatever comes."""

    name: str
    rank: Callable[[Known, Candidate], float | None]
    score: Callable[[Known, Candidate], float] = lambda known, candidate: 1.0


def _ours(known: Known, candidate: Candidate) -> float | None:
    return known.score(candidate) * _saved(candidate) if known.is_new(candidate) else None


def _naive(known: Known, candidate: Candidate) -> float | None:
    """Frequency · time · recency."""
    if not known.is_new(candidate):
        return None
    entry = candidate.entry
    return entry.count * _saved(candidate) / (1 + entry.gap)


def _plain(_: Known, candidate: Candidate) -> float | None:
    """Whatever was seen three times."""
    return candidate.entry.count if candidate.entry.count >= _LEAST else None


def _saved(candidate: Candidate) -> int:
    return len(candidate.entry.occurrences[-1]) - 1


US = "understudy"
CONTENDERS = (
    Contender(US, _ours, Known.score),
    Contender("frequency · time · recency", _naive),
    Contender("plain n-grams", _plain),
)


class Judged(NamedTuple):
    """A score that was given, and whether what it was given to was used twice more. ``whole``: all
    tasks came that it speaks of; of the others nobody knows whether it was used later."""

    features: Features
    score: float
    used: bool
    whole: bool = True


class Replay(NamedTuple):
    """``uses``: of each offer, how often it was done after it; ``whole``: of those alone after
    which all tasks came that a score speaks of. ``saved``: the commands that offers would have done
    but for one a use."""

    tasks: int
    uses: list[int]
    whole: list[int]
    saved: int
    judged: list[Judged]

    def reused(self, least: int, *, whole: bool = False) -> float:
        uses = self.whole if whole else self.uses
        return sum(each >= least for each in uses) / len(uses) if uses else math.nan

    @property
    def per_thousand(self) -> float:
        return 1_000 * len(self.uses) / max(1, self.tasks)

    @property
    def commands_saved(self) -> float:
        return self.saved / max(1, self.tasks)


def replay(people: Iterable[Sequence[Activity]], contender: Contender) -> Replay:
    """With a budget of offers for each person."""
    parts = [_replayed(tasks, contender) for tasks in people]
    return Replay(
        sum(each.tasks for each in parts),
        [uses for each in parts for uses in each.uses],
        [uses for each in parts for uses in each.whole],
        sum(each.saved for each in parts),
        [judged for each in parts for judged in each.judged],
    )


def _replayed(tasks: Iterable[Activity], contender: Contender) -> Replay:
    known, budget = Known(), Budget()
    uses: dict[str, int] = {}
    offered: dict[str, int] = {}
    saved: set[int] = set()
    commands = 0
    ends: dict[str, list[int]] = defaultdict(list)
    scored: list[tuple[str, int, Features, float]] = []
    for task in tasks:
        completed = known.add(task)
        budget.task()
        for each in completed:
            ends[each.id].append(known.tasks)
        # The longest first: what it does is not done twice.
        for each in sorted(completed, key=lambda each: -len(each.sequence)):
            numbers = {event.number for event in each.entry.occurrences[-1]}
            if each.id in uses and not numbers & saved:
                uses[each.id] += 1
                commands += len(numbers) - 1
                saved |= numbers
        scored += (
            (each.id, known.tasks, known.features(each), known.score(each))
            for each in completed
            if known.is_new(each)
        )
        ranked = [
            (rank, each.id, each)
            for each in completed
            if each.id not in uses and (rank := contender.rank(known, each)) is not None
        ]
        if ranked:
            _, found, chosen = max(ranked, key=lambda each: each[:2])
            if budget.take(contender.score(known, chosen)):
                uses[found], offered[found] = 0, known.tasks
                known.offer(chosen)
    last = known.tasks - HORIZON
    judged = [
        Judged(
            features,
            score,
            sum(number < end <= number + HORIZON for end in ends[name]) >= 2,
            number <= last,
        )
        for name, number, features, score in scored
    ]
    whole = [count for name, count in uses.items() if offered[name] <= last]
    return Replay(known.tasks, list(uses.values()), whole, commands, judged)


# ── How true the scores are ─────────────────────────────────────────────────────────────────────


class Decile(NamedTuple):
    """Of the scores from ``low`` to a tenth above: how many, their mean, the share that was used
    again."""

    low: float
    scores: int
    mean: float
    used: float


def deciles(judged: Iterable[Judged]) -> list[Decile]:
    groups: dict[int, list[Judged]] = defaultdict(list)
    for each in judged:
        groups[min(9, int(10 * each.score))].append(each)
    return [
        Decile(
            number / 10,
            len(group),
            statistics.fmean(each.score for each in group),
            statistics.fmean(each.used for each in group),
        )
        for number, group in sorted(groups.items())
    ]


def auc(judged: Sequence[Judged]) -> float:
    """The chance that of two, the one that was used has the higher score; NaN without two kinds."""
    ordered = sorted(judged, key=lambda each: each.score)
    ranks: dict[float, list[int]] = defaultdict(list)
    for rank, each in enumerate(ordered, 1):
        ranks[each.score].append(rank)
    used = [statistics.fmean(ranks[each.score]) for each in ordered if each.used]
    others = len(ordered) - len(used)
    if not used or not others:
        return math.nan
    return (sum(used) - len(used) * (len(used) + 1) / 2) / (len(used) * others)


class Refit(NamedTuple):
    """Of the later half of what was scored, by the weights as they are and by those refitted on
    the earlier half of each person: the mean surprise (the negative logarithm of the chance that
    was given to what came)."""

    scores: int
    before: float
    after: float


def refit(people: Iterable[Sequence[Activity]]) -> Refit:
    surprises: list[tuple[float, float]] = []
    for tasks in people:
        judged = _replayed(tasks, CONTENDERS[0]).judged
        half = len(judged) // 2
        if half < _FEW_SCORES:
            continue
        start = Weights()
        own = start.refitted((each.features, each.used) for each in judged[:half])
        surprises += ((_surprise(start, each), _surprise(own, each)) for each in judged[half:])
    if not surprises:
        return Refit(0, math.nan, math.nan)
    before, after = (statistics.fmean(each) for each in zip(*surprises, strict=True))
    return Refit(len(surprises), before, after)


def _surprise(weights: Weights, judged: Judged) -> float:
    chance = weights.score(judged.features)
    return -math.log(max(1e-9, chance if judged.used else 1 - chance))


# ── Parameters ──────────────────────────────────────────────────────────────────────────────────


class Fit(NamedTuple):
    """``later``: occurrences after the third; of those, how many are what the first three say, how
    many are what those before it say (as a miner has it, where a literal becomes a parameter with
    its first violation), and how many are the third to the letter."""

    later: int
    rule: int
    demoting: int
    verbatim: int

    @property
    def share(self) -> float:
        return self.rule / max(1, self.later)


class Done(NamedTuple):
    """A sequence, and with what each of its tasks was done elsewhere until then."""

    occurrence: Occurrence
    uses: dict[str, Occurrence]

    def unified(self, occurrences: Sequence[Occurrence]) -> Sequence[object]:
        """The steps of some occurrences, for who knows no more than that."""
        return unify(occurrences, lambda template: self.uses[template]).steps


def fit(people: Iterable[Sequence[Activity]]) -> Fit:
    """Of the sequences that have arguments."""
    later = rule = demoting = verbatim = 0
    for tasks in people:
        for done in _done(tasks):
            occurrences = [each.occurrence for each in done]
            first, third = occurrences[:3], done[2]
            learned = third.unified(first)
            for number, each in enumerate(occurrences[3 : 3 + _MOST_LATER], 3):
                before, last = occurrences[max(0, number - KEPT) : number], done[number - 1]
                later += 1
                demoting += last.unified([*before, each]) == last.unified(before)
                rule += third.unified([*first, each]) == learned
                verbatim += _words(each) == _words(third.occurrence)
    return Fit(later, rule, demoting, verbatim)


def _done(tasks: Iterable[Activity]) -> Iterator[list[Done]]:
    known = Known()
    found: dict[str, list[Done]] = defaultdict(list)
    for task in tasks:
        for each in known.add(task):
            if len(each.sequence) > 1 and len(found[each.id]) < 3 + _MOST_LATER:
                uses = {template: known.uses(template) for template in each.sequence}
                found[each.id].append(Done(each.entry.occurrences[-1], uses))
    for done in found.values():
        if len(done) > 3 and any(event.command.arguments for event in done[0].occurrence):
            yield done


def _words(occurrence: Occurrence) -> list[tuple[str, ...]]:
    return [(event.cwd, *event.command.words) for event in occurrence]


# ── Cost ────────────────────────────────────────────────────────────────────────────────────────


class Cost(NamedTuple):
    """Microseconds that half of the tasks and that 99 % of them take at most."""

    median: float
    p99: float


def cost(lines: Sequence[str], tasks: int = 10_000) -> Cost:
    """Of the last half of so many tasks, the lines again and again."""
    repeats = Repeats(3)
    taken = []
    gc.collect()
    gc.freeze()  # what the replays left is no part of what a task costs
    for number in range(tasks):
        task = Activity(20.0 * number, Did.COMMAND, lines[number % len(lines)], "s", id=number)
        started = time.perf_counter()
        repeats.add(task)
        taken.append((time.perf_counter() - started) * 1e6)
    gc.unfreeze()
    steady = sorted(taken[tasks // 2 :])
    return Cost(steady[len(steady) // 2], steady[len(steady) * 99 // 100])


def lines_of(found: Iterable[Source]) -> list[str]:
    """Of the data; where there is none, made up: what they say matters little to what they cost."""
    lines = [task.text for source in found for tasks in source.people for task in tasks]
    return lines or [
        shlex.join(("git", verb, f"src/{name}.py", "--number", str(number)))
        for number in range(50)
        for verb in ("add", "diff", "log")
        for name in ("cart", "order", f"user{number}")
    ]
