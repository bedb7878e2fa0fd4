"""Every rewriting, judged by the real Bandit and the real Ruff: the finding was there, it is gone,
and nothing new came."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import dropwhile, pairwise, takewhile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.fixes.rewrites import RULES, candidates
from understudy.model import Category, Finding, Position, Range, Severity
from understudy.text import Lines, apply

from .real_tools import bandit, everything, ruff

DATA = Path(__file__).parent / "data"


class Case(NamedTuple):
    """Fix number ``version`` of the first finding of ``rule`` makes ``after`` of ``before``."""

    rule: str
    before: str
    after: str
    version: int
    safe: bool
    leaves: str


def sections(name: str) -> Iterator[tuple[str, str]]:
    """Headings, and the texts below them."""
    _, *parts = re.split(r"^### (.*)\n", (DATA / name).read_text(), flags=re.MULTILINE)
    return zip(parts[::2], parts[1::2], strict=True)


def read_cases() -> Iterator[Case]:
    parts = sections("rewrites.txt")
    for (heading, before), (becomes, after) in zip(parts, parts, strict=True):
        assert becomes == "becomes"
        rule, *words = heading.split()
        said = dict(word.partition("=")[::2] for word in words)
        version, leaves = int(said.get("version", 0)), said.get("leaves", "")
        yield Case(rule, before, after, version, "safe" in said, leaves)


CASES = list(read_cases())
REFUSED = list(sections("refused.txt"))
AT_MODULE_LEVEL = ('"""', "#", "import logging")


def ids(case: Case) -> str:
    return f"{case.rule}-{case.before.split()[-1]}"


def first(rule: str, findings: tuple[Finding, ...]) -> Finding:
    return min((f for f in findings if f.rule == rule), key=lambda f: f.range)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_fix_ends_its_finding_and_brings_no_other(case: Case) -> None:
    fix = candidates(case.before, first(case.rule, bandit(case.before)))[case.version]
    after = apply(case.before, fix.edits)
    assert after == case.after
    assert fix.safe is case.safe
    assert all(one.range.end < other.range.start for one, other in pairwise(fix.edits))
    before, left = everything(case.before), everything(after)
    assert left[case.rule] == before[case.rule] - 1
    assert set(left - before) == set(filter(None, [case.leaves]))


def with_crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def in_a_function(text: str) -> str:
    """The statements below the imports, indented by tabs."""
    body = ast.parse(text).body
    imports = takewhile(lambda node: isinstance(node, ast.Import | ast.ImportFrom), body)
    end = max((node.end_lineno or 0 for node in imports), default=0)
    rows = text.splitlines()
    tabbed = [re.sub(r"(?<![^ ]) {4}", "\t", row) for row in dropwhile(lambda r: not r, rows[end:])]
    head = [*rows[:end], "", ""] if end else []
    return "\n".join([*head, "def größe():", *(f"\t{row}" for row in tabbed), ""])


DRESSED = [
    pytest.param(case, dress, id=f"{ids(case)}-{dress.__name__}")
    for case in CASES
    for dress in (with_crlf, in_a_function)
    if dress is with_crlf or not case.before.startswith(AT_MODULE_LEVEL)
]


@pytest.mark.parametrize(("case", "dress"), DRESSED)
def test_a_place_is_found_under_other_circumstances(
    case: Case, dress: Callable[[str], str]
) -> None:
    before = dress(case.before)
    fix = candidates(before, first(case.rule, bandit(before)))[case.version]
    assert apply(before, fix.edits) == dress(case.after)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_the_same_is_offered_for_the_twin_among_ruffs_rules(case: Case) -> None:
    twins = tuple(f for f in ruff(case.before) if f.rule == f"S{case.rule[1:]}")
    if twins:
        found = candidates(case.before, first(case.rule, bandit(case.before)))
        assert candidates(case.before, first(twins[0].rule, twins)) == found


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == set(RULES)


@pytest.mark.parametrize(("rule", "text"), REFUSED)
def test_nothing_is_offered_where_the_meaning_is_not_certain(rule: str, text: str) -> None:
    assert candidates(text, first(rule, bandit(text))) == ()


