"""When rules are due by the clock: cron expressions and intervals. Pure.

Times are seconds since the epoch. What is remembered of each rule is a ``Mark``; who calls keeps
the marks: ``settle`` brings them up to date, ``due`` tells what has to start now, ``started`` and
``failed`` give the mark after that. So a run that did not start stays due, one that was missed is
made up once, and a moment that comes again (the clock was set back) is not run again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from typing import NamedTuple

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_INTERVAL = re.compile(r"(\d{1,6})\s*([smhdw])(\s+of\s+activity)?", re.ASCII)
_SHORTEST = 10

_REPEATED_SECONDS = 3 * 3_600
"""A clock that was set back by no more repeats moments; by more, it was wrong (cron(8))."""
_FIRST_RETRY = 60.0
_LONGEST_RETRY = 3_600.0


class ScheduleError(ValueError):
    """The message tells a person what is wrong with an expression, a zone or an interval."""


class Cron(NamedTuple):
    """``expression`` has five fields, in the local time of ``zone``.

    As in Debian's cron, a fixed time that daylight saving leaves out runs right after the gap, and
    one that comes twice runs the first time; what runs every so many minutes or hours runs on.
    """

    expression: str
    zone: tzinfo
    text: str


class Every(NamedTuple):
    """Counted from the last start; ``of_activity`` counts only while the developer is active."""

    seconds: float
    of_activity: bool
    text: str


Schedule = Cron | Every


class Mark(NamedTuple):
    """What is remembered of one rule: all that was due until ``at`` is settled.

    ``active`` are seconds of activity since then, ``schedule`` is the text of what the rule had,
    ``failures`` is how often in a row its run did not start, the last time at ``tried``.
    """

    at: float
    schedule: str
    active: float = 0.0
    failures: int = 0
    tried: float = 0.0


class Run(NamedTuple):
    """A rule that is due: since ``slot``, as seen at ``now``."""

    name: str
    schedule: Schedule
    slot: float
    now: float


# ── What people write ───────────────────────────────────────────────────────────────────────────


def cron(expression: str, timezone: str = "") -> Cron:
    """Raises ScheduleError. Without ``timezone`` the machine's own local time counts."""
    from cronsim import CronSim, CronSimError

    fields = " ".join(expression.split())
    if len(fields.split()) != 5:
        raise ScheduleError(
            f"{expression!r} is no cron expression: it has to have five fields, minute, hour, day "
            "of the month, month, day of the week, such as '0 9 * * 1-5'"
        )
    where = zone(timezone)
    try:
        next(CronSim(fields, datetime(2000, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        field = str(error).removeprefix("Bad ").replace("-", " ")
        raise ScheduleError(f"the {field} of the cron expression {fields!r} is not right") from None
    except StopIteration:
        raise ScheduleError(f"the cron expression {fields!r} names a day that never is") from None
    return Cron(fields, where, f"{fields} {timezone}".strip())


def every(interval: str) -> Every:
    """``30m``, ``2h``, ``1d``, ``30m of activity``. Raises ScheduleError."""
    match = _INTERVAL.fullmatch(interval.strip())
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if match is None or seconds < _SHORTEST:
        raise ScheduleError(
            f"{interval!r} is no interval: write a number and s, m, h, d or w, at least "
            f"{_SHORTEST}s, such as '30m', '1d' or '2h of activity'"
        )
    return Every(seconds, bool(match[3]), f"every {' '.join(interval.split())}")


@cache
def zone(name: str) -> tzinfo:
    """The zone of a name such as ``Europe/Berlin``; the machine's own for an empty one.

    Raises ScheduleError. Names need the system's time zone data, or the package tzdata; UTC and
    the machine's own do not.
    """
    if not name:
        return LocalTime()
    if name.upper() == "UTC":
        return UTC
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        pass
    if not zoneinfo.available_timezones():
        raise ScheduleError(
            f"the time zone {name!r} is not known, since this machine has no time zone data: "
            "install tzdata, from the system or with pip"
        )
    raise ScheduleError(f"there is no time zone {name!r}: write a name such as 'Europe/Berlin'")


class LocalTime(tzinfo):
    """What the machine takes for local time, with its rules for daylight saving."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        if moment is None:
            return None
        # Not by ``astimezone``: of a time that the clock leaves out it says one thing before
        # Python 3.12 and another since.
        wall = moment.replace(tzinfo=None)
        return wall - datetime.fromtimestamp(wall.timestamp(), UTC).replace(tzinfo=None)

    def dst(self, moment: datetime | None) -> timedelta | None:
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        return None if moment is None else moment.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, moment: datetime) -> datetime:
        since = moment.replace(tzinfo=UTC).timestamp()
        return datetime.fromtimestamp(since).replace(tzinfo=self)  # noqa: DTZ006


# ── What is due ─────────────────────────────────────────────────────────────────────────────────


def settle(
    schedules: Mapping[str, Schedule], marks: Mapping[str, Mark], now: float, active: float = 0.0
) -> dict[str, Mark]:
    """The marks for ``schedules`` as they are now; ``due`` and ``next_due`` are asked with these.

    A rule that is new, or whose schedule is another, counts from ``now``; one that is gone is
    forgotten. ``active``: seconds of activity since this was last asked.
    """
    return {
        name: _settled(schedule, marks.get(name), now, max(0.0, active))
        for name, schedule in schedules.items()
    }


def _settled(schedule: Schedule, mark: Mark | None, now: float, active: float) -> Mark:
    if mark is None or mark.schedule != schedule.text:
        return Mark(now, schedule.text)
    mark = mark._replace(active=mark.active + active, tried=min(mark.tried, now))
    ahead = mark.at - now
    if ahead <= 0:
        return mark
    if isinstance(schedule, Every):
        return mark._replace(at=now)
    # Nothing runs twice, unless it then kept silent for longer than a round of its own.
    following = _after(schedule, mark.at)
    return mark._replace(at=now) if ahead > max(_REPEATED_SECONDS, following - mark.at) else mark


def due(
    schedules: Mapping[str, Schedule], marks: Mapping[str, Mark], now: float
) -> tuple[Run, ...]:
    """What has to start, the longest due first; each rule once, however many it missed."""
    runs = (
        Run(name, schedules[name], slot, now)
        for name, slot in _slots(schedules, marks, now)
        if slot <= now and _retry(marks[name]) <= now
    )
    return tuple(sorted(runs, key=lambda run: (run.slot, run.name)))


def next_due(
    schedules: Mapping[str, Schedule],
    marks: Mapping[str, Mark],
    now: float,
    active: bool = False,
) -> float:
    """The first moment at which something is due; infinity when there is none.

    ``active``: whether the developer is. If not, no interval of activity ends by itself.
    """
    return min(
        (
            max(slot, _retry(marks[name]))
            for name, slot in _slots(schedules, marks, now)
            if active or slot <= now or not _of_activity(schedules[name])
        ),
        default=math.inf,
    )


def started(run: Run) -> Mark:
    """What to remember when the run has started; best in one transaction with its job."""
    return Mark(run.now, run.schedule.text)


def failed(mark: Mark, run: Run) -> Mark:
    """What to remember when the run did not start: it stays due, and is tried again after a
    minute, then two, at most an hour."""
    return mark._replace(failures=mark.failures + 1, tried=run.now)


def _retry(mark: Mark) -> float:
    if not mark.failures:
        return mark.at
    return mark.tried + min(_FIRST_RETRY * 2.0 ** min(mark.failures - 1, 16), _LONGEST_RETRY)


def _slots(
    schedules: Mapping[str, Schedule], marks: Mapping[str, Mark], now: float
) -> Iterable[tuple[str, float]]:
    """When each rule is due next, or since when."""
    for name, schedule in schedules.items():
        mark = marks[name]
        if isinstance(schedule, Cron):
            yield name, _after(schedule, mark.at)
        elif _of_activity(schedule):
            yield name, now + max(0.0, schedule.seconds - mark.active)
        else:
            yield name, mark.at + schedule.seconds


def _of_activity(schedule: Schedule) -> bool:
    return isinstance(schedule, Every) and schedule.of_activity


@lru_cache(maxsize=1_024)
def _after(schedule: Cron, moment: float) -> float:
    """The first time after ``moment``; infinity when there is none in fifty years."""
    minute, hour = schedule.expression.split()[:2]
    if minute.startswith("*") or hour.startswith("*"):
        return _shown_after(schedule, moment)
    from cronsim import CronSim

    for time in CronSim(schedule.expression, datetime.fromtimestamp(moment, schedule.zone)):
        # Where a fixed time comes twice, cronsim means the first: it may lie before ``moment``.
        if (found := time.timestamp()) > moment:
            return found
    return math.inf


def _shown_after(schedule: Cron, moment: float) -> float:
    """When the clock next shows a time that matches.

    cronsim goes by whole hours, and misses times where a zone changes by half an hour; as long as
    the offset from UTC is the same there is nothing to miss.
    """
    from cronsim import CronSim

    shift = _shift(schedule.zone, moment)
    while True:
        shown = datetime.fromtimestamp(moment + shift, UTC)
        if (time := next(CronSim(schedule.expression, shown), None)) is None:
            return math.inf
        found = time.timestamp() - shift
        change = _change(schedule.zone, moment, found, shift)
        if change is None:
            return found
        moment, shift = change - 1, _shift(schedule.zone, change)


def _shift(where: tzinfo, moment: float) -> float:
    """Seconds by which local time is ahead of UTC."""
    offset = datetime.fromtimestamp(moment, where).utcoffset()
    return offset.total_seconds() if offset else 0.0


def _change(where: tzinfo, start: float, end: float, shift: float) -> float | None:
    """The first full second in (start, end] at which local time is not ahead by ``shift``."""
    while start < end:
        late = min(start + _UNITS["d"], end)
        if _shift(where, late) != shift:
            low, high = math.floor(start), math.ceil(late)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _shift(where, middle) == shift else (low, middle)
            return high
        start = late
    return None
