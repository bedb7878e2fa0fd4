"""From reports to what is seen: ignored rules, syntax errors, counts, the worst of several."""

from __future__ import annotations

from itertools import permutations

import pytest

from understudy.checks.compose import counts, only, problems, too_large, worst
from understudy.model import Category, Finding, Position, Range, Report, Severity, State
from understudy.settings import Settings


def finding(
    rule: str,
    tool: str = "ruff",
    line: int = 0,
    severity: Severity = Severity.MEDIUM,
    category: Category = Category.QUALITY,
) -> Finding:
    place = Range(Position(line, 0), Position(line, 5))
    return Finding(tool, rule, f"{rule} here", place, severity, category)


def rules_of(reports: list[Report], ignored: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return [problem.rules for problem in problems(reports, Settings.of({"rules.ignore": ignored}))]


EVAL = Report.of("bandit", (finding("B307", "bandit", 3, category=Category.SECURITY),))
EVAL_TOO = Report.of("ruff", (finding("S307", "ruff", 3, category=Category.SECURITY),))


def test_two_tools_on_one_matter_are_one_problem() -> None:
    assert rules_of([EVAL, EVAL_TOO]) == [("B307", "S307")]


@pytest.mark.parametrize("rule", ["B307", "S307", "b307"])
def test_an_ignored_rule_takes_its_twin_with_it(rule: str) -> None:
    """Who does not want to hear of a matter does not want to hear of it from the other tool."""
    assert rules_of([EVAL, EVAL_TOO], (rule,)) == []


def test_an_ignored_rule_leaves_others_in_place() -> None:
    report = Report.of("ruff", (finding("F401"), finding("E711", line=1)))
    assert rules_of([report], ("F401",)) == [("E711",)]


def not_analysed(tool: str) -> Report:
    return Report(tool, State.NOT_ANALYSED, (finding("not-analysed", tool),), "cannot parse")


def test_beside_a_syntax_error_nobody_else_says_that_it_could_not_parse() -> None:
    broken = Report.of("ruff", (finding("invalid-syntax"),))
    assert rules_of([broken, not_analysed("bandit")]) == [("invalid-syntax",)]


def test_without_a_syntax_error_it_is_said_that_a_tool_could_not_parse() -> None:
    """Ruff reads a newer Python than the interpreter under Bandit does."""
    assert rules_of([Report.of("ruff", ()), not_analysed("bandit")]) == [("not-analysed",)]


def test_a_problem_is_shown_as_the_settings_say() -> None:
    """By the worst that is said of it."""
    severe = Report.of("bandit", (finding("B307", "bandit", 3, Severity.CRITICAL),))
    other = Report.of("ruff", (finding("S307", line=3), finding("F401")))
    settings = Settings.of({"severity.critical": "hint", "severity.medium": "information"})
    assert [p.level for p in problems([severe, other], settings)] == ["information", "hint"]
    assert [p.level for p in problems([severe, other], Settings())] == ["warning", "error"]


def test_only_one_kind() -> None:
    found = problems([EVAL, Report.of("ruff", (finding("F401"),))], Settings())
    assert [p.rules for p in only(found, Category.SECURITY)] == [("B307",)]
    assert [p.rules for p in only(found, Category.QUALITY)] == [("F401",)]
    assert only(found, Category.PERFORMANCE) == ()
    assert only(found, None) == found


def test_counts_have_every_label() -> None:
    report = Report.of(
        "ruff",
        (
            finding("A1", line=1, severity=Severity.HIGH),
            finding("A2", line=2, severity=Severity.HIGH),
            finding("A3", line=3, severity=Severity.INFO),
        ),
    )
    files = [problems([report], Settings()), (), problems([report], Settings())]
    assert counts(files) == {"critical": 0, "high": 4, "medium": 0, "low": 0, "info": 2}
    assert counts([]) == dict.fromkeys(("critical", "high", "medium", "low", "info"), 0)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([State.CLEAN, State.FAILED, State.FINDINGS], State.FAILED),
        ([State.CLEAN, State.TIMED_OUT], State.TIMED_OUT),
        ([State.FINDINGS, State.MISSING, State.RUNNING], State.MISSING),
        ([State.CLEAN, State.FINDINGS], State.FINDINGS),
    ],
)
def test_a_failure_is_never_hidden_by_a_verdict(states: list[State], expected: State) -> None:
    for order in permutations(states):
        found = worst([Report("ruff", state) for state in order])
        assert found is not None
        assert found.state is expected


def test_every_state_has_a_rank() -> None:
    for state in State:
        assert worst([Report("ruff", state)]) == Report("ruff", state)
    assert worst([]) is None


def test_too_large_is_no_verdict_and_is_said_once_at_the_file() -> None:
    reports = too_large(["ruff", "bandit"], 52_428_800, 1_000_000)
    assert [report.tool for report in reports] == ["ruff", "bandit"]
    assert {report.state for report in reports} == {State.TOO_LARGE}
    assert not State.TOO_LARGE.is_verdict
    (problem,) = problems(reports, Settings())
    for text in (problem.lead.message, *(report.why for report in reports)):
        for part in ("52,428,800", "1,000,000", "analysis.maxFileBytes"):
            assert part in text


def test_a_file_at_which_no_tool_looks_is_not_too_large() -> None:
    assert too_large([], 2_000, 1_000) == []
