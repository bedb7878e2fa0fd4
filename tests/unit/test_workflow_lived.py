"""How work was done, as the log tells: waits, loops, flaky tests, and what that costs in a week."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.insights.workflows.lived.flaky import flaky, of_values
from understudy.insights.workflows.lived.imports import slow
from understudy.insights.workflows.lived.observe import Past, observe
from understudy.insights.workflows.lived.runs import DAY, seen
from understudy.insights.workflows.lived.waiting import Wait, for_git, for_hooks, for_tests, loops
from understudy.insights.workflows.lived.weekly import Span, by_day, gained, weekly
from understudy.insights.workflows.shell import commands, excerpt
from understudy.insights.workflows.timed import ran
from understudy.store.activity import Activity, Did
from understudy.store.history import Entry, Execution
from understudy.tasks.import_times import packages

NOW = 1_700_000_000.0


def typed(
    at: float, text: str, seconds: float | None = None, ok: bool | None = True, cwd: str = ""
) -> Activity:
    return Activity(at, Did.COMMAND, text, "shell", cwd, seconds=seconds, ok=ok)


def save(at: float, path: str = "a.py") -> Activity:
    return Activity(at, Did.SAVED, path, "editor")


def asked(at: float, seconds: float, ok: bool) -> Activity:
    return Activity(at, Did.TASK, "test_runner", "editor", seconds=seconds, ok=ok)


def executed(at: float, task: str, seconds: float, status: str = "done") -> Execution:
    return Execution(1, task, 1, 0.0, at, at + seconds, status, "", "", 0.0, 0)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("npm t", "npm run test"),
        ("yarn run lint", "npm run lint"),
        ("uv run pytest -q", "pytest -q"),
        ("A=1 make test", "make test"),
        ("python -m pytest", "pytest"),
    ],
)
def test_what_is_the_same_however_it_is_typed(text: str, same: str) -> None:
    (words,) = commands(text)
    assert ran(words) == same


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("pytest -q", "pytest -q"),
        ("x" * 200, "x" * 79 + "…"),
        ("a " * 100, "a " * 39 + "a…"),
        ("curl -u me:hunter2secret https://a.example/" + "b" * 99, None),
    ],
)
def test_a_command_is_told_in_a_line_and_without_its_secrets(
    command: str, told: str | None
) -> None:
    found = excerpt(command)
    assert len(found) <= 80
    assert "hunter2" not in found
    assert told in (found, None)


def test_runs_that_were_seen() -> None:
    done = [typed(NOW + n * DAY, "make test", 10 + n, ok=n != 0) for n in range(15)]
    done += [typed(NOW, "make a && make b", 99), asked(NOW, 5, True)]
    executions = [executed(NOW, "test_runner", 4), executed(NOW + 9, "test_runner", 8, "failed")]
    found = seen(done, executions)
    timing = found.timings["", "make test"]
    assert (timing.seconds, timing.runs, timing.good, timing.judged) == (17, 15, 14, 15)
    assert timing.a_week == 7.5
    own = found.timings["", "understudy run test_runner"]
    assert (own.seconds, own.runs, own.good) == (6, 2, 1)
    assert ("", "make a") not in found.timings
    assert not found.is_told
    many = [typed(NOW + n * DAY / 6, f"echo {n}") for n in range(60)]
    assert seen(many, ()).is_told
    assert not seen(many[:40], ()).is_told
    assert not seen([typed(NOW + n, f"echo {n}") for n in range(60)], ()).is_told


def test_a_wait_ends_when_something_else_is_done() -> None:
    done = [
        typed(NOW, "pytest", 60),
        typed(NOW + 100, "pytest -x", 60),
        save(NOW + 120),
        typed(NOW + 200, "pytest", 3),  # nobody minds
        typed(NOW + 300, "ruff check", 60),
        asked(NOW + 400, 30, True),
    ]
    assert [(each.at - NOW, each.seconds) for each in for_tests(done)] == [
        (0, 60),
        (100, 20),
        (400, 30),
    ]


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("git commit -m x", True),
        ("git commit -am 'a b'", True),
        ("git commit --amend --no-edit", True),
        ("git push", True),
        ("pre-commit run --all-files", True),
        ("git commit", False),  # an editor was open
        ("git commit -m x --no-verify", False),
        ("git push --no-verify", False),
        ("git status", False),
    ],
)
def test_waits_for_git(line: str, counts: bool) -> None:
    assert bool(for_git([typed(NOW, line, 30)])) is counts


def test_loops_of_a_long_log_are_counted_fast() -> None:
    done: list[Activity] = []
    for number in range(40_000):
        at = 1e9 + 20.0 * number
        done.append(Activity(at, Did.SAVED, "a.py"))
        if number % 5 == 0:
            done.append(
                Activity(at + 5, Did.COMMAND, "pytest -q", seconds=2.0, ok=number % 10 == 0)
            )
    began = time.process_time()
    found = loops(done)
    assert time.process_time() - began < 2
    assert {(each.saves, each.fails) for each in found} == {(5, 1)}


def test_loops_until_green() -> None:
    def run(minute: float, ok: bool) -> Activity:
        return typed(NOW + 60 * minute, "pytest", 5, ok)

    done = [
        run(0, True),
        run(1, False),
        save(NOW + 90),
        save(NOW + 100),
        run(3, False),
        save(NOW + 200),
        run(4, True),
    ]
    done += [run(10, False), run(500, True)]  # another piece of work
    done += [
        typed(NOW + 60 * 600, "pytest", 5, ok=False),
        typed(NOW + 60 * 601, "pytest", 5, cwd="sub"),
    ]
    (loop,) = loops(done)
    assert (loop.saves, loop.fails, loop.since, loop.until) == (3, 2, NOW + 60, NOW + 245)


def run_of(
    job: int, failing: list[str], stamp: str = "s", status: str = "done", **parameters: object
) -> tuple[object, ...]:
    rows = [[test, "failed", "t.py", 1, ""] for test in failing]
    return job, NOW + job, parameters, {"failing": {"pytest": rows}, "files": stamp}, status


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        ([run_of(1, ["a"]), run_of(2, [])], {"a": (1, 1)}),
        (
            [run_of(1, []), run_of(2, ["a"]), run_of(3, ["a", "b"]), run_of(4, ["b"])],
            {"a": (2, 2), "b": (2, 2)},
        ),
        ([run_of(1, ["a"]), run_of(2, [], "other")], {}),  # a file was written in between
        ([run_of(1, ["a"], ""), run_of(2, [], "")], {}),  # or while they ran
        ([run_of(1, ["a"]), run_of(2, [], files=["x"])], {}),  # it may not have been run
        ([run_of(1, ["a"]), run_of(2, [], status="timed out")], {}),
        ([run_of(1, ["a"]), run_of(2, ["a"])], {}),
        (
            [
                (1, NOW, {}, None, "done"),
                (2, NOW, {}, {"failing": 3}, "done"),
                (3, NOW, {}, {"failing": {"p": [[]]}}, "done"),
            ],
            {},
        ),
    ],
)
def test_flaky_tests(
    runs: list[tuple[int, float, dict[str, object], object, str]], found: dict[str, tuple[int, int]]
) -> None:
    shaky = flaky(of_values(runs))
    assert {each.test: (len(each.failed), len(each.passed)) for each in shaky} == found


def test_waits_for_our_own_hooks() -> None:
    def waited(at: float, seconds: float, kind: str = "hook") -> Entry:
        return Entry(at, kind, None, "pre-commit", f"{seconds:.1f} s")

    typed_ = for_git([typed(NOW, "git commit -m x", 20)])
    entries = [
        waited(NOW + 19, 12),
        waited(NOW + 100, 30),
        waited(NOW + 200, 2),
        waited(0, 9, "started"),
    ]
    assert for_hooks(entries, typed_) == [Wait(NOW + 70, 30, "the hook pre-commit")]


TIMES = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |   zipimport
import time:       200 |        200 |     numpy.core
import time:    300000 |     300200 |   numpy
import time:    200000 |     200000 |   shop.tax
import time:    100000 |     600200 | shop
"""


