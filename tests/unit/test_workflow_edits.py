"""Changes of YAML files: all else stays as it is, and what is read then is what was meant."""

from __future__ import annotations

from difflib import ndiff

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from understudy.insights.workflows import tree
from understudy.insights.workflows.definitions import table
from understudy.insights.workflows.edits import edits
from understudy.insights.workflows.model import GONE, Around, Change
from understudy.text import apply

from .test_workflow_definitions import CI, PRE_COMMIT

JOB = "jobs:\n  a:  # first\n    runs-on: x  # why\n    steps:\n      - uses: s@v1\n      - run: |\n          b\n\n      # of c\n      - {uses: c, with: {d: e}}\n"


def changed(text: str, *changes: Change) -> str:
    return apply(text, edits(text, changes))


@pytest.mark.parametrize(
    ("text", "change", "new"),
    [
        (JOB, Change(("jobs", "a", "timeout-minutes"), 5), "    timeout-minutes: 5"),
        (JOB, Change(("jobs", "a", "timeout-minutes"), 5, "steps"), "    timeout-minutes: 5"),
        (
            JOB,
            Change(("jobs", "a", "steps", 0, "with", "cache"), "pip"),
            "        with:\n          cache: pip",
        ),
        (
            JOB,
            Change(("concurrency",), {"group": "${{ x }}", "c": True}, "jobs"),
            "concurrency:\n  group: ${{ x }}\n  c: true\n",
        ),
        ("a: 1\n", Change(("b", "c", "d"), [1, "x y"]), "b:\n  c:\n    d: [1, x y]"),
        ("a:\n  b:\n    c: 1\n", Change(("a", "d"), "no"), "  d: 'no'"),
        ("a:\n", Change(("a", "b"), 1), "  b: 1"),
        ("a: 1", Change(("b",), "it's: #"), "b: 'it''s: #'"),
        ("a: {b: 1}\nc: [d]  # e\n", Change(("f",), 1), "f: 1"),
        ("a: 1", Change(("b",), "${{ c == 'd' }}"), "b: ${{ c == 'd' }}"),
    ],
)
def test_what_is_added_stands_in_lines_of_its_own(text: str, change: Change, new: str) -> None:
    after = changed(text, change)
    diff = [*ndiff(text.splitlines(), after.splitlines())]
    assert [line[2:] for line in diff if line[:1] == "+"] == new.split("\n")
    assert not [line for line in diff if line[:1] == "-"]


@pytest.mark.parametrize(
    ("text", "change", "after"),
    [
        ("a: {b: 1}\n", Change(("a", "c"), "${{ x }}"), "a: {c: '${{ x }}', b: 1}\n"),
        ("a: {}\n", Change(("a", "c"), 2), "a: {c: 2}\n"),
        ("a: false # x\n", Change(("a",), True), "a: true # x\n"),
        ("a:\r\n  b: 1\r\n", Change(("a", "c"), 2), "a:\r\n  b: 1\r\n  c: 2\r\n"),
        ("- a: 1\n- b\n- c\n", Change((1,), GONE), "- a: 1\n- c\n"),
        ("x:\n  - a\n\n  # of b\n  - b\n", Change(("x", 0), GONE), "x:\n\n  # of b\n  - b\n"),
        ("x:\n- a: |\n    1\n\n- b\n", Change(("x", 0), GONE), "x:\n\n- b\n"),
        ("", Change(("a", "b"), True), "a:\n  b: true\n"),
        ("# mine", Change(("a",), 1), "# mine\na: 1\n"),
        ("é: '😀' # 😀\n", Change(("b",), "ü"), "é: '😀' # 😀\nb: 'ü'\n"),
    ],
)
def test_what_stands_there_stays(text: str, change: Change, after: str) -> None:
    assert changed(text, change) == after


@pytest.mark.parametrize(
    ("text", "change", "why"),
    [
        ("a: [\n", Change(("b",), 1), "not valid YAML"),
        ("x: [a, b]\n", Change(("x", 0), GONE), "no item of a list"),
        ("x: {a: 1}\n", Change(("x", "a"), GONE), "no item of a list"),
        ("x:\n  - a\n", Change(("x", 3), GONE), "has gone"),
        ("a: &b {c: 1}\nd: *b\n", Change(("d", "e"), 1), "in several places"),
        ("a: word\n", Change(("a", "b"), 1), "has gone"),
        ("- a\n", Change(("b",), 1), "has gone"),
        ("a: |\n  text\n", Change(("a",), 1), "no single word"),
        ("x:\n  - - a\n", Change(("x", 0, 0), GONE), "a line of its own"),
    ],
)
def test_what_cannot_be_changed_safely_is_not(text: str, change: Change, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        edits(text, [change])


def test_each_remedy_of_a_workflow_does_away_with_its_issue() -> None:
    files = frozenset({"requirements.txt", "package-lock.json"})
    done = 0
    for path, text in ((".github/workflows/ci.yml", CI), (".pre-commit-config.yaml", PRE_COMMIT)):
        before = table.workflow(path, text, Around(files))
        assert before is not None
        for issue in before.issues:
            if issue.remedy is None:
                continue
            after = table.workflow(path, changed(text, *issue.remedy.changes), Around(files))
            assert after is not None
            left = {(each.rule, each.subject) for each in after.issues}
            assert left == {(e.rule, e.subject) for e in before.issues} - {
                (issue.rule, issue.subject)
            }
            done += 1
    assert done == 7


_WORDS = st.text("ab:#'\"{}[]&*!|>%@`, \n-?😀", max_size=8)
_KEYS = st.text("abc", min_size=1, max_size=2)
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(
    st.dictionaries(_KEYS, _DATA, min_size=1, max_size=4),
    st.lists(_KEYS, min_size=1, max_size=3),
    st.booleans() | st.integers(-9, 9) | _WORDS | st.lists(_WORDS, max_size=2),
    st.sampled_from([True, False, None]),
)
def test_a_change_is_exact_or_is_refused(
    data: dict[str, object], path: list[str], value: object, flow: bool | None
) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True)
    before, flaws = tree.read(text)
    if before is None or flaws:
        return
    try:
        made = edits(text, [Change(tuple(path), value)])
    except ValueError:
        return
    after, flaws = tree.read(apply(text, made))
    assert after is not None
    assert not flaws
    found = after.at(*path)
    assert found is not None
    assert found.data == value
    assert isinstance(before.data, dict)
    assert isinstance(after.data, dict)
    assert {name: v for name, v in after.data.items() if name != path[0]} == {
        name: v for name, v in before.data.items() if name != path[0]
    }
