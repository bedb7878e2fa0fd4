"""Recommendations made of what was seen of work. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...settings import Settings
from ...store.recommendations import Row
from ..workflows.lived.observe import Observation
from ..workflows.model import Place
from .model import Gain, Recommendation, Setting, identity

_NOWHERE = Place("")
_THIN = "the days that are known are too few"
_NOT_IN_TIME = "what it costs is not measured in time"
_ON_CHANGE = Setting(
    ("tasks", "testRunner", "onChange"),
    True,
    "Run the tests that a change affects when it is saved (tasks.testRunner.onChange)",
)
_HOW = {
    "waiting": "Run only the tests that a change affects, by themselves.",
    "loop": "Let the tests that a change affects run when it is saved, so that failing is seen at "
    "once.",
    "slow-commit": "Let hooks that look at all of the project run before a push only, and those "
    "that run before a push in CI.",
    "flaky": "Look for what it shares with others: time, order, files, network. Until then let "
    "nobody wait for it.",
}
_MEASURED = ("waiting", "slow-commit")
_BY_SETTING = ("waiting", "loop")


def recommendations(
    observations: Iterable[Observation], settings: Settings
) -> list[Recommendation]:
    """What it costs is the most that there is to gain."""
    return [_of(each, settings) for each in observations]


def _of(each: Observation, settings: Settings) -> Recommendation:
    cost = each.weekly
    gain = Gain(0.0, cost.high) if cost else None
    measure = each.rule if each.rule in _MEASURED else ""
    why = each.evidence
    if cost:
        low, high = cost.low / 60, cost.high / 60
        why += (f"that is {low:.0f}–{high:.0f} min a week, of {cost.days} days (95 %)",)
    on_change = each.rule in _BY_SETTING and not settings.tasks.test_runner.on_change
    setting = _ON_CHANGE if on_change else None
    unknown = "" if gain else _THIN if measure else _NOT_IN_TIME
    return Recommendation(
        identity(each.rule, "", each.subject),
        each.rule,
        _NOWHERE,
        each.text,
        why,
        gain,
        unknown,
        _HOW[each.rule],
        None,
        setting,
        measure,
    )


def met(rows: Mapping[str, Row], settings: Settings) -> frozenset[str]:
    """Of those that a setting does, the ids of those whose setting is so by now."""
    on = settings.tasks.test_runner.on_change
    return frozenset(id_ for id_, row in rows.items() if on and row.rule in _BY_SETTING)
