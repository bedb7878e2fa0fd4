"""The task engine: its throughput against one after another, its queue, and what a commit waits.

The engine may take all of the processors here (``percent=100``), five tasks at once, as is its
default; a user's is given half of them.
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from understudy.api import open_engine
from understudy.runner import priority
from understudy.runner.engine import Engine
from understudy.runner.scheduler import Options
from understudy.runner.task import Context, Result, Task

from .report import Aim, console, table
from .world import Run, environment, workspace

OPTIONS = Options(most=5, queued=100_000, percent=100.0)
_BURN = (sys.executable, "-I", "-S", "-c", "for _ in range(int(2e7)): pass")
_SLEEP = ("sleep", "0.5")
_WINDOW = 500
_HOOK = "post-commit"


class Throughput(NamedTuple):
    """Median seconds of ``jobs`` commands."""

    jobs: int
    serial: float
    engine: float

    @property
    def times(self) -> float:
        return self.serial / self.engine


class Queue(NamedTuple):
    """Jobs that do nothing, from asking to having the result: a second, and a second of processor
    time; milliseconds to rank so many that wait, with reading them and their history."""

    a_second: float
    a_processor_second: float
    rank: float
    rank_alone: float


async def throughput(folder: Path, rounds: int, *, waiting: bool) -> Throughput:
    """Commands that compute, or that wait, one after another and through the engine, in turns."""
    argv, jobs = (_SLEEP, 20) if waiting else (_BURN, 8)

    async def command(context: Context) -> Result:
        return await context.command(argv, "/", {"PATH": os.environ["PATH"]})

    serial, ours = [], []
    async with open_engine(folder, [Task("command", command)], options=OPTIONS) as engine:
        await _through(engine, "command", range(-1, 0))  # all that is started once is started
        for number in range(rounds):
            started = time.perf_counter()
            for _ in range(jobs):
                process = await asyncio.create_subprocess_exec(*argv)
                await process.wait()
            serial.append(time.perf_counter() - started)
            started = time.perf_counter()
            await _through(engine, "command", range(number * jobs, (number + 1) * jobs))
            ours.append(time.perf_counter() - started)
    return Throughput(jobs, statistics.median(serial), statistics.median(ours))


async def queue(folder: Path, count: int, rounds: int) -> Queue:
    async def nothing(_: Context) -> Result:
        return Result()

    tasks = [Task("nothing", nothing), Task("later", nothing)]
    async with open_engine(folder, tasks, options=OPTIONS) as engine:
        await _through(engine, "nothing", range(-_WINDOW, 0))
        started, spent = time.perf_counter(), _processor_seconds()
        for start in range(0, count, _WINDOW):
            await _through(engine, "nothing", range(start, start + _WINDOW))
        seconds, processor = time.perf_counter() - started, _processor_seconds() - spent
        now = time.time()
        ids = [engine.submit("later", {"n": n}, due=now + 3_600) for n in range(1_000)]
        await asyncio.gather(*ids)
        whole, alone = [], []
        for _ in range(rounds):
            started = time.perf_counter()
            rows, _ = await engine.jobs.waiting(now + 7_200)
            known = await engine.history.of_tasks({row.task for row in rows}, priority.HISTORY)
            histories = {
                task: priority.History.of(
                    [priority.Execution(e.status == "done", e.ended - e.started) for e in its]
                )
                for task, its in known.items()
            }
            read = time.perf_counter()
            assert len(priority.ranked(rows, histories, now)) == 1_000
            whole.append(time.perf_counter() - started)
            alone.append(time.perf_counter() - read)
    return Queue(
        count / seconds,
        count / processor,
        statistics.median(whole) * 1_000,
        statistics.median(alone) * 1_000,
    )


def hook(root: Path, state: Path, rounds: int) -> float:
    """Median milliseconds that git waits for our post-commit hook, which hands over."""
    env = environment(state)
    git = ("git", "-C", str(root))
    subprocess.run([*git, "init", "-q"], check=True, env=env)
    subprocess.run(
        [sys.executable, "-P", "-m", "understudy", "hooks", "install", _HOOK],
        check=True,
        cwd=root,
        env=env,
        stdout=subprocess.DEVNULL,
    )
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run([root / ".git/hooks" / _HOOK], check=True, cwd=root, env=env)
        taken.append(time.perf_counter() - started)
    assert len(list(state.rglob("inbox/*.json"))) == rounds
    return statistics.median(taken) * 1_000


async def _through(engine: Engine, task: str, numbers: Sequence[int]) -> None:
    ids = await asyncio.gather(*(engine.submit(task, {"n": n}) for n in numbers))
    records = await asyncio.gather(*map(engine.result, ids))
    assert {record.status for record in records} == {"done"}, records[0].why


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def figures(run: Run) -> list[Aim]:
    rounds = run.rounds(1, 3)
    cpu = await throughput(run.folder / "cpu", rounds, waiting=False)
    waits = await throughput(run.folder / "wait", rounds, waiting=True)
    waiting = await queue(run.folder / "queue", run.rounds(1_000, 5_000), run.rounds(5, 25))
    root = workspace(run.folder / "hook")
    hooked = hook(root, run.folder / "state-hook", run.rounds(5, 25))
    told = table(
        f"Tasks: seconds ({OPTIONS.most} at once, {OPTIONS.percent:.0f} % of the processors)",
        *("", "one after another", "engine", ""),
    )
    for name, each in (("compute", cpu), ("wait", waits)):
        times = f"{each.times:.2f}× faster"
        told.add_row(f"{each.jobs} that {name}", f"{each.serial:.2f}", f"{each.engine:.2f}", times)
    console.print(told)
    console.print(
        f"Jobs that do nothing: {waiting.a_second:.0f} a second"
        f" ({waiting.a_processor_second:.0f} a second of processor time).\n"
        f"Ranking 1,000 that wait: {waiting.rank:.1f} ms,"
        f" {waiting.rank_alone:.1f} without reading.\n"
        f"A commit waits {hooked:.0f} ms for the hook.\n"
    )
    return [
        Aim("tasks that compute, against one after another", cpu.times, 1.8, "×", least=True),
        Aim("tasks that wait, against one after another", waits.times, 4, "×", least=True),
        Aim("jobs that do nothing, a second", waiting.a_second, 500, "", least=True),
        Aim("ranking 1,000 jobs that wait", waiting.rank, 10, "ms"),
        Aim("a commit waits for the hook", hooked, 100, "ms"),
    ]
