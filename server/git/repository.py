"""One repository, and what git says without one."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .answers import (
    FILES,
    OBJECT,
    Blob,
    Head,
    Operation,
    Push,
    as_path,
    as_text,
    read_blobs,
    read_operations,
    read_past,
)
from .running import OVERRIDES, GitError, run

_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE")
_REVISION = re.compile(r"[0-9a-f]{4,64}|HEAD|ORIG_HEAD|MERGE_HEAD|FETCH_HEAD|refs/[^\s-][^\s]*")
_SLICE = 100
"""Blobs asked for in one command: so much of a large commit is held in memory."""
_MOST_COMMITS = 2_000
_MOST_ASKED = 500
"""Commits of which one command tells: it takes well below its time-out."""
_MOST_RENAMED = 200
"""Files of a commit that are compared with each other to find which was renamed to which."""


class UnknownRevision(GitError):
    """What a person named is no commit, or has nothing in common with HEAD."""


def version(folder: Path) -> str:
    """Of the git that is used for ``folder``, as ``2.47.1``. Raises GitError, also when there is
    none."""
    return as_text(run(folder, ["--version"], {})).removeprefix("git version ")


def merge(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """The text with both changes of ``base`` in it; None when they touch the same lines, when one
    is no text, or without git. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        names = ("ours", "base", "theirs")
        for name, content in zip(names, (ours, base, theirs), strict=True):
            Path(folder, name).write_bytes(content)
        try:
            return run(Path(folder), ("merge-file", "--stdout", "--quiet", *names), {})
        except GitError:
            return None


class Setting(NamedTuple):
    """One of git's configuration; ``origin`` is the file that it stands in."""

    origin: str
    name: str
    value: str


def settings(folder: Path, file: str = "") -> tuple[Setting, ...]:
    """What is configured for whoever is in ``folder``; with ``file``, an absolute path, what is in
    there and in what it includes. Raises GitError."""
    where = ("--file", file, "--includes") if file else ()
    answer = run(folder, ("config", "-z", "--show-origin", *where, "--list"), {})
    parts = answer.split(b"\0")[:-1]
    found = []
    for origin, setting in zip(parts[::2], parts[1::2], strict=True):
        kind, _, named = os.fsdecode(origin).partition(":")
        if kind == "file":  # and not one of ours, from the command line
            name, _, value = os.fsdecode(setting).partition("\n")
            found.append(Setting(os.path.join(folder, named), name, value))
    return tuple(found)


