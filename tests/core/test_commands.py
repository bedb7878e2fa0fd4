"""External commands under their wardens: how each ends, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from understudy.model import Importance
from understudy.runner.budget import Budget, Conditions
from understudy.runner.calls import Command, Job, Status
from understudy.runner.execute import Runner
from understudy.runner.logfile import tail

from .support import PATIENCE, alive, announced, gone, start, until

pytestmark = pytest.mark.usefixtures("nothing_is_left")

PYTHON = (sys.executable, "-c")
ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}

ANNOUNCE = "import os, pathlib\ndef announce(pid): pathlib.Path(f'{pid}.pid').touch()\n"
DEAF = (
    ANNOUNCE
    + "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nannounce(os.getpid())\nwhile True: signal.pause()"
)
POLITE = (
    ANNOUNCE
    + """
import signal, sys
def leave(*_):
    print("cleaning up", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
announce(os.getpid())
while True: signal.pause()
"""
)
FORKS_AWAY = (
    ANNOUNCE
    + """
import signal, time
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        announce(os.getpid())
        os.write(write, b"x")
        while True: signal.pause()
    os._exit(0)
os.read(read, 1)
announce(os.getpid())
"""
)
LEAVES_AS_IT_ENDS = (
    ANNOUNCE
    + """
import ctypes, signal, time
PR_SET_PDEATHSIG = 1
warden = os.getppid()
for _ in range(40):
    if os.fork(): continue
    if os.fork(): os._exit(0)
    while os.getppid() != warden: time.sleep(0.001)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.fork() == 0: announce(os.getpid())
    while True: signal.pause()
while True: signal.pause()
"""
)
"""Children of the warden's that end with it, each of which has one that does not."""
BURN = "import time\nwhile time.process_time() < {0}: pass"


class Doing:
    """What a command needs, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "output.log"
        self.said = bytearray()

    def job(self, *argv: str, timeout: float = PATIENCE, grace: float = 5.0, **more: object) -> Job:
        command = Command(
            argv,
            str(self.folder),
            ENVIRONMENT,
            log=str(self.log),
            output=self.said.extend,
            grace=grace,
            **more,  # type: ignore[arg-type]
        )
        return Job("test", command, timeout)


@pytest.fixture
def doing(tmp_path: Path) -> Doing:
    return Doing(tmp_path)


async def test_what_it_prints_comes_live_and_is_logged(runner: Runner, doing: Doing) -> None:
    outcome = await runner.execute(doing.job("sh", "-c", "echo out; echo err >&2"))
    assert (outcome.status, outcome.exit_code, outcome.why) == (Status.DONE, 0, "")
    assert bytes(doing.said) == doing.log.read_bytes() == b"out\nerr\n"
    assert doing.log.stat().st_mode & 0o777 == 0o600


async def test_output_is_seen_before_the_end(runner: Runner, doing: Doing) -> None:
    os.mkfifo(doing.folder / "gate")
    running = start(runner, doing.job("sh", "-c", "echo first; read x < gate; echo last"))
    await until(lambda: doing.said == b"first\n")
    assert not running.done()
    with await asyncio.to_thread(open, doing.folder / "gate", "w") as gate:
        gate.write("go\n")
    assert (await running).status is Status.DONE
    assert doing.said == b"first\nlast\n"


async def test_its_environment_is_the_one_it_was_given(
    runner: Runner, doing: Doing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    await runner.execute(doing.job("env"))
    names = {line.split("=")[0] for line in doing.said.decode().splitlines()}
    assert names <= {"PATH", "LANG", "UNDERSTUDY_SUPERVISED", "PWD", "SHLVL", "_"}


@pytest.mark.parametrize(
    ("argv", "status", "code", "words"),
    [
        (("sh", "-c", "exit 3"), Status.FAILED, 3, "sh ended with status 3"),
        (("no-such-program",), Status.MISSING, None, "there is no program 'no-such-program'"),
        (("/etc/passwd",), Status.MISSING, None, "cannot be started: Permission denied"),
        (("sh", "-c", "kill -9 $$"), Status.KILLED, -9, "killed by SIGKILL (out of memory?)"),
        (("sh", "-c", "kill -SEGV $$"), Status.KILLED, -11, "killed by SIGSEGV"),
    ],
)
async def test_how_it_ends(
    runner: Runner,
    doing: Doing,
    argv: tuple[str, ...],
    status: Status,
    code: int | None,
    words: str,
) -> None:
    outcome = await runner.execute(doing.job(*argv))
    assert (outcome.status, outcome.exit_code) == (status, code)
    assert words in outcome.why


async def test_the_briefest_end_is_heard_of(runner: Runner, doing: Doing) -> None:
    """Also when it crosses with a question how much was used."""
    for _ in range(20):
        running = start(runner, doing.job("true"))
        while not running.done():
            for each in runner.governor.running:
                each.order("usage")
            await asyncio.sleep(0)
        assert (await running).status is Status.DONE


async def test_a_folder_that_is_not_there(runner: Runner, doing: Doing) -> None:
    job = doing.job("true")
    doing.folder = doing.folder / "missing"
    outcome = await runner.execute(doing.job("true"))
    assert outcome.status is Status.MISSING
    assert "missing does not exist" in outcome.why
    assert (await runner.execute(job)).status is Status.DONE


async def test_on_time_out_it_is_asked_to_leave(runner: Runner, doing: Doing) -> None:
    outcome = await runner.execute(doing.job(*PYTHON, POLITE, timeout=2))
    assert outcome.status is Status.TIMED_OUT
    assert outcome.why == "no end within 2 s"
    assert doing.said == b"cleaning up\n"


async def test_who_does_not_listen_is_killed_after_the_grace(runner: Runner, doing: Doing) -> None:
    outcome = await runner.execute(doing.job(*PYTHON, DEAF, timeout=2, grace=0.3))
    assert outcome.status is Status.TIMED_OUT
    assert 2.3 <= outcome.seconds < 2.3 + 3
    assert await gone(announced(doing.folder)())


@pytest.mark.parametrize("turns", range(8))
async def test_cancelling_ends_it_also_while_it_begins(
    runner: Runner, doing: Doing, turns: int
) -> None:
    running = start(runner, doing.job(*PYTHON, "import signal; signal.pause()"))
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: not runner.commands.running)


async def test_cancelling_ends_it(runner: Runner, doing: Doing) -> None:
    running = start(runner, doing.job(*PYTHON, POLITE))
    pids = await until(announced(doing.folder))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await gone(pids)
    assert doing.log.read_bytes() == b"cleaning up\n"


async def test_what_forks_away_is_ended_with_it(runner: Runner, doing: Doing) -> None:
    outcome = await runner.execute(doing.job(*PYTHON, FORKS_AWAY))
    assert outcome.status is Status.DONE
    pids = announced(doing.folder, 2)()
    assert len(pids) == 2
    assert not alive(pids)


async def test_one_end_is_not_the_end_of_another(runner: Runner, doing: Doing) -> None:
    """What a command forked away is its own, whoever else ends."""
    away = FORKS_AWAY + "while True: signal.pause()"
    running = start(runner, doing.job(*PYTHON, away))
    pids = await until(announced(doing.folder, 2))
    assert (await runner.execute(doing.job("true"))).status is Status.DONE
    assert sorted(alive(pids)) == sorted(pids)
    running.cancel()
    assert await gone(pids)


async def test_closing_ends_all_of_it(runner: Runner, doing: Doing) -> None:
    running = start(runner, doing.job(*PYTHON, DEAF))
    pids = await until(announced(doing.folder))
    await runner.close()
    assert not alive(pids)
    outcome = await running
    assert (outcome.status, outcome.why) == (Status.FAILED, "Understudy is ending")


async def test_a_killed_warden_leaves_nothing(runner: Runner, doing: Doing) -> None:
    """Also of what becomes an orphan while others are ended."""
    running = start(runner, doing.job(*PYTHON, LEAVES_AS_IT_ENDS))
    pids = await until(announced(doing.folder, 40))
    warden = psutil.Process(pids[0]).parents()[1]
    assert warden.ppid() == runner.supervisor_pid
    warden.kill()
    assert await gone(pids)
    assert (await running).status is Status.KILLED


async def test_a_killed_supervisor_leaves_nothing(runner: Runner, doing: Doing) -> None:
    running = start(runner, doing.job(*PYTHON, FORKS_AWAY + "while True: signal.pause()"))
    pids = await until(announced(doing.folder, 2))
    os.kill(runner.supervisor_pid, signal.SIGKILL)
    assert (await running).status is Status.KILLED
    assert await gone(pids)
    assert (await runner.execute(doing.job("true"))).status is Status.DONE


async def test_a_flood_is_cut_live_and_rotated_on_disk(runner: Runner, doing: Doing) -> None:
    flood = "import sys\nfor n in range(40): sys.stdout.write('x' * (1 << 20))\nprint('the end')"
    outcome = await runner.execute(doing.job(*PYTHON, flood, log_bytes=1 << 20))
    assert outcome.status is Status.DONE
    assert len(doing.said) < 4 << 20
    sizes = [path.stat().st_size for path in doing.folder.glob("output.log*")]
    assert len(sizes) == 2
    assert sum(sizes) <= 2 << 20
    assert tail(str(doing.log), 8) == b"the end\n"


async def test_a_file_cannot_grow_without_end(runner: Runner, doing: Doing) -> None:
    outcome = await runner.execute(
        doing.job("sh", "-c", "exec cat /dev/zero > big", file_bytes=1 << 20)
    )
    assert outcome.status is Status.KILLED
    assert "wrote a file that is too large" in outcome.why
    assert (doing.folder / "big").stat().st_size == 1 << 20


async def test_its_cost_is_that_of_its_whole_tree(runner: Runner, doing: Doing) -> None:
    burn = BURN.format(0.2)
    both = f"{sys.executable} -c '{burn}' & {sys.executable} -c '{burn}'; wait"
    outcome = await runner.execute(doing.job("sh", "-c", both))
    assert 0.3 < outcome.cost.cpu_seconds < 2
    assert outcome.cost.memory_bytes > 4 << 20


@pytest.mark.alone
async def test_the_budget_holds(runner: Runner, doing: Doing) -> None:
    """Two that would take all there is get half of one processor, together."""
    runner.governor.budget = Budget(50, 1 << 30, 1)
    jobs = [doing.job(*PYTHON, BURN.format(3), timeout=60) for _ in range(2)]
    outcomes = await asyncio.gather(*(runner.execute(job) for job in jobs))
    seconds = max(outcome.seconds for outcome in outcomes)
    used = sum(outcome.cost.cpu_seconds for outcome in outcomes)
    assert {outcome.status for outcome in outcomes} == {Status.DONE}
    assert used / seconds < 0.5 * 1.15


@pytest.mark.alone
async def test_being_paused_is_not_running(runner: Runner, doing: Doing) -> None:
    runner.governor.budget = Budget(10, 1 << 30, 1)
    outcome = await runner.execute(doing.job(*PYTHON, BURN.format(0.8), timeout=3))
    assert outcome.status is Status.DONE, outcome.why
    assert outcome.seconds > 3


async def test_who_takes_too_much_memory_is_ended(runner: Runner, doing: Doing) -> None:
    runner.governor.budget = Budget(1000, 200 << 20, 1)
    hog = "import signal\nx = bytearray(300 << 20)\nfor n in range(0, len(x), 4096): x[n] = 1\nsignal.pause()"
    outcome = await runner.execute(doing.job(*PYTHON, hog))
    assert outcome.status is Status.KILLED
    assert "more memory than tasks.maxMemoryMb allows" in outcome.why


async def test_low_work_is_paused_while_you_type(runner: Runner, doing: Doing) -> None:
    conditions = Conditions()
    runner.governor.conditions = lambda: conditions
    ticking = "import time\nwhile True: print(end='.', flush=True); time.sleep(0.02)"
    running = start(runner, doing.job(*PYTHON, ticking))
    important = start(
        runner, doing.job(*PYTHON, "import signal; signal.pause()", importance=Importance.HIGH)
    )
    await until(lambda: len(runner.governor.running) == 2)
    low, high = sorted(runner.governor.running, key=lambda each: each.command.importance)
    await until(lambda: doing.said)
    conditions = Conditions(typing=True)
    await until(lambda: low.paused_at is not None)
    assert high.paused_at is None
    conditions = Conditions()
    await until(lambda: low.paused_at is None)
    seen = len(doing.said)
    await until(lambda: len(doing.said) > seen)
    running.cancel()
    important.cancel()


async def test_a_log_without_secrets_has_the_newest_and_holds_nobody_up(
    runner: Runner, doing: Doing
) -> None:
    token = "gh" + "p_" + "a1B2c3D4" * 5
    code = f"""
import sys
for n in range(100_000):
    print(n, "an ordinary line of a log, as there are many of them in any build")
sys.stdout.write("{token[:9]}"); sys.stdout.flush()
print("{token[9:]}", "the door is greenhouse")
"""
    job = doing.job(sys.executable, "-P", "-c", code, log_bytes=1 << 20, secrets=("greenhouse",))
    outcome = await runner.execute(job)
    assert outcome.status is Status.DONE
    log = tail(str(doing.log), 1 << 20)
    assert log.endswith(b"\n<secret> the door is <secret>\n")
    assert len(log) > 900_000
    assert not any(token[9:].encode() in each.read_bytes() for each in doing.folder.iterdir())


async def test_a_log_without_secrets_is_written_while_it_runs(runner: Runner, doing: Doing) -> None:
    job = doing.job("sh", "-c", "echo token=hunter2x; sleep 60", secrets=())
    running = start(runner, job)
    await until(lambda: doing.log.exists() and doing.log.read_bytes())
    assert doing.log.read_bytes() == b"token=<secret>\n"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
