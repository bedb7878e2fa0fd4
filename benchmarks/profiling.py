"""What it costs to time all that is done: a span by itself, and a whole scan with and without."""

from __future__ import annotations

import asyncio
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from understudy import spans

from .report import Aim, console, table
from .world import Run, environment, workspace

_SETTINGS = "complexity: {{enabled: false}}\nprofile: {{enabled: {}}}\n"
_PART = "django/db"
"""Of the corpus: large enough to keep the workers busy, small enough to be scanned often."""


class Cost(NamedTuple):
    """Of one scan, in seconds; ``cpu`` of all its processes."""

    wall: float
    cpu: float


async def figures(run: Run) -> list[Aim]:
    many = run.rounds(20_000, 200_000)
    on, off = _span_costs(many)
    told = table("A span, and what is inside it none of", "", "µs")
    told.add_row("recorded", f"{on:.2f}")
    told.add_row("switched off", f"{off:.3f}")
    console.print(told)
    rounds = await _scans(run)
    walls = [on.wall / off.wall for on, off in rounds]
    cpus = [on.cpu / off.cpu for on, off in rounds]
    told = table(
        f"A cold scan of {_PART}, recorded by turns and not, {len(rounds)} times",
        "",
        "median",
        "middle half",
    )
    for name, ratios in (("time, of that without", walls), ("processor, likewise", cpus)):
        low, median, high = statistics.quantiles(ratios, n=4)
        told.add_row(name, f"{median:.3f}", f"{low:.3f} – {high:.3f}")
    console.print(told)
    return [
        Aim("a scan that is recorded, more processor", 100 * (statistics.median(cpus) - 1), 2, "%"),
        Aim("a span, recorded", on, 5, "µs"),
        Aim("a span, switched off", off, 0.5, "µs"),
    ]


def _span_costs(many: int) -> tuple[float, float]:
    """Microseconds of the processor, recorded and switched off: medians of seven."""

    def recorded() -> None:
        for _ in range(many):
            with spans.span("run", tool="ruff"):
                pass

    def nothing() -> None:
        for _ in range(many):
            pass

    spans.stop()
    off = _each(recorded, many) - _each(nothing, many)
    spans.record()
    on = _each(recorded, many) - _each(nothing, many)
    spans.stop()
    return on, off


def _each(work: Callable[[], object], many: int) -> float:
    times = []
    for _ in range(7):
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return statistics.median(times) / many * 1e6


async def _scans(run: Run) -> list[tuple[Cost, Cost]]:
    """Recorded and not, round by round; who is first takes turns."""
    root = workspace(run.folder / "workspace")
    shutil.copytree(run.world.corpus / _PART, root / _PART)
    found = []
    for number in range(run.rounds(3, 15)):
        costs = {}
        for on in (number % 2 == 0, number % 2 == 1):
            settings = _SETTINGS.format(str(on).lower())
            (root / ".understudy/config.yaml").write_text(settings, encoding="utf-8")
            costs[on] = await _scan(root, run.folder / f"state-{number}-{on}")
        found.append((costs[True], costs[False]))
    return found


async def _scan(root: Path, state: Path) -> Cost:
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "understudy", "scan", "--format", "json", str(root)),
        cwd=root,
        env=environment(state),
        stdout=asyncio.subprocess.DEVNULL,
    )
    await process.wait()
    wall, now = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)
