"""Tasks that need others: what has to run, in which order, and how long it takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.runner.graph import GraphError, Node, Plan, closure, estimate, measured, needs_of


def nodes(*each: Node) -> dict[str, Node]:
    return {node.name: node for node in each}


def test_needs_come_first_each_once() -> None:
    tasks = nodes(Node("a", ("b", "c")), Node("b", ("d",)), Node("c", ("d",)), Node("d"), Node("e"))
    found = closure(tasks, ["a"])
    assert set(found) == {"a", "b", "c", "d"}
    order = list(found)
    assert all(order.index(need) < order.index(name) for name, its in found.items() for need in its)


def test_what_writes_a_file_goes_before_what_reads_it() -> None:
    tasks = nodes(
        Node("test", inputs=("src/**/*.py", "build/")),
        Node("generate", outputs=("src/app/schema.py",)),
        Node("compile", outputs=("build/",)),
        Node("docs", outputs=("docs/index.html",)),
    )
    assert set(closure(tasks, ["test"])["test"]) == {"generate", "compile"}


@pytest.mark.parametrize(
    ("each", "words"),
    [
        ([Node("a", ("a",))], "these tasks need each other: a → a"),
        ([Node("a", ("b",))], "there is no task 'b', which 'a' needs"),
        ([], "there is no task 'a'"),
    ],
)
def test_refused_by_name(each: list[Node], words: str) -> None:
    with pytest.raises(GraphError) as refused:
        closure(nodes(*each), ["a"])
    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("needs", "seconds", "tracks", "serial", "parallel"),
    [
        ({"a": (), "b": ()}, {"a": 3, "b": 2}, 2, 5, 3),
        ({"a": (), "b": ()}, {"a": 3, "b": 2}, 1, 5, 5),
        ({"a": (), "b": ("a",)}, {"a": 3, "b": 2}, 2, 5, 5),
        ({"a": (), "b": (), "c": ("a",)}, {"a": 1, "b": 4, "c": 3}, 2, 8, 4),
        ({}, {}, 4, 0, 0),
    ],
)
def test_estimate(
    needs: dict[str, tuple[str, ...]],
    seconds: dict[str, float],
    tracks: int,
    serial: float,
    parallel: float,
) -> None:
    plan = estimate(needs, seconds, tracks)
    assert (plan.serial, plan.parallel) == (serial, parallel)


def test_a_plan_says_what_runs_beside_what_and_what_nobody_knows() -> None:
    needs = {"lint": (), "compile": (), "test": ("compile",), "pack": ("lint", "test")}
    plan = estimate(needs, {"lint": 1, "compile": 2, "test": 3}, 5)
    assert plan.tracks == (("compile", "test", "pack"), ("lint",))
    assert plan.unknown == ("pack",)
    assert (plan.serial, plan.parallel, plan.speed_up) == (6, 5, 1.2)
    assert estimate(needs, {}, 5).speed_up == 1


@pytest.mark.parametrize(("least", "parallel"), [(0, 3), (4, 4), (9, 5)])
def test_no_number_of_tracks_helps_the_processors(least: float, parallel: float) -> None:
    assert estimate({"a": (), "b": ()}, {"a": 3, "b": 2}, 2, least).parallel == parallel


@pytest.mark.parametrize(
    ("spans", "serial", "parallel"),
    [([], 0, 0), ([(7, 9)], 2, 2), ([(0, 3), (1, 4)], 6, 4), ([(5, 6), (0, 1)], 2, 6)],
)
def test_what_it_took(spans: list[tuple[float, float]], serial: float, parallel: float) -> None:
    assert measured(spans) == Plan(serial, parallel)


def test_direct_needs() -> None:
    tasks = nodes(Node("a", ("b",), ("x.js",)), Node("b", ("c",)), Node("c", outputs=("*.js",)))
    assert needs_of(tasks, "a") == ("b",)
    assert needs_of(nodes(*tasks.values(), Node("d", outputs=("x.js",))), "a") == ("b", "d")


@given(
    st.lists(st.floats(0, 100), max_size=12).flatmap(
        lambda durations: st.tuples(
            st.just(durations),
            st.tuples(
                *(st.sets(st.integers(0, max(0, n - 1)), max_size=3) for n in range(len(durations)))
            ),
        )
    ),
    st.integers(1, 6),
)
def test_an_estimate_is_within_its_bounds(
    case: tuple[list[float], tuple[set[int], ...]], tracks: int
) -> None:
    durations, below = case
    needs = {str(n): tuple(str(m) for m in its if m < n) for n, its in enumerate(below)}
    plan = estimate(needs, {str(n): each for n, each in enumerate(durations)}, tracks)
    longest = max(durations, default=0)
    assert max(longest, plan.serial / tracks) - 1e-6 <= plan.parallel <= plan.serial + 1e-6
    assert sorted(name for track in plan.tracks for name in track) == sorted(needs)
    assert len(plan.tracks) <= tracks
