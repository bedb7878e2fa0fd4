"""What is shown above the code of an open document: the tests that a click runs, while its
workspace is trusted, and what was measured of each function."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from ...model import Metric, Range
from ...tasks.test_runs import runners_of
from ...tasks.testing.lenses import Lens, lenses
from .document import OpenDocument

__all__ = ["Lens", "lenses_of"]


async def lenses_of(document: OpenDocument) -> tuple[Lens, ...]:
    """Those that the settings want; one that runs nothing has neither files nor ids."""
    return (*await _tests(document), *await _figures(document))


async def _tests(document: OpenDocument) -> tuple[Lens, ...]:
    """None in what is no folder of its own."""
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


async def _figures(document: OpenDocument) -> tuple[Lens, ...]:
    own = document.workspace.settings.complexity
    if not (own.enabled and own.code_lens):
        return ()
    by_place: dict[Range, dict[Metric, float]] = {}
    for figure in await document.measured():
        if figure.name:
            by_place.setdefault(figure.range, {})[figure.metric] = figure.value
    return tuple(Lens(place, _title(found)) for place, found in sorted(by_place.items()))


def _title(figures: dict[Metric, float]) -> str:
    told = (f"{metric} {figures[metric]:.0f}" for metric in Metric if metric in figures)
    return f"complexity: {', '.join(told)}"
