"""Which rules of different tools mean the same.

The table is derived from the tools' own rule lists (``python -m tests.generate``); a test derives
it anew from the installed versions and fails when it has drifted.
"""

from __future__ import annotations

from ..model import Finding
from .families_data import CWE_NAMES, FAMILIES, RULE_CWES
from .pylint_rules import ruff_rule
from .secret_rules import FAMILY, SECRET_RULES, tells_of_secret

NOT_ANALYSED = "not-analysed"
"""What any tool says of a file that it could not look at, in place of a rule."""
SYNTAX_ERROR = "invalid-syntax"
"""What Ruff and ESLint say of one that is not in its language: a flaw of the file, which tells why
others could not look."""
NOT_AUDITED = "not-audited"
"""What an audit says, in place of an advisory, of a dependency that it could not ask about."""

_FAMILY = {rule: name for name, rules in FAMILIES.items() for rule in rules.items()}


def family(tool: str, rule: str) -> str:
    """The name shared by all rules that mean the same; ``tool:rule`` where there is no other."""
    if rule == NOT_ANALYSED:
        return rule
    if tells_of_secret(tool, rule):
        return FAMILY
    if tool == "pylint":
        tool, rule = "ruff", ruff_rule(rule)
    return _FAMILY.get((tool, rule)) or f"{tool}:{rule}"


def matter(tool: str, rule: str) -> str:
    """What a comment that names the rule is about: its family, of the secrets only the rules that
    tell of the same ones."""
    known = family(tool, rule)
    return f"{known}-{rule[1:]}" if known == FAMILY else known


def matters_of(tool: str) -> frozenset[str]:
    """Those of which it speaks with others."""
    names = {matter(tool, rule) for rules in FAMILIES.values() if (rule := rules.get(tool))}
    return frozenset(names | {matter(tool, rule) for rule in SECRET_RULES.get(tool, ())})


def cwe_of(tool: str, rule: str) -> int:
    """The weakness that the tool's documentation names for a rule, or 0."""
    return RULE_CWES.get(tool, {}).get(rule, 0)


def weakness_of(finding: Finding) -> int:
    """The weakness that a finding names, else the one that its rule's documentation does, or 0."""
    return finding.cwe or cwe_of(finding.tool, finding.rule)


def cwe_name(number: int) -> str:
    """The short name of a weakness, such as "SQL injection"; empty where Bandit has none."""
    return CWE_NAMES.get(number, "")
