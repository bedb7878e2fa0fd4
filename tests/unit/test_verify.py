"""A fix is what makes its finding go and brings nothing new: held against a tool of few words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.fixes import verify
from understudy.fixes.verify import (
    Attempt,
    Edits,
    Original,
    disjoint,
    union,
)
from understudy.model import (
    Category,
    Edit,
    Finding,
    Fix,
    Position,
    Range,
    Report,
    Severity,
    State,
)
from understudy.text import Lines, apply


@dataclass
class Tool:
    """Finds every word written in capitals; the rule is the word. Counts how often it was asked.

    ``fixes`` gives the safe fix of a rule by its replacement; ``states`` answers for a text that
    holds a word by a state without a verdict.
    """

    fixes: dict[str, str] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def report(self, text: str) -> Report:
        for word, state in self.states.items():
            if word in text:
                return Report("tool", state, why="on demand")
        return Report.of("tool", tuple(self._findings(text)))

    def _findings(self, text: str) -> list[Finding]:
        lines = Lines(text)
        found = []
        for match in re.finditer(r"[A-Z]+", text):
            place = Range(lines.position(match.start()), lines.position(match.end()))
            rule = {"UNPARSED": "invalid-syntax"}.get(match[0], match[0])
            fix = self.fixes.get(rule)
            fixes = (Fix(f"make it {fix}", (Edit(place, fix),), True),) if fix is not None else ()
            finding = Finding(
                "tool", rule, rule, place, Severity.LOW, Category.QUALITY, fixes=fixes
            )
            found.append(finding)
        return found

    async def check(self, text: str) -> tuple[Report, ...]:
        self.asked.append(text)
        return (self.report(text),)

    def original(self, text: str) -> Original:
        return Original(text, (self.report(text),), self.check)


def attempt(original: Original, word: str, new: str, *also: Edit) -> Attempt:
    """Replace the first ``word``, for the finding there."""
    report = original.before[0]
    target = next(f for f in report.findings if Lines(original.text).slice(f.range) == word)
    return Attempt((Edit(target.range, new), *also), (target,))


def insert(line: int, text: str) -> Edit:
    return Edit(Range(Position(line, 0), Position(line, 0)), text)


# Text, word, its replacement, and what the file is afterwards; None: the fix does not hold.
CASES: dict[str, tuple[str, str, str, str | None]] = {
    "gone": ("a BAD b", "BAD", "good", "a good b"),
    "gone by removal": ("a BAD b", "BAD", "", "a  b"),
    "one of two": ("BAD BAD", "BAD", "x", "x BAD"),
    "others stay": ("WORSE BAD", "BAD", "x", "WORSE x"),
    "not gone": ("a BAD b", "BAD", "x BAD", None),
    "nothing changed": ("a BAD b", "BAD", "BAD", None),
    "something new": ("a BAD b", "BAD", "NEW", None),
    "one more of another": ("BAD OTHER", "BAD", "OTHER", None),
    "no longer parses": ("a BAD b", "BAD", "UNPARSED", None),
    "the tool fails on it": ("a BAD b", "BAD", "crash", None),
    "the tool is too slow on it": ("a BAD b", "BAD", "slow", None),
}
STATES = {"crash": State.FAILED, "slow": State.TIMED_OUT}


@pytest.mark.parametrize("case", CASES)
async def test_what_holds(case: str) -> None:
    text, word, new, expected = CASES[case]
    original = Tool(states=STATES).original(text)
    edits = await verify.verified(original, attempt(original, word, new))
    assert (apply(text, edits) if edits else None) == expected


async def test_a_target_that_appears_elsewhere_is_not_gone() -> None:
    original = Tool().original("BAD\n")
    assert not await verify.verified(original, attempt(original, "BAD", "x\nBAD"))


async def test_edits_that_overlap_do_not_hold() -> None:
    original = Tool().original("BAD")
    overlapping = Edit(Range(Position(0, 1), Position(0, 2)), "")
    assert not await verify.verified(original, attempt(original, "BAD", "x", overlapping))


async def test_a_file_that_never_parsed_cannot_be_fixed() -> None:
    original = Tool().original("UNPARSED BAD")
    assert not await verify.verified(original, attempt(original, "BAD", "x"))


async def test_a_tool_that_had_no_verdict_before_need_not_have_one_after() -> None:
    tool = Tool()
    broken = Report("other", State.MISSING, why="not installed")

    async def check(text: str) -> tuple[Report, ...]:
        return (tool.report(text), broken)

    original = Original("BAD", (tool.report("BAD"), broken), check)
    assert await verify.verified(original, attempt(original, "BAD", "x"))


async def test_a_tool_that_falls_silent_is_no_proof() -> None:
    """What it would have said of the fixed text is not known."""
    tool = Tool()
    other = Report.of("other", ())

    async def check(text: str) -> tuple[Report, ...]:
        return (tool.report(text),)

    original = Original("BAD", (tool.report("BAD"), other), check)
    assert not await verify.verified(original, attempt(original, "BAD", "x"))


async def test_what_no_judge_told_of_is_not_compared_and_proves_nothing() -> None:
    """A tool that reads from disk cannot say whether its finding is gone from a copy."""
    original = Tool().original("BAD")
    (target,) = original.before[0].findings
    elsewhere = replace(target, tool="reads from disk")
    edits = (Edit(target.range, "x"),)
    assert await verify.verified(original, Attempt(edits, (target, elsewhere))) == edits
    assert await verify.verified(original, Attempt(edits, (elsewhere,))) == ()


# ── what a fix needs beside it ──────────────────────────────────────────────────────────────────


async def test_what_is_new_is_fixed_too_where_its_tool_knows_how() -> None:
    original = Tool(fixes={"UNSORTED": "sorted"}).original("head\nBAD\ntail\n")
    fix = attempt(original, "BAD", "x", insert(0, "UNSORTED\n"))
    edits = await verify.verified(original, fix)
    assert apply(original.text, edits) == "sorted\nhead\nx\ntail\n"


async def test_a_follow_up_that_does_not_help_spoils_the_fix() -> None:
    original = Tool(fixes={"UNSORTED": "WORSE"}).original("BAD")
    assert not await verify.verified(original, attempt(original, "BAD", "UNSORTED"))


async def test_only_some_of_what_is_new_can_be_fixed() -> None:
    original = Tool(fixes={"UNSORTED": "sorted"}).original("BAD")
    assert not await verify.verified(original, attempt(original, "BAD", "UNSORTED NEW"))


@pytest.mark.parametrize("end", ["\f", "\v", "\x1c", "\x85", "\u2028", "\r", "\r\n"])
async def test_follow_ups_keep_their_lines(end: str) -> None:
    """What ends a line for ``str.splitlines`` alone must not move an edit."""
    text = f"a{end}b\nkeep{end}BAD\ntail\n"
    original = Tool(fixes={"UNSORTED": "sorted"}).original(text)
    edits = await verify.verified(original, attempt(original, "BAD", "UNSORTED"))
    assert apply(text, edits) == text.replace("BAD", "sorted")


# ── asking as little as can be ──────────────────────────────────────────────────────────────────


async def test_the_same_edit_for_another_finding_is_another_question() -> None:
    original = Tool().original("BAD STAYS")
    gone = attempt(original, "BAD", "x")
    assert await verify.verified(original, gone)
    (report,) = original.before
    assert not await verify.verified(original, Attempt(gone.edits, report.findings))


async def test_disjoint_fixes_are_tried_in_one_batch() -> None:
    tool = Tool()
    original = tool.original("ONE a TWO b THREE")
    attempts = [attempt(original, word, "x") for word in ("ONE", "TWO", "THREE")]
    held = await verify.each(original, attempts)
    assert held == [each.edits for each in attempts]
    assert len(tool.asked) == 1


async def test_one_bad_fix_in_a_batch_spoils_only_itself() -> None:
    tool = Tool()
    original = tool.original("ONE a TWO b THREE")
    attempts = [
        attempt(original, word, new) for word, new in zip(WORDS, ("x", "NEW", "y"), strict=True)
    ]
    held = await verify.each(original, attempts)
    assert held == [attempts[0].edits, (), attempts[2].edits]


WORDS = ("ONE", "TWO", "THREE")


async def test_fixes_that_cancel_each_others_faults_do_not_hold_alone() -> None:
    """Together they look right, since one removes what the other brings."""
    original = Tool().original("ONE a TWO")
    attempts = [attempt(original, "ONE", "TWO"), attempt(original, "TWO", "x")]
    held = await verify.each(original, attempts)
    assert held == [(), attempts[1].edits]


@dataclass
class Picky(Tool):
    """Minds when words of ``conflict`` are all gone from a text: they hold alone, not together."""

    conflict: Sequence[str] = ()

    def _findings(self, text: str) -> list[Finding]:
        if self.conflict and not any(word in text for word in self.conflict):
            text += " CONFLICT"
        return super()._findings(text)


async def test_all_that_hold_together_are_found() -> None:
    words = ["A", "B", "C", "D", "E"]
    for bad in words:
        original = Tool().original(" ".join(words))
        attempts = [attempt(original, word, "NEW" if word == bad else "x") for word in words]
        held = await verify.together(original, attempts)
        assert held == [each for word, each in zip(words, attempts, strict=True) if word != bad]


async def test_of_two_that_exclude_each_other_one_is_kept() -> None:
    original = Picky(conflict=("B", "D")).original("A B C D")
    attempts = [attempt(original, word, "x") for word in ("A", "B", "C", "D")]
    held = await verify.together(original, attempts)
    fixed = apply(original.text, union(held).edits)
    assert await verify.verified(original, union(held))
    assert ("B" in fixed) or ("D" in fixed)
    assert held


async def test_none_hold() -> None:
    original = Tool().original("A B")
    attempts = [attempt(original, word, "NEW") for word in ("A", "B")]
    assert await verify.together(original, attempts) == []
    assert await verify.together(original, []) == []


# ── choosing ────────────────────────────────────────────────────────────────────────────────────


def spans(*pairs: tuple[int, int]) -> list[Attempt]:
    return [
        Attempt((Edit(Range(Position(0, start), Position(0, end)), "x"),), ())
        for start, end in pairs
    ]


@pytest.mark.parametrize(
    ("pairs", "chosen"),
    [
        ([(0, 2), (4, 6)], [0, 1]),
        ([(0, 2), (1, 6), (7, 8)], [0, 2]),
        ([(0, 2), (2, 4)], [0, 1]),
        ([(0, 2), (0, 0), (2, 2)], [0, 1, 2]),
        ([(0, 4), (2, 2)], [0]),
        ([], []),
    ],
)
def test_disjoint(pairs: list[tuple[int, int]], chosen: list[int]) -> None:
    attempts = spans(*pairs)
    assert disjoint(attempts) == [attempts[index] for index in chosen]


def test_an_import_that_several_need_is_made_once() -> None:
    original = Tool().original("ONE a TWO")
    line = insert(0, "import x\n")
    attempts = [attempt(original, word, "y", line) for word in ("ONE", "TWO")]
    assert disjoint(attempts) == attempts
    assert apply(original.text, union(attempts).edits) == "import x\ny a y"


# ── whatever the tool does, what is offered holds ───────────────────────────────────────────────

TEXTS = st.lists(st.sampled_from(["BAD", "NEW", "x", "\n", "\f", " "]), min_size=1, max_size=8)
REPLACEMENTS = st.sampled_from(["", "x", "NEW", "BAD", "UNSORTED", "UNPARSED", "crash", "x\ny"])


@given(TEXTS, st.data())
async def test_what_is_offered_was_seen_to_hold(words: list[str], data: st.DataObject) -> None:
    tool = Tool(fixes={"UNSORTED": "x"}, states=STATES)
    original = tool.original(" ".join(words))
    (before,) = original.before
    attempts = [
        Attempt((Edit(finding.range, data.draw(REPLACEMENTS)),), (finding,))
        for finding in before.findings
    ]

    def holds(edits: Edits, targets: Sequence[Finding]) -> bool:
        after = tool.report(apply(original.text, edits))
        left = tally(after.findings)
        had = tally(before.findings)
        return after.state.is_verdict and all(
            left.get(rule, 0) <= had.get(rule, 0) - sum(t.rule == rule for t in targets)
            for rule in {*left, *had}
        )

    for each, edits in zip(attempts, await verify.each(original, attempts), strict=True):
        assert not edits or holds(edits, each.targets)
    kept = await verify.together(original, disjoint(attempts))
    assert not kept or holds(await verify.verified(original, union(kept)), union(kept).targets)


def tally(findings: Sequence[Finding]) -> dict[str, int]:
    count: Callable[[str], int] = [finding.rule for finding in findings].count
    return {finding.rule: count(finding.rule) for finding in findings}
