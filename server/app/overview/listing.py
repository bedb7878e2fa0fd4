"""Findings as a page shows them: filtered, counted, the worst first, a few at a time. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...model import Severity

ROWS = 50
"""Of one page."""
GROUPS = 12
"""Of each kind, the largest."""
_DAY = 86_400.0
AGES = ((1.0, "today"), (7.0, "this week"), (30.0, "this month"), (float("inf"), "older"))
"""Days at most, and what that is called."""
SEVERITIES = tuple(each.label for each in reversed(Severity))


class Row(NamedTuple):
    """One problem. ``path`` is below the root, with slashes; ``line`` counts from 1. ``since``: its
    file is as it is since then, in seconds since the epoch, so the problem is there for as long at
    least. ``known``: the baseline has it."""

    severity: Severity
    path: str
    line: int
    column: int
    message: str
    tools: str
    rules: str
    url: str
    owner: str
    since: float
    known: bool


class Query(NamedTuple):
    """What is to be shown; empty: any. ``text`` stands in the path, the message or the rules.
    ``page`` counts from 1."""

    severity: str = ""
    owner: str = ""
    age: str = ""
    text: str = ""
    known: bool = False
    page: int = 1


class Group(NamedTuple):
    """How many of the rows belong to it, by severity, in the order of ``SEVERITIES``."""

    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


class Page(NamedTuple):
    """``found`` is how many rows the query has, ``pages`` on how many pages; ``known``: of all, how
    many the baseline has. The groups count what the rest of the query has."""

    rows: tuple[Row, ...]
    found: int
    page: int
    pages: int
    known: int
    severities: tuple[tuple[str, int], ...]
    owners: tuple[Group, ...]
    ages: tuple[Group, ...]
    now: float


def page_of(rows: Iterable[Row], query: Query, now: float) -> Page:
    """``now``: seconds since the epoch."""
    every = list(rows)
    wanted = [row for row in every if _said(row, query)]
    any_severity, any_owner = query._replace(severity=""), query._replace(owner="")
    any_age = query._replace(age="")
    severities = Counter(row.severity.label for row in wanted if _in(row, any_severity, now))
    found = [row for row in wanted if _in(row, query, now)]
    found.sort(key=lambda row: (-row.severity, row.path, row.line, row.column, row.rules))
    pages = max(1, -(-len(found) // ROWS))
    page = min(max(1, query.page), pages)
    return Page(
        tuple(found[(page - 1) * ROWS : page * ROWS]),
        len(found),
        page,
        pages,
        sum(row.known for row in every),
        tuple((label, severities[label]) for label in SEVERITIES),
        _groups([(row.owner, row) for row in wanted if _in(row, any_owner, now)])[:GROUPS],
        _ages([row for row in wanted if _in(row, any_age, now)], now),
        now,
    )


def _said(row: Row, query: Query) -> bool:
    if row.known and not query.known:
        return False
    text = query.text.casefold()
    return not text or any(
        text in each.casefold() for each in (row.path, row.message, row.rules, row.tools)
    )


def _in(row: Row, query: Query, now: float) -> bool:
    return (
        query.severity in ("", row.severity.label)
        and query.owner in ("", row.owner)
        and query.age in ("", age_of(row, now))
    )


def age_of(row: Row, now: float) -> str:
    """One of ``AGES``."""
    days = (now - row.since) / _DAY
    return next(name for most, name in AGES if days < most)


def _groups(named: Sequence[tuple[str, Row]]) -> tuple[Group, ...]:
    counts: dict[str, Counter[str]] = {}
    for name, row in named:
        counts.setdefault(name, Counter())[row.severity.label] += 1
    groups = [Group(name, tuple(c[s] for s in SEVERITIES)) for name, c in counts.items()]
    return tuple(sorted(groups, key=lambda group: (-group.total, group.name)))


def _ages(rows: Sequence[Row], now: float) -> tuple[Group, ...]:
    by_name = {group.name: group for group in _groups([(age_of(row, now), row) for row in rows])}
    nothing = (0,) * len(SEVERITIES)
    return tuple(by_name.get(name, Group(name, nothing)) for _, name in AGES)
