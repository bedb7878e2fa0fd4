"""Real pytest, unittest, and npm, run as the plan says, by the real runner of commands."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio

from understudy.analyzers.interpreters import interpreter
from understudy.runner.calls import Job, Outcome, Status
from understudy.runner.execute import Runner
from understudy.tasks.testing.detect import Kind, TestRunner, detect
from understudy.tasks.testing.plan import Plan, plan
from understudy.tasks.testing.results import (
    Selection,
    TestOutcome,
    TestReport,
    TestResult,
    findings,
    still_failing,
)

from .support import tree, until

ROOT = Path(__file__).resolve().parents[2]
PASSED, FAILED, SKIPPED, ERROR, XFAILED = TestOutcome


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runner() -> AsyncIterator[Runner]:
    runner = Runner()
    yield runner
    await runner.close()


class Project:
    """A workspace, and its tests run as the engine would."""

    def __init__(self, runner: Runner, root: Path, private: Path) -> None:
        self.root = root
        self._runner = runner
        self._private = private
        self._count = 0
        self.output = b""
        self.outcome: Outcome | None = None
        self.environment = environment()

    def plan(self, selection: Selection = Selection(), kind: Kind | None = None) -> Plan:  # noqa: B008
        (found,) = [one for one in detect(str(self.root)) if kind in (None, one.kind)]
        self._count += 1
        folder = self._private / str(self._count)
        folder.mkdir(parents=True)
        python = ""
        if found.kind.is_python:
            python = interpreter(str(self.root), "", "", {"VIRTUAL_ENV": sys.prefix})
        return plan(found, str(self.root), selection, str(folder), self.environment, python)

    async def execute(self, made: Plan) -> TestReport:
        said: list[bytes] = []
        started = time.time()
        command = replace(made.command, output=said.append)
        job = Job("tests", command, 60.0, needs_trust=made.needs_trust, trusted=True)
        self.outcome = await self._runner.execute(job)
        self.output = b"".join(said)
        text = self.output.decode("utf-8", "replace")
        return await asyncio.to_thread(made.report, text, self.outcome.exit_code, started)

    async def run(self, selection: Selection = Selection()) -> TestReport:  # noqa: B008
        return await self.execute(self.plan(selection))


@cache
def environment() -> dict[str, str]:
    """With node and npm first, and nothing of the test run that this is: the plug-ins of its
    environment, too, take most of the time of so short a run."""
    home = subprocess.run(
        ["bash", "-c", ". client-vscode/node.sh && printf %s $PATH"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST", "COV", "npm_"))}
    own = {"PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return kept | own | {"PATH": home}


@pytest.fixture
def project(runner: Runner, tmp_path: Path) -> Callable[[dict[str, str]], Project]:
    def make(files: dict[str, str]) -> Project:
        root = tree(tmp_path / "workspace", files)
        return Project(runner, root, tmp_path / "private")

    return make


def outcomes(report: TestReport) -> dict[str, TestOutcome]:
    return {result.id: result.outcome for result in report.results}


def by_id(report: TestReport) -> dict[str, TestResult]:
    return {result.id: result for result in report.results}


Make = Callable[[dict[str, str]], Project]

PYTEST = {
    "pytest.ini": "[pytest]\naddopts = -p no:cacheprovider\n",
    "tests/conftest.py": (
        "import pytest\n@pytest.fixture\ndef broken():\n    raise RuntimeError('no')\n"
        "@pytest.fixture\ndef breaks_later():\n    yield\n    raise OSError('late')\n"
    ),
    "shop.py": "def price(n):\n    return {1: 'é'}[n]\n",
    "tests/test_a.py": """\
import pytest
import shop

def test_ok():
    assert True

def test_compare():
    got = [1, 2]
    assert got == [1,
                   3]

def test_below():
    shop.price(2)

class TestGroup:
    @pytest.mark.parametrize("n", [1, 2])
    def test_case(self, n):
        assert n == 1

@pytest.mark.skip(reason="later")
def test_skipped():
    pass

@pytest.mark.xfail
def test_known():
    assert False

