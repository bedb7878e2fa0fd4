"""All that has to be so before the first of several changes is made, and what becomes of a change
whose file somebody has edited meanwhile."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from ..disk import why
from ..git import merge
from ..state import state_place
from .beneath import Beneath
from .change import Change, Entry, State, loses_folder, printable, same
from .guard import lends_rights, refusal
from .guarded import needed

LONGEST_MERGED = 4 << 20
"""Bytes of a file that is merged."""

Reason = tuple[str, str]
"""A path, and what is with it, for people."""

_T = TypeVar("_T", int, str)


class Refused(OSError):
    """Nothing was written, for ``reasons``."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        lines = (f"{printable(path)}: {reason}" for path, reason in reasons)
        super().__init__("\n".join(("nothing was written", *lines)))
        self.reasons = tuple(reasons)


class Checked(NamedTuple):
    """The ``changes`` as they can be made: from what stands there now, without those that are so
    already. ``merged``: the paths in which somebody's edits stay, too."""

    changes: tuple[Change, ...]
    merged: tuple[str, ...]


def admit(place: Beneath, changes: Sequence[Change], consents: frozenset[str]) -> None:
    """Raises Refused for what is not made whatever it leads from."""
    reasons: dict[str, str] = {}
    needs = needed(place.root, changes)
    state = _state_folder(place.root)
    for each in changes:
        if any(_meet(path, state) for path in each.paths):
            reasons[each.path] = "that is where Understudy keeps what it knows"
        elif reason := refusal(each, needs[each.path] - consents):
            reasons[each.path] = reason
        elif each.after and each.after.entry is Entry.LINK:
            at = os.path.join(place.root, os.path.dirname(each.path), each.after.target)
            if not _is_in(os.path.realpath(place.root), os.path.realpath(at)):
                reasons[each.path] = "the link leads out of the workspace, by another one"
    if reasons:
        raise Refused(list(reasons.items()))


def _state_folder(root: Path) -> str:
    """Where it is below the root, which may be a home; empty elsewhere."""
    real = Path(os.path.realpath(state_place()))
    return real.relative_to(root).as_posix() if real.is_relative_to(root) else ""


def _meet(path: str, folder: str) -> bool:
    """Whether one is, or lies in, the other."""
    one, other = f"{path}/".casefold(), f"{folder}/".casefold()
    return bool(folder) and (one.startswith(other) or other.startswith(one))


def check(place: Beneath, changes: Sequence[Change]) -> Checked:
    """Raises Refused, with all reasons."""
    settled, merged, reasons = settle_each(place, changes)
    reasons.extend(misplaced(place, settled))
    if reasons:
        raise Refused(reasons)
    return Checked(tuple(settled), tuple(merged))


def settle_each(
    place: Beneath, changes: Sequence[Change]
) -> tuple[list[Change], list[str], list[Reason]]:
    """Those that are to be made, from what stands there now; the paths that are merged; and what
    stands against the others, each looked at by itself."""
    named = Counter(path for change in changes for path in change.paths)
    reasons = [(path, "it is named twice") for path, times in named.items() if times > 1]
    settled: list[Change] = []
    merged: list[str] = []
    for change in changes:
        try:
            now = _settled(place, change)
        except OSError as error:
            reasons.append((change.path, printable(why(error))))
            continue
        if now.old or not same(now.before, now.after):
            settled.append(now)
        if change.after and not change.after.holds(now.after):
            merged.append(change.path)
    return settled, merged, reasons


def _settled(place: Beneath, change: Change) -> Change:
    """The change from what stands there now, perhaps to what stands there now."""
    now, before, after = place.look(change.old or change.path), change.before, change.after
    if any(state and state.entry is Entry.SPECIAL for state in (now, before, after)):
        raise OSError("it is no file, folder or link")
    if after and lends_rights(after) and not (now and lends_rights(now)):
        raise OSError("it would run with the rights of another user or group (set-id)")
    if change.old and (there := place.look(change.path)):
        if now is None and same(there, after):
            return Change.between(change.path, there, there)
        raise OSError("something else stands where it would be renamed to")
    goes = after is None and now is not None and now.holds(before)  # whatever its mode is by now
    if goes or same(now, before) or (same(now, after) and not change.old):
        return replace(change, before=now)
    if not (now and before and after and {now.entry, before.entry, after.entry} == {Entry.FILE}):
        raise OSError(_story(now, before))
    mode = _pick(before.mode, now.mode, after.mode)
    content = _pick(before.digest, now.digest, after.digest)
    if mode is None:
        raise OSError("somebody else has changed its permissions, too")
    if content == now.digest:
        both = replace(now, mode=mode)
    elif content is not None:
        both = replace(after, mode=mode)
    else:
        ours = _read(place, change.old or change.path, now)
        both = State.of(_merged(ours, before, after), mode)
    return Change.between(change.path, now, both, change.old)


def _story(now: State | None, before: State | None) -> str:
    if before is None:
        return "something else stands there now"
    return "it was changed meanwhile" if now else "it was deleted meanwhile"


def _pick(base: _T, ours: _T, theirs: _T) -> _T | None:
    """Whichever changed, or what both became; None when they became different things."""
    if theirs in (base, ours):
        return ours
    return theirs if base == ours else None


def _read(place: Beneath, path: str, now: State) -> bytes:
    if now.content is not None:
        return now.content
    with os.fdopen(place.open(path), "rb") as file:
        content = file.read(LONGEST_MERGED + 1)
    if hashlib.sha256(content).hexdigest() != now.digest:
        raise OSError("it was changed meanwhile")
    return content


def _merged(ours: bytes, before: State, after: State) -> bytes:
    if max(len(ours), before.size, after.size) <= LONGEST_MERGED:
        try:
            base = before.read()
        except OSError:
            raise OSError("it was changed meanwhile") from None
        if (both := merge(ours, base, after.read())) is not None:
            return both
    raise OSError("it was changed meanwhile, and both changes touch the same lines")


def misplaced(place: Beneath, changes: Sequence[Change]) -> Iterator[Reason]:
    """What would have no folder to stand in, or go with a folder that it is in."""
    left = {path: None for change in changes for path in change.paths}
    final = left | {change.path: change.after for change in changes}
    for change in changes:
        above = change.path.rpartition("/")[0]
        if change.after and above:
            folder = final.get(above)
            stands = folder and folder.is_folder if above in final else place.has_folder(above)
            if not stands:
                yield change.path, f"{printable(above)} is no folder"
        if loses_folder(change):
            for name in place.names(change.path):
                if f"{change.path}/{name}" not in final:
                    yield change.path, f"it is not empty: {printable(name)} is in it"


def _is_in(root: str, path: str) -> bool:
    return path == root or path.startswith(f"{root.rstrip('/')}/")
