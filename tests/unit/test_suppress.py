"""Comments that ignore, obeyed by the real Bandit and the real Ruff."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.fixes.suppress import ignore_here
from understudy.model import Category, Finding, Position, Range, Severity
from understudy.text import apply

from .real_tools import bandit, everything, ruff

DATA = Path(__file__).parent / "data" / "ignored.txt"
_, *PARTS = re.split(r"^### (.*)\n", DATA.read_text(), flags=re.MULTILINE)
CASES = list(zip(PARTS[::4], PARTS[1::4], PARTS[3::4], strict=True))


def first(rule: str, text: str) -> Finding:
    found = [finding for finding in (*bandit(text), *ruff(text)) if finding.rule == rule]
    return min(found, key=lambda finding: finding.range)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(("rules", "before", "after"), CASES)
def test_what_is_ignored_is_silent_and_all_else_is_not(
    rules: str, before: str, after: str, line_end: str
) -> None:
    before, after = before.replace("\n", line_end), after.replace("\n", line_end)
    ignored = apply(before, ignore_here(before, [first(rule, before) for rule in rules.split()]))
    assert ignored == after
    had, has = everything(before), everything(after)
    assert {
        rule: had[rule] - has[rule] for rule in had | has if had[rule] != has[rule]
    } == dict.fromkeys(rules.split(), 1)
