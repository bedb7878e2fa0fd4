"""Only what was changed since a revision: the files that differ, and what is said of lines in them
that are new. All of this blocks: it is for a thread."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...checks import compose
from ...discover import Found
from ...disk import LARGEST_FILE, read_regular
from ...findings.changed import Rows, changed_lines, on_lines
from ...git import Blob, Repository, is_stored_as
from ...notebooks import is_notebook, read
from ...text import decode
from .scan import Scan


@dataclass(frozen=True, slots=True)
class Changes:
    """Between a commit and the work tree. ``before``: the commit's files, by their present names,
    which are those of git with ``below`` for the ``root`` of the workspace."""

    repository: Repository
    root: Path
    below: Path
    before: Mapping[str, Blob]

    @staticmethod
    def since(root: Path, revision: str) -> Changes:
        """``revision`` as ``Repository.named`` takes it. Raises GitError."""
        repository = Repository.at(root)
        commit = repository.named(revision)
        before = repository.tree(commit)
        moved = {
            new: before[old] for old, new in repository.renames(commit).items() if old in before
        }
        below = Path(os.path.realpath(root)).relative_to(repository.root)
        return Changes(repository, root, below, {**before, **moved})

    def differing(self, files: Sequence[Found]) -> list[Found]:
        """Those that the commit has not, or has otherwise."""
        return [found for found in files if self._differs(Path(found.path))]

    def _differs(self, path: Path) -> bool:
        blob = self._blob(path)
        if blob is None:
            return True
        try:
            return not is_stored_as(read_regular(path, LARGEST_FILE), blob.oid)
        except OSError:
            return True  # whoever looks at it tells why that failed

    def _blob(self, path: Path) -> Blob | None:
        if not path.is_relative_to(self.root):
            return None
        return self.before.get((self.below / path.relative_to(self.root)).as_posix())

    def rows(self, contents: Mapping[Path, bytes]) -> dict[Path, Rows]:
        """Of files that have these contents the rows that the commit has not, or has otherwise.
        Raises GitError when an object is missing here."""
        blobs = {path: blob for path in contents if (blob := self._blob(path)) is not None}
        differing = [
            path for path, blob in blobs.items() if not is_stored_as(contents[path], blob.oid)
        ]
        old = dict(self.repository.contents([blobs[path] for path in differing]))
        rows: dict[Path, Rows] = dict.fromkeys(contents)
        rows |= dict.fromkeys(blobs, frozenset())
        for path in differing:
            rows[path] = changed_lines(_text(path, old[blobs[path]]), _text(path, contents[path]))
        return rows

    def only(self, scan: Scan) -> Scan:
        """The scan with what a tool says of changed lines, or that it could not look."""
        changed = self.rows({path: _now(path) for path, found in scan.problems.items() if found})
        problems = {}
        for path, found in scan.problems.items():
            problems[path] = found
            if (rows := changed.get(path)) is not None:
                told = on_lines(found, rows)
                problems[path] = tuple(
                    each for each in found if each in told or compose.says_nothing(each)
                )
        return replace(scan, problems=problems)


def _now(path: Path) -> bytes:
    try:
        return read_regular(path, LARGEST_FILE)
    except OSError:
        return b""


def _text(path: Path, content: bytes) -> str:
    """In whose lines places are told."""
    try:
        return read(content).text if is_notebook(path.name) else decode(content)
    except ValueError:
        return content.decode("utf-8", "replace")
