"""What is answered, part by part: a further one is a module with a ``PART``, and a name here."""

from __future__ import annotations

from .. import spans
from . import (
    activity,
    automations,
    code_actions,
    code_lens,
    dashboard,
    files,
    hover,
    life,
    profiling,
    recommendations,
    report,
    resources,
    rules,
    sandbox,
    sync,
    tasks,
    workspace,
)
from .server import Server

PARTS = tuple(
    each.PART
    for each in (
        life,
        sync,
        files,
        hover,
        code_lens,
        code_actions,
        workspace,
        tasks,
        rules,
        sandbox,
        automations,
        activity,
        resources,
        recommendations,
        profiling,
        report,
        dashboard,
    )
)


def register(server: Server) -> None:
    """Attach every handler."""
    for part in PARTS:
        for method, handler in part.features.items():
            timed = spans.timed("request", method=method)(handler)
            server.feature(method, part.options.get(method))(timed)
        for command, handler in part.commands.items():
            server.command(command.id)(spans.timed("request", method=command.id)(handler))