def hook_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Which repository and which index git means by the hook that it runs: a commit of some paths
    has an index of its own."""
    return {name: environ[name] for name in _OF_A_HOOK if name in environ}


@dataclass(frozen=True, slots=True)
class Repository:
    """``root`` is the top of the work tree, ``common`` the git folder that all work trees share."""

    root: Path
    common: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def at(folder: Path, variables: Mapping[str, str] | None = None) -> Repository:
        """The repository that ``folder`` lies in. Raises GitError, also where no work tree is."""
        given = variables or {}
        ask = ("rev-parse", "--path-format=absolute")
        root = as_path(run(folder, (*ask, "--show-toplevel"), given))
        common = as_path(run(folder, (*ask, "--git-common-dir"), given))
        return Repository(root, common, given)

    def hooks(self) -> Path:
        """Where git looks for hooks: ``core.hooksPath`` counts, and a work tree has its main one's.

        It need not exist.
        """
        command = ("rev-parse", "--path-format=absolute", "--git-path", "hooks")
        return as_path(run(self.root, command, self.variables, overrides=OVERRIDES))

    def known(self, folder: Path) -> frozenset[str]:
        """The files of the index in a folder, by their paths from there."""
        listed = run(folder, ("ls-files", "-z", "--cached"), self.variables)
        return frozenset(map(os.fsdecode, listed.split(b"\0")[:-1]))

    def head(self) -> Head:
        branch = self._run("symbolic-ref", "--quiet", "HEAD", fails=True)
        return Head(as_text(branch).removeprefix("refs/heads/"), self._resolve("HEAD"))

    def staged(self) -> tuple[Blob, ...]:
        """The files that the index adds to HEAD or has otherwise; links and submodules are none."""
        tree = self.head().commit or self._empty_tree()
        return read_blobs(self._run("diff-index", "--cached", *_RAW, tree, "--"))

    def contents(self, blobs: Sequence[Blob]) -> Iterator[tuple[Blob, bytes]]:
        """Each blob's bytes as they are stored: no filter, no conversion of line ends.

        Raises GitError when an object is missing here.
        """
        for start in range(0, len(blobs), _SLICE):
            some = blobs[start : start + _SLICE]
            asked = "".join(f"{blob.oid}\n" for blob in some).encode()
            answer = memoryview(self._run("cat-file", "--batch", stdin=asked))
            for blob in some:
                header, _, _ = bytes(answer[:200]).partition(b"\n")
                oid, _, kind_and_size = header.decode().partition(" ")
                kind, _, size = kind_and_size.partition(" ")
                if oid != blob.oid or kind != "blob":
                    raise GitError(f"git has no content for {blob.path} ({blob.oid})")
                begin = len(header) + 1
                yield blob, bytes(answer[begin : begin + int(size)])
                answer = answer[begin + int(size) + 1 :]

    def changed(self, old: str, new: str) -> tuple[Blob, ...]:
        """The files of ``new`` that ``old`` has not or has otherwise (a merge: ORIG_HEAD, HEAD).

        Raises GitError when one of the two is unknown here.
        """
        return read_blobs(self._run("diff-tree", *_RAW, self._commit(old), self._commit(new), "--"))

    def renames(self, since: str) -> dict[str, str]:
        """New names of files by their old ones, as git guesses them from the contents: between a
        commit and the index. Raises GitError when the commit is unknown here."""
        answer = self._run("diff-index", "--cached", *_RENAMES, self._commit(since), "--")
        parts = answer.split(b"\0")
        return {
            os.fsdecode(old): os.fsdecode(new)
            for old, new in zip(parts[1:-1:3], parts[2:-1:3], strict=True)
        }

    def last_change(self, path: str) -> str:
        """The newest commit before or at HEAD that changed a file; empty when none did."""
        if not (head := self.head().commit):
            return ""
        return as_text(self._run("rev-list", "-1", head, "--", path))

    def versions(self, since: int, below: str = "") -> dict[str, list[str]]:
        """Of the files in a folder (empty: of all), by the names that they have at HEAD: the blobs
        that commits have made of them, the newest first. Of the commits those that are no older
        than ``since`` (seconds of the epoch), a branch that was merged in as one.

        A file that was renamed has those of its former names, as git guesses them from contents.
        """
        if not (head := self.head().commit):
            return {}
        limits = (f"--max-age={since}", f"--max-count={_MOST_COMMITS}")
        listed = self._run("rev-list", "--first-parent", "--parents", *limits, head, "--")
        pairs = [b" ".join(line.split()[:2]) + b"\n" for line in listed.splitlines()]
        options = ("--stdin", "--root", "--no-commit-id", *_COMPARE, "--raw", "--no-abbrev")
        found = ("--find-renames", f"-l{_MOST_RENAMED}", "--diff-filter=AMRT", "--")
        paths = (below,) if below else ()
        return read_past(self._run("diff-tree", *options, *found, *paths, stdin=b"".join(pairs)))

    def sizes(self, oids: Iterable[str]) -> dict[str, int]:
        """How many bytes blobs have; those that are not here are left out."""
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        answer = self._run("cat-file", "--batch-check", "--buffer", stdin=asked)
        rows = (line.split(" ") for line in answer.decode().splitlines())
        return {row[0]: int(row[2]) for row in rows if row[1] == "blob"}

    def named(self, revision: str) -> str:
        """The commit that a person means: a branch, a tag, ``HEAD~2``; with ``...`` at the end, the
        one from which HEAD and it went apart. Raises GitError."""
        name = revision.removesuffix("...")
        found = "" if name.startswith("-") else self._resolve(name)
        if not found:
            raise UnknownRevision(f"git knows no commit {name!r} here")
        if name == revision:
            return found
        if not (base := as_text(self._run("merge-base", found, "HEAD", fails=True))):
            raise UnknownRevision(f"HEAD and {name!r} have no commit in common")
        return base

    def has_grown(self, old: str, new: str) -> bool:
        """Whether the commit ``old`` is one of those that ``new`` was made from."""
        return as_text(self._run("merge-base", old, new, fails=True)) == old

    def moving(self, revision: str) -> tuple[Path, ...]:
        """The files of which one changes when HEAD, the index or a branch or tag that ``revision``
        starts from does; they need not exist."""
        own = as_path(run(self.root, ("rev-parse", "--absolute-git-dir"), self.variables))
        name = re.split(r"[~^@:]|\.\.", revision)[0]
        shared = ["packed-refs", *(f"refs/{kind}/{name}" for kind in ("heads", "remotes", "tags"))]
        if branch := self.head().branch:
            shared.append(f"refs/heads/{branch}")
        reftable = "reftable/tables.list"
        return (
            *(own / each for each in ("HEAD", "logs/HEAD", "index", reftable)),
            *(self.common / each for each in (*shared, reftable)),
        )

    def reflog(self) -> Path:
        """Where git notes how HEAD moved; it need not exist."""
        ask = ("rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD")
        return as_path(self._run(*ask))

    def operations(self, commits: Sequence[str], below: str = "") -> dict[str, list[Operation]]:
        """What commits did with the files in a folder (empty: with all), by their full names.
        Merges are left out, and so is what is unknown here or cannot be read."""
        asked = [each for each in commits if OBJECT.fullmatch(each)]
        where = (f"--relative={below}",) if below else ()
        found: dict[str, list[Operation]] = {}
        for start in range(0, len(asked), _MOST_ASKED):
            found |= self._operations(asked[start : start + _MOST_ASKED], where)
        return found

    def _operations(
        self, commits: Sequence[str], where: Sequence[str]
    ) -> dict[str, list[Operation]]:
        """In one command; where that fails, in halves, until it is known because of which."""
        options = ("--stdin", "--root", *_COMPARE, "--name-status", "--find-renames")
        asked = "".join(f"{each}\n" for each in commits).encode()
        try:
            told = self._run("diff-tree", *options, f"-l{_MOST_RENAMED}", *where, stdin=asked)
        except GitError:
            half = len(commits) // 2
            if not half:
                return {}
            return self._operations(commits[:half], where) | self._operations(commits[half:], where)
        return read_operations(told)

    def tree(self, commit: str) -> dict[str, Blob]:
        """The regular files of a commit by their paths."""
        return {blob.path: blob for blob in self._tree(self._commit(commit))}

    def content(self, commit: str, path: str) -> bytes:
        """What a file has in a commit, as it is stored. Raises GitError where there is none."""
        return self._run("cat-file", "blob", f"{self._commit(commit)}:{path}")

    def outgoing(self, push: Push) -> tuple[Blob, ...]:
        """The files that a push brings, as they are at its tip.

        Beyond what the other side has; where that is not known here (a new branch, or one that
        others moved), in the commits that no remote's branch has yet.
        """
        if not push.local_oid:
            return ()
        if push.remote_oid and self._resolve(push.remote_oid):
            return self.changed(push.remote_oid, push.local_oid)
        tip = self._commit(push.local_oid)
        commits = self._run("rev-list", tip, "--not", "--remotes", "--")
        options = ("--stdin", "--root", "-m", "--no-commit-id", "--name-only")
        listed = self._run("diff-tree", *options, *_DIFF, stdin=commits)
        names = frozenset(listed.split(b"\0"))
        return tuple(b for b in self._tree(tip) if os.fsencode(b.path) in names)

    def _tree(self, commit: str) -> Iterator[Blob]:
        for entry in self._run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
            about, _, path = entry.partition(b"\t")
            mode, _, oid = about.decode().split(" ")
            if mode in FILES:
                yield Blob(os.fsdecode(path), oid, mode == "100755")

    def _commit(self, revision: str) -> str:
        """The full name of a commit. Raises GitError for what is no plain name of one."""
        if not _REVISION.fullmatch(revision):
            raise GitError(f"{revision!r} does not name a commit")
        if not (found := self._resolve(revision)):
            raise GitError(f"git knows no commit {revision} here")
        return found

    def _resolve(self, revision: str) -> str:
        """Empty when there is no such commit here."""
        command = ("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return as_text(self._run(*command, fails=True))

    def _empty_tree(self) -> str:
        return as_text(self._run("hash-object", "-t", "tree", "--stdin"))

    def _run(self, *command: str, stdin: bytes = b"", fails: bool = False) -> bytes:
        return run(self.root, command, self.variables, stdin=stdin, fails=fails)


_COMPARE = ("-r", "-z", "--ignore-submodules=all", "--no-ext-diff", "--no-textconv")
_DIFF = (*_COMPARE, "--no-renames")
_RENAMES = (*_COMPARE, "--raw", "--no-abbrev", "--find-renames", "--diff-filter=R")
_RAW = (*_DIFF, "--raw", "--no-abbrev", "--diff-filter=d")
