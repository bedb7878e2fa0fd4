"""The runner with real processes: what works, what fails in which way, and that nothing is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from understudy.model import Priority
from understudy.runner.calls import Call, Job, Lane, Outcome, Status, Urgency
from understudy.runner.execute import Accounts, GoOn, Runner, confidence

from . import fakes
from .support import PATIENCE, alive, announced, gone, start, until

pytestmark = pytest.mark.usefixtures("nothing_is_left")

PRELOAD = ("fakes",)
LANE = Lane("one", 1, PRELOAD)


@pytest.fixture(autouse=True)
def fakes_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", fakes.FOLDER)


def job(
    function: str,
    *items: Any,
    context: tuple[Any, ...] = (),
    lane: Lane = LANE,
    timeout: float = PATIENCE,
    priority: Priority = Priority.INTERACTIVE,
) -> Job:
    """``function`` is one of ``fakes``."""
    call = Call(lane, f"understudy.fakes:{function}", context, items)
    return Job("test", call, timeout, Urgency(priority))


async def worker_of(runner: Runner, lane: Lane = LANE) -> int:
    """The process that answers now; proves that the lane works, and soon."""
    outcome = await runner.execute(job("who", 0, lane=lane, timeout=5))
    assert outcome.status is Status.DONE, outcome.why
    ((pid, _),) = outcome.results
    return int(pid)


class Gate:
    """Keeps the worker of a lane busy until it is opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        os.mkfifo(folder / "gate")

    async def shut(self, runner: Runner, lane: Lane = LANE) -> asyncio.Task[Outcome]:
        task = start(runner, job("hold", 0, context=(str(self._folder),), lane=lane))
        await until(announced(self._folder))
        return task

    def open(self) -> None:
        descriptor = os.open(self._folder / "gate", os.O_WRONLY)
        os.close(descriptor)

    def let_go(self) -> bool:
        """Who waits at it now goes on; True, for there need be nobody."""
        with contextlib.suppress(OSError):
            os.close(os.open(self._folder / "gate", os.O_WRONLY | os.O_NONBLOCK))
        return True


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


# ── what works ──────────────────────────────────────────────────────────────────────────────────


async def test_a_warm_worker_is_used_again(runner: Runner) -> None:
    pids = [await worker_of(runner) for _ in range(3)]
    assert len(set(pids)) == 1


async def test_warming_forks_before_the_first_job(runner: Runner) -> None:
    lane = Lane("several", 2, PRELOAD)
    runner.warm(lane)
    supervisor = psutil.Process(runner.supervisor_pid)
    await until(lambda: len(supervisor.children()) == 2)
    waiting = {child.pid for child in supervisor.children()}
    assert await worker_of(runner, lane) in waiting
    runner.warm(lane)
    assert await worker_of(runner, lane) in waiting


async def test_answers_are_in_the_order_of_the_items(runner: Runner) -> None:
    outcome = await runner.execute(job("echo", *range(5)))
    assert outcome.status is Status.DONE
    assert outcome.results == (0, 1, 2, 3, 4)


async def test_large_items(runner: Runner) -> None:
    content = os.urandom(1 << 20) * 20
    outcome = await runner.execute(job("echo", content, b""))
    assert outcome.results == (content, b"")


async def test_a_lane_has_so_many_workers_and_no_more(runner: Runner, tmp_path: Path) -> None:
    gate, lane = Gate(tmp_path), Lane("two", 2, PRELOAD)
    holding = [start(runner, job("hold", n, context=(str(tmp_path),), lane=lane)) for n in range(3)]
    await until(announced(tmp_path, 2))
    assert runner.running == 3
    await until(lambda: gate.let_go() and all(task.done() for task in holding))
    assert len({task.result().results[0] for task in holding}) == 2
    assert runner.running == 0


async def test_lanes_do_not_wait_for_each_other(runner: Runner, gate: Gate) -> None:
    held = await gate.shut(runner)
    assert await worker_of(runner, Lane("other", 1, PRELOAD))
    gate.open()
    await held


