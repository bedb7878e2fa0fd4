"""Which programs a command starts, held to those that it may: looked at by a process outside of it
that the kernel stops each of them for, before its first instruction (``ptrace``).

What the command itself starts has to be named; what a program that is named starts in turn is that
program's. The same at every level: it needs no namespace, and asks no file system.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import socket
import struct
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from ..runner.processes import PR_SET_PDEATHSIG, kill, prctl
from .outside import names_of
from .plan import FINDER, Plan
from .watch import leave_out

_SEIZE, _LISTEN, _MESSAGE_OF, _CONTINUE = 0x4206, 0x4208, 0x4201, 7
_OPTIONS = 1 << 20 | 0b11110
"""What is followed ends with who follows it; told are fork, vfork, clone and exec."""
_BORN, _EXEC, _STOP = (1, 2, 3), 4, 128
"""Events: fork, vfork and clone; exec; a stop, with which a child begins, too."""
_HELD_UP = frozenset({signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})
_EVERY_THREAD = 0x40000000
_MAY_TRACE = 0x59616D61
_AT_EXECFN = 31
_WORDS = struct.Struct("@LL")
_CREDENTIALS = struct.Struct("3i")
_LONGEST = 4096
_SAID = 512
_OK, _MAY, _MAY_NOT, _IN_TURN = b"!", b"+", b"-", b">"
_MOST_TOLD = {_MAY: 60, _IN_TURN: 80, _MAY_NOT: 100}
"""Of all together: the last are told whatever else was, and a socket holds them all."""
_libc = ctypes.CDLL(None, use_errno=True)


class Started(NamedTuple):
    """Paths, each once: what it started that it ``may``, what it may ``not``, and what the former
    started ``in_turn``."""

    may: tuple[str, ...] = ()
    may_not: tuple[str, ...] = ()
    in_turn: tuple[str, ...] = ()


class _Of(Enum):
    """What a process runs."""

    NOTHING = auto()
    """The command has not begun."""
    COMMAND = auto()
    PROGRAM = auto()


class Starts:
    """Made above the command; entered by the process that becomes it. Ended with everything else
    below this process. Raises OSError. ``moved``: where what the plan names is for the command."""

    def __init__(self, plan: Plan, moved: Callable[[str], str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        if not (pid := os.fork()):
            try:
                self._socket.close()
                prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                _Follower(theirs, plan, moved).follow()
            finally:
                os._exit(1)
        theirs.close()
        self._pid = pid
        leave_out(pid)

    def enter(self) -> None:
        """From now on, this process is followed, and what it starts. Raises OSError where the
        kernel lets nobody do so."""
        with contextlib.suppress(OSError):  # no Yama, or in another namespace
            prctl(_MAY_TRACE, self._pid)
        self._socket.send(_OK)
        if (answer := self._socket.recv(_SAID)) != _OK:
            number = int(answer or errno.ESRCH)
            told = "which programs it starts cannot be seen, as nobody may trace it here"
            raise OSError(number, f"{told}: {os.strerror(number)}")

    def told(self) -> Started:
        """When nothing of the command is left."""
        found: dict[bytes, dict[str, None]] = {_MAY: {}, _MAY_NOT: {}, _IN_TURN: {}}
        with self._socket, contextlib.suppress(BlockingIOError, ConnectionError):
            self._socket.setblocking(False)
            while told := self._socket.recv(_SAID):
                found[told[:1]][os.fsdecode(told[1:])] = None
        return Started(*map(tuple, found.values()))


class _Follower:
    def __init__(self, stage: socket.socket, plan: Plan, moved: Callable[[str], str]) -> None:
        self._stage = stage
        self._before = {FINDER[0], plan.launcher}
        self._own = frozenset(map(moved, plan.own))
        self._files = {
            moved(each): _files(each, plan.workspace) for each in (*plan.own, *plan.starts)
        }
        self._runs: dict[int, _Of] = {}
        self._unknown: dict[int, int] = {}
        """By those that were born and whose parents did not tell of it so far, those."""
        self._told: set[bytes] = set()

    def follow(self) -> None:
        """Until nobody is left."""
        _, ((_, _, sent), *_), *_ = self._stage.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size))
        first, *_ = _CREDENTIALS.unpack(sent)
        try:
            _ptrace(_SEIZE, first, _OPTIONS)
        except OSError as error:
            self._stage.send(b"%d" % (error.errno or errno.EPERM))
            return
        self._runs[first] = _Of.NOTHING
        self._stage.send(_OK)
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, _EVERY_THREAD)
                if os.WIFSTOPPED(status):
                    with contextlib.suppress(ProcessLookupError):  # somebody ended it
                        self._stopped(pid, os.WSTOPSIG(status), status >> 16)
                else:
                    self._ended(pid)

    def _stopped(self, pid: int, which: int, event: int) -> None:
        if event in _BORN:
            born = _message(pid)
            self._runs[born] = self._runs[pid]
            if self._unknown.pop(born, None):
                _ptrace(_CONTINUE, born)
        elif event == _EXEC:
            self._executed(pid)
        elif event == _STOP and which in _HELD_UP:
            _ptrace(_LISTEN, pid)
            return
        elif event == _STOP and pid not in self._runs:
            self._unknown[pid] = _parent(pid)
            return
        _ptrace(_CONTINUE, pid, 0 if event else which)

    def _ended(self, pid: int) -> None:
        self._runs.pop(pid, None)
        for born in [each for each, parent in self._unknown.items() if parent == pid]:
            del self._unknown[born]  # nobody tells of it any more
            kill(born)

    def _executed(self, pid: int) -> None:
        """It has not run yet. By its path, which the kernel had it from; and by the file, where
        nothing inside can have put another one there."""
        name, runs = _name(pid), self._runs[pid]
        files = self._files.get(name)
        is_known = files is not None and (not files or _file(f"/proc/{pid}/exe") in files)
        if runs is _Of.PROGRAM:
            self._tell(_IN_TURN, name)
        elif is_known and name in self._own:
            self._runs[pid] = _Of.COMMAND
        elif is_known and runs is _Of.COMMAND:
            self._runs[pid] = _Of.PROGRAM
            self._tell(_MAY, name)
        elif runs is _Of.COMMAND or name not in self._before:
            self._tell(_MAY_NOT, name)
            kill(pid)

    def _tell(self, what: bytes, name: str) -> None:
        said = what + os.fsencode(name)[: _SAID - 1]
        if said not in self._told and len(self._told) < _MOST_TOLD[what]:
            self._told.add(said)
            self._stage.send(said)


def _name(pid: int) -> str:
    """The path by which a program was started, from the root of who did; as good as can be told
    where the kernel keeps it from us."""
    try:
        words = _WORDS.iter_unpack(Path(f"/proc/{pid}/auxv").read_bytes())
        place = next(value for key, value in words if key == _AT_EXECFN)
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            memory.seek(place)
            name = os.fsdecode(memory.read(_LONGEST).partition(b"\0")[0])
        return os.path.join(os.readlink(f"/proc/{pid}/cwd"), name.removeprefix("./"))
    except (OSError, ValueError, StopIteration, struct.error, OverflowError):
        return f"process {pid}"


def _files(program: str, workspace: str) -> frozenset[tuple[int, int]]:
    """Those that run when ``program`` is started: itself, or what its first line names. Empty for
    one of the workspace, of which the command sees another file."""
    if program.startswith(f"{workspace}/"):
        return frozenset()
    path = os.environ.get("PATH", os.defpath)
    return frozenset(map(_file, names_of(program, os.path.dirname(program), path)))


def _file(path: str) -> tuple[int, int]:
    """By which a file is known, whatever its name; of none, nobody's."""
    try:
        status = os.stat(path)
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino


def _parent(pid: int) -> int:
    """Of a thread, the process that it is of; 0 for what is gone."""
    with contextlib.suppress(OSError):
        told = dict(
            each.split(":", 1) for each in Path(f"/proc/{pid}/status").read_text().splitlines()
        )
        whole, above = int(told["Tgid"]), int(told["PPid"])
        return above if whole == pid else whole
    return 0


def _message(pid: int) -> int:
    found = ctypes.c_ulong()
    _ptrace(_MESSAGE_OF, pid, ctypes.addressof(found))
    return found.value


def _ptrace(request: int, pid: int, data: int = 0) -> None:
    answer = _libc.ptrace(
        ctypes.c_long(request), ctypes.c_long(pid), ctypes.c_void_p(0), ctypes.c_void_p(data)
    )
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"ptrace: {os.strerror(code)}")
