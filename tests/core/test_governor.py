"""The budget of all tasks of a process together: its processors, its memory, and its slots."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from understudy.app.chores.chores import limits_of
from understudy.model import Importance, Priority
from understudy.runner.budget import Budget, Conditions
from understudy.runner.calls import Call, Command, Job, Lane, Status, Urgency
from understudy.runner.engine import Engine, Setting
from understudy.runner.execute import Runner
from understudy.runner.scheduler import Options
from understudy.settings import Settings

from ..needs import not_applicable
from . import fakes
from .support import PATIENCE, start, until
from .test_engine import Gate

pytestmark = pytest.mark.usefixtures("nothing_is_left")

SCANS = Lane("scans", 2, ("fakes",))
SAVES = Lane("saves", 1, ("fakes",))
MUCH = 1 << 40
BURN = "while True: pass"
HOLD = "import signal\nx = bytearray({0} << 20)\nfor n in range(0, len(x), 4096): x[n] = 1\nprint(end='held', flush=True)\nsignal.pause()"


@pytest.fixture(autouse=True)
def fakes_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", fakes.FOLDER)


def call(
    function: str, urgency: Urgency, *context: Any, lane: Lane = SCANS, timeout: float = 100.0
) -> Job:
    work = Call(lane, f"understudy.fakes:{function}", context, (object.__name__,))
    return Job("test", work, timeout, urgency)


def scan(task: Importance | None = Importance.LOW) -> Urgency:
    return Urgency(Priority.BACKGROUND, task)


def command(script: str, importance: Importance, **more: Any) -> Job:
    argv = (sys.executable, "-c", script)
    environment = {"PATH": os.environ["PATH"]}
    return Job("test", Command(argv, "/", environment, importance=importance, **more), 100.0)


def cpu_below(pid: int) -> float:
    """CPU seconds of a process and of all below it, the dead included."""
    process = psutil.Process(pid)
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        try:
            total += sum(each.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


async def most_in_ten_seconds(pid: int, seconds: float) -> float:
    """The most CPU seconds in any ten seconds of these."""
    loop = asyncio.get_running_loop()
    seen = [(loop.time(), cpu_below(pid))]
    while seen[-1][0] - seen[0][0] < seconds:
        await asyncio.sleep(0.5)  # the interval at which it is measured
        seen.append((loop.time(), cpu_below(pid)))
    return max(
        (after - before) * 10 / (then - now)
        for now, before in seen
        for then, after in seen
        if 9.9 < then - now < 10.9
    )


@pytest.mark.alone
@pytest.mark.parametrize(
    "seconds", [11, pytest.param(60, marks=[pytest.mark.soak, pytest.mark.timeout(200)])]
)
async def test_commands_and_calls_together_keep_within_the_budget(
    runner: Runner, seconds: float
) -> None:
    """They would take all there is, and get half of one processor; who saves waits for nothing."""
    await runner.execute(call("echo", Urgency(), lane=SAVES))
    runner.governor.budget = Budget(50, MUCH, 1)
    running = [start(runner, command(BURN, Importance.MEDIUM)) for _ in range(2)]
    running += [start(runner, call("burn", scan(), 0.05)) for _ in range(500)]
    measuring = asyncio.create_task(most_in_ten_seconds(runner.supervisor_pid, seconds))
    waits = []
    while not measuring.done():
        outcome = await runner.execute(call("echo", Urgency(), lane=SAVES))
        waits.append(outcome.seconds)
        await asyncio.wait((measuring,), timeout=0.2)
    assert sum(task.done() for task in running) > 3, "both go on"
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    print(f"{measuring.result():.2f} of 5 CPU seconds in ten")
    assert measuring.result() <= 5.0 * 1.15
    assert sorted(waits)[len(waits) // 2] < 0.1


async def test_calls_of_tasks_wait_while_you_type_and_those_of_people_do_not(
    runner: Runner,
) -> None:
    runner.governor.budget = Budget(100, MUCH, 8)
    conditions = Conditions(typing=True)
    runner.governor.conditions = lambda: conditions
    for urgency in (Urgency(), scan(None), scan(Importance.HIGH)):
        assert (await runner.execute(call("echo", urgency))).status is Status.DONE
    low, joined = scan(), scan()
    tasks = [start(runner, call("echo", each)) for each in (low, joined)]
    await until(lambda: runner.governor.halts)
    joined.join(None)  # a person wants it, too
    await asyncio.wait_for(tasks[1], PATIENCE)
    assert not tasks[0].done()
    conditions = Conditions()
    assert (await asyncio.wait_for(tasks[0], PATIENCE)).status is Status.DONE
    assert not runner.governor.halts


async def test_who_gives_up_waiting_is_not_waited_for(runner: Runner) -> None:
    runner.governor.budget = Budget(100, MUCH, 8)
    runner.governor.conditions = lambda: Conditions(typing=True)
    task = start(runner, call("echo", scan()))
    await until(lambda: runner.governor.halts)
    task.cancel()
    await asyncio.wait((task,))
    assert not runner.governor.halts


# ── memory ──────────────────────────────────────────────────────────────────────────────────────


async def test_the_least_important_goes_when_memory_is_short(runner: Runner) -> None:
    await memory_is_short(runner, 64)


@pytest.mark.soak
async def test_the_default_limit_of_memory(runner: Runner) -> None:
    if psutil.virtual_memory().available < 4 << 30:
        not_applicable("less than 4 GB of memory are free")
    _, memory, _ = limits_of([Settings()])
    assert memory == 2_048 << 20
    await memory_is_short(runner, 2_048)


async def memory_is_short(runner: Runner, limit: int) -> None:
    """Each of three would fit, two do, and the third is too much; ``limit`` is in MiB."""
    runner.governor.budget = Budget(1_000, (limit + 40) << 20, 1)
    running = {}
    for importance in (Importance.HIGH, Importance.LOW, Importance.MEDIUM):
        said = bytearray()
        job = command(HOLD.format(limit * 2 // 5), importance, output=said.extend)
        running[importance] = start(runner, job)
        if importance is not Importance.MEDIUM:
            await until(lambda: said == b"held")  # noqa: B023
    outcome = await asyncio.wait_for(running[Importance.LOW], PATIENCE)
    assert outcome.status is Status.KILLED
    assert "more memory than tasks.maxMemoryMb allows" in outcome.why
    await until(lambda: said == b"held")
    assert not running[Importance.HIGH].done()
    assert not running[Importance.MEDIUM].done()
    for task in running.values():
        task.cancel()


# ── several workspaces in one process ───────────────────────────────────────────────────────────


def test_the_least_that_a_workspace_allows_holds_for_all() -> None:
    settings = [
        Settings.of(
            {
                "tasks.maxCpuPercent": percent,
                "tasks.maxMemoryMb": memory,
                "tasks.maxConcurrent": most,
            }
        )
        for percent, memory, most in ((80, 512, 2), (30, 4_096, 5))
    ]
    assert limits_of(settings) == (30.0, 512 << 20, 2)


async def test_workspaces_share_the_slots(runner: Runner, tmp_path: Path) -> None:
    gates = [Gate(f"gate{n}") for n in range(3)]
    setting = Setting(Options(most=2, percent=100.0))
    tasks = [gate.task for gate in gates]
    engines = [Engine(tmp_path / name, tasks, runner, setting) for name in ("one", "other")]
    for engine in engines:
        await engine.start()

    def running() -> list[Gate]:
        return [gate for gate in gates for _ in range(gate.attempts) if not gate.open.is_set()]

    ids = [(engine, await engine.submit(gate.task.name)) for engine in engines for gate in gates]
    await until(lambda: len(running()) == 2)
    for gate in gates:
        assert len(running()) <= 2
        gate.open.set()
    for engine, id_ in ids:
        assert (await engine.result(id_, PATIENCE)).status == Status.DONE
    for engine in engines:
        await engine.close()


async def test_who_waits_for_a_slot_hears_when_there_is_one(runner: Runner, tmp_path: Path) -> None:
    """Soon, and not when somebody looks the next time."""
    first, second = Gate("first"), Gate("second")
    setting = Setting(Options(most=1, percent=100.0))
    engines = [
        Engine(tmp_path / gate.task.name, [gate.task], runner, setting) for gate in (first, second)
    ]
    for engine in engines:
        await engine.start()
    await engines[0].submit("first")
    await until(lambda: first.attempts)
    id_ = await engines[1].submit("second")
    second.open.set()
    await asyncio.sleep(0.2)  # in which nothing must happen
    assert not second.attempts
    first.open.set()
    assert (await engines[1].result(id_, 5.0)).status == Status.DONE
    for engine in engines:
        await engine.close()
