"""A disk that fills up, becomes read-only or fails in the midst of applying and undoing: real ones,
mounted where nobody else sees them."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import platform
import re
import struct
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from understudy.journal import apply as journal
from understudy.journal.change import Change, State
from understudy.journal.check import Checked
from understudy.journal.handing import hand_over
from understudy.sandbox import kernel

from ..needs import not_applicable
from .trees import FIRST, THEN, Act, Scene, at_writing, photograph

_SIZE = "size=768k,nr_inodes=160,mode=700"
LONG = os.urandom(20_000)
BEFORE = [*FIRST, Act("write", "long", content=LONG, mode=0o600)]
AFTER = [*THEN, Act("write", "long", content=LONG[::-1], mode=0o600)]
USERS = ["root", "user"]
PLACES = ["journal", "workspace", "both"]


def as_child(doing: Callable[[], Any]) -> Any:
    """What it returns, as JSON, in a process of its own."""
    reader, writer = os.pipe()
    if not (child := os.fork()):
        try:
            answer = {"value": doing()}
        except BaseException:
            answer = {"failed": traceback.format_exc()}
        with contextlib.suppress(BaseException), os.fdopen(writer, "w") as pipe:
            json.dump(answer, pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    answer = json.loads(told)
    assert "value" in answer, answer["failed"]
    return answer["value"]


def alone(user: str) -> None:
    """Mounts that nobody else sees; ``user``: of who needs no rights for it."""
    if user == "root":
        kernel.unshare(kernel.CLONE_NEWNS)
    else:
        uid, gid = os.geteuid(), os.getegid()
        kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)


@pytest.fixture(params=USERS)
def user(request: pytest.FixtureRequest) -> str:
    who: str = request.param
    if who == "root" and os.geteuid() != 0:
        not_applicable("the tests are not run by root")

    def tried() -> str:
        try:
            alone(who)
        except OSError as error:
            return str(error)
        return ""

    if why := as_child(tried):
        not_applicable(f"no file system of its own can be mounted: {why}")
    return who


class Disk:
    """A small one, and what can happen to it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()
        kernel.mount("disk", str(place), "tmpfs", options=_SIZE)

    def bytes(self) -> None:
        """No byte is left, but names are."""
        with open(self.place / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass

    def names(self) -> None:
        """No file can be made any more."""
        with contextlib.suppress(OSError):
            for number in range(1000):
                (self.place / f"filler{number}").touch()

    def read_only(self) -> None:
        kernel.mount("", str(self.place), flags=kernel.MS_REMOUNT | kernel.MS_RDONLY)

    def mend(self) -> None:
        kernel.mount("", str(self.place), flags=kernel.MS_REMOUNT)
        for filler in self.place.glob("filler*"):
            filler.unlink()

    def close(self) -> None:
        kernel.umount(str(self.place))


def scene(folder: Path, disk: Path, place: str) -> Scene:
    root = None if place == "journal" else disk / "root"
    store = None if place == "workspace" else disk / "store"
    return Scene(folder, BEFORE, AFTER, root=root, store=store)


class Moment(NamedTuple):
    """What was ``said`` when something ``happened`` to the disk, as what the workspace ``stood``
    then, and as what after the next start."""

    happened: bool
    said: str
    stood: str
    then: str


def moment(stage: Scene, what: str, count: int, happens: Callable[[], object]) -> Moment:
    """``then`` is left open. What cannot happen, since a file is being written, does not."""
    happened, said = False, ""

    def happening() -> None:
        nonlocal happened
        with contextlib.suppress(OSError):
            happens()
            happened = True

    try:
        with at_writing(count, happening):
            getattr(stage, what)()
    except OSError as error:
        said = str(error)
    seen = photograph(stage.root)
    stood = "before" if seen == stage.before else "after" if seen == stage.after else "half"
    return Moment(happened, said, stood, "")


LAST = 200
"""More calls that write there are not."""


def moments(
    folder: Path, user: str, what: str, place: str, how: str, step: int
) -> Iterator[Moment]:
    alone(user)
    for count in range(1, LAST, step):
        here = folder / str(count)
        here.mkdir()
        disk = Disk(here / "disk")
        root = None if place == "journal" else disk.place / "root"
        store = None if place == "workspace" else disk.place / "store"
        stage = Scene(here, BEFORE, AFTER, root=root, store=store)
        if what == "undo":
            stage.apply()
        found = moment(stage, what, count, getattr(disk, how))
        disk.mend()
        yield found._replace(then=stage.judge())
        assert not list(stage.store.glob("*.open"))
        assert not any(each.left for each in journal.entries(stage.store))
        disk.close()


STEPS = [7, pytest.param(1, marks=pytest.mark.soak)]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("how", ["bytes", "names"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", ["apply", "undo"])
def test_a_full_disk_leaves_the_one_state_or_the_other(
    tmp_path: Path, user: str, what: str, place: str, how: str, step: int
) -> None:
    """To take back what had been written takes no room: it is so at once."""
    found = as_child(lambda: list(moments(tmp_path, user, what, place, how, step)))
    first, last = ("before", "after") if what == "apply" else ("after", "before")
    stood = set()
    for each in itertools.starmap(Moment, found):
        assert each.stood == each.then, each
        assert each.stood == (first if each.said else last), each
        if each.said:
            assert re.search(ROOM, each.said), each
            stood.add(each.stood)
    assert stood == {first}, "it never mattered"
    assert not found[-1][0], "there are more calls"


ROOM = r"No space left on device \(make room there, .*; (nothing was|what had been) written"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("what", ["apply", "undo"])
def test_a_disk_that_becomes_read_only_is_told_and_mended_at_the_next_start(
    tmp_path: Path, user: str, what: str, step: int
) -> None:
    found = as_child(lambda: list(moments(tmp_path, user, what, "workspace", "read_only", step)))
    first, last = ("before", "after") if what == "apply" else ("after", "before")
    happened = [each for each in itertools.starmap(Moment, found) if each.happened]
    told = {each for each in happened if each.said}
    assert told, "it never mattered"
    for each in happened:
        if each.said:
            assert re.search(
                r"Read-only .*\(have it mounted for writing, .*either: that", each.said
            )
        else:
            assert (each.stood, each.then) == (last, last), each
    assert {each.then for each in told} == {first}


def test_what_cannot_be_recorded_is_handed_to_no_editor(tmp_path: Path, user: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    checked = Checked((Change.between("new", None, State.of(LONG, 0o644)),), ())

    def asked() -> str:
        alone(user)
        disk = Disk(tmp_path / "disk")
        store = disk.place / "store"
        assert journal.entries(store) == []
        disk.bytes()
        try:
            hand_over(checked, root, store, by="a", what="b")
        except OSError as error:
            return f"{error} {len(journal.entries(store))}"
        return "it was handed over"

    assert re.search(rf"{ROOM}.* 0$", as_child(asked))


_SYNCING = {"x86_64": (74, 306), "aarch64": (82, 267)}
"""The numbers of fsync and syncfs."""
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000 | errno.EIO


def failing() -> None:
    """From now on the kernel answers this process that nothing came to be on disk."""
    calls = _SYNCING[platform.machine()]
    steps = [(_LOAD, 0, 0, 0)]
    steps += [(_EQUAL, len(calls) - at, 0, number) for at, number in enumerate(calls)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _FAIL)]
    kernel.filter_calls(b"".join(struct.pack("HBBI", *each) for each in steps))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("what", ["apply", "undo"])
def test_a_disk_that_fails_leaves_the_one_state_or_the_other(
    tmp_path: Path, what: str, step: int
) -> None:
    if platform.machine() not in _SYNCING:
        not_applicable("the numbers of system calls are not known here")
    seen = set()
    for count in range(1, LAST, step):
        stage = Scene(tmp_path / str(count), BEFORE, AFTER)
        if what == "undo":
            stage.apply()
        found = Moment(*as_child(lambda: moment(stage, what, count, failing)))  # noqa: B023
        then = stage.judge()
        assert found.stood in (then, "half"), found
        if found.said:
            assert "Input/output error (look at the disk); " in found.said
            assert (
                found.stood != "half" or "either: that comes first at the next start" in found.said
            )
        seen.add((found.stood, bool(found.said)))
    first, last = ("before", "after") if what == "apply" else ("after", "before")
    assert {(first, True), (last, False)} <= seen
