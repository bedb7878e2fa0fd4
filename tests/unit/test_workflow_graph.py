"""Jobs that wait for others: circles, the critical path, what is reached."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.insights.workflows.analysis import analyse
from understudy.insights.workflows.course import Course, course, ends
from understudy.insights.workflows.definitions import own, table
from understudy.insights.workflows.graph import circle, order, reached
from understudy.insights.workflows.lived.runs import seen
from understudy.insights.workflows.model import Around, Job, Place, Timing, Workflow
from understudy.insights.workflows.rules import Part
from understudy.insights.workflows.timed import TASK, Seen
from understudy.settings.tasks import CustomTask
from understudy.store.history import Execution

from .test_workflow_definitions import MAKE, SCRIPTS

_NAMES = st.integers(0, 9).map(str)
_GRAPHS = st.dictionaries(_NAMES, st.lists(_NAMES, max_size=4).map(tuple), max_size=9)
_COSTS = st.dictionaries(_NAMES, st.floats(0, 1e6))


def jobs(needs: dict[str, tuple[str, ...]], turns: dict[str, Turns] | None = None) -> list[Job]:
    own = turns or {}
    return [Job(name, Place("f"), its, own.get(name, ())) for name, its in needs.items()]


@given(_GRAPHS, _COSTS)
def test_the_critical_path(needs: dict[str, tuple[str, ...]], cost: dict[str, float]) -> None:
    found = course(jobs(needs), cost)
    if round_ := circle(needs):
        assert found == Course()
        assert order(needs) == ()
        assert round_[0] == round_[-1]
        assert all(
            after in needs[before] or before in needs[after] for before, after in pairwise(round_)
        )
        return
    own = [cost.get(name, 0.0) for name in needs]
    assert max(own, default=0.0) <= found.cost <= sum(own) * (1 + 1e-9)
    assert found.cost == pytest.approx(sum(cost.get(name, 0.0) for name in found.names))
    assert all(before in needs[after] for before, after in pairwise(found.names))
    assert found.total == pytest.approx(
        sum(cost.get(name, 0.0) for name in reached(needs, found.names[-1:]))
    )
    assert 0 <= found.wide <= len(needs)
    place = {name: at for at, name in enumerate(order(needs))}
    assert set(place) == set(needs)
    assert all(place[each] < place[name] for name in needs for each in needs[name] if each in needs)


Turns = tuple[tuple[str, ...], ...]
_TURNS = st.dictionaries(
    _NAMES, st.lists(st.lists(_NAMES, max_size=3).map(tuple), max_size=3).map(tuple), max_size=9
)


def slow(name: str, by: dict[str, Job], cost: dict[str, float]) -> tuple[float, float]:
    """When it ends and what it comes to, as it is said, with no regard for how long that takes."""
    job = by[name]
    turns = [[slow(c, by, cost) for c in turn if c in by] for turn in job.turns]
    own = cost.get(name, 0.0)
    ends = own + sum(max((end for end, _ in turn), default=0.0) for turn in turns)
    ends += max((slow(need, by, cost)[0] for need in job.needs if need in by), default=0.0)
    whole = own + sum(total for turn in turns for _, total in turn)
    needs = {each: one.needs for each, one in by.items()}
    for each in reached(needs, job.needs):
        alone = replace(by[each], needs=())
        whole += slow(each, {**by, each: alone}, cost)[1]
    return ends, whole


@settings(max_examples=60)
@given(_GRAPHS, _TURNS, _COSTS)
def test_what_is_called_is_added_turn_by_turn(
    needs: dict[str, tuple[str, ...]], turns: dict[str, Turns], cost: dict[str, float]
) -> None:
    its = jobs(needs, turns)
    found = course(its, cost)
    by = {each.name: each for each in its}
    if circle({each.name: (*each.needs, *each.calls) for each in its}):
        assert found == Course()
        assert not ends(its, cost)
    elif its:
        last = found.names[-1]
        assert (found.cost, found.total) == pytest.approx(slow(last, by, cost))
        assert found.cost <= found.total * (1 + 1e-9)
        assert found.cost == pytest.approx(max(slow(name, by, cost)[0] for name in by))
        assert found.cost == pytest.approx(sum(cost.get(name, 0.0) for name in found.names))
        all_known = ends(its, {name: cost.get(name, 0.0) for name in by})
        assert all_known == pytest.approx({name: slow(name, by, cost)[0] for name in by})
        runs = {each.name: (*each.needs, *each.calls) for each in its}
        known = {name for name in by if reached(runs, [name]) <= cost.keys()}
        assert ends(its, cost) == pytest.approx({name: all_known[name] for name in known})


def test_calls_that_double_again_and_again_are_bounded() -> None:
    names = [f"j{n}" for n in range(3_000)]
    chain = {name: (names[n + 1 : n + 2],) * 2 for n, name in enumerate(names)}
    found = course(
        [Job(name, Place("f"), turns=tuple(map(tuple, chain[name]))) for name in names],
        dict.fromkeys(names, 1.0),
    )
    assert found.cost <= found.total <= 1e15
    assert len(found.names) == 1_000
    wide = [Job(f"n{n}", Place("f"), tuple(f"n{m}" for m in range(n))) for n in range(400)]
    many = [*wide, *(Job(f"c{n}", Place("f"), turns=((f"n{n}",),)) for n in range(400))]
    assert course(many, {}) == Course()  # what is beyond all bounds is not told


@pytest.mark.parametrize(
    ("script", "cost", "total", "wide", "names"),
    [
        ("npm run a && npm run b && npm run c", 4, 4, 1, "a b c x"),
        ("run-s a b c", 4, 4, 1, "a b c x"),
        ("npm-run-all -s a b -p c a", 4, 5, 2, "a b c x"),
        ("npm-run-all a b c", 4, 4, 1, "a b c x"),
        ("yarn a && yarn b", 3, 3, 1, "a b x"),
        ("run-p a b c", 2, 4, 3, "a x"),
        ("npm run a & npm run b & wait", 2, 3, 2, "a x"),
        ("concurrently npm:a 'yarn b'", 2, 3, 2, "a x"),
        ("npm run a; npm run b || npm run c", 4, 4, 1, "a b c x"),
    ],
)
def test_scripts_run_as_it_is_written(
    script: str, cost: int, total: int, wide: int, names: str
) -> None:
    scripts = {"a": "node a", "b": "node b", "c": "node c", "x": script}
    found = one("package.json", json.dumps({"scripts": scripts}))
    (analysis,) = analyse([found], Seen({}))
    path = analysis.path
    assert path.names == tuple(names.split())
    assert (path.cost, path.wide) == (cost, wide)
    assert path.total == total
    assert analysis.score is not None
    performance = analysis.score.parts[Part.PERFORMANCE]
    assert not any("critical path" in why for why in performance.why)


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
    assert (steps.unit, steps.path.names, steps.path.cost, steps.path.total) == (
        "steps",
        ("c", "b", "all"),
        3,
        4,
    )
    known = {("", "ruff check"): timing(5), ("", "mypy"): timing(7)}
    (partly,) = analyse([make], Seen(known))
    assert partly.unit == "steps"
    (seconds,) = analyse([make], Seen({**known, ("", "make c"): timing(60)}))
    assert (seconds.unit, seconds.path.cost, seconds.path.total) == ("seconds", 67, 72)
    assert seconds.path.wide == 2


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
    assert (analysis.path.cost, analysis.path.total, analysis.path.wide) == (36, 41, 2)
    assert analysis.seen["build"].good == 1
    assert analysis.unreached == ()


def test_the_score_shows_its_parts() -> None:
    make = one("Makefile", "all: a b\na:\n\truff check\nb:\n\tmypy\n")
    (analysis,) = analyse([make], Seen({("", "make all"): timing(9)}))
    assert analysis.score is not None
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
