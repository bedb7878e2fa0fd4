"""What a command may use up: each of these comes to its end without the sandbox, and is stopped in
it. All are bounded in number and time by themselves."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from understudy.sandbox.trees import DEEPEST

from ..needs import not_applicable
from .users import USERS, harness, once, place

_IN_MEMORY = ("bubblewrap", "built-in")
_WALLS = (*_IN_MEMORY, "bubblewrap-copy", "partial")
_MB = 1 << 20
_END = "it came to its end"
_SECONDS = 20

_BOMB = """
import os, signal, time
signal.alarm(10)
first = os.getpid()
told, telling = os.pipe()
for _ in range(7):
    if not os.fork():
        signal.alarm(6)
if os.getpid() != first:
    os.write(telling, b"x")
    time.sleep(3)
    os._exit(0)
os.close(telling)
assert len([each for each in iter(lambda: os.read(told, 1), b"")]) == 127
"""
_ONE = "held = bytearray(300 << 20)\nheld[::4096] = b'x' * len(held[::4096])"
_MANY = """
import os, time
told, telling = os.pipe()
for _ in range(6):
    if not os.fork():
        held = bytearray(50 << 20)
        held[::4096] = b"x" * len(held[::4096])
        os.write(telling, b"x")
        time.sleep(2)
        os._exit(0)
count = sum(len(os.read(told, 1)) for _ in range(6))
time.sleep(1)
"""
_MEMFD = """
import os, time
held = os.memfd_create("x")
for _ in range(300):
    os.write(held, bytes(1 << 20))
time.sleep(1)
"""
_SHM = """
import os, time
with open("/dev/shm/understudy-suite", "wb") as file:
    os.unlink("/dev/shm/understudy-suite")
    for _ in range(300):
        file.write(bytes(1 << 20))
    file.flush()
    time.sleep(1)
"""
_MAP = """
import mmap, time
held = mmap.mmap(-1, 300 << 20)
for place in range(0, len(held), 4096):
    held[place] = 1
time.sleep(1)
"""
_SOCKETS = """
import socket, time
pairs = [socket.socketpair() for _ in range(450)]
for each in (each for pair in pairs for each in pair):
    each.setblocking(False)
    try:
        while True:
            each.send(bytes(1 << 15))
    except BlockingIOError:
        pass
time.sleep(4)
"""
_TABLES = """
import mmap, time
held = mmap.mmap(-1, 100 << 30, flags=mmap.MAP_PRIVATE | 0x4000, prot=mmap.PROT_READ)
held.madvise(15)  # no huge pages
for place in range(0, len(held), 2 << 20):
    held[place]
time.sleep(4)
"""
"""What is only read is nobody's memory; where it is, is."""
_DISK = """
for name in range(30):
    with open(f"f{name}", "wb") as file:
        file.write(b"x" * (4 << 20))
import time; time.sleep(2)
"""
_INODES = """
import os
for name in range(3000):
    os.close(os.open(f"f{name}", os.O_CREAT | os.O_WRONLY))
"""
_FILE = """
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open("f", "wb") as file:
    file.truncate(90 << 20)
"""
_CPU = """
import os, time
for _ in range(3):
    if not os.fork():
        while time.process_time() < 0.8:
            pass
        os._exit(0)
while time.process_time() < 0.8:
    pass
for _ in range(3):
    os.wait()
"""
_TIME = "import time; time.sleep(6)"
_MAPS = """
import mmap, os, time
held = [mmap.mmap(-1, 8192, flags=mmap.MAP_PRIVATE, prot=1 + number % 2 * 2) for number in range(20000)]
for _ in range(40):
    if not os.fork():
        time.sleep(12)
        os._exit(0)
time.sleep(12)
"""
"""Looked at, it takes seconds."""
_SMALL = """
import os, tempfile, time
with tempfile.TemporaryDirectory(dir=DIR) as folder:
    for name in range(5000):
        os.close(os.open(f"{folder}/{name}", os.O_CREAT | os.O_WRONLY))
    time.sleep(12)
"""

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "a fork bomb": (_BOMB, {"processes": 40}),
    "the memory of one": (_ONE, {"memory": 150 * _MB}),
    "the memory of many": (_MANY, {"memory": 150 * _MB}),
    "memory without a name": (_MEMFD, {"memory": 150 * _MB}),
    "shared memory": (_SHM, {"memory": 150 * _MB}),
    "shared maps": (_MAP, {"memory": 150 * _MB}),
    "sockets": (_SOCKETS, {"memory": 150 * _MB}),
    "page tables": (_TABLES, {"memory": 150 * _MB}),
    "the disk": (_DISK, {"disk": 40 * _MB}),
    "inodes": (_INODES, {"inodes": 1000}),
    "inodes in temporary files": (_SMALL.replace("DIR", "None"), {"inodes": 1000}),
    "inodes in memory": (_SMALL.replace("DIR", "'/dev/shm'"), {"inodes": 1000}),
    "one huge file": (_FILE, {"file": 20 * _MB}),
    "processors": (_CPU, {"cpu": 1}),
    "time": (_TIME, {"seconds": 1}),
    "time that looks take": (_MAPS, {"seconds": 4, "memory": 150 * _MB}),
}


