"""Who leads is killed while others wait: one of them goes on within a moment, and nothing is done
twice or not at all."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from understudy.runner.engine import Engine, Setting
from understudy.runner.execute import Runner
from understudy.runner.scheduler import Options
from understudy.runner.task import Context, Result, Task
from understudy.store.job_rows import DONE, JobState

from .support import PATIENCE, until

LEAD = "import sys; from tests.core.test_takeover import lead; lead(sys.argv[1])"
HELD = "(setsid sh -c 'exec sleep 1000' &); exec sleep 1000"
MOST_SECONDS = 2.0
"""Between the end of who led, and that the next one does."""


def killed_soon() -> bool:
    """Whether this is the process that is to be killed: there nothing comes to its end."""
    return "KILLED_SOON" in os.environ


async def wait(context: Context) -> Result:
    if killed_soon():
        await asyncio.Event().wait()
    return Result(os.getpid())


async def command(context: Context) -> Result:
    if killed_soon():
        return await context.command(["sh", "-c", HELD], "/", {"PATH": os.environ["PATH"]})
    return Result(os.getpid())


async def quick(context: Context) -> Result:
    return Result(os.getpid())


RUNNING = ("again", "once", "command")
TASKS = (
    Task("again", wait, repeatable=True),
    Task("once", wait),
    Task("command", command, repeatable=True),
    Task("quick", quick, repeatable=True),
    Task("after", quick, repeatable=True, needs=("again",)),
)


def engine(state: Path, runner: Runner) -> Engine:
    # Three slots: what is queued after the three tasks that run waits for who comes next.
    return Engine(state, TASKS, runner, Setting(Options(most=3, percent=100.0)))


def lead(state: str) -> None:
    async def main() -> None:
        leading = engine(Path(state), Runner())
        await leading.start()
        assert leading.runs_here
        print("leads", flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())


async def a_leader(state: Path, folder: Path) -> asyncio.subprocess.Process:
    argv = [sys.executable, "-c", LEAD, str(state)]
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=folder,
        env={**os.environ, "KILLED_SOON": "yes"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), PATIENCE) == b"leads\n"
    return process


async def a_take_over(state: Path, folder: Path, chance: random.Random) -> float:
    """How many seconds it took."""
    leader = await a_leader(state, folder)
    runner = Runner()
    follower = engine(state, runner)
    await follower.start()
    assert not follower.runs_here
    ids = {name: await follower.submit(name) for name in RUNNING}

    async def running() -> bool:
        return len(await follower.jobs.recent([JobState.RUNNING])) == len(RUNNING)

    async with asyncio.timeout(PATIENCE):
        while not await running():
            await follower.next_poke()
    awaited = [asyncio.create_task(follower.result(ids[name])) for name in ("again", "command")]
    queued = [await follower.submit("after")]

    async def submit() -> None:
        for n in range(100):
            id_ = await follower.submit("quick", {"n": n})
            queued.append(id_)

    submitting = asyncio.create_task(submit())
    count = chance.randrange(100)
    await until(lambda: len(queued) > count)
    leader.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    await until(lambda: follower.runs_here)
    seconds = time.monotonic() - killed
    await submitting
    async with asyncio.timeout(PATIENCE):
        records = await asyncio.gather(*awaited, *map(follower.result, queued))
        (asking,) = await follower.jobs.recent([JobState.ASKING])
        assert asking.id == ids["once"]
        assert await follower.answer(asking.id, again=True)
        records.append(await follower.result(asking.id))
    assert {(record.status, record.value) for record in records} == {(DONE, os.getpid())}
    ends = Counter(e.job for e in await follower.history.executions() if e.status == DONE)
    assert ends == dict.fromkeys((record.id for record in records), 1)
    await leader.wait()
    await follower.close()
    await runner.close()
    return seconds


@pytest.mark.alone
async def test_another_takes_over(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    chance = random.Random(5)
    for number in range(3):
        state = tmp_path / f"state{number}"
        assert await a_take_over(state, pytestconfig.rootpath, chance) < MOST_SECONDS


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_another_takes_over_again_and_again(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    chance = random.Random(6)
    states = [tmp_path / f"state{number}" for number in range(100)]
    root = pytestconfig.rootpath
    took = sorted([await a_take_over(state, root, chance) for state in states])
    print(f"taken over after {took[50]:.2f} s in the middle, {took[-1]:.2f} s at most")
    assert took[-1] < MOST_SECONDS
