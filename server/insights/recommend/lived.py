"""Recommendations made of what was seen of work. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ...discover import matches, pattern_of
from ...settings import Settings
from ..workflows.lived.observe import Observation
from ..workflows.lived.spent import FILE, TOOL
from ..workflows.model import Place
from .model import Gain, Recommendation, Setting, identity, said_at, span

_NOWHERE = Place("")
_THIN = "the days that are known are too few"
_NOT_IN_TIME = "what it costs is not measured in time"
_OF_THE_MACHINE = "of the machine, while you go on"
_ON_CHANGE = Setting(
    ("tasks", "testRunner", "onChange"),
    True,
    "Run the tests that a change affects when it is saved (tasks.testRunner.onChange)",
)
_ON_SAVE_ONLY = Setting(
    ("analysis", "onIdle"),
    False,
    "Look at files when they are saved only, not at each pause of typing (analysis.onIdle)",
)
_EXCLUDE = ("analysis", "exclude")
_HOW = {
    "waiting": "Run only the tests that a change affects, by themselves.",
    "loop": "Let the tests that a change affects run when it is saved, so that failing is seen at "
    "once.",
    "slow-commit": "Let hooks that look at all of the project run before a push only, and those "
    "that run before a push in CI.",
    "slow-import": "Import it in the function that needs it, or something smaller in its place.",
    TOOL: "Let it look at files when they are saved only; or switch it off here, where CI runs it.",
    FILE: "Split it, or leave it out where nobody writes it by hand.",
    "flaky": "Look for what it shares with others: time, order, files, network. Until then let "
    "nobody wait for it.",
}
_MEASURED = ("waiting", "slow-commit", TOOL, FILE)


def recommendations(
    observations: Iterable[Observation],
    settings: Settings,
    project: object,
    over: Collection[Observation] = (),
) -> list[Recommendation]:
    """What it costs is the most that there is to gain. ``project``: what the project's settings
    say, whether it holds or not; ``over``: those of what is not there any more, or does not run."""
    found = []
    for each in observations:
        setting, is_so = _setting(each, settings, project)
        found.append(_of(each, setting, is_so or each in over))
    return found


def _setting(each: Observation, settings: Settings, project: object) -> tuple[Setting | None, bool]:
    """What a setting does about it, and whether that is so already."""
    setting, is_so = None, False
    if each.rule in ("waiting", "loop"):
        setting, is_so = _ON_CHANGE, settings.tasks.test_runner.on_change
    elif each.rule == TOOL:
        setting, is_so = _ON_SAVE_ONLY, not settings.analysis.on_idle
    elif each.rule == FILE:
        setting, is_so = _left_out(each.subject, settings.analysis.exclude, project)
    return setting, is_so or (setting is not None and setting.stands_in(project))


def _left_out(file: str, holds: Sequence[str], project: object) -> tuple[Setting, bool]:
    """An editor may say something else than the project's list, which is not to be lost for it."""
    listed = said_at(_EXCLUDE, project)
    own = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else holds
    title = f"Analyse {file} no more (analysis.exclude)"
    is_so = matches(file, holds) or matches(file, own)
    return Setting(_EXCLUDE, [*own, pattern_of(file)], title), is_so


def _of(each: Observation, setting: Setting | None, is_met: bool) -> Recommendation:
    cost = each.weekly
    gain = Gain(0.0, cost.high) if cost else None
    is_of_machine = each.rule in (TOOL, FILE)
    measure = f"{each.rule} {each.subject}" if is_of_machine else each.rule
    is_measured = each.rule in _MEASURED
    why = each.evidence
    if cost:
        why += (f"that is {span(cost.low, cost.high)} a week, of {cost.days} days (95 %)",)
    return Recommendation(
        identity(each.rule, "", each.subject),
        each.rule,
        _NOWHERE,
        each.text,
        why,
        gain,
        "" if gain else _THIN if is_measured else _NOT_IN_TIME,
        _HOW[each.rule],
        None,
        None if is_met else setting,
        measure if is_measured else "",
        is_met,
        each.last,
        _OF_THE_MACHINE if is_of_machine else "",
    )
