"""Recommendations made of what was found, and their order. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence

from ...settings.tasks import Tasks
from ..workflows.analysis import Analysis
from ..workflows.model import Issue, Kind
from ..workflows.rules import RULES
from .model import Gain, Recommendation, Setting, id_of

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


def recommendations(
    analyses: Iterable[Analysis], tasks: Tasks, project: object = None
) -> list[Recommendation]:
    """Of all that definitions could do better; ``ranked`` puts them in order. ``project``: what the
    project's settings say, whether it holds or not."""
    said = {"tasks": {"custom": tasks.custom}}, project
    return [_of(each, issue, said) for each in analyses for issue in each.issues]


def _of(analysis: Analysis, issue: Issue, said: Iterable[object]) -> Recommendation:
    gain = _gain(analysis, issue)
    elsewhere = analysis.workflow.kind is Kind.ACTIONS
    setting = _task(analysis, issue)
    return Recommendation(
        id_of(issue),
        issue.rule,
        issue.place,
        issue.text,
        issue.evidence,
        gain,
        "" if gain else _ELSEWHERE if elsewhere else _UNSEEN,
        _HOW[issue.rule],
        issue.remedy,
        setting,
        is_met=setting is not None and any(map(setting.stands_in, said)),
    )


def _task(analysis: Analysis, issue: Issue) -> Setting | None:
    """A task that has make run at once what a recipe calls one after another."""
    if analysis.workflow.kind is not Kind.MAKE or issue.rule != "in-sequence":
        return None
    job = analysis.workflow.by_name[issue.subject]
    name = f"{job.name}-at-once"
    value: dict[str, object] = {"command": ["make", f"-j{len(job.calls)}", *job.calls]}
    if folder := posixpath.dirname(analysis.workflow.path):
        value["cwd"] = folder
    words = " ".join(job.calls)
    return Setting(("tasks", "custom"), {name: value}, f"Add the task {name}: make -j {words}")


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
