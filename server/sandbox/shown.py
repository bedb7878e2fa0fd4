"""What of a workspace is there for a command that may not read all of it."""

from __future__ import annotations

import contextlib
import fnmatch
import os
from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest

from .names import writable

_ALL = "**"


def left_out(root: str, show: Sequence[str], whole: Collection[str]) -> tuple[str, ...]:
    """The outermost paths from the workspace ``root`` of what none of the patterns shows. A folder
    stays that leads to what may be shown. What is in one of the ``whole``, paths as well, is shown
    only where all of that is. For a thread."""
    if _ALL in show:
        return ()
    return tuple(sorted(_left_out(root, show, frozenset(whole))))


def _left_out(root: str, show: Sequence[str], whole: Collection[str]) -> Iterator[str]:
    is_shown = writable(show)
    ways = [each.removeprefix("./").strip("/").split("/") for each in show if each[0] != "!"]
    named = any("/" not in each for each in show if each[0] != "!")
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        # What cannot be listed the command cannot list, either; what goes meanwhile is not there.
        with contextlib.suppress(OSError), os.scandir(f"{root}/{folder}") as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if is_shown(path):
                    continue
                leads = named or any(_leads(path, way) for way in ways)
                if leads and path not in whole and entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                else:
                    yield path


def _leads(path: str, way: Sequence[str]) -> bool:
    """Whether something below ``path`` may be matched by a pattern, given in its parts."""
    for part, pattern in zip_longest(path.split("/"), way):
        if pattern == _ALL or part is None:
            return True
        if pattern is None or not fnmatch.fnmatchcase(part, pattern):
            return False
    return False
