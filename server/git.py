"""The only user of git, safe in a repository that nobody trusts.

A repository can name programs for git to run: a file system monitor, filters, textconv, an
external diff, hooks, a pager, helpers for its remotes. Only commands are used that read neither
work tree nor network, and what could start a program all the same is overridden. That git refuses
a repository of another user (``safe.directory``) is left as it is. All of this blocks: it is for a
thread.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .trust import search_path

TIMEOUT = 30.0
"""Seconds for one command; what is asked of git here takes milliseconds."""

_NO_HOOKS = "core.hooksPath=/dev/null"
_OVERRIDES = (
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.askPass=",
    "core.sshCommand=false",
    "core.gitProxy=",
    "core.alternateRefsCommand=false",
    "credential.helper=",
    "diff.external=",
    "interactive.diffFilter=",
    "gpg.program=false",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # before what any configuration allows, ext:: included
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "LC_ALL": "C.UTF-8",
}
_KEPT = ("GIT_CONFIG_", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
"""The user's own configuration; what else begins with GIT_ belongs to the command that calls us."""

_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE")

_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REVISION = re.compile(r"[0-9a-f]{4,64}|HEAD|ORIG_HEAD|MERGE_HEAD|FETCH_HEAD|refs/[^\s-][^\s]*")
_SHA1 = 40
_FILES = ("100644", "100755")
_SLICE = 100
"""Blobs asked for in one command: so much of a large commit is held in memory."""
_MOST_COMMITS = 2_000
_MOST_RENAMED = 200
"""Files of a commit that are compared with each other to find which was renamed to which."""


class GitError(OSError):
    """git is missing, refused, or does not know what was asked; its message is for people."""


class UnknownRevision(GitError):
    """What a person named is no commit, or has nothing in common with HEAD."""


class Head(NamedTuple):
    """``branch`` is empty when none is checked out, ``commit`` before the first commit."""

    branch: str
    commit: str


class Blob(NamedTuple):
    """One regular file as git has it; ``path`` is below the root, with slashes."""

    path: str
    oid: str
    is_executable: bool = False


class Push(NamedTuple):
    """A line that git gives to pre-push; an ``oid`` is empty where a side has no such ref."""

    local_ref: str
    local_oid: str
    remote_ref: str
    remote_oid: str


def pushes(text: str) -> tuple[Push, ...]:
    """Reads what git writes to pre-push. Raises ValueError for anything else."""
    found = []
    for line in filter(None, text.split("\n")):
        local_ref, local, remote_ref, remote = line.rsplit(" ", 3)
        if not (_OBJECT.fullmatch(local) and _OBJECT.fullmatch(remote)):
            raise ValueError(f"not a line of pre-push: {line!r:.80}")
        found.append(Push(local_ref, _or_none(local), remote_ref, _or_none(remote)))
    return tuple(found)


def is_stored_as(content: bytes, oid: str) -> bool:
    """Whether these bytes, as they are, are the blob of that name."""
    header = f"blob {len(content)}\0".encode()
    kind = hashlib.sha1 if len(oid) == _SHA1 else hashlib.sha256
    return kind(header + content, usedforsecurity=False).hexdigest() == oid


def version(folder: Path) -> str:
    """Of the git that is used for ``folder``, as ``2.47.1``. Raises GitError, also when there is
    none."""
    return _text(_run(folder, ["--version"], {})).removeprefix("git version ")


