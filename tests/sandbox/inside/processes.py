"""Other processes, those above, and those that would outlive the run."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .table import Control, Evidence, Told, attempt, call, check, libc, show

_SLEEP = "import sys, time; time.sleep(60)"


@attempt(process=True, level_b=False)
def end_a_process(told: Told) -> None:
    os.kill(told.process, signal.SIGKILL)


@attempt(process=True, level_b=False)
def stop_a_process(told: Told) -> None:
    os.kill(told.process, signal.SIGSTOP)


@attempt(process=True, level_b=False)
def end_a_group(told: Told) -> None:
    os.killpg(os.getpgid(told.process), signal.SIGKILL)


@attempt(process=True, level_b=False)
def end_by_a_descriptor(told: Told) -> None:
    signal.pidfd_send_signal(os.pidfd_open(told.process), signal.SIGKILL)


@attempt(process=True, level_b=False)
def end_a_thread(told: Told) -> None:
    call("tgkill", told.process, told.process, int(signal.SIGKILL))


@attempt(process=True, level_b=False)
def send_itself_a_signal_from_there(told: Told) -> None:
    """The kernel sends it to who owns a descriptor."""
    import fcntl

    ours, theirs = os.pipe()
    fcntl.fcntl(ours, fcntl.F_SETOWN, told.process)
    fcntl.fcntl(ours, 10, int(signal.SIGKILL))  # F_SETSIG
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC)
    os.write(theirs, b"x")


@attempt(process=True)
def trace_a_process(told: Told) -> None:
    check(libc.ptrace(16, told.process, None, None))  # PTRACE_ATTACH
    os.waitpid(told.process, 0x40000000)
    check(libc.ptrace(8, told.process, None, None))  # PTRACE_KILL


@attempt(process=True)
def seize_a_process(told: Told) -> None:
    check(libc.ptrace(0x4206, told.process, None, ctypes.c_ulong(0x100000)))  # and end it with us


@attempt(process=True)
def read_memory_by_a_call(told: Told) -> None:
    class Part(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

    held = ctypes.create_string_buffer(64)
    here, there = Part(ctypes.addressof(held), 64), Part(told.address, 64)
    check(libc.process_vm_readv(told.process, ctypes.byref(here), 1, ctypes.byref(there), 1, 0))
    print(held.raw)


@attempt(process=True)
def read_memory_by_a_file(told: Told) -> None:
    with open(f"/proc/{told.process}/mem", "rb", 0) as file:
        file.seek(told.address)
        print(file.read(64))


@attempt(process=True)
def read_an_environment(told: Told) -> None:
    show(f"/proc/{told.process}/environ")


@attempt(process=True)
def read_an_open_file(told: Told) -> None:
    show(f"/proc/{told.process}/fd/{told.open}")


@attempt(process=True)
def take_a_descriptor(told: Told) -> None:
    taken = call("pidfd_getfd", os.pidfd_open(told.process), told.open, 0)
    print(os.pread(taken, 1 << 12, 0))


@attempt(process=True)
def read_below_the_root_of_a_process(told: Told) -> None:
    show(f"/proc/{told.process}/root{told.secret}")


@attempt(process=True)
def read_below_the_folder_of_a_process(told: Told) -> None:
    show(f"/proc/{told.process}/cwd/secret")


@attempt(process=True, level_b=False)
def see_a_process(told: Told) -> None:
    show(f"/proc/{told.process}/comm")


@attempt(process=True)
def read_arguments(told: Told) -> None:
    show(f"/proc/{told.process}/cmdline")


@attempt(process=True)
def slow_a_process_down(told: Told) -> None:
    os.setpriority(os.PRIO_PROCESS, told.process, 15)


@attempt(process=True)
def bind_a_process(told: Told) -> None:
    os.sched_setaffinity(told.process, {0})
    os.sched_setscheduler(told.process, os.SCHED_IDLE, os.sched_param(0))


@attempt(process=True)
def limit_a_process(told: Told) -> None:
    resource.prlimit(told.process, resource.RLIMIT_NOFILE, (64, 64))


@attempt(process=True)
def have_a_process_chosen_when_memory_is_short(told: Told) -> None:
    Path(f"/proc/{told.process}/oom_score_adj").write_text("900", encoding="ascii")


@attempt(Evidence.ANSWER, process=True)
def compare_with_a_process(told: Told) -> bool:
    return call("kcmp", os.getpid(), told.process, 1, 0, 0) >= 0


@attempt(Evidence.OBJECT, process=True)
def get_hold_of_a_namespace_of_a_process(told: Told) -> None:
    os.open(f"/proc/{told.process}/ns/net", os.O_RDONLY)


def _above() -> Iterator[int]:
    """The processes that this one can name and that are not its own."""
    yield 1
    for name in os.listdir("/proc"):
        if name.isdecimal() and int(name) not in (1, os.getpid()):
            yield int(name)


@attempt()
def read_own_environment(told: Told) -> None:
    print("read_own_environment", os.environ.get("SERVER_SECRET"))


@attempt()
def read_the_environment_of_all_that_can_be_named(told: Told) -> None:
    for process in {1, os.getppid(), *_above()}:
        with contextlib.suppress(OSError):
            for each in Path(f"/proc/{process}/environ").read_bytes().split(b"\0"):
                if each.startswith(b"SERVER_SECRET"):
                    print("read_the_environment_of_all_that_can_be_named", each)


@attempt()
def search_the_memory_of_all_above(told: Told) -> None:
    """For what those that started this one know."""
    mark = b"SERVER_SECRET="
    for process in [1, os.getppid(), *_above()]:
        with contextlib.suppress(OSError):
            maps = Path(f"/proc/{process}/maps").read_text(encoding="utf-8").splitlines()
            with open(f"/proc/{process}/mem", "rb", 0) as memory:
                for line in maps:
                    if line.endswith(("[heap]", "[stack]")):
                        first, last = (int(each, 16) for each in line.split()[0].split("-"))
                        memory.seek(first)
                        held = memory.read(last - first)
                        if (found := held.find(mark)) >= 0:
                            print("search_the_memory_of_all_above", held[found : found + 64])
                            return


@attempt(Evidence.WRITING, control=Control.NAMESPACE)
def open_the_memory_of_the_first_process(told: Told) -> None:
    os.open("/proc/1/mem", os.O_RDWR)


@attempt(Evidence.IDENTITY, control=Control.USER)
def gain_rights_by_a_set_uid_program(told: Told) -> list[subprocess.Popen[bytes]]:
    """It asks for a password, or is over, and nobody has waited for it."""
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    started = []
    for program in ("/usr/bin/su", "/usr/bin/newgrp", "/usr/bin/passwd", "/usr/bin/chsh"):
        with contextlib.suppress(OSError):
            started.append(subprocess.Popen([program], stdin=pipe, stdout=null, stderr=null))
    return started


@attempt(Evidence.IDENTITY, control=Control.ROOT)
def become_somebody_else(told: Told) -> None:
    os.setresuid(12345, 12345, 12345)


@attempt(Evidence.NEW_RIGHTS)
def regain_rights_by_a_program(told: Told) -> None:
    """They are let to."""


@attempt(Evidence.RIGHT, control=Control.ROOT)
def have_a_right(told: Told) -> None:
    """It was given some to begin with."""


def _left_behind(told: Told, prepare: str) -> None:
    """Twice forked, and looked at by nobody."""
    if not os.fork():
        os.setsid()
        if not os.fork():
            null = os.open("/dev/null", os.O_RDWR)
            for descriptor in range(3):
                os.dup2(null, descriptor)
            os.closerange(3, 256)
            program = f"import signal, ctypes\n{prepare}\n{_SLEEP}"
            os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", program, told.name])
        os._exit(0)
    os.wait()


@attempt()
def leave_a_daemon_behind(told: Told) -> None:
    _left_behind(told, "")


@attempt()
def leave_behind_what_heeds_no_signal(told: Told) -> None:
    every = "[signal.signal(n, signal.SIG_IGN) for n in range(1, 32) if n not in (9, 19)]"
    _left_behind(told, every)


@attempt()
def leave_behind_what_follows_no_parent(told: Told) -> None:
    _left_behind(told, "libc = ctypes.CDLL(None); libc.prctl(1, 0); libc.prctl(36, 1)")
