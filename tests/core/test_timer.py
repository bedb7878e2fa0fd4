"""The loop that starts what is due, by a clock of its own: a week passes in a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from understudy.triggers.schedule import Mark, Run, Schedule, cron, every
from understudy.triggers.timer import Clock, Timer

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3_600.0


class End(Exception):
    pass


class FakeClock(Clock):
    """Time passes only in ``wait``; ``jumps``: after so many monotonic seconds the wall clock is
    moved by so many."""

    def __init__(self, start: datetime, seconds: float, jumps: Mapping[float, float]) -> None:
        self.awake = 0.0
        self.start = start.timestamp()
        self.seconds = seconds
        self.jumps = dict(jumps)
        self.waits: list[float] = []

    def wall(self) -> float:
        return self.start + self.awake

    def monotonic(self) -> float:
        return self.awake

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await asyncio.sleep(0)
        if event.is_set():
            return
        if self.awake >= self.seconds:
            raise End
        assert seconds > 0, "the loop spins"
        self.waits.append(seconds)
        self.awake += seconds
        for at in [at for at in self.jumps if at <= self.awake]:
            self.start += self.jumps.pop(at)


class World:
    def __init__(
        self, start: datetime, seconds: float, jumps: Mapping[float, float] | None = None
    ) -> None:
        self.clock = FakeClock(start, seconds, jumps or {})
        self.runs: list[tuple[str, str]] = []
        self.kept: Mapping[str, Mark] = {}
        self.refuse = 0
        self.timer = Timer(self.start, self.keep, self.clock)

    async def start(self, run: Run) -> bool:
        local = datetime.fromtimestamp(self.clock.wall(), BERLIN)
        self.runs.append((run.name, f"{local:%a %H:%M:%S}"))
        if self.refuse:
            self.refuse -= 1
            if self.refuse % 2:
                raise RuntimeError("no")
            return False
        return True

    async def keep(self, marks: Mapping[str, Mark]) -> None:
        self.kept = marks

    async def pass_by(self) -> list[tuple[str, str]]:
        with pytest.raises(End):
            await self.timer.run()
        return self.runs


async def test_a_week_with_sleep_and_a_change_of_time() -> None:
    """Summer time ends on Sunday at 3:00; the machine sleeps on Tuesday from 20:00 until the
    morning of Thursday, and on Friday at 12:10 the clock is set back by 20 minutes."""
    monday = datetime(2024, 10, 21, tzinfo=BERLIN)
    asleep = {44 * HOUR: 37 * HOUR, (44 + 27) * HOUR + 600: -1_200.0}
    world = World(monday, 7 * 24 * HOUR - 37 * HOUR + HOUR, asleep)
    rules: dict[str, Schedule] = {
        "night": cron("30 2 * * *", "Europe/Berlin"),
        "work": cron("0 9,12 * * 1-5", "Europe/Berlin"),
    }
    world.timer.plan(rules)
    runs = await world.pass_by()
    assert [
        f"{name} {when[:-3]}" for name, when in runs if when.startswith("Thu 09:00") is False
    ] == [
        "night Mon 02:30",
        "work Mon 09:00",
        "work Mon 12:00",
        "night Tue 02:30",
        "work Tue 09:00",
        "work Tue 12:00",
        "work Thu 12:00",
        "night Fri 02:30",
        "work Fri 09:00",
        "work Fri 12:00",
        "night Sat 02:30",
        "night Sun 02:30",
    ]
    made_up = [(name, when) for name, when in runs if when.startswith("Thu 09:00")]
    assert [name for name, _ in made_up] == ["night", "work"], "each once, the longest due first"
    exact = [when for _, when in runs if not when.startswith("Thu 09:00")]
    assert all(when.endswith(":00") for when in exact), "the loop waits exactly as long as it must"


async def test_a_run_that_does_not_start_is_tried_again() -> None:
    world = World(datetime(2024, 10, 21, 8, 59, tzinfo=BERLIN), HOUR)
    world.refuse = 3
    world.timer.plan({"nine": cron("0 9 * * *", "Europe/Berlin")})
    assert [when for _, when in await world.pass_by()] == [
        "Mon 09:00:00",
        "Mon 09:01:00",
        "Mon 09:03:00",
        "Mon 09:07:00",
    ]
    assert world.kept["nine"].failures == 0


async def test_marks_that_were_kept_make_up_what_was_missed_once() -> None:
    start = datetime(2024, 10, 21, 12, tzinfo=BERLIN)
    rule: dict[str, Schedule] = {"daily": every("1d")}
    world = World(start, HOUR)
    world.timer.plan(rule, {"daily": Mark((start - timedelta(days=9)).timestamp(), "every 1d")})
    assert await world.pass_by() == [("daily", "Mon 12:00:00")]
    again = World(start + timedelta(hours=1), HOUR)
    again.timer.plan(rule, world.kept)
    assert await again.pass_by() == []


async def test_only_activity_counts_for_an_interval_of_activity() -> None:
    world = World(datetime(2024, 10, 21, 8, tzinfo=UTC), 10 * HOUR)
    world.timer.plan({"busy": every("30m of activity")})
    loop = asyncio.ensure_future(world.timer.run())
    while not world.runs:
        if world.clock.awake % 1_200 < 600:  # ten minutes of work, ten of rest; a rest counts five
            world.timer.active()
        await asyncio.sleep(0)
    loop.cancel()
    assert 2_000 < world.clock.awake < 2_700


async def test_without_activity_the_loop_rests() -> None:
    world = World(datetime(2024, 10, 21, 8, tzinfo=UTC), HOUR)
    world.timer.plan({"busy": every("30m of activity")})
    assert await world.pass_by() == []
    assert set(world.clock.waits) == {30.0}


async def test_a_new_plan_while_a_run_starts() -> None:
    world = World(datetime(2024, 10, 21, 8, tzinfo=UTC), HOUR)
    begun: list[tuple[str, float]] = []

    async def start(run: Run) -> bool:
        begun.append((run.name, world.clock.awake))
        if run.name == "one":
            timer.plan({"two": every("20m")})
        return True

    timer = Timer(start, world.keep, world.clock)
    timer.plan({"one": every("30m")})
    with pytest.raises(End):
        await timer.run()
    assert begun == [("one", 1_800.0), ("two", 3_000.0)]
    assert set(world.kept) == {"two"}


async def test_a_new_plan_wakes_the_loop() -> None:
    world = World(datetime(2024, 10, 21, 8, tzinfo=UTC), 60.0)
    seen = asyncio.Event()

    async def start(run: Run) -> bool:
        seen.set()
        return True

    timer = Timer(start, world.keep)  # by the real clock
    loop = asyncio.ensure_future(timer.run())
    await asyncio.sleep(0)
    timer.plan({"old": every("10s")}, {"old": Mark(0.0, "every 10s")})
    await asyncio.wait_for(seen.wait(), 10)
    loop.cancel()
