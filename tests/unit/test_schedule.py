"""What the clock starts, against an oracle that looks at every minute; and what people write."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from understudy.triggers.schedule import (
    Cron,
    LocalTime,
    Mark,
    Run,
    Schedule,
    ScheduleError,
    cron,
    due,
    every,
    failed,
    next_due,
    settle,
    started,
    zone,
)

from .cron_oracle import moments

HOUR = 3_600.0
DAY = 24 * HOUR

# ── cron, daylight saving ───────────────────────────────────────────────────────────────────────

CHANGES_OF_TIME = [
    ("Europe/Berlin", datetime(2024, 3, 31, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2024, 10, 27, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2024, 4, 6, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2024, 10, 5, 15, 30, tzinfo=UTC)),
    ("America/New_York", datetime(2024, 11, 3, 6, tzinfo=UTC)),
    ("UTC", datetime(2024, 2, 29, tzinfo=UTC)),
]
EXPRESSIONS = [
    "* * * * *",
    "*/30 * * * *",
    "*/7 * * * *",
    "0 * * * *",
    "15 * * * *",
    "45 * * * *",
    "0 */2 * * *",
    "*/10 2 * * *",
    "*/10 3 * * *",
    "30 2 * * *",
    "15 2 * * *",
    "45 1 * * *",
    "0 2,3 * * *",
    "10-50/20 1-3 * * *",
    "0 9 * * 1-5",
    "0 0 * * 0",
    "59 23 * * 7",
    "5 4 1 * *",
    "30 2 1-7 * 0",
    "0 12 31 * 6",
]


def fired(expression: str, name: str, start: datetime, end: datetime) -> list[float]:
    """By going from one ``next_due`` to the next."""
    schedules: dict[str, Schedule] = {"rule": cron(expression, name)}
    marks = settle(schedules, {}, start.timestamp())
    found = []
    while (now := next_due(schedules, marks, start.timestamp())) <= end.timestamp():
        found.append(now)
        (run,) = due(schedules, marks, now)
        assert run.slot == now
        marks["rule"] = started(run)
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize(("name", "change"), CHANGES_OF_TIME)
def test_cron_around_a_change_of_time(name: str, change: datetime, expression: str) -> None:
    start, end = change - timedelta(days=1), change + timedelta(days=1)
    assert fired(expression, name, start, end) == list(
        moments(expression, ZoneInfo(name), start, end)
    )


FIELD = [
    st.sampled_from(["*", "*/20", "0", "15,45", "10-30/10", "30"]),
    st.sampled_from(["*", "*/3", "1", "2", "2,3", "1-3", "9"]),
    st.sampled_from(["*", "*/2", "31", "1-7", "6,27"]),
    st.sampled_from(["*", "3,4,10", "*/2"]),
    st.sampled_from(["*", "0", "7", "1-5", "6"]),
]


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(*FIELD).map(" ".join),
    st.sampled_from(CHANGES_OF_TIME),
    st.integers(-1_500, 1_500),
)
def test_cron_from_any_minute(expression: str, around: tuple[str, datetime], minutes: int) -> None:
    name, change = around
    start = change + timedelta(minutes=minutes)
    end = start + timedelta(hours=30)
    assert fired(expression, name, start, end) == list(
        moments(expression, ZoneInfo(name), start, end)
    )


# ── sleep, clocks that jump, runs that do not start ─────────────────────────────────────────────

MONDAY = datetime(2024, 10, 21, tzinfo=UTC)
RULES: dict[str, Schedule] = {
    "nightly": cron("30 2 * * *", "Europe/Berlin"),
    "howe": cron("15 2 * * *", "Australia/Lord_Howe"),
    "quarters": cron("*/15 * * * *", "Europe/Berlin"),
    "workdays": cron("0 9 * * 1-5", "Europe/Berlin"),
    "half": every("30m"),
    "daily": every("1d"),
}


def looks(seed: list[tuple[float, float]]) -> list[float]:
    """Wall times at which somebody looks: every five minutes, but for jumps (hours) in between."""
    now, found = MONDAY.timestamp(), []
    for awake, jump in seed:
        for _ in range(int(awake * 12)):
            now += 300
            found.append(now)
        now += jump * HOUR
    return found


@cache
def all_slots() -> dict[str, list[float]]:
    return {
        name: list(
            moments(rule.expression, ZoneInfo(str(rule.zone)), MONDAY, MONDAY + timedelta(days=24))
        )
        for name, rule in RULES.items()
        if isinstance(rule, Cron)
    }


JUMPS = st.lists(
    st.tuples(st.floats(3, 30), st.sampled_from([0, 0.3, 8, 60, -0.02, -0.5, -1.5, -2.9])),
    min_size=1,
    max_size=5,
)


@settings(max_examples=20, deadline=None)
@given(JUMPS)
@example([(24.0, 8.0), (24.0, -1.5), (24.0, 60.0)])
@example([(141.0, -1.0), (30.0, -2.9)])  # set back when summer time ends, and again
def test_a_week_of_sleep_and_jumps_fires_exactly_the_right_runs(
    seed: list[tuple[float, float]],
) -> None:
    times, slots = looks(seed), all_slots()
    marks = settle(RULES, {}, MONDAY.timestamp())
    settled = dict.fromkeys(RULES, MONDAY.timestamp())
    for now in times:
        expected = set()
        for name, rule in RULES.items():
            if name in slots:
                if any(settled[name] < slot <= now for slot in slots[name]):
                    expected.add(name)
            else:
                settled[name] = min(settled[name], now)
                if now - settled[name] >= getattr(rule, "seconds", math.inf):
                    expected.add(name)
        for name in expected:
            settled[name] = now
        marks = settle(RULES, marks, now)
        runs = due(RULES, marks, now)
        assert {run.name for run in runs} == expected
        assert len(runs) == len(expected)
        marks |= {run.name: started(run) for run in runs}
        assert next_due(RULES, marks, now) > now


def one(schedule: Schedule, mark: Mark, now: float) -> tuple[dict[str, Mark], list[Run]]:
    marks = settle({"rule": schedule}, {"rule": mark}, now)
    return marks, list(due({"rule": schedule}, marks, now))


NIGHTLY = cron("0 3 * * *", "UTC")
THREE = MONDAY.timestamp() + 3 * HOUR


@pytest.mark.parametrize(
    ("schedule", "at", "now", "slot"),
    [
        (NIGHTLY, THREE, THREE + HOUR, None),
        (NIGHTLY, THREE - 1, THREE, THREE),
        (NIGHTLY, THREE, THREE + 5.5 * DAY, THREE + DAY),  # five nights were missed
        (NIGHTLY, THREE + 60, THREE - HOUR, None),  # set back
        (NIGHTLY, THREE + 60, THREE + 1, None),
        (every("30m"), THREE, THREE + 1_799, None),
        (every("30m"), THREE, THREE + 1_800, THREE + 1_800),
        (every("30m"), THREE, THREE + DAY, THREE + 1_800),
        (every("30m"), THREE, THREE - 400 * DAY, None),
    ],
)
def test_due(schedule: Schedule, at: float, now: float, slot: float | None) -> None:
    _, runs = one(schedule, Mark(at, schedule.text), now)
    assert [run.slot for run in runs] == ([] if slot is None else [slot])


@pytest.mark.parametrize("years", [1, 20])
def test_a_clock_that_was_years_ahead_silences_nothing(years: int) -> None:
    mark = Mark(THREE + years * 365 * DAY, NIGHTLY.text)
    marks, runs = one(NIGHTLY, mark, THREE - 60)
    assert not runs
    assert next_due({"rule": NIGHTLY}, marks, THREE - 60) == THREE


def test_a_run_that_does_not_start_stays_due() -> None:
    rules = {"rule": NIGHTLY}
    marks, now, waits = {"rule": Mark(THREE - 1, NIGHTLY.text)}, THREE, []
    for _ in range(9):
        marks = settle(rules, marks, now)
        (run,) = due(rules, marks, now)
        assert run.slot == THREE
        marks = {"rule": failed(marks["rule"], run)}
        assert not due(rules, marks, now)
        waits.append(next_due(rules, marks, now) - now)
        now += waits[-1]
    assert waits == [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]
    (run,) = due(rules, settle(rules, marks, now), now)
    assert started(run) == Mark(now, NIGHTLY.text)


def test_a_clock_that_is_set_back_does_not_hold_up_a_retry() -> None:
    rules = {"rule": NIGHTLY}
    mark = Mark(THREE - 20 * DAY, NIGHTLY.text, failures=1, tried=THREE)
    now = THREE - 10 * DAY
    assert next_due(rules, settle(rules, {"rule": mark}, now), now) == now + 60


def test_rules_that_are_new_changed_or_gone() -> None:
    old = {
        "kept": Mark(1.0, NIGHTLY.text),
        "changed": Mark(1.0, "0 4 * * *"),
        "gone": Mark(1.0, ""),
    }
    rules: dict[str, Schedule] = dict.fromkeys(("kept", "changed", "new"), NIGHTLY)
    assert settle(rules, old, THREE) == {
        "kept": Mark(1.0, NIGHTLY.text),
        "changed": Mark(THREE, NIGHTLY.text),
        "new": Mark(THREE, NIGHTLY.text),
    }


def test_an_interval_of_activity() -> None:
    rules = {"rule": every("30m of activity")}
    marks = settle(rules, {}, THREE)
    marks = settle(rules, marks, THREE + DAY, active=1_000.0)
    assert not due(rules, marks, THREE + DAY)
    assert next_due(rules, marks, THREE + DAY, active=True) == THREE + DAY + 800
    assert next_due(rules, marks, THREE + DAY, active=False) == math.inf
    marks = settle(rules, marks, THREE + 2 * DAY, active=800.0)
    (run,) = due(rules, marks, THREE + 2 * DAY)
    assert started(run).active == 0


def test_nothing_is_due_where_there_are_no_rules() -> None:
    assert due({}, {}, THREE) == ()
    assert next_due({}, {}, THREE) == math.inf


# ── what people write ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "'' is no cron expression: it has to have five fields, minute, hour,"),
        ("@daily", "five fields"),
        ("* * * * * *", "five fields"),
        ("61 * * * *", "the minute of the cron expression '61 * * * *' is not right"),
        ("0 24 * * *", "the hour of"),
        ("0 0 0 * *", "the day of month of"),
        ("0 0 30 2 *", "the day of month of"),
        ("0 0 * 13 *", "the month of"),
        ("0 0 * * 8", "the day of week of"),
        ("*/0 * * * *", "the minute of"),
        ("a * * * *", "the minute of"),
        ("5-1 * * * *", "the minute of"),
        ("² * * * *", "the minute of"),
        ("0 0 29 2 1#1-", "the day of week of"),
    ],
)
def test_a_cron_expression_that_is_none(written: str, words: str) -> None:
    with pytest.raises(ScheduleError) as error:
        cron(written)
    assert words in str(error.value)


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from("0123456789*/,-#L W?"), max_size=16))
def test_any_expression_is_read_or_refused(written: str) -> None:
    try:
        read = cron(written, "UTC")
    except ScheduleError:
        return
    assert next_due({"rule": read}, settle({"rule": read}, {}, THREE), THREE) > THREE


@pytest.mark.parametrize(
    ("written", "seconds", "of_activity"),
    [
        ("30m", 1_800, False),
        ("2h", 7_200, False),
        ("1d", 86_400, False),
        ("1w", 604_800, False),
        ("10s", 10, False),
        (" 45 m ", 2_700, False),
        ("30m of activity", 1_800, True),
        ("30m  of  activity", 1_800, True),
    ],
)
def test_every(written: str, seconds: float, of_activity: bool) -> None:
    assert every(written)[:2] == (seconds, of_activity)


@pytest.mark.parametrize(
    "written",
    ["", "30", "m", "-5m", "1.5h", "5 minutes", "0m", "9s", "9999999d", "٣m", "5m of rest"],
)
def test_an_interval_that_is_none(written: str) -> None:
    with pytest.raises(ScheduleError, match="is no interval: write a number and s, m, h, d or w"):
        every(written)


@pytest.mark.parametrize(
    "name", ["Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "Europe", "\0"]
)
def test_a_zone_that_is_none(name: str) -> None:
    with pytest.raises(ScheduleError, match="there is no time zone"):
        cron("0 9 * * *", name)


def test_a_machine_without_zones(tmp_path: Path) -> None:
    code = (
        "import sys, zoneinfo; sys.modules['tzdata'] = None; zoneinfo.reset_tzpath([sys.argv[1]])\n"
        "from understudy.triggers.schedule import *\n"
        "cron('0 9 * * *', 'UTC'), cron('0 9 * * *')\n"
        "cron('0 9 * * *', 'Europe/Berlin')"
    )
    command = [sys.executable, "-P", "-c", code, str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.stderr.splitlines()[-1].endswith(
        "ScheduleError: the time zone 'Europe/Berlin' is not known, since this machine has no time "
        "zone data: install tzdata, from the system or with pip"
    )


@pytest.mark.parametrize("name", ["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"])
def test_the_machines_own_time(name: str) -> None:
    """What ``LocalTime`` says is what the zone of that name says, by the minute."""
    code = (
        "import sys; from datetime import UTC, datetime, timedelta; from zoneinfo import ZoneInfo\n"
        "from understudy.triggers.schedule import LocalTime\n"
        "zone, local = ZoneInfo(sys.argv[1]), LocalTime()\n"
        "for day in (datetime(2024, 3, 31), datetime(2024, 4, 6), datetime(2024, 10, 5),\n"
        "            datetime(2024, 10, 26), datetime(2024, 11, 3)):\n"
        "    for minute in range(0, 2880, 5):\n"
        "        utc = day.replace(tzinfo=UTC) + timedelta(minutes=minute)\n"
        "        one, other = utc.astimezone(zone), utc.astimezone(local)\n"
        "        assert (one.replace(tzinfo=None), one.fold, one.utcoffset(), one.tzname()) == (\n"
        "            other.replace(tzinfo=None), other.fold, other.utcoffset(), other.tzname()), utc\n"
        "        assert other.timestamp() == utc.timestamp()\n"
        "        wall = day + timedelta(minutes=minute)\n"
        "        for fold in (0, 1):\n"
        "            one, other = (wall.replace(tzinfo=z, fold=fold) for z in (zone, local))\n"
        "            assert one.timestamp() == other.timestamp(), (wall, fold)\n"
    )
    command = [sys.executable, "-P", "-c", code, name]
    subprocess.run(command, check=True, env={**os.environ, "TZ": name})


def test_without_a_name_the_machines_own_time_counts() -> None:
    assert isinstance(zone(""), LocalTime)
    assert cron("0 9 * * *").text == "0 9 * * *"
    assert cron("0  9 * * *", "Europe/Berlin").text == "0 9 * * * Europe/Berlin"
