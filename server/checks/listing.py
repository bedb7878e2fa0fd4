"""Which files of a workspace are looked at, and which are left out and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from pathlib import Path
from stat import S_ISREG

from ..analyzers.table import endings
from ..discover import Found, LeftOut, Tell, discover, found_at, rediscover
from ..settings import Settings
from .engine import analyzers_for
from .foreign import Heads, vendored_by
from .jobs import Policy


def list_files(
    paths: Sequence[Path],
    root: Path,
    policy: Policy,
    without: AbstractSet[str] = frozenset(),
    heads: Heads | None = None,
) -> list[Found]:
    """The files at and below ``paths``, but not in the folders ``without``, and what cannot be read
    there; a file that is named is taken whatever the excludes say.

    Raises OSError for a path that does not exist or is something else.
    """
    listed: dict[str, Found] = {}
    for path in paths:
        stat = os.stat(path)
        found: Iterator[Found]
        if path.is_dir():
            own = policy.settings
            told: list[LeftOut] = []
            below = discover(path, root, endings(own), own.analysis.exclude, without, told.append)
            found = chain(_looked_at(below, root, own, heads or Heads()), _failures(told))
        elif not S_ISREG(stat.st_mode):
            raise OSError(0, f"{path} is neither a file nor a folder")
        else:
            found = iter([found_at(str(path), stat)])
        listed.update((each.path, each) for each in found)
    return list(listed.values())


def find_files(
    places: AbstractSet[str], root: Path, policy: Policy, without: AbstractSet[str], heads: Heads
) -> list[Found]:
    """Of what ``list_files`` gives for the root, that which is among ``places`` or below one."""
    own = policy.settings
    told: list[LeftOut] = []
    found = rediscover(places, root, endings(own), own.analysis.exclude, without, told.append)
    return [*_looked_at(found, root, own, heads), *_failures(told)]


def _failures(told: Iterable[LeftOut]) -> Iterator[Found]:
    """What cannot be read: that fails, and is not passed over as what was left out by design is."""
    for path, why, unreadable in told:
        if unreadable:
            yield Found(path.rstrip("/") or "/", 0, 0, 0, 0, why)


def left_out(
    paths: Sequence[Path],
    root: Path,
    policy: Policy,
    without: AbstractSet[str] = frozenset(),
    heads: Heads | None = None,
) -> list[LeftOut]:
    """What ``list_files`` passes over below ``paths`` although a tool would look at such a file,
    and what is too large, in the order of the names. Of a folder that is left out as a whole, not
    what lies in it."""
    told: dict[str, LeftOut] = {}

    def tell(each: LeftOut) -> None:
        told.setdefault(each.path, each)

    own = policy.settings
    limit = own.analysis.max_file_bytes
    for path in filter(os.path.isdir, paths):
        below = discover(path, root, endings(own), own.analysis.exclude, without, tell)
        for found in _looked_at(below, root, own, heads or Heads(), tell):
            if found.size > limit:
                why = f"has {found.size:,} bytes, more than analysis.maxFileBytes ({limit:,})"
                tell(LeftOut(found.path, why))
    return [told[path] for path in sorted(told)]


def _looked_at(
    found: Iterator[Found], root: Path, settings: Settings, heads: Heads, tell: Tell | None = None
) -> Iterator[Found]:
    """A path may end as one that a tool is for, and still be none."""
    wanted = settings.analysis.leave_out
    for each in found:
        if not analyzers_for(each.path, "", settings):
            continue
        relative = each.path.removeprefix(f"{root}/")
        if not (why := heads.why(each, relative, wanted)):
            yield each
        elif tell is not None:
            around = vendored_by(relative) if "vendored" in wanted else ""
            tell(LeftOut(f"{root}/{around}/" if around else each.path, why))
