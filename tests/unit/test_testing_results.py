"""What is still failing after a run, what is shown of it, and how reports are read."""

from __future__ import annotations

import ast
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.analyzers.programs.matchers import LINE_END
from understudy.model import Position, Range, Severity
from understudy.tasks.testing import javascript, junit, results
from understudy.tasks.testing.detect import Kind, TestRunner, detect
from understudy.tasks.testing.events import Events
from understudy.tasks.testing.items import UNITTEST, Naming, items
from understudy.tasks.testing.plan import plan
from understudy.tasks.testing.results import (
    Selection,
    TestOutcome,
    TestReport,
    TestResult,
    findings,
    one_each,
    still_failing,
)

PASSED, FAILED, SKIPPED, ERROR, XFAILED = TestOutcome


def result(id_: str, outcome: TestOutcome = FAILED, message: str = "") -> TestResult:
    return TestResult(id_, outcome, file=id_.partition("::")[0], message=message)


ALL = Selection()
A, B, C = "a.py::x", "a.py::y", "b.py::z"


@pytest.mark.parametrize(
    ("before", "ran", "complete", "selection", "after"),
    [
        ([A], {A: PASSED}, True, ALL, []),
        ([A], {A: FAILED}, True, ALL, [A]),
        ([A], {A: SKIPPED}, True, ALL, []),
        ([], {A: ERROR}, True, ALL, [A]),
        ([A, C], {B: PASSED}, True, ALL, []),  # they are gone
        ([A, C], {B: PASSED}, False, ALL, [A, C]),  # it did not get to them
        ([A, C], {B: PASSED}, True, Selection(files=("a.py",)), [C]),
        ([A, C], {}, True, Selection(ids=(A,)), [C]),
        ([A, B], {A: PASSED}, True, Selection(ids=(A,)), [B]),
        ([A], {"a.py": ERROR}, True, ALL, [A, "a.py"]),  # nobody knows
        (["a.py"], {A: PASSED}, False, ALL, []),  # it was loaded
        (["a.py"], {C: PASSED}, False, ALL, ["a.py"]),
        (["a.py"], {}, True, Selection(ids=("a.py",)), []),
    ],
)
def test_still_failing(
    before: list[str],
    ran: dict[str, TestOutcome],
    complete: bool,
    selection: Selection,
    after: list[str],
) -> None:
    report = TestReport(tuple(result(id_, outcome) for id_, outcome in ran.items()), complete)
    left = still_failing({id_: result(id_) for id_ in before}, report, selection)
    assert sorted(left) == sorted(after)


@given(
    st.sets(st.sampled_from([A, B, C, "a.py", "b.py"])),
    st.dictionaries(st.sampled_from([A, B, C]), st.sampled_from(list(TestOutcome))),
    st.booleans(),
)
def test_what_failed_in_the_run_fails_and_what_passed_does_not(
    before: set[str], ran: dict[str, TestOutcome], complete: bool
) -> None:
    report = TestReport(tuple(result(id_, outcome) for id_, outcome in ran.items()), complete)
    left = still_failing({id_: result(id_) for id_ in before}, report, ALL)
    for id_, outcome in ran.items():
        assert (id_ in left) == outcome.fails
    assert set(left) <= before | set(ran)


def test_the_worst_result_counts() -> None:
    told = [
        result(A, PASSED),
        result(A, FAILED, "1"),
        result(A, FAILED, "2"),
        result(A, ERROR, "3"),
    ]
    assert one_each([*told, result(A, PASSED)]) == (result(A, ERROR, "1"),)


def test_findings_are_at_the_failing_lines() -> None:
    failing = [
        TestResult("a.py::t[1]", FAILED, file="a.py", line=4, message="assert 1 == 2"),
        TestResult("a.py::t[2]", FAILED, file="a.py", line=4, message="assert 1 == 2"),
        TestResult("a.py::s", ERROR, file="conftest.py", line=1, message=""),
        TestResult("elsewhere", FAILED),
    ]
    found = findings(failing)
    assert {file: [f.message for f in those] for file, those in found.items()} == {
        "a.py": ["t[1] and 1 more: assert 1 == 2"],
        "conftest.py": ["s: The test error"],
    }
    (finding,) = found["a.py"]
    assert finding.range == Range(Position(4, 0), Position(4, LINE_END))
    assert (finding.tool, finding.rule, finding.severity) == ("tests", "test-failed", Severity.HIGH)