@pytest.mark.xfail(strict=True)
def test_too_good():
    pass

def test_setup(broken):
    pass

def test_teardown(breaks_later):
    pass

def test_missing(nothing_of_this_name):
    pass

def test_chained():
    try:
        raise KeyError("inner")
    except KeyError as error:
        raise ValueError("outer 💥") from error
""",
}


async def test_pytest_tells_every_outcome_at_the_failing_line(project: Make) -> None:
    report = await (here := project(PYTEST)).run()
    assert here.outcome is not None
    assert here.outcome.exit_code == 1
    assert report.complete
    assert not report.why
    a = "tests/test_a.py"
    # id, outcome, file, line from 1, beginning of the message
    expected = [
        (f"{a}::test_ok", PASSED, a, 4, ""),
        (f"{a}::test_compare", FAILED, a, 9, "assert [1, 2] == [1, 3]"),
        (f"{a}::test_below", FAILED, a, 13, "KeyError: 2"),
        (f"{a}::TestGroup::test_case[1]", PASSED, a, 16, ""),
        (f"{a}::TestGroup::test_case[2]", FAILED, a, 18, "assert 2 == 1"),
        (f"{a}::test_skipped", SKIPPED, a, 20, "Skipped: later"),
        (f"{a}::test_known", XFAILED, a, 26, "assert False"),
        (f"{a}::test_too_good", FAILED, a, 28, "[XPASS(strict)]"),
        (f"{a}::test_setup", ERROR, "tests/conftest.py", 4, "RuntimeError: no"),
        (f"{a}::test_teardown", ERROR, "tests/conftest.py", 8, "OSError: late"),
        (f"{a}::test_missing", ERROR, a, 38, "fixture 'nothing_of_this_name' not found"),
        (f"{a}::test_chained", FAILED, a, 45, "ValueError: outer 💥"),
    ]
    seen = by_id(report)
    assert list(seen) == [row[0] for row in expected]
    for id_, outcome, file, line, message in expected:
        result = seen[id_]
        assert (result.outcome, result.file, result.line + 1) == (outcome, file, line), id_
        assert result.message.startswith(message), result.message
    assert "> " in seen[f"{a}::test_compare"].text
    assert "At index 1 diff: 2 != 3" in seen[f"{a}::test_compare"].message


@pytest.mark.parametrize("style", ["long", "short", "line", "native", "no"])
async def test_the_line_is_found_in_every_style_of_traceback(project: Make, style: str) -> None:
    files = PYTEST | {"pytest.ini": f"[pytest]\naddopts = -p no:cacheprovider --tb={style}\n"}
    report = await project(files).run(Selection(ids=("tests/test_a.py::test_compare",)))
    (result,) = report.failures
    assert (result.file, result.line + 1) == ("tests/test_a.py", 9)
    assert "[1, 2] == [1, 3]" in result.message


async def test_what_is_told_is_the_same_beside_the_plug_ins_of_an_environment(
    project: Make,
) -> None:
    """Those of this one: pytest-asyncio, pytest-timeout, pytest-cov, Hypothesis, and others."""
    here = project({"pytest.ini": "[pytest]\n", "test_x.py": "def test_a():\n    assert 1 == 2\n"})
    here.environment = {n: v for n, v in here.environment.items() if "AUTOLOAD" not in n}
    report = await here.run()
    assert b"plugins: " in here.output
    assert outcomes(report) == {"test_x.py::test_a": FAILED}
    assert report.complete


async def test_nothing_of_ours_is_left_in_the_workspace(project: Make) -> None:
    here = project(PYTEST)
    before = set(here.root.rglob("*"))
    await here.run()
    assert set(here.root.rglob("*")) == before


async def test_what_runs_is_what_was_asked_for(project: Make) -> None:
    here = project(PYTEST | {"tests/test_b.py": "def test_b():\n    pass\n"})
    report = await here.run(Selection(files=("tests/test_b.py",)))
    assert outcomes(report) == {"tests/test_b.py::test_b": PASSED}
    report = await here.run(Selection(ids=("tests/test_a.py::TestGroup",)))
    assert set(outcomes(report)) == {
        "tests/test_a.py::TestGroup::test_case[1]",
        "tests/test_a.py::TestGroup::test_case[2]",
    }
    one = ("tests/test_a.py::TestGroup::test_case[2]",)
    assert outcomes(await here.run(Selection(ids=one))) == {one[0]: FAILED}
    gone = Selection(ids=("tests/test_a.py::test_gone", "tests/gone.py::test_x"))
    report = await here.run(gone)
    assert (report.results, report.complete, report.why) == ((), True, "")
    report = await here.run(Selection(ids=("tests/gone.py::test_x",)))
    assert (report.results, report.complete, report.why) == ((), True, "")


async def test_a_failure_goes_when_it_passes_and_when_its_test_is_gone(project: Make) -> None:
    here = project({"pytest.ini": "[pytest]\n", "test_x.py": "def test_a():\n    assert 1 == 2\n"})
    failing = still_failing({}, await here.run(), Selection())
    assert {f: [x.message for x in those] for f, those in findings(failing.values()).items()} == {
        "test_x.py": ["test_a: assert 1 == 2"]
    }
    (here.root / "test_x.py").write_text("def test_a(:\n")
    failing = still_failing(failing, await here.run(), Selection())
    assert {id_: result.outcome for id_, result in failing.items()} == {
        "test_x.py::test_a": FAILED,
        "test_x.py": ERROR,
    }
    (here.root / "test_x.py").write_text("def test_b():\n    assert 1 == 1\n")
    selection = Selection(ids=tuple(failing))
    failing = still_failing(failing, await here.run(selection), selection)
    assert failing == {}


async def test_a_file_that_cannot_be_loaded_is_an_error_where_it_stops(project: Make) -> None:
    files = {
        "pytest.ini": "[pytest]\n",
        "test_a.py": "import os\n\nimport no_such_module\n",
        "test_b.py": "def test_b():\n    pass\n",
    }
    report = await project(files).run()
    assert not report.complete
    (failure,) = report.failures
    assert (failure.id, failure.outcome, failure.file) == ("test_a.py", ERROR, "test_a.py")
    assert failure.line + 1 == 3
    assert "No module named 'no_such_module'" in failure.message


async def test_a_run_that_stops_early_is_not_complete(project: Make) -> None:
    text = "def test_a():\n    assert 0\ndef test_b():\n    pass\n"
    here = project({"pytest.ini": "[pytest]\naddopts = -x\n", "test_x.py": text})
    report = await here.run()
    assert outcomes(report) == {"test_x.py::test_a": FAILED}
    assert not report.complete
    assert "stopping after 1 failures" in report.why


async def test_a_run_that_dies_is_not_complete(project: Make) -> None:
    text = "import os\ndef test_a():\n    pass\ndef test_b():\n    os._exit(0)\n"
    report = await project({"pytest.ini": "[pytest]\n", "test_x.py": text}).run()
    assert outcomes(report) == {"test_x.py::test_a": PASSED}
    assert not report.ok
    assert "before its tests did" in report.why


async def test_results_come_while_the_tests_run(project: Make, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    text = (
        "import os, time\ndef test_a():\n    pass\ndef test_b():\n"
        f"    end = time.time() + 30\n    while not os.path.exists({str(gate)!r}):\n"
        "        assert time.time() < end\n        time.sleep(0.01)\n"
    )
    here = project({"pytest.ini": "[pytest]\n", "test_x.py": text})
    made = here.plan()
    events = made.events()
    seen: list[TestResult] = []
    task = asyncio.create_task(here.execute(made))
    await until(lambda: os.path.exists(made.results))
    with open(made.results, "rb") as file:

        def look() -> bool:
            seen.extend(events.feed(file.read()))
            return bool(seen)

        await until(look)
    assert [result.id for result in seen] == ["test_x.py::test_a"]
    assert events.collected == 2
    gate.touch()
    assert (await task).ok


async def test_events_can_go_through_a_pipe(project: Make, tmp_path: Path) -> None:
    here = project({"pytest.ini": "[pytest]\n", "test_x.py": "def test_a():\n    pass\n"})
    made = here.plan()
    os.mkfifo(made.results)
    reading = asyncio.create_task(asyncio.to_thread(Path(made.results).read_bytes))
    job = Job("tests", made.command, 60.0, needs_trust=True, trusted=True)
    assert (await Runner_of(here).execute(job)).status is Status.DONE
    events = made.events()
    events.feed(await reading)
    assert events.report().ok


def Runner_of(project: Project) -> Runner:  # noqa: N802
    return project._runner


async def test_pytest_that_is_not_installed_is_said(project: Make) -> None:
    here = project({"pytest.ini": "[pytest]\n", "test_x.py": "def test_a():\n    pass\n"})
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(here.root / ".venv")], check=True
    )
    report = await here.run()
    assert not report.ok
    python = here.root / ".venv/bin/python"
    assert report.why == (
        f"{python} has no pytest: install it there, or name another interpreter in "
        "tasks.testRunner.interpreter"
    )


async def test_an_untrusted_workspace_runs_nothing(runner: Runner, project: Make) -> None:
    made = project(PYTEST).plan()
    job = Job("tests", made.command, 60.0, needs_trust=made.needs_trust, trusted=False)
    assert (await runner.execute(job)).status is Status.REFUSED
    assert not os.path.exists(made.results)


UNITTEST = {
    "tests/__init__.py": "",
    "shop.py": "def price(n):\n    return {1: 1}[n]\n",
    "tests/test_u.py": """\