async def test_costs_are_booked_with_those_of_children(runner: Runner) -> None:
    outcome = await runner.execute(job("burn", 0, context=(0.1,)))
    assert 0.2 <= outcome.cost.cpu_seconds < 2
    assert 5_000_000 < outcome.cost.memory_bytes < 1_000_000_000
    assert outcome.seconds >= 0.2
    assert runner.costs == {"test": outcome.cost}


# ── order and batches ───────────────────────────────────────────────────────────────────────────

BATCHES = Lane("batches", 1, PRELOAD, batch=4)


async def test_what_waits_is_joined(runner: Runner, gate: Gate) -> None:
    held = await gate.shut(runner, BATCHES)
    jobs = [start(runner, job("who", n, lane=BATCHES)) for n in range(6)]
    other = start(runner, job("who", 0, context=("another",), lane=BATCHES))
    several = start(runner, job("who", 1, 2, 3, lane=BATCHES))
    await asyncio.sleep(0)
    gate.open()
    await held
    sizes = [(await task).results[0][1] for task in jobs]
    assert sizes == [4, 4, 4, 4, 2, 2]
    assert (await other).results[0][1] == 1
    assert [size for _, size in (await several).results] == [3, 3, 3]


async def test_each_of_a_batch_gets_its_own_answers(runner: Runner, gate: Gate) -> None:
    held = await gate.shut(runner, BATCHES)
    jobs = [start(runner, job("echo", *range(n), lane=BATCHES)) for n in range(4)]
    await asyncio.sleep(0)
    gate.open()
    await held
    assert [(await task).results for task in jobs] == [(), (0,), (0, 1), (0, 1, 2)]


async def test_the_urgent_goes_first_then_the_old(
    runner: Runner, gate: Gate, tmp_path: Path
) -> None:
    held = await gate.shut(runner)
    log = tmp_path / "log"
    order = [
        (Priority.BACKGROUND, "background"),
        (Priority.IDLE, "idle"),
        (Priority.INTERACTIVE, "first"),
        (Priority.INTERACTIVE, "second"),
        (Priority.BACKGROUND, "background too"),
    ]
    waiting = [
        start(runner, job("note", name, context=(str(log),), priority=p)) for p, name in order
    ]
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(held, *waiting)
    assert log.read_text().splitlines() == [
        "first",
        "second",
        "idle",
        "background",
        "background too",
    ]


async def test_what_waits_can_become_more_urgent(
    runner: Runner, gate: Gate, tmp_path: Path
) -> None:
    held = await gate.shut(runner)
    log = tmp_path / "log"
    jobs = [
        job("note", name, context=(str(log),), priority=Priority.IDLE)
        for name in ("before", "joined")
    ]
    waiting = [start(runner, each) for each in jobs]
    await asyncio.sleep(0)
    jobs[1].urgency.raise_to(Priority.INTERACTIVE)
    jobs[1].urgency.raise_to(Priority.BACKGROUND)
    gate.open()
    await asyncio.gather(held, *waiting)
    assert log.read_text().splitlines() == ["joined", "before"]


# ── cancelling ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("function", ["hang", "spin", "deaf"])
async def test_cancelling_ends_the_process(runner: Runner, function: str, tmp_path: Path) -> None:
    hanging = start(runner, job(function, 0, context=(str(tmp_path),)))
    (pid,) = await until(announced(tmp_path))
    hanging.cancel()
    assert await worker_of(runner) != pid
    assert await gone([pid])
    assert hanging.cancelled()
    assert runner.running == 0


async def test_cancelling_ends_all_that_was_started(runner: Runner, tmp_path: Path) -> None:
    hanging = start(runner, job("family", 0, context=(str(tmp_path),)))
    pids = await until(announced(tmp_path, 4))
    assert sorted(alive(pids)) == sorted(pids)
    hanging.cancel()
    await worker_of(runner)
    assert await gone(pids)


