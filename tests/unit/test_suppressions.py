"""Comments of our own that let findings be: what they say, hide, and when they are of no use."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.checks import compose
from understudy.checks.compose import Circumstances
from understudy.findings.families import SYNTAX_ERROR
from understudy.findings.shift import carry_suppressions
from understudy.findings.suppressions import EXPIRED, UNCLEAR, UNUSED, read
from understudy.model import (
    Category,
    Edit,
    Finding,
    Position,
    Problem,
    Range,
    Report,
    Scope,
    Severity,
    State,
    Suppression,
)
from understudy.settings import Settings
from understudy.settings.ignored import Ignored, is_ignored, read_ignored

from .steps import steps

TODAY = date(2026, 3, 1)
HERE = Circumstances("src/a.py", TODAY)

READ = {
    "a rule": ("x()  # understudy: ignore[B101]", (Scope.LINE, ("B101",), 0, "", "")),
    "several": ("x()  # understudy:ignore[B101, S101 ,]", (Scope.LINE, ("B101", "S101"), 0, "", "")),
    "until": (
        "x()  # understudy: ignore[B101] until 2026-03-01",
        (Scope.LINE, ("B101",), 0, "2026-03-01", ""),
    ),
    "why": ("x()  # understudy: ignore[B101] -- it is   so", (Scope.LINE, ("B101",), 0, "", "it is so")),
    "both": (
        "x()  # understudy: ignore[B101] until 2026-03-01 -- see #12",
        (Scope.LINE, ("B101",), 0, "2026-03-01", "see #12"),
    ),
    "behind another": ("x()  # old # understudy: ignore[B101]", (Scope.LINE, ("B101",), 0, "", "")),
    "before another": (
        "x()  # understudy: ignore[B101] -- so # noqa: E501",
        (Scope.LINE, ("B101",), 0, "", "so"),
    ),
    "alone": ("# understudy: ignore[B101]\n\n# more\nx()", (Scope.LINE, ("B101",), 3, "", "")),
    "at the end": ("x()\n# understudy: ignore[B101]\n", (Scope.LINE, ("B101",), 0, "", "")),
    "of a file": ("# understudy: ignore-file[a/b-c]", (Scope.FILE, ("a/b-c",), 0, "", "")),
    "of a tool's": ("x()  # nosec B101  # understudy: until 2026-03-01", (Scope.NATIVE, (), 0, "2026-03-01", "")),
    "of one below": (
        "# understudy: until 2026-03-01 -- so\nx()  # noqa",
        (Scope.NATIVE, (), 1, "2026-03-01", "so"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_what_is_read(case: str) -> None:
    text, expected = READ[case]
    (found,) = (each for each in read(text, "a.py") if each.scope is not Scope.MATTER)
    assert (found.scope, found.rules, found.below, found.until, found.reason) == expected
    assert not found.flaw
    assert "understudy" in text.splitlines()[found.range.start.line][found.range.start.column :]


@pytest.mark.parametrize(
    ("comment", "native", "some"),
    [
        ("# noqa: S307, E501", "noqa: S307, E501", "suspicious-eval-usage"),
        ("# nosec: B307", "nosec: B307", "suspicious-eval-usage"),
        ("# pylint: disable=C0301,eval-used", "pylint: disable=C0301,eval-used", "ruff:E501"),
        ("# so # nosec", "nosec", "assert"),
        ("# noqa", "", ""),
        ("# ruff: noqa: S307", "", ""),
        ("# nosec because", "", ""),
    ],
)
def test_a_comment_of_a_tools_own_is_of_matters(comment: str, native: str, some: str) -> None:
    found = [each for each in read(f"x()  {comment}", "a.py") if each.scope is Scope.MATTER]
    assert [each.native for each in found] == ([native] if native else [])
    assert all(some in each.rules for each in found)


UNCLEAR_CASES = {
    "x()  # understudy: ignore B101": "not understood",
    "x()  # understudy: ignore": "not understood",
    "x()  # understudy: ignore[]": "names no rule",
    "x()  # understudy: ignore[no rule]": "`no rule` is no rule's code",
    "x()  # understudy: ignore[B101] till tomorrow": "not understood",
    "x()  # understudy: ignore[B101] until soon": "`soon` is no date",
    "x()  # understudy: ignore[B101] until 2026-02-30": "is no date",
    "x()  # understudy: ignore[B101] until 20260301": "is no date",
    "x()  # understudy: until 2026-03-01": "no comment of a tool's own",
}


@pytest.mark.parametrize("text", UNCLEAR_CASES)
def test_what_is_not_understood_is_told(text: str) -> None:
    held = read(text, "a.py")
    report = Report("ruff", State.CLEAN, suppressions=held)
    (problem,) = compose.problems([report], Settings(), HERE)
    assert problem.lead.rule == UNCLEAR
    assert UNCLEAR_CASES[text] in problem.lead.message
    assert problem.lead.range == held[0].range


@pytest.mark.parametrize(
    "text",
    [
        'x = "# understudy: ignore[B101]"\n',
        "# understudy: a language server\n",
        "# misunderstudy: ignore[B101]\n",
        '"""understudy: ignore[B101]"""\n',
    ],
)
def test_what_is_no_suppression(text: str) -> None:
    assert read(text, "a.py") == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.ts", "x(); // understudy: ignore[no-eval] until 2026-03-01 -- so\n"),
        ("a.js", "/* understudy: ignore[no-eval] until 2026-03-01 -- so */\nx();\n"),
        ("a.c", "x();  // understudy: ignore[no-eval] until 2026-03-01 -- so\n"),
        ("a.sql", "x();  -- understudy: ignore[no-eval] until 2026-03-01 -- so\n"),
        ("a.md", "x(); <!-- understudy: ignore[no-eval] until 2026-03-01 -- so -->\n"),
        (
            "a.jsx",
            "x = <a>\n{/* understudy: ignore[no-eval] until 2026-03-01 -- so */}\n<b/></a>;\n",
        ),
        ("a.yml", "a: b # understudy: ignore[no-eval] until 2026-03-01 -- so\n"),
        ("a.sh", "x # understudy: ignore[no-eval] until 2026-03-01 -- so\n"),
        ("pyproject.toml", "a = 1 # understudy: ignore[no-eval] until 2026-03-01 -- so\n"),
        ("requirements.txt", "a==1 # understudy: ignore[no-eval] until 2026-03-01 -- so\n"),
    ],
)
def test_in_any_language(path: str, text: str) -> None:
    (found,) = read(text, path)
    assert (found.rules, found.until, found.reason) == (("no-eval",), "2026-03-01", "so")
    assert found.below == (0 if "x();\n" not in text and "<a>" not in text else 1) or path == "a.ts"


def finding(tool: str, rule: str, first: int, last: int | None = None) -> Finding:
    place = Range(Position(first, 0), Position(first if last is None else last, 5))
    return Finding(tool, rule, f"{rule} it is", place, Severity.MEDIUM, Category.SECURITY)


def shown(text: str, *found: Finding, silent: State = State.CLEAN) -> tuple[Problem, ...]:
    held = read(text, "a.py")
    reports = [
        Report(
            tool,
            State.FINDINGS if any(f.tool == tool for f in found) else silent,
            tuple(f for f in found if f.tool == tool),
            suppressions=held,
        )
        for tool in ("ruff", "bandit")
    ]
    return compose.problems(reports, Settings(), HERE)


def rules(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.lead.rule for problem in problems]


B307, S307 = finding("bandit", "B307", 1), finding("ruff", "S307", 1)

JUDGED = {
    "nothing": ("a\nb\n", [B307], ["B307"]),
    "in its row": ("a\nb  # understudy: ignore[B307]\n", [B307], []),
    "in another row": ("a  # understudy: ignore[B307]\nb\n", [B307], [UNUSED, "B307"]),
    "another rule": ("a\nb  # understudy: ignore[B308]\n", [B307], ["B307", UNUSED]),
    "in small letters": ("a\nb  # understudy: ignore[b307]\n", [B307], []),
    "another in small letters": ("a\nb  # understudy: ignore[b308]\n", [B307], ["B307", UNUSED]),
    "above": ("# understudy: ignore[B307]\nb\n", [B307], []),
    "in the file": ("# understudy: ignore-file[B307]\nb\n", [B307, finding("bandit", "B307", 7)], []),
    "where it ends": (
        "a\nb\nc\nd  # understudy: ignore[B602]\n",
        [finding("bandit", "B602", 1, 3)],
        [],
    ),
    "in the middle of it": (
        "a\nb\nc  # understudy: ignore[B602]\nd\n",
        [finding("bandit", "B602", 1, 3)],
        ["B602", UNUSED],
    ),
    "its twin": ("a\nb  # understudy: ignore[B307]\n", [B307, S307], []),
    "its other twin": ("a\nb  # understudy: ignore[S307]\n", [B307, S307], []),
    "both twins": ("a\nb  # understudy: ignore[B307, S307]\n", [B307, S307], []),
    "on its last day": ("a\nb  # understudy: ignore[B307] until 2026-03-01\n", [B307], []),
    "a day later": (
        "a\nb  # understudy: ignore[B307] until 2026-02-28\n",
        [B307],
        ["B307", EXPIRED],
    ),
    "over, and of no use": ("a\nb  # understudy: ignore[B307] until 2026-02-28\n", [], [EXPIRED]),
    "a tool's own": ("a\nb  # nosec B307 # understudy: until 2026-03-01\n", [], []),
    "a tool's own that is over": ("a\nb  # nosec # understudy: until 2026-02-28\n", [], [EXPIRED]),
    "one of two": ("a\nb  # understudy: ignore[B307, B101]\n", [B307], [UNUSED]),
}  # fmt: skip


@pytest.mark.parametrize("case", JUDGED)
def test_what_is_shown(case: str) -> None:
    text, found, expected = JUDGED[case]
    assert rules(shown(text, *found)) == expected


def test_what_is_over_tells_what_it_hid() -> None:
    text = "a\nb  # understudy: ignore[B307] until 2026-02-28 -- until the parser is there\n"
    _, note = shown(text, B307, S307)
    assert note.lead.message == (
        "B307 was ignored until 2026-02-28 (until the parser is there). Shown again: B307, S307 in"
        " line 2."
    )


@pytest.mark.parametrize("state", [state for state in State if not state.is_verdict])
def test_of_a_tool_that_has_not_answered_nothing_is_called_unused(state: State) -> None:
    text = "a\nb  # understudy: ignore[B307]\nc  # understudy: ignore[E501]\n"
    assert rules(shown(text)) == [UNUSED, UNUSED]
    assert rules(shown(text, silent=state)) == []
    ruff = Report("ruff", State.CLEAN, suppressions=read(text, "a.py"))
    (only,) = compose.problems([ruff], Settings(), HERE)
    assert "E501" in only.lead.message, "Bandit is switched off"


NEEDED = {
    "the form of Ruff's, of a tool that is off": ("CC001", {"ruff": State.CLEAN}),
    "another": ("R701", {"ruff": State.CLEAN}),
    "a code of who knows whom": ("ACME12", {"ruff": State.CLEAN}),
    "an analyzer of the user's that failed": ("F401", {"ruff": State.CLEAN, "acme": State.FAILED}),
    "one that is missing": ("F401", {"ruff": State.CLEAN, "acme": State.MISSING}),
    "a word, which may be mypy's": ("no-untyped-def", {"pylint": State.CLEAN}),
}


@pytest.mark.parametrize("case", NEEDED)
def test_what_a_tool_may_have_that_did_not_look_is_not_called_unused(case: str) -> None:
    rule, states = NEEDED[case]
    held = read(f"a  # understudy: ignore[{rule}]\n", "a.py")
    reports = [Report(tool, state, suppressions=held) for tool, state in states.items()]
    assert compose.problems(reports, Settings(), HERE) == ()


def test_what_an_analyzer_that_is_withheld_may_have_is_not_called_unused() -> None:
    held = read("a  # understudy: ignore[F401]\n", "a.py")
    reports = [Report("ruff", State.CLEAN, suppressions=held)]
    assert rules(compose.problems(reports, Settings(), HERE)) == [UNUSED]
    withheld = HERE._replace(withheld=frozenset({"acme"}))
    assert compose.problems(reports, Settings(), withheld) == ()
    other = [*reports, Report("mypy", State.FAILED), Report("acme", State.CLEAN, suppressions=held)]
    assert rules(compose.problems(other, Settings(), HERE)) == [UNUSED], "it is not mypy's"


def test_of_a_file_that_is_not_in_its_language_nothing_is_called_unused() -> None:
    held = read("a  # understudy: ignore[F401]\n", "a.py")
    broken = Report.of("ruff", (finding("ruff", SYNTAX_ERROR, 0),))
    reports = [replace(broken, suppressions=held)]
    assert rules(compose.problems(reports, Settings(), HERE)) == [SYNTAX_ERROR]


def test_a_tool_that_has_not_seen_the_comment_says_nothing_of_it() -> None:
    held = read("a\nb  # understudy: ignore[B307]\n", "a.py")
    reports = [Report("ruff", State.CLEAN, suppressions=held), Report("bandit", State.CLEAN)]
    assert compose.problems(reports, Settings(), HERE) == ()


def test_what_is_said_of_suppressions_can_be_ignored_in_the_project() -> None:
    held = read("a\nb  # understudy: ignore[B307]\n", "a.py")
    report = Report("bandit", State.CLEAN, suppressions=held)
    settings = Settings.of({"rules.ignore": (UNUSED,)})
    assert compose.problems([report], settings, HERE) == ()


ENTRIES = {
    "B101": Ignored("B101"),
    " B101 ": Ignored("B101"),
    "@typescript-eslint/no-eval": Ignored("@typescript-eslint/no-eval"),
    "B101 in tests/": Ignored("B101", ("tests/",)),
    "B101 in tests/, *_test.py": Ignored("B101", ("tests/", "*_test.py")),
    "B101 until 2026-03-01": Ignored("B101", (), "2026-03-01"),
    "B101 -- in tests until it rains": Ignored("B101", (), "", "in tests until it rains"),
    "B101 in tests/ until 2026-03-01 -- so": Ignored("B101", ("tests/",), "2026-03-01", "so"),
}


@pytest.mark.parametrize("text", ENTRIES)
def test_entries_of_the_settings(text: str) -> None:
    assert read_ignored(text) == ENTRIES[text]


@pytest.mark.parametrize(
    "text", ["", "B101 B102", "B101 until", "B101 until soon", "B101 in", "B101 tests/", "[B101]"]
)
def test_entries_that_are_none(text: str) -> None:
    assert not is_ignored(text)


@pytest.mark.parametrize(
    ("entry", "hides"),
    [
        ("B307", True),
        ("S307", True),
        ("B307 in src/", True),
        ("B307 in *.py", True),
        ("B307 in tests/", False),
        ("B307 in tests/, src/*.py", True),
        ("B307 until 2026-03-01", True),
        ("B307 until 2026-02-28", False),
        ("B307 in src/ until 2026-02-28", False),
        ("B308 in src/", False),
    ],
)
def test_where_and_how_long_an_entry_hides(entry: str, hides: bool) -> None:
    reports = [Report.of("bandit", (B307,)), Report.of("ruff", (S307,))]
    settings = Settings.of({"rules.ignore": (entry,)})
    assert (not compose.problems(reports, settings, HERE)) is hides


def test_suppressions_move_with_edits_and_go_with_their_text() -> None:
    (held,) = read("a\nb  # understudy: ignore[B307]\n", "a.py")
    top = Edit(Range(Position(0, 0), Position(0, 0)), "new\n")
    (moved,) = carry_suppressions([held], [top])
    assert moved.range.start == Position(2, held.range.start.column)
    gone = Edit(Range(Position(1, 1), Position(1, 99)), "")
    assert carry_suppressions([held], [gone]) == ()


@given(
    st.lists(
        st.sampled_from(
            [
                *("# ", "understudy: ", "ignore", "-file", "[", "B307", ",", "]", " until "),
                *("2026-03-01", " -- ", "why", "\n", "x", " ", "# nosec", '"', "9"),
            ]
        ),
        max_size=25,
    ).map("".join)
)
def test_any_comment_is_read_or_told_of(text: str) -> None:
    for found in read(text, "a.py"):
        assert isinstance(found, Suppression)
        assert (found.scope is Scope.NOTHING) is bool(found.flaw)
        assert found.range.start <= found.range.end


@pytest.mark.parametrize(
    "row",
    [
        "x = 1  # understudy: ignore[B307] -- so\n",
        "# understudy: ignore[B307]\n",
        "# understudy: ignore-file[B307] until 2026-02-28\n",
    ],
)
def test_twice_as_many_comments_and_findings_are_twice_the_work(row: str) -> None:
    def work(count: int) -> int:
        found = [finding("bandit", "B307", place) for place in range(count)]
        return steps(lambda: shown(row * count, *found))

    assert work(400) < 3 * work(200)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("filling", ["#", " ", "# ", "*", "/", "/*"])
def test_a_comment_of_any_length_is_read(filling: str) -> None:
    for name, sign in (("a.py", "#"), ("a.js", "//")):
        text = f"{sign}{filling * 100_000}x {sign} understudy: ignore[B307]\n"
        (found,) = read(text, name)
        assert (found.rules, found.range.start.column) == (("B307",), text.rindex(f"{sign} u"))
