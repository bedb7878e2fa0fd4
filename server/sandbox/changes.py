"""What a command would change: the upper folder of its view, held against what is below it."""

from __future__ import annotations

import errno
import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..journal.beneath import ABSENT, Beneath, never
from ..journal.change import same
from ..journal.check import LONGEST_MERGED
from ..state import private
from .keep import Kept
from .trees import walk
from .trial import Change, Entry, Kind, State

_MOST_BASES = 256 << 20
_LONGEST_PATH = 4096
"""Bytes, with the zero at its end."""
_WHAT = {"file": Entry.FILE, "link": Entry.LINK, "special": Entry.SPECIAL}


def changes(
    workspace: str, kept: Sequence[Kept], blobs: Path, is_stopped: Callable[[], bool] = never
) -> tuple[Change, ...]:
    """By path. What was only touched is no change. For a thread: it reads what stands there, until
    it ``is_stopped``. Raises OSError, also for a path that no call takes, since nothing could be
    done with it."""
    room = _LONGEST_PATH - len(os.fsencode(workspace)) - 2
    if any(len(os.fsencode(each.path)) > room for each in kept):
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    after = {each.path: _after(each, blobs) for each in kept if each.what != "gone"}
    with Beneath(Path(workspace), is_stopped) as place:
        before = {path: state for path in _concerned(place, kept) if (state := place.look(path))}
    found = [
        Change.between(path, before.get(path), after.get(path))
        for path in {**before, **after}
        if not same(before.get(path), after.get(path))
    ]
    renamed = sorted(_renamed(found), key=lambda each: each.path)
    return tuple(_with_bases(renamed, blobs))


def _with_bases(changes: Iterable[Change], blobs: Path) -> Iterator[Change]:
    """What a text was is kept, so that edits which people make meanwhile can be merged; of so much
    text, for a command that empties all of it has written little."""
    room = _MOST_BASES
    for at, change in enumerate(changes):
        before = change.before
        if (
            change.kind is Kind.MODIFIED
            and before
            and before.entry is Entry.FILE
            and before.size <= min(LONGEST_MERGED, room)
        ):
            room -= before.size
            yield _with_base(change, before, blobs / f"before-{at}")
        else:
            yield change


def _with_base(change: Change, before: State, place: Path) -> Change:
    try:
        content = before.read()
    except OSError:
        return change  # somebody was faster: it is refused, or merged without this
    with open(place, "xb", opener=private) as file:
        file.write(content)
    return replace(change, before=replace(before, place=str(place)))


def _after(kept: Kept, blobs: Path) -> State:
    entry = _WHAT.get(kept.what, Entry.FOLDER)
    place = str(blobs / kept.blob) if kept.blob else ""
    return State(entry, kept.mode, kept.digest, kept.size, kept.target, place)


def _concerned(place: Beneath, kept: Iterable[Kept]) -> Iterator[str]:
    """Each path that may stand in the workspace and not in the view, or otherwise."""
    for each in kept:
        yield each.path
        if each.what != "folder":
            yield from _below(place, each.path)


def _below(place: Beneath, path: str) -> Iterator[str]:
    """Nothing that a link leads to. Raises OSError."""
    try:
        top = place.open_folder(path)
    except OSError as error:
        if error.errno in ABSENT:
            return
        raise
    try:
        yield from (f"{path}/{each.path}" for each in walk(top, live=True))
    finally:
        os.close(top)


def _renamed(found: Sequence[Change]) -> Iterator[Change]:
    """What went under one name and came under another, with the same content, was renamed: first
    where the last name is the same, then whatever it is."""
    news: dict[str, Change] = {}
    moved: set[str] = set()
    for key in (_content_and_name, _content):
        gone: dict[Hashable, list[Change]] = defaultdict(list)
        for change in reversed(found):
            if change.kind is Kind.DELETED and change.before and change.path not in moved:
                gone[key(change.path, change.before)].append(change)
        for change in found:
            if change.kind is not Kind.CREATED or not change.after or change.path in news:
                continue
            if _is_named(change.after) and (olds := gone[key(change.path, change.after)]):
                old = olds.pop()
                moved.add(old.path)
                renamed = replace(change, kind=Kind.RENAMED, before=old.before, old=old.path)
                news[change.path] = renamed
    for change in found:
        if change.path in news:
            yield news[change.path]
        elif change.path not in moved:
            yield change


def _content(_: str, state: State) -> Hashable:
    return state.entry, state.digest


def _content_and_name(path: str, state: State) -> Hashable:
    return state.entry, state.digest, path.rpartition("/")[2]


def _is_named(state: State) -> bool:
    """Whether its content says which it is."""
    return state.entry in (Entry.FILE, Entry.LINK) and state.size > 0
