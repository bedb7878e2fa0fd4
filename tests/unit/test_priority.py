"""Which job goes next: a table, and what holds for any jobs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.model import Importance
from understudy.runner.priority import BOUND_SECONDS, Execution, History, ranked
from understudy.store.job_rows import Waiting

NOW = 1_800_000_000.0
LOW, MEDIUM, HIGH, CRITICAL = (int(level) for level in Importance)
FRESH = History()


def job(
    id_: int, importance: int = LOW, *, waited: float = 0, task: str = "t", **more: object
) -> Waiting:
    return Waiting(id_, task, importance, NOW - waited, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "rows", "order"),
    [
        ("importance", [job(1), job(2, CRITICAL), job(3, HIGH), job(4, MEDIUM)], [2, 3, 4, 1]),
        ("in doubt the older", [job(2), job(1, waited=0.0), job(3)], [1, 2, 3]),
        ("waiting raises", [job(1, HIGH), job(2, LOW, waited=200)], [2, 1]),
        ("but not at once", [job(1, HIGH), job(2, LOW, waited=50)], [1, 2]),
        ("a deadline raises", [job(1, HIGH), job(2, deadline=NOW + 60)], [2, 1]),
        ("one far away does not", [job(1, HIGH), job(2, deadline=NOW + 3600)], [1, 2]),
        ("one missed no more than one met", [job(1, deadline=NOW - 99), job(2, deadline=NOW)], [1, 2]),
        ("who is waited for", [job(1, HIGH), job(2, LOW), job(3, CRITICAL, needs=(2,))], [2, 3, 1]),
        ("a need that is done", [job(1, HIGH), job(3, CRITICAL, needs=(99,))], [3, 1]),
        ("failures raise", [job(1, HIGH), job(2, HIGH, task="flaky")], [2, 1]),
        ("quick ones are a little lower", [job(1, HIGH, task="quick"), job(2, HIGH)], [2, 1]),
    ],
)  # fmt: skip
def test_order(name: str, rows: list[Waiting], order: list[int]) -> None:
    histories = {"flaky": History(failures=2), "quick": History(seconds=0.2)}
    assert [id_ for id_, _ in ranked(rows, histories, NOW)] == order


@pytest.mark.parametrize(
    ("executions", "history"),
    [
        ([], History(0, None)),
        ([Execution(False, 1), Execution(False, 2), Execution(True, 3)], History(2, 3)),
        ([Execution(True, 1), Execution(False, 2), Execution(True, 3)], History(0, 2)),
        ([Execution(False, 1)] * 200, History(100, None)),
    ],
)
def test_history(executions: list[Execution], history: History) -> None:
    assert History.of(executions) == history


ROWS = st.builds(
    Waiting,
    id=st.integers(2, 1_000),
    task=st.sampled_from(["a", "b"]),
    importance=st.sampled_from([LOW, MEDIUM, HIGH, CRITICAL]),
    queued=st.floats(NOW, NOW + 10_000),
    deadline=st.none() | st.floats(NOW - 10_000, NOW + 20_000),
    needs=st.just(()),
)
HISTORIES = st.dictionaries(
    st.sampled_from(["a", "b"]),
    st.builds(History, st.integers(0, 200), st.none() | st.floats(0, 10_000)),
)


@given(st.lists(ROWS, max_size=30, unique_by=lambda row: row.id), HISTORIES)
def test_nothing_starves(rows: list[Waiting], histories: dict[str, History]) -> None:
    """The least important goes before whatever is queued ``BOUND_SECONDS`` later."""
    old = Waiting(1, "old", LOW, NOW)
    later = NOW + BOUND_SECONDS + 20_000
    order = [id_ for id_, _ in ranked([old, *rows], histories, later)]
    behind = {row.id for row in rows if row.queued > NOW + BOUND_SECONDS}
    assert not behind & set(order[: order.index(1)])


@given(st.lists(ROWS, max_size=30, unique_by=lambda row: row.id), HISTORIES)
def test_every_job_is_ranked_once(rows: list[Waiting], histories: dict[str, History]) -> None:
    assert sorted(id_ for id_, _ in ranked(rows, histories, NOW)) == sorted(r.id for r in rows)


def test_a_thousand_jobs_are_ranked_in_ten_milliseconds() -> None:
    rows = [job(n, CRITICAL if n % 7 else LOW, waited=n, task=f"t{n % 5}") for n in range(1_000)]
    taken = []
    for _ in range(20):
        started = time.process_time()
        ranked(rows, {}, NOW)
        taken.append(time.process_time() - started)
    assert min(taken) <= 0.010
