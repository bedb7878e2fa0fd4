"""What a change is to gain: of runs elsewhere from what the same takes here, of chains from their
parts; always a range, and none where nothing is known."""

from __future__ import annotations

import json
from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from understudy.app.insights.workflow_listing import effect
from understudy.insights.recommend import make
from understudy.insights.recommend.at_once import task
from understudy.insights.recommend.model import Gain, Recommendation
from understudy.insights.workflows.analysis import analyse
from understudy.insights.workflows.definitions import table
from understudy.insights.workflows.edits import edits
from understudy.insights.workflows.lived.effects import gained, is_of_command, measure
from understudy.insights.workflows.lived.pushes import Push, Pushes, noted, typed
from understudy.insights.workflows.lived.runs import DAY, seen
from understudy.insights.workflows.model import Around, Change, Machine, Timing, Workflow
from understudy.insights.workflows.rules import Part
from understudy.insights.workflows.score import usage
from understudy.insights.workflows.timed import NOTHING, Seen
from understudy.insights.workflows.tree import read as read_yaml
from understudy.settings.tasks import CustomTask, Tasks
from understudy.store.activity import Activity, Did
from understudy.store.history import Execution
from understudy.store.recommendations import Row
from understudy.text import apply

NOW = 1_700_000_000.0
CI = """\
on: {on}
jobs:
  lint:
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
      - run: |
          set -e
          pip install -r requirements.txt
          ruff check .
  test:
    needs: lint
    timeout-minutes: 5
    steps:
      - run: npm ci
        working-directory: web
      - run: make check
      - run: npm ci
        working-directory: web
"""
HERE = {
    ("", "pip install -r requirements.txt"): 40.0,
    ("", "ruff check ."): 5.0,
    ("web", "npm ci"): 30.0,
    ("", "make check"): 100.0,
}
PUSHES = Pushes.of(
    [Push(NOW - 14 * DAY, "x"), Push(NOW - 14 * DAY + 60, "x"), Push(NOW - DAY, "main")], NOW
)


def timings(seconds: dict[tuple[str, str], float]) -> dict[tuple[str, str], Timing]:
    return {at: Timing(took, 7, 3.5) for at, took in seconds.items()}


def read(path: str, text: str) -> Workflow:
    found = table.workflow(path, text, Around(frozenset({"requirements.txt"})))
    assert found is not None
    return found


def found(
    text: str, here: dict[tuple[str, str], float], pushes: Pushes
) -> dict[str, Recommendation]:
    analyses = analyse([read(".github/workflows/ci.yml", text)], NOTHING)
    every = make.recommendations(analyses, Tasks(), timings(here), pushes)
    return {each.rule: each for each in every}


def test_what_runs_elsewhere_is_told_as_it_takes_here() -> None:
    of = found(CI.format(on="[push, pull_request]"), HERE, PUSHES)
    assert of["no-cache"].gain == Gain(0, 40 * 1.5)
    assert of["no-cache"].why[-2:] == (
        "`pip install -r requirements.txt` takes 40 s here (7 runs, the median)",
        "3 pushes of 2 weeks from here could start it",
    )
    assert of["duplicate-step"].gain == Gain(0, 30 * 1.5)
    # 45 s and then 160 s; at once 160 s
    assert of["needless-need"].gain == Gain(0, 45 * 1.5)
    # 205 s: the second push to x came after 60 s of them
    assert of["no-concurrency"].gain == Gain(0, (205 - 60) / 2)
    assert of["no-concurrency"].why[-1].startswith("1 of 3 pushes of 2 weeks came to a branch ")
    told = {rule: each.basis for rule, each in of.items() if each.gain}
    assert told.pop("no-concurrency") == "of the machines that run it, as it takes here"
    assert set(told.values()) == {"as it takes here"}
    assert (of["no-timeout"].gain, of["no-timeout"].basis) == (None, "")
    assert of["no-timeout"].unknown == "how often a job hangs is not seen from here"


