"""With what the files of a folder are compared, where only what was changed is to be news."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ...disk import read_regular
from ...findings.changed import Rows
from ...git import Repository
from ...settings.forms import OFF
from ..stamps import Stamps
from .changed import Changes

_SLICE = 50
"""Files whose contents are held in memory at a time."""


class _Made(NamedTuple):
    changes: Changes | None
    stamps: Stamps
    problem: str


class Comparison:
    """Belongs to the event loop; git and the disk are asked in threads.

    While it is ``off``, or cannot be made because of a ``problem``, nothing is known by it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made = _Made(None, Stamps(()), "")
        self._on_disk: dict[str, Rows] = {}
        self.revision = OFF

    @property
    def problem(self) -> str:
        return self._made.problem

    @property
    def is_on(self) -> bool:
        """Whether there is anything to compare with."""
        return self._made.changes is not None

    async def follow(self, revision: str) -> bool:
        """Compare with this one, as git has it now; whether that changes anything. Cheap while
        nothing moves."""
        if revision == self.revision and (
            revision == OFF or not await asyncio.to_thread(self._made.stamps.changed)
        ):
            return False
        before, self.revision = self._made, revision
        made = _Made(None, Stamps(()), "")
        if revision != OFF:
            made = await asyncio.to_thread(_make, self._root, revision)
        if revision != self.revision:
            return False  # who asked for another one meanwhile is answered with that
        self._made = made
        if made.changes is None:
            self._on_disk.clear()
        return (made.changes, made.problem) != (before.changes, before.problem)

    def on_disk(self, path: str) -> Rows:
        """The changed rows of a file, as they were when it was looked at."""
        return self._on_disk.get(path)

    async def look(self, paths: Sequence[str], most: int) -> set[str]:
        """Look at files on disk; those in which other rows are changed than before. Of files with
        more than ``most`` bytes all are."""
        while (changes := self._made.changes) is not None:
            seen = await asyncio.to_thread(_look, changes, paths, most)
            if changes is self._made.changes:
                break
        else:
            return set()
        moved = {path for path, rows in seen.items() if rows != self._on_disk.get(path)}
        self._on_disk |= seen
        return moved

    async def rows(self, path: str, content: bytes, most: int) -> Rows:
        """The changed rows of a file that is not, or not yet, so on disk."""
        changes = self._made.changes
        if changes is None or len(content) > most:
            return None
        place = Path(path)
        return (await asyncio.to_thread(_rows, changes, {place: content}))[place]


def _make(root: Path, revision: str) -> _Made:
    stamps = Stamps([root / ".git"])
    try:
        # First what to watch: what moves while it is read is noticed.
        stamps = Stamps(Repository.at(root).moving(revision))
        return _Made(Changes.since(root, revision), stamps, "")
    except (OSError, ValueError) as error:
        return _Made(None, stamps, str(error))


def _look(changes: Changes, paths: Sequence[str], most: int) -> dict[str, Rows]:
    seen: dict[str, Rows] = {}
    for start in range(0, len(paths), _SLICE):
        contents = {}
        for path in paths[start : start + _SLICE]:
            seen[path] = None
            try:
                contents[Path(path)] = read_regular(path, most)
            except OSError:
                continue  # whoever looks at it tells why that failed
        seen |= {str(path): rows for path, rows in _rows(changes, contents).items()}
    return seen


def _rows(changes: Changes, contents: dict[Path, bytes]) -> dict[Path, Rows]:
    try:
        return changes.rows(contents)
    except OSError:  # an object is missing here: nothing is known
        return dict.fromkeys(contents)