_DEEP = """
import os
for _ in range(LEVELS):
    os.mkdir("NAME")
    os.chdir("NAME")
"""
DEEP: dict[str, tuple[str, dict[str, Any]]] = {
    f"{levels} folders, names of {length}": (
        _DEEP.replace("LEVELS", str(levels)).replace("NAME", "d" * length),
        {"processes": 100},
    )
    for levels in (DEEPEST, DEEPEST + 1, 1500, 20_000)
    for length in (1, 255)
}
_DEEPER = [case for case in DEEP if case.startswith("20000")]
_HOLES = """
for name in range(20):
    with open(f"f{name}", "wb") as file:
        file.truncate(30 << 20)
"""
_LINKS = """
import os
with open("f", "wb") as file:
    file.write(os.urandom(1 << 20) * 20)
for name in range(30):
    os.link("f", f"f{name}")
"""
_TINY = """
for name in range(4):
    with open(f"f{name}", "wb") as file:
        file.truncate(15 << 20)
"""
KEPT: dict[str, tuple[str, dict[str, Any]]] = {
    "holes": (_HOLES, {"disk": 40 * _MB}),
    "holes within the limit": (_TINY, {"disk": 60 * _MB}),
    "links": (_LINKS, {"disk": 40 * _MB}),
}
_FLOODED = 40 << 18
_FLOOD = "import sys\nfor _ in range(40): sys.stdout.write('x' * (1 << 18))"
_PRINTED: dict[str, tuple[str, dict[str, Any]]] = {
    "a flood": (_FLOOD, {"output": 1 << 16}),
    "much": (f"{_FLOOD.replace('40', '16')}\nsys.stdout.write('the end')", {}),
}


