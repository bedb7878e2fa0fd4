"""Whoever dies above a command, and whenever: nothing of the run goes on, nothing stays mounted,
and there is no folder but the trial's own."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from ..core.support import until
from .users import USER, USERS, command, environment, place

_WALLS = ("bubblewrap", "built-in", "bubblewrap-copy", "partial")
_ABOVE = ("server", "supervisor", "warden", "stage", "launcher")
_CASES = [
    (user, walls, who)
    if who in ("server", "stage") or (user == USER and walls in ("bubblewrap", "built-in"))
    else pytest.param(user, walls, who, marks=pytest.mark.soak)
    for user, walls, who in itertools.product(USERS, _WALLS, _ABOVE)
]
"""Every day: the server and the stage, whose ends take different ways, everywhere; and whoever is
above a user's command, with either launcher."""
_PROGRAM = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open("written", "w").write("x")
if not os.fork():
    os.setsid()
    os.fork()
time.sleep(60)
"""


class Started:
    """A run in the sandbox, as ``user``, with a process of its own in the place of the server."""

    def __init__(self, user: str, walls: str, folder: Path) -> None:
        self.folder = folder
        self._mark = secrets.token_hex(8)
        self.server = subprocess.Popen(
            command(user, folder, "trials", walls, str(folder)),
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        argv = [sys.executable, "-I", "-S", "-c", _PROGRAM, self._mark]
        assert self.server.stdin
        self.server.stdin.write(json.dumps({"run": {"argv": argv}}))
        self.server.stdin.close()

    def commands(self) -> list[psutil.Process]:
        """The command and what it started."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or [""]
            if line[-1] == self._mark and line[0] == sys.executable:
                found.append(process)
        return found

    def above(self) -> list[int]:
        """From the server down to the command, once that and all that it starts are there."""
        if len(found := self.commands()) < 3:
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            for each in found:
                parents = [parent.pid for parent in each.parents()]
                if found[0].pid not in parents and self.server.pid in parents:
                    return [*reversed(parents[: parents.index(self.server.pid) + 1]), each.pid]
        return []

    def all(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            server = psutil.Process(self.server.pid)
            return [server, *server.children(recursive=True), *self.commands()]
        return self.commands()

    def trials(self) -> list[Path]:
        return list(self.folder.glob("run/trials/[0-9]*"))


@contextmanager
def started(user: str, walls: str) -> Iterator[Started]:
    with place(user) as folder:
        run = Started(user, walls, folder)
        try:
            yield run
        finally:
            for process in run.all():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            run.server.wait()


async def _nothing_is_left(run: Started, were: list[psutil.Process]) -> None:
    """The kernel ends some of it; the others see that somebody is gone."""

    def living() -> list[psutil.Process]:
        run.server.poll()
        return [each for each in (*were, *run.commands()) if _lives(each)]

    await until(lambda: not living(), 30)
    assert str(run.folder) not in Path("/proc/self/mountinfo").read_text()
    assert {each.name for each in run.folder.iterdir()} <= {"run", "keep"}
    assert {each.name for each in run.folder.glob("run/*")} <= {"trials", "workspace"}
    # Who was killed at once had no workspace yet.
    assert list((run.folder / "run/workspace").glob("*")) == []
    assert len(run.trials()) <= 1


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(("user", "walls", "who"), _CASES)
async def test_nothing_outlives_who_is_above_it(user: str, walls: str, who: str) -> None:
    with started(user, walls) as run:
        above = await until(run.above, 40)
        were = run.all()
        assert len(were) >= len(above)
        os.kill(above[_ABOVE.index(who)], signal.SIGKILL)
        await _nothing_is_left(run, were)


_MOMENTS = {
    "the supervisor is there": lambda run: len(run.all()) > 1,
    "the trial has its folder": Started.trials,
    "the view is made": lambda run: [each for each in run.trials() if os.listdir(each)],
    "the command is there": Started.commands,
}


@pytest.mark.parametrize("moment", _MOMENTS)
@pytest.mark.parametrize(
    "walls",
    [
        *("bubblewrap", "partial"),
        *(pytest.param(each, marks=pytest.mark.soak) for each in ("built-in", "bubblewrap-copy")),
    ],
)
async def test_nothing_outlives_the_server_at_any_moment(walls: str, moment: str) -> None:
    with started(USERS[os.geteuid() != 0], walls) as run:
        await until(lambda: _MOMENTS[moment](run), 40)
        were = run.all()
        run.server.kill()
        await _nothing_is_left(run, were)
