"""The way back from an entry as things are now: from all of it, from some of its files, or from as
much as goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from .beneath import Beneath
from .change import Change, gains_folder, inverse, loses_folder, same
from .check import Checked, Reason, Refused, misplaced, settle_each


class Scope(NamedTuple):
    """Of what an entry did. ``files``: paths; they and what is below them, all where none is named.
    ``partly``: what something stands against is left, and the rest is done."""

    files: tuple[str, ...] = ()
    partly: bool = False

    def has(self, change: Change) -> bool:
        """Whether it is about one of the files."""
        return not self.files or any(_covers(self.files, path) for path in change.paths)


ALL = Scope()


Older = Callable[[], Iterable[Change]]


class Reverse(NamedTuple):
    """``changes``, ``merged``: see ``Checked``. ``kept``: folders that stay, since they are not
    empty. ``against``: what stands against the rest of what was asked for. ``rest``: something of
    the entry stands afterwards."""

    changes: tuple[Change, ...]
    merged: tuple[str, ...]
    kept: tuple[Reason, ...] = ()
    against: tuple[Reason, ...] = ()
    rest: bool = False

    @property
    def checked(self) -> Checked:
        return Checked(self.changes, self.merged)


def reverse(
    place: Beneath, changes: Sequence[Change], older: Older = tuple, scope: Scope = ALL
) -> Reverse:
    """What takes ``changes`` back; ``older`` yields those that were made before them. Raises
    Refused when something stands against it; with ``partly``, when something stands against all
    that there is to do."""
    back = inverse(changes)
    if not scope.files:
        found = _reverse(place, back, older)
        rest = bool(found.against)
    else:
        whole = _reverse(place, back, older)
        found = _reverse(place, _chosen(back, scope), older)
        done = {each.path for each in found.changes}
        rest = bool(whole.against) or any(e.path not in done for e in whole.changes)
    if found.against and not (scope.partly and found.changes):
        raise Refused(found.against)
    return found._replace(rest=rest)


def _chosen(back: Sequence[Change], scope: Scope) -> Sequence[Change]:
    """With the folders around, which have to be there first, or go when nothing is left in them."""
    paths = [path for each in back if scope.has(each) for path in each.paths]

    def leads(change: Change) -> bool:
        folder = gains_folder(change) or (change.after is None and loses_folder(change))
        return folder and any(_covers((change.path,), path) for path in paths)

    return [each for each in back if scope.has(each) or leads(each)]


def _reverse(place: Beneath, back: Sequence[Change], older: Older) -> Reverse:
    """As much as goes."""
    settled, merged, refused = settle_each(place, back)
    against, kept = dict(refused), dict[str, str]()
    for each in older() if against else ():
        # Who went back further has taken this back, too.
        at = each.old or each.path
        if at in against and same(place.look(at), each.before):
            del against[at]
    while stuck := dict(misplaced(place, settled)):
        for each in settled:
            if each.path in stuck:
                (against if each.after else kept)[each.path] = stuck[each.path]
        settled = [each for each in settled if each.path not in stuck]
    paths = {each.path for each in settled}
    stay = tuple(each for each in merged if each in paths)
    return Reverse(tuple(settled), stay, tuple(kept.items()), tuple(against.items()))


def _covers(folders: Collection[str], path: str) -> bool:
    return any(each in (path, ".") or path.startswith(f"{each}/") for each in folders)