def line(**event: object) -> bytes:
    return json.dumps(event).encode() + b"\n"


END = line(end={"complete": True, "why": ""})


@given(st.integers(1, 60))
def test_events_are_read_in_any_pieces(size: int) -> None:
    told = line(collected=2) + line(test="a.py::é💥", outcome="failed", file="a.py", line=3) + END
    events = Events("web/")
    for start in range(0, len(told), size):
        events.feed(told[start : start + size])
    report = events.report()
    (only,) = report.results
    assert (only.id, only.file, only.line) == ("web/a.py::é💥", "web/a.py", 2)
    assert (report.complete, events.collected) == (True, 2)


@pytest.mark.parametrize(
    "told",
    [
        b"no json\n",
        b"[]\nnull\n3\n",
        b"[" * 100_000 + b"\n",
        line(test="x", outcome="invented"),
        line(test=3, outcome="passed"),
        line(collected="many"),
        line(end=None),
    ],
)
def test_nonsense_in_the_events_is_passed_over(told: bytes) -> None:
    events = Events()
    assert events.feed(told) == ()
    assert not events.report().complete
    events.feed(END)
    assert events.report().ok


def test_events_that_name_odd_places() -> None:
    events = Events()
    for path in ("/etc/passwd", "../x.py", "a/../../x.py"):
        events.feed(line(test="t", outcome="failed", file=path, line=-3, seconds="long"))
    (first, *_) = events.report().results
    assert (first.file, first.line, first.seconds) == ("", 0, 0.0)
    assert findings(events.report().results) == {}


def test_a_line_without_end_is_given_up() -> None:
    events = Events()
    for _ in range(40):
        events.feed(b"x" * (1 << 16))
    events.feed(b"\n" + END)
    assert "line without end" in events.report().why


SUREFIRE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report.xsd" version="3.0.2" name="com.example.SumTest" time="0.061" tests="5" errors="1" skipped="1" failures="1" flakes="1">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="adds" classname="com.example.SumTest" time="1,000.5"/>
  <testcase name="subtracts" classname="com.example.SumTest" time="0.004">
    <failure message="expected: &lt;1&gt; but was: &lt;2&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError: expected: <1> but was: <2>
	at org.junit.jupiter.api.AssertEquals.failNotEqual(AssertEquals.java:197)
	at app//com.example.Helper.check(Helper.java:7)
	at com.example.SumTest.lambda$0(SumTest.java:21)
	at com.example.SumTest.subtracts(SumTest.java:20)
	at java.base/java.lang.reflect.Method.invoke(Method.java:580)
]]></failure>
    <system-out><![CDATA[hello]]></system-out>
  </testcase>
  <testcase name="divides" classname="com.example.SumTest" time="0.001">
    <error message="/ by zero" type="java.lang.ArithmeticException"><![CDATA[java.lang.ArithmeticException: / by zero
	at com.example.Sum.divide(Sum.java:5)
	at com.example.SumTest.divides(SumTest.java:30)
]]></error>
  </testcase>
  <testcase name="later" classname="com.example.SumTest" time="0"><skipped message="not yet"/></testcase>
  <testcase name="flaky" classname="com.example.SumTest" time="0.002">
    <flakyFailure message="once" type="java.lang.AssertionError"><stackTrace>x</stackTrace></flakyFailure>
  </testcase>
</testsuite>
"""

GRADLE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="com.example.SumTest" tests="1" skipped="0" failures="1" errors="0" timestamp="2025-01-01T00:00:00.000Z" hostname="h" time="0.03">
  <properties/>
  <testcase name="adds(int)[1]" classname="com.example.SumTest" time="0.015">
    <failure message="java.lang.AssertionError: no" type="java.lang.AssertionError">java.lang.AssertionError: no
	at com.example.SumTest.adds(SumTest.kt:11)
</failure>
  </testcase>
  <system-out><![CDATA[]]></system-out>
  <system-err><![CDATA[]]></system-err>
</testsuite>
"""