@pytest.mark.parametrize(
    ("rule", "without", "unknown"),
    [
        ("no-cache", "pip install -r requirements.txt", "no run of `pip install -r requ"),
        ("duplicate-step", "npm ci", "no run of `npm ci` was seen here"),
        ("needless-need", "make check", "not all that test runs or needs was seen"),
    ],
)
def test_what_was_not_seen_here_is_not_known(rule: str, without: str, unknown: str) -> None:
    here = {at: took for at, took in HERE.items() if at[1] != without}
    one = found(CI.format(on="[push, pull_request]"), here, PUSHES)[rule]
    assert one.gain is None
    assert one.unknown.startswith(unknown)
    assert found(CI.format(on="[pull_request]"), {}, PUSHES)["no-concurrency"].gain is None


@pytest.mark.parametrize(
    ("on", "pushes", "gain", "unknown"),
    [
        ("{push: {branches: [main, 'release/*']}}", PUSHES, Gain(0, 20), ""),
        ("{push: {branches: [y]}}", PUSHES, None, "no push that starts it is known here"),
        ("{push: {tags: [v1]}}", PUSHES, None, "no push starts it"),
        ("{push: {branches: [y]}, pull_request: }", PUSHES, Gain(0, 60), ""),
        ("{push: }", PUSHES, Gain(0, 60), ""),
        ("push", PUSHES, Gain(0, 60), ""),
        ("schedule", PUSHES, None, "no push starts it"),
        ("push", Pushes(), None, "no push that starts it is known here"),
    ],
)
def test_a_push_counts_where_it_starts_the_workflow(
    on: str, pushes: Pushes, gain: Gain | None, unknown: str
) -> None:
    one = found(CI.format(on=on), HERE, pushes)["no-cache"]
    assert (one.gain, one.unknown) == (gain, unknown)


def test_no_push_came_too_soon() -> None:
    apart = Pushes.of([Push(NOW - 8 * DAY, "x"), Push(NOW - DAY, "x")], NOW)
    one = found(CI.format(on="pull_request"), HERE, apart)["no-concurrency"]
    assert one.gain == Gain(0, 0)
    assert one.why[-1].startswith("0 of 2 pushes of 1 week came to a branch ")


@pytest.mark.parametrize(
    ("where", "folder"),
    [("web/", "web"), ("./web", "web"), (".", ""), ("../x", None), ("${{ matrix.at }}", None)],
)
def test_where_a_step_runs(where: str, folder: str | None) -> None:
    step = "steps: [{run: make}]"
    for text in (
        f"on: push\njobs: {{a: {{steps: [{{run: make, working-directory: '{where}'}}]}}}}\n",
        f"jobs: {{a: {{defaults: {{run: {{working-directory: '{where}'}}}}, {step}}}}}\n",
        f"defaults: {{run: {{working-directory: '{where}'}}}}\njobs: {{a: {{{step}}}}}\n",
    ):
        (job,) = read(".github/workflows/ci.yml", text).jobs
        assert [each.folder for each in job.steps] == [folder]


def test_pushes_as_git_notes_them() -> None:
    old, new = "0" * 40, "a" * 40
    line = f"{old} {new} A B <a@b> {{}} +0100\t{{}}"
    text = "\n".join(
        [
            line.format(5, "update by push"),
            line.format(6, "fetch: fast-forward"),
            line.format("x", "update by push"),
            line.format(7, "update by push"),
            "\0",
        ]
    )
    assert [*noted(text, "main")] == [Push(5, "main"), Push(7, "main")]
    by_hand = [
        Activity(1, Did.COMMAND, "git add . && git push -u origin x", ok=True),
        Activity(2, Did.COMMAND, "git push", ok=False),
        Activity(3, Did.COMMAND, "git pushes"),
        Activity(4, Did.TASK, "git push"),
    ]
    assert [*typed(by_hand)] == [Push(1, "")]


def test_old_pushes_and_wrong_clocks_do_not_count() -> None:
    days = (-400, -91, -14, -1, 1)
    found = Pushes.of([Push(NOW + day * DAY, "x") for day in days], NOW)
    assert (len(found.every), found.weeks) == (2, 2)
    many = Pushes.of((Push(NOW - n, "x") for n in range(12_000)), NOW)
    assert (len(many.every), many.every[-1].at, many.weeks) == (10_000, NOW, 1)
    assert Pushes.of([], NOW) == Pushes()


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from("ab"))), st.floats(0.1, 50))
def test_what_is_left_of_runs_is_bounded(given_: list[tuple[float, str]], seconds: float) -> None:
    pushes = Pushes.of((Push(*each) for each in given_), 200.0)
    count, left = pushes.overlap(seconds)
    assert 0 <= left <= count * seconds
    assert count <= max(0, len(given_) - 1)
    assert pushes.to(["**"]) == len(given_)
    assert pushes.to(["a"]) + pushes.to(["b"]) == len(given_)


