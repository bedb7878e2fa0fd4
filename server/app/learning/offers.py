"""Which automations fit where, and what is said of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...automations.mining.when import fits
from ...settings.learning import Automations as Settings
from ...store.automations import Automation, State
from ..scripts.runs import is_done

_MINUTE, _HOUR = 60.0, 3_600.0


@dataclass(frozen=True, slots=True)
class Offer:
    """An automation for a file. ``arguments``: the values of its parameters that follow from it.
    ``is_new``: its user has not accepted it yet. ``preferred``: it is sure, and has a clean
    record."""

    root: Path
    automation: Automation
    arguments: Mapping[str, str]
    is_new: bool
    preferred: bool = False

    @property
    def title(self) -> str:
        return f"{self.automation.title} ({seen(self.automation)})"


def at(
    path: str,
    root: Path,
    automations: Iterable[Automation],
    settings: Settings,
    now: float,
    exists: Callable[[str], bool],
    clean: frozenset[str],
) -> list[Offer]:
    """Those that fit a file, an absolute path: what it would make is not there. A new one whose
    pattern became unlikely is none. ``now``: seconds since the epoch; ``clean``: the ids of those
    that have only succeeded."""
    if not Path(path).is_relative_to(root):
        return []
    name = Path(path).relative_to(root).as_posix()
    found = []
    for each in automations:
        is_new = each.state is State.OFFERED
        if not (is_new or each.state is State.ACTIVE) or not each.when:
            continue
        if each.stays_away(now) or (is_new and each.score < settings.min_score):
            continue
        if not fits(name, each.when):
            continue
        if is_done(each, name, root, exists):
            continue
        sure = each.score >= settings.preferred_score and each.id in clean
        found.append(Offer(root, each, {each.takes: name}, is_new, preferred=sure and not is_new))
    return found


def seen(automation: Automation) -> str:
    """How often it was done, and what it saves, for people."""
    times = f"seen {automation.seen}×"
    low, high = automation.low * automation.a_week, automation.high * automation.a_week
    return f"{times}, saves about {span(low, high)} a week" if high >= 1 else times


def span(low: float, high: float) -> str:
    """Seconds, at least and at most, for people."""
    unit, name = (1.0, "s") if high < 2 * _MINUTE else (_MINUTE, "min")
    if high >= 2 * _HOUR:
        unit, name = _HOUR, "h"
    one, other = f"{low / unit:.0f}", f"{high / unit:.0f}"
    return f"{one}–{other} {name}" if one != other else f"{one} {name}"