SOURCE = "src/test/java/com/example/SumTest.java"


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_surefires_reports(tmp_path: Path) -> None:
    report_file = "core/target/surefire-reports/TEST-com.example.SumTest.xml"
    old = "core/target/surefire-reports/TEST-com.example.OldTest.xml"
    write(tmp_path, **{report_file: SUREFIRE, f"core/{SOURCE}": "", old: SUREFIRE, "pom.xml": ""})
    os.utime(tmp_path / old, (1, 1))
    started = (tmp_path / report_file).stat().st_mtime
    (found,) = detect(str(tmp_path))
    made = plan(found, str(tmp_path), ALL, str(tmp_path / "p"), {})
    report = made.report("", 1, started)
    assert report.complete
    id_ = "core:com.example.SumTest::"
    place = f"core/{SOURCE}"
    assert [(r.id, r.outcome, r.file, r.line + 1, r.message) for r in report.results] == [
        (f"{id_}adds", PASSED, place, 1, ""),
        (f"{id_}subtracts", FAILED, place, 21, "AssertionFailedError: expected: <1> but was: <2>"),
        (f"{id_}divides", ERROR, place, 30, "ArithmeticException: / by zero"),
        (f"{id_}later", SKIPPED, place, 1, "not yet"),
        (f"{id_}flaky", PASSED, place, 1, ""),
    ]
    assert report.results[0].seconds == 1000.5
    assert not made.report("", 1, started + 60).ok
    assert "before any test ran" in made.report("", 1, started + 60).why
    again = plan(found, str(tmp_path), Selection(ids=(f"{id_}adds", f"{id_}divides")), "/p", {})
    assert again.command.argv[:4] == ("mvn", "--batch-mode", "-Dstyle.color=never", "--fail-at-end")
    assert again.command.argv[4:] == (
        "-Dtest=com.example.SumTest#adds+divides",
        "-Dsurefire.failIfNoSpecifiedTests=false",
        "--projects",
        "core",
        "--also-make",
        "test",
    )


def test_a_real_report_of_surefire(tmp_path: Path) -> None:
    """From a run of its 3.2.5 with JUnit 5, without the properties and the frames of JUnit."""
    report_file = "core/target/surefire-reports/TEST-com.example.SumTest$Inner.xml"
    real = (Path(__file__).parent / "data/surefire-3.2.5.xml").read_text()
    write(tmp_path, **{report_file: real, f"core/{SOURCE}": "", "pom.xml": ""})
    (found,) = detect(str(tmp_path))
    report = plan(found, str(tmp_path), ALL, str(tmp_path / "p"), {}).report("", 1, 0)
    assert report.complete
    id_ = "core:com.example.SumTest"
    assert {r.id: (r.outcome, r.file, r.line + 1, r.message) for r in report.failures} == {
        f"{id_}::{name}": (outcome, f"core/{SOURCE}", line, message)
        for name, outcome, line, message in (
            ("cases(int)[2]", FAILED, 30, "AssertionFailedError: expected: <1> but was: <2>"),
            ("subtracts", FAILED, 14, "AssertionFailedError: expected: <1> but was: <2>"),
            ("divides", ERROR, 20, "ArithmeticException: / by zero"),
        )
    } | {f"{id_}$Inner::deep": (FAILED, f"core/{SOURCE}", 37, "AssertionFailedError: deep")}
    assert report.counts[PASSED] == 2
    assert report.counts[SKIPPED] == 1
    ids = tuple(failure.id for failure in report.failures)
    again = plan(found, str(tmp_path), Selection(ids=ids), "/p", {})
    chosen = "com.example.SumTest#cases+subtracts+divides,com.example.SumTest$Inner#deep"
    assert again.command.argv[4] == f"-Dtest={chosen}"


