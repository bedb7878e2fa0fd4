"""All that a command can be kept in by, as the tests try it."""

from __future__ import annotations

import shutil
from typing import NamedTuple

from understudy.sandbox.plan import COPY, OVERLAY
from understudy.sandbox.run import BUBBLEWRAP, BUILT_IN
from understudy.sandbox.trial import Level

from ..needs import missing


class Walls(NamedTuple):
    level: Level
    launcher: str
    backend: str


WALLS = {
    "bubblewrap": Walls(Level.ISOLATED, BUBBLEWRAP, OVERLAY),
    "built-in": Walls(Level.ISOLATED, BUILT_IN, OVERLAY),
    "bubblewrap-copy": Walls(Level.ISOLATED, BUBBLEWRAP, COPY),
    "built-in-copy": Walls(Level.ISOLATED, BUILT_IN, COPY),
    "partial": Walls(Level.PARTIAL, "", COPY),
}
NONE = {"none": Walls(Level.NONE, "", COPY)}
"""No walls at all: limits, and a copy."""


def installed(name: str) -> Walls:
    """Of ``WALLS`` or ``NONE``. What is not installed is missing."""
    found = {**WALLS, **NONE}[name]
    if found.launcher == BUBBLEWRAP and shutil.which("bwrap") is None:
        missing("missing: bubblewrap: install it with the system's package manager")
    return found