def test_imports_by_package() -> None:
    whole, found = packages(TIMES, "shop")
    assert whole == pytest.approx(0.6002)
    assert found == [
        ("numpy", pytest.approx(0.3002)),
        ("shop", pytest.approx(0.3)),
        ("zipimport", 0.0001),
    ]
    with pytest.raises(ValueError, match="was not imported"):
        packages(TIMES, "other")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([("shop", 0.6, [["numpy", 0.3], ["shop", 0.3]])], [("shop", "numpy", 50)]),
        ([("shop", 0.2, [["numpy", 0.2]])], []),  # not worth it
        ([("shop", 0.6, [["shop", 0.6]])], []),
        ([("shop", 0.6, [["shop", 0.5], ["numpy", 0.1]])], []),
        ([("shop", 0.1, []), ("shop", 0.6, [["numpy", 0.3]])], []),  # it was changed since
        ([("shop", 0, [["a", 1]]), ("a", "x", 3), ("a",)], []),
    ],
)
def test_slow_imports(values: list[tuple[object, ...]], found: list[tuple[str, str, int]]) -> None:
    left = [
        (job, dict(zip(("module", "seconds", "packages"), value, strict=False)))
        for job, value in enumerate(values)
    ]
    said = [
        (e.module, e.shares[0][0], round(100 * e.shares[0][1])) for e in slow([*left, (9, None)])
    ]
    assert said == found