def test_gradles_reports(tmp_path: Path) -> None:
    report_file = "build/test-results/test/TEST-com.example.SumTest.xml"
    source = "src/test/kotlin/com/example/SumTest.kt"
    write(tmp_path, **{report_file: GRADLE, source: "", "build.gradle.kts": "", "gradlew": ""})
    (found,) = detect(str(tmp_path))
    made = plan(found, str(tmp_path), ALL, str(tmp_path / "p"), {})
    assert made.command.argv == ("./gradlew", "--console=plain", "--continue", "cleanTest", "test")
    (failure,) = made.report("", 1, (tmp_path / report_file).stat().st_mtime).results
    assert (failure.id, failure.file, failure.line + 1) == (
        "com.example.SumTest::adds(int)[1]",
        source,
        11,
    )
    assert failure.message == "java.lang.AssertionError: no"
    again = plan(found, str(tmp_path), Selection((f"app/{source}",), (failure.id,)), "/p", {})
    assert again.command.argv[3:] == (
        ":app:cleanTest",
        ":app:test",
        "--tests",
        "com.example.SumTest",
        ":cleanTest",
        ":test",
        "--tests",
        "com.example.SumTest.adds",
    )
    other = plan(found, str(tmp_path), Selection(files=("src/main/java/A.java",)), "/p", {})
    assert other.selection.everything
    assert "all tests are run" in other.note


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ('<!DOCTYPE t [<!ENTITY a "aaaa">]><testsuite name="&a;"/>', "document type"),
        ('<!DOCTYPE t SYSTEM "file:///etc/passwd"><testsuite/>', "document type"),
        ("<testsuite>", "no XML"),
        ("", "no XML"),
        ("<testsuite>&x;</testsuite>", "no XML"),
        ("<html/>", "not a test suite"),
    ],
)
def test_dangerous_and_broken_documents_are_refused(document: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        junit.parse(document.encode(), "", lambda *_: "")


def test_a_deep_document_does_no_harm() -> None:
    deep = 20_000
    text = "<testsuite>" * deep + '<testcase name="a" classname="b"/>' + "</testsuite>" * deep
    assert len(junit.parse(text.encode(), "", lambda *_: "")) == 1


JEST = {
    "success": False,
    "testResults": [
        {
            "name": "/ROOT/web/sum.test.js",
            "status": "failed",
            "message": "",
            "assertionResults": [
                {
                    "ancestorTitles": ["sum"],
                    "title": "adds",
                    "fullName": "sum adds",
                    "status": "failed",
                    "duration": 5,
                    "location": {"line": 3, "column": 3},
                    "failureMessages": [
                        (
                            "Error: \x1b[2mexpect(\x1b[22mreceived\x1b[2m)\x1b[22m.toBe(3)\n\nReceived: 2\n"
                            "    at Object.toBe (/ROOT/web/node_modules/expect/index.js:1:1)\n"
                            "    at Object.<anonymous> (/ROOT/web/sum.test.js:4:17)"
                        )
                    ],
                },
                {
                    "ancestorTitles": [],
                    "title": "later",
                    "status": "pending",
                    "failureMessages": [],
                },
                {"title": "fine", "status": "passed", "location": {"line": 9}},
            ],
        },
        {
            "name": "/ROOT/web/broken.test.js",
            "status": "failed",
            "message": "SyntaxError: nope\n    at x (/ROOT/web/broken.test.js:2:1)",
            "assertionResults": [],
        },
    ],
}


@pytest.mark.parametrize("script", ["jest --coverage", "tsc -p . && vitest run"])
def test_jests_results(script: str, tmp_path: Path) -> None:
    runner = TestRunner(Kind.PNPM, "web", "web/package.json", script=script)
    folder = tmp_path / "private"
    folder.mkdir()
    made = plan(runner, str(tmp_path), ALL, str(folder), {"A": "b"})
    assert made.command.cwd == str(tmp_path / "web")
    assert made.command.environment == {"A": "b", "CI": "true"}
    nothing = made.report("", 127, 0)
    assert not nothing.ok
    assert nothing.why.startswith(
        f"{javascript.framework(script).name} ended before it told of any"
    )
    assert nothing.why.endswith(", with status 127: see its output")
    Path(made.results).write_text(json.dumps(JEST).replace("/ROOT", str(tmp_path)))
    report = made.report("", 1, 0)
    file = "web/sum.test.js"
    assert [(r.id, r.outcome, r.file, r.line + 1, r.message) for r in report.results] == [
        (f"{file}::sum > adds", FAILED, file, 4, "Error: expect(received).toBe(3)\n\nReceived: 2"),
        (f"{file}::later", SKIPPED, file, 1, ""),
        (f"{file}::fine", PASSED, file, 9, ""),
        ("web/broken.test.js", ERROR, "web/broken.test.js", 2, "SyntaxError: nope"),
    ]


@pytest.mark.parametrize(
    "document", ["", "[]", "3", '{"testResults": [3, {"assertionResults": 3}]}']
)
def test_results_that_are_none(document: str, tmp_path: Path) -> None:
    runner = TestRunner(Kind.NPM, "", "package.json", script="jest")
    made = plan(runner, str(tmp_path), ALL, str(tmp_path), {})
    Path(made.results).write_text(document)
    assert not made.report("", 1, 0).ok


@pytest.mark.parametrize(
    ("script", "name", "open_"),
    [
        ("jest", "jest", True),
        ("NODE_ENV=test npx jest --ci", "jest", True),
        ("jest src", "jest", False),
        ("eslint . && node --test", "node", True),
        ("node --test test/*.js", "node", False),
        ("vitest run", "vitest", True),
        ("mocha", "", False),
        ("jest | tee log", "", False),
        ("jest > log", "", False),
        ("echo 'oops", "", False),
        ("", "", False),
    ],
)
def test_what_a_script_runs(script: str, name: str, open_: bool) -> None:
    assert javascript.framework(script) == (name, open_)


@pytest.mark.parametrize(
    ("kind", "argv"),
    [
        (Kind.NPM, ("npm", "run", "test", "--")),
        (Kind.YARN, ("yarn", "run", "test")),
        (Kind.PNPM, ("pnpm", "run", "test")),
    ],
)
def test_one_test_of_jest(kind: Kind, argv: tuple[str, ...]) -> None:
    runner = TestRunner(kind, "web", "web/package.json", script="jest")
    selection = Selection(ids=("web/-a.test.js::sum (all) > adds",))
    made = plan(runner, "/w", selection, "/p", {})
    assert made.command.argv == (
        *argv,
        "--json",
        "--outputFile=/p/results",
        "--testLocationInResults",
        "--runTestsByPath",
        "./-a.test.js",
        r"--testNamePattern=^(?:sum \(all\)(?: >)? adds$)",
    )


TOX = "[pytest]\npython_files = check_*.py\n"
NPM = json.dumps({"scripts": {"test": "jest"}})


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pytest.ini": ""}, [(Kind.PYTEST, "", "pytest.ini")]),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, [(Kind.PYTEST, "", "pyproject.toml")]),
        ({"pyproject.toml": "[tool.pytest]\n"}, [(Kind.PYTEST, "", "pyproject.toml")]),
        ({"pyproject.toml": "[project\n", "tox.ini": TOX}, [(Kind.PYTEST, "", "tox.ini")]),
        ({"setup.cfg": "[tool:pytest]\n"}, [(Kind.PYTEST, "", "setup.cfg")]),
        ({"setup.cfg": "[metadata]\n", "tox.ini": "[tox]\n"}, []),
        ({"tests/conftest.py": ""}, [(Kind.PYTEST, "", "tests/conftest.py")]),
        ({"tests/test_a.py": "import pytest"}, [(Kind.PYTEST, "", "tests/test_a.py")]),
        ({"tests/test_a.py": "import unittest"}, [(Kind.UNITTEST, "", "tests/test_a.py")]),
        ({"tests/help.py": "import pytest"}, []),
        ({"package.json": NPM}, [(Kind.NPM, "", "package.json")]),
        ({"package.json": NPM, "yarn.lock": ""}, [(Kind.YARN, "", "package.json")]),
        ({"package.json": NPM, "pnpm-lock.yaml": ""}, [(Kind.PNPM, "", "package.json")]),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\""}}'}, []),
        ({"package.json": "["}, []),
        ({"package.json": '{"scripts": {"test": 3}}'}, []),
        ({"pom.xml": ""}, [(Kind.MAVEN, "", "pom.xml")]),
        ({"settings.gradle": ""}, [(Kind.GRADLE, "", "settings.gradle")]),
        (
            {"pytest.ini": "", "web/package.json": NPM, "node_modules/a/package.json": NPM},
            [(Kind.PYTEST, "", "pytest.ini"), (Kind.NPM, "web", "web/package.json")],
        ),
        ({"package.json": NPM, "packages/package.json": NPM}, [(Kind.NPM, "", "package.json")]),
        ({}, []),
    ],
)
def test_detect(
    files: dict[str, str], expected: list[tuple[Kind, str, str]], tmp_path: Path
) -> None:
    write(tmp_path, **files)
    assert [(r.kind, r.folder, r.why) for r in detect(str(tmp_path))] == expected


