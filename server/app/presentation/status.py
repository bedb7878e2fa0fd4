"""The status and the debug information as data and words."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from typing import Any

from ...model import State, Status, Strain

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
    if status.strain is not None:
        lines += status.strain.lines
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
        "strain": _strain(status.strain) if status.strain is not None else None,
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


def _strain(strain: Strain) -> dict[str, Any]:
    return {
        "brief": strain.brief,
        "detail": "\n".join(strain.lines),
        "acknowledged": strain.acknowledged,
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
