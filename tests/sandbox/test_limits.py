"""What a command may use up: each of these comes to its end without the sandbox, and is stopped in
it. All are bounded in number and time by themselves."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
from typing import Any

import pytest

from ..needs import not_applicable
from .users import USERS, harness, once, place

_WALLS = ("bubblewrap", "built-in", "bubblewrap-copy", "partial")
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

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "a fork bomb": (_BOMB, {"processes": 40}),
    "the memory of one": (_ONE, {"memory": 150 * _MB}),
    "the memory of many": (_MANY, {"memory": 150 * _MB}),
    "memory without a name": (_MEMFD, {"memory": 150 * _MB}),
    "shared memory": (_SHM, {"memory": 150 * _MB}),
    "shared maps": (_MAP, {"memory": 150 * _MB}),
    "the disk": (_DISK, {"disk": 40 * _MB}),
    "inodes": (_INODES, {"inodes": 1000}),
    "one huge file": (_FILE, {"file": 20 * _MB}),
    "processors": (_CPU, {"cpu": 1}),
    "time": (_TIME, {"seconds": 1}),
}


_FLOOD = ("import sys\nfor _ in range(300): sys.stdout.write('x' * (1 << 18))", {"output": 1 << 16})


def _line(program: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", f"{program}\nprint({_END!r})"]


@once
def _came(user: str, walls: str) -> dict[str, dict[str, Any]]:
    """All at the same time: each is held by its own limits, however much the others use."""
    table = {
        case: {
            "argv": _line(program),
            "limits": {"seconds": _SECONDS, **limits},
        }
        for case, (program, limits) in (CASES | {"a flood": _FLOOD}).items()
    }
    with place(user) as folder:
        came: dict[str, dict[str, Any]] = harness(user, folder, "trials", walls, told=table)
        for case in table:
            came[case]["left"] = os.listdir(folder / case / "workspace")
        return came


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


@functools.cache
def _without_limits() -> dict[str, str]:
    """What each says, all at the same time."""
    with place(USERS[-1]) as folder, contextlib.ExitStack() as running:
        started = {}
        for case, (program, _) in CASES.items():
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
    assert came["status"] == "clean", came
    assert len(came["output"]) <= 1 << 16


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
