"""Whose a rule is by its name, held to the tools' own lists."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from bandit.core import extension_loader

from understudy.analyzers.complexity import complexipy, growth, radon
from understudy.analyzers.table import NAMES
from understudy.findings.rule_names import OURS, coded, may_have, tool_of, would_be_told
from understudy.tasks.audits import npm_audit, pip_audit

CASES = {
    ("B307", "a.py"): "bandit",
    ("b307", "a.py"): "",
    ("B006", "a.py"): "ruff",
    ("W0611", "a.py"): "pylint",
    ("PLW0611", "a.py"): "ruff",
    ("SC2086", "a.sh"): "shellcheck",
    ("DL3008", "Dockerfile"): "hadolint",
    ("R701", "a.py"): "radon",
    ("CC001", "a.py"): "complexipy",
    ("CC002", "a.py"): "",
    ("R702", "a.py"): "",
    ("ACME12", "a.py"): "",
    ("PYSEC-2018-28", "requirements.txt"): "",
    ("no-eval", "a.ts"): "eslint",
    ("no-eval", "a.py"): "",
    ("@typescript-eslint/no-eval", "a.tsx"): "eslint",
    ("javascript.lang.eval", "a.js"): "",
    ("dangerous-triggers", ".github/workflows/a.yml"): "zizmor",
    ("suppression-unused", "a.py"): "",
}


@pytest.mark.parametrize("case", CASES)
def test_whose_it_is(case: tuple[str, str]) -> None:
    assert tool_of(*case) == CASES[case]


def test_the_tools_own_lists() -> None:
    command = [sys.executable, "-P", "-m", "ruff", "rule", "--all", "--output-format=json"]
    listing = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    codes = [rule["code"] for rule in listing if rule["code"] and "Removed" not in rule["status"]]
    assert {coded(code) for code in codes} == {"ruff"}
    tests = extension_loader.MANAGER
    named = [each.plugin._test_id for each in tests.plugins] + [*tests.blacklist_by_id]
    assert {coded(each) for each in named} == {"bandit"}
    assert coded(radon.CYCLOMATIC) == radon.NAME
    assert coded(complexipy.COGNITIVE) == complexipy.NAME


def test_the_names_of_all_our_tools_are_known() -> None:
    assert NAMES | {growth.NAME, npm_audit.NAME, pip_audit.NAME} == OURS


def test_who_may_have_it() -> None:
    tools = (*sorted(OURS), "acme")
    assert [t for t in tools if may_have(t, "B307")] == ["bandit", "acme"]
    words = ["eslint", "mypy", "semgrep", "ty", "zizmor", "acme"]
    assert [t for t in tools if may_have(t, "no-eval")] == words


@pytest.mark.parametrize(
    ("rule", "looked", "kept", "told"),
    [
        ("B307", {"bandit"}, set(), True),
        ("b307", {"bandit"}, {"ruff"}, True),
        ("b307", {"bandit"}, {"mypy"}, False),
        ("B307", {"ruff"}, set(), False),
        ("B307", {"bandit"}, {"bandit"}, False),
        ("B307", {"bandit"}, {"acme"}, False),
        ("ACME12", {"acme"}, set(), False),
    ],
)
def test_whether_it_would_be_told(rule: str, looked: set[str], kept: set[str], told: bool) -> None:
    assert would_be_told(rule, "a.py", looked, kept) is told
