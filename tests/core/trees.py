"""Trees of files for the tests of the journal: made at random, compared, photographed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from hypothesis import strategies as st

from understudy.journal import apply as journal
from understudy.journal.beneath import Beneath
from understudy.journal.change import Change, Entry, Kind, State
from understudy.journal.record import Record

NAMES = (
    "a",
    "b c",
    "-rf",
    "\N{PERFORMING ARTS}",
    "x\n\x1b[31m",
    os.fsdecode(b"\xff\xfe"),
    "…",
    "d.py",
)
FILE_MODES = (0o644, 0o600, 0o755, 0o444, 0o664)
FOLDER_MODES = (0o755, 0o700, 0o555, 0o1777)


class Act(NamedTuple):
    what: str
    path: str
    other: str = ""
    content: bytes = b""
    mode: int = 0


_paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
_contents = st.sampled_from([b"", b"1\n", b"2\n", b"three\n" * 50, b"\0\xff"]) | st.binary(
    max_size=9
)
acts = st.lists(
    st.one_of(
        st.builds(
            Act, st.just("write"), _paths, content=_contents, mode=st.sampled_from(FILE_MODES)
        ),
        st.builds(Act, st.just("folder"), _paths, mode=st.sampled_from(FOLDER_MODES)),
        st.builds(Act, st.just("link"), _paths, st.sampled_from(NAMES)),
        st.builds(Act, st.just("remove"), _paths),
        st.builds(Act, st.just("rename"), _paths, _paths),
        st.builds(Act, st.just("mode"), _paths, mode=st.sampled_from(FILE_MODES)),
        st.builds(Act, st.just("folder mode"), _paths, mode=st.sampled_from(FOLDER_MODES)),
    ),
    max_size=14,
)


def act(root: Path, doings: Iterable[Act]) -> None:
    """As far as each can be done."""
    for each in doings:
        with contextlib.suppress(OSError, shutil.Error):
            _act(root, each)


def _act(root: Path, do: Act) -> None:
    path = root / do.path
    if any(above.is_symlink() for above in path.parents):
        return  # what is written through a link is another file
    if do.what == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.write_bytes(do.content)
        path.chmod(do.mode)
    elif do.what == "folder":
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(do.mode)
    elif do.what == "link":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(do.other)
    elif do.what == "remove":
        _remove(path)
    elif do.what == "rename":
        path.rename(root / do.other)
    elif not path.is_symlink() and path.is_dir() == (do.what == "folder mode"):
        path.chmod(do.mode)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


Photograph = dict[str, tuple[str, int, bytes | str]]


def photograph(root: Path) -> Photograph:
    """All that is below, without following links: what it is, its mode, its content."""
    found: Photograph = {}
    for above, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(above, name)
            status = path.lstat()
            mode = stat.S_IMODE(status.st_mode)
            key = str(path.relative_to(root))
            if path.is_symlink():
                found[key] = ("link", 0, os.readlink(path))
            elif path.is_dir():
                found[key] = ("folder", mode, "")
            elif path.is_file():
                found[key] = ("file", mode, path.read_bytes())
            else:
                found[key] = ("special", mode, "")
    return found


def times(root: Path) -> dict[str, int]:
    """When each file and link was last modified, in nanoseconds."""
    return {
        name: (root / name).lstat().st_mtime_ns
        for name, (what, _, _) in photograph(root).items()
        if what != "folder"
    }


def copied(root: Path, to: Path) -> Path:
    shutil.copytree(root, to, symlinks=True)
    return to


def differences(root: Path, wanted: Path) -> tuple[Change, ...]:
    """What makes the one tree like the other: every path compared, and renamings found."""
    with Beneath(root) as here, Beneath(wanted) as there:
        found = {
            path: Change.between(path, _placed(here, path), _placed(there, path))
            for path in sorted({*photograph(root), *photograph(wanted)})
        }
    changed = {p: c for p, c in found.items() if not _alike(c)}
    for path, change in list(changed.items()):
        if change.kind is Kind.DELETED and change.before and change.before.size:
            for other, created in changed.items():
                if created.kind is Kind.CREATED and change.before.holds(created.after):
                    after = created.after
                    changed[other] = Change.between(other, change.before, after, path)
                    del changed[path]
                    break
    return tuple(changed.values())


def _placed(place: Beneath, path: str) -> State | None:
    found = place.look(path)
    if found is None or found.entry is not Entry.FILE:
        return found
    return replace(found, place=str(place.root / path), modified=0)


def _alike(change: Change) -> bool:
    return change.before is not None and change.before.equals(change.after)


def link(target: str) -> State:
    digest = hashlib.sha256(os.fsencode(target)).hexdigest()
    return State(Entry.LINK, 0o777, digest, len(target), target)


WRITING = (
    *("rename", "replace", "link", "unlink", "rmdir", "mkdir", "symlink", "open", "write"),
    *("flush", "fsync", "chmod", "fchmod", "chown", "utime", "setxattr"),
)


@contextlib.contextmanager
def at_writing(count: int, happens: Callable[[], object]) -> Iterator[None]:
    """Let something happen before the ``count``-th call within that may change what is on disk."""
    left = count

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal left
        by_name = event == "c_call" and arg.__name__ in WRITING
        if by_name or (event == "call" and frame.f_code.co_name == "_rename"):
            left -= 1
            if left == 0:
                sys.setprofile(None)
                happens()

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)


def killed_at(count: int, call: Callable[[], Any]) -> bool:
    """Run it in a process that is killed before the ``count``-th call that may change what is on
    disk; whether it was."""
    if not (child := os.fork()):
        code = 1
        try:
            with at_writing(count, lambda: os.kill(os.getpid(), signal.SIGKILL)):
                call()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WIFSIGNALED(status), "it failed by itself"
    return status != 0


def put(
    changes: Iterable[Change], root: Path, store: Path, consents: Iterable[str] = ()
) -> Record | None:
    return journal.apply(
        tuple(changes), root, store, by="a test", what="try it", consents=frozenset(consents)
    )


FIRST = [
    Act("write", "kept/same", content=b"same\n", mode=0o600),
    Act("write", "text", content=b"one\n", mode=0o755),
    Act("write", "gone/inner", content=b"inner\n", mode=0o444),
    Act("write", "moved", content=b"moved\n", mode=0o640),
    Act("write", "turned", content=b"file\n", mode=0o644),
    Act("folder", "into file", mode=0o755),
    Act("link", "link", "text"),
    Act("write", "script", content=b"#!/bin/sh\n", mode=0o644),
    Act("folder mode", "gone", mode=0o555),
]
THEN = [
    Act("folder mode", "gone", mode=0o755),
    Act("remove", "gone"),
    Act("write", "text", content=b"two\n", mode=0o755),
    Act("folder", "new/deep", mode=0o750),
    Act("rename", "moved", "new/deep/moved"),
    Act("write", "new/file", content=b"new\n", mode=0o644),
    Act("remove", "turned"),
    Act("write", "turned/inside", content=b"inside\n", mode=0o644),
    Act("remove", "into file"),
    Act("write", "into file", content=b"was a folder\n", mode=0o644),
    Act("remove", "link"),
    Act("link", "link", "kept"),
    Act("mode", "script", mode=0o755),
]


class Scene:
    """A tree with everything that can become of one, in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        first: Iterable[Act] = FIRST,
        then: Iterable[Act] = THEN,
        *,
        root: Path | None = None,
        store: Path | None = None,
    ) -> None:
        self.root, self.store = root or folder / "root", store or folder / "store"
        self.root.mkdir(parents=True)
        act(self.root, first)
        wanted = copied(self.root, folder / "wanted")
        act(wanted, then)
        self.changes = differences(self.root, wanted)
        self.before, self.after = photograph(self.root), photograph(wanted)

    def apply(self) -> None:
        put(self.changes, self.root, self.store)

    def undo(self) -> None:
        journal.undo(self.store, 1, by="a test")

    def judge(self) -> str:
        """After the next start."""
        journal.recover(self.store, self.root)
        seen = photograph(self.root)
        assert seen in (self.before, self.after), "half a state"
        assert journal.recover(self.store, self.root) == []
        assert photograph(self.root) == seen
        return "before" if seen == self.before else "after"
