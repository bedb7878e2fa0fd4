"""Recommendations made of what was found, and their order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..workflows.analysis import Analysis
from ..workflows.model import Issue, Kind
from ..workflows.rules import RULES
from .model import Gain, Recommendation, of_issue

_ELSEWHERE = "its runs are on GitHub, and none is seen from here"
_UNSEEN = "no run of it was seen here so far"
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


def recommendations(analyses: Iterable[Analysis]) -> list[Recommendation]:
    """Of all that definitions could do better; ``ranked`` puts them in order."""
    return [_of(each, issue) for each in analyses for issue in each.issues]


def _of(analysis: Analysis, issue: Issue) -> Recommendation:
    gain = _gain(analysis, issue)
    elsewhere = analysis.workflow.kind is Kind.ACTIONS
    unknown = "" if gain else _ELSEWHERE if elsewhere else _UNSEEN
    return of_issue(issue, gain, unknown, _HOW[issue.rule])


def _gain(analysis: Analysis, issue: Issue) -> Gain | None:
    """What runs that were seen let expect: between a half of what is spared and all of it, as
    often as it was run."""
    timing = analysis.seen.get(issue.subject.partition(" ")[0])
    if timing is None or not timing.a_week:
        return None
    job = analysis.workflow.by_name.get(issue.subject.partition(" ")[0])
    share = 0.0
    if issue.rule in ("in-sequence", "duplicate-step") and job is not None and len(job.steps) > 1:
        share = 1 / len(job.steps)
    most = share * timing.seconds * timing.a_week
    return Gain(0.0, most) if most >= 1 else None


def rank(each: Recommendation, ratios: Mapping[str, float]) -> float:
    """Seconds a week that it is to gain for a minute of work, by what those of its kind really
    gained (``ratios``)."""
    seconds = each.gain.middle if each.gain else _PRIOR_SECONDS[RULES[each.rule].impact]
    return seconds * ratios.get(each.rule, 1.0) / each.minutes


def ranked(every: Sequence[Recommendation], ratios: Mapping[str, float]) -> list[Recommendation]:
    """The best first; those of the same rank as they stand in the files."""
    return sorted(every, key=lambda each: (-rank(each, ratios), each.place, each.id))
