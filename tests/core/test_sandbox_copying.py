"""What a copy says was changed is what a comparison of everything says."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.sandbox.changes import changes
from understudy.sandbox.copying import Copy, remove
from understudy.sandbox.keep import BLOBS
from understudy.sandbox.trial import Kind

_NAMES = st.sampled_from(["a", "b", "d/a", "d/b", "d/e/a", "f/a", "d", "f", "d/e", "new", "d/new"])


def _delete(one: str, _: str) -> None:
    os.unlink(one)


def _swap(one: str, other: str) -> None:
    for old, new in ((one, "x"), (other, one), ("x", other)):
        os.rename(old, new)


_OPERATIONS: dict[str, Callable[[str, str], object]] = {
    "write": lambda one, other: Path(one).write_text(other),
    "same": lambda one, _: Path(one).write_bytes(Path(one).read_bytes()),
    "delete": _delete,
    "clear": lambda one, _: shutil.rmtree(one, ignore_errors=False),
    "folder": lambda one, _: os.mkdir(one, 0o755),
    "rename": os.rename,
    "link": lambda one, other: os.symlink(other, one),
    "hard": os.link,
    "mode": lambda one, other: os.chmod(one, 0o700 + len(other)),
    "back": lambda one, _: os.utime(one, ns=(0, 0)),
    "through": shutil.copy2,
    "swap": _swap,
}


def _everything(root: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for path in sorted(root.rglob("*")):
        name, mode = str(path.relative_to(root)), path.lstat().st_mode
        if path.is_symlink():
            found[name] = os.readlink(path)
        else:
            found[name] = (mode, None if path.is_dir() else path.read_bytes())
    return found


@given(st.lists(st.tuples(st.sampled_from(sorted(_OPERATIONS)), _NAMES, _NAMES), max_size=12))
@settings(max_examples=60, deadline=None)
def test_the_same_as_a_comparison_of_everything(operations: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        work, kept = Path(place, "work"), Path(place, "kept")
        for name in ("a", "b", "d/a", "d/b", "d/e/a", "f/a"):
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(name)
        kept.mkdir()
        copy = Copy(str(work), f"{place}/copy", (), ())
        assert _everything(Path(copy.place)) == _everything(work)
        with contextlib.chdir(copy.place):
            for operation, one, other in operations:
                with contextlib.suppress(OSError, shutil.Error):
                    _OPERATIONS[operation](one, other)
        before, after = _everything(work), _everything(Path(copy.place))
        expected = {name for name in before.keys() | after if before.get(name) != after.get(name)}
        folder = os.open(kept, os.O_RDONLY)
        found, touched = copy.keep(folder)
        os.close(folder)
        told = changes(str(work), found, kept / BLOBS)
        named = {each.path for each in told} | {each.old for each in told if each.old}
        assert (named, touched) == (expected, [])
        for change in told:
            if change.after and isinstance(value := after[change.path], tuple) and value[1]:
                assert change.after.read() == value[1]
            if change.kind is Kind.DELETED:
                assert change.path not in after
        remove(copy.place)
        assert not os.path.exists(copy.place)
