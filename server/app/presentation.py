"""The status and the debug information as data and words, the same for every front."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..discover import LeftOut
from ..findings.describe import code, hover, title
from ..findings.families import weakness_of
from ..findings.owasp import owasp_of
from ..findings.redact import redacted
from ..model import Problem, Reason, State, Status
from ..notebooks import Cell
from ..runner.graph import Plan
from ..runner.task import Task
from ..settings import ConfigProblem
from ..store.job_rows import DONE, JobState, Record
from ..tasks.answers import issues_of, summary_of

__all__ = [
    "attention",
    "code",
    "config_line",
    "debug_info",
    "detail",
    "hover",
    "interrupted",
    "job_line",
    "job_payload",
    "left_out_lines",
    "owasp_of",
    "plan_lines",
    "plan_payload",
    "problem_line",
    "reason_lines",
    "redacted",
    "status_payload",
    "summary",
    "task_payload",
    "title",
    "took_line",
    "unshown_line",
    "weakness_of",
]

_WORST_LABELS = ("critical", "high")


def summary(status: Status) -> str:
    """A few words: ``2 errors, 3 warnings``."""
    errors = sum(status.counts.get(label, 0) for label in _WORST_LABELS)
    warnings = status.counts.get("medium", 0)
    notes = status.counts.get("low", 0) + status.counts.get("info", 0)
    parts = [
        f"{count} {word}{'s' * (count != 1)}"
        for count, word in ((errors, "error"), (warnings, "warning"), (notes, "note"))
        if count
    ]
    if parts:
        return ", ".join(parts)
    verdict = any(tool.state.is_verdict for tool in status.tools)
    return "no findings" if verdict else "nothing analysed yet"


def attention(status: Status) -> tuple[str, ...]:
    """What is not as it should be, a sentence each."""
    wrong = [
        f"{tool.name}: {tool.state}{f' ({tool.why})' if tool.why else ''}"
        for tool in status.tools
        if tool.state.needs_attention
    ]
    return (*wrong, *status.notices)


def detail(status: Status) -> str:
    """Several lines: what each tool did, what it cost, whether the workspace is trusted."""
    lines = [summary(status)]
    for tool in status.tools:
        why = f" — {tool.why}" if tool.why else ""
        cost = f", {tool.cost.cpu_seconds:.2f} s CPU" if tool.cost.cpu_seconds else ""
        lines.append(f"{tool.name} {tool.version}: {tool.state}{why}{cost}")
    if status.unshown:
        lines.append(unshown_line(status.unshown))
    lines += status.notices
    if not status.trusted:
        lines.append("The workspace is not trusted: programs it brings along are not run.")
    return "\n".join(lines)


def unshown_line(unshown: int) -> str:
    """For people: how much is not shown, and how to see it."""
    return (
        f"{unshown:,} finding{'s' * (unshown != 1)} in files that are not open"
        f" {'are' if unshown != 1 else 'is'} not shown, the most important are. `understudy scan`"
        " lists all; results.maxInAll and results.maxPerFile say how many an editor shows."
    )


def status_payload(status: Status) -> dict[str, Any]:
    """The parameters of ``understudy/status`` and of ``understudy status --json``."""
    running = any(tool.state is State.RUNNING for tool in status.tools) or status.running > 0
    state = "attention" if attention(status) else "running" if running else "idle"
    return {
        "state": state,
        "summary": summary(status),
        "detail": detail(status),
        "trusted": status.trusted,
        "running": status.running,
        "counts": dict(status.counts),
        "unshown": status.unshown,
        "tools": [
            {
                "name": tool.name,
                "state": str(tool.state),
                "why": tool.why,
                "version": tool.version,
                "cpuSeconds": round(tool.cost.cpu_seconds, 3),
            }
            for tool in status.tools
        ],
        "cost": {
            "cpuSeconds": round(sum(tool.cost.cpu_seconds for tool in status.tools), 3),
            "memoryBytes": max((tool.cost.memory_bytes for tool in status.tools), default=0),
        },
    }


def debug_info(status: Status) -> str:
    """Markdown for a problem report; it names no file of the user's."""
    lines = [
        "## Understudy",
        f"- understudy {version('understudy')}, Python {platform.python_version()}, {sys.platform}",
        *(f"- {name} {version(name)}" for name in ("pygls", "lsprotocol", "bandit", "ruff")),
        "",
        "## Status",
        *(f"- {line}" for line in detail(status).splitlines()),
    ]
    return "\n".join(lines) + "\n"


def job_payload(record: Record) -> dict[str, Any]:
    """A job as every front is told of it; times are seconds since the epoch."""
    return {
        "id": record.id,
        "task": record.task,
        "state": str(record.state),
        "status": record.status,
        "why": record.why,
        "summary": summary_of(record.value),
        "issues": issues_of(record.value),
        "causes": [cause.text for cause in record.causes],
        "attempt": record.attempt,
        "message": record.message,
        "fraction": record.fraction,
        "queued": record.queued,
        "due": record.due,
        "started": record.started,
        "ended": record.ended,
        "seconds": round(record.seconds, 3),
        "cpuSeconds": round(record.cost.cpu_seconds, 3),
        "memoryBytes": record.cost.memory_bytes,
    }


