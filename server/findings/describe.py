"""What a person reads of a problem: its code, and the text of a hover."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from ..model import Finding, Problem
from .families import cwe_name, cwe_of
from .owasp import owasp_of, owasp_title

_LONGEST = 300
_CODE = re.compile(r"(`[^`]+`)")
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#!|~&()]")
_UNLINKABLE = re.compile(r"[<>\s]")

_TITLES = {
    "bandit": "Bandit",
    "eslint": "ESLint",
    "growth": "Growth",
    "kingfisher": "Kingfisher",
    "npm-audit": "npm audit",
    "pylint": "Pylint",
    "radon": "Radon",
    "ruff": "Ruff",
    "semgrep": "Semgrep",
    "shellcheck": "ShellCheck",
    "tests": "Tests",
    "understudy": "Understudy",
}
"""Of our own tools, those that are not called by their names: what others declare is called as they
wrote it."""

_UNKNOWN: Mapping[str, str] = MappingProxyType({})


def title(tool: str) -> str:
    """How a tool is called in front of a person."""
    return _TITLES.get(tool, tool)


def code(problem: Problem) -> str:
    """The rule that names the problem: its leading finding's, which also has the link."""
    return problem.lead.rule


def hover(problem: Problem, why: str = "", versions: Mapping[str, str] = _UNKNOWN) -> str:
    """Why the problem matters, as short Markdown; ``why`` is a tool's explanation of its rule, and
    ``versions`` are those of the tools, as far as they are known.

    Tools quote the code they look at, so their words are escaped: nothing in a source file may
    become a link or a picture.
    """
    words = (*(finding.message for finding in problem.findings), why)
    said = dict.fromkeys(_plain(each) for each in words if each)
    facts = f"**{problem.severity.label}** severity, {problem.confidence.name.lower()} confidence"
    rules = ", ".join(_rule(each, versions.get(each.tool, "")) for each in problem.findings)
    parts = [facts, *_weaknesses(problem), *categories(problem.findings), rules]
    return "\n\n".join([*said, " · ".join(parts)])


def _plain(message: str) -> str:
    text = " ".join(message.split())
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rstrip() + "…"
    return "".join(
        part if _CODE.fullmatch(part) else _MARKUP.sub(r"\\\g<0>", part)
        for part in _CODE.split(text)
    )


def _weaknesses(problem: Problem) -> Iterator[str]:
    """The weaknesses that the findings name, or else the documentation of their rules."""
    named = [finding.cwe for finding in problem.findings]
    documented = [cwe_of(finding.tool, finding.rule) for finding in problem.findings]
    for number in dict.fromkeys(filter(None, named if any(named) else documented)):
        name = cwe_name(number)
        link = f"[CWE-{number}](https://cwe.mitre.org/data/definitions/{number}.html)"
        yield f"{link} ({name})" if name else link


def categories(findings: Iterable[Finding]) -> list[str]:
    """The OWASP categories that follow, such as ``A05:2025 Injection``."""
    return [f"OWASP {owasp_title(name)}" for name in dict.fromkeys(map(owasp_of, findings)) if name]


def _rule(finding: Finding, version: str) -> str:
    rule = _plain(finding.rule)
    if finding.url.startswith("https://"):
        rule = f"[{rule}](<{_UNLINKABLE.sub('', finding.url)}>)"
    return " ".join(filter(None, (title(finding.tool), _plain(version), rule)))
