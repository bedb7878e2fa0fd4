"""What a copy says was changed is what a comparison of everything says."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import shutil
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.runner.execute import Runner
from understudy.sandbox import copying
from understudy.sandbox.changes import changes
from understudy.sandbox.copying import Copy
from understudy.sandbox.keep import BLOBS, Keeper
from understudy.sandbox.plan import COPY
from understudy.sandbox.policy import Limits, Policy
from understudy.sandbox.run import run
from understudy.sandbox.trees import DEEPEST, TooDeep, remove
from understudy.sandbox.trial import Kind, Level, Status
from understudy.sandbox.watch import Clock

from ..needs import not_applicable
from .file_operations import NAMES, OPERATIONS, are_told, carry_out, everything, plant

_NAMES = st.sampled_from(NAMES)
_MEMORY = "/dev/shm"
_OPERATIONS = st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), _NAMES, _NAMES), max_size=12)


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on a file system in memory."""
    if not os.path.ismount(_MEMORY) or not os.access(_MEMORY, os.W_OK):
        not_applicable("there is no file system in memory here")
    place = Path(tempfile.mkdtemp(dir=_MEMORY))
    yield place
    shutil.rmtree(place, ignore_errors=True)


@given(_OPERATIONS)
@settings(max_examples=60, deadline=None)
def test_the_same_as_a_comparison_of_everything(operations: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        work, kept = Path(place, "work"), Path(place, "kept")
        plant(work)
        kept.mkdir()
        copy = Copy(str(work), f"{place}/copy", (), ())
        assert everything(Path(copy.place)) == everything(work)
        with contextlib.chdir(copy.place):
            carry_out(operations)
        before, after = everything(work), everything(Path(copy.place))
        folder = os.open(kept, os.O_RDONLY)
        with Keeper(folder, Limits()) as keeper:
            found, touched = copy.keep(keeper)
        os.close(folder)
        assert touched == []
        are_told(changes(str(work), found, kept / BLOBS), before, after)
        remove(copy.place)
        assert not os.path.exists(copy.place)


@pytest.mark.parametrize("levels", [DEEPEST, DEEPEST + 1])
def test_folders_are_copied_as_deep_as_they_are_walked(tmp_path: Path, levels: int) -> None:
    (tmp_path / "work" / "/".join("d" * levels)).mkdir(parents=True)
    expected = pytest.raises(TooDeep) if levels > DEEPEST else contextlib.nullcontext()
    with expected:
        Copy(str(tmp_path / "work"), str(tmp_path / "copy"), (), ())
    assert (tmp_path / "copy").exists() == (levels == DEEPEST)


def test_what_is_empty_in_a_file_takes_no_room_in_a_copy(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    with open(tmp_path / "work/file", "wb") as file:
        file.seek(50 << 20)
        file.write(b"data")
        file.truncate(90 << 20)
    Copy(str(tmp_path / "work"), str(tmp_path / "copy"), (), ())
    status = os.stat(tmp_path / "copy/file")
    assert (status.st_size, status.st_blocks * 512 < 1 << 20) == (90 << 20, True)
    with open(tmp_path / "copy/file", "rb") as file:
        file.seek((50 << 20) - 2)
        assert file.read(8) == b"\0\0data\0\0"


@pytest.mark.parametrize(("size", "is_copied"), [(2 << 20, True), (5 << 30, False)])
async def test_what_is_too_large_to_be_copied_is_named(
    tmp_path: Path, size: int, is_copied: bool
) -> None:
    """What the command may write is no matter of what there is."""
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    with open(root / "d/large\x1b", "wb") as file:
        file.truncate(size)
    policy = Policy(limits=Limits(file=1 << 20))
    runner = Runner()
    try:
        trial = await run(("true",), root, policy, runner, tmp_path / "trials", backend=COPY)
    finally:
        await runner.close()
    if is_copied:
        assert trial.is_clean, trial.why
    else:
        assert trial.status is Status.REFUSED
        assert trial.said.startswith("Refused: d/large\\x1b: it is too large to be copied")
    assert not list(tmp_path.glob("trials/*/*/copy"))


_MAPPED = """
import mmap, sys
for name in sys.argv[1:]:
    with open(name, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
        mapping[0:5] = mapping[0:5].upper()
"""


@pytest.mark.parametrize("level", [Level.ISOLATED, Level.PARTIAL])
@pytest.mark.parametrize("is_memory", [False, True])
async def test_what_is_written_through_a_mapping_is_told(
    tmp_path: Path, memory: Path, level: Level, is_memory: bool
) -> None:
    """In memory it leaves all times of a file as they were, when it was read before."""
    (root := tmp_path / "root").mkdir()
    for name in ("file", "twin", "untouched"):
        (root / name).write_text("content")
    argv = (sys.executable, "-I", "-S", "-c", _MAPPED, "file")
    trials = (memory if is_memory else tmp_path) / "trials"
    runner = Runner()
    try:
        trial = await run(argv, root, Policy(), runner, trials, level=level, backend=COPY)
    finally:
        await runner.close()
    assert trial.is_clean, (trial.why, trial.output)
    assert [(each.kind, each.path) for each in trial.changes] == [(Kind.MODIFIED, "file")]
    after = trial.changes[0].after
    assert after
    assert after.read() == b"CONTEnt"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes to it without another mode")
def test_what_is_guarded_is_not_written_through_a_mapping_in_memory(
    tmp_path: Path, memory: Path
) -> None:
    (tmp_path / "work/kept").mkdir(parents=True)
    for name in ("kept/file", "kept/other", "file"):
        (tmp_path / "work" / name).write_text("content")
    copy = Copy(str(tmp_path / "work"), str(memory / "copy"), (), ("kept",))
    with open(memory / "copy/kept/file", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
        mapping[0] += 1
    folder = os.open(tmp_path, os.O_RDONLY)
    with Keeper(folder, Limits()) as keeper:
        assert copy.keep(keeper) == ([], ["kept/file"])
    os.close(folder)


_FICLONE, _FIEMAP = 0x40049409, 0xC020660B
_SYNC, _SHARED = 1, 0x2000


def _is_shared(path: Path) -> bool:
    """Whether the first extent of a file belongs to another one, too."""
    asked = struct.pack("=QQIIII56x", 0, 1 << 62, _SYNC, 0, 1, 0)
    with open(path, "rb") as file:
        answer = fcntl.ioctl(file, _FIEMAP, asked)
    (flags,) = struct.unpack_from("=I", answer, 32 + 40)
    return bool(flags & _SHARED)


def test_a_copy_shares_what_it_holds_where_the_file_system_can(tmp_path: Path) -> None:
    (work := tmp_path / "work").mkdir()
    (work / "file").write_bytes(os.urandom(1 << 20))
    try:
        with open(work / "file", "rb") as file, open(tmp_path / "other", "wb") as other:
            fcntl.ioctl(other, _FICLONE, file.fileno())
    except OSError as error:
        not_applicable(f"this file system has no reflinks: {error.strerror}")
    os.unlink(tmp_path / "other")
    copy = Copy(str(work), str(tmp_path / "copy"), (), ())
    assert [_is_shared(each / "file") for each in (work, Path(copy.place))] == [True, True]
    before = (work / "file").read_bytes()
    (tmp_path / "copy/file").write_bytes(b"another")
    assert (work / "file").read_bytes() == before


def test_what_is_written_in_the_place_of_what_was_there_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a copy shares its blocks, it takes as much room as what is new."""
    (root := tmp_path / "root").mkdir()
    for name in ("one", "other"):
        (root / name).write_bytes(b"x" * (1 << 20))
    copy = Copy(str(root), str(tmp_path / "copy"), (), ())
    monkeypatch.setattr(copying, "_is_suspect", lambda *_: True)
    in_time = Clock(60)
    assert copy.written(in_time) == (0, 0)
    with open(tmp_path / "copy/one", "r+b") as file:
        file.write(b"y" * (1 << 20))
        os.fsync(file.fileno())
    (tmp_path / "copy/new").touch()
    copy._not_before = 0.0
    size, files = copy.written(in_time)
    assert (size >> 20, files) == (1, 1)
