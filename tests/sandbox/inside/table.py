"""What the attempts share: what each is told, and the table that they enter themselves into.

Everything in this package runs inside, from a copy in the workspace, so it imports nothing of ours.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from enum import StrEnum, auto
from typing import Any, NamedTuple

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
UNKNOWN = "its number is not known for this machine"
MACHINES = ("x86_64", "aarch64")
NUMBERS: dict[str, tuple[int, int | None]] = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fanotify_init": (300, 262),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "kcmp": (312, 272),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "modify_ldt": (154, None),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "openat2": (437, 437),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "request_key": (249, 218),
    "shmat": (30, 196),
    "shmget": (29, 194),
    "socket": (41, 198),
    "tgkill": (234, 131),
    "userfaultfd": (323, 282),
}
"""Of each system call on each of the machines; None where it has none."""


class Told(NamedTuple):
    """Each attempt has everything of its own.

    ``folder``: outside of the workspace, the user's own, with the files ``victim`` and ``secret``
    and the folder ``empty``. ``inner``: in the workspace, with ``.env``, ``.git``, ``kept``,
    ``deep/.ssh/id_rsa``; ``old`` is a link to the victim and ``hard`` a hard link to it.
    ``process``: a pid outside, that has the secret in its environment, at ``address`` in its memory
    and open as its descriptor ``open``; 0 for those that need none. ``tcp``, ``tcp6``, ``udp``: ports
    on loopback; ``abstract``, ``pathname``, ``datagram``: sockets. ``usual``: a socket with a name
    that everybody knows. ``name``: what a process that is left behind has among its arguments;
    ``mark``: what its process is called, in 15 characters at most. The key ``name``
    of the session has the secret, where there are keys.
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
    mark: str = ""

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


class Evidence(StrEnum):
    """What shows outside that an attempt came to what it was after, as long as its process is
    there, which stops itself for that. What is said of descriptors holds for those that the process
    opened itself."""

    ANSWER = auto()
    """Nothing does: the attempt itself tells, by what it returns."""
    ATTRIBUTE = auto()
    """A descriptor of a file with an extended attribute."""
    DEVICE = auto()
    """A descriptor of a device."""
    DISCIPLINE = auto()
    """A descriptor of a terminal of which the discipline is another than the usual."""
    EVENTS = auto()
    """A socket that is told of the events of the machine's own network namespace."""
    FACT = auto()
    """What it prints behind its name is so on the machine."""
    HOST_NAME = auto()
    """Its ``mark`` is the name of the machine there."""
    IDENTITY = auto()
    """It, or a program that it started, has the rights of another user."""
    KEY = auto()
    """The kernel has a key of its ``mark``."""
    MOUNT = auto()
    """There is a mount at its ``inner``."""
    NAMESPACE = auto()
    """It, or a process of its name, is in another namespace than the others, or would start one
    there."""
    NEW_RIGHTS = auto()
    """A program that it starts would gain the rights that it is marked with."""
    OBJECT = auto()
    """A descriptor of something in the kernel that has no path."""
    PERSONALITY = auto()
    """It runs by other rules of the kernel than the others."""
    PLACE = auto()
    """It has another root, or is in another folder, than the others."""
    READING = auto()
    """A descriptor of a file from which something was read."""
    RIGHT = auto()
    """It has a capability."""
    SEGMENT = auto()
    """A segment of System V is in its memory."""
    SOCKET = auto()
    """A socket."""
    TYPED = auto()
    """A descriptor of a terminal at which something was typed."""
    WRITING = auto()
    """A descriptor of a file, open for writing."""


class Attempt(NamedTuple):
    """``run``: what it returns is kept until it was looked at. ``evidence``: how that it came about
    is seen; None where a mark shows it: a file, a listener, a process, or what was printed.
    ``process``: it needs one outside. ``level_b``: level B promises to hold it. ``optional``: a
    machine may be without what it tries."""

    run: Callable[[Told], Any]
    evidence: Evidence | None
    process: bool
    control: Control
    level_b: bool
    optional: bool

    @property
    def is_held(self) -> bool:
        """Whether its process is looked at."""
        return self.evidence not in (None, Evidence.ANSWER, Evidence.FACT)


ATTEMPTS: dict[str, Attempt] = {}


def attempt(
    evidence: Evidence | None = None,
    *,
    process: bool = False,
    control: Control = Control.ANYBODY,
    level_b: bool = True,
    optional: bool = False,
) -> Callable[[Callable[[Told], Any]], Callable[[Told], Any]]:
    def enter(run: Callable[[Told], Any]) -> Callable[[Told], Any]:
        assert run.__name__ not in ATTEMPTS
        ATTEMPTS[run.__name__] = Attempt(run, evidence, process, control, level_b, optional)
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


def number(name: str) -> int:
    """Of a system call. Raises OSError where it is not known."""
    machine = os.uname().machine
    known = dict(zip(MACHINES, NUMBERS[name], strict=True)).get(machine)
    if known is None:
        raise OSError(errno.ENOSYS, UNKNOWN, name)
    return known


def call(of: str | int, *arguments: Any) -> int:
    """A system call by its name, or its number. Integers are taken as long."""
    words = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    which = of if isinstance(of, int) else number(of)
    return check(libc.syscall(ctypes.c_long(which), *words))
