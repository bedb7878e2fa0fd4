"""Which of the changes git ignores: by the rules that stood there before the command ran, never by
those that it brought, or it could hide what it did."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from ..discover import Rules, ignoring, rules_of
from ..git import GitError, Repository
from .trial import Change, Entry, Kind

_ALL = b"*"


def ignored(workspace: str, changes: Sequence[Change]) -> tuple[str, ...]:
    """The paths of those changes. What git knows is not ignored, whatever the rules say. Of what
    came to be, a folder counts whose name begins with a dot, and that has a ``.gitignore`` which
    says ``*`` and nothing else, as caches have. For a thread: it reads what stands in
    ``workspace``."""
    is_ignored = _by_rules(workspace, _caches(changes))
    found = [
        each
        for each in changes
        if (state := each.after or each.before)
        and all(is_ignored(path, state.is_folder) for path in each.paths)
    ]
    if any(each.kind is not Kind.CREATED for each in found):
        known = _known(workspace)
        found = [each for each in found if known is not None and known.isdisjoint(each.paths)]
    return tuple(each.path for each in found)


def _caches(changes: Sequence[Change]) -> frozenset[str]:
    new = {each.path for each in changes if each.before is None and each.after}
    return frozenset(
        folder
        for each in changes
        if (folder := each.path.removesuffix("/.gitignore")) != each.path
        and folder.rpartition("/")[2].startswith(".")
        and folder in new
        and _says_all(each)
    )


def _says_all(change: Change) -> bool:
    after = change.after
    if after is None or after.entry is not Entry.FILE or after.size > 1 << 10:
        return False
    try:
        lines = (line.rstrip() for line in after.read().splitlines())
        return {line for line in lines if line and not line.startswith(b"#")} == {_ALL}
    except OSError:
        return False


def _by_rules(workspace: str, caches: frozenset[str]) -> Callable[[str, bool], bool]:
    @functools.cache
    def inside(folder: str) -> Rules | None:
        """The rules that count in it; None where it is ignored with all that is in it."""
        if not folder:
            return rules_of(workspace, "")
        above = folder.rpartition("/")[0]
        if (outer := inside(above)) is None or folder in caches or ignoring(f"{folder}/", outer):
            return None
        return (*outer, *rules_of(f"{workspace}/{folder}", f"{folder}/"))

    def is_ignored(path: str, is_folder: bool) -> bool:
        if is_folder:
            return inside(path) is None
        rules = inside(path.rpartition("/")[0])
        return rules is None or bool(ignoring(path, rules))

    return is_ignored


def _known(workspace: str) -> frozenset[str] | None:
    """The files that git has, by their paths from the workspace; None when it cannot be asked."""
    try:
        return Repository.at(Path(workspace)).known(Path(workspace))
    except GitError:
        return None
