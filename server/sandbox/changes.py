"""What a command would change: the upper folder of its view, held against what is below it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..journal.check import LONGEST_MERGED
from ..state import private
from .keep import Kept
from .trees import opened, walk
from .trial import Change, Entry, Kind, State

_MOST_BASES = 256 << 20
_WHAT = {"file": Entry.FILE, "link": Entry.LINK, "special": Entry.SPECIAL}


def changes(workspace: str, kept: Sequence[Kept], blobs: Path) -> tuple[Change, ...]:
    """By path. What was only touched is no change. For a thread: it reads what stands there."""
    after = {each.path: _after(each, blobs) for each in kept if each.what != "gone"}
    before = {
        path: state for path in _concerned(workspace, kept) if (state := look(workspace, path))
    }
    found = [_change(path, before.get(path), after.get(path)) for path in {**before, **after}]
    renamed = sorted(_renamed([each for each in found if each]), key=lambda each: each.path)
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


def _concerned(workspace: str, kept: Iterable[Kept]) -> Iterator[str]:
    """Each path that may stand in the workspace and not in the view, or otherwise."""
    for each in kept:
        yield each.path
        if each.what != "folder":
            yield from _below(workspace, each.path)


def _below(workspace: str, path: str) -> Iterator[str]:
    """Raises OSError."""
    with (
        contextlib.suppress(FileNotFoundError, NotADirectoryError),
        opened(f"{workspace}/{path}", flags=os.O_NOFOLLOW) as top,
    ):
        yield from (f"{path}/{each.path}" for each in walk(top, live=True))


def look(workspace: str, path: str) -> State | None:
    """What stands at ``path`` now; None for nothing. Raises OSError for what cannot be read."""
    full = f"{workspace}/{path}"
    try:
        status = os.stat(full, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    mode = stat.S_IMODE(status.st_mode)
    match stat.S_IFMT(status.st_mode):
        case stat.S_IFREG:
            with open(full, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return State(Entry.FILE, mode, digest, status.st_size, "", full)
        case stat.S_IFLNK:
            target = os.readlink(full)
            digest = hashlib.sha256(os.fsencode(target)).hexdigest()
            return State(Entry.LINK, mode, digest, len(target), target)
        case stat.S_IFDIR:
            return State(Entry.FOLDER, mode)
        case _:
            return State(Entry.SPECIAL, mode)


def _change(path: str, before: State | None, after: State | None) -> Change | None:
    if before is None:
        return Change(Kind.CREATED, path, None, after)
    if after is None:
        return Change(Kind.DELETED, path, before)
    if (before.entry, before.digest) != (after.entry, after.digest):
        return Change(Kind.MODIFIED, path, before, after)
    if before.mode != after.mode:
        return Change(Kind.MODE, path, before, after)
    return None


def _renamed(found: Sequence[Change]) -> Iterator[Change]:
    """What went under one name and came under another, with the same content, was renamed."""
    gone: dict[tuple[Entry, str], Change] = {}
    for change in found:
        if change.kind is Kind.DELETED and change.before and _is_named(change.before):
            gone.setdefault((change.before.entry, change.before.digest), change)
    news: dict[str, Change] = {}
    for change in found:
        if change.kind is Kind.CREATED and change.after and _is_named(change.after):
            old = gone.pop((change.after.entry, change.after.digest), None)
            if old:
                renamed = replace(change, kind=Kind.RENAMED, before=old.before, old=old.path)
                news[change.path] = renamed
    moved = {each.old for each in news.values()}
    for change in found:
        if change.path in news:
            yield news[change.path]
        elif change.path not in moved:
            yield change


def _is_named(state: State) -> bool:
    """Whether its content says which it is."""
    return state.entry in (Entry.FILE, Entry.LINK) and state.size > 0
