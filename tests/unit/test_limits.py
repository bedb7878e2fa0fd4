"""Which problems are shown when there are too many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from understudy.checks import compose
from understudy.findings.families import NOT_ANALYSED
from understudy.findings.limits import most_important, shares, tally
from understudy.model import Category, Finding, Position, Problem, Range, Severity


def problem(row: int, severity: Severity, *, known: bool = False, rule: str = "R1") -> Problem:
    place = Range(Position(row, 0), Position(row, 1))
    return Problem(
        (Finding("tool", rule, "m", place, severity, Category.QUALITY),), "warning", known
    )


severities = st.sampled_from(sorted(Severity))
problems = st.lists(st.builds(problem, st.integers(0, 99), severities, known=st.booleans()))
files = st.dictionaries(st.sampled_from("abcdef"), problems.map(tally))


def rank(of: Problem) -> tuple[bool, int]:
    return of.known, -of.severity


def test_the_worst_come_first_then_silences_and_the_known_last() -> None:
    given_ = [
        problem(0, Severity.LOW),
        problem(1, Severity.CRITICAL, known=True),
        problem(2, Severity.HIGH),
        problem(3, Severity.INFO, rule=NOT_ANALYSED),
        problem(4, Severity.HIGH),
        problem(5, Severity.INFO),
    ]
    rows = {
        most: [p.lead.range.start.line for p in most_important(given_, most)] for most in range(6)
    }
    assert rows == {0: [], 1: [2], 2: [2, 4], 3: [0, 2, 4], 4: [0, 2, 3, 4], 5: [0, 2, 3, 4, 5]}


@given(problems, st.integers(0, 20))
def test_nothing_shown_is_less_important_than_what_is_not(all_: list[Problem], most: int) -> None:
    shown = most_important(all_, most)
    assert len(shown) == min(most, len(all_))
    hidden = list(all_)
    for each in shown:
        hidden.remove(each)
    if shown and hidden:
        assert max(map(rank, shown)) <= min(map(rank, hidden))


@given(files, st.integers(0, 40))
def test_shares_use_what_there_is_to_use(tallies: dict[str, tuple[int, ...]], most: int) -> None:
    shared = shares(tallies, most)
    assert shared.keys() == tallies.keys()
    assert sum(shared.values()) == min(most, sum(map(sum, tallies.values())))
    assert all(shared[path] <= sum(counts) for path, counts in tallies.items())


def test_a_file_with_worse_problems_has_the_larger_share() -> None:
    bad = tally([problem(0, Severity.HIGH)] * 3)
    mild = tally([problem(0, Severity.LOW)] * 5)
    assert shares({"a": mild, "b": bad, "c": mild}, 6) == {"a": 3, "b": 3, "c": 0}
    assert shares({"a": mild, "b": bad}, 2) == {"a": 0, "b": 2}
    assert shares({}, 5) == {}


def test_a_note_at_the_top_tells_how_many_more_there_are() -> None:
    all_ = [problem(row, Severity.LOW) for row in range(1, 6)]
    assert compose.within(all_, 5) == tuple(all_)
    note, *shown = compose.within(all_, 2)
    assert shown == all_[:2]
    assert note.lead.range.start.line == 0
    assert note.lead.message.startswith("3 more findings in this file are not shown")
    assert compose.within(all_, 0) == ()
