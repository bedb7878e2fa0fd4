"""Ignoring a rule in the project: one small edit that keeps all that a person wrote."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.settings.document import parse
from understudy.settings.rule_lists import FIXED_ON_SAVE, IGNORED, with_rule

CASES = {
    "no file yet": ("", "rules:\n  ignore:\n    - B608\n"),
    "only comments": ("# ours\n", "# ours\nrules:\n  ignore:\n    - B608\n"),
    "a document start": ("---\n# ours\n", "---\n# ours\nrules:\n  ignore:\n    - B608\n"),
    "other groups, no last line end": (
        "log:\n  level: info # loud",
        "log:\n  level: info # loud\nrules:\n  ignore:\n    - B608\n",
    ),
    "a comment belongs to what it follows": (
        "log:\n  level: info\n  # level: debug\n",
        "log:\n  level: info\n  # level: debug\nrules:\n  ignore:\n    - B608\n",
    ),
    "an indented document": ("  log: {}\n", "  log: {}\n  rules:\n    ignore:\n      - B608\n"),
    "a list": (
        "rules:\n  ignore:\n    - B101 # tests\n\n# logging\nlog: {}\n",
        "rules:\n  ignore:\n    - B101 # tests\n    - B608\n\n# logging\nlog: {}\n",
    ),
    "a list that is not indented": (
        "rules:\n  ignore:\n  - 'B101'\nlog: {}\n",
        "rules:\n  ignore:\n  - 'B101'\n  - B608\nlog: {}\n",
    ),
    "no last line end": (
        "rules:\n    ignore:\n        - B101",
        "rules:\n    ignore:\n        - B101\n        - B608",
    ),
    "a list in brackets": (
        "rules: # ours\n  ignore: [B101]  # why\n",
        "rules: # ours\n  ignore: [B101, B608]  # why\n",
    ),
    "brackets over lines": (
        "rules:\n  ignore: [\n    B101, # tests\n  ]\n",
        "rules:\n  ignore: [\n    B101, B608, # tests\n  ]\n",
    ),
    "empty brackets": ("rules:\n  ignore: []\n", "rules:\n  ignore: [B608]\n"),
    "braces": ("{rules: {ignore: [B1]}}", "{rules: {ignore: [B1, B608]}}"),
    "braces without rules": ("{log: {}}\n", "{log: {}, rules: {ignore: [B608]}}\n"),
    "empty braces": ("rules: {}\n", "rules: {ignore: [B608]}\n"),
    "rules without value": (
        "rules: # soon\nlog: {}\n",
        "rules: {ignore: [B608]} # soon\nlog: {}\n",
    ),
    "ignore without value": ("rules:\n  ignore:\n", "rules:\n  ignore: [B608]\n"),
    "ignore is null": ("rules:\n  ignore: ~ # none\n", "rules:\n  ignore: [B608] # none\n"),
    "rules with another key": (
        "rules:\n  later: 1 # x\nlog: {}\n",
        "rules:\n  later: 1 # x\n  ignore:\n    - B608\nlog: {}\n",
    ),
    "CRLF": (
        "rules:\r\n  ignore:\r\n    - B101\r\n",
        "rules:\r\n  ignore:\r\n    - B101\r\n    - B608\r\n",
    ),
    "CRLF, no rules": ("log: {}\r\n", "log: {}\r\nrules:\r\n  ignore:\r\n    - B608\r\n"),
    "byte order mark": ("\ufefflog: {}\n", "\ufefflog: {}\nrules:\n  ignore:\n    - B608\n"),
    "there already": ("rules: {ignore: ['B608']}\n", "rules: {ignore: ['B608']}\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_cases(case: str) -> None:
    before, after = CASES[case]
    assert with_rule(before, IGNORED, "B608") == after


def test_another_list() -> None:
    before = "fixes:\n  # none yet\n  onSave: []\nrules: {ignore: [F401]}\n"
    after = before.replace("[]", "[F401]")
    assert with_rule(before, FIXED_ON_SAVE, "F401") == after
    with pytest.raises(ValueError, match=r"`fixes.onSave` must be a list"):
        with_rule("fixes: {onSave: safe}\n", FIXED_ON_SAVE, "F401")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rules: {ignore: [\n", "Line 2 of the settings: This is not valid YAML"),
        ("rules: 0\n", "`rules` must be a group"),
        ("rules: {ignore: B101}\n", "`rules.ignore` must be a list"),
        ("a: 1\n...\n", "add B608 to it by hand"),
        ("{rules}\n", "add B608 to it by hand"),
        ("ruff: {}\nruff: {}\n", "Line 2 of the settings: `ruff` is set twice"),
    ],
)
def test_what_cannot_be_edited_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace(".", r"\.")):
        with_rule(text, IGNORED, "B608")


@pytest.mark.parametrize("rule", ["", "B608]\nx: 1", "B608 # x", "null", "-", "é"])
def test_only_the_code_of_a_rule_is_written(rule: str) -> None:
    with pytest.raises(ValueError, match=r"rule|by hand"):
        with_rule("", IGNORED, rule)


groups: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "log": st.sampled_from([{}, None, {"level": "info"}]),
        "rules": st.sampled_from(
            [None, {}, {"ignore": None}, {"ignore": []}, {"ignore": ["B1"]}, {"later": [1]}]
        ),
        "ruff": st.just({"path": "a: [b] # c"}),
    },
)


def block(tree: object, indent: int = 0) -> str:
    """``tree`` as block-style YAML, a comment on every line."""
    margin = " " * indent
    if isinstance(tree, dict) and tree:
        return "".join(
            f"\n{margin}{key}: # {key}{indent}" + block(value, indent + 2)
            for key, value in tree.items()
        )
    if isinstance(tree, list) and tree:
        return "".join(f"\n{margin}- {json.dumps(item)} # item" for item in tree)
    return f"\n{margin} {json.dumps(tree)}"


@given(groups, st.booleans(), st.sampled_from(["B608", "no-eval", "@x/y"]))
def test_only_the_rule_is_added(tree: dict[str, Any], flow: bool, rule: str) -> None:
    before = json.dumps(tree) if flow else block(tree) + "\n# the end\n"
    after = with_rule(before, IGNORED, rule)
    assert with_rule(after, IGNORED, rule) == after
    comments = re.compile(r"# [\w ]+$", re.MULTILINE)
    assert comments.findall(after) == comments.findall(before)
    rules = tree.get("rules") or {}
    wanted = {**rules, "ignore": [*(rules.get("ignore") or []), rule]}
    assert parse(after).data == {**tree, "rules": wanted}
