"""Which automations fit where, and what is said of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...automations.mining.when import fits
from ...automations.paths import part_of
from ...automations.pattern import STEP, Part
from ...settings.learning import Automations as Settings
from ...store.automations import Automation, State
from ..scripts.runs import is_done

_MINUTE, _HOUR = 60.0, 3_600.0
_UNITS = {"s": 1.0, "min": _MINUTE, "h": _HOUR}
_PLACE = re.compile(r"\{(\w+)(?:\.(\w+))?\}")
_BRIEF = 60
"""Characters of what an automation does that a menu has room for."""


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
    def brief(self) -> str:
        """What it does whenever it is run."""
        return brief(self.automation.title)

    @property
    def title(self) -> str:
        """The same, how often that was done, and what it saves."""
        return f"{self.brief} ({seen(self.automation)})"

    @property
    def here(self) -> str:
        """What it does for this file."""

        def value(place: re.Match[str]) -> str:
            name, part = place[1], place[2] or str(Part.WHOLE)
            if name not in self.arguments or part not in {*Part}:
                return place[0]
            return part_of(self.arguments[name], Part(part))

        return brief(_PLACE.sub(value, self.automation.title))


def brief(title: str) -> str:
    """What it does, in a line that a menu has room for: of several steps the programs."""
    if len(title) <= _BRIEF:
        return title
    first, *others = title.split(STEP)
    if not others:
        return f"{first[:_BRIEF]} …"
    middle = ["…"] if len(others) > 2 else [_program(each) for each in others[:-1]]
    told = STEP.join([_program(first), *middle, _program(others[-1])])
    return f"{told[:_BRIEF]} ({len(others) + 1} steps)"


def _program(step: str) -> str:
    program, _, rest = step.partition(" ")
    second = rest.partition(" ")[0]
    return f"{program} {second}" if second.isalpha() else program


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


WAITS = "waits for its turn to be offered"


def waits(automation: Automation) -> bool:
    """Whether it came through its trial, and only the budget of offers keeps it back."""
    return automation.state is State.TRIED and not automation.why


def nothing_new(automations: Iterable[Automation]) -> str:
    """What there is where a look found nothing, for people."""
    every = [*automations]
    offered = sum(each.state is State.OFFERED for each in every)
    waiting = sum(map(waits, every))
    told = [f"{offered} {'is' if offered == 1 else 'are'} offered"] if offered else []
    if waiting:
        wait = f"{waiting} {'waits' if waiting == 1 else 'wait'} to be"
        told.append(f"{wait}: about one in a hundred tasks is (automations.offersPerHundred)")
    return f"Nothing new repeats so far{'; ' * bool(told)}{', '.join(told)}."


def seen(automation: Automation) -> str:
    """How often it was done, and what it saves, for people."""
    times = f"seen {automation.seen}×"
    low, high = automation.low * automation.a_week, automation.high * automation.a_week
    return f"{times}, saves about {span(low, high)} a week" if high >= 1 else times


def span(low: float, high: float) -> str:
    """Seconds, at least and at most, for people. What would be none of a unit is told in a smaller
    one."""
    large = _unit(high)
    small = large if low >= _UNITS[large] / 2 else _unit(low)
    one, other = f"{low / _UNITS[small]:.0f}", f"{high / _UNITS[large]:.0f}"
    if small != large:
        return f"{one} {small}–{other} {large}"
    return f"{one}–{other} {large}" if one != other else f"{one} {large}"


def _unit(seconds: float) -> str:
    return "s" if seconds < 2 * _MINUTE else "min" if seconds < 2 * _HOUR else "h"
