"""Rules that the user wants to see no more in a project: into its settings file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import reduce

from ...disk import why
from ...settings.ignoring import edit_ignore
from ..folder.workspace import Workspace
from ..sinks import Sink
from .documents import OpenDocuments


async def ignore_rules(
    workspace: Workspace, documents: OpenDocuments, sink: Sink, rules: Sequence[str]
) -> bool:
    """In the editor where the file is open there, else on disk; whether that is to be read anew.
    What goes wrong is told."""
    if workspace.loose:
        sink.message(f"{workspace.root} is no folder that is open as a project.", error=True)
        return False
    shown = documents.shown_for(str(workspace.config_path))
    try:
        if shown is not None:
            sink.replace_text(shown.uri, reduce(edit_ignore, rules, shown.text))
            return False
        await asyncio.to_thread(workspace.ignore_rules, rules)
    except (OSError, ValueError) as error:
        told = f"{', '.join(rules)} could not be ignored: {why(error)}"
        sink.message(told, error=True)
    return True
