"""An engine in a process of its own, to be killed: ``python engine_process.py STATE SEED``.

It submits jobs without end, and writes the id of each to its standard output once it was
acknowledged.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

from understudy.model import Importance
from understudy.runner.engine import Engine, Setting
from understudy.runner.execute import Runner
from understudy.runner.scheduler import Options
from understudy.runner.task import Context, Result, Task

AWAY = "(setsid sh -c 'exec sleep 1000' & ) ; sleep 0.0$1"


async def quick(context: Context) -> Result:
    return Result(context.job.attempt)


async def slow(context: Context) -> Result:
    for n in range(3):
        await asyncio.sleep(0.01)
        await context.checkpoint({"n": n})
    return Result(context.job.attempt)


async def command(context: Context) -> Result:
    """Leaves a daemon behind, if it is let."""
    environment = {"PATH": os.environ["PATH"], "STRAY": os.environ["STRAY"]}
    return await context.command(["sh", "-c", AWAY, "sh", "5"], "/", environment)


TASKS = (
    Task("quick", quick, repeatable=True, importance=Importance.HIGH),
    Task("slow", slow, repeatable=True),
    Task("once", slow, repeatable=False),
    Task("command", command, repeatable=True, importance=Importance.MEDIUM),
    Task("chain", quick, repeatable=True, needs=("slow", "command")),
)


async def main(state: Path, seed: int) -> None:
    chance = random.Random(seed)
    runner = Runner()
    engine = Engine(state, TASKS, runner, Setting(Options(percent=100.0, queued=100_000)))
    await engine.start()
    while True:
        name = chance.choice([task.name for task in TASKS])
        id_ = await engine.submit(name, {"n": chance.random()})
        os.write(1, b"%d\n" % id_)
        await asyncio.sleep(chance.random() * 0.02)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
