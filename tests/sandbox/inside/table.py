"""What the attempts share: what each is told, and the table that they enter themselves into.

Everything in this package runs inside, from a copy in the workspace, so it imports nothing of ours.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

libc = ctypes.CDLL(None, use_errno=True)


class Told(NamedTuple):
    """Each attempt has everything of its own.

    ``folder``: outside of the workspace, the user's own, with the files ``victim`` and ``secret``
    and the folder ``empty``. ``inner``: in the workspace, with ``.env``, ``.git``, ``kept``,
    ``deep/.ssh/id_rsa``; ``old`` is a link to the victim and ``hard`` a hard link to it.
    ``process``: a pid outside, that has the secret in its environment, at ``address`` in its memory
    and open as its descriptor ``open``; 0 for those that need none. ``tcp``, ``tcp6``, ``udp``: ports
    on loopback; ``abstract``, ``pathname``, ``datagram``: sockets. ``usual``: a socket with a name
    that everybody knows. ``name``: what a process that is left behind has among its arguments.
    """

    folder: str
    inner: str
    process: int = 0
    address: int = 0
    open: int = 0
    tcp: int = 0
    tcp6: int = 0
    udp: int = 0
    abstract: str = ""
    pathname: str = ""
    datagram: str = ""
    usual: str = ""
    name: str = ""

    @property
    def victim(self) -> str:
        return f"{self.folder}/victim"

    @property
    def secret(self) -> str:
        return f"{self.folder}/secret"


class Control(StrEnum):
    """Where the same attempt succeeds without the sandbox, if the kernel has what it tries."""

    ANYBODY = "anybody"
    ROOT = "root"
    USER = "any user but root"
    NAMESPACE = "whoever has a throw-away namespace"


class Attempt(NamedTuple):
    """``run``: what it returns as true it holds to have come about; where there is a mark to look
    at, it returns nothing and is not asked. ``process``: it needs one outside. ``level_b``: level B
    promises to hold it. ``optional``: a kernel may be without what it tries."""

    run: Callable[[Told], Any]
    process: bool
    control: Control
    level_b: bool
    optional: bool


ATTEMPTS: dict[str, Attempt] = {}


def attempt(
    *,
    process: bool = False,
    control: Control = Control.ANYBODY,
    level_b: bool = True,
    optional: bool = False,
) -> Callable[[Callable[[Told], Any]], Callable[[Told], Any]]:
    def enter(run: Callable[[Told], Any]) -> Callable[[Told], Any]:
        assert run.__name__ not in ATTEMPTS
        ATTEMPTS[run.__name__] = Attempt(run, process, control, level_b, optional)
        return run

    return enter


def show(path: str) -> None:
    """Print what a file has."""
    with open(path, "rb") as file:
        print(file.read(1 << 16))


def overwrite(path: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write("written by a command in the sandbox")


def check(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def call(number: int, *arguments: Any) -> int:
    """A system call by its number on x86-64. Integers are taken as long."""
    words = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    return check(int(libc.syscall(ctypes.c_long(number), *words)))