def test_detect_reads_no_pipe(tmp_path: Path) -> None:
    for name in ("pytest.ini", "package.json", "pyproject.toml"):
        os.mkfifo(tmp_path / name)
    assert detect(str(tmp_path)) == ()


def test_pytests_names_are_obeyed(tmp_path: Path) -> None:
    write(tmp_path, **{"tox.ini": TOX + "python_functions =\n    check\n    it_*\n"})
    (runner,) = detect(str(tmp_path))
    assert runner.naming == Naming(("check_*.py",), ("Test",), ("check", "it_*"))
    found = items(b"def check_a(): 0\ndef it_b(): 0\ndef test_c(): 0", "t.py", runner.naming)
    assert [item.name for item in found] == ["check_a", "it_b"]


def test_too_many_tests_to_name() -> None:
    runner = TestRunner(Kind.PYTEST, "", "pytest.ini")
    ids = tuple(f"a.py::test_{number}" for number in range(20_000))
    made = plan(runner, "/w", Selection(ids=ids), "/p", {}, "python")
    assert made.selection == Selection(files=("a.py",))
    assert "all of their files" in made.note
    files = tuple(f"test_{number}.py" for number in range(20_000))
    made = plan(runner, "/w", Selection(files=files), "/p", {}, "python")
    assert made.selection.everything
    assert made.note