# ── chains of scripts ───────────────────────────────────────────────────────────────────────────

SCRIPTS = {
    "lint": "eslint .",
    "types": "tsc --noEmit",
    "test": "node --test",
    "build": "vite build",
}


def scripts(**more: str) -> Workflow:
    return read("web/package.json", json.dumps({"scripts": {**SCRIPTS, **more}}))


@pytest.mark.parametrize(
    ("chain", "checks"),
    [
        ("npm run lint && npm run types && npm test", "lint types test"),
        ("yarn lint && yarn types", "lint types"),
        ("run-s lint types test", "lint types test"),
        ("npm-run-all -s lint types", "lint types"),
        ("npm-run-all lint types", "lint types"),
        ("npm run build && npm run lint && npm test", "lint test"),
        ("npm run lint && npm run lint && npm test", "lint test"),
        ("A=1 eslint . && tsc --noEmit -p a", "eslint tsc"),
        ("npm run lint && npm run build && npm test", ""),  # the test may need what is built
        ("run-p lint types", ""),
        ("npm-run-all -p lint types", ""),
        ("run-p lint types && npm test", ""),
        ("npm run lint && tsc && npm test", ""),  # it writes what is tested
        ("eslint . && tsc a.ts --typeRoots ./types", ""),
        ("npm run styled && npm test", ""),
        ("prettier --check . && biome ci && npx stylelint x", "prettier biome stylelint"),
        ("npm run check:a && vitest run", "check-a vitest"),
        ("npm run lint && 'a\u2028b' c\rd && npm test", ""),
        ("npm run lint -- --fix && npm test", ""),
        ("npm run lint || npm test", ""),
        ("npm run lint; npm test", ""),
        ("npm run lint && npm test & wait", ""),
        ("cd x && npm run lint && npm test", ""),
        ("npm run lint && npm run gone", ""),
        ("npm run lint && npm run builds", ""),
        ("npm run lint && echo '${{ x }}' && npm test", ""),
        ("npm run lint", ""),
        (" && ".join(["npm run lint", "npm test"] * 7), ""),
        ("&&", ""),
        ("", ""),
    ],
)
def test_checks_of_a_chain_become_tasks(chain: str, checks: str) -> None:
    more = {"builds": "npm run types && npm run build", "check:a": "x", "styled": "oxlint && oxfmt"}
    flow = scripts(all=chain, **more)
    issues = [e for e in flow.issues if e.rule == "in-sequence" and e.subject == "all"]
    assert len(issues) == bool(checks)
    if not issues:
        return
    setting = task(flow, issues[0])
    assert setting is not None
    assert isinstance(setting.value, dict)
    tasks = {name: CustomTask(**value) for name, value in setting.value.items()}
    last = tasks["all-at-once"]
    assert [each.removeprefix("all-").replace("npx", "stylelint") for each in last.needs] == (
        checks.split()
    )
    assert {each.cwd for each in tasks.values() if [*each.command] != ["true"]} == {"web"}


def test_the_tasks_keep_the_order_of_what_is_no_check() -> None:
    flow = scripts(
        all="npm run build && npm run lint && A=1 tsc --noEmit && npm publish",
        preall="x",
        postall="y",
    )
    (issue,) = [each for each in flow.issues if each.rule == "in-sequence"]
    setting = task(flow, issue)
    assert setting is not None
    assert setting.path == ("tasks", "custom")
    web = {"cwd": "web"}
    assert setting.value == {
        "all-preall": {"command": ["npm", "run", "preall"], **web},
        "all-build": {"command": ["npm", "run", "build"], **web, "needs": ["all-preall"]},
        "all-lint": {"command": ["npm", "run", "lint"], **web, "needs": ["all-build"]},
        "all-tsc": {
            "command": ["npm", "exec", "-c", "A=1 tsc --noEmit"],
            **web,
            "needs": ["all-build"],
        },
        "all-npm": {
            "command": ["npm", "exec", "-c", "npm publish"],
            **web,
            "needs": ["all-lint", "all-tsc"],
        },
        "all-at-once": {"command": ["npm", "run", "postall"], **web, "needs": ["all-npm"]},
    }


