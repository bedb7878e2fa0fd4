"""A real disk that is full or read-only: what was acknowledged is kept, people are told, and work
goes on when the disk does."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from understudy.runner.engine import Engine, Setting
from understudy.runner.execute import Runner
from understudy.runner.scheduler import Options
from understudy.runner.task import Context, Result, Task
from understudy.store.job_rows import DONE, JobState

from ..needs import small_disk
from .support import PATIENCE, until

Act = Callable[[Path], Coroutine[Any, Any, None]]
RUN = "import sys; from tests.core import test_disk as t; t.act(sys.argv[1], sys.argv[2])"


def act(name: str, disk: str) -> None:
    """What the test process has done where ``disk`` is small."""
    chosen: Act = globals()[name]
    asyncio.run(chosen(Path(disk)))


@pytest.fixture
def on_a_small_disk(tmp_path: Path, pytestconfig: pytest.Config) -> Callable[[Act], None]:
    disk = tmp_path / "disk"
    disk.mkdir()

    def run(chosen: Act) -> None:
        argv = [sys.executable, "-c", RUN, chosen.__name__, str(disk)]
        done = subprocess.run(
            [*small_disk(disk, "size=1m"), *argv],
            check=False,
            cwd=pytestconfig.rootpath,
            env={**os.environ, "UNDERSTUDY_STATE_DIR": str(disk / "state")},
            stderr=subprocess.PIPE,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr, done.stderr

    return run


def fill(disk: Path) -> Path:
    """What fills the disk to the last byte."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        size = 1 << 16
        while size:
            try:
                size = file.write(b"x" * size)
            except OSError:
                size //= 2
    return filler


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


class Machine:
    """An engine on the disk, with a task that ends when it is let go."""

    def __init__(self, disk: Path) -> None:
        self.go = asyncio.Event()
        self.runner = Runner()
        tasks = [Task("quick", self._quick), Task("held", self._held), Task("prints", self._prints)]
        setting = Setting(Options(percent=100.0))
        self.engine = Engine(disk / "state", tasks, self.runner, setting)

    async def _quick(self, context: Context) -> Result:
        return Result(context.job.id)

    async def _held(self, context: Context) -> Result:
        await self.go.wait()
        await context.checkpoint({"far": "enough"})
        return Result("kept")

    async def _prints(self, context: Context) -> Result:
        script = "echo a; read x < first; printf '%70000s\\n' x; read x < second; printf z"
        folder = str(context.parameters["folder"])
        return await context.command(["sh", "-c", script], folder, {"PATH": os.environ["PATH"]})

    async def refused(self) -> tuple[str, list[int]]:
        """What is said to who asks for one more, and what was taken before that."""
        taken: list[int] = []
        try:
            while True:
                taken.append(await self.engine.submit("quick", {"n": len(taken), "x": "x" * 500}))
        except sqlite3.Error as error:
            return str(error), taken

    async def state(self, id_: int) -> JobState:
        record = await self.engine.jobs.get(id_)
        assert record is not None
        return record.state

    async def has_done(self, ids: list[int]) -> None:
        for id_ in ids:
            record = await self.engine.result(id_, PATIENCE)
            assert record.status == DONE, record

    async def close(self) -> None:
        await self.engine.close()
        await self.runner.close()


async def full(disk: Path) -> None:
    machine = Machine(disk)
    engine = machine.engine
    await engine.start()
    held = await engine.submit("held")
    await machine.has_done([await engine.submit("quick")])
    filler = fill(disk)
    said, taken = await machine.refused()
    assert "the disk of" in said
    assert "is full" in said
    assert said.endswith("tasks wait until there is space")
    assert engine.trouble == said
    machine.go.set()
    await asyncio.sleep(0.3)  # in which nothing must happen
    assert await machine.state(held) is JobState.RUNNING
    filler.unlink()
    assert (await engine.result(held, PATIENCE)).value == "kept"
    await machine.has_done([*taken, await engine.submit("quick")])
    await until(lambda: not engine.trouble)
    await machine.close()
    database = sqlite3.connect(disk / "state" / "jobs.db")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    ends = "SELECT job, count(*) FROM executions WHERE status = 'done' GROUP BY job"
    assert set(dict(database.execute(ends).fetchall()).values()) == {1}


async def crash(disk: Path) -> None:
    machine = Machine(disk)
    await machine.engine.start(runs=False)
    filler = fill(disk)
    _, taken = await machine.refused()
    filler.unlink()
    (disk / "taken").write_text(" ".join(map(str, taken)))
    os.kill(os.getpid(), signal.SIGKILL)


async def killed_while_full(disk: Path) -> None:
    argv = [sys.executable, "-c", RUN, crash.__name__, str(disk)]
    assert subprocess.run(argv, check=False).returncode == -signal.SIGKILL
    machine = Machine(disk)
    await machine.engine.start()
    await machine.has_done(list(map(int, (disk / "taken").read_text().split())))
    await machine.close()


