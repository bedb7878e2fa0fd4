"""What was found to repeat, and what is made of it, as Markdown for people. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ...automations.pattern import Pattern
from ...automations.record import Record
from ...settings.learning import Automations as Settings
from ...store.automations import Automation
from .evidence import evidence, summary
from .offers import WAITS, seen, span, waits


def pattern_page(root: Path, patterns: Sequence[Pattern], settings: Settings) -> str:
    """Each with its evidence."""
    lines = [f"# What repeats in {root}", ""]
    if not patterns:
        lines += ["Nothing was done often enough so far.", ""]
    for each in patterns:
        lines += [f"## {each.title}", "", f"{summary(each)}.", ""]
        lines += [*(f"- {told}" for told in evidence(each, settings)), ""]
    return "\n".join(lines)


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
