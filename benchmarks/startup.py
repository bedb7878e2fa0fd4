"""From starting the server to its answer to ``initialize``, and its cost while nobody types."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import time
from pathlib import Path

import psutil

from .client import Client
from .report import US, Aim, console
from .world import FILES, HERE, SERVER, Run, environment, workspace

_BARE = (sys.executable, "-P", str(HERE / "bare_server.py"))


async def measure(root: Path, state: Path, rounds: int) -> dict[str, float]:
    """Median milliseconds of ours and of a bare pygls server, in turns."""
    taken: dict[str, list[float]] = {US: [], "bare pygls": []}
    for _ in range(rounds):
        for name, command in ((US, SERVER), ("bare pygls", _BARE)):
            started = time.perf_counter()
            async with Client.start(command, root, environment(state)) as client:
                await client.initialize(root, {"trusted": True})
                taken[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}


async def idle(root: Path, file: Path, state: Path, seconds: float) -> tuple[float, float, float]:
    """Percent of one CPU of the server and all it started, with a file open: while it writes down
    what was done, and then; and MB."""
    async with Client.start(SERVER, root, environment(state)) as client:
        await client.initialize(root, {"trusted": True})
        client.open(file, file.read_text(encoding="utf-8"))
        await client.wait(lambda: client.diagnostics.get(file.as_uri()))
        await asyncio.sleep(5)
        process = psutil.Process(client.process.pid)
        used = []
        for _ in range(2):
            before = _cpu(process)
            await asyncio.sleep(seconds)
            used.append((_cpu(process) - before) / seconds * 100)
        family = [process, *process.children(recursive=True)]
        memory = sum(each.memory_full_info().pss for each in family) / 1e6
        return used[0], used[1], memory


def _cpu(process: psutil.Process) -> float:
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(t.user + t.system for t in times)


async def figures(run: Run) -> list[Aim]:
    root = workspace(run.folder / "workspace")
    file = Path(shutil.copy(run.world.corpus / FILES[500], root))
    starts = await measure(root, run.folder / "state", run.rounds(3, 11))
    after, cpu, memory = await idle(root, file, run.folder / "state", run.rounds(5, 30))
    console.print(
        f"Start → initialize: {starts[US]:.0f} ms;"
        f" a bare pygls server {starts['bare pygls']:.0f} ms.\n"
        f"In the half minute after a file was opened: {after:.2f} % of a CPU; idle from then on:"
        f" {cpu:.2f} %, {memory:.0f} MB (server, supervisor and workers).\n"
    )
    return [
        Aim("start → initialize, against bare pygls", starts[US] / starts["bare pygls"], 1.3, "×"),
        Aim("idle CPU", cpu, 0.3, "%"),
    ]
