"""The budget over simulated jobs: it holds over any ten seconds, and the important go on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.model import Importance
from understudy.runner.budget import Budget, Conditions, Usage, slots, why_not_now

TICK, LEAST = 0.25, 0.05
MUCH = 1 << 40


def simulate(
    budget: Budget, demands: list[tuple[float, float]], seconds: float
) -> list[tuple[float, list[float]]]:
    """The end of each tick, and what each job used in it; a demand is a priority and a use of
    CPUs."""
    paused: frozenset[int] = frozenset()
    time, tick = 0.0, TICK
    used = []
    while time < seconds:
        time += tick
        now = [0.0 if n in paused else use * tick for n, (_, use) in enumerate(demands)]
        used.append((time, now))
        usages = [Usage(n, demands[n][0], cpu, 0) for n, cpu in enumerate(now)]
        paused = budget.tick(usages, tick).paused
        tick = max(LEAST, min(budget.lasts, TICK))
    return used


@given(
    st.floats(5, 100),
    st.integers(1, 64),
    st.lists(
        st.tuples(st.sampled_from([1.0, 10.0, 100.0]), st.floats(0, 1)), min_size=1, max_size=5
    ),
)
def test_it_holds_over_any_ten_seconds(
    percent: float, cpus: int, demands: list[tuple[float, float]]
) -> None:
    shares = [(priority, use * cpus / len(demands)) for priority, use in demands]
    used = [(at, sum(each)) for at, each in simulate(Budget(percent, MUCH, cpus), shares, 50)]
    allowed = percent / 100 * cpus * 10
    most = max(sum(cpu for at, cpu in used if since < at <= since + 10) for since, _ in used)
    assert most <= allowed * 1.15 + cpus * LEAST, "after the first tick, no other is too long"


def test_what_is_within_the_budget_is_never_paused() -> None:
    used = simulate(Budget(50, MUCH, 2), [(1.0, 0.4), (100.0, 0.5)], 25)
    assert all(min(each) > 0 for _, each in used)


def test_what_is_taken_beside_is_given_back_in_time() -> None:
    budget = Budget(50, MUCH, 2)
    assert budget.has_room
    budget.take(3.0)
    assert not budget.has_room
    budget.take(-1.0)  # it was less than expected
    ticks = 0
    while not budget.has_room:
        ticks += 1
        assert not budget.tick([], TICK).paused
    assert ticks * TICK == pytest.approx(2.0, abs=TICK)


def test_the_least_urgent_is_paused_first() -> None:
    used = simulate(Budget(50, MUCH, 2), [(1.0, 1.0), (100.0, 0.9)], 50)
    low, high = (sum(each[n] for _, each in used) for n in (0, 1))
    assert high == pytest.approx(0.9 * 50, rel=0.05)
    assert low < high / 4


@pytest.mark.parametrize(
    ("usages", "excess"),
    [
        ([Usage(1, 1, 0, 60), Usage(2, 1, 0, 30)], None),
        ([Usage(1, 1, 0, 60), Usage(2, 1, 0, 50)], 1),
        ([Usage(1, 100, 0, 90), Usage(2, 1, 0, 20)], 2),
        ([], None),
    ],
)
def test_memory(usages: list[Usage], excess: int | None) -> None:
    assert Budget(50, 100, 2).tick(usages, TICK).excess == excess


@pytest.mark.parametrize(
    ("most", "percent", "cpus", "expected"),
    [(5, 50, 2, 5), (5, 50, 1, 2), (5, 5, 1, 1), (64, 100, 4, 20), (1, 100, 64, 1)],
)
def test_slots(most: int, percent: float, cpus: int, expected: int) -> None:
    assert slots(most, percent, cpus) == expected


@pytest.mark.parametrize(
    ("importance", "conditions", "why"),
    [
        (Importance.LOW, Conditions(), ""),
        (Importance.LOW, Conditions(typing=True), "you are typing"),
        (Importance.LOW, Conditions(on_battery=True), "the computer runs on battery"),
        (Importance.LOW, Conditions(pressure="no memory", typing=True), "no memory"),
        (Importance.MEDIUM, Conditions(True, True, "no memory"), ""),
    ],
)
def test_why_not_now(importance: Importance, conditions: Conditions, why: str) -> None:
    assert why_not_now(importance, conditions) == why
