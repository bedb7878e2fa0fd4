"""The process above one external command: starts it, keeps what it prints, and sees it out.

Forked by the supervisor, speaks over one socket in the frames of ``worker.py``. First comes a
``Spec``; then orders (``"pause"``, ``"resume"``, ``"usage"``, ``("end", grace)``). It answers
``("output", bytes)``, ``("usage", cpu, memory)``, and as the last thing ``("ended", End)``.

Invariants. It is a subreaper: what the command leaves behind, double forks included, is its child,
counts as the command's usage, and is ended with it. When its socket closes, everything ends. What
is printed is never held back by whoever reads it: it goes to the log on disk, and of it to the
socket what is ``whole`` and then as much as ``_LIVE_BYTES`` a second.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from ..model import Cost
from .logfile import LogFile
from .processes import (
    PR_SET_PDEATHSIG,
    become_subreaper,
    kill_below,
    prctl,
    reset_signals,
    signal_below,
    tree_usage,
)
from .worker import pack, resolve, unpack_length

if TYPE_CHECKING:
    from .private_log import PrivateLog

_LIVE_BYTES = 256 << 10
_CHUNK = 1 << 16
_DRAIN_SECONDS = 1.0
"""So long is what is still in the pipe read after the command's end."""
_KILL_SECONDS = 1.0
_LEAVE_SECONDS = 5.0
_WORK_SECONDS = 0.02
"""So long is a log written in which secrets are looked for, then it is seen what else there is."""


class Spec(NamedTuple):
    """What to run, and in which ``stage`` (``Command``). ``log``: where its output goes, empty for
    nowhere. ``whole``: so many bytes of it are told, however fast they come. ``secrets``: what the
    log is to be without; None: it has all that is printed."""

    argv: tuple[str, ...]
    cwd: str
    environment: dict[str, str]
    nice: int
    file_bytes: int
    log: str
    log_bytes: int
    whole: int
    secrets: tuple[str, ...] | None = None
    stage: str = ""
    context: tuple[Any, ...] = ()


class End(NamedTuple):
    """How it ended: ``exit_code`` as in ``subprocess``, or ``error`` when it could not be started
    (with the errno). ``printed`` counts all bytes, also those that the log has rotated away."""

    exit_code: int
    error: str = ""
    errno: int = 0
    cost: Cost = Cost()
    printed: int = 0


def serve(fd: int) -> None:
    """Run in the forked child; returns when the command and all that it started are gone."""
    become_subreaper()
    with socket.socket(fileno=fd) as connection:
        # Not a byte more: orders may have come behind it already.
        if len(prefix := connection.recv(4, socket.MSG_WAITALL)) < 4:
            return
        body = connection.recv(unpack_length(prefix), socket.MSG_WAITALL)
        spec = Spec(*pickle.loads(body))  # noqa: S301 - our server
        connection.setblocking(False)
        _Warden(connection, spec).run()
        _take_leave(connection)


def _take_leave(connection: socket.socket) -> None:
    """Wait for the server to close first. What is closed while something said to it is unread
    breaks off the connection, and what was told last may be lost."""
    connection.settimeout(_LEAVE_SECONDS)
    with contextlib.suppress(OSError):
        while connection.recv(_CHUNK):
            pass