_PIECES = (
    *("npm run lint", "npm test", "eslint '*.js'", "A='b: c' tsc --noEmit", "run-s types x"),
    *("npm run build", "vitest run # y", "true", "npm run on", "jest -t '{a}, \"b\"'", "yarn é"),
)
_CHAINS = st.lists(st.sampled_from(_PIECES), min_size=2, max_size=8).map(" && ".join)
_THERE = (
    *("", "# mine\n", "tasks:\n", "tasks: {custom: {a: {command: [b]}}}\n", "a: 1"),
    *("tasks:\r\n  custom:\r\n    a: {command: [b]}\r\nb: 2\r\n", "tasks:\n  custom:\n"),
)


@given(
    st.dictionaries(st.sampled_from(["x", "é", "on", "a b", "1", "y: z"]), _CHAINS),
    st.sampled_from(_THERE),
)
def test_tasks_of_any_chain_are_written_as_they_are_meant(more: dict[str, str], there: str) -> None:
    flow = scripts(**more)
    before = yaml.safe_load(there) or {}
    for issue in flow.issues:
        if (setting := task(flow, issue)) is None:
            continue
        assert isinstance(setting.value, dict)
        made = edits(there, [Change(setting.path, setting.value)])
        after = read_yaml(apply(there, made))[0]
        assert after is not None
        assert isinstance(after.data, dict)
        assert setting.stands_in(after.data)
        custom = ((before.get("tasks") or {}).get("custom")) or {}
        assert after.data["tasks"]["custom"] == {**custom, **setting.value}
        names = setting.value.keys()
        assert all(set(each.get("needs", ())) <= names for each in setting.value.values())
        with pytest.raises(ValueError, match="stands there already"):
            edits(apply(there, made), [Change(setting.path, setting.value)])


@pytest.mark.parametrize(
    ("here", "gain", "unknown"),
    [
        ({"npm run all": 60, "npm run lint": 10, "npm run types": 15, "npm run test": 30}, 25, ""),
        ({"npm run all": 60, "eslint .": 10, "tsc --noEmit": 15, "node --test": 30}, 25, ""),
        ({"npm run all": 20, "npm run lint": 10, "npm run types": 15, "npm run test": 30}, 20, ""),
        ({"npm run all": 60, "npm run lint": 10}, 40, ""),  # of three at once a third is left
        ({"npm run lint": 10}, None, "no run of it was seen here so far"),
        ({"npm run all": 0.1}, None, "it takes less than a second a week"),
    ],
)
def test_the_gain_of_a_chain(here: dict[str, float], gain: float | None, unknown: str) -> None:
    known = timings({("web", what): took for what, took in here.items()})
    analyses = analyse([scripts(all="npm run lint && npm run types && npm test")], Seen(known))
    every = make.recommendations(analyses, Tasks(), known)
    (one,) = [each for each in every if each.rule == "in-sequence"]
    told = None if one.gain is None else (one.gain.low, round(one.gain.high, 6))
    assert told == (None if gain is None else (0, gain * 3.5))
    assert one.unknown == unknown
    assert one.basis == ""


@pytest.mark.parametrize(
    ("here", "at_once", "editor", "low", "high"),
    [
        (60.0, 25.0, 0, 34.5 * 7, 35.5 * 7),  # 35 s less, seven times a week
        (60.0, 60.0, 0, -0.5 * 7, 0.5 * 7),
        (25.0, 60.0, 0, -35.5 * 7, -34.5 * 7),  # it takes longer now
        (60.0, None, 20, None, None),  # how long that took as a whole is not known
    ],
)
def test_the_effect_of_a_chain_is_that_of_the_same_runs(
    here: float, at_once: float | None, editor: int, low: float | None, high: float | None
) -> None:
    flow = scripts(all="npm run lint && npm test")
    (one,) = [
        each for each in make.recommendations(analyse([flow], NOTHING), Tasks()) if each.setting
    ]
    assert is_of_command(one.measure)
    done = NOW - 14 * DAY
    log = [
        Activity(done - (n + 1) * DAY, Did.COMMAND, "npm run all", "s", "web", seconds=here + n % 2)
        for n in range(20)
    ]
    log += [Activity(done - n, Did.COMMAND, "npm run all", "s", "app", seconds=1) for n in range(9)]
    typed_ = "understudy run all-at-once"
    log += [
        Activity(done + n * DAY, Did.COMMAND, typed_, "s", seconds=at_once + n % 2)
        for n in range(14)
        if at_once is not None
    ]
    log += [Activity(done + n, Did.TASK, "all-at-once", "s", seconds=0.1) for n in range(editor)]
    found = gained(one.measure, log, done, NOW, Random(1))
    assert (found is None) == (low is None)
    if found is not None and low is not None and high is not None:
        assert low <= found.low <= found.high <= high


