"""A program of its own: runs another program as it is, while a profiler looks at it from outside.

``python -P -m understudy.runner.sampling TOLD -- PROFILER... -- PROGRAM...`` starts the program
with the input and output of this one, and the profiler with ``--pid`` of it. How the program ended
is written to the file TOLD, as JSON, with ``profiler``, the exit code of that, below 0 for a
signal; what the profiler said is in TOLD.log. The exit code is the program's, or 128 and the
signal's number.

The profiler is above the program in the tree of processes, as some systems want it before they let
it look; but it is not its parent, since who looks at its own child takes its exit code away.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn, TextIO

from .processes import (
    PR_SET_PDEATHSIG,
    become_subreaper,
    descendants,
    prctl,
    reset_signals,
)

_LEAVE_SECONDS = 20.0
"""In which the profiler has to have written what it saw, once the program has ended."""
_NOT_STARTED = 127
_PAUSE_SECONDS = 0.005


def main(arguments: Sequence[str]) -> int:
    told, _, *rest = arguments
    place = rest.index("--")
    profiler, program = rest[:place], rest[place + 1 :]
    become_subreaper()
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # who wants the command gone means the program, too
    for each in (signal.SIGINT, signal.SIGQUIT):  # a terminal sends it to the program, too
        signal.signal(each, signal.SIG_IGN)
    read, write = os.pipe()
    watching = _forked(lambda: _watch(profiler, program, write, f"{told}.log"))
    os.close(write)
    with open(read, encoding="utf-8") as pipe:
        begun = _heard(pipe)
        _pass_on(begun.get("pid", 0))
        ended = begun if "error" in begun else _heard(pipe)
    ended["profiler"] = _wait_for(watching)
    with open(told, "w", encoding="utf-8") as file:
        json.dump(ended, file)
    code = int(ended["code"])
    return code if code >= 0 else 128 - code


def _heard(pipe: TextIO) -> dict[str, Any]:
    """What ``_tell`` said."""
    lost = {"error": "somebody ended what watched over it", "code": _NOT_STARTED}
    return dict(json.loads(pipe.readline() or json.dumps(lost)))


def _pass_on(pid: int) -> None:
    """Who ends this one means the program."""

    def pass_on(number: int, _: object) -> None:
        with suppress(ProcessLookupError):  # it has ended by itself meanwhile
            os.kill(pid, number)

    for each in (signal.SIGTERM, signal.SIGHUP):
        if pid:
            signal.signal(each, pass_on)


def _forked(work: Callable[[], NoReturn]) -> int:
    if pid := os.fork():
        return pid
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - a child must not go on as its parent
        print(error, file=sys.stderr)  # noqa: T201
    finally:
        os._exit(_NOT_STARTED)


def _watch(profiler: Sequence[str], program: Sequence[str], told: int, said: str) -> NoReturn:
    read, write = os.pipe()
    holding = _forked(lambda: _hold(program, (told, write)))
    os.close(write)
    with open(read, encoding="utf-8") as pipe:
        begun = _heard(pipe)
    if "error" in begun:
        os._exit(0)
    reset_signals()
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for source, stream in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, stream)
    # What is called python may be a script that looks for it, and takes its time.
    while not any(map(is_python, (begun["pid"], *descendants(begun["pid"])))):
        if os.waitid(os.P_PID, holding, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            os.write(1, b"Error: it ran no Python\n")
            os._exit(0)
        time.sleep(_PAUSE_SECONDS)  # what a process turns into is told to nobody
    os.execv(profiler[0], [*profiler, "--pid", str(begun["pid"])])  # noqa: S606


def is_python(pid: int) -> bool:
    """Whether it is an interpreter, by the name of its program."""
    try:
        name = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:  # it has ended, or is somebody else's
        return False
    return name.startswith(("python", "pypy"))


def _hold(program: Sequence[str], told: Sequence[int]) -> NoReturn:
    """The program's parent."""
    failed_read, failed_write = os.pipe()
    began = time.monotonic()
    pid = _forked(lambda: _run(program, failed_write))
    os.close(failed_write)
    with open(failed_read, encoding="utf-8") as pipe:
        error = pipe.read()  # empty once the program has taken this one's place
    _tell(told, {"error": error, "code": _NOT_STARTED} if error else {"pid": pid})
    if error:
        os._exit(0)
    _, status, usage = os.wait4(pid, 0)
    ended = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - began,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss << 10,
    }
    _tell(told[:1], ended)
    os._exit(0)


def _run(program: Sequence[str], failed: int) -> NoReturn:
    reset_signals()
    for each in (signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ):  # the two last, Python ignores
        signal.signal(each, signal.SIG_DFL)
    try:
        os.execvp(program[0], [*program])  # noqa: S606
    except OSError as error:
        os.write(failed, _why(error, program[0]).encode())
        os._exit(_NOT_STARTED)


def _why(error: OSError, program: str) -> str:
    """For people: what the system says of a script is said of what its first line names."""
    if os.path.isdir(program):
        return f"{program} is a folder"
    if error.errno == errno.ENOENT and os.path.exists(program):
        return f"what the first line of {program} names is not there (does it end with CR LF?)"
    if error.errno == errno.ENOEXEC:
        return f"{program} is no program, and no script whose first line names one (#!/bin/sh)"
    return str(error.strerror)


def _tell(told: Sequence[int], what: dict[str, Any]) -> None:
    for each in told:
        os.write(each, json.dumps(what).encode() + b"\n")


def _wait_for(profiler: int) -> int:
    """Its exit code."""
    latest = time.monotonic() + _LEAVE_SECONDS
    while not (ended := os.waitpid(profiler, os.WNOHANG))[0]:
        if time.monotonic() >= latest:
            os.kill(profiler, signal.SIGKILL)
            ended = os.waitpid(profiler, 0)
            break
        time.sleep(_PAUSE_SECONDS)  # waitpid waits without a limit, or not at all
    return os.waitstatus_to_exitcode(ended[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