def plan_payload(plan: Plan) -> dict[str, Any]:
    """Times are in seconds."""
    return {
        "seconds": round(plan.parallel, 3),
        "oneAfterAnother": round(plan.serial, 3),
        "speedUp": round(plan.speed_up, 2),
        "tracks": [list(track) for track in plan.tracks],
        "unknown": list(plan.unknown),
    }


def plan_lines(plan: Plan) -> list[str]:
    """What a run with its needs will take, and what runs beside what."""
    tasks, tracks = sum(map(len, plan.tracks)), len(plan.tracks)
    words = f"{tasks} tasks on {tracks} track{'s' * (tracks != 1)}: "
    if tasks == len(plan.unknown):
        words += "how long they take is not known yet"
    else:
        words += _times(plan, "about ")
        if plan.unknown:
            words += f"; not known of {', '.join(plan.unknown)}"
    return [words, *(f"  {n}. {' → '.join(track)}" for n, track in enumerate(plan.tracks, 1))]


def took_line(plan: Plan) -> str:
    return f"all of it took {_times(plan)}"


def _times(plan: Plan, about: str = "") -> str:
    together = f"{about}{plan.parallel:.1f} s"
    return f"{together}, one after another {plan.serial:.1f} s ({plan.speed_up:.1f}×)"


def task_payload(task: Task) -> dict[str, Any]:
    """A task as every front is told of it; a parameter without ``default`` has to be given."""
    return {
        "name": task.name,
        "title": task.title,
        "parameters": [
            {
                "name": each.name,
                "default": each.default,
                "type": each.kind,
                "choices": list(each.choices),
                "question": each.question or each.name,
            }
            for each in task.parameters
        ],
    }


def problem_line(name: str, problem: Problem, cell: Cell | None = None) -> str:
    """A problem of the file ``name`` in one line, as compilers write them. ``cell``: of a notebook,
    the one that it is in."""
    line, column = problem.lead.range.start
    if cell is not None:
        name, line = f"{name}:cell {cell.number}", line - cell.row
    who = ", ".join(dict.fromkeys(f"{title(f.tool)} {f.rule}" for f in problem.findings))
    said = " ".join(problem.lead.message.split())
    return f"{name}:{line + 1}:{column + 1}: {problem.severity.label}: {said} ({who})"


def reason_lines(reasons: Sequence[Reason]) -> list[str]:
    """A line each, as they follow from one another."""
    return [f"{number}. {reason.text}" for number, reason in enumerate(reasons, 1)]


def in_cells(reasons: Iterable[Reason], cell_of: Callable[[int], tuple[str, int]]) -> list[Reason]:
    """Those of a notebook's text, told of its cells: ``cell_of`` gives what people call the cell
    that a row belongs to, and the row that it begins at."""
    return [_in_cell(each, *cell_of(each.line - 1)) if each.line else each for each in reasons]


def _in_cell(reason: Reason, cell: str, row: int) -> Reason:
    words = f"line {reason.line - row} of {cell}"
    return reason._replace(text=reason.text.replace(f"line {reason.line}", words, 1), line=0)


def left_out_lines(root: Path, left_out: Sequence[LeftOut]) -> list[str]:
    """A line each: ``build/ is ignored by .gitignore``, relative to the root."""
    return [f"{each.path.removeprefix(f'{root}/')} {each.why}" for each in left_out]


def config_line(problem: ConfigProblem) -> str:
    """What is wrong with settings, in one line with its place."""
    line, column = problem.range.start
    return f"{problem.path}:{line + 1}:{column + 1}: {problem.message}"


def interrupted(record: Record) -> str:
    """What to do in a terminal about a job that waits for the user's word; empty for others."""
    if record.state is not JobState.ASKING:
        return ""
    return (
        f"#{record.id} {record.task}: was interrupted. `understudy retry {record.id}` runs it"
        f" again, `understudy cancel {record.id}` gives it up."
    )


def job_line(record: Record) -> str:
    """A job in one line: ``#7 tests: done in 3.1 s, 12 passed``."""
    words = f"#{record.id} {record.task}: "
    if record.state is JobState.ENDED:
        took = f" in {record.seconds:.1f} s" if record.seconds else ""
        said = summary_of(record.value) or record.why
        if record.why and record.status != DONE:
            said = record.why
        return f"{words}{record.status}{took}{f', {said}' if said else ''}"
    if record.state is JobState.RUNNING:
        return f"{words}running{f', {record.message}' if record.message else ''}"
    if record.state is JobState.ASKING:
        return f"{words}was interrupted; is it to be run again?"
    again = f" again after attempt {record.attempt} ({record.why})" if record.attempt else ""
    return f"{words}waits{again}"
