"""What the log lets see of how work is done, as sentences with their evidence. Pure but for the
randomness that is passed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from statistics import median
from time import localtime, strftime
from typing import Any, NamedTuple

from ....store.activity import Activity
from ....store.history import Entry
from .bottlenecks import Bottleneck, bottlenecks
from .flaky import Flaky, Ran, flaky
from .imports import SlowImport, slow
from .runs import DAY
from .spent import FILE, TOOL, Heaviest, Spent, heaviest_file, heaviest_tool, series_of
from .waiting import Wait, for_git, for_hooks, for_tests, loops, series
from .weekly import LEAST_DAYS, Series, Span, Weekly, weekly

_LEAST_WAITS = 5
_LEAST_LOOPS = 3
_LEAST_SECONDS = 60.0
"""A week. Less is not worth a sentence."""
_OLD_SECONDS = 7 * DAY
"""What nothing was seen of for longer is none of today's."""


class Observation(NamedTuple):
    """``rule``: as in ``rules.RULES``. ``weekly``: what it costs in a week; None where that is not
    known: of too few days, or nothing that is measured in time. ``last``: when it was last so, in
    seconds since the epoch; 0 where that is not known."""

    rule: str
    subject: str
    text: str
    evidence: tuple[str, ...]
    weekly: Weekly | None
    last: float = 0.0


class Past(NamedTuple):
    """What is known of what was done. ``tests``: the runs of the tests whose jobs are known;
    ``audit``: lines of the audit trail; ``imports``: jobs that looked at imports, and what they
    left, the newest first; ``spent``: Understudy's own time."""

    activities: Sequence[Activity]
    tests: Sequence[Ran] = ()
    audit: Sequence[Entry] = ()
    imports: Sequence[tuple[int, Any]] = ()
    spent: Spent = Spent()

    def since(self, now: float) -> float:
        """When the log began."""
        began = (*(each.at for each in self.activities), *(each.at for each in self.audit))
        return min(began, default=now)


class Lived(NamedTuple):
    """``span``: what the log is of; None where it is empty. ``thin``: why little can be told; empty
    where enough is known."""

    observations: tuple[Observation, ...]
    span: Span | None
    thin: str = ""
    bottlenecks: tuple[Bottleneck, ...] = ()


def observe(past: Past, now: float, random: Random) -> Lived:
    """What stands out."""
    found = [*map(_flaky, flaky(past.tests)), *map(_imports, slow(past.imports))]
    found += _spent(past.spent, now, random)
    if not (past.activities or past.audit):
        return Lived(tuple(found), None, "nothing of what you do is remembered so far")
    span = Span(past.since(now), now)
    for rule, text, waits in (
        ("waiting", "You wait for tests", for_tests(past.activities)),
        ("slow-commit", "You wait for commits and pushes", _for_git(past)),
    ):
        if len(waits) >= _LEAST_WAITS:
            found += _waiting(rule, text, waits, weekly(series(waits), span, random))
    found += _loops(past.activities)
    thin = ""
    if span.days < LEAST_DAYS:
        thin = f"{_age(span.days)}; what something costs in a week is told after {LEAST_DAYS} days"
    most = tuple(bottlenecks(past.activities, span, random))
    return Lived(tuple(found), span, thin, most)


def _age(days: int) -> str:
    if not days:
        return "the log began less than a day ago"
    return f"the log is {days} days old" if days > 1 else "the log is a day old"


def measured(past: Past, name: str, now: float) -> tuple[Series, Span] | None:
    """What is measured from day to day under a name, and what days are known of it."""
    if name in ("waiting", "slow-commit"):
        waits = for_tests(past.activities) if name == "waiting" else _for_git(past)
        return series(waits), Span(past.since(now), now)
    rule, _, subject = name.partition(" ")
    rows = {TOOL: past.spent.tools, FILE: past.spent.files}.get(rule)
    span = past.spent.span(now)
    return None if rows is None or span is None else (series_of(rows, subject), span)