ITEMS = """\
import unittest
@mark
def test_a(): pass
async def test_é(): pass
def helper(): pass
if True:
    def test_if(): pass
class TestA:
    def test_m(self): pass
    def other(self): pass
    class TestIn:
        def test_in(self): pass
class TestInit:
    def __init__(self): pass
    def test_no(self): pass
class Base(unittest.TestCase):
    def test_b(self): pass
class Derived(Base):
    def test_c(self): pass
class Plain:
    def test_no(self): pass
class TestEmpty: pass
"""


def test_items() -> None:
    found = items(ITEMS.encode(), "t/test_x.py")
    assert [item.id.removeprefix("t/test_x.py::") for item in found] == [
        "test_a",
        "test_é",
        "test_if",
        "TestA",
        "TestA::test_m",
        "TestA::TestIn",
        "TestA::TestIn::test_in",
        "Base",
        "Base::test_b",
        "Derived",
        "Derived::test_c",
    ]
    assert [item.name for item in items(ITEMS.encode(), "t.py", UNITTEST)] == [
        "Base",
        "test_b",
        "Derived",
        "test_c",
    ]
    lines = ITEMS.splitlines()
    for item in found:
        start, end = item.range
        assert lines[start.line][start.column : end.column] == item.name


@pytest.mark.parametrize("content", [b"def test_a(:", b"\xff", b"(" * 5_000, b"", b"x = '\0'"])
def test_items_of_what_is_no_python(content: bytes) -> None:
    assert items(content, "t.py") == ()


REPORTERS = Path(results.__file__).parent / "reporters"


@pytest.mark.parametrize("name", ["pytest_reporter.py", "unittest_reporter.py"])
def test_reporters_are_of_an_old_python_and_import_nothing_of_ours(name: str) -> None:
    tree = ast.parse((REPORTERS / name).read_bytes(), feature_version=(3, 8))
    imported = {
        one.partition(".")[0]
        for node in ast.walk(tree)
        for one in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else ["." * node.level + (node.module or "")]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {*sys.stdlib_module_names, "pytest"}