async def test_a_cancelled_job_that_waits_never_runs(
    runner: Runner, gate: Gate, tmp_path: Path
) -> None:
    held = await gate.shut(runner)
    log = tmp_path / "log"
    unwanted, wanted = (
        start(runner, job("note", name, context=(str(log),))) for name in ("unwanted", "wanted")
    )
    await asyncio.sleep(0)
    unwanted.cancel()
    gate.open()
    await asyncio.gather(held, wanted)
    assert log.read_text() == "wanted\n"


async def test_one_of_a_batch_gives_up(runner: Runner, tmp_path: Path) -> None:
    """The others still get their answers; when the last gives up, the process ends."""
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    gate = Gate(tmp_path / "first")
    for folder, giving_up in (("first", 2), ("second", 3)):
        blocked = Lane("blocked", 1, PRELOAD, batch=3)
        if folder == "second":
            gate = Gate(tmp_path / "second")
        context = (str(tmp_path / folder),)
        opening = start(runner, job("echo", 0, lane=blocked))
        batch = [start(runner, job("hold", n, context=context, lane=blocked)) for n in range(3)]
        (pid,) = await until(announced(tmp_path / folder))
        await opening
        for task in batch[:giving_up]:
            task.cancel()
        if giving_up == 2:
            gate.open()
            assert (await batch[2]).results == (pid,)
            assert [task.cancelled() for task in batch] == [True, True, False]
        else:
            assert await gone([pid])
    assert await worker_of(runner, blocked)


# ── failing ─────────────────────────────────────────────────────────────────────────────────────

FAILURES = {
    "fail": "RuntimeError: broken on purpose",
    "overflow": "RecursionError",
    "miscount": "wrong number of results",
    "not_a_list": "wrong number of results",
    "leave": "ended in the middle of the work",
    "die": "killed by SIGKILL",
    "unspeakable": "lambda",
    "missing": "has no attribute 'missing'",
}


@pytest.mark.parametrize("function", FAILURES)
async def test_a_failure_is_an_outcome(runner: Runner, function: str) -> None:
    outcome = await runner.execute(job(function, 1))
    assert outcome.status is Status.FAILED
    assert FAILURES[function] in outcome.why
    assert outcome.results == ()
    assert await worker_of(runner)


async def test_an_exception_costs_no_worker(runner: Runner) -> None:
    before = await worker_of(runner)
    await runner.execute(job("fail", 1))
    assert await worker_of(runner) == before


@pytest.mark.parametrize("function", ["os:getcwd", "understudyx:f", "subprocess:run", ""])
async def test_only_what_is_in_the_package_is_called(runner: Runner, function: str) -> None:
    outcome = await runner.execute(Job("test", Call(LANE, function, (), (1,)), PATIENCE))
    assert outcome.status is Status.FAILED
    assert "not a function of this program" in outcome.why


@pytest.mark.parametrize(
    "noise",
    [
        b"\0\0\0\4junk",
        b"\0\0\0\0",
        b"\0\0\0\2\x80\x05",
        b"HTTP/1.1 200 OK\r\n\r\n" * 99,
        b"\xff" * 9,
    ],
)
async def test_an_answer_that_is_none(runner: Runner, noise: bytes) -> None:
    """Also one that is announced and does not come."""
    outcome = await runner.execute(job("babble", 1, context=(noise,), timeout=1))
    assert outcome.status in (Status.FAILED, Status.TIMED_OUT)
    assert outcome.why
    assert await worker_of(runner)


async def test_printing_disturbs_nobody(runner: Runner, capfd: pytest.CaptureFixture[str]) -> None:
    """It goes to standard error, never to standard output, which belongs to LSP."""
    outcome = await runner.execute(job("flood", 1))
    assert outcome.results == (1,)
    await runner.close()
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("x") >= 200_000
    assert err.count("y") >= 200_000


