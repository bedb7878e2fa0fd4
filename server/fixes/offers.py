"""What can be offered at a place: fixes, fix-all, and ways to live with a finding."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from ..findings.describe import title
from ..findings.suppressions import TOOL
from ..model import Finding, Fix, Position, Problem, Range, Tag
from . import verify
from .ignoring import ignore_here, ignore_in_file, remove_comment
from .rewrites import candidates as rewrites
from .verify import Attempt, Edits, Original, disjoint, union


@dataclass(frozen=True, slots=True)
class Offer:
    """One action. ``edits`` are made against the text it was asked for; a fix's are verified.

    ``preferred``: what an editor may apply without asking which. ``rule`` is the one that a fix is
    for.
    """

    title: str
    edits: Edits
    problems: tuple[Problem, ...]
    preferred: bool = False
    rule: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    fix: Fix
    finding: Finding
    problem: Problem

    @property
    def title(self) -> str:
        unsafe = "" if self.fix.safe else "; may change behaviour"
        return f"Fix: {self.fix.title} ({title(self.finding.tool)} {self.finding.rule}{unsafe})"

    @property
    def attempt(self) -> Attempt:
        return Attempt(self.fix.edits, self.problem.findings)


async def fixes(original: Original, problems: Sequence[Problem], place: Range) -> list[Offer]:
    """The verified fixes of the problems at ``place``, safe ones first; and for each of their
    rules, the fix of all its safe cases in the file."""
    found = await asyncio.to_thread(_candidates, original.code, at(problems, place))
    held = await verify.each(original, [each.attempt for each in found])
    offers: dict[Edits, Offer] = {}
    for each, edits in zip(found, held, strict=True):
        if edits:
            offer = Offer(each.title, edits, (each.problem,), each.fix.safe, each.finding.rule)
            offers.setdefault(edits, offer)
    rules = dict.fromkeys(
        (each.finding.tool, each.finding.rule)
        for each, edits in zip(found, held, strict=True)
        if edits and each.fix.safe
    )
    safe = await _safe(original, problems) if rules else []
    every = [await _fix_rule(original, safe, *rule) for rule in rules]
    chosen = sorted(offers.values(), key=lambda offer: not offer.preferred)
    return [*chosen, *(offer for offer in every if offer)]


async def fix_rule(original: Original, problems: Sequence[Problem], rule: str) -> Offer | None:
    """One offer of the safe fixes of a rule in the file that hold together."""
    cases = [each for each in await _safe(original, problems) if each.finding.rule == rule]
    return await _all(f"Fix all safe cases of {rule}", original, cases)


async def _fix_rule(
    original: Original, safe: Sequence[_Candidate], tool: str, rule: str
) -> Offer | None:
    cases = [each for each in safe if (each.finding.tool, each.finding.rule) == (tool, rule)]
    if len(cases) < 2:
        return None
    return await _all(f"Fix all safe cases of {rule} in this file", original, cases)


async def fix_all(
    original: Original, problems: Sequence[Problem], rules: Container[str] | None = None
) -> Offer | None:
    """One offer of all safe fixes in the file, of ``rules`` (None: of all), that hold together."""
    safe = await _safe(original, problems)
    cases = [each for each in safe if rules is None or each.finding.rule in rules]
    return await _all("Fix all safe findings", original, cases)


async def _all(label: str, original: Original, cases: Iterable[_Candidate]) -> Offer | None:
    first = {each.problem: each for each in reversed(list(cases))}
    attempts = disjoint(each.attempt for each in reversed(first.values()))
    held = await verify.together(original, attempts)
    if not held:
        return None
    edits = await verify.verified(original, union(held))
    fixed = tuple(p for p, each in first.items() if each.attempt in held)
    return Offer(label, edits, fixed)


def ignores(text: str, path: str, problems: Sequence[Problem], place: Range) -> list[Offer]:
    """Comments for each problem at ``place`` that silence its tools there, or in the whole file.
    Parses the text: for a thread, not for the loop."""
    ways = (("here", ignore_here), ("in this file", ignore_in_file))
    return [
        Offer(f"Ignore {', '.join(problem.rules)} {where}", edits, (problem,))
        for problem in at(problems, place)
        for where, ignore in ways
        if (edits := ignore(text, path, problem.findings))
    ]


def at(problems: Iterable[Problem], place: Range) -> list[Problem]:
    """The problems of which some finding touches ``place``; where none does, those on its lines."""
    problems = list(problems)
    lines = Range(Position(place.start.line, 0), Position(place.end.line + 1, -1))
    return _touching(problems, place) or _touching(problems, lines)


def _touching(problems: Iterable[Problem], place: Range) -> list[Problem]:
    return [
        problem
        for problem in problems
        if any(finding.range.touches(place) for finding in problem.findings)
    ]


def _candidates(text: str, problems: Iterable[Problem]) -> list[_Candidate]:
    """Parses the text: for a thread, not for the loop."""
    return [
        _Candidate(fix, finding, problem)
        for problem in problems
        for finding in problem.findings
        for fix in (*finding.fixes, *_own(text, finding), *rewrites(text, finding))
    ]


def _own(text: str, finding: Finding) -> tuple[Fix, ...]:
    """A comment that hides nothing can go."""
    if finding.tool != TOOL or Tag.UNNECESSARY not in finding.tags:
        return ()
    return (Fix("Remove the comment", remove_comment(text, finding.range), safe=True),)


async def _safe(original: Original, problems: Sequence[Problem]) -> list[_Candidate]:
    found = await asyncio.to_thread(_candidates, original.code, problems)
    return [each for each in found if each.fix.safe]
