"""The part of ``make bench`` that tells how well ends are foreseen."""

from __future__ import annotations

from ..report import US, Aim, console, table
from ..world import Run
from .judging import CONTENDERS, Verdict, judge
from .traces import KINDS, traces

_SEED = 500
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
    ours = verdicts[US]
    return [
        Aim("ends foreseen five minutes ahead", 100 * ours.share, 95, "%", least=True),
        Aim("false alarms in eight hours", ours.false_in_eight_hours, 1, ""),
        Aim("median error of the time left", 100 * ours.error, 20, "%"),
    ]


def _cells(verdict: Verdict) -> list[str]:
    return [
        f"{verdict.ends}",
        f"{verdict.share:.1%}" if verdict.ends else "",
        f"{verdict.false_in_eight_hours:.2f}",
        f"{verdict.error:.1%}" if verdict.errors else "",
    ]
