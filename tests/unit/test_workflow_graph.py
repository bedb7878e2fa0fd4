"""Jobs that wait for others: circles, the critical path, what is reached."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.insights.workflows.analysis import TASK, Seen, analyse
from understudy.insights.workflows.definitions import own, table
from understudy.insights.workflows.graph import circle, levels, longest, order, reached
from understudy.insights.workflows.lived.runs import seen
from understudy.insights.workflows.model import Around, Timing, Workflow
from understudy.settings.tasks import CustomTask
from understudy.store.history import Execution

from .test_workflow_definitions import MAKE, SCRIPTS

_NAMES = st.integers(0, 9).map(str)
_GRAPHS = st.dictionaries(_NAMES, st.lists(_NAMES, max_size=4).map(tuple), max_size=9)
_COSTS = st.dictionaries(_NAMES, st.floats(0, 1e6))


@given(_GRAPHS, _COSTS)
def test_the_longest_way(needs: dict[str, tuple[str, ...]], cost: dict[str, float]) -> None:
    way = longest(needs, cost)
    if round_ := circle(needs):
        assert way.names == ()
        assert order(needs) == ()
        assert round_[0] == round_[-1]
        assert all(
            after in needs[before] or before in needs[after] for before, after in pairwise(round_)
        )
        return
    own = [cost.get(name, 0.0) for name in needs]
    assert max(own, default=0.0) <= way.cost <= sum(own) * (1 + 1e-9)
    assert way.cost == pytest.approx(sum(cost.get(name, 0.0) for name in way.names))
    assert all(before in needs[after] for before, after in pairwise(way.names))
    assert 0 <= levels(needs) <= len(needs)
    place = {name: at for at, name in enumerate(order(needs))}
    assert set(place) == set(needs)
    assert all(place[each] < place[name] for name in needs for each in needs[name] if each in needs)


@given(_GRAPHS, st.lists(_NAMES))
def test_what_is_reached(needs: dict[str, tuple[str, ...]], entries: list[str]) -> None:
    found = reached(needs, entries)
    assert set(entries) & needs.keys() <= found
    assert {each for name in found for each in needs[name]} & needs.keys() <= found


def one(path: str, text: str) -> Workflow:
    found = table.workflow(path, text, Around(frozenset({"src/main.c"})))
    assert found is not None
    return found


def timing(seconds: float, runs: int = 10, good: int = 8) -> Timing:
    return Timing(seconds, runs, 5.0, good, runs)


def test_a_path_is_in_seconds_only_where_all_are_known() -> None:
    make = one("Makefile", "all: a b\na:\n\truff check\nb: c\n\tmypy\nc:\n\tpytest\n")
    (steps,) = analyse([make], Seen({}))
    assert (steps.unit, steps.path.names, steps.path.cost, steps.total) == (
        "steps",
        ("c", "b", "all"),
        3,
        4,
    )
    known = {("", "ruff check"): timing(5), ("", "mypy"): timing(7)}
    (partly,) = analyse([make], Seen(known))
    assert partly.unit == "steps"
    (seconds,) = analyse([make], Seen({**known, ("", "make c"): timing(60)}))
    assert (seconds.unit, seconds.path.cost, seconds.total) == ("seconds", 67, 72)
    assert seconds.spared == 5
    assert seconds.wide == 2


def test_own_tasks_are_timed_by_their_executions() -> None:
    custom = {
        "build": CustomTask(command=("cc",), when=("save",)),
        "lint": CustomTask(command=("ruff", "check")),
        "all": CustomTask(command=("true",), needs=("build", "lint")),
    }
    tasks = own.workflow("", custom, {})
    assert tasks is not None
    done = [
        Execution(1, name, 1, 0.0, at, at + seconds, status, "", "", 0.0, 0)
        for at, name, seconds, status in (
            *((0.0, "build", 30.0, "done"), (50.0, "build", 40.0, "failed")),
            *((60.0, "lint", 5.0, "done"), (70.0, "all", 1.0, "done")),
        )
    ]
    (analysis,) = analyse([tasks], seen([], done))
    assert (analysis.unit, analysis.path.names) == ("seconds", ("build", "all"))
    assert (analysis.path.cost, analysis.total, analysis.wide) == (36, 41, 2)
    assert analysis.seen["build"].good == 1
    assert analysis.unreached == ()


def test_the_score_shows_its_parts() -> None:
    make = one("Makefile", "all: a b\na:\n\truff check\nb:\n\tmypy\n")
    (analysis,) = analyse([make], Seen({("", "make all"): timing(9)}))
    parts = {str(part): points.value for part, points in analysis.score.parts.items()}
    assert parts == {
        "success": 80,
        "performance": pytest.approx(100 * (0.5 + 0.5 * 2 / 3)),
        "resources": 100,
    }
    assert analysis.score.value == pytest.approx(0.4 * 80 + 0.35 * parts["performance"] + 25)
    assert (
        "8 of 10 runs that were seen went well"
        in analysis.score.parts[next(iter(analysis.score.parts))].why
    )


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        (
            "Makefile",
            "ci: lint test\nlint:\n\tpip install -r r.txt\n\truff check\ntest:\n\tpip install -r r.txt\n\tpytest\n",
            ["ci runs `pip install -r r.txt` twice: in lint and in test."],
        ),
        ("Makefile", "lint:\n\tpip install -r r.txt\ntest:\n\tpip install -r r.txt\n", []),
        ("Makefile", "ci: a b\na:\n\techo x\nb:\n\techo x\n", []),  # it costs nothing
        (
            "package.json",
            '{"scripts": {"ci": "npm run check && npm run test", "check": "npm run test", "test": "x"}}',
            ["ci runs `npm run test` twice: in ci and in check."],
        ),
        (
            "package.json",
            '{"scripts": {"test": "npm run a && npm run b", "a": "vitest run", "b": "BUILD=1 vitest run"}}',
            [],
        ),
        ("tox.ini", "[tox]\nenvlist = a, b\n[testenv]\ncommands = pytest\n", []),
    ],
)
def test_what_one_run_does_twice(path: str, text: str, told: list[str]) -> None:
    (analysis,) = analyse([one(path, text)], Seen({}))
    assert [each.text for each in analysis.issues if each.rule == "duplicate-step"] == told


def test_what_another_workflow_calls_is_not_dead() -> None:
    make, scripts = one("Makefile", MAKE), one("package.json", SCRIPTS)

    def dead(*workflows: Workflow, told: bool = True) -> set[str]:
        found = analyse(workflows, Seen({}, told))
        return {i.subject for each in found for i in each.issues if i.rule == "dead"}

    assert dead(make) >= {"clean", "old"}
    assert dead(make, told=False) == set()
    ci = "on: push\njobs:\n  a:\n    steps:\n      - run: make -j2 clean && npm run check\n"
    calling = one(".github/workflows/ci.yml", ci)
    assert "check" in dead(make, scripts)
    left = dead(make, scripts, calling)
    assert "old" in left
    assert not {"clean", "check"} & left


def test_what_was_run_is_not_dead() -> None:
    (seen,) = analyse([one("Makefile", MAKE)], Seen({("", "make old"): timing(1)}, True))
    assert "old" not in {each.subject for each in seen.issues}
    assert "clean" in {each.subject for each in seen.issues}
    assert seen.seen["old"].seconds == 1
    assert TASK.startswith("understudy")
