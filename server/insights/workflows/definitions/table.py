"""Which files define workflows, and what reads each. One row more for one kind more."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ..model import Around, Kind, Place, Problem, Workflow
from . import actions, make, nox, precommit, scripts, tox

Read = Callable[[str, str, Around], Workflow | None]


class _Row(NamedTuple):
    """``path``: a regular expression of paths below the workspace. ``names``: the ends of the names
    of such files, by which they are looked for."""

    kind: Kind
    path: re.Pattern[str]
    names: tuple[str, ...]
    read: Read


def _row(kind: Kind, path: str, names: tuple[str, ...], read: Read) -> _Row:
    return _Row(kind, re.compile(path), names, read)


_TABLE = (
    _row(Kind.ACTIONS, r"\.github/workflows/[^/]+\.ya?ml", (), actions.workflow),
    _row(Kind.MAKE, r"(.*/)?(GNUm|m|M)akefile", ("akefile",), make.workflow),
    _row(Kind.SCRIPTS, r"(.*/)?package\.json", ("package.json",), scripts.workflow),
    _row(
        Kind.PRE_COMMIT,
        r"\.pre-commit-config\.ya?ml",
        (".pre-commit-config.yaml", ".pre-commit-config.yml"),
        precommit.workflow,
    ),
    _row(
        Kind.TOX,
        r"(.*/)?(tox\.ini|tox\.toml|pyproject\.toml)",
        ("tox.ini", "tox.toml", "pyproject.toml"),
        tox.workflow,
    ),
    _row(Kind.NOX, r"(.*/)?noxfile\.py", ("noxfile.py",), nox.workflow),
)
NAMES = tuple(name for row in _TABLE for name in row.names)
LARGEST = 1_000_000
"""Bytes of a file that is read at all."""


def is_workflow(path: str) -> bool:
    return any(row.path.fullmatch(path) for row in _TABLE)


def workflow(path: str, text: str, around: Around) -> Workflow | None:
    """What a file defines; None where that is no workflow. Whatever stands there, nothing is
    raised."""
    for row in _TABLE:
        if row.path.fullmatch(path):
            return row.read(path, text, around)
    return None


def unreadable(path: str, why: str) -> Workflow:
    """One of which nothing is known."""
    kind = next(row.kind for row in _TABLE if row.path.fullmatch(path))
    return Workflow(
        kind, path, path, problems=(Problem(Place(path), f"It cannot be read: {why}."),)
    )