import unittest
import shop

class Base(unittest.TestCase):
    def test_ok(self):
        self.assertEqual(1, 1)

    def test_bad(self):
        self.assertEqual(1, 2, "not so")

    def test_below(self):
        shop.price(3)

    @unittest.skip("later")
    def test_skip(self):
        pass

    @unittest.expectedFailure
    def test_known(self):
        self.fail()

    @unittest.expectedFailure
    def test_too_good(self):
        pass

    def test_sub(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertLess(n, 1)

class SetUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError("no set-up")

    def test_never(self):
        pass
""",
    "tests/test_v.py": "import unittest\nimport gone\n",
}


async def test_unittest_tells_every_outcome_at_the_failing_line(project: Make) -> None:
    report = await project(UNITTEST).run()
    assert report.complete
    u = "tests/test_u.py"
    expected = {
        f"{u}::Base::test_ok": (PASSED, u, 5, ""),
        f"{u}::Base::test_bad": (FAILED, u, 9, "AssertionError: 1 != 2 : not so"),
        f"{u}::Base::test_below": (ERROR, u, 12, "KeyError: 3"),
        f"{u}::Base::test_skip": (SKIPPED, u, 14, "later"),
        f"{u}::Base::test_known": (XFAILED, u, 20, "AssertionError: None"),
        f"{u}::Base::test_too_good": (FAILED, u, 22, "it was expected to fail, and passed"),
        f"{u}::Base::test_sub": (FAILED, u, 29, "AssertionError: 1 not less than 1"),
        "setUpClass (tests.test_u.SetUp)": (ERROR, u, 34, "OSError: no set-up"),
        "tests/test_v.py": (ERROR, "tests/test_v.py", 2, "ModuleNotFoundError: No module"),
    }
    seen = by_id(report)
    assert set(seen) == set(expected)
    for id_, (outcome, file, line, message) in expected.items():
        result = seen[id_]
        assert (result.outcome, result.file, result.line + 1) == (outcome, file, line), id_
        assert result.message.startswith(message), result.message


@pytest.mark.parametrize("folder", ["tests", ""])
async def test_unittest_runs_what_was_asked_for(project: Make, folder: str) -> None:
    text = (
        "import unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        pass\n"
        "    def test_b(self):\n        self.fail('x')\n"
    )
    file = f"{folder}/test_u.py".lstrip("/")
    here = project({file: text, f"{folder}/test_w.py".lstrip("/"): text})
    assert len((await here.run()).results) == 4
    report = await here.run(Selection(files=(file,)))
    assert outcomes(report) == {f"{file}::A::test_a": PASSED, f"{file}::A::test_b": FAILED}
    report = await here.run(Selection(ids=(f"{file}::A::test_b", f"{file}::A::test_gone")))
    assert outcomes(report) == {f"{file}::A::test_b": FAILED}
    report = await here.run(Selection(ids=(f"{file}::Gone", "gone.py::X")))
    assert (report.results, report.complete) == ((), True)


NODE = {
    "package.json": json.dumps({"scripts": {"test": "node --test"}}),
    "sum.js": "exports.price = (n) => { throw new TypeError('no ' + n); };\n",
    "test/a.test.js": """\
const test = require('node:test');
const assert = require('node:assert');
const { price } = require('../sum.js');
test('adds', () => {
  assert.strictEqual(1 + 1, 3);
});
test.describe('outer (all)', () => {
  test('inner', () => {});
  test('below', () => {
    price(2);
  });
  test.skip('later', () => {});
});
test('known', { todo: true }, () => { throw new Error('t'); });
""",
    "test/b.test.js": "require('./gone.js');\n",
}


async def test_npm_with_nodes_own_runner(project: Make) -> None:
    here = project(NODE)
    report = await here.run()
    assert report.complete, here.output
    a = "test/a.test.js"
    expected = {
        f"{a}::adds": (FAILED, a, 5, "Expected values to be strictly equal:\n\n2 !== 3"),
        f"{a}::outer (all) > inner": (PASSED, a, 8, ""),
        f"{a}::outer (all) > below": (FAILED, a, 10, "no 2"),
        f"{a}::outer (all) > later": (SKIPPED, a, 12, ""),
        f"{a}::known": (XFAILED, a, 14, "t"),
        "test/b.test.js": (ERROR, "test/b.test.js", 1, "test failed"),
    }
    seen = by_id(report)
    assert set(seen) == set(expected)
    for id_, (outcome, file, line, message) in expected.items():
        result = seen[id_]
        assert (result.outcome, result.file, result.line + 1) == (outcome, file, line), id_
        assert result.message.startswith(message), result.message
    assert b"adds" in here.output
    one = (f"{a}::outer (all) > below",)
    assert outcomes(await here.run(Selection(ids=one))) == {one[0]: FAILED}
    assert len((await here.run(Selection(files=(a,)))).results) == 5


async def test_npm_with_a_script_of_its_own_is_known_by_its_status(project: Make) -> None:
    files = {
        "package.json": json.dumps({"scripts": {"test": "node check.js"}}),
        "check.js": "\nthrow new Error('nothing works');\n",
    }
    here = project(files)
    made = here.plan(Selection(files=("check.js",)))
    assert "takes no choice of tests" in made.note
    report = await here.execute(made)
    (failure,) = report.failures
    assert (failure.id, failure.file, failure.line + 1) == ("npm test", "check.js", 2)
    assert "nothing works" in failure.text
    (here.root / "check.js").write_text("console.log('fine')\n")
    report = await here.run()
    assert report.ok


async def test_npm_with_tap_is_read(project: Make) -> None:
    script = "node --test-reporter=tap check.test.js"
    text = "const test = require('node:test');\ntest('good', () => {});\ntest('bad', () => {\n  throw new Error('x');\n});\ntest.skip('later');\n"
    here = project(
        {"package.json": json.dumps({"scripts": {"test": script}}), "check.test.js": text}
    )
    report = await here.run()
    found = {r.id: (r.outcome, r.line + 1, r.message) for r in report.results}
    name = "check.test.js::bad"
    assert found == {"::good": (PASSED, 1, ""), name: (FAILED, 3, "x"), "::later": (SKIPPED, 1, "")}


async def test_a_build_tool_that_is_missing_is_said(runner: Runner, tmp_path: Path) -> None:
    found = TestRunner(Kind.MAVEN, "", "pom.xml", wrapper=True)
    made = plan(found, str(tmp_path), Selection(), str(tmp_path / "p"), environment())
    job = Job("tests", made.command, 60.0, needs_trust=True, trusted=True)
    outcome = await runner.execute(job)
    assert outcome.status is Status.MISSING
    report = made.report("", outcome.exit_code, time.time())
    assert not report.ok