def test_few_runs_tell_no_effect() -> None:
    name = measure("", "make all")
    log = [Activity(NOW - n * DAY, Did.COMMAND, "make all", "s", seconds=9) for n in range(1, 20)]
    assert gained(name, log, NOW - 10 * DAY, NOW, Random(1)) == (0, 0, 10)
    assert gained(name, log, NOW - 4 * DAY, NOW, Random(1)) is None
    assert gained(name, log, NOW - 17 * DAY, NOW, Random(1)) is None
    assert gained(name, log[:6], NOW - 30 * DAY, NOW, Random(1)) is None
    assert gained(measure("", "make some"), log, NOW - 10 * DAY, NOW, Random(1)) is None


# ── what was measured of the machine ────────────────────────────────────────────────────────────


def executed(task: str, seconds: float, cpu: float, memory: int) -> Execution:
    return Execution(1, task, 1, 0.0, NOW, NOW + seconds, "done", "", "", cpu, memory)


def test_what_tasks_were_measured_to_take_counts_in_the_score() -> None:
    tasks = {
        "tests": CustomTask(command=("make", "check"), cwd="app"),
        "given": CustomTask(command=("make", "${{ what }}")),
    }
    runs = [executed("tests", 10, 40, 8 << 30), executed("tests", 10, 20, 2 << 30)]
    found = seen([], [*runs, executed("given", 1, 1, 1)], tasks)
    timing = found.timings["app", "make check"]
    assert (timing.measured, timing.memory, timing.cores) == (2, 8 << 30, 3)
    assert ("", "make ${{ what }}") not in found.timings
    flow = read("app/Makefile", "all:\n\techo\ncheck: ## all\n\tpytest\n")
    machine = Machine(4, 16 << 30)
    (measured,) = analyse([flow], found, machine)
    assert measured.score is not None
    points = measured.score.parts[Part.RESOURCES]
    assert points.value == pytest.approx(100 - 50 / 3 - 25 / 2)
    assert points.why[0] == (
        "29 off: measured: at most 8 GiB, 50 % of the memory here, and 3.0 of 4 processors"
    )
    for without in (analyse([flow], NOTHING, machine), analyse([flow], found, None)):
        assert without[0].score is not None
        points = without[0].score.parts[Part.RESOURCES]
        assert points == (100, ("what it takes was not measured here: by rules alone",))


@given(st.integers(1, 64), st.integers(1, 1 << 40), st.integers(0, 1 << 42), st.floats(0, 1e6))
def test_points_of_what_is_taken(cores: int, there: int, held: int, busy: float) -> None:
    machine = Machine(cores, there)
    points = []
    for more in (1, 2):
        found = usage([Timing(1, 1, 1, measured=1, memory=held * more, cores=busy)], machine)
        assert found is not None
        points.append(found.points)
    assert 25 <= points[1] <= points[0] <= 100
    assert usage([Timing(1, 1, 1)], machine) is None


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-20.0, 25.0, "-20 to 25 s"),
        (-0.3, 70.0, "0 to 70 s"),
        (300.0, 420.0, "5 to 7 min"),
        (-400.0, -25.0, "-7 to 0 min"),
        (3_600.0, 9_000.0, "1.0 to 2.5 h"),
    ],
)
def test_what_came_of_it_is_told_in_a_unit_that_fits(low: float, high: float, told: str) -> None:
    row = Row("a", "slow-file", "", "it took long", "slow-file a", "done", 1.0)
    row = row._replace(low=0.0, high=70.0, gained_low=low, gained_high=high)
    assert effect(row) == f"effect: {told} a week less (95 %); 0–70 s a week was told"
