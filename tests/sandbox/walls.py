"""All that a command can be kept in by, as the tests try it."""

from __future__ import annotations

from typing import NamedTuple

from understudy.sandbox.plan import COPY, OVERLAY
from understudy.sandbox.run import BUBBLEWRAP, BUILT_IN
from understudy.sandbox.trial import Level


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
