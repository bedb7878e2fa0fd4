"""``make bench``: side by side with what a user would pick instead, in one run.

Medians, ratios, and what was aimed at; an aim that is not reached is printed as such. ``--quick``
takes fewer rounds: to see that everything works, not to quote. ``--only PART`` measures one part.
A part is a function that measures, prints and says what was aimed at.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from . import (
    efficiency,
    family,
    profiling,
    sandbox,
    saves,
    startup,
    tasks,
    tools,
    workflows,
    workspace,
)
from .dashboard import figures as dashboard
from .foresight import figures as foresight
from .learning import figures as learning
from .report import Aim, console, print_aims
from .world import CACHE, Run

PARTS: dict[str, Callable[[Run], Awaitable[list[Aim]]]] = {
    "saves": saves.figures,
    "workspace": workspace.figures,
    "startup": startup.figures,
    "tasks": tasks.figures,
    "tools": tools.figures,
    "family": family.figures,
    "sandbox": sandbox.figures,
    "learning": learning.figures,
    "foresight": foresight.figures,
    "profiling": profiling.figures,
    "workflows": workflows.figures,
    "efficiency": efficiency.figures,
    "dashboard": dashboard.figures,
}


async def bench(folder: Path, parts: Iterable[str], *, quick: bool) -> list[Aim]:
    aims = []
    for name in parts:
        (own := folder / name).mkdir()
        aims += await PARTS[name](Run(own, quick))
    return aims


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=PARTS, action="append")
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {load:.1f}")
    parts = [name for name in PARTS if name in (chosen.only or PARTS)]
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        aims = asyncio.run(bench(Path(folder), parts, quick=chosen.quick))
    print_aims(aims)
    if len(parts) < len(PARTS):
        return
    result = {aim.name: [aim.value, aim.limit, aim.reached] for aim in aims}
    (CACHE / "result.json").write_text(json.dumps(result, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
