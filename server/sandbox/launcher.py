"""Our own launcher, where bubblewrap is not installed: the same walls, from the same calls.

``start`` forks the first process of a new pid namespace. It builds the root that the command sees,
gives up every right, and waits for the command as its child; when it ends, the kernel ends what is
left in the namespace.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from ..disk import why
from . import kernel
from .machine import USER
from .plan import BROKEN, WHY_BYTES, Plan, Start
from .root import Step, parts
from .view import View, seen_at

_DESCRIPTORS = (("/proc/self/fd", "fd"), ("fd/0", "stdin"), ("fd/1", "stdout"), ("fd/2", "stderr"))
_PLAIN = kernel.MS_NOSUID | kernel.MS_NODEV
_NAME_ME = b"?"
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


def start(plan: Plan, view: View, command: Start) -> int:
    """The pid of the first process. It ends with the command's exit code, or with 128 and the
    number of the signal that ended it. Raises OSError when the walls could not be built."""
    kernel.unshare(kernel.CLONE_NEWPID)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if pid := os.fork():
        theirs.close()
        with ours:
            if (told := ours.recv(WHY_BYTES)) == _NAME_ME:
                _name(pid)
                ours.send(b"!")
                told = ours.recv(WHY_BYTES)  # its end: the command has begun
        if told:
            raise OSError(0, told.decode(errors="replace"))
        return pid
    code = BROKEN
    try:
        ours.close()
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        others = kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
        kernel.unshare(others | kernel.CLONE_NEWNS | kernel.CLONE_NEWCGROUP)
        loopback()
        socket.sethostname("sandbox")
        root = f"{view.scratch}/root"
        _build(plan, view, root)
        _enter(root)
        os.setsid()
        command.limit()
        kernel.unshare(kernel.CLONE_NEWUSER)
        # With its old rights went the order to end with the process above.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        theirs.send(_NAME_ME)
        if not theirs.recv(1):
            raise OSError(errno.ESRCH, "the process above is gone")
        kernel.give_up_rights()
        kernel.filter_calls(plan.seccomp)
        child = _spawn(command, theirs)
        theirs.close()
        code = _wait_for(child)
    except OSError as error:
        theirs.send(os.fsencode(why(error))[:WHY_BYTES])
    finally:
        os._exit(code)


def _build(plan: Plan, view: View, root: str) -> None:
    os.mkdir(root)
    kernel.mount("tmpfs", root, "tmpfs", _PLAIN, "mode=755,size=1m,nr_inodes=4096")
    for part in parts(plan, view):
        _MAKERS[part.step](part.source, f"{root}{part.place}")


def _bind(source: str, place: str) -> None:
    """A folder that can be written to."""
    os.makedirs(place, exist_ok=True)
    kernel.mount(source, place, flags=kernel.MS_BIND | kernel.MS_REC)


def _link(target: str, place: str) -> None:
    os.makedirs(os.path.dirname(place), exist_ok=True)
    os.symlink(target, place)


def _proc(_: str, place: str) -> None:
    os.mkdir(place)
    # Where the machine's own is read-only, no other may be had.
    kernel.mount("proc", place, "proc", _PLAIN | kernel.MS_NOEXEC | kernel.MS_RDONLY)


def _dev(_: str, place: str) -> None:
    os.mkdir(place)
    kernel.mount("tmpfs", place, "tmpfs", kernel.MS_NOSUID, "mode=755,size=1m,nr_inodes=64")
    for target, name in _DESCRIPTORS:
        os.symlink(target, f"{place}/{name}")
    os.mkdir(f"{place}/pts")
    options = "newinstance,ptmxmode=666"
    kernel.mount("devpts", f"{place}/pts", "devpts", kernel.MS_NOSUID, options)
    os.symlink("pts/ptmx", f"{place}/ptmx")


def _device(source: str, place: str) -> None:
    Path(place).touch()
    kernel.mount(source, place, flags=kernel.MS_BIND)


_MAKERS: dict[Step, Callable[[str, str], None]] = {
    Step.WRITABLE: _bind,
    Step.READABLE: seen_at,
    Step.DEVICE: _device,
    Step.LINK: _link,
    Step.PROC: _proc,
    Step.DEV: _dev,
    Step.SEALED: lambda _, place: kernel.seal(place),
}


def _enter(root: str) -> None:
    """From here on, nothing else has a name."""
    os.chdir(root)
    kernel.pivot_root(".", ".")
    kernel.umount(".")
    os.chdir("/")


def loopback() -> None:
    """Bring it up, in the network namespace of this process."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request)
        (flags,) = struct.unpack_from("H", answer, 16)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def _name(pid: int) -> None:
    """Who a process is in its new user namespace. It cannot write that itself: all that it sees is
    read-only by now."""
    for file, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{USER} 0 1"),
        ("gid_map", f"{USER} 0 1"),
    ):
        Path(f"/proc/{pid}/{file}").write_text(text, encoding="utf-8")


def _spawn(command: Start, above: socket.socket) -> int:
    if pid := os.fork():
        return pid
    code = BROKEN
    try:
        os.chdir(command.cwd)
        code = kernel.become(command.argv, command.environment)
    except OSError as error:
        above.send(os.fsencode(why(error))[:WHY_BYTES])
    finally:
        os._exit(code)


def _wait_for(command: int) -> int:
    """Reaps what becomes an orphan meanwhile."""
    while True:
        pid, status = os.wait()
        if pid == command:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
