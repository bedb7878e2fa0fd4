"""Writing files that Understudy itself has thought of: fixes, settings, a baseline, git hooks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from .apply import make
from .beneath import Beneath
from .change import Change, Entry, State

_BY = "Understudy"
_MODE = 0o644
_FOLDER = State(Entry.FOLDER, 0o755)


def replace(path: Path, content: str, journal: Path, *, below: Path, what: str) -> None:
    """Make ``content`` the file's text, keeping its mode. ``what``: a line for people.

    Raises OSError, also when the path leads out of ``below`` through a link.
    """
    with Beneath(below) as place:
        name = _name(path, place.root)
        stands = place.look(name)
        if stands and stands.entry is not Entry.FILE:
            raise OSError(f"{path} is a {stands.entry}; it was not written")
        after = State.of(content.encode(), stands.mode if stands else _MODE)
        changes = [*_folders(place, name), Change.between(name, stands, after)]
    make(changes, below, journal, by=_BY, what=what)


class Rewrite(NamedTuple):
    """A file, what is known to be in it (None: there is none), and what is to be."""

    path: Path
    before: bytes | None
    after: bytes


def rewrite(files: Iterable[Rewrite], journal: Path, *, below: Path, what: str) -> None:
    """Give files another content, all of them or none. Raises OSError as ``replace``, and Refused
    when one is not what it was."""
    changes: list[Change] = []
    with Beneath(below) as place:
        for each in files:
            name = _name(each.path, place.root)
            stands = place.look(name)
            mode = stands.mode if stands else _MODE
            before = None if each.before is None else State.of(each.before, mode)
            changes += [] if before else _folders(place, name)
            changes.append(Change.between(name, before, State.of(each.after, mode)))
    make(changes, below, journal, by=_BY, what=what)


def stand_in(
    path: Path, content: bytes, mode: int, aside: Path | None, journal: Path, *, below: Path
) -> None:
    """Put a file where another stands, which is kept as ``aside`` (None: what stands there goes).

    The other is not followed when it is a link. At every moment one of the two stands at ``path``.
    Raises OSError, also when ``aside`` is something else.
    """
    with Beneath(below) as place:
        name = _name(path, place.root)
        stands = place.look(name)
        changes = [*_folders(place, name), Change.between(name, stands, State.of(content, mode))]
        if aside is not None and stands:
            changes.append(Change.between(_name(aside, place.root), None, stands))
    make(changes, below, journal, by=_BY, what=f"put {path.name} in")


def step_back(path: Path, aside: Path, journal: Path, *, below: Path) -> None:
    """Undo ``stand_in``: what is kept as ``aside`` stands at ``path`` again, or nothing does."""
    with Beneath(below) as place:
        name, other = _name(path, place.root), _name(aside, place.root)
        kept = place.look(other)
        changes = [Change.between(name, place.look(name), kept)]
        if kept:
            changes.append(Change.between(other, kept, None))
    make(changes, below, journal, by=_BY, what=f"take {path.name} out")


def _name(path: Path, root: Path) -> str:
    """Its name below the root, when links are followed on the way to its folder."""
    real = Path(os.path.realpath(path.parent)) / path.name
    if not real.is_relative_to(root):
        raise OSError(f"{path} leads out of {root} through a link; it was not written")
    return real.relative_to(root).as_posix()


def _folders(place: Beneath, name: str) -> Sequence[Change]:
    """Those that have to be made first."""
    parts = name.split("/")[:-1]
    paths = ["/".join(parts[: at + 1]) for at in range(len(parts))]
    return [Change.between(path, None, _FOLDER) for path in paths if not place.look(path)]