_SERIES = st.lists(st.tuples(st.floats(NOW - 30 * DAY, NOW), st.floats(0, 1e4)), max_size=40)


@given(_SERIES, st.integers(0, 40))
def test_a_cost_in_a_week_lies_between_the_best_and_the_worst(
    series: list[tuple[float, float]], days: int
) -> None:
    span = Span(NOW - days * DAY, NOW)
    cost = weekly(series, span, Random(1))
    if days < 5:
        assert cost is None
        return
    assert cost is not None
    totals = by_day(series, span)
    assert 7 * min(totals) <= cost.low * (1 + 1e-9) + 1e-6
    assert cost.low <= cost.high <= 7 * max(totals) * (1 + 1e-9)
    assert cost == weekly(series, span, Random(1))


def test_the_range_covers_what_is_so() -> None:
    """Of days whose cost is known to be 100 s in the mean."""
    inside = 0
    for seed in range(200):
        random = Random(seed)
        series = [(NOW - (day + 0.5) * DAY, random.expovariate(1 / 100)) for day in range(28)]
        cost = weekly(series, Span(NOW - 28 * DAY, NOW), random)
        assert cost is not None
        inside += cost.low <= 700 <= cost.high
    assert inside >= 170


def test_what_was_gained_is_a_range_around_it() -> None:
    done = NOW - 10 * DAY
    series = [(NOW - (day + 0.5) * DAY, 100.0 if day >= 10 else 40.0) for day in range(30)]
    found = gained(series, Span(NOW - 30 * DAY, NOW), done, Random(1))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((420, 420))
    assert gained(series, Span(NOW - 30 * DAY, NOW), NOW - 3 * DAY, Random(1)) is None
    worse = gained([(at, -s) for at, s in series], Span(NOW - 30 * DAY, NOW), done, Random(1))
    assert worse is not None
    assert worse.high < 0


def test_what_is_observed_has_its_evidence() -> None:
    done = [
        typed(NOW - day * DAY + n * 900, "pytest -q", 60 + n)
        for day in range(1, 15)
        for n in range(3)
    ]
    for day in (1, 2, 3):
        at = NOW - day * DAY - 3_600
        done += [
            typed(at, "make test", 9, ok=False),
            *(save(at + n) for n in range(20, 25)),
            typed(at + 60, "make test", 9),
        ]
    found = observe(Past(done), NOW, Random(1))
    assert [each.rule for each in found.observations] == ["waiting", "loop"]
    waiting, loop = found.observations
    assert waiting.text == "You wait for tests: 48 times, 61 s (median), 62 s at most."
    assert waiting.evidence[0] == "42× `pytest -q`"
    assert waiting.weekly is not None
    assert 900 < waiting.weekly.low < 7 * 3 * 62 < waiting.weekly.high < 1_600
    assert (
        loop.text
        == "`make test` failed and was made to pass 3 times; that took 5 saves and 1 failing run (medians)."
    )
    assert found.thin == ""


def test_where_time_goes() -> None:
    done = [typed(NOW - day * DAY, "make docs", 300) for day in range(1, 11)]
    done += [typed(NOW - day * DAY, "make lint", 20, cwd="sub") for day in range(1, 11)]
    done += [typed(NOW - day * DAY, "git status", 1) for day in range(1, 11)]
    done += [typed(NOW - DAY, "make all", 5_000), typed(NOW - DAY, "make a && make b", 900)]
    found = observe(Past(done), NOW, Random(1)).bottlenecks
    assert [(e.folder, e.what, e.runs, e.seconds) for e in found] == [
        ("", "make docs", 10, 300),
        ("sub", "make lint", 10, 20),
    ]
    assert found[0].weekly is not None
    assert found[0].weekly.low <= 2_100 <= found[0].weekly.high


def test_of_few_days_no_cost_is_told() -> None:
    done = [typed(NOW - n * 3_600, "pytest", 60) for n in range(1, 20)]
    found = observe(Past(done), NOW, Random(1))
    assert [each.weekly for each in found.observations] == [None]
    assert found.thin == (
        "the log began less than a day ago; what something costs in a week is told after 5 days"
    )
    yesterday = observe(Past([typed(NOW - 1.5 * DAY, "pytest", 60)]), NOW, Random(1))
    assert yesterday.thin.startswith("the log is a day old; ")
    assert observe(Past([]), NOW, Random(1)).thin
