"""What is to be expected of the machine, from one look at it after the other. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .disks import Silent
from .forecast import NOTHING, Forecast
from .pressure import CALM, Pressure, judge
from .processes import Cause, Processes
from .processors import Processors
from .sample import Sample
from .trend import Point
from .use import Kind, Use, amount
from .warning import Foresight

_MINUTE = 60.0
_MOST_MINUTES = 99
_FAR_SECONDS = 14_400.0
"""An end so far away is not told of."""
_CALM_LEVEL = 0.85
_CALM_SECONDS = 3_600.0
_CALM_TIMES = 3.0
"""So much more rarely it is looked while all is well."""
_WARNED_OF = frozenset(Kind) - {Kind.SWAP}
"""Where swap space is full, memory is what runs out."""


class Trend(NamedTuple):
    """Of one resource. ``warns``: since when there is a warning (of the samples' clock), None where
    there is none; ``acknowledged``: who asked for it knows of it."""

    use: Use
    forecast: Forecast = NOTHING
    warns: float | None = None
    acknowledged: bool = False
    causes: tuple[Cause, ...] = ()

    @property
    def left(self) -> str:
        """For people: ``about 4 minutes (3 to 6)``; empty where no end is in sight."""
        found = self.forecast
        if found.left > _FAR_SECONDS:
            return ""
        about, least, most = (_minutes(each) for each in (found.left, found.soonest, found.latest))
        minutes = f"{about} minute{'s' * (about not in ('1', '<1'))}"
        return f"about {minutes}" + (f" ({least} to {most})" if least != most else "")

    @property
    def sentence(self) -> str:
        """What is left, for how long, and who takes it."""
        use = self.use
        ends = f" will be used up in {self.left}" if self.left else ""
        room = f"{amount(use.free, use.kind)} of {amount(use.limit, use.kind)} are left"
        return f"{use.what}{ends}: {room}{self._who}"

    @property
    def brief(self) -> str:
        """For a status bar: ``memory 91 % ↗ 4 min``."""
        found = self.forecast
        ends = f" ↗ {_minutes(found.left)} min" if self.left else ""
        return f"{self.use.kind} {100 * self.use.level:.0f} %{ends}"

    @property
    def _who(self) -> str:
        if not self.causes:
            return ""
        kind = self.use.kind
        shown = [
            f"{f'{each.processes} × ' if each.processes > 1 else ''}{each.words}"
            f" (+{amount(each.more, kind if kind is not Kind.INODES else Kind.DISK)})"
            for each in self.causes
        ]
        return f"; {', '.join(shown)}"


def _minutes(seconds: float) -> str:
    if seconds > _MOST_MINUTES * _MINUTE:
        return f"{_MOST_MINUTES}+"
    return f"{seconds / _MINUTE:.0f}" if seconds >= _MINUTE / 2 else "<1"


class Outlook(NamedTuple):
    """``pressure``: what runs short now, or is about to. ``busiest``: who used the processors
    most, in CPU seconds, between the last two looks at all processes."""

    at: float
    trends: tuple[Trend, ...] = ()
    pressure: Pressure = CALM
    processors: Processors = Processors()
    temperature: float | None = None
    is_hot: bool = False
    busiest: tuple[Cause, ...] = ()
    silent: tuple[Silent, ...] = ()

    @property
    def warnings(self) -> tuple[Trend, ...]:
        """The most urgent first."""
        warned = [each for each in self.trends if each.warns is not None]
        return tuple(sorted(warned, key=lambda each: each.forecast.left))

    def ends(self, trend: Trend) -> str:
        """When it will be used up, for people; empty where that is not in sight."""
        short = self.pressure
        is_short = trend.use.name == short.resource and not short.foreseen
        return trend.left or ("runs short now" if is_short else "")

    @property
    def is_calm(self) -> bool:
        """Whether it need not be looked at so often."""
        return not self.pressure.resource and all(
            each.use.level < _CALM_LEVEL and each.forecast.left > _CALM_SECONDS
            for each in self.trends
        )

    def pause(self, seconds: float) -> float:
        """Until the next look; ``seconds``: while something happens."""
        return seconds * (_CALM_TIMES if self.is_calm else 1.0)


NO_OUTLOOK = Outlook(0.0)


class Watcher:
    """``lead``: how many seconds before something is used up somebody wants to know."""

    def __init__(self, lead: float = 300.0) -> None:
        self.lead = lead
        self.outlook = NO_OUTLOOK
        self._foreseen: dict[str, Foresight] = {}
        self._acknowledged: dict[str, float] = {}
        """What was left, by name."""
        self._processes = Processes()

    @property
    def wants_processes(self) -> bool:
        """Whether the next look is to tell who does it."""
        return any(each.warns for each in self._foreseen.values())

    def add(self, sample: Sample) -> tuple[Trend, ...]:
        """Take note of a look; the warnings that are news."""
        self._processes.add(sample.at, sample.processes)
        short = judge(sample.uses, self.outlook.pressure)
        news: list[str] = []
        trends: list[Trend] = []
        for use in sample.uses:
            foresight = self._foreseen.setdefault(use.name, Foresight(self.lead))
            foresight.lead = self.lead
            if use.kind in _WARNED_OF and foresight.add(Point(sample.at, use.level)):
                news.append(use.name)
            trends.append(self._trend(use, foresight, is_short=use.name == short.resource))
        self._forget({use.name for use in sample.uses})
        self.outlook = Outlook(
            sample.at,
            tuple(trends),
            _soon(short, trends)._replace(on_battery=sample.on_battery),
            sample.processors,
            sample.temperature,
            sample.is_hot,
            self._processes.busiest(),
            sample.silent,
        )
        return tuple(each for each in trends if each.use.name in news)

    def acknowledge(self) -> bool:
        """Somebody knows of all that there is to tell; whether there was anything."""
        trends, short = self.outlook.trends, self.outlook.pressure.resource
        told = [t for t in trends if t.warns is not None or t.use.name == short]
        self._acknowledged = {each.use.name: each.forecast.left for each in told}
        known = [t._replace(acknowledged=t.use.name in self._acknowledged) for t in trends]
        self.outlook = self.outlook._replace(trends=tuple(known))
        return bool(told)

    def _trend(self, use: Use, foresight: Foresight, *, is_short: bool) -> Trend:
        known = self._acknowledged.get(use.name, 0.0)
        if not (foresight.warns or is_short) or foresight.forecast.left < known / 2:
            self._acknowledged.pop(use.name, None)
        return Trend(
            use,
            foresight.forecast,
            foresight.warned_at,
            use.name in self._acknowledged,
            self._processes.causes(use.kind) if foresight.warns else (),
        )

    def _forget(self, names: set[str]) -> None:
        """A disk that is not there any more says nothing when it comes back."""
        self._foreseen = {name: each for name, each in self._foreseen.items() if name in names}


def _soon(short: Pressure, trends: Sequence[Trend]) -> Pressure:
    """What runs short, or else what will first."""
    soon = [each for each in trends if each.warns is not None and each.forecast.left < math.inf]
    if short.resource or not soon:
        return short
    worst = min(soon, key=lambda each: each.forecast.left)
    use, percent = worst.use, round(100 * worst.use.level, 1)
    return Pressure(worst.sentence, False, use.name, percent, use.kind, foreseen=True)