async def hold(disk: Path) -> None:
    machine = Machine(disk)
    await machine.engine.start()
    id_ = await machine.engine.submit("held")
    while await machine.state(id_) is not JobState.RUNNING:
        await machine.engine.next_poke(id_)
    (disk.parent / "held").write_text(str(id_))
    await asyncio.Event().wait()


async def taken_over_while_full(disk: Path) -> None:
    """What was left running is seen to once that can be stored."""
    leader = subprocess.Popen([sys.executable, "-c", RUN, hold.__name__, str(disk)])
    told = disk.parent / "held"
    await until(lambda: told.exists() and told.read_text())
    follower = Machine(disk)
    await follower.engine.start()
    assert not follower.engine.runs_here
    filler = fill(disk)
    leader.kill()
    leader.wait()
    await until(lambda: "is full" in follower.engine.trouble)
    filler.unlink()
    id_ = int(told.read_text())
    async with asyncio.timeout(PATIENCE):
        while not await follower.engine.answer(id_, again=True):
            await asyncio.wait((follower.engine.next_poke(),), timeout=0.1)
    follower.go.set()
    assert (await follower.engine.result(id_, PATIENCE)).value == "kept"
    await follower.engine.close()
    other = Machine(disk)
    await other.engine.start()
    # The lease is free, though the processes of the other live.
    await until(lambda: other.engine.runs_here)
    await other.close()
    await follower.runner.close()


async def read_only(disk: Path) -> None:
    before = Machine(disk)
    await before.engine.start(runs=False)
    queued = await before.engine.submit("quick")
    await before.close()
    remount(disk, "ro")
    machine = Machine(disk)
    engine = machine.engine
    await engine.start()
    said, taken = await machine.refused()
    assert "jobs.lock" in said or "jobs.db" in said
    assert "Read-only file system" in said
    assert said.endswith("can be written")
    assert "Read-only file system" in engine.trouble
    assert not taken
    assert not engine.runs_here, "another process may be better off"
    remount(disk, "rw")
    await machine.has_done([queued, await engine.submit("quick")])
    await until(lambda: not engine.trouble)
    await machine.close()


async def log_is_full(disk: Path) -> None:
    machine = Machine(disk)
    engine = machine.engine
    await engine.start()
    gates = [disk.parent / "first", disk.parent / "second"]
    for gate in gates:
        os.mkfifo(gate)
    id_ = await engine.submit("prints", {"folder": str(disk.parent)})
    log = engine.logs / f"{id_}-1.log"
    await until(lambda: log.exists() and log.read_bytes() == b"a\n")
    filler = fill(disk)
    await asyncio.to_thread(gates[0].write_text, "go on\n")
    with await asyncio.to_thread(gates[1].open, "w") as last:  # all is printed by then
        await until(lambda: log.stat().st_size > 2)
        filler.unlink()
        last.write("go on\n")
    await machine.has_done([id_])
    kept = log.read_text()
    assert " bytes are missing here: No space left on device]\n" in kept, kept[-200:]
    assert kept.endswith("z"), "what came when there was space again"
    await machine.close()


async def command_line(disk: Path) -> None:
    root = disk.parent / "root"
    (root / ".understudy").mkdir(parents=True)
    command = "[sh, -c, echo hello, '${{ x }}']"
    own = f"{{command: {command}, parameters: {{x: y}}, priority: medium}}"  # low work waits
    task = f"tasks: {{custom: {{hello: {own}}}}}"
    (root / ".understudy" / "config.yaml").write_text(task)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-P", "-m", "understudy", *words]
        done = subprocess.run(argv, check=False, cwd=root, capture_output=True, text=True)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    run("trust", ".")
    assert run("run", "hello").stdout == "hello\n"
    filler = fill(disk)
    for n in range(100):  # what is there already has some room
        if (refused := run("run", "--detach", "hello", f"x={n}{'x' * 90_000}")).returncode:
            break
    assert refused.returncode == 3
    assert "is full" in refused.stderr, refused.stderr
    assert "until there is space" in refused.stderr
    assert run("status").returncode == 0
    remount(disk, "ro")
    shut = run("status")
    assert "Read-only file system" in shut.stderr
    assert run("run", "hello").returncode == 3
    remount(disk, "rw")
    filler.unlink()
    assert run("run", "hello").stdout == "hello\n"


@pytest.mark.parametrize(
    "chosen", [full, killed_while_full, taken_over_while_full, read_only, log_is_full, command_line]
)
def test_on_a_small_disk(on_a_small_disk: Callable[[Act], None], chosen: Act) -> None:
    on_a_small_disk(chosen)
