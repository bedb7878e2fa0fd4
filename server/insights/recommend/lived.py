"""Recommendations made of what was seen of work. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ...settings import Settings
from ..workflows.lived.observe import Observation
from ..workflows.model import Place
from .model import Gain, Recommendation, Setting, identity, span

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
    "slow-import": "Import it in the function that needs it, or something smaller in its place.",
    "flaky": "Look for what it shares with others: time, order, files, network. Until then let "
    "nobody wait for it.",
}
_MEASURED = ("waiting", "slow-commit")
_BY_SETTING = ("waiting", "loop")


def recommendations(
    observations: Iterable[Observation], settings: Settings, project: object
) -> list[Recommendation]:
    """What it costs is the most that there is to gain. ``project``: what the project's settings
    say, whether it holds or not."""
    is_set = settings.tasks.test_runner.on_change or _ON_CHANGE.stands_in(project)
    return [_of(each, is_set=is_set) for each in observations]


def _of(each: Observation, *, is_set: bool) -> Recommendation:
    cost = each.weekly
    gain = Gain(0.0, cost.high) if cost else None
    measure = each.rule if each.rule in _MEASURED else ""
    why = each.evidence
    if cost:
        why += (f"that is {span(cost.low, cost.high)} a week, of {cost.days} days (95 %)",)
    by_setting = each.rule in _BY_SETTING
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
        _ON_CHANGE if by_setting and not is_set else None,
        measure,
        by_setting and is_set,
        each.last,
    )
