"""Workflow definitions of a folder, read from disk; nothing of them is run. Blocks: for a
thread."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...discover import discover
from ...disk import read_regular, why
from ...insights.recommend.model import id_of
from ...insights.workflows import tree
from ...insights.workflows.definitions import make, own, table
from ...insights.workflows.edits import edits, inserted
from ...insights.workflows.model import Around, Remedy, Workflow
from ...model import Edit
from ...settings import Settings, project_file
from ...text import apply

_GITHUB = ".github/workflows"
_OF_USE = frozenset({"dead"})
"""Whether something is used is none of what a change can make wrong."""
_MOST = 2_000
"""Files in one folder tree."""


class _OnDisk:
    """Whether something is at a path below a root."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and "\0" not in path and os.path.lexists(self._root / path)


def workflows(root: Path, settings: Settings) -> list[Workflow]:
    """All that are there, in the order of their paths; what cannot be read has a problem."""
    found = [_own(root, settings)]
    found += [read(root, path) for path in sorted(_paths(root, settings.analysis.exclude))]
    return [each for each in found if each is not None]


def read(root: Path, path: str, text: str | None = None) -> Workflow | None:
    """One of them, by its path below the root; ``text``: what an editor has of it."""
    if text is None:
        try:
            text = _text(root / path)
        except OSError as error:
            return table.unreadable(path, why(error))
    around = Around(_OnDisk(root), _included(root, path, text))
    return table.workflow(path, text, around)


def remedied(root: Path, id_: str, remedy: Remedy, text: str) -> tuple[Edit, ...]:
    """Edits of a file's ``text`` after which what the remedy is for has gone, and nothing new came.
    Raises ValueError, for people, where there are none."""
    made = edits(text, remedy.changes) if remedy.changes else inserted(text, remedy.inserts)
    before, after = (read(root, remedy.path, each) for each in (text, apply(text, made)))
    if before is not None and after is not None:
        had, has = (
            {id_of(each) for each in own.issues if each.rule not in _OF_USE}
            for own in (before, after)
        )
        if not has <= had - {id_} or len(after.problems) > len(before.problems):
            raise ValueError("what it would write does not do away with it")
    return made


def project(root: Path) -> object:
    """What the project's own settings file says, as plain data, whether that holds or not; None
    where that cannot be read."""
    found, _ = tree.read(_of_project(root))
    return found.data if found else None


def _own(root: Path, settings: Settings) -> Workflow | None:
    return own.workflow(_of_project(root), settings.tasks.custom, settings.triggers.rules)


def _of_project(root: Path) -> str:
    with contextlib.suppress(OSError):  # there may be none: the user has some, too
        return _text(project_file(root))
    return ""


def _paths(root: Path, exclude: Iterable[str]) -> Iterator[str]:
    count = 0
    for each in discover(root, root, table.NAMES, [*exclude]):
        path = Path(each.path).relative_to(root).as_posix()
        if table.is_workflow(path):
            count += 1
            if count > _MOST:
                return
            yield path
    try:
        names = os.listdir(root / _GITHUB)
    except OSError:
        return
    yield from (path for name in names[:_MOST] if table.is_workflow(path := f"{_GITHUB}/{name}"))


def _text(path: Path) -> str:
    """Of other encodings, what is no text in this one is replaced. Raises OSError."""
    return read_regular(path, table.LARGEST).decode("utf-8-sig", "replace")


def _included(root: Path, path: str, text: str) -> dict[str, str]:
    """What a makefile includes, and what that includes."""
    if not path.rpartition("/")[2].lower().endswith("makefile"):
        return {}
    found: dict[str, str] = {}
    ahead = make.includes(path, text)
    while ahead and len(found) < 50:
        each = ahead.pop()
        if each in found or each.startswith(("..", "/")):
            continue
        try:
            found[each] = _text(root / each)
        except OSError:
            continue
        ahead += make.includes(each, found[each])
    return found
