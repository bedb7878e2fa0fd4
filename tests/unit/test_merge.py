"""Merging: what is one problem, what is not, and that nothing is ever lost."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.findings.families import family
from understudy.findings.merge import merge
from understudy.model import (
    Category,
    Confidence,
    Edit,
    Finding,
    Fix,
    Position,
    Problem,
    Range,
    Severity,
)


def finding(tool: str, rule: str, *place: int, **more: object) -> Finding:
    """``place``: first line, column, last line, column."""
    line, column, last, end = place
    values: dict[str, object] = {"severity": Severity.MEDIUM, "category": Category.SECURITY, **more}
    return Finding(
        tool,
        rule,
        f"{rule} is broken",
        Range(Position(line, column), Position(last, end)),
        **values,  # type: ignore[arg-type]
    )


def bandit(rule: str, *place: int) -> Finding:
    return finding("bandit", rule, *place)


def ruff(rule: str, *place: int) -> Finding:
    return finding("ruff", rule, *place)


CASES = {
    "the expression inside the statement": (
        [bandit("B608", 3, 0, 3, 60), ruff("S608", 3, 8, 3, 58)],
        ["S608 B608"],
    ),
    "the expression on another line of the statement": (
        [bandit("B608", 3, 0, 9, 4), ruff("S608", 6, 8, 7, 30)],
        ["S608 B608"],
    ),
    "two parts of one line": (
        [bandit("B105", 3, 2, 3, 12), ruff("S105", 3, 16, 3, 25)],
        ["S105 B105"],
    ),
    "another line": ([bandit("B608", 3, 0, 3, 60), ruff("S608", 4, 0, 4, 60)], ["B608", "S608"]),
    "another family": ([bandit("B602", 3, 0, 3, 60), ruff("S603", 3, 0, 3, 60)], ["B602", "S603"]),
    "no counterpart": ([bandit("B703", 3, 0, 3, 9), ruff("S308", 3, 0, 3, 9)], ["B703", "S308"]),
    "one tool twice on a line": (
        [bandit("B101", 3, 0, 3, 9), bandit("B101", 3, 11, 3, 20)],
        ["B101", "B101"],
    ),
    "one tool, one place, two messages": (
        [bandit("B105", 3, 0, 3, 9), finding("bandit", "B105", 3, 0, 3, 9, cwe=259)],
        ["B105", "B105"],
    ),
    "each with the nearest": (
        [
            bandit("B107", 0, 0, 40, 8),
            bandit("B107", 10, 4, 20, 8),
            ruff("S107", 0, 15, 0, 24),
            ruff("S107", 10, 19, 10, 28),
        ],
        ["S107 B107", "S107 B107"],
    ),
    "the nearest, though another comes first": (
        [
            bandit("B107", 0, 0, 40, 8),
            bandit("B107", 10, 4, 20, 8),
            ruff("S107", 10, 19, 10, 28),
        ],
        ["B107", "S107 B107"],
    ),
    "around it rather than beside it": (
        [
            bandit("B105", 3, 0, 3, 99),
            bandit("B105", 3, 80, 3, 88),
            ruff("S105", 3, 90, 3, 95),
        ],
        ["B105", "S105 B105"],
    ),
    "an empty range does not lead": (
        [bandit("B608", 3, 0, 3, 60), ruff("S608", 3, 8, 3, 8)],
        ["B608 S608"],
    ),
    "identical findings are one": (
        [bandit("B101", 3, 0, 3, 9), bandit("B101", 3, 0, 3, 9)],
        ["B101"],
    ),
    "nothing": ([], []),
}


@pytest.mark.parametrize("case", CASES)
def test_cases(case: str) -> None:
    findings, expected = CASES[case]
    assert sorted(" ".join(problem.rules) for problem in merge(findings)) == sorted(expected)


@pytest.mark.parametrize(
    ("case", "pairs"),
    [
        ("each with the nearest", [(0, 0), (10, 10)]),
        ("the nearest, though another comes first", [(10, 10)]),
    ],
)
def test_nested_statements_find_their_own_partner(case: str, pairs: list[tuple[int, int]]) -> None:
    findings, _ = CASES[case]
    merged = [problem for problem in merge(findings) if len(problem.findings) == 2]
    lines = [tuple(found.range.start.line for found in problem.findings) for problem in merged]
    assert lines == pairs


def test_the_statement_around_it_is_joined_rather_than_one_beside_it() -> None:
    findings, _ = CASES["around it rather than beside it"]
    (merged,) = (problem for problem in merge(findings) if len(problem.findings) == 2)
    assert merged.findings[1].range.start.column == 0


def test_the_whole_takes_the_highest_severity_and_the_smallest_range() -> None:
    low = finding("ruff", "S608", 3, 8, 3, 9, severity=Severity.LOW, confidence=Confidence.LOW)
    (problem,) = merge([bandit("B608", 3, 0, 3, 60), low])
    assert problem.lead == low
    assert problem.severity is Severity.MEDIUM
    assert problem.confidence is Confidence.HIGH


positions = st.builds(Position, st.integers(0, 6), st.integers(0, 8))
ranges = st.builds(lambda pair: Range(*pair), st.tuples(positions, positions))
fixes = st.builds(
    Fix, st.sampled_from("ab"), st.tuples(st.builds(Edit, ranges, st.just("x"))), st.booleans()
)
tools_and_rules = st.sampled_from(
    [("bandit", "B608"), ("ruff", "S608"), ("bandit", "B105"), ("ruff", "S105"), ("ruff", "F401")]
)
findings_ = st.builds(
    lambda tool_rule, range_, message, severity, fixes: Finding(
        tool_rule[0], tool_rule[1], message, range_, severity, Category.SECURITY, fixes=fixes
    ),
    tools_and_rules,
    ranges,
    st.sampled_from(["one", "two"]),
    st.sampled_from(Severity),
    st.lists(fixes, max_size=1).map(tuple),
)


@given(st.lists(findings_, max_size=14), st.randoms(use_true_random=False))
def test_properties(findings: list[Finding], random_: random.Random) -> None:
    problems = merge(findings)
    told = [found for problem in problems for found in problem.findings]
    assert Counter(told) == Counter(set(findings)), "nothing lost, nothing twice"
    assert merge(told) == problems, "idempotent"
    shuffled = random_.sample(findings, len(findings))
    assert merge(shuffled) == problems, "the order of arrival does not matter"
    for problem in problems:
        assert len(problem.tools) == len(problem.findings), "one finding of each tool"
        assert len({family(found.tool, found.rule) for found in problem.findings}) == 1
    assert _unjoined(problems) == [], "no two neighbours that could be one are left apart"


def _unjoined(problems: tuple[Problem, ...]) -> list[tuple[Finding, Finding]]:
    alone = [problem.lead for problem in problems if len(problem.findings) == 1]
    return [
        (one, other)
        for one in alone
        for other in alone
        if one.tool < other.tool
        and family(one.tool, one.rule) == family(other.tool, other.rule)
        and one.range.touches(other.range)
        and one.range.start <= one.range.end
        and other.range.start <= other.range.end
    ]


def test_one_endless_line_does_not_cost_the_square() -> None:
    findings = [
        found
        for column in range(0, 100_000, 20)
        for found in (
            bandit("B101", 0, column, 0, column + 9),
            ruff("S101", 0, column, 0, column + 6),
        )
    ]
    start = time.process_time()
    problems = merge(findings)
    assert time.process_time() - start < 5
    assert len(problems) == 5_000
