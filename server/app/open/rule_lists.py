"""Rules into a list in the settings file of a project."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ...disk import why
from ...settings.rule_lists import RuleList, with_rules
from ..folder.workspace import Workspace
from ..sinks import Sink
from .documents import OpenDocuments


async def list_rules(
    workspace: Workspace,
    documents: OpenDocuments,
    sink: Sink,
    listed: RuleList,
    rules: Sequence[str],
) -> bool:
    """In the editor where the file is open there, else on disk; whether that is to be read anew.
    What goes wrong is told."""
    if workspace.loose:
        sink.message(f"{workspace.root} is no folder that is open as a project.", error=True)
        return False
    shown = documents.shown_for(str(workspace.config_path))
    try:
        if shown is not None:
            sink.replace_text(shown.uri, with_rules(shown.text, listed, rules))
            return False
        await asyncio.to_thread(workspace.list_rules, listed, rules)
    except (OSError, ValueError) as error:
        told = f"{', '.join(rules)} could not be {listed.does}: {why(error)}"
        sink.message(told, error=True)
    return True
