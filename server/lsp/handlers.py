"""What is answered, part by part: a further one is a module with a ``PART``, and a name here."""

from __future__ import annotations

from . import (
    activity,
    automations,
    code_actions,
    code_lens,
    dashboard,
    files,
    hover,
    life,
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
        dashboard,
    )
)


def register(server: Server) -> None:
    """Attach every handler."""
    for part in PARTS:
        for method, handler in part.features.items():
            server.feature(method, part.options.get(method))(handler)
        for command, handler in part.commands.items():
            server.command(command.id)(handler)
