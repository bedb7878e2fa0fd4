"""The findings that a project has agreed to live with for now, and what became of them. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..model import Finding, Problem
from .fingerprint import Fingerprint, match

_VERSION = 1
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOTHING: Rules = {}

Rules = Mapping[str, tuple[str, ...]]
"""Fingerprints by ``rule_of``, in the order of their places."""

Counts = Mapping[tuple[str, str], int]
"""Findings by folder (``.`` is the root) and ``rule_of``."""


def rule_of(finding: Finding) -> str:
    """As the baseline writes it: ``bandit:B307``."""
    return f"{finding.tool}:{finding.rule}"


def tool_of(rule: str) -> str:
    return rule.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Baseline:
    """``files``: what is known, by path below the root, with slashes."""

    files: Mapping[str, Rules] = field(default_factory=dict)

    @staticmethod
    def of(problems: Mapping[str, Iterable[Problem]]) -> Baseline:
        """The findings of all these problems, by path; those without a fingerprint are left out."""
        return Baseline({path: rules for path, each in problems.items() if (rules := _rules(each))})

    def known(self, path: str) -> tuple[str, ...]:
        """All fingerprints of a file."""
        return tuple(each for listed in self.files.get(path, _NOTHING).values() for each in listed)

    @property
    def counts(self) -> Counts:
        counts: Counter[tuple[str, str]] = Counter()
        for path, rules in self.files.items():
            for rule, listed in rules.items():
                counts[folder_of(path), rule] += len(listed)
        return counts

    def renamed(self, names: Mapping[str, str]) -> Baseline:
        """The same after files got other names (old: new). A file whose new name is taken keeps its
        own."""
        moved = {new: self.files[old] for old, new in names.items() if old in self.files}
        gone = {old for old in names if old in self.files}
        kept = {path: rules for path, rules in self.files.items() if path not in gone}
        return Baseline({**moved, **kept})


def _rules(problems: Iterable[Problem]) -> Rules:
    rules: defaultdict[str, list[str]] = defaultdict(list)
    findings = (finding for problem in problems for finding in problem.findings)
    for finding in sorted(findings, key=lambda each: each.range):
        if finding.fingerprint:
            rules[rule_of(finding)].append(finding.fingerprint)
    return {rule: tuple(listed) for rule, listed in rules.items()}


def folder_of(path: str) -> str:
    return path.rpartition("/")[0] or "."


# ── then and now ────────────────────────────────────────────────────────────────────────────────


def known_among(known: Sequence[str], problems: Sequence[Problem]) -> frozenset[int]:
    """The places of the problems in which a finding is known; ``known`` are fingerprints of their
    file.

    A matter is as old as the first tool that speaks of it.
    """
    if not known:
        return frozenset()
    rows = _rows(problems)
    found = match(known, [fingerprint for _, fingerprint in rows])
    return frozenset(rows[place][0] for place in found)


def _rows(problems: Iterable[Problem]) -> list[tuple[int, str]]:
    """The fingerprints of problems, each with the place of its problem."""
    return [
        (place, finding.fingerprint)
        for place, problem in enumerate(problems)
        for finding in problem.findings
        if finding.fingerprint
    ]


class Standing(NamedTuple):
    """What became of a file's entries. ``kept`` are those that are still there, known by what is
    there now, and those of tools that did not look; ``fixed`` are the others."""

    kept: Rules
    fixed: Rules


def standing(rules: Rules, problems: Iterable[Problem], tools: Iterable[str]) -> Standing:
    """``rules`` is the entry of one file, ``problems`` are now in it, ``tools`` have a verdict."""
    looked = set(tools)
    old = [(rule, each) for rule, listed in rules.items() for each in listed]
    new = [fingerprint for _, fingerprint in _rows(problems)]
    now = {before: after for after, before in match([each for _, each in old], new).items()}
    kept: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    fixed: defaultdict[str, list[str]] = defaultdict(list)
    for place, (rule, fingerprint) in enumerate(old):
        if place in now:
            kept[rule].append((now[place], new[now[place]]))
        elif tool_of(rule) in looked:
            fixed[rule].append(fingerprint)
        else:
            kept[rule].append((place, fingerprint))
    return Standing(
        {rule: tuple(each for _, each in sorted(rows)) for rule, rows in kept.items()},
        {rule: tuple(listed) for rule, listed in fixed.items()},
    )


class Risen(NamedTuple):
    """A count that is higher than the baseline allows."""

    folder: str
    rule: str
    allowed: int
    found: int


def risen(allowed: Counts, found: Counts) -> list[Risen]:
    """The counts that rose, in the order of folders and rules."""
    return [
        Risen(folder, rule, allowed.get((folder, rule), 0), count)
        for (folder, rule), count in sorted(found.items())
        if count > allowed.get((folder, rule), 0)
    ]


# ── the file ────────────────────────────────────────────────────────────────────────────────────


def dumps(baseline: Baseline) -> str:
    """JSON that is the same for the same findings, a line for each of them.

    ``counts`` is for people and for reviews: ``loads`` counts for itself.
    """
    counts: dict[str, dict[str, int]] = {}
    for (folder, rule), count in sorted(baseline.counts.items()):
        counts.setdefault(folder, {})[rule] = count
    files = {path: dict(sorted(rules.items())) for path, rules in sorted(baseline.files.items())}
    document = {"version": _VERSION, "counts": counts, "files": files}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def loads(text: str) -> Baseline:
    """Raises ValueError, with a message for people, for what ``dumps`` does not write."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    version = _within(document).get("version")
    if version != _VERSION:
        raise ValueError(f"its version is {version!r:.20}, and {_VERSION} is what can be read")
    files = _within(_within(document).get("files"))
    return Baseline(
        {
            path: {rule: _fingerprints(listed) for rule, listed in _within(rules).items()}
            for path, rules in files.items()
        }
    )


def _within(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r:.40} stands where names and values should")  # noqa: TRY004
    return value


def _fingerprints(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"{value!r:.40} stands where a list of fingerprints should")
    for each in value:
        Fingerprint.of(each)
    return tuple(value)
