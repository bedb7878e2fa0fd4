"""What the runner is asked for an analyzer, and what its answer means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..analyzers import asked, installations
from ..analyzers.base import Analyzer, Configuration, Item, fingerprint
from ..analyzers.complexity import growth
from ..analyzers.table import BUILT_IN
from ..findings import codec
from ..model import Priority, Report, State, Tier
from ..runner.calls import Call, Job, Lane, Outcome, Status, Urgency
from ..settings import Settings

_CPUS = 2
_ASK_SECONDS = 20.0
"""In which a program has to tell its version."""
_MEASURE_SECONDS = 60.0

_PRELOAD = tuple(module for analyzer in BUILT_IN for module in analyzer.preload)
_PRELOAD_FAST = tuple(
    module for analyzer in BUILT_IN if analyzer.tier is Tier.FAST for module in analyzer.preload
)
FAST = Lane("fast", 1, _PRELOAD_FAST, batch=64)
DEEP = Lane("deep", 2, _PRELOAD, batch=8, nice=3)
_SCAN = Lane("scan", _CPUS, _PRELOAD, batch=1, nice=5, idle_seconds=20.0)

_ASK = f"{installations.__name__}:{installations.ask.__name__}"
_ASKED = f"{asked.__name__}:{asked.check.__name__}"

_STATES = {
    Status.FAILED: State.FAILED,
    Status.TIMED_OUT: State.TIMED_OUT,
    Status.REFUSED: State.NOT_TRUSTED,
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Under which settings, and whether what the workspace brings along may run."""

    settings: Settings
    trusted: bool


def key_of(
    path: str, digest: str, analyzer: Analyzer, configuration: Configuration, version: str
) -> str:
    """Names a result: content, place, tool, its version, what configures it, and our own format."""
    return fingerprint(digest, path, analyzer.name, version, configuration.key, codec.VERSION)


def job_for(
    analyzer: Analyzer,
    configuration: Configuration,
    items: Sequence[Item],
    policy: Policy,
    urgency: Urgency,
) -> Job:
    interactive = FAST if analyzer.tier is Tier.FAST else DEEP
    lane = _SCAN if urgency.priority is Priority.BACKGROUND else interactive
    tool = asked.Tool.of(analyzer, configuration)
    return Job(
        task=analyzer.name,
        work=Call(lane, _ASKED, (tool, configuration.context), tuple(items)),
        timeout=analyzer.timeout(policy.settings),
        urgency=urgency,
        needs_trust=configuration.needs_trust,
        trusted=policy.trusted,
    )


def question(
    analyzer: Analyzer,
    configuration: Configuration,
    function: str,
    item: object,
    policy: Policy,
    urgency: Urgency,
) -> Job:
    """The job that asks another function of an analyzer's one thing."""
    job = job_for(analyzer, configuration, (), policy, urgency)
    assert isinstance(job.work, Call)
    work = replace(job.work, function=function, context=configuration.context, items=(item,))
    return replace(job, work=work)


def asking(
    analyzer: Analyzer, configuration: Configuration, policy: Policy, priority: Priority
) -> Job:
    """The job that asks for the ``Standing`` of what analyses."""
    programs = replace(configuration, context=configuration.programs)
    job = question(analyzer, programs, _ASK, "", policy, Urgency(priority))
    return replace(job, timeout=min(job.timeout, _ASK_SECONDS))


def measuring(context: tuple[Any, ...], items: Sequence[Item], urgency: Urgency) -> Job:
    """The job that measures versions of files: ``growth.measure``."""
    lane = _SCAN if urgency.priority is Priority.BACKGROUND else DEEP
    function = f"{growth.__name__}:{growth.measure.__name__}"
    return Job(growth.NAME, Call(lane, function, context, tuple(items)), _MEASURE_SECONDS, urgency)


def read_outcome(
    tool: str, items: int, outcome: Outcome, version: str
) -> list[tuple[str, Report, str]]:
    """Per item: the content's digest, the report, and the report as it is stored."""
    if outcome.status is Status.DONE:
        told = [(digest, codec.versioned(text, version)) for digest, text in outcome.results]
        return [(digest, codec.loads(text), text) for digest, text in told]
    report = Report(tool, _STATES[outcome.status], why=outcome.why, version=version)
    return [("", report, codec.dumps(report)) for _ in range(items)]
