"""The part of ``make bench`` that tells how well ends are foreseen."""

from __future__ import annotations

import time
from pathlib import Path

from rich.table import Table

from understudy.resources import Sampler, Watcher

from ..report import US, Aim, console, table
from ..world import Run
from .judging import CONTENDERS, Verdict, judge, warned
from .recorded import recordings
from .traces import KINDS, STEP, traces

_SEED = 600
"""No rule was made by looking at these."""


async def figures(run: Run) -> list[Aim]:
    made = list(traces(run.rounds(80, 504), _SEED))
    verdicts = {name: judge(made, make) for name, make in CONTENDERS.items()}
    columns = ("", "ends", "5 minutes ahead", "false in 8 hours", "median error of what is left")
    told = table(f"{len(made)} courses of up to eight hours", *columns)
    for name, each in verdicts.items():
        told.add_row(name, *_cells(each))
    for kind in KINDS:
        own = [each for each in made if each.kind == kind.__name__]
        told.add_row(f"  {US}: {kind.__name__}", *_cells(judge(own, CONTENDERS[US])))
    console.print(told)
    console.print(_recorded())
    ours = verdicts[US]
    return [
        Aim("ends foreseen five minutes ahead", 100 * ours.share, 95, "%", least=True),
        Aim("false alarms in eight hours", ours.false_in_eight_hours, 1, ""),
        Aim("median error of the time left", 100 * ours.error, 20, "%"),
        Aim("watching the machine, of a processor", 100 * _cost(run.rounds(48, 480)), 0.1, "%"),
    ]


def _cost(looks: int) -> float:
    """The share of a processor that looks take while all is well, every five seconds, at all
    processes now and then; the thread that the server looks in comes on top."""
    sampler, watcher = Sampler(lambda: {"the workspace": Path.cwd()}), Watcher()
    began = time.process_time()
    for number in range(looks):
        watcher.add(sampler.look(number * STEP))
    return (time.process_time() - began) / (looks * STEP)


def _recorded() -> Table:
    real = [each for each in recordings() if not each.kind.endswith("processors")]
    told = table(
        f"{len(real)} recordings of real machines", "", "ends", "warned, minutes ahead", "false"
    )
    for name, make in CONTENDERS.items():
        for each in (each for each in real if each.began is not None):
            ahead = [f"{(len(each.levels) * STEP - at) / 60:.1f}" for at in warned(each, make())]
            told.add_row(f"{name}: {each.kind}", "1", ", ".join(ahead) or "never", "")
        others = judge((each for each in real if each.began is None), make)
        told.add_row(f"{name}: where nothing ended", "", "", f"{others.false}")
    return told


def _cells(verdict: Verdict) -> list[str]:
    return [
        f"{verdict.ends}",
        f"{verdict.share:.1%}" if verdict.ends else "",
        f"{verdict.false_in_eight_hours:.2f}",
        f"{verdict.error:.1%}" if verdict.errors else "",
    ]
