"""Which workspace paths belong to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from ..app.changes import printable

_ROOT_MARKS = (".understudy", ".git")
FOLDER = click.argument(
    "folder",
    required=False,
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
)


def workspace(folder: Path | None) -> Path:
    """The folder that is named, as it is; else the workspace around the current one."""
    return folder or root_of((Path.cwd(),))


def root_of(paths: Sequence[Path]) -> Path:
    """The workspace that the paths belong to: the nearest folder around them that is marked as one,
    else the innermost folder around them."""
    inner = Path(os.path.commonpath(paths))
    if inner.is_file():
        inner = inner.parent
    around = (inner, *inner.parents)
    marked = (f for f in around if any((f / mark).exists() for mark in _ROOT_MARKS))
    return next(marked, inner)


def told_of(path: Path) -> str:
    """As a terminal shows it: nothing in a name steers it."""
    return printable(str(path))
