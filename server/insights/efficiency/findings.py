"""Findings that were made and fixed, and how long that took. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from random import Random
from typing import NamedTuple

from ...findings.lives import End
from ...model import Severity
from ...store.lives import Life
from .calendar import Period
from .intervals import Bounds
from .measure import About, Measure, Unit, measured
from .survival import Stay, Survival, survival

_ONE = Bounds(1.0, 1.0)
_MADE = About(
    "introduced",
    "Findings introduced",
    Unit.COUNT,
    "problems that a change of a file made, by the files on disk; not what a tool, a setting or a"
    " branch of git brought, nor what was there when a file was first looked at",
    "no change of a file made one, as far as it was looked at",
)
_FIXED = About(
    "fixed",
    "Findings fixed",
    Unit.COUNT,
    "problems that went with a change of a file; not what a comment or a setting hides, nor what"
    " went with a branch of git",
    "no change of a file took one away, as far as it was looked at",
)


class Severities(NamedTuple):
    """Of one severity: how many were made and fixed in the period, and are there at its end; how
    long those stay that were made in the period."""

    severity: Severity
    introduced: int
    fixed: int
    open: int
    stays: Survival | None


class Findings(NamedTuple):
    """``hidden``: so many were hidden in the period, by a comment or a setting."""

    introduced: Measure
    fixed: Measure
    stays: Survival | None
    severities: tuple[Severities, ...]
    hidden: int


def findings(lives: Sequence[Life], period: Period, now: float, random: Random) -> Findings:
    """``now``: up to when what is there is known to be."""
    made = [each for each in lives if each.new and period.day(each.came) is not None]
    fixed = [each for each in lives if _ended(each, End.FIXED, period)]
    severities = sorted({each.severity for each in lives}, reverse=True)
    return Findings(
        measured(_MADE, _by_day((each.came for each in made), period), period, random),
        measured(_FIXED, _by_day((each.gone for each in fixed), period), period, random),
        _stays(made, now),
        tuple(
            Severities(
                Severity(each),
                sum(life.severity == each for life in made),
                sum(life.severity == each for life in fixed),
                sum(life.severity == each and life.gone is None for life in lives),
                _stays((life for life in made if life.severity == each), now),
            )
            for each in severities
        ),
        sum(_ended(each, End.HIDDEN, period) for each in lives),
    )


def _by_day(moments: Iterable[float | None], period: Period) -> Iterator[tuple[date, Bounds]]:
    for at in moments:
        if at is not None and (day := period.day(at)) is not None:
            yield day, _ONE


def _ended(life: Life, how: End, period: Period) -> bool:
    return life.how == how and life.gone is not None and period.day(life.gone) is not None


def _stays(lives: Iterable[Life], now: float) -> Survival | None:
    """What went for another reason than being fixed was there until then, at least."""
    return survival(
        Stay((now if each.gone is None else each.gone) - each.came, each.how == End.FIXED)
        for each in lives
    )
