"""What is expected of the machine: when it is told, how, of whom, and when that is over."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from understudy.app.presentation.machine import page, payload
from understudy.cli.machine import _show
from understudy.resources import Sample, Watcher
from understudy.resources.forecast import Forecast
from understudy.resources.outlook import Trend
from understudy.resources.processes import Cause, Process, Processes, busiest, causes
from understudy.resources.processors import Processors
from understudy.resources.use import Kind, Use, amount

GB = 1 << 30
STEP = 5


def memory(level: float) -> Use:
    return Use(Kind.MEMORY, "memory", "memory", level * 16 * GB, 16 * GB)


def leak(t: float) -> float:
    """It begins after ten minutes, and takes twenty."""
    return 0.5 + max(0.0, t - 600) / 1_200 * 0.5


def followed(watcher: Watcher, level: Callable[[float], float], until: int) -> list[float]:
    """The moments of which something is told."""
    told: list[float] = []
    for t in range(0, until, STEP):
        leaking = Process(7, 1.0, "python leak.py", int(level(t) * 16 * GB), t / 10)
        others = tuple(Process(n, 1.0, "node", GB, t / 100) for n in (8, 9))
        looked = (leaking, *others) if t % 60 == 0 else None
        if watcher.add(Sample(t, (memory(level(t)),), processes=looked)):
            told.append(t)
    return told


def test_who_leaks_is_named_in_time() -> None:
    watcher = Watcher(lead=300)
    (at,) = followed(watcher, leak, 1_620)
    assert 1_800 - 480 <= at <= 1_800 - 300
    (warned,) = watcher.outlook.warnings
    assert warned.causes[0].words == "python leak.py"
    assert warned.sentence.startswith("memory will be used up in about 3 minutes")
    assert "; python leak.py (+" in warned.sentence
    assert warned.brief == "memory 92 % ↗ 3 min"
    pressure = watcher.outlook.pressure
    assert (pressure.resource, pressure.foreseen) == ("memory", True)
    assert pressure.shortage == warned.sentence
    assert not watcher.outlook.is_calm
    assert watcher.outlook.pause(5) == 5


def test_what_is_acknowledged_is_told_again_when_it_is_much_worse() -> None:
    watcher = Watcher(lead=300)
    followed(watcher, leak, 1_500)
    assert watcher.acknowledge()
    (known,) = watcher.outlook.warnings
    assert known.acknowledged
    for t in range(1_500, 1_640, STEP):
        watcher.add(Sample(t, (memory(leak(t)),)))
        assert watcher.outlook.warnings[0].acknowledged, t
    for t in range(1_640, 1_700, STEP):
        watcher.add(Sample(t, (memory(leak(t)),)))
    assert not watcher.outlook.warnings[0].acknowledged


def test_what_runs_short_now_can_be_acknowledged_until_that_is_over() -> None:
    watcher = Watcher()
    for t, (level, known) in enumerate(
        [(0.995, True), (0.995, True), (0.5, False), (0.995, False)]
    ):
        watcher.add(Sample(t, (memory(level),)))
        if t == 0:
            assert watcher.acknowledge()
        assert watcher.outlook.trends[0].acknowledged == known, t


def test_nothing_can_be_acknowledged_where_nothing_is_told() -> None:
    watcher = Watcher()
    watcher.add(Sample(0, (memory(0.5),)))
    assert not watcher.acknowledge()
    assert watcher.outlook.is_calm
    assert watcher.outlook.pause(5) == 15


def test_when_memory_is_given_back_it_is_over() -> None:
    watcher = Watcher(lead=300)
    assert len(followed(watcher, lambda t: leak(t) if t < 1_600 else 0.5, 1_800)) == 1
    assert not watcher.outlook.warnings
    assert not watcher.outlook.pressure.resource


def test_a_disk_that_comes_back_is_a_new_one() -> None:
    watcher = Watcher(lead=300)
    followed(watcher, leak, 1_600)
    watcher.add(Sample(1_600, ()))
    assert watcher.outlook.trends == ()
    watcher.add(Sample(1_605, (memory(0.95),)))
    assert not watcher.outlook.warnings


def test_a_clock_that_jumps_back_begins_anew() -> None:
    watcher = Watcher(lead=300)
    followed(watcher, leak, 1_700)
    watcher.add(Sample(3, (memory(0.5),), processes=()))
    assert watcher.outlook.trends[0].forecast.left == math.inf


@pytest.mark.parametrize(
    ("forecast", "left"),
    [
        (Forecast(), ""),
        (Forecast(240, 180, 360), "about 4 minutes (3 to 6)"),
        (Forecast(61, 50, 65), "about 1 minute"),
        (Forecast(10, 5, 20), "about <1 minute"),
        (Forecast(240, 200, math.inf), "about 4 minutes (3 to 99+)"),
        (Forecast(50_000, 100, math.inf), ""),
    ],
)
def test_what_is_left_in_words(forecast: Forecast, left: str) -> None:
    assert Trend(memory(0.9), forecast).left == left


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (1.5 * GB, Kind.MEMORY, "1.5 GiB"),
        (150 << 20, Kind.DISK, "150 MiB"),
        (12_000, Kind.INODES, "12,000"),
        (12, Kind.BATTERY, "12 %"),
    ],
)
def test_amounts(value: float, kind: Kind, told: str) -> None:
    assert amount(value, kind) == told


def test_who_grew_is_told_by_name_the_most_first() -> None:
    before = [Process(1, 1.0, "node", 5 * GB), Process(2, 1.0, "pytest", GB), Process(3, 1, "x")]
    now = [
        Process(1, 1.0, "node", 4 * GB, 9.0),
        Process(2, 1.0, "pytest", 2 * GB, written=7),
        Process(3, 2.0, "pytest", 3 * GB),  # another one of the same number
    ]
    assert causes(Kind.MEMORY, before, now) == (Cause("pytest", 2, 4 * GB),)
    assert causes(Kind.DISK, before, now) == (Cause("pytest", 1, 7),)
    assert causes(Kind.BATTERY, before, now) == ()
    assert busiest(before, now) == (Cause("node", 1, 9.0),)


@pytest.mark.parametrize("pause", [1, 5, 45, 120])
def test_few_looks_at_processes_are_kept_however_often_they_are_looked_at(pause: int) -> None:
    seen = Processes()
    for at in range(0, 3_600, pause):
        seen.add(at, (Process(7, 1.0, "leak", GB * at, at / 2),))
        assert len(seen) <= 14
    ((_, _, more),), ((_, _, spent),) = seen.causes(Kind.MEMORY), seen.busiest()
    assert 600 <= more / GB <= 600 + max(60, pause) + pause
    assert spent == pause / 2
    seen.add(0, None)
    assert seen.causes(Kind.MEMORY) == seen.busiest() == ()


def test_the_page_and_the_data() -> None:
    watcher = Watcher(lead=300)
    followed(watcher, leak, 1_620)
    outlook = watcher.outlook._replace(
        processors=Processors(0.5, (0.25, 0.75), waiting=0.1, throttled=0.5), temperature=91.0
    )
    odd = Use(Kind.DISK, "disk of a|b", "<b>", 1, 2)
    text = page(outlook._replace(trends=(*outlook.trends, Trend(odd, warns=1.0))))
    assert r"| disk of a\|b |" in text
    assert r"- \<b>: " in text
    assert "| memory | 14.8 GiB | 16 GiB | 92 % | about 3 minutes" in text
    assert "busy for 50 % of the time (each: 25, 75)" in text
    assert "50 % of the time this container was kept from them by its limit" in text
    assert "other guests" not in text
    data = payload(outlook)
    (told,) = data["resources"]
    assert told["warns"]
    assert told["left"] == pytest.approx(180, rel=0.1)
    assert data["foreseen"]
    assert payload(Watcher().outlook)["resources"] == []


def test_a_terminal_tells_when_it_ends_as_the_page_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watcher = Watcher(lead=300)
    watcher.add(Sample(0.0, (memory(0.5),)))
    _show(watcher.outlook, again=True)
    assert "not in sight" in capsys.readouterr().out
    _show(watcher.outlook, again=False)  # of one look nothing is foreseen
    assert "in sight" not in capsys.readouterr().out
    watcher.add(Sample(5.0, (memory(0.999),)))
    assert "runs short now" in page(watcher.outlook)
    _show(watcher.outlook, again=True)
    assert "runs short now" in capsys.readouterr().out
