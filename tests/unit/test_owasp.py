"""Which category of the OWASP Top 10 follows from a finding."""

from __future__ import annotations

from collections import Counter

import pytest

from understudy.findings.describe import hover
from understudy.findings.families import weakness_of
from understudy.findings.owasp import CATEGORIES, owasp_of, owasp_title
from understudy.model import Category, Finding, Position, Problem, Range, Severity

HERE = Range(Position(0, 0), Position(0, 4))


def finding(tool: str, rule: str, cwe: int = 0) -> Finding:
    return Finding(tool, rule, "said", HERE, Severity.HIGH, Category.SECURITY, cwe=cwe)


@pytest.mark.parametrize(
    ("found", "category"),
    [
        (finding("bandit", "B608", 89), "A05:2025"),
        (finding("ruff", "S102"), "A05:2025"),  # by what its documentation says
        (finding("bandit", "B324", 327), "A04:2025"),
        (finding("bandit", "B301", 502), "A08:2025"),
        (finding("npm-audit", "GHSA-1", 79), "A03:2025"),
        (finding("pip-audit", "PYSEC-1"), "A03:2025"),
        (finding("pip-audit", "not-audited"), ""),
        (finding("ruff", "F401"), ""),
        (finding("bandit", "B999", 1), ""),
    ],
)
def test_the_category_that_follows(found: Finding, category: str) -> None:
    assert owasp_of(found) == category


def test_a_weakness_is_in_one_category() -> None:
    counts = Counter(number for _, numbers in CATEGORIES.values() for number in numbers)
    assert set(counts.values()) == {1}
    assert len(counts) == 249
    assert list(CATEGORIES) == [f"A{number:02}" for number in range(1, 11)]


def test_a_hover_names_it_once() -> None:
    both = Problem((finding("bandit", "B608", 89), finding("ruff", "S608")))
    assert hover(both).count("OWASP A05:2025 Injection") == 1
    assert "OWASP" not in hover(Problem((finding("ruff", "F401"),)))
    assert owasp_title("A01:2025") == "A01:2025 Broken Access Control"


def test_a_finding_names_its_weakness_before_its_rule_does() -> None:
    assert weakness_of(finding("ruff", "S102")) == 78
    assert weakness_of(finding("ruff", "S102", 564)) == 564
