"""The sandbox: what it costs above a plain process, beside other ways to keep a workspace as it is.

Each figure is of all of it: what is made before, ``true`` or a change, what is compared and removed
after.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import psutil

from understudy.runner.execute import Runner
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import bubblewrap, run

from .report import Aim, console, table
from .world import Run

SIZES = (500, 5_000, 50_000)
PLAIN, OURS, CHANGING = "a plain process", "understudy", "understudy, 20 files changed"
FIRST = "understudy, the first time"
COPY, WORKTREE = "cp -a, and rm", "git worktree add, and remove"
_SLOW_ROUNDS = 1
"""What takes so much longer is measured so often."""
_TRUE = ("true",)
_CHANGE = ("sh", "-c", "for n in 0/*[05].py; do echo 'y = 2' >> $n; done")
_A_FOLDER = 100
_CHANGED = 20


class Cost(NamedTuple):
    """Median milliseconds by what was done, and MB that a run takes while it runs."""

    files: int
    milliseconds: dict[str, float]
    memory: float

    @property
    def above(self) -> float:
        return self.milliseconds[OURS] - self.milliseconds[PLAIN]


async def cost(folder: Path, files: int, rounds: int) -> Cost:
    """In turns, so that the machine is the same for all."""
    root = _workspace(folder / "workspace", files)
    runner = Runner()

    async def ours(argv: tuple[str, ...]) -> None:
        trial = await run(argv, root, Policy(), runner, folder / "trials")
        assert trial.is_clean, trial.why
        assert len(trial.changes) == (_CHANGED if argv == _CHANGE else 0)

    copy, tree = folder / "copy", folder / "tree"
    git = ("git", "-C", str(root))
    bare = (bubblewrap(), "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-all")
    contenders: dict[str, Callable[[], Awaitable[None]]] = {
        PLAIN: lambda: _run(_TRUE),
        OURS: lambda: ours(_TRUE),
        CHANGING: lambda: ours(_CHANGE),
        "bubblewrap alone, changes what it likes": lambda: _run((*bare, "--", *_TRUE)),
        COPY: lambda: _run(("cp", "-a", str(root), str(copy)), _TRUE, ("rm", "-r", str(copy))),
        WORKTREE: lambda: _run(
            (*git, "worktree", "add", "-q", "--detach", str(tree)),
            _TRUE,
            (*git, "worktree", "remove", "--force", str(tree)),
        ),
    }
    taken: dict[str, list[float]] = {name: [] for name in (*contenders, FIRST)}
    try:
        await ours(_CHANGE)  # what is started once is started, and what is imported late is there
        taken[FIRST].append(await _timed(lambda: ours(_TRUE)))
        for number in range(rounds):
            for name, contender in contenders.items():
                if number < _SLOW_ROUNDS or name not in (COPY, WORKTREE):
                    taken[name].append(await _timed(contender))
        memory = await _memory(ours)
    finally:
        await runner.close()
    shutil.rmtree(folder)
    return Cost(files, {name: statistics.median(each) for name, each in taken.items()}, memory)


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await work()
    return (time.perf_counter() - started) * 1_000


async def _run(*commands: tuple[str, ...]) -> None:
    for argv in commands:
        process = await asyncio.create_subprocess_exec(*argv)
        assert await process.wait() == 0


async def _memory(ours: Callable[[tuple[str, ...]], Awaitable[None]]) -> float:
    """MB of all processes of a run but its command, at most; shared pages by share."""
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    running = asyncio.ensure_future(ours(("sleep", "1")))
    most = 0.0
    while not running.done():
        await asyncio.sleep(0.02)
        most = max(most, await asyncio.to_thread(_held, before))
    await running
    return most / 1e6


def _held(known: set[int]) -> float:
    held = 0
    for process in psutil.Process().children(recursive=True):
        try:
            if process.pid not in known and process.name() != "sleep":
                held += process.memory_full_info().pss
        except psutil.Error:
            continue
    return held


def _workspace(root: Path, files: int) -> Path:
    """A repository; nothing of it changes between the rounds."""
    for number in range(files):
        folder, name = divmod(number, _A_FOLDER)
        if not name:
            (root / str(folder)).mkdir(parents=True)
        (root / f"{folder}/{name}.py").write_text(f"x = {number}\n" * 40)
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0")
    for arguments in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "all")):
        subprocess.run(("git", "-C", str(root), *arguments), check=True, env=os.environ)
    return root


async def figures(given: Run) -> list[Aim]:
    costs = [await cost(given.folder / str(size), size, given.rounds(3, 11)) for size in SIZES]
    sizes = (f"{each.files:,}" for each in costs)
    told = table("`true` on a workspace of so many files: ms", "", *sizes)
    for name in costs[0].milliseconds:
        told.add_row(name, *(f"{each.milliseconds[name]:.1f}" for each in costs))
    console.print(told)
    return [
        *(
            Aim(f"sandbox, {each.files:,} files: above a plain process", each.above, 60, "ms")
            for each in costs
        ),
        Aim("sandbox: memory of a run", max(each.memory for each in costs), 30, "MB"),
    ]