class _Warden:
    def __init__(self, connection: socket.socket, spec: Spec) -> None:
        self._connection = connection
        self._spec = spec
        self._log = _log(spec)
        self._incoming = bytearray()
        self._printed = 0
        self._allowance = _Allowance(spec.whole)
        self._trouble = ""
        self._kill_at: float | None = None
        self._exit_code: int | None = None

    def run(self) -> None:
        read, write = os.pipe2(os.O_CLOEXEC)
        try:
            self._pid = self._start(write)
        except OSError as error:
            self._tell("ended", End(-1, str(error.strerror), error.errno or 0))
            return
        finally:
            os.close(write)
        os.set_blocking(read, False)
        wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            selector.register(read, selectors.EVENT_READ, self._read_output)
            selector.register(wake_read, selectors.EVENT_READ, _drain)
            selector.register(self._connection, selectors.EVENT_READ, self._read_orders)
            self._selector = selector
            self._reap()
            while self._exit_code is None:
                found = selector.select(0.0 if self._log.is_waiting else self._patience())
                for key, _ in found:
                    key.data(key.fd)
                if not found:  # who prints never waits for that
                    self._log.work(_WORK_SECONDS)
                    self._tell_of_trouble()
                if self._kill_at is not None and time.monotonic() >= self._kill_at:
                    signal_below(signal.SIGKILL)
                    self._kill_at = time.monotonic() + _KILL_SECONDS
                self._reap()
        self._finish(read)

    def _start(self, output: int) -> int:
        spec = self._spec

        def in_child() -> None:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            os.nice(spec.nice)
            with contextlib.suppress(ImportError, OSError):
                import psutil  # preloaded by the supervisor

                psutil.Process().ionice(psutil.IOPRIO_CLASS_BE, 7)
            resource.setrlimit(resource.RLIMIT_FSIZE, (spec.file_bytes, spec.file_bytes))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            reset_signals()

        if spec.stage:
            return _forked(spec, output, in_child)
        process = subprocess.Popen(
            spec.argv,
            cwd=spec.cwd,
            env=spec.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
            preexec_fn=in_child,  # noqa: PLW1509 - this process has one thread
        )
        process.returncode = 0  # reaped here, with all the others
        return process.pid

    def _patience(self) -> float | None:
        return None if self._kill_at is None else max(0.0, self._kill_at - time.monotonic())

    # ── what comes in ───────────────────────────────────────────────────────────────────────────

    def _read_output(self, fd: int) -> None:
        chunk = b""
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(fd, _CHUNK)
            if not chunk:
                self._selector.unregister(fd)
        if not chunk:
            return
        self._printed += len(chunk)
        self._log.write(chunk)
        self._tell_of_trouble()
        if live := self._allowance.of(chunk):
            self._tell("output", live)

    def _tell_of_trouble(self) -> None:
        if self._log.trouble != self._trouble:
            self._trouble = self._log.trouble
            if self._trouble:
                note = f"\n[from here the log is not complete: {self._trouble}]\n"
                self._tell("output", note.encode())

    def _read_orders(self, _fd: int) -> None:
        try:
            piece = self._connection.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:  # the server is gone, or wants this gone
            self._selector.unregister(self._connection)
            self._end(0.0)
            return
        self._incoming += piece
        while len(self._incoming) >= 4:
            end = 4 + unpack_length(bytes(self._incoming[:4]))
            if len(self._incoming) < end:
                return
            order = pickle.loads(bytes(self._incoming[4:end]))  # noqa: S301 - our server
            del self._incoming[:end]
            self._obey(order)

    def _obey(self, order: object) -> None:
        match order:
            case "pause":
                signal_below(signal.SIGSTOP)
            case "resume":
                signal_below(signal.SIGCONT)
            case "usage":
                self._tell("usage", tree_usage())
            case ("end", float(grace)):
                self._end(grace)

    # ── what goes out ───────────────────────────────────────────────────────────────────────────

    def _tell(self, kind: str, value: object) -> None:
        with contextlib.suppress(OSError):
            self._connection.setblocking(True)
            try:
                self._connection.sendall(pack((kind, value)))
            finally:
                self._connection.setblocking(False)

    def _end(self, grace: float) -> None:
        if self._kill_at is None:
            signal_below(signal.SIGTERM)
            signal_below(signal.SIGCONT)  # who is stopped takes no other signal
        deadline = time.monotonic() + grace
        self._kill_at = min(deadline, self._kill_at or deadline)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if pid == self._pid:
                    self._exit_code = os.waitstatus_to_exitcode(status)

    def _finish(self, output: int) -> None:
        """End what the command left, take the last of what was printed, and tell."""
        kill_below()
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline:
            before = self._printed
            with contextlib.suppress(KeyError):  # it was at its end before
                self._read_output(output)
            if self._printed == before:
                break
        self._log.close()
        assert self._exit_code is not None
        cpu, _ = tree_usage()
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
        self._tell("ended", End(self._exit_code, cost=Cost(cpu, peak), printed=self._printed))


def _log(spec: Spec) -> LogFile | PrivateLog:
    if spec.secrets is None or not spec.log:
        return LogFile(spec.log, spec.log_bytes)
    from .private_log import PrivateLog  # preloaded by the supervisor

    return PrivateLog(spec.log, spec.log_bytes, spec.secrets)


def _forked(spec: Spec, output: int, prepare: Callable[[], None]) -> int:
    """The pid of a child that is the stage."""
    if pid := os.fork():
        return pid
    code = 127
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        prepare()
        null = os.open(os.devnull, os.O_RDONLY)
        for fd, source in enumerate((null, output, output)):
            os.dup2(source, fd)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        code = resolve(spec.stage)(spec.argv, spec.cwd, spec.environment, spec.context)
    except BaseException:  # noqa: BLE001 - the warden's own code must not go on here
        traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(code)


class _Allowance:
    """So much is told live in any second, of the first bytes all; of what is more, that it was."""

    def __init__(self, whole: int) -> None:
        self._since = 0.0
        self._left = whole
        self._held = 0

    def of(self, chunk: bytes) -> bytes:
        now = time.monotonic()
        note = b""
        if now - self._since >= 1.0:
            if self._held:
                note = b"\n[%d bytes left out here; they are in the log]\n" % self._held
            self._since, self._left, self._held = now, max(self._left, _LIVE_BYTES), 0
        told = chunk[: self._left]
        self._left -= len(told)
        self._held += len(chunk) - len(told)
        return note + told


def _drain(fd: int) -> None:
    with contextlib.suppress(BlockingIOError):
        os.read(fd, 4096)
