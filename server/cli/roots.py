"""Which workspace paths belong to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_ROOT_MARKS = (".understudy", ".git")


def root_of(paths: Sequence[Path]) -> Path:
    """The workspace that the paths belong to: the nearest folder around them that is marked as one,
    else the innermost folder around them."""
    inner = Path(os.path.commonpath(paths))
    if inner.is_file():
        inner = inner.parent
    around = (inner, *inner.parents)
    marked = (f for f in around if any((f / mark).exists() for mark in _ROOT_MARKS))
    return next(marked, inner)
