"""Operations on files by name, and what a folder holds afterwards; also as a program, for inside of
the sandbox: it is told the operations as JSON, and prints what there is then."""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from understudy.sandbox.trial import Change

NAMES = ("a", "b", "d/a", "d/b", "d/e/a", "f/a", "d", "f", "d/e", "new", "d/new")
_FILES = ("a", "b", "d/a", "d/b", "d/e/a", "f/a")


def _swap(one: str, other: str) -> None:
    for old, new in ((one, "x"), (other, one), ("x", other)):
        os.rename(old, new)


def _sparse(one: str, other: str) -> None:
    with open(one, "r+b") as file:
        file.seek(100_000)
        file.write(other.encode())


def _mapped(one: str, _: str) -> None:
    with (
        open(one, "r+b") as file,
        contextlib.suppress(ValueError),  # of a file that is empty
        mmap.mmap(file.fileno(), 0) as mapping,
    ):
        mapping[0:1] = mapping[0:1].swapcase()


def _append(one: str, other: str) -> None:
    with open(one, "a", encoding="utf-8") as file:
        file.write(other)


def _replace(one: str, _: str) -> None:
    shutil.rmtree(one)
    os.mkdir(one)


OPERATIONS: dict[str, Callable[[str, str], object]] = {
    "write": lambda one, other: Path(one).write_text(other),
    "same": lambda one, _: Path(one).write_bytes(Path(one).read_bytes()),
    "append": _append,
    "mapped": _mapped,
    "sparse": _sparse,
    "delete": lambda one, _: os.unlink(one),
    "clear": lambda one, _: shutil.rmtree(one),
    "replace": _replace,
    "folder": lambda one, _: os.mkdir(one, 0o755),
    "rename": os.rename,
    "link": lambda one, other: os.symlink(other, one),
    "hard": os.link,
    "mode": lambda one, other: os.chmod(one, 0o700 + len(other)),
    "back": lambda one, _: os.utime(one, ns=(0, 0)),
    "through": shutil.copy2,
    "swap": _swap,
}


def plant(root: Path) -> None:
    for name in _FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def carry_out(operations: Iterable[tuple[str, str, str]]) -> None:
    """In the current folder. What cannot be done is left out."""
    for operation, one, other in operations:
        with contextlib.suppress(OSError, shutil.Error):
            OPERATIONS[operation](one, other)


def everything(root: Path) -> dict[str, list[object]]:
    """By path: the mode, and the digest of the content or the target of a link."""
    found: dict[str, list[object]] = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            content = os.readlink(path)
        else:
            content = _digest(path.read_bytes()) if stat.S_ISREG(mode) else ""
        found[str(path.relative_to(root))] = [mode, content]
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def are_told(
    changes: Iterable[Change], before: dict[str, list[object]], after: dict[str, list[object]]
) -> None:
    """All that is different is told as it is, and nothing else."""
    told = {each.path: each for each in changes}
    gone = {each.old for each in told.values() if each.old}
    different = {name for name in before.keys() | after if before.get(name) != after.get(name)}
    assert told.keys() | gone == different
    assert not gone & after.keys()
    for name, change in told.items():
        for state, there in (
            (change.before, before.get(change.old or name)),
            (change.after, after.get(name)),
        ):
            assert (state is None) == (there is None), change
            if state and there:
                content = _digest(state.read()) if state.entry == "file" else state.target
                assert [state.mode, content] == [stat.S_IMODE(int(str(there[0]))), there[1]]


if __name__ == "__main__":
    carry_out(json.loads(sys.argv[1]))
    print(json.dumps(everything(Path())))
