"""What of the findings a page shows, against looking at each of them; and who owns a file."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.app.overview.listing import (
    AGES,
    ROWS,
    SEVERITIES,
    Cohort,
    Query,
    Row,
    age_of,
    new_by_severity,
    page_of,
)
from understudy.app.overview.owners import NOBODY, TOP, owner_of, parsed

NOW = 1_000_000_000.0
DAY = 86_400.0


class Each(NamedTuple):
    severity: str
    path: str
    owner: str
    since: float
    place: int
    row: Row


rows = st.builds(
    Row,
    line=st.integers(1, 50),
    column=st.just(1),
    message=st.sampled_from(["Use of eval", "Unused import", "ärger"]),
    tools=st.sampled_from(["ruff", "bandit"]),
    rules=st.sampled_from(["S102", "F401"]),
    url=st.just(""),
    known=st.booleans(),
)
told = st.lists(st.tuples(st.sampled_from(SEVERITIES), rows), max_size=40)
ages = st.sampled_from([0.0, 0.5, 1.0, 3.0, 7.0, 20.0, 30.0, 400.0, -1.0])


@st.composite
def cohorts(draw: st.DrawFn) -> list[Cohort]:
    """Up to three of each file."""
    names = st.sampled_from([f"{a}/{b}.py" for a in "xyz" for b in "klmn"])
    of = st.lists(ages, min_size=1, max_size=3, unique=True)
    return [
        Cohort.of(path, path[0], NOW - DAY * age, draw(told))
        for path in sorted(draw(st.sets(names)))
        for age in sorted(draw(of))
    ]


queries = st.builds(
    Query,
    severity=st.sampled_from(["", *SEVERITIES]),
    owner=st.sampled_from(["", "x", "y", "nobody"]),
    age=st.sampled_from(["", *[name for _, name in AGES]]),
    text=st.sampled_from(["", "EVAL", "f401", "x/k", "nothing", "ÄRGER"]),
    known=st.booleans(),
    page=st.integers(-1, 6),
)


@given(cohorts(), queries)
def test_a_page_is_what_looking_at_each_would_find(found: list[Cohort], query: Query) -> None:
    every = [
        Each(severity, cohort.path, cohort.owner, cohort.since, place, row)
        for place, cohort in enumerate(found)
        for severity, each in cohort.rows.items()
        for row in each
    ]
    text = query.text.casefold()
    said = [
        each
        for each in every
        if (query.known or not each.row.known)
        and any(text in t.casefold() for t in (each.path, *each.row[2:5]))
    ]

    def fits(each: Each, *without: str) -> bool:
        asked = {
            "severity": (query.severity, each.severity),
            "owner": (query.owner, each.owner),
            "age": (query.age, age_of(each.since, NOW)),
        }
        return all(name in without or want in ("", has) for name, (want, has) in asked.items())

    wanted = [each for each in said if fits(each)]
    wanted.sort(key=lambda each: (SEVERITIES.index(each.severity), each.place, each.row))
    page = page_of(found, query, NOW)
    assert page.found == len(wanted)
    assert page.pages == max(1, -(-len(wanted) // ROWS))
    first = (page.page - 1) * ROWS
    shown = [(each.severity, each.cohort.path, each.row) for each in page.rows]
    assert shown == [(e.severity, e.path, e.row) for e in wanted[first : first + ROWS]]
    by_severity = Counter(each.severity for each in said if fits(each, "severity"))
    assert page.severities.counts == tuple(by_severity[label] for label in SEVERITIES)
    by_owner = Counter(each.owner for each in said if fits(each, "owner"))
    assert {group.name: group.total for group in page.owners} == by_owner
    by_age = Counter(age_of(each.since, NOW) for each in said if fits(each, "age"))
    assert [group.total for group in page.ages] == [by_age[name] for _, name in AGES]
    new = Counter(each.severity for each in every if not each.row.known)
    assert new_by_severity(found).counts == tuple(new[label] for label in SEVERITIES)


CODEOWNERS = """
# who looks after what
*          @everybody
/shop/     @org/shop  lead@example.org
docs/*.md  @writers   # and nobody else
*.sql      @data
/shop/free
!/shop/x   @not-a-rule
[Section]
"""


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("a.py", "@everybody"),
        ("shop/cart.py", "@org/shop lead@example.org"),
        ("lib/shop/cart.py", "@everybody"),
        ("docs/a.md", "@writers"),
        ("shop/schema.sql", "@data"),
        ("shop/free/a.py", NOBODY),
        ("shop/x", "@org/shop lead@example.org"),
    ],
)
def test_the_last_rule_that_fits_says_who_owns_a_file(path: str, owner: str) -> None:
    assert owner_of(path, parsed(CODEOWNERS)) == owner


@pytest.mark.parametrize(("path", "owner"), [("a.py", TOP), ("shop/a.py", "shop"), ("a/b/c", "a")])
def test_without_rules_the_first_folder_owns_it(path: str, owner: str) -> None:
    assert owner_of(path, ()) == owner
    assert owner_of(path, parsed("# nothing\n\n")) == owner


def test_a_file_that_no_rule_fits_is_nobodys() -> None:
    assert owner_of("a.py", parsed("/docs/ @writers")) == NOBODY
