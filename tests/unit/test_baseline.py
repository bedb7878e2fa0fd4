"""The baseline: what it knows, what was fixed, what rose; and the file as it is written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.checks.compose import Circumstances, counted, visible
from understudy.checks.compose import problems as composed
from understudy.findings.baseline import (
    Baseline,
    Risen,
    dumps,
    known_among,
    loads,
    risen,
    standing,
)
from understudy.findings.fingerprint import Fingerprint, fingerprinted
from understudy.model import Category, Finding, Position, Problem, Range, Report, Severity
from understudy.settings import Settings

TEXT = "def f():\n    eval(a)\n    eval(b)\n    exec(c)\n"


def finding(row: int, rule: str, tool: str = "ruff") -> Finding:
    place = Range(Position(row, 4), Position(row, 11))
    return Finding(tool, rule, "said", place, Severity.MEDIUM, Category.SECURITY)


def marked(*found: Finding, text: str = TEXT) -> tuple[Finding, ...]:
    return fingerprinted(found, text)


A, B, C = marked(finding(1, "S307"), finding(2, "S307"), finding(3, "S102"))
(TWIN,) = marked(finding(1, "B307", "bandit"))
EVERY = (Problem((A, TWIN)), Problem((B,)), Problem((C,)))
BASELINE = Baseline.of({"src/a.py": EVERY, "b.py": EVERY[1:]})


def test_it_counts_by_folder_and_rule() -> None:
    assert BASELINE.counts == {
        ("src", "ruff:S307"): 2,
        ("src", "bandit:B307"): 1,
        ("src", "ruff:S102"): 1,
        (".", "ruff:S307"): 1,
        (".", "ruff:S102"): 1,
    }


def test_what_has_no_fingerprint_is_not_in_it() -> None:
    """What is said of no text, such as a test that failed, is never old."""
    assert Baseline.of({"a.py": [Problem((finding(1, "failed"),))]}) == Baseline()


@pytest.mark.parametrize(
    ("known", "now", "expected"),
    [
        (EVERY, EVERY, {0, 1, 2}),
        (EVERY[1:], EVERY, {1, 2}),
        ((), EVERY, set()),
        ((Problem((TWIN,)),), EVERY, {0}),
        ((Problem((A,)),), (Problem((TWIN,)),), set()),
    ],
)
def test_a_problem_is_as_old_as_the_first_that_speaks_of_it(
    known: tuple[Problem, ...], now: tuple[Problem, ...], expected: set[int]
) -> None:
    assert known_among(Baseline.of({"x": known}).known("x"), now) == expected


def test_what_is_gone_was_fixed_if_the_tool_has_looked() -> None:
    rules = Baseline.of({"x": EVERY}).files["x"]
    both = standing(rules, EVERY[1:], ["ruff", "bandit"])
    assert both.fixed == {"ruff:S307": (A.fingerprint,), "bandit:B307": (TWIN.fingerprint,)}
    assert both.kept == {"ruff:S307": (B.fingerprint,), "ruff:S102": (C.fingerprint,)}
    alone = standing(rules, EVERY[1:], ["ruff"])
    assert alone.fixed == {"ruff:S307": (A.fingerprint,)}
    assert alone.kept["bandit:B307"] == (TWIN.fingerprint,)


def test_what_is_kept_is_known_by_what_is_there_now() -> None:
    later = TEXT.replace("def f", "def g")
    moved = marked(finding(1, "S307"), finding(2, "S307"), finding(3, "S102"), text=later)
    rules = Baseline.of({"x": [Problem((each,)) for each in (A, B, C)]}).files["x"]
    stands = standing(rules, [Problem((each,)) for each in moved], ["ruff"])
    assert stands.fixed == {}
    assert stands.kept["ruff:S307"] == tuple(each.fingerprint for each in moved[:2])


def test_files_that_are_renamed_take_theirs_along() -> None:
    moved = BASELINE.renamed({"src/a.py": "lib/c.py", "gone.py": "x.py"})
    assert moved.files.keys() == {"lib/c.py", "b.py"}
    assert moved.counts["lib", "ruff:S307"] == 2
    assert BASELINE.renamed({"src/a.py": "b.py"}).known("b.py") == BASELINE.known("b.py")


def test_only_what_rose_is_named() -> None:
    allowed = {("src", "ruff:S307"): 2, ("src", "ruff:F401"): 1}
    found = {("src", "ruff:S307"): 1, ("src", "ruff:F401"): 2, (".", "bandit:B101"): 3}
    assert risen(allowed, found) == [
        Risen(".", "bandit:B101", 0, 3),
        Risen("src", "ruff:F401", 1, 2),
    ]
    assert risen(allowed, allowed) == []


# ── how it is shown ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("show", "levels", "seen"),
    [
        ("all", ["warning", "warning"], [False, True]),
        ("hint", ["warning", "hint"], [False, True]),
        ("hidden", ["warning", "warning"], [False]),
    ],
)
def test_known_ones_are_shown_as_the_settings_say(
    show: str, levels: list[str], seen: list[bool]
) -> None:
    settings = Settings.of({"baseline.show": show})
    found = composed([Report.of("ruff", (A, C))], settings, Circumstances(known=[C.fingerprint]))
    assert [each.level for each in found] == levels
    assert [each.known for each in found] == [False, True]
    assert [each.known for each in visible(found, settings)] == seen
    assert len(counted(found, settings)) == (2 if show == "all" else 1)


# ── the file ────────────────────────────────────────────────────────────────────────────────────


def test_the_file_can_be_read_by_people() -> None:
    text = dumps(BASELINE)
    document = json.loads(text)
    assert document["version"] == 1
    assert document["counts"] == {
        ".": {"ruff:S102": 1, "ruff:S307": 1},
        "src": {"bandit:B307": 1, "ruff:S102": 1, "ruff:S307": 2},
    }
    assert list(document["files"]) == ["b.py", "src/a.py"]
    assert text.count("~") == sum(BASELINE.counts.values())
    assert all(line.count("~") <= 1 for line in text.splitlines()), "a line each"


MARKS = st.builds(
    Fingerprint,
    *(st.text("0123456789abcdef", min_size=n, max_size=n) for n in (10, 4)),
    st.integers(0, 10**9 - 1),
    *(st.text("0123456789abcdef", min_size=n, max_size=n) for n in (8, 4, 4)),
).map(str)
RULES = st.dictionaries(
    st.text(min_size=1, max_size=9), st.lists(MARKS, min_size=1).map(tuple), min_size=1, max_size=3
)
BASELINES = st.builds(
    Baseline, st.dictionaries(st.text(st.characters(), min_size=1), RULES, max_size=4)
)


@given(BASELINES)
def test_it_comes_back_as_it_was_and_is_written_the_same(baseline: Baseline) -> None:
    text = dumps(baseline)
    assert loads(text) == baseline
    assert text.encode()
    reverse = {path: dict(reversed(list(rules.items()))) for path, rules in baseline.files.items()}
    assert dumps(Baseline(dict(reversed(list(reverse.items()))))) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"version": 2, "files": {}}',
        '{"version": 1}',
        '{"version": 1, "files": []}',
        '{"version": 1, "files": {"a": []}}',
        '{"version": 1, "files": {"a": {"r": "x"}}}',
        '{"version": 1, "files": {"a": {"r": [1]}}}',
        '{"version": 1, "files": {"a": {"r": ["x"]}}}',
        "[" * 100_000,
        "<<<<<<" + "< HEAD\n{}",
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several reasons, each for people
        loads(text)