@pytest.mark.parametrize(
    "command",
    ["cls", "CLS", "pause", "history", "md a", "ver", "title a", "declare -x A", "time ls"],
)
def test_what_only_a_shell_knows_is_left_to_it(command: str) -> None:
    for text, rule in (
        (f"import os\n\nos.system('{command}')\n", "B605"),
        (f"import subprocess\n\nsubprocess.run('{command}', shell=True)\n", "B602"),
    ):
        assert candidates(text, first(rule, bandit(text))) == ()


def test_of_two_places_that_fit_alike_none_is_taken() -> None:
    text = "import yaml\n\nyaml.load(a), yaml.load(b)\n"
    row = Range(Position(2, 0), Position(2, 28))
    assert candidates(text, replace(bandit(text)[0], range=row)) == ()


def test_a_finding_of_another_rule_has_no_fix() -> None:
    text = "import pickle\n\npickle.loads(x)\n"
    assert [candidates(text, finding) for finding in bandit(text)] == [(), ()]


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_the_comments_of_the_user_stay(case: Case) -> None:
    before, after = (Counter(re.findall(r"# ?(\w+)", text)) for text in (case.before, case.after))
    assert not before - after


@pytest.mark.parametrize(
    "test",
    [
        *("x", "[x]", "not x", "not(x)", "(not x)", "not x == y", "x or y", "x and y", "(x or y)"),
        *("(x) or (y)", "x == 1", "x != 1", "x == (y)", "(x) == y", "x == 1 == y", "x is None"),
        *("x is  not None", "x in (1, 2)", "x not in (1, 2)", "x if y else 1", "(z := x)"),
        *("0 <= y < 1", "isinstance(x, int)", "not isinstance(x, int)"),
    ],
)
def test_an_assertion_keeps_its_meaning(test: str) -> None:
    for message in ("", ", 'why'", ", (x, y)", ", ('why')"):
        before = f"assert {test}{message}\n"
        fix, *_ = candidates(before, first("B101", bandit(before)))
        after = apply(before, fix.edits)
        for x in (None, 0, 1, 2):
            for y in (0, 1):
                assert outcome(after, x, y) == outcome(before, x, y), after


def outcome(text: str, x: int | None, y: int) -> object:
    try:
        exec(compile(text, "sample", "exec"), {"x": x, "y": y})
    except (AssertionError, TypeError) as error:
        return type(error), error.args
    return "passed"


SUBJECTS = sorted({(case.rule, case.before) for case in CASES} | set(REFUSED))
SNIPPETS = [
    *("", "(", ")", ",", "#", ";", "\\", '"""', "f'{", "}'", "*a, ", "**k, ", "lambda: "),
    *("\n", "\r", "\r\n", "\\\n", "\t", "\f", "\ufeff", "\0", "\ud800", "😀"),
    *("import os\n", " if a else b", "async ", "yield "),
]


@settings(max_examples=400, deadline=None)
@given(
    subject=st.sampled_from(SUBJECTS),
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 6), st.sampled_from(SNIPPETS)), max_size=3
    ),
    other=st.sampled_from(["", "", "", "S506", "F401", *RULES]),
    place=st.none() | st.tuples(*[st.integers(0, 9)] * 4),
)
def test_no_text_makes_it_raise_and_what_it_gives_is_python(
    subject: tuple[str, str],
    cuts: list[tuple[float, int, str]],
    other: str,
    place: tuple[int, int, int, int] | None,
) -> None:
    rule, text = subject
    for where, length, snippet in cuts:
        start = int(where * len(text))
        text = text[:start] + snippet + text[start + length :]
    at = Range(Position(0, 0), Lines(text).position(len(text)))
    if place is not None:
        at = Range(Position(*place[:2]), Position(*place[2:]))
    finding = Finding("bandit", other or rule, "", at, Severity.LOW, Category.SECURITY)
    for fix in candidates(text, finding):
        ast.parse(apply(text, fix.edits))


@pytest.mark.parametrize(
    "deep", ["x" + ".a" * 9000, "not " * 900 + "x", "x" + "()" * 900, "(" * 99]
)
def test_deep_nesting_does_not_make_it_raise(deep: str) -> None:
    text = f"import xml.dom.minidom, yaml\n\nassert yaml.load({deep})\n"
    for rule in RULES:
        everywhere = Range(Position(0, 0), Position(3, 0))
        finding = Finding("bandit", rule, "", everywhere, Severity.LOW, Category.SECURITY)
        assert len(candidates(text, finding)) <= 1
