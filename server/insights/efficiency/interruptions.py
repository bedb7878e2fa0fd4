"""Interruptions that were spared, and those that were not. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ...store.measured import Notice, Noticed
from .calendar import Period
from .intervals import Bounds
from .measure import About, Measure, Unit, measured

_SPARED = About(
    "spared",
    "Notices that were not shown",
    Unit.COUNT,
    "those that the same had been told of just before, and those that were told together in one",
    "no notice was held back",
)
_LATER = About(
    "later",
    "Notices that waited for a pause",
    Unit.COUNT,
    "held back while somebody typed, or while many came; they were told afterwards",
    "no notice had to wait",
)
_TOLD = About(
    "told",
    "Notices that were shown",
    Unit.COUNT,
    "what was given to a channel, such as the desktop or mail; what only goes to a log disturbs"
    " nobody, and is not counted",
    "no notice was sent",
)


def interruptions(
    noticed: Sequence[Noticed], period: Period, random: Random
) -> tuple[Measure, ...]:
    """Those that were spared, those that came later, those that came."""
    kinds = (
        (_SPARED, (Notice.DUPLICATE, Notice.MERGED)),
        (_LATER, (Notice.HELD,)),
        (_TOLD, (Notice.TOLD,)),
    )
    return tuple(
        measured(
            about,
            (
                (each.day, Bounds(each.times, each.times))
                for each in noticed
                if each.what in whats and period.within(each.day) is not None
            ),
            period,
            random,
        )
        for about, whats in kinds
    )
