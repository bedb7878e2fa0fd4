"""What the files of a pattern begin with, learned from those that the developer made. It reads disk
and git: for a thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from posixpath import basename, splitext

from ..disk import read_regular
from ..git import GitError, Repository
from .mining.history import FILE
from .paths import filled
from .pattern import Create, Occurrence, Pattern, Saving, Step, Text
from .skeleton import Instance, skeleton

_LARGEST = 64_000
_MOST = 8
_FAST, _SLOW = 10.0, 4.0
"""Characters that are typed in a second."""


def with_contents(pattern: Pattern, root: Path) -> Pattern:
    """The pattern with the contents of the files that it creates, and what writing them saves."""
    if not any(isinstance(step, Create) for step in pattern.steps):
        return pattern
    try:
        repository = Repository.at(root)
    except GitError:
        repository = None
    steps = tuple(_filled(step, pattern, root, repository) for step in pattern.steps)
    written = sum(
        len(piece)
        for s in steps
        if isinstance(s, Create)
        for piece in s.content
        if str is type(piece)
    )
    low, high = pattern.each
    return replace(pattern, steps=steps, each=Saving(low + written / _FAST, high + written / _SLOW))


def _filled(step: Step, pattern: Pattern, root: Path, repository: Repository | None) -> Step:
    if not isinstance(step, Create):
        return step
    found = [
        Instance(text, each.arguments[FILE])
        for each in pattern.occurrences[-_MOST:]
        if (text := _text(step.path, each, root, repository)) is not None
    ]
    suffix = splitext(basename("".join(e for e in step.path if isinstance(e, str))))[1]
    content: Text = skeleton(found, FILE, suffix) if len(found) > 1 else ()
    return step._replace(content=content)


def _text(path: Text, use: Occurrence, root: Path, repository: Repository | None) -> str | None:
    """As it was committed first, else as it is now; None where it is gone, or no text."""
    name = filled(path, use.arguments)
    try:
        if use.commit and repository is not None:
            below = (root / name).relative_to(repository.root).as_posix()
            content = repository.content(use.commit, below)
        else:
            content = read_regular(root / name, _LARGEST)
        return content.decode("utf-8") if len(content) <= _LARGEST else None
    except (OSError, ValueError):
        return None
