"""Recommendations made of what was found, and their order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from ...settings.tasks import Tasks
from ..workflows.analysis import Analysis
from ..workflows.lived.pushes import Pushes
from ..workflows.model import Issue, Kind
from ..workflows.rules import RULES
from ..workflows.timed import Timings
from .at_once import Local, task
from .elsewhere import Elsewhere
from .model import Recommendation, Told, id_of

_NOTHING: Timings = MappingProxyType({})
_NO_PUSHES = Pushes()
_HOW: Mapping[str, str] = {
    "cycle": "Take one of the needs out.",
    "missing-need": "Add what is missing, or take the need out.",
    "phony": "Name the target in `.PHONY`.",
    "no-cache": "Let the set-up action keep a cache, or add a step with actions/cache.",
    "duplicate-step": "Take one of them out.",
    "needless-need": "Take the need out, if it is not to spare runs when the other fails.",
    "in-sequence": "Let them run at once.",
    "slow-hook": "Let it run before a push: `stages: [pre-push]`.",
    "new-environment": 'Set `nox.options.reuse_venv = "yes"`.',
    "no-timeout": "Set `timeout-minutes`.",
    "no-concurrency": "Set `concurrency` with `cancel-in-progress`.",
    "dead": "Take it out, or say with `##` behind it what it is for.",
}
_PRIOR_SECONDS = {1: 1.0, 2: 3.0, 3: 9.0}
"""Where no gain is known, a rank is made of the judged impact alone. These stand for nothing but
the order, below all whose gain is known to be more."""


def recommendations(
    analyses: Iterable[Analysis],
    tasks: Tasks,
    timings: Timings = _NOTHING,
    pushes: Pushes = _NO_PUSHES,
    project: object = None,
) -> list[Recommendation]:
    """Of all that definitions could do better; ``ranked`` puts them in order. ``timings``: what was
    seen of runs; ``project``: what the project's settings say, whether it holds or not."""
    said = {"tasks": {"custom": tasks.custom}}, project
    found = []
    for each in analyses:
        local = Local(each, timings)
        on_github = each.workflow.kind is Kind.ACTIONS
        told = Elsewhere(each, timings, pushes).told if on_github else local.told
        found += [
            _of(each, issue, told(issue), "" if on_github else local.measure(issue), said)
            for issue in each.issues
        ]
    return found


def _of(
    analysis: Analysis, issue: Issue, told: Told, measure: str, said: Iterable[object]
) -> Recommendation:
    setting = task(analysis.workflow, issue)
    return Recommendation(
        id_of(issue),
        issue.rule,
        issue.place,
        issue.text,
        (*issue.evidence, *told.why),
        told.gain,
        told.unknown,
        _HOW[issue.rule],
        issue.remedy,
        setting,
        measure,
        is_met=setting is not None and any(map(setting.stands_in, said)),
        basis=told.basis,
    )


def rank(each: Recommendation, ratios: Mapping[str, float]) -> float:
    """Seconds a week that it is to gain for a minute of work, by what those of its kind really
    gained (``ratios``)."""
    seconds = each.gain.middle if each.gain else _PRIOR_SECONDS[RULES[each.rule].impact]
    return seconds * ratios.get(each.rule, 1.0) / each.minutes


def ranked(every: Sequence[Recommendation], ratios: Mapping[str, float]) -> list[Recommendation]:
    """The best first; those of the same rank as they stand in the files."""
    return sorted(every, key=lambda each: (-rank(each, ratios), each.place, each.id))
