"""Whether a fix does what it promises: applied to a copy, the file still parses, the finding is
gone, and nothing new came. Nothing is offered that was not seen to hold. The judges are the tools
that can look at the copy, which is not on disk.

A fix may need another one beside it: a new import leaves the imports unsorted. When all that is new
comes with a safe fix of its tool, those are made too, and the whole is verified.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from ..findings.families import NOT_ANALYSED, SYNTAX_ERROR
from ..model import Edit, Finding, Position, Range, Report, State
from ..text import Lines, apply

Check = Callable[[str], Awaitable[tuple[Report, ...]]]
"""Analyses a text as if it stood at the document's place; joined and cached by its content."""

Edits = tuple[Edit, ...]

_UNPARSED = (SYNTAX_ERROR, NOT_ANALYSED)


class Original(NamedTuple):
    """The text that is to be fixed, what its judges say of it, and how to ask them again.
    ``python`` is what is parsed of it where that is not the same, each thing at its place."""

    text: str
    before: tuple[Report, ...]
    check: Check
    python: str | None = None

    @property
    def code(self) -> str:
        return self.text if self.python is None else self.python


class Attempt(NamedTuple):
    """Edits, and the findings they should make go away."""

    edits: Edits
    targets: tuple[Finding, ...]


async def verified(original: Original, attempt: Attempt) -> Edits:
    """The edits that hold: the attempt's, with what they need beside them; none if it fails.

    No verdict is kept here: ``check`` knows every text that it has seen, and under which
    configuration.
    """
    try:
        fixed = apply(original.text, attempt.edits)
    except ValueError:
        return ()
    if fixed == original.text:
        return ()
    after = await original.check(fixed)
    if _holds(original.before, after, attempt.targets):
        return attempt.edits
    further = _follow_ups(original.before, after)
    if not further:
        return ()
    settled = apply(fixed, further)
    if not _holds(original.before, await original.check(settled), attempt.targets):
        return ()
    return difference(original.text, settled)


async def each(original: Original, attempts: Sequence[Attempt]) -> list[Edits]:
    """What holds of each attempt. Disjoint ones are tried in one batch first; when the batch holds
    without further help, so does each of them."""
    held: dict[Attempt, Edits] = {}
    batch = disjoint(attempts)
    if len(batch) > 1:
        whole = union(batch)
        if await verified(original, whole) == whole.edits:
            held = {attempt: attempt.edits for attempt in batch}
    for attempt in attempts:
        if attempt not in held:
            held[attempt] = await verified(original, attempt)
    return [held[attempt] for attempt in attempts]


async def together(original: Original, attempts: Sequence[Attempt]) -> list[Attempt]:
    """Attempts, disjoint by now, that hold together: as many as halving finds."""
    if not attempts or await verified(original, union(attempts)):
        return list(attempts)
    if len(attempts) == 1:
        return []
    middle = len(attempts) // 2
    left = await together(original, attempts[:middle])
    right = await together(original, attempts[middle:])
    both = [*left, *right]
    if len(both) < len(attempts) and await verified(original, union(both)):
        return both
    return left or right


def disjoint(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Those that do not overlap one another, first come first; neighbours may meet."""
    taken: list[Edit] = []
    chosen: list[Attempt] = []
    for attempt in attempts:
        fresh = [edit for edit in attempt.edits if edit not in taken]
        if not any(_overlap(new.range, old.range) for new in fresh for old in taken):
            taken += fresh
            chosen.append(attempt)
    return chosen


def _overlap(one: Range, other: Range) -> bool:
    return one.start < other.end and other.start < one.end


def union(attempts: Iterable[Attempt]) -> Attempt:
    """All of them as one; an edit that several share, such as an import, is made once."""
    attempts = list(attempts)
    edits = sorted({edit for attempt in attempts for edit in attempt.edits})
    targets = dict.fromkeys(finding for attempt in attempts for finding in attempt.targets)
    return Attempt(tuple(edits), tuple(targets))


def _holds(before: Sequence[Report], after: Sequence[Report], targets: Iterable[Finding]) -> bool:
    """What no judge told of is not compared, and is no reason by itself to believe in a fix."""
    judges = {report.tool for report in before}
    verdicts = {report.tool for report in after if report.state.is_verdict}
    if any(report.state.is_verdict and report.tool not in verdicts for report in before):
        return False
    had, has = _tally(before), _tally(after)
    wanted = Counter((each.tool, each.rule) for each in targets if each.tool in judges)
    parsed = not any(rule in _UNPARSED for _, rule in has)
    gone = all(has[kind] <= had[kind] - count for kind, count in wanted.items())
    return bool(wanted) and parsed and gone and not has - had


def _follow_ups(before: Iterable[Report], after: Iterable[Report]) -> Edits:
    """The safe fixes of all that is new; none when something new has no such fix."""
    new = _tally(after) - _tally(before)
    edits: list[Edit] = []
    for finding in (finding for report in after for finding in report.findings):
        if (finding.tool, finding.rule) in new:
            safe = next((fix for fix in finding.fixes if fix.safe), None)
            if safe is None:
                return ()
            edits += safe.edits
    return tuple(sorted(set(edits)))


def _tally(reports: Iterable[Report]) -> Counter[tuple[str, str]]:
    """Findings by tool and rule: an edit moves places, so that places cannot be compared."""
    return Counter(
        (finding.tool, finding.rule)
        for report in reports
        if report.state is State.FINDINGS
        for finding in report.findings
    )


def difference(old: str, new: str) -> Edits:
    """Edits of whole lines that turn one text into the other."""
    was, now = _lines(old), _lines(new)
    return tuple(
        Edit(Range(Position(first, 0), Position(last, 0)), "".join(now[start:end]))
        for kind, first, last, start, end in SequenceMatcher(None, was, now, False).get_opcodes()
        if kind != "equal"
    )


def _lines(text: str) -> list[str]:
    """The lines with their ends; ``str.splitlines`` would also cut at form feeds and the like."""
    lines = Lines(text)
    rows = range(len(lines))
    return [lines.slice(Range(Position(row, 0), Position(row + 1, 0))) for row in rows]
