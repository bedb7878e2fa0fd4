"""A command starts the programs that it may, and no others, whatever keeps it in."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.sandbox.plan import COPY, Plan
from understudy.sandbox.policy import Limits, Policy
from understudy.sandbox.starts import Started, Starts
from understudy.sandbox.trial import Level, Status, Trial

from ..sandbox.walls import NONE, WALLS, installed
from .sandbox_world import World


@pytest.fixture(params=WALLS | NONE)
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with World(tmp_path, installed(request.param)) as world:
        yield world


HELD = {
    "by a name": ("subprocess.run(['id'])", "/id"),
    "in a shell": ("os.system('touch marked')", "/sh"),
    "in its own place": ("os.execv('/usr/bin/id', ['id'])", "/id"),
    "by the loader": ("subprocess.run([loader, '/usr/bin/id'])", "ld-"),
    "under a name that it may": (
        (
            "place = os.environ['TMPDIR']; shutil.copy2('/usr/bin/id', f'{place}/true')\n"
            "subprocess.run(['true'], env={'PATH': place})"
        ),
        "/true",
    ),
    "by a link of a name that it may": (
        (
            "place = os.environ['TMPDIR']; os.symlink('/usr/bin/id', f'{place}/true')\n"
            "subprocess.run([f'{place}/../{os.path.basename(place)}/true'])"
        ),
        "/true",
    ),
    "by its own interpreter": (
        "subprocess.run([sys.executable, '-c', 'import os; os.system(\"id\")'])",
        "/sh",
    ),
    "from a thread": (
        (
            "thread = threading.Thread(target=subprocess.run, args=(['id'],))\n"
            "thread.start()\nthread.join()"
        ),
        "/id",
    ),
    "by a child that is left alone": (
        (
            "left, held = os.pipe()\n"
            "if not os.fork():\n    if not os.fork():\n        os.setsid()\n"
            "        os.execv('/usr/bin/id', ['id'])\n    os._exit(0)\n"
            "os.close(held)\nos.read(left, 1)"
        ),
        "/id",
    ),
}
_BEGIN = (
    "import glob, os, shutil, subprocess, sys, threading\n"
    "loader = [*glob.glob('/lib64/ld-*'), *glob.glob('/lib/ld-*')][0]\n"
)


async def ran(world: World, program: str, *may: str) -> Trial:
    return await world.python(_BEGIN + program, Policy(run=may))


@pytest.mark.parametrize("how", HELD)
async def test_what_it_may_not_start_does_not_run(world: World, how: str) -> None:
    program, told = HELD[how]
    trial = await ran(world, program, "true")
    assert (trial.status, b"uid=" in trial.output) == (Status.VIOLATED, False), trial.why
    assert "it started /" in trial.why
    assert told in trial.why
    assert trial.why.endswith(", which it may not start")
    assert "marked" not in [each.path for each in trial.changes]


async def test_what_it_may_start_starts_what_it_wants(world: World) -> None:
    trial = await ran(world, "subprocess.run(['sh', '-c', 'id; : $(true && date)'])", "sh", "git")
    assert (trial.status, trial.why) == (Status.CLEAN, "")
    assert b"uid=" in trial.output
    assert [Path(each).name for each in trial.started] == ["sh"]
    assert sorted(Path(each).name for each in trial.in_turn) == ["date", "id"]


async def test_a_program_of_the_workspace_is_known_by_its_path(world: World) -> None:
    tool = world.root / "tools/tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\nid\n")
    tool.chmod(0o755)
    start = "subprocess.run(['tools/tool'])"
    for may in ("tools/tool", "./tools/tool", str(tool.resolve())):
        trial = await ran(world, start, may)
        assert (trial.status, b"uid=" in trial.output) == (Status.CLEAN, True), trial.why
    assert (await ran(world, start, "tool")).status is Status.VIOLATED
    assert (await ran(world, start)).status is Status.VIOLATED


async def test_nobody_looks_where_anything_may_be_started(world: World) -> None:
    trial = await world.python("import os; os.system('id')")
    assert (trial.status, trial.started, trial.in_turn) == (Status.CLEAN, (), ())


async def test_many_at_once_and_how_they_end_are_the_commands_own(world: World) -> None:
    program = """
import signal
codes = [subprocess.Popen(['sh', '-c', f'exit {n}']) for n in range(40)]
assert [each.wait() for each in codes] == list(range(40))
held = subprocess.Popen(['sh', '-c', 'kill -STOP $$; exit 7'])
assert os.WIFSTOPPED(os.waitpid(held.pid, os.WUNTRACED)[1])
held.send_signal(signal.SIGCONT)
assert held.wait() == 7
ended = subprocess.Popen(['sh', '-c', 'kill -USR1 $$; exit 8'])
assert ended.wait() == -signal.SIGUSR1
caught = []
signal.signal(signal.SIGUSR2, lambda *_: caught.append(1))
os.kill(os.getpid(), signal.SIGUSR2)
assert caught == [1]
sys.exit(5)
"""
    trial = await ran(world, program, "sh")
    assert (trial.status, trial.exit_code, trial.output) == (Status.FAILED, 5, b"")


async def test_however_many_there_are_it_comes_to_its_end(world: World) -> None:
    deep = "d" * 200
    program = f"""
place = os.environ['TMPDIR'] + '/{deep}'
os.makedirs(place)
for n in range(150):
    shutil.copy2('/usr/bin/true', f'{{place}}/{{n}}')
    assert subprocess.run([f'{{place}}/{{n}}']).returncode == -9
"""
    trial = await ran(world, program)
    assert (trial.status, trial.output) == (Status.VIOLATED, b"")
    assert "and 97 more" in trial.why


def test_it_is_said_where_nobody_may_look() -> None:
    """As of a process that is traced already. It does not go on: what cannot be held is not
    claimed."""
    plan = Plan("/", "/", Level.NONE, COPY, "", (), (), (), (), Limits(), b"", own=("/usr/bin/id",))
    starts = Starts(plan, str)
    told, telling = os.pipe()
    if not (child := os.fork()):
        try:
            ctypes.CDLL(None).ptrace(0, 0, 0, 0)  # PTRACE_TRACEME
            starts.enter()
        except OSError as error:
            os.write(telling, str(error.strerror).encode())
        finally:
            os._exit(0)
    os.close(telling)
    with os.fdopen(told, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    assert said.startswith("which programs it starts cannot be seen, as nobody may trace it here")
    assert starts.told() == Started()


async def test_the_command_that_is_named_itself_may_run(world: World) -> None:
    assert (await world.run((sys.executable, "-c", ""), Policy(run=()))).is_clean
    assert (await world.run(("true",), Policy(run=()))).is_clean
