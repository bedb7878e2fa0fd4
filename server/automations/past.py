"""A workspace as it was before a commit, and what the commit made of it. It reads git and writes
where it is told to: for threads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath

from ..disk import read_regular
from ..git import Blob, GitError, Repository, UnknownRevision
from ..sizes import size

MOST_FILES = 5_000
MOST_BYTES = 50 << 20
_AT_ONCE = 100
_GIT = ".git"
_MOST_READ = 20_000_000
_MOVED = re.compile(
    rb"^[0-9a-f]+ ([0-9a-f]{40,64}) [^\t\n]*> (\d{1,15}) [+-]\d{4}(?=[\t\n])", re.MULTILINE
)
"""A line of git's notes of how HEAD moved: the new commit, and when."""


class Past:
    """Of a workspace in a repository. Nothing of the repository's runs: files are written as git
    stores them, and links and submodules are left out. Everything raises OSError, for people, also
    the making where no repository is."""

    def __init__(self, root: Path) -> None:
        self._repository = Repository.at(root)
        top = os.path.realpath(self._repository.root)
        below = Path(os.path.realpath(root)).relative_to(top).as_posix()
        self._below = "" if below == "." else f"{below}/"

    def head_at(self, at: float) -> str:
        """The commit that was checked out then, in seconds since the epoch; empty where git does
        not know that any more."""
        path = self._repository.reflog()
        if not path.is_file():
            return ""
        moves = _MOVED.findall(read_regular(path, _MOST_READ))
        known = [commit.decode() for commit, seconds in moves if int(seconds) <= at]
        return known[-1] if known else ""

    def restore(self, commit: str, folder: Path) -> None:
        """Write into ``folder``, which is empty, what a commit has."""
        self._write(self._tree(commit), folder)

    def rebuild(self, commit: str, given: Iterable[str], folder: Path) -> None:
        """Write into ``folder``, which is empty, what was there before a commit, and the paths that
        were ``given`` then as the commit has them."""
        after = self._tree(commit)
        try:
            files = self._tree(self._repository.named(f"{commit}^"))
        except UnknownRevision:  # the first commit
            files = {}
        for path in given:
            files.pop(path, None)
            if path in after:
                files[path] = after[path]
        self._write(files, folder)

    def _write(self, files: Mapping[str, Blob], folder: Path) -> None:
        self._admit(files.values())
        for blobs in _some(files.items()):
            names = {blob: path for path, blob in blobs}
            for blob, content in self._repository.contents([*names]):
                place = folder / names[blob]
                place.parent.mkdir(parents=True, exist_ok=True)
                with open(place, "xb") as file:
                    file.write(content)
                if blob.is_executable:
                    place.chmod(0o755)

    def content(self, commit: str, path: str) -> bytes | None:
        """What a commit has under a path; None for no file."""
        try:
            return self._repository.content(commit, f"{self._below}{path}")
        except GitError:
            return None

    def _tree(self, commit: str) -> dict[str, Blob]:
        """By the paths from the workspace."""
        found = self._repository.tree(commit)
        return {
            path.removeprefix(self._below): blob
            for path, blob in found.items()
            if path.startswith(self._below)
        }

    def _admit(self, blobs: Iterable[Blob]) -> None:
        """Raises OSError."""
        found = [*blobs]
        for blob in found:
            parts = PurePosixPath(blob.path).parts
            if blob.path.startswith("/") or ".." in parts or _GIT in parts:
                raise OSError(0, f"the commit has a file of the name {blob.path!r}")
        if len(found) > MOST_FILES:
            raise OSError(0, f"the commit has more than {MOST_FILES:,} files")
        if sum(self._repository.sizes({each.oid for each in found}).values()) > MOST_BYTES:
            raise OSError(0, f"the files of the commit are larger than {size(MOST_BYTES)}")


def _some(files: Iterable[tuple[str, Blob]]) -> Iterator[list[tuple[str, Blob]]]:
    rest = iter(files)
    while some := [*islice(rest, _AT_ONCE)]:
        yield some
