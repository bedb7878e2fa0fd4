"""Figures in words: for people, and the same everywhere. Pure."""

from __future__ import annotations

import math
from datetime import date

from ..efficiency.intervals import Bounds
from ..efficiency.measure import Measure, Trend, Unit
from ..efficiency.rates import Rate
from ..efficiency.survival import Survival

NONE = "–"
MINUS = "\N{MINUS SIGN}"
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min``, ``1 h 20 min``, ``2 d 3 h``: with two figures that count."""
    if seconds < 0:
        return f"{MINUS}{duration(-seconds)}"
    if round(seconds, 2) < 10:
        return f"{seconds:.2g} s" if seconds >= 0.01 else "0 s" if not seconds else "< 0.01 s"
    if round(seconds) < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if round(seconds / _MINUTE) < 2 * _MINUTE:
        return f"{seconds / _MINUTE:.0f} min"
    if round(seconds / _HOUR) < 48:
        hours, minutes = divmod(round(seconds / _MINUTE), 60)
        return f"{hours} h {minutes} min" if hours < 10 and minutes else f"{hours} h"
    days, hours = divmod(round(seconds / _HOUR), 24)
    return f"{days:,} d {hours} h" if days < 10 and hours else f"{days:,} d"


def amount(value: float, unit: Unit) -> str:
    if unit is Unit.SECONDS:
        return duration(value)
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2g}"


def bounds(each: Bounds | None, unit: Unit) -> str:
    """``8–21 min`` as ``8 min – 21 min``; one figure where both are told the same."""
    if each is None:
        return NONE
    low, high = amount(each.low, unit), amount(each.high, unit)
    return low if low == high else f"{low} – {high}"


def total(measure: Measure) -> str:
    return bounds(measure.total, measure.unit)


def a_day(measure: Measure) -> str:
    return bounds(measure.a_day, measure.unit)


def trend(each: Trend | None, unit: Unit) -> str:
    """A day of the second half of the period against one of the first."""
    if each is None:
        return NONE
    if each.direction == "no clear change":
        return each.direction
    sign = "+" if each.change >= 0 else MINUS
    return f"{each.direction}, {sign}{amount(abs(each.change), unit)} a day"


def percent(value: float) -> str:
    """What is not quite all is not told as all, and so with nothing."""
    if 0 < value < 0.01:
        return "< 1 %"
    if 0.99 < value < 1:
        return "> 99 %"
    return f"{100 * value:.0f} %"


def rate(each: Rate) -> str:
    low, high = each.bounds
    return f"{100 * low:.0f}–{100 * high:.0f} %"


def median(each: Survival | None) -> str:
    """Until half are fixed, and between what that lies."""
    if each is None:
        return NONE
    if each.median is None:
        return f"not within {duration(each.horizon)}"
    low = duration(each.median_low)
    if math.isinf(each.median_high):
        return f"{duration(each.median)} ({low} or more)"
    return f"{duration(each.median)} ({low} – {duration(each.median_high)})"


def mean(each: Survival) -> str:
    """Until they are fixed, of the time that was seen."""
    within = f"{duration(each.mean)} ({duration(each.mean_low)} – {duration(each.mean_high)})"
    return f"a finding stays {within} of the first {duration(each.horizon)}"


def day(each: date) -> str:
    return f"{each.day} {each:%b %Y}"


def times(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
