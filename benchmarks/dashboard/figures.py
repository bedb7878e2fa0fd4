"""The figures of ``make bench``: a page of ten thousand findings and a thousand jobs that ended."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..report import Aim, console, table
from ..world import Run, environment
from . import large
from .browser import View, browsing

_PAINT, _UPDATE = 1_000, 100
"""Milliseconds."""
_NAMES = {"paint": "the page is seen", "job": "a job is seen", "finding": "a finding is seen"}


@contextmanager
def served(root: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """The link of a dashboard, which ends with its standard input."""
    words = [sys.executable, "-P", "-m", "understudy", "dashboard", "--json", "--in", str(root)]
    with subprocess.Popen(
        words, env=dict(environ), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.stdin.close()


async def measured(view: View, root: Path, state: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds from the request to the first of the page that is seen; and from when a change
    begins to be written, of the queue and of the findings, until it is seen."""
    figures: dict[str, list[float]] = {"paint": [], "job": [], "finding": []}
    for number in range(rounds):
        await view.page.reload()
        await view.live()
        figures["paint"].append(await view.painted())
        await view.expect("#tasks", f"task_{number}")
        began = await large.add_job(root, state, f"task_{number}")
        figures["job"].append(await view.seen_at() - began)
        name = f"api/a_{number}.py"
        await view.expect("#findings", f"{name}:1")
        began = await large.analyse_again(root, state, name, "import telnetlib\n")
        figures["finding"].append(await view.seen_at() - began)
    return figures


async def figures(run: Run) -> list[Aim]:
    root, state = run.folder / "workspace", run.folder / "state"
    environ = environment(state)
    large.scanned(root, environ)
    await large.add_history(root, state)
    with served(root, environ) as link:
        async with browsing() as context:
            view = await View.of(context, link)
            await view.page.locator("#findings h2", has_text="10,000").wait_for()
            taken = await measured(view, root, state, run.rounds(3, 15))
    found = {name: [1_000 * seconds for seconds in each] for name, each in taken.items()}
    size = f"{large.FILES * large.EACH:,} findings, {large.HISTORY:,} jobs that ended"
    told = table(f"The dashboard with {size}: ms", "", "median", "most")
    for name, each in found.items():
        told.add_row(_NAMES[name], f"{statistics.median(each):.0f}", f"{max(each):.0f}")
    console.print(told)
    median = {name: statistics.median(each) for name, each in found.items()}
    return [
        Aim("dashboard: first paint", median["paint"], _PAINT, "ms"),
        Aim("dashboard: a job is seen", median["job"], _UPDATE, "ms"),
        Aim("dashboard: a finding is seen", median["finding"], _UPDATE, "ms"),
    ]