@pytest.mark.parametrize("function", ["hang", "spin", "deaf"])
async def test_a_hang_is_timed_out(runner: Runner, function: str, tmp_path: Path) -> None:
    await worker_of(runner)
    outcome = await runner.execute(job(function, 0, context=(str(tmp_path),), timeout=0.8))
    assert outcome.status in (Status.TIMED_OUT, Status.FAILED)
    if function != "deaf":
        assert outcome.status is Status.TIMED_OUT
        assert "0.8 s" in outcome.why
    assert await worker_of(runner)
    assert await gone(announced(tmp_path)())


async def test_after_a_time_out_nothing_runs_on(runner: Runner, tmp_path: Path) -> None:
    outcome = await runner.execute(job("family", 0, context=(str(tmp_path),), timeout=1))
    assert outcome.status is Status.TIMED_OUT
    await worker_of(runner)
    assert await gone(announced(tmp_path)())


@pytest.mark.parametrize("bad", ["fail", "leave", "die", "miscount", "unspeakable", "hang"])
async def test_poison_in_a_batch_spoils_only_itself(runner: Runner, gate: Gate, bad: str) -> None:
    held = await gate.shut(runner, BATCHES)
    items = ["good", bad, "better", "best"]
    jobs = [start(runner, job("poison", item, lane=BATCHES, timeout=1)) for item in items]
    await asyncio.sleep(0)
    gate.open()
    await held
    outcomes = [await task for task in jobs]
    assert [outcome.results for outcome in outcomes] == [("good",), (), ("better",), ("best",)]
    assert outcomes[1].status is (Status.TIMED_OUT if bad == "hang" else Status.FAILED)


async def test_a_lane_whose_modules_cannot_be_imported(runner: Runner) -> None:
    """It fails, and drags no other lane along."""
    broken = await runner.execute(job("echo", 1, lane=Lane("broken", 1, ("no_such_module",))))
    assert broken.status is Status.FAILED
    assert await worker_of(runner)


# ── killing ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_idle_worker_is_killed(runner: Runner) -> None:
    before = await worker_of(runner)
    os.kill(before, signal.SIGKILL)
    assert await gone([before])
    assert await worker_of(runner) != before


async def test_the_supervisor_is_killed_at_rest(runner: Runner) -> None:
    before, supervisor = await worker_of(runner), runner.supervisor_pid
    os.kill(supervisor, signal.SIGKILL)
    assert await gone([before, supervisor])
    assert await worker_of(runner) != before
    assert runner.supervisor_pid != supervisor


async def test_the_supervisor_is_killed_at_work(runner: Runner, tmp_path: Path) -> None:
    """The jobs under way fail, and say so; what they started is gone; the next ones work."""
    hanging = start(runner, job("family", 0, context=(str(tmp_path),)))
    pids = await until(announced(tmp_path, 4))
    os.kill(runner.supervisor_pid, signal.SIGKILL)
    outcome = await hanging
    assert outcome.status is Status.FAILED
    assert outcome.why
    assert await worker_of(runner)
    assert await gone(pids)


async def test_the_supervisor_is_killed_again_and_again(runner: Runner) -> None:
    for _ in range(5):
        pid = await worker_of(runner)
        os.kill(runner.supervisor_pid, signal.SIGKILL)
        assert await gone([pid])


async def test_signals_of_a_terminal_leave_the_supervisor_alone(runner: Runner) -> None:
    """The editor's Ctrl-C is not for us."""
    before = await worker_of(runner)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(runner.supervisor_pid, number)
    assert await worker_of(runner) == before


# ── closing ─────────────────────────────────────────────────────────────────────────────────────


