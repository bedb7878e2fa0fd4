"""How the rules of our tools are called, and whose a rule is by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from .families_data import RUFF_PREFIXES

_WORDS = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
AUDITS = frozenset({"npm-audit", "pip-audit"})
"""The tools that audits of dependencies ask."""
_ADVISORY = re.compile(r"[A-Z]+-[\w-]+|not-audited")
_CODES: Mapping[str, re.Pattern[str]] = {
    "radon": re.compile(r"R701"),
    "complexipy": re.compile(r"CC001"),
    "bandit": re.compile(r"B[1-7]\d\d"),
    "pylint": re.compile(r"[CRWEFI]\d{4}"),
    "shellcheck": re.compile(r"SC\d{4}"),
    "hadolint": re.compile(r"DL\d{4}"),
    "ruff": re.compile(rf"(?:{'|'.join(RUFF_PREFIXES)})\d{{1,4}}"),
}
"""What is of the form of several is the first's."""
_NAMES: Mapping[str, re.Pattern[str]] = {
    "detect-secrets": re.compile(r"\w+(?:Detector|EntropyString)"),
    "eslint": re.compile(r"@?[a-z][\w-]*(?:/[\w-]+){0,2}"),
    "growth": re.compile(r"growth"),
    "kingfisher": re.compile(r"(?:betterleaks|veles)\.[\w.-]+"),
    "mypy": _WORDS,
    "semgrep": re.compile(r"[\w-]+(?:\.[\w-]+)*"),
    "ty": _WORDS,
    "zizmor": _WORDS,
    **dict.fromkeys(AUDITS, _ADVISORY),
}
"""Of tools whose rules have no codes; several may have one that is called so."""
OURS = frozenset({*_CODES, *_NAMES})
"""The tools whose names of rules are known. Others call theirs as they like."""

_HOME = {
    "eslint": re.compile(r".*\.[cm]?[jt]sx?"),
    "zizmor": re.compile(r".*\.ya?ml"),
}
"""Files in which a name that may be this tool's is this tool's."""


def coded(rule: str) -> str:
    """The tool of ours that has a rule of this code; empty where it is no code of theirs."""
    return next((tool for tool, form in _CODES.items() if form.fullmatch(rule)), "")


def tool_of(rule: str, path: str) -> str:
    """The tool of ours that has a rule of this name for such a file; empty where none is certain.
    A tool that is not ours may have one that is called so, too: see ``may_have``."""
    at_home = (tool for tool, files in _HOME.items() if files.fullmatch(path))
    return coded(rule) or next((t for t in at_home if _NAMES[t].fullmatch(rule)), "")


def may_have(tool: str, rule: str) -> bool:
    """Whether the tool may have a rule of this name. Of one that is not ours, that is not known."""
    if tool not in OURS:
        return True
    if owner := coded(rule):
        return tool == owner
    form = _NAMES.get(tool)
    return form is not None and form.fullmatch(rule) is not None


def would_be_told(rule: str, path: str, looked: AbstractSet[str], kept: AbstractSet[str]) -> bool:
    """Whether the rule, whatever its case, would be told of in a file if it were broken there: the
    tool that has it is among those that ``looked``, and none that may have it among those that
    should have and were ``kept`` from it."""
    names = rule, rule.upper()
    owners = {tool_of(rule, path), coded(rule.upper())}
    return bool(owners & looked) and not any(may_have(tool, n) for tool in kept for n in names)
