"""Functions for workers, from the dutiful to the deadly.

Workers call functions of the package alone. A lane preloads this module, which then takes a place
inside the package.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FOLDER = str(Path(__file__).parent)
"""Has to be on PYTHONPATH."""

sys.modules["understudy.fakes"] = sys.modules[__name__]

Items = Sequence[Any]


def echo(context: tuple[Any, ...], items: Items) -> list[Any]:
    return list(items)


def who(context: tuple[Any, ...], items: Items) -> list[tuple[int, int]]:
    """Which process it was, and how many items it was given together."""
    return [(os.getpid(), len(items))] * len(items)


def note(context: tuple[str], items: Items) -> list[None]:
    """Appends the items to a file: the order in which they were worked off."""
    with Path(context[0]).open("a", encoding="utf-8") as log:
        log.writelines(f"{item}\n" for item in items)
    return [None] * len(items)


def announce(folder: str, pid: int) -> None:
    """Tells the test which process is at work."""
    (Path(folder) / f"{pid}.pid").touch()


def hold(context: tuple[str], items: Items) -> list[int]:
    """Goes on when somebody writes to the FIFO ``gate``."""
    announce(context[0], os.getpid())
    with (Path(context[0]) / "gate").open("rb") as gate:
        gate.read()
    return [os.getpid()] * len(items)


def hang(context: tuple[str], items: Items) -> list[Any]:
    announce(context[0], os.getpid())
    signal.pause()
    return []


def spin(context: tuple[str], items: Items) -> list[Any]:
    """Hangs in a way that looks at no signal."""
    for number in range(1, signal.NSIG):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    announce(context[0], os.getpid())
    while True:
        pass


def deaf(context: tuple[str], items: Items) -> list[Any]:
    """Closes everything it has, and hangs."""
    announce(context[0], os.getpid())
    os.closerange(3, 256)
    signal.pause()
    return []


def family(context: tuple[str], items: Items) -> list[Any]:
    """Hangs; so do its child, a grandchild, and a daemon that went its own way."""
    child = subprocess.Popen(["sh", "-c", "sleep 1000 & echo $!; wait"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    for pid in (os.getpid(), child.pid, int(child.stdout.readline()), daemon()):
        announce(context[0], pid)
    signal.pause()
    return []


def litter(context: tuple[str], items: Items) -> list[Any]:
    """Answers, and leaves a daemon behind."""
    announce(context[0], daemon())
    return list(items)


def daemon() -> int:
    """The pid of a process that has forked twice and left session and group."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(write, str(os.getpid()).encode())
            os.execvp("sleep", ["sleep", "1000"])
        os._exit(0)
    os.wait()
    os.close(write)
    with os.fdopen(read) as told:
        return int(told.read(16))


def fail(context: tuple[Any, ...], items: Items) -> list[Any]:
    raise RuntimeError("broken on purpose")


def leave(context: tuple[Any, ...], items: Items) -> list[Any]:
    os._exit(3)


def die(context: tuple[Any, ...], items: Items) -> list[Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def overflow(context: tuple[Any, ...], items: Items) -> list[Any]:
    return overflow(context, items)


def miscount(context: tuple[Any, ...], items: Items) -> list[Any]:
    return [*items, "one too many"]


def not_a_list(context: tuple[Any, ...], items: Items) -> object:
    return 7


def unspeakable(context: tuple[Any, ...], items: Items) -> list[Any]:
    """What cannot be sent."""
    return [lambda: None for _ in items]


def babble(context: tuple[bytes], items: Items) -> list[Any]:
    """Writes into the connection to the server what is no answer."""
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
            connection.sendall(context[0])
    return list(items)


def flood(context: tuple[Any, ...], items: Items) -> list[Any]:
    """Prints, in every way there is."""
    print("x" * 200_000)
    os.write(1, b"y" * 200_000)
    subprocess.run(["sh", "-c", "head -c 200000 /dev/zero"], check=True)
    return list(items)


def poison(context: tuple[Any, ...], items: Items) -> list[Any]:
    """Good items are answered; of the bad ones, each does what it says."""
    for item in items:
        if item in ("fail", "leave", "die", "miscount", "unspeakable"):
            answer: list[Any] = globals()[item](context, items)
            return answer
        if item == "hang":
            signal.pause()
    return list(items)


def burn(context: tuple[float], items: Items) -> list[Any]:
    """Uses so many CPU seconds itself, and as many in a child."""
    code = f"import time\nwhile time.process_time() < {context[0]}: pass"
    subprocess.run([sys.executable, "-c", code], check=True)
    end = time.process_time() + context[0]
    while time.process_time() < end:
        pass
    return list(items)