def _line(program: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", f"{program}\nprint({_END!r})"]


@once
def _came(user: str, walls: str) -> dict[str, dict[str, Any]]:
    """All at the same time: each is held by its own limits, however much the others use."""
    return _told(user, walls, CASES | _PRINTED)


@once
def _afterwards(user: str, walls: str) -> dict[str, dict[str, Any]]:
    return _told(user, walls, KEPT | {case: DEEP[case] for case in _deep(walls)})


def _deep(walls: str) -> list[str]:
    """Of a copy, the disk takes its time to remove more."""
    return [case for case in DEEP if walls in _IN_MEMORY or case not in _DEEPER]


def _told(
    user: str, walls: str, cases: dict[str, tuple[str, dict[str, Any]]]
) -> dict[str, dict[str, Any]]:
    table = {
        case: {"argv": _line(program), "limits": {"seconds": _SECONDS, **limits}}
        for case, (program, limits) in cases.items()
    }
    with place(user) as folder:
        came: dict[str, dict[str, Any]] = harness(user, folder, "trials", walls, told=table)
        for case in table:
            came[case]["left"] = os.listdir(folder / case / "workspace")
            came[case]["copies"] = [str(each) for each in folder.glob(f"{case}/trials/*/*/copy")]
            came[case]["kept"] = _size(folder / case / "trials")
        return came


def _size(folder: Path) -> int:
    """Bytes on the disk."""
    paths = [Path(above, name) for above, _, names in os.walk(folder) for name in names]
    return sum(each.lstat().st_blocks * 512 for each in paths)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("walls", _WALLS)
@pytest.mark.parametrize("user", USERS)
def test_it_is_stopped(user: str, walls: str, case: str) -> None:
    came = _came(user, walls)[case]
    if came["status"] == "refused":
        not_applicable(f"as {user}, {walls}: {came['why']}")
    if came["status"] not in ("over a limit", "timed out"):
        assert _END not in came["output"], came
        assert came["status"] == "failed", came
    assert came["seconds"] < _SECONDS
    assert came["left"] == []


@pytest.mark.parametrize("case", KEPT)
@pytest.mark.parametrize("walls", _WALLS)
@pytest.mark.parametrize("user", USERS)
def test_no_more_is_kept_than_may_be_written(user: str, walls: str, case: str) -> None:
    came = _afterwards(user, walls)[case]
    if came["status"] == "refused":
        not_applicable(f"as {user}, {walls}: {came['why']}")
    many = {"holes": 0, "holes within the limit": 4, "links": 31}[case]
    assert came["status"] == ("clean" if many else "over a limit"), came
    assert len(came["changes"]) == many
    assert came["kept"] < (KEPT[case][1]["disk"] if case == "links" else _MB)
    assert came["copies"] == []


@pytest.mark.parametrize(
    ("walls", "case"), [(walls, case) for walls in _WALLS for case in _deep(walls)]
)
@pytest.mark.parametrize("user", USERS)
def test_folders_without_end_are_told_and_removed(user: str, walls: str, case: str) -> None:
    _is_told(user, walls, case, _afterwards(user, walls)[case])


@pytest.mark.soak
@pytest.mark.parametrize("case", _DEEPER)
@pytest.mark.parametrize("walls", ["bubblewrap-copy", "partial"])
@pytest.mark.parametrize("user", USERS)
def test_as_are_those_of_a_copy(user: str, walls: str, case: str) -> None:
    _is_told(user, walls, case, _told(user, walls, {case: DEEP[case]})[case])


def _is_told(user: str, walls: str, case: str, came: dict[str, Any]) -> None:
    if came["status"] == "refused" and "root" in came["why"]:
        not_applicable(f"as {user}, {walls}: {came['why']}")
    if case == f"{DEEPEST} folders, names of 1":
        assert (came["status"], len(came["changes"])) == ("clean", DEEPEST), came
    else:
        assert came["status"] == "did what it may not", came
        assert "cannot be told" in came["why"]
    assert came["output"] in ("", f"{_END}\n")  # a copy may be looked into before its end
    assert (came["copies"], came["left"]) == ([], [])


@functools.cache
def _without_limits() -> dict[str, str]:
    """What each says, all at the same time."""
    with place(USERS[-1]) as folder, contextlib.ExitStack() as running:
        started = {}
        for case, (program, _) in (CASES | _PRINTED).items():
            (folder / case).mkdir()
            started[case] = running.enter_context(
                subprocess.Popen(_line(program), cwd=folder / case, stdout=-1, stderr=-2, text=True)
            )
        return {case: process.communicate()[0] for case, process in started.items()}


@pytest.mark.parametrize("case", CASES)
def test_without_a_limit_it_comes_to_its_end(case: str) -> None:
    assert _END in _without_limits()[case], _without_limits()[case]


@pytest.mark.parametrize("walls", _WALLS)
@pytest.mark.parametrize("user", USERS)
def test_a_flood_of_output_is_cut(user: str, walls: str) -> None:
    came = _came(user, walls)["a flood"]
    assert (came["status"], came["output"]) == ("clean", "x" * (1 << 16))
    assert "it printed more than 64 KiB: what came then was left out" in came["notes"]


@pytest.mark.parametrize("walls", _WALLS)
@pytest.mark.parametrize("user", USERS)
def test_what_it_prints_within_its_limit_is_told_whole(user: str, walls: str) -> None:
    came = _came(user, walls)["much"]
    assert (came["status"], came["notes"]) == ("clean", [])
    assert came["output"] == f"{'x' * (4 << 20)}the end{_END}\n"


def test_without_a_limit_a_flood_goes_on() -> None:
    assert len(_without_limits()["a flood"]) > _FLOODED


_ENDLESS = """
import os, time
end = time.monotonic() + 15
while time.monotonic() < end:
    try:
        os.fork()
    except OSError:
        pass
"""


@pytest.mark.parametrize("walls", ["built-in", "partial"])
@pytest.mark.parametrize("user", USERS)
def test_what_forks_without_end_is_ended_all_the_same(user: str, walls: str) -> None:
    table = {"it": {"argv": _line(_ENDLESS), "limits": {"processes": 100, "seconds": 1}}}
    with place(user) as folder:
        came = harness(user, folder, "trials", walls, told=table)["it"]
    if came["status"] == "refused":
        not_applicable(f"as {user}, {walls}: {came['why']}")
    assert came["status"] in ("over a limit", "timed out"), came
    assert came["seconds"] < 10
