"""The part of ``make bench`` that tells what was learned."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from pathlib import Path

from ..report import US, Aim, console, table
from ..world import Run
from . import files
from .cost import cost, lines_of
from .parameters import Fit, fit
from .replay import CONTENDERS, HORIZON, Judged, Replay, replay
from .scores import auc, deciles, refit
from .sources import Source, sources


async def figures(_: Run) -> list[Aim]:
    folder = os.environ.get("LEARNING_DATA")
    found = list(sources(Path(folder))) if folder else []
    replays = [(source, _replayed(source)) for source in found]
    aims = [aim for _, (aims, _, _) in replays for aim in aims]
    unseen = [(ours, fits) for source, (_, ours, fits) in replays if source.use == "held out"]
    aims += _with_time([uses for ours, _ in unseen for uses in ours.whole])
    aims += _fitting([fits for _, fits in unseen])
    aims += _together(Path(folder)) if folder else []
    if not found:
        console.print("LEARNING_DATA names no folder with data: nothing is replayed.\n")
    taken = cost(lines_of(found))
    console.print(f"A task, at 10,000: {taken.median:.0f} µs, 99 %: {taken.p99:.0f} µs\n")
    return [*aims, Aim("a task is counted, p99 at 10,000", taken.p99, 100, "µs")]


def _replayed(source: Source) -> tuple[list[Aim], Replay, Fit]:
    name = f"{source.name} ({source.use})"
    told = table(
        f"{name}: {len(source.people)} people, {source.tasks:,} tasks, half of the people"
        f" with {source.median:,} or fewer",
        *("", "offers in 1,000", "reused ≥ 1", "≥ 3", "commands saved"),
    )
    for contender in CONTENDERS:
        each = replay(source.people, contender)
        if contender.name == US:
            ours = each
        shares = (each.reused(1), each.reused(3))
        told.add_row(
            contender.name,
            f"{each.per_thousand:.1f}",
            *(f"{share:.3f}" for share in shares),
            f"{each.commands_saved:.1%}",
        )
    rest = [f"{ours.reused(least, whole=True):.3f}" for least in (1, 3)]
    told.add_row(f"{US}, {len(ours.whole):,} with all tasks after them", "", *rest, "")
    console.print(told)
    _calibration("Of those scored so, used twice more", ours.judged)
    whole = [each for each in ours.judged if each.whole]
    _calibration(f"… of those after which {HORIZON:,} tasks came", whole)
    own = refit(source.people)
    console.print(
        f"Refitted on the first half of each person's: the mean surprise of the other"
        f" {own.scores:,} scores is {own.after:.3f}, and {own.before:.3f} without."
    )
    fits = fit(source.people)
    console.print(
        f"AUC {auc(ours.judged):.3f}. Of {fits.later:,} later uses {fits.share:.1%} fit what"
        f" the first three say, {fits.demoting / max(1, fits.later):.1%} what those before it say,"
        f" {fits.verbatim / max(1, fits.later):.1%} are the third to the letter.\n"
    )
    aims = [
        Aim(f"{name}: offers in 1,000 tasks", ours.per_thousand, 10, ""),
        Aim(f"{name}: reused at least once", ours.reused(1), 0.94, "", least=True),
        Aim(f"{name}: reused at least three times", ours.reused(3), 0.82, "", least=True),
        Aim(f"{name}: commands saved", 100 * ours.commands_saved, 19, "%", least=True),
        Aim(f"{name}: parameters fit later uses", 100 * fits.share, 90, "%", least=True),
    ]
    return aims, ours, fits


def _with_time(uses: Sequence[int]) -> list[Aim]:
    """Of what was held out, the offers after which all tasks came that a score speaks of."""
    if not uses:
        return []
    name = f"held out, {len(uses)} offers with {HORIZON:,} tasks after them"
    least = [statistics.fmean(each >= number for each in uses) for number in (1, 3)]
    return [
        Aim(f"{name}: reused at least once", least[0], 0.94, "", least=True),
        Aim(f"{name}: reused at least three times", least[1], 0.82, "", least=True),
    ]


def _fitting(fits: Sequence[Fit]) -> list[Aim]:
    """Of what was held out, taken together."""
    if not fits:
        return []
    every = Fit(*map(sum, zip(*fits, strict=True)))
    name = f"held out, {every.later:,} later uses: parameters fit"
    return [Aim(name, 100 * every.share, 90, "%", least=True)]


def _calibration(title: str, judged: Sequence[Judged]) -> None:
    told = table(title, "score", "used", "scores")
    for decile in deciles(judged):
        told.add_row(f"{decile.mean:.2f}", f"{decile.used:.2f}", f"{decile.scores:,}")
    console.print(told)


def _together(folder: Path) -> list[Aim]:
    """Files that come together."""
    people = files.people(folder)
    if not people:
        return []
    told = table(
        f"Files that come together: {len(people)} authors",
        *("", "offers", "reused ≥ 1", "≥ 3", "uses of an offer"),
    )
    ours = files.replay(people)
    for name, each in ((US, ours), ("seen three times", files.replay(people, 0.0))):
        shares = (f"{each.reused(1):.3f}", f"{each.reused(3):.3f}", f"{each.mean:.1f}")
        told.add_row(name, f"{len(each.uses):,}", *shares)
    console.print(told)
    return [Aim("files that come together: reused", ours.reused(1), 0.74, "", least=True)]
