"""What was found to repeat, and what is made of it, as Markdown for people. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ...automations.pattern import Pattern, line
from ...automations.record import Record
from ...store.automations import Automation
from .offers import WAITS, seen, span, waits

_SHOWN = 5


def pattern_page(root: Path, patterns: Sequence[Pattern]) -> str:
    """Each with its evidence: when it was done, with what, and which parts vary."""
    lines = [f"# What repeats in {root}", ""]
    if not patterns:
        lines += ["Nothing was done often enough so far.", ""]
    for each in patterns:
        lines += [f"## {each.title}", "", summary(each), ""]
        lines += [*(f"- {use}" for use in evidence(each)), ""]
    return "\n".join(lines)


def summary(pattern: Pattern) -> str:
    """How often it was done, and what it would save."""
    low, high = pattern.each
    often = f"{pattern.shape}, done {pattern.count} times, {pattern.a_week:.1f} a week."
    return f"{often}\nSaves {span(low, high)} each time; score {pattern.score:.2f}."


def evidence(pattern: Pattern) -> list[str]:
    """The last times that it was done, the newest first: when, and what varied in it."""
    lines = []
    for use in reversed(pattern.occurrences[-_SHOWN:]):
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(use.at))
        given = use.arguments.items()
        values = ", ".join(f"{name} = {line(', '.join(v.splitlines()))}" for name, v in given)
        lines.append(f"{at}: {values or 'the same'}")
    return lines


def automation_page(
    root: Path, automations: Iterable[Automation], record_of: Callable[[Automation], Record]
) -> str:
    lines = [f"# Automations in {root}", ""]
    for each in automations:
        lines += [f"## {each.name}", "", f"{each.title} ({seen(each)})", ""]
        why = each.why or (WAITS if waits(each) else "")
        lines.append(f"- {each.state}" + (f": {why}" if why else ""))
        if each.told:
            lines.append(f"- its trial: {each.told}")
        if (record := record_of(each)).runs:
            lines.append(f"- {record_line(record)}")
        lines.append("")
    if len(lines) == 2:
        lines += ["There is none so far.", ""]
    return "\n".join(lines)


def record_line(record: Record) -> str:
    """What its runs say of one."""
    rate = f"{record.successes} of {record.runs} runs succeeded"
    sure = f"the rate is {100 * record.low:.0f}–{100 * record.high:.0f} % with 95 % confidence"
    low, high = record.saved
    return f"{rate} ({sure})" + (f", saved about {span(low, high)}" if high >= 1 else "")