async def test_closing_leaves_no_process(tmp_path: Path) -> None:
    runner = Runner()
    idle = await worker_of(runner)
    other = Lane("other", 1, PRELOAD)
    await runner.execute(job("litter", 0, context=(str(tmp_path),), lane=other))
    hanging = start(runner, job("family", 0, context=(str(tmp_path),)))
    waiting = start(runner, job("echo", 0))
    pids = await until(announced(tmp_path, 5))
    supervisor = runner.supervisor_pid
    await asyncio.wait_for(runner.close(), PATIENCE)
    assert alive([idle, supervisor, *pids]) == []
    done, _ = await asyncio.wait([hanging, waiting], timeout=1)
    assert done == {hanging, waiting}, "nobody waits for a runner that is closed"


async def test_a_closed_runner_takes_no_job() -> None:
    runner = Runner()
    await worker_of(runner)
    await runner.close()
    outcome = await asyncio.wait_for(runner.execute(job("echo", 1)), 5)
    assert outcome.status is Status.FAILED
    assert runner.supervisor_pid == 0


async def test_closing_what_was_never_used_and_twice() -> None:
    runner = Runner()
    await runner.close()
    await runner.close()
    assert runner.supervisor_pid == 0


async def test_a_worker_that_idles_too_long_is_ended(runner: Runner) -> None:
    lane = Lane("brief", 1, PRELOAD, idle_seconds=0.05)
    pid = await worker_of(runner, lane)
    assert await gone([pid])
    assert await worker_of(runner, lane) != pid


async def test_litter_of_a_worker_goes_with_it(runner: Runner, tmp_path: Path) -> None:
    lane = Lane("brief", 1, PRELOAD, idle_seconds=0.05)
    await runner.execute(job("litter", 0, context=(str(tmp_path),), lane=lane))
    assert await gone(announced(tmp_path)())


OWNER = """
import asyncio, signal, sys
from understudy.runner.calls import Call, Job, Lane
from understudy.runner.execute import Runner

async def main(folder):
    runner = Runner()
    lane = Lane("one", 2, ("fakes",))
    for function in ("litter", "family"):
        call = Call(lane, "understudy.fakes:" + function, (folder,), (0,))
        await runner.execute(Job("test", call, 1000))

# As a background job it would have been told to ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_nothing_outlives_its_owner(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", OWNER, str(tmp_path)], stderr=subprocess.DEVNULL
    ) as owner:
        pids = await until(announced(tmp_path, 5))
        below = {child.pid for child in psutil.Process(owner.pid).children(recursive=True)}
        assert set(pids) <= below
        owner.send_signal(number)
        assert await gone(below)


# ── the door ────────────────────────────────────────────────────────────────────────────────────


async def test_what_the_workspace_brings_does_not_run_untrusted(runner: Runner) -> None:
    call = Call(LANE, "understudy.fakes:echo", (), (1,))
    refused = await runner.execute(Job("test", call, PATIENCE, needs_trust=True, trusted=False))
    assert refused.status is Status.REFUSED
    assert "not trusted; `understudy trust`" in refused.why
    assert runner.supervisor_pid == 0, "nothing was started"
    allowed = await runner.execute(Job("test", call, PATIENCE, needs_trust=True, trusted=True))
    assert allowed.status is Status.DONE


async def test_stages_run_outermost_first() -> None:
    seen: list[str] = []

    def stage(name: str) -> Any:
        async def run(job: Job, go_on: GoOn) -> Outcome:
            seen.append(f"{name} in")
            outcome = await go_on(job)
            seen.append(f"{name} out")
            return outcome

        return run

    async def last(job: Job, go_on: GoOn) -> Outcome:
        return Outcome(Status.DONE, why="from a stage")

    runner = Runner([stage("a"), stage("b"), last])
    assert (await runner.execute(job("echo", 1))).why == "from a stage"
    assert seen == ["a in", "b in", "b out", "a out"]
    assert runner.supervisor_pid == 0


async def test_a_refused_job_costs_nothing() -> None:
    accounts = Accounts()
    runner = Runner([accounts, confidence])
    call = Call(LANE, "understudy.fakes:echo", (), (1,))
    await runner.execute(Job("test", call, PATIENCE, needs_trust=True))
    assert accounts.costs["test"].cpu_seconds == 0