def merge(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """The text with both changes of ``base`` in it; None when they touch the same lines, when one
    is no text, or without git. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        names = ("ours", "base", "theirs")
        for name, content in zip(names, (ours, base, theirs), strict=True):
            Path(folder, name).write_bytes(content)
        try:
            return _run(Path(folder), ("merge-file", "--stdout", "--quiet", *names), {})
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
    answer = _run(folder, ("config", "-z", "--show-origin", *where, "--list"), {})
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
        root = _path(_run(folder, (*ask, "--show-toplevel"), given))
        common = _path(_run(folder, (*ask, "--git-common-dir"), given))
        return Repository(root, common, given)

    def hooks(self) -> Path:
        """Where git looks for hooks: ``core.hooksPath`` counts, and a work tree has its main one's.

        It need not exist.
        """
        command = ("rev-parse", "--path-format=absolute", "--git-path", "hooks")
        return _path(_run(self.root, command, self.variables, overrides=_OVERRIDES))

    def known(self, folder: Path) -> frozenset[str]:
        """The files of the index in a folder, by their paths from there."""
        listed = _run(folder, ("ls-files", "-z", "--cached"), self.variables)
        return frozenset(map(os.fsdecode, listed.split(b"\0")[:-1]))

    def head(self) -> Head:
        branch = self._run("symbolic-ref", "--quiet", "HEAD", fails=True)
        return Head(_text(branch).removeprefix("refs/heads/"), self._resolve("HEAD"))

    def staged(self) -> tuple[Blob, ...]:
        """The files that the index adds to HEAD or has otherwise; links and submodules are none."""
        tree = self.head().commit or self._empty_tree()
        return _blobs(self._run("diff-index", "--cached", *_RAW, tree, "--"))

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
        return _blobs(self._run("diff-tree", *_RAW, self._commit(old), self._commit(new), "--"))

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
        return _text(self._run("rev-list", "-1", head, "--", path))

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
        return _past(self._run("diff-tree", *options, *found, *paths, stdin=b"".join(pairs)))

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
        if not (base := _text(self._run("merge-base", found, "HEAD", fails=True))):
            raise UnknownRevision(f"HEAD and {name!r} have no commit in common")
        return base

    def moving(self, revision: str) -> tuple[Path, ...]:
        """The files of which one changes when HEAD, the index or a branch or tag that ``revision``
        starts from does; they need not exist."""
        own = _path(_run(self.root, ("rev-parse", "--absolute-git-dir"), self.variables))
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
        return _path(self._run(*ask))

    def operations(self, commit: str, below: str = "") -> Iterator[tuple[str, str, str]]:
        """What a commit did with the files in a folder (empty: with all): a letter (A, M, T, D, R),
        the old path and the new one from there, empty where it has none; of a merge nothing. Raises
        GitError when the commit is unknown here."""
        options = ("--root", "--no-commit-id", *_COMPARE, "--name-status", "--find-renames")
        where = (f"--relative={below}",) if below else ()
        told = self._run("diff-tree", *options, f"-l{_MOST_RENAMED}", *where, self._commit(commit))
        parts = iter(map(os.fsdecode, told.split(b"\0")[:-1]))
        for status in parts:
            old = next(parts)
            new = next(parts) if status[0] == "R" else old
            yield status[0], "" if status[0] == "A" else old, "" if status[0] == "D" else new

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
            if mode in _FILES:
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
        return _text(self._run(*command, fails=True))

    def _empty_tree(self) -> str:
        return _text(self._run("hash-object", "-t", "tree", "--stdin"))

    def _run(self, *command: str, stdin: bytes = b"", fails: bool = False) -> bytes:
        return _run(self.root, command, self.variables, stdin=stdin, fails=fails)


_COMPARE = ("-r", "-z", "--ignore-submodules=all", "--no-ext-diff", "--no-textconv")
_DIFF = (*_COMPARE, "--no-renames")
_RENAMES = (*_COMPARE, "--raw", "--no-abbrev", "--find-renames", "--diff-filter=R")
_RAW = (*_DIFF, "--raw", "--no-abbrev", "--diff-filter=d")


def _run(
    folder: Path,
    command: Iterable[str],
    variables: Mapping[str, str],
    *,
    overrides: Sequence[str] = (*_OVERRIDES, _NO_HOOKS),
    stdin: bytes = b"",
    fails: bool = False,
) -> bytes:
    """What git prints. Raises GitError; with ``fails`` an exit code of 1 is an empty answer."""
    options = [part for override in overrides for part in ("-c", override)]
    argv = ["git", "--no-pager", "--no-replace-objects", *options, *command]
    try:
        answer = subprocess.run(
            argv,
            cwd=folder,
            env=_environment(folder, os.environ, variables),
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except FileNotFoundError as error:
        missing = "git is not installed" if folder.is_dir() else f"there is no folder {folder}"
        raise GitError(missing) from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git did not answer within {TIMEOUT:.0f} s in {folder}") from error
    if answer.returncode == 0:
        return answer.stdout
    if fails and answer.returncode == 1:
        return b""
    said = answer.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
    raise GitError(f"git in {folder}: {said or f'it ended with {answer.returncode}'}")


def _environment(
    folder: Path, environ: Mapping[str, str], variables: Mapping[str, str]
) -> dict[str, str]:
    """With a PATH that leads to no git of the workspace's."""
    kept = {k: v for k, v in environ.items() if not k.startswith("GIT_") or k.startswith(_KEPT)}
    return {**kept, **variables, **_ENVIRONMENT, "PATH": search_path(folder, environ)}


def _path(answer: bytes) -> Path:
    return Path(os.fsdecode(answer.removesuffix(b"\n")))


def _text(answer: bytes) -> str:
    return answer.decode("utf-8", "replace").strip()


def _or_none(oid: str) -> str:
    return oid if oid.strip("0") else ""


def _blobs(raw: bytes) -> tuple[Blob, ...]:
    """Reads ``:mode mode oid oid status NUL path NUL``, the form of diff-index and diff-tree."""
    parts = raw.split(b"\0")
    pairs = zip(parts[:-1:2], parts[1::2], strict=False)
    rows = ((about.decode().split(" "), os.fsdecode(path)) for about, path in pairs)
    return tuple(Blob(path, row[3]) for row, path in rows if row[1] in _FILES)


def _past(raw: bytes) -> dict[str, list[str]]:
    """Reads what diff-tree prints of commits, the newest first, with renames, as ``_blobs``."""
    found: dict[str, list[str]] = {}
    known_as: dict[str, str] = {}
    parts = iter(map(os.fsdecode, raw.split(b"\0")[:-1]))
    for about in parts:
        _, mode, old, oid, kind = about.split(" ")
        before = next(parts)
        after = next(parts) if kind.startswith("R") else before
        name = known_as.get(after, after)
        if kind.startswith("R"):
            known_as[before] = name
            known_as[after] = ""  # what bore that name before is another file
        if name and mode in _FILES and oid != old:
            found.setdefault(name, []).append(oid)
    return found
