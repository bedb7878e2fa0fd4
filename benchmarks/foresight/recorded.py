"""Recordings of real machines (``record`` makes them): what a look told every five seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from .traces import Trace

_FOLDER = Path(__file__).parent / "recordings"
_ENDS = {"leak": "memory", "fill": "disk of the workspace"}
"""What was used up in which."""
_USED_UP = 0.97
"""From there on the kernel ends a process, or a file is not written."""


def recordings() -> Iterator[Trace]:
    """One for each resource of each recording."""
    for path in sorted(_FOLDER.glob("*.json")):
        told = json.loads(path.read_text())
        for name, seen in told["levels"].items():
            levels = [each for each in seen if each is not None]
            kind = f"recorded {path.stem}: {name}"
            if _ENDS.get(told["what"]) != name:
                yield Trace(kind, levels, None)
                continue
            end = levels.index(max(levels))
            if not told["ended"] or levels[end] < _USED_UP:
                raise ValueError(f"{path} is to show how something is used up, and does not")
            yield Trace(kind, levels[: end + 1], 0.0)
