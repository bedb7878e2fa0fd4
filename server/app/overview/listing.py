"""Findings as a page shows them: filtered, counted, the worst first, a few at a time. Pure.

What came into a file at the same time has one owner and one age, so these cohorts are counted, not
their rows: ten thousand of these are not looked at for a page of fifty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ...model import Severity

ROWS = 50
"""Of one page."""
GROUPS = 12
"""Of the owners, the largest."""
_DAY = 86_400.0
AGES = ((1.0, "today"), (7.0, "this week"), (30.0, "this month"), (float("inf"), "older"))
"""Days at most, and what that is called."""
SEVERITIES = tuple(each.label for each in reversed(Severity))


class Row(NamedTuple):
    """One problem; ``line`` and ``column`` count from 1. ``known``: the baseline has it."""

    line: int
    column: int
    message: str
    tools: str
    rules: str
    url: str
    known: bool


BySeverity = Mapping[str, Sequence[Row]]


class Cohort(NamedTuple):
    """Of a file what is there since the same time. ``path`` is below the root, with slashes.
    ``since``: seconds since the epoch, for so long at least; 0: not known. ``new``: what the
    baseline does not have of ``rows``, both by severity and in the order of the lines."""

    path: str
    owner: str
    since: float
    rows: BySeverity
    new: BySeverity

    @staticmethod
    def of(path: str, owner: str, since: float, rows: Iterable[tuple[str, Row]]) -> Cohort:
        """``rows`` with the labels of their severities."""
        by_severity: dict[str, list[Row]] = {}
        for label, row in rows:
            by_severity.setdefault(label, []).append(row)
        every = {label: tuple(sorted(found)) for label, found in by_severity.items()}
        new = {label: tuple(r for r in found if not r.known) for label, found in every.items()}
        return Cohort(path, owner, since, every, {label: r for label, r in new.items() if r})


class Query(NamedTuple):
    """What is to be shown; empty: any. ``text`` stands in the path, the message, the rules or the
    tools. ``page`` counts from 1."""

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


class Shown(NamedTuple):
    severity: str
    cohort: Cohort
    row: Row


class Page(NamedTuple):
    """``found`` is how many rows the query has, on so many ``pages``. The counts are of what the
    rest of the query has. ``now``: when that was, in seconds since the epoch."""

    rows: tuple[Shown, ...]
    found: int
    page: int
    pages: int
    severities: Group
    owners: tuple[Group, ...]
    ages: tuple[Group, ...]
    now: float


def page_of(cohorts: Iterable[Cohort], query: Query, now: float) -> Page:
    """``cohorts`` in the order in which they are shown."""
    severities = _Counts()
    owners, ages = _Counts(), _Counts()
    here: list[tuple[Cohort, BySeverity]] = []
    for cohort in cohorts:
        if not (rows := _said(cohort, query)):
            continue
        age = age_of(cohort.since, now)
        is_owner, is_age = query.owner in ("", cohort.owner), query.age in ("", age)
        asked = {query.severity: rows.get(query.severity, ())} if query.severity else rows
        if is_age:
            owners.add(cohort.owner, asked)
        if is_owner:
            ages.add(age, asked)
        if is_owner and is_age:
            severities.add("", rows)
            here.append((cohort, rows))
    counts = severities.group("")
    labels = [query.severity] if query.severity else SEVERITIES
    found = sum(counts.counts[SEVERITIES.index(label)] for label in labels)
    pages = max(1, -(-found // ROWS))
    page = min(max(1, query.page), pages)
    shown = tuple(_taken(here, labels, (page - 1) * ROWS))
    largest = sorted(owners.all, key=lambda group: (-group.total, group.name))[:GROUPS]
    by_age = tuple(ages.group(name) for _, name in AGES)
    return Page(shown, found, page, pages, counts, tuple(largest), by_age, now)


def _said(cohort: Cohort, query: Query) -> BySeverity:
    """What of it is asked for by its text, and by whether it is known."""
    rows = cohort.rows if query.known else cohort.new
    text = query.text.casefold()
    if not text or text in cohort.path.casefold():
        return rows
    said = {
        label: tuple(
            row for row in found if text in f"{row.message}\n{row.rules}\n{row.tools}".casefold()
        )
        for label, found in rows.items()
    }
    return {label: found for label, found in said.items() if found}


def _taken(
    cohorts: Sequence[tuple[Cohort, BySeverity]], labels: Sequence[str], skip: int
) -> Iterator[Shown]:
    """The rows of a page, the worst first."""
    left = ROWS
    for label in labels:
        for cohort, rows in cohorts:
            found = rows.get(label, ())
            if skip >= len(found):
                skip -= len(found)
                continue
            taken = found[skip : skip + left]
            skip, left = 0, left - len(taken)
            yield from (Shown(label, cohort, row) for row in taken)
            if not left:
                return


class _Counts:
    def __init__(self) -> None:
        self._counts: dict[str, dict[str, int]] = {}

    def add(self, name: str, rows: BySeverity) -> None:
        counts = self._counts.setdefault(name, {})
        for label, found in rows.items():
            counts[label] = counts.get(label, 0) + len(found)

    def group(self, name: str) -> Group:
        counts = self._counts.get(name, {})
        return Group(name, tuple(counts.get(label, 0) for label in SEVERITIES))

    @property
    def all(self) -> list[Group]:
        return [group for name in self._counts if (group := self.group(name)).total]


def new_by_severity(cohorts: Iterable[Cohort]) -> Group:
    """Of all that the baseline does not have."""
    counts = _Counts()
    for cohort in cohorts:
        counts.add("", cohort.new)
    return counts.group("")


def age_of(since: float, now: float) -> str:
    """One of ``AGES``."""
    days = (now - since) / _DAY
    return next(name for most, name in AGES if days < most)
