"""The tests of an open document that can be run by a click, while its workspace is trusted."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from ..tasks.test_runs import runners_of
from ..tasks.testing.lenses import Lens, lenses
from .document import OpenDocument


async def lenses_of(document: OpenDocument) -> tuple[Lens, ...]:
    """None where the settings want none, and in what is no folder of its own."""
    workspace = document.workspace
    settings = workspace.settings
    own = settings.tasks.test_runner
    wanted = own.enabled and own.code_lens and workspace.trusted and not workspace.loose
    if not wanted or not Path(document.path).is_relative_to(workspace.root):
        return ()
    root, path, text = workspace.root, document.path, document.text

    def look() -> tuple[Lens, ...]:
        content = text.encode("utf-8", "surrogatepass")
        if len(content) > settings.analysis.max_file_bytes:
            return ()
        return lenses(runners_of(root, own), os.path.relpath(path, root), content)

    return await asyncio.to_thread(look)
