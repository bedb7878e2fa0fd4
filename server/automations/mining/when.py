"""Which files a pattern is for: those of a suffix in a folder, or anywhere below one. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from posixpath import basename, commonpath, dirname, splitext

from ..paths import part_of
from ..pattern import Part, Pattern, Shape

_SPECIAL, _ITSELF = re.compile(r"[\\*?\[\]!# ]"), r"\\\g<0>"


def fitting(pattern: Pattern) -> str:
    """The files that a pattern is for that takes one, which was not always the same: as
    ``Pattern.when``; else empty. What has no suffix may be a folder."""
    if not (name := pattern.takes) or pattern.shape is Shape.EACH:
        return ""
    values = [each.arguments[name] for each in pattern.occurrences]
    first, *others = {splitext(basename(value))[1] for value in values}
    return common(values, first) if first and not others and len(set(values)) > 1 else ""


def common(paths: Sequence[str], suffix: str) -> str:
    """What all of them match, as a .gitignore pattern."""
    folders = {dirname(path) for path in paths}
    if len(folders) == 1:
        return f"/{folder}/*{suffix}" if (folder := folders.pop()) else f"/*{suffix}"
    above = "" if "" in folders else commonpath(folders)
    return f"/{above}/**/*{suffix}" if above else f"*{suffix}"


def fits(path: str, when: str) -> bool:
    """Whether a pattern that ``when`` tells of is for a file."""
    folder, suffix = when.rpartition("*")[0], when.rpartition("*")[2]
    if not path.endswith(suffix):
        return False
    if not folder.startswith("/"):
        return True
    deep = folder.endswith("/**/")
    place = folder.removesuffix("**/").strip("/")
    own = part_of(path, Part.FOLDER)
    return own == place or (deep and (not place or own.startswith(f"{place}/")))


def as_gitignore(when: str) -> str:
    """As ``fits`` takes it: whatever else has a meaning there stands for itself."""
    folder, _, suffix = when.rpartition("*")
    place = folder.removesuffix("**/")
    deep = folder.removeprefix(place)
    return f"{_SPECIAL.sub(_ITSELF, place)}{deep}*{_SPECIAL.sub(_ITSELF, suffix)}"