def _for_git(past: Past) -> list[Wait]:
    typed = for_git(past.activities)
    return [*typed, *for_hooks(past.audit, typed)]


def _imports(each: SlowImport) -> Observation:
    package, share = each.shares[0]
    most = f"{100 * share:.0f} % of it is {package}"
    text = f"`import {each.module}` takes {each.seconds:.2f} s, and {most}."
    told = ", ".join(f"{name} {100 * part:.0f} %" for name, part in each.shares)
    return Observation("slow-import", each.module, text, (f"job #{each.job}: {told}",), None)


def _spent(spent: Spent, now: float, random: Random) -> Iterator[Observation]:
    span = spent.span(now)
    for rule, of, each in (
        (TOOL, "tools that check files take", heaviest_tool(spent)),
        (FILE, "files take that are analysed one by one", heaviest_file(spent)),
    ):
        if each is None or span is None or now - each.last > _OLD_SECONDS:
            continue
        cost = weekly(each.series, span, random)
        if cost is None or cost.high < _LEAST_SECONDS:
            continue
        text = f"{each.name} takes {100 * each.share:.0f} % of the time that all {of}."
        since = strftime("%Y-%m-%d", localtime(span.since))
        evidence = [f"since {since} it took {each.ran:.0f} s{_often(each)}"]
        if rule == TOOL:
            known = spent.asked[each.name]
            evidence += [
                f"it waited {each.waited:.0f} s for its turn",
                f"of {known.hits + known.misses} answers {known.hits} were known before",
            ]
        yield Observation(rule, each.name, text, tuple(evidence), cost, each.last)


def _often(each: Heaviest) -> str:
    if each.times > 1:
        return f", {each.times} times, {each.ran / each.times:.1f} s each"
    return ", once" if each.times else ""


def _waiting(rule: str, text: str, waits: Sequence[Wait], cost: Weekly | None) -> list[Observation]:
    if cost is not None and cost.high < _LEAST_SECONDS:
        return []
    took = sorted(each.seconds for each in waits)
    counts = Counter(each.what for each in waits).most_common(3)
    told = f"{text}: {len(waits)} times, {median(took):.0f} s (median), {took[-1]:.0f} s at most."
    evidence = tuple(f"{count}× `{what}`" for what, count in counts)
    last = max(waits)
    evidence += (f"last at {moment(last.at)}: {last.seconds:.0f} s of `{last.what}`",)
    return [Observation(rule, rule, told, evidence, cost)]


def _loops(activities: Sequence[Activity]) -> list[Observation]:
    by: dict[str, list[tuple[int, int, float]]] = {}
    last: dict[str, float] = {}
    for each in loops(activities):
        by.setdefault(each.what, []).append((each.saves, each.fails, each.since))
        last[each.what] = each.until
    found = []
    for what, those in by.items():
        if len(those) < _LEAST_LOOPS:
            continue
        saves, fails = median(e[0] for e in those), median(e[1] for e in those)
        if saves < 3:
            continue
        text = (
            f"`{what}` failed and was made to pass {len(those)} times; that took {saves:.0f} saves "
            f"and {fails:.0f} failing run{'s' * (fails != 1)} (medians)."
        )
        worst = max(those)
        evidence = (f"from {moment(worst[2])} on it took {worst[0]} saves",)
        found.append(Observation("loop", what, text, evidence, None, last[what]))
    return found


def _flaky(each: Flaky) -> Observation:
    text = (
        f"{each.test} failed {len(each.failed)}× and passed {len(each.passed)}× with no file "
        "changed in between."
    )
    shown = [("failed", *run) for run in each.failed[:3]] + [
        ("passed", *run) for run in each.passed[:3]
    ]
    evidence = tuple(
        f"job #{job}, {moment(at)}: {how}" for how, job, at in sorted(shown, key=lambda e: e[2])
    )
    last = max(at for _, at in each.failed)
    return Observation("flaky", each.test, text, evidence, None, last)


def moment(at: float) -> str:
    return strftime("%Y-%m-%d %H:%M", localtime(at))
