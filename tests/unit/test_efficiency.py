"""What is told of savings, costs and successes, from known data to known figures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.insights.efficiency import costs, rates, savings
from understudy.insights.efficiency.calendar import Period, day_of, week_of
from understudy.insights.efficiency.efficiency import Efficiency, Known, efficiency
from understudy.insights.efficiency.interruptions import interruptions
from understudy.insights.efficiency.intervals import Bounds, middle, of_mean, ranks_out
from understudy.insights.efficiency.measure import Measure, trend
from understudy.insights.report.outline import outline
from understudy.store.automations import Execution as Run
from understudy.store.automations import Purpose
from understudy.store.history import Execution
from understudy.store.measured import Kept, Looked, Notice, Noticed, Recalled, Suite, class_of

DAY = date(2026, 11, 2)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp()
WEEK = Period(DAY, DAY + timedelta(days=6), UTC)
NONE = 1e-9


def execution(start: float, end: float, **more: object) -> Execution:
    known = {
        "job": 1,
        "task": "lint",
        "attempt": 1,
        "waited": 0.0,
        "started": NOON + start,
        "ended": NOON + end,
        "status": "done",
        "failure": "",
        "why": "",
        "cpu": 0.0,
        "memory": 0,
    }
    return Execution(**{**known, **more})  # type: ignore[arg-type]


def run(low: float, high: float, **more: object) -> Run:
    known = {"automation": "p1", "at": NOON, "parameters": "{}", "status": "clean", "seconds": 1.0}
    return Run(**{**known, "applied": True, "low": low, "high": high, **more})  # type: ignore[arg-type]


def whole(measure: Measure) -> tuple[float, float] | None:
    return None if measure.total is None else (measure.total.low, measure.total.high)


# ── days ────────────────────────────────────────────────────────────────────────────────────────

BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2026-10-24T21:59:59+00:00", BERLIN, date(2026, 10, 24)),
        ("2026-10-24T22:00:00+00:00", BERLIN, date(2026, 10, 25)),
        # That day has 25 hours: 22:59 by UTC is still on it.
        ("2026-10-25T22:59:59+00:00", BERLIN, date(2026, 10, 25)),
        ("2026-10-25T23:00:00+00:00", BERLIN, date(2026, 10, 26)),
        # And this one has 23.
        ("2026-03-29T21:59:59+00:00", BERLIN, date(2026, 3, 29)),
        ("2026-03-29T22:00:00+00:00", BERLIN, date(2026, 3, 30)),
        ("2026-11-01T18:29:59+00:00", KOLKATA, date(2026, 11, 1)),
        ("2026-11-01T18:30:00+00:00", KOLKATA, date(2026, 11, 2)),
    ],
)
def test_a_day_is_that_of_the_zone(at: str, zone: ZoneInfo, day: date) -> None:
    assert day_of(datetime.fromisoformat(at).timestamp(), zone) == day


@given(st.floats(allow_nan=False), st.sampled_from([UTC, BERLIN, KOLKATA, None]))
def test_every_moment_has_a_day_and_a_week(at: float, zone: ZoneInfo | None) -> None:
    day = day_of(at, zone)
    assert week_of(day) <= day


ZONES = [
    "Europe/Berlin",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "America/Havana",
    "Australia/Lord_Howe",
]


@given(
    st.dates(date(1995, 1, 1), date(2035, 1, 1)),
    st.floats(-40, 40 * 24),
    st.sampled_from([*map(ZoneInfo, ZONES), UTC, None]),
)
def test_a_moment_is_on_the_same_day_whoever_asks(
    first: date, hours: float, zone: ZoneInfo | None
) -> None:
    """Also where midnight is skipped, or comes twice, as the clock changes there."""
    period = Period(first, first + timedelta(days=30), zone)
    at = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp() + 3600 * hours
    assert period.day(at) == period.within(day_of(at, zone))


def test_a_period_has_every_day_once() -> None:
    year = Period(date(2026, 1, 1), date(2026, 12, 31), BERLIN)
    assert len(set(year.days)) == len(year.days) == 365
    assert Period.between(NOON, NOON, UTC).days == (DAY,)
    assert len(Period.between(-1e18, NOON, UTC).days) == 3_654
    assert Period.between(NOON, NOON - 86_400, UTC).days == (DAY - timedelta(days=1),)


@pytest.mark.parametrize(
    "until",
    [
        datetime(2026, 4, 10, 0, 0, tzinfo=BERLIN),
        datetime(2026, 11, 10, 23, 30, tzinfo=BERLIN),
        datetime(2026, 7, 1, 12, tzinfo=BERLIN),
    ],
)
def test_where_nobody_says_it_is_thirty_days(until: datetime) -> None:
    """Also where one of them had an hour less, or one more."""
    days = Period.between(None, until.timestamp(), BERLIN).days
    assert (len(days), days[-1]) == (30, until.date())


# ── intervals ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("count", "out"),
    # Conover, Practical Nonparametric Statistics: of 10 from the 2nd to the 9th, and so on.
    [(1, 0), (5, 0), (6, 0), (8, 0), (9, 1), (10, 1), (15, 3), (20, 5), (50, 17), (100, 39)],
)
def test_the_interval_of_a_median(count: int, out: int) -> None:
    assert ranks_out(count) == out


def test_the_quick_interval_is_no_narrower() -> None:
    exact = middle([float(each) for each in range(1_000)])
    quick = middle([float(each) for each in range(1_001)])
    assert exact is not None
    assert quick is not None
    assert quick.bounds.low == pytest.approx(exact.bounds.low, abs=3)
    assert quick.bounds.high == pytest.approx(exact.bounds.high, abs=4)


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_a_median_lies_within_its_interval(values: list[float]) -> None:
    found = middle(values)
    assert found is not None
    assert found.bounds.low <= found.value <= found.bounds.high


def test_the_bootstrap_holds_what_it_promises() -> None:
    """Of 200 samples with the mean 10, the interval misses it about one time in twenty."""
    random = Random(1)
    missed = 0
    for _ in range(200):
        values = [random.gauss(10, 3) for _ in range(30)]
        found = of_mean(values, random)
        assert found is not None
        missed += not found.low <= 10 <= found.high
    assert 2 <= missed <= 24
    assert of_mean([1.0] * 6, random) is None


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        ([1.0, 2.0] * 5 + [8.0, 9.0] * 5, "rising"),
        ([8.0, 9.0] * 5 + [1.0, 2.0] * 5, "falling"),
        ([1.0, 9.0] * 10, "no clear change"),
    ],
)
def test_a_trend(values: list[float], direction: str) -> None:
    found = trend(values, Random(0))
    assert found is not None
    assert found.direction == direction
    assert trend(values[:13], Random(0)) is None


# ── what was saved ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("runs", "saved"),
    [
        ([], None),
        ([run(5, 20), run(1, 2)], (6, 22)),
        ([run(5, 20, undone=True)], None),
        ([run(5, 20, status="failed")], None),
        ([run(5, 20, applied=False)], None),
        ([run(5, 20, at=NOON - 86_400)], None),
        ([run(-5, -20)], (0, 0)),
    ],
)
def test_what_automations_save(runs: list[Run], saved: tuple[float, float] | None) -> None:
    assert whole(savings.by_automations(runs, WEEK, Random(0))) == saved


@pytest.mark.parametrize(
    ("executions", "saved"),
    [
        ([], None),
        ([execution(0, 10)], (0, 0)),
        # One beside the other: 10 and 10 in 10; at least what their processor time shows.
        ([execution(0, 10, cpu=9.0), execution(0, 10, cpu=9.0)], (8, 10)),
        ([execution(0, 10), execution(0, 10)], (0, 10)),
        ([execution(0, 10, cpu=99.0), execution(5, 15, cpu=99.0)], (5, 5)),
        ([execution(0, 10), execution(20, 30)], (0, 0)),
        # The clock was set back.
        ([execution(0, -600)], None),
        ([execution(0, 10), execution(0, 10), execution(5, -600)], (0, 10)),
    ],
)
def test_what_runs_side_by_side_save(
    executions: list[Execution], saved: tuple[float, float] | None
) -> None:
    found = savings.by_parallel_runs(executions, WEEK, Random(0))
    assert whole(found) == (saved and pytest.approx(saved))


@pytest.mark.parametrize(("second", "plotted"), [(20, False), (0, True)])
def test_what_saved_nothing_is_told_of_and_not_plotted(second: float, plotted: bool) -> None:
    known = Known(executions=[execution(0, 10), execution(second, second + 10)])
    found = efficiency(known, WEEK, NOON + 500_000)
    told = outline(found, "shop", datetime(2026, 11, 8, tzinfo=UTC))
    (saved,) = [each for each in told.sections if each.id == "saved"]
    assert "Tasks side by side" in {fact.label for fact in saved.facts}
    assert ("Tasks side by side" in {plot.title for plot in saved.plots}) is plotted


def suite(seconds: float, *, affected: bool, ok: bool = True, day: float = 0) -> Suite:
    return Suite(NOON + day * 86_400, seconds, ok, affected, whole=not affected)


def test_what_tests_save_that_are_not_run() -> None:
    all_of_them = [suite(seconds, affected=False) for seconds in (60.0, 62.0, 64.0)]
    some = [suite(4.0, affected=True), suite(70.0, affected=True)]
    found = savings.by_affected_tests([*all_of_them, *some], WEEK, Random(0))
    assert whole(found) == (56, 60)
    failed = suite(1.0, affected=True, ok=False)
    assert whole(savings.by_affected_tests([*all_of_them, failed], WEEK, Random(0))) is None


def test_what_all_tests_take_may_be_known_from_before() -> None:
    found = savings.by_affected_tests(
        [suite(60.0, affected=False, day=-30), suite(10.0, affected=True)], WEEK, Random(0)
    )
    assert whole(found) == (50, 50)


def test_nobody_knows_what_all_tests_take() -> None:
    found = savings.by_affected_tests([suite(4.0, affected=True)], WEEK, Random(0))
    assert whole(found) is None
    assert "never all of them" in found.note
    assert found.unknown == 1


def looked(tool: str, seconds: Sequence[float], day: date = DAY) -> list[Looked]:
    return [Looked(day, tool, False, class_of(each), 1, each, each / 2, 100) for each in seconds]


def test_what_known_results_save() -> None:
    kept = looked("bandit", [0.1, 0.1, 0.1, 0.1, 50.0], DAY - timedelta(days=90))
    found = savings.by_known_results([Recalled(DAY, "bandit", 20)], kept, WEEK, Random(0))
    assert found.total is not None
    assert found.total.low == pytest.approx(2.0)
    usual = savings.usual_seconds(kept)["bandit"]
    assert usual.value == pytest.approx(0.1)
    assert usual.of == 5
    assert whole(savings.by_known_results([Recalled(DAY, "new", 3)], kept, WEEK, Random(0))) is None
    mixed = [Recalled(DAY, "new", 3), Recalled(DAY, "bandit", 1)]
    assert savings.by_known_results(mixed, kept, WEEK, Random(0)).unknown == 3


@given(st.lists(st.floats(1e-5, 100.0), min_size=1, max_size=60))
def test_the_median_of_classes_is_near_the_median(seconds: list[float]) -> None:
    """A class is a quarter of a doubling wide."""
    found = savings.usual_seconds(looked("t", seconds))["t"]
    exact = sorted(seconds)[(len(seconds) - 1) // 2]
    assert exact / 1.2 <= found.value <= exact * 1.2
    assert found.bounds.low <= found.value <= found.bounds.high


# ── successes, interruptions, costs ─────────────────────────────────────────────────────────────


def test_a_job_counts_once_by_its_last_attempt() -> None:
    found = rates.of_tasks(
        [
            execution(0, 1, job=1, attempt=2),
            execution(0, 1, job=1, attempt=1, status="failed"),
            execution(0, 1, job=2, status="failed"),
            execution(0, 1, job=3, status="cancelled"),
            execution(0, 1, job=4, status="refused"),
            execution(0, 1, job=1, task="docs"),
        ]
    )
    assert [(each.name, each.successes, each.runs) for each in found] == [
        ("lint", 1, 2),
        ("docs", 1, 1),
    ]
    assert found[1].bounds == pytest.approx((0.2065, 1.0), abs=1e-4)


def test_what_was_only_looked_at_is_no_run() -> None:
    runs = [
        ("a", run(1, 1)),
        ("a", run(1, 1, purpose=Purpose.PREVIEW)),
        ("a", run(1, 1, undone=True)),
    ]
    (found,) = rates.of_automations(runs)
    assert (found.successes, found.runs) == (1, 2)


def test_interruptions_that_were_spared() -> None:
    counts = {Notice.TOLD: 5, Notice.MERGED: 3, Notice.DUPLICATE: 4, Notice.HELD: 2}
    noticed = [Noticed(DAY, what, times) for what, times in counts.items()]
    assert [whole(each) for each in interruptions(noticed, WEEK, Random(0))] == [
        (7, 7),
        (2, 2),
        (5, 5),
    ]
    assert [whole(each) for each in interruptions([], WEEK, Random(0))] == [None, None, None]


def test_what_it_took() -> None:
    rows = [*looked("ruff", [1.0, 3.0]), Looked(DAY, "ruff", True, 0, 1, 8.0, 2.0, 900)]
    (found,) = costs.by_tools(rows, WEEK)
    assert found == costs.Spent("ruff", 3, 12.0, 4.0, 900, ahead=8.0)
    (task,) = costs.by_tasks([execution(0, 5, cpu=2.0), execution(0, -9, cpu=1.0)], WEEK)
    assert task == costs.Spent("lint", 2, 5.0, 3.0, 0)


# ── all of it ───────────────────────────────────────────────────────────────────────────────────


def test_of_nothing_no_number_is_told() -> None:
    found = efficiency(Known(), WEEK, NOON)
    assert found.is_empty
    measures = (*found.saved, *found.notices, found.findings.introduced, found.findings.fixed)
    assert all(each.total is None and each.note for each in measures)


def test_what_is_of_days_to_come_is_counted_and_left_out() -> None:
    """Whoever asks for a time that is over is not told of what came since."""
    tomorrow = DAY + timedelta(days=7)
    known = Known(
        [execution(0, 5), execution(7 * 86_400, 7 * 86_400 + 5)],
        [run(1, 2)],
        {},
        Kept((Recalled(DAY, "ruff", 1), Recalled(tomorrow, "ruff", 9)), tuple(looked("ruff", [1]))),
    )
    end = NOON + 6 * 86_400
    found = efficiency(known, WEEK, end)
    assert found.to_come == 2
    assert sum(each.runs for each in found.rates) == 1
    assert efficiency(known, WEEK, end, end + 86_400).to_come == 0
    (nothing,) = outline(
        efficiency(Known([execution(9e5, 9e5)]), WEEK, end), "w", datetime.fromtimestamp(end, UTC)
    ).sections
    assert nothing.lead[1] == (
        "1 entry is of days that are yet to come, as the clock was set back: left out."
    )


def test_a_period_begins_where_something_is_known() -> None:
    known = Known(kept=Kept(recalled=(Recalled(DAY + timedelta(days=3), "ruff", 1),)))
    assert efficiency(known, WEEK, NOON).period.first == DAY + timedelta(days=3)
    earlier = Known(executions=[execution(-86_400 * 9, -86_400 * 9 + 1)])
    assert efficiency(earlier, WEEK, NOON).period == WEEK


_EXECUTIONS = st.builds(
    execution,
    st.floats(-1e5, 7e5),
    st.floats(-1e5, 7e5),
    job=st.integers(1, 4),
    status=st.sampled_from(["done", "failed", "cancelled"]),
    cpu=st.floats(0, 1e4),
)
_KNOWN = st.builds(
    Known,
    st.lists(_EXECUTIONS),
    st.lists(st.builds(run, st.floats(-10, 1e3), st.floats(-10, 1e3))),
    st.just({"p1": "a"}),
    st.builds(
        Kept,
        st.lists(st.builds(Recalled, st.just(DAY), st.just("t"), st.integers(1, 99))).map(tuple),
        st.lists(st.floats(NONE, 9.0)).map(lambda each: tuple(looked("t", each))),
    ),
)


@settings(max_examples=40, deadline=None)
@given(_KNOWN)
def test_nothing_saved_is_below_nothing_and_bounds_are_in_order(known: Known) -> None:
    found = efficiency(known, WEEK, NOON + 1e6)
    for measure in found.saved:
        for each in (*measure.days.values(), *([measure.total] if measure.total else [])):
            assert 0 <= each.low <= each.high
        if measure.total is not None:
            assert sum(each.low for each in measure.weeks.values()) == pytest.approx(
                measure.total.low
            )
    for rate in (*found.rates, *found.automated):
        assert 0 <= rate.bounds.low <= rate.value <= rate.bounds.high <= 1


def _figures(found: Efficiency) -> list[object]:
    def rounded(each: Bounds | None) -> object:
        return each and tuple(float(f"{value:.9g}") for value in each)

    return [
        *(rounded(each.total) for each in found.saved),
        found.rates,
        found.automated,
        [(each.name, each.times, each.memory) for each in (*found.tools, *found.tasks)],
    ]


@settings(max_examples=40, deadline=None)
@given(_KNOWN, st.randoms(use_true_random=False))
def test_the_order_of_what_is_stored_does_not_matter(known: Known, random: Random) -> None:
    executions, runs = [*known.executions], [*known.runs]
    random.shuffle(executions)
    random.shuffle(runs)
    other = Known(executions, runs, known.names, known.kept)
    # Attempts of one job have numbers of their own.
    if len({(e.job, e.attempt) for e in executions}) < len(executions):
        executions = [e._replace(job=n) for n, e in enumerate(sorted(executions))]
        known = Known(executions, known.runs, known.names, known.kept)
        other = Known(executions[::-1], runs, known.names, known.kept)
    assert _figures(efficiency(known, WEEK, NOON)) == _figures(efficiency(other, WEEK, NOON))


def test_a_hundred_thousand_executions_are_fast() -> None:
    rows = [
        execution(n * 5, n * 5 + 9, job=n, task=f"task-{n % 40}", cpu=1.0) for n in range(100_000)
    ]
    period = Period.between(NOON, NOON + 500_000, UTC)
    began = time.process_time()
    found = efficiency(Known(rows), period, NOON + 500_000)
    assert time.process_time() - began < 5.0
    assert sum(each.runs for each in found.rates) == 100_000
