"""Radon and complexipy in real workers: what is measured, what is reported, what is silent and why."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from understudy.analyzers.ruff.child import executable
from understudy.checks import compose
from understudy.model import Figure, Metric, Problem, Report, State

from .support import tree
from .test_scan import World

SMILE = "\N{GRINNING FACE}"
BRANCHES = "".join(f"    if x == {n}:\n        print({n})\n" for n in range(11))
NESTED = """\
def nested(x):
    for y in x:
        if y:
            for z in y:
                if z:
                    while z:
                        if z > 1:
                            z -= 1
"""
COMPLEX = f"def busy(x):  # {SMILE}\n{BRANCHES}"

Make = Callable[..., World]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    worlds: list[World] = []

    def make(files: dict[str, str | bytes], **values: object) -> World:
        root = tree(tmp_path / "root", files)
        values = {"complexity__enabled": True, "bandit__enabled": False} | values
        worlds.append(World(root, tmp_path / "state", **values))
        return worlds[-1]

    yield make
    for world in worlds:
        await world.close()


def problems(world: World, reports: dict[str, Report]) -> list[Problem]:
    return list(compose.problems(reports.values(), world.policy.settings))


def rules(world: World, reports: dict[str, Report]) -> set[str]:
    return {rule for problem in problems(world, reports) for rule in problem.rules}


async def test_one_function_one_diagnostic_that_tells_what_to_split(make: Make) -> None:
    world = make({"a.py": COMPLEX + "\n\n" + NESTED})
    reports = await world.in_memory("a.py")
    cyclomatic, cognitive = problems(world, reports)
    assert cyclomatic.rules == ("R701", "C901")
    assert cyclomatic.tools == ("radon", "ruff")
    assert cyclomatic.lead.message == (
        "`busy` has a cyclomatic complexity of 12, more than 10."
        " The part in lines 12–23 has 6 of it: make it a function."
    )
    assert cognitive.rules == ("CC001",)
    assert cognitive.lead.message.startswith(
        "`nested` has a cognitive complexity of 21, more than 15."
    )
    assert "in lines 27–" in cognitive.lead.message
    assert cyclomatic.lead.range == ((0, 4), (0, 8))
    assert (await world.scan())["a.py"] == reports


async def test_figures_are_kept_with_the_result(make: Make) -> None:
    world = make({"a.py": NESTED + "\n\nclass A:\n    def m(self): pass\n"})
    reports = (await world.scan())["a.py"]
    figures = [each for report in reports.values() for each in report.figures]
    told = {(each.metric, each.name): each.value for each in figures}
    assert told[Metric.LINES, ""] == 12
    assert told[Metric.CYCLOMATIC, "nested"] == 7
    assert told[Metric.COGNITIVE, "nested"] == 21
    assert told[Metric.CYCLOMATIC, "A.m"] == 1
    assert told[Metric.COGNITIVE, "A.m"] == 0
    await world.results.flush()
    again = make({})
    assert (await again.scan())["a.py"] == reports
    assert again.runner.ran == {}


@pytest.mark.parametrize(
    ("configuration", "header", "reported"),
    [
        ({}, "def busy(x):", {"R701", "C901"}),
        ({}, "def busy(x):  # noqa: C901", set()),
        ({}, "def busy(x):  # NOQA:F401,C901 it is a table", set()),
        ({}, "def busy(x):  # noqa", set()),
        ({}, "def busy(x):  # noqa: F401", {"R701", "C901"}),
        ({}, "# ruff: noqa: C901\ndef busy(x):", set()),
        ({"ruff.toml": "lint.ignore = ['C9']"}, "def busy(x):", set()),
        ({"ruff.toml": "lint.mccabe.max-complexity = 12"}, "def busy(x):", set()),
        ({"ruff.toml": "lint.mccabe.max-complexity = 11"}, "def busy(x):", {"R701", "C901"}),
        ({"ruff.toml": "extend = 'base.toml'", "base.toml": "[mccabe]\nmax-complexity = 20"}, "def busy(x):", set()),
        ({"pyproject.toml": "[tool.ruff.lint]\nselect = ['C']"}, "def busy(x):", {"R701", "C901"}),
    ],
)  # fmt: skip
async def test_radon_and_ruff_are_silenced_together(
    make: Make, configuration: dict[str, str], header: str, reported: set[str]
) -> None:
    world = make({"a.py": f"{header}\n{BRANCHES}"} | configuration)
    assert rules(world, (await world.scan())["a.py"]) & {"R701", "C901"} == reported


LONG = "X = 1\n" * 30


@pytest.mark.parametrize(
    ("values", "reported"),
    [
        ({}, {"R701", "C901"}),
        ({"complexity__max": 50}, set()),
        ({"complexity__maxCognitive": 5}, {"R701", "C901", "CC001"}),
        ({"complexity__maxCognitive": 0}, {"R701", "C901"}),
        ({"complexity__maxFileLines": 30}, {"R701", "C901", "file-length"}),
        ({"complexity__maxFileLines": 0}, {"R701", "C901"}),
        ({"complexity__minMaintainability": 99}, {"R701", "C901", "maintainability-index"}),
        ({"complexity__minMaintainability": 1}, {"R701", "C901"}),
        ({"complexity__enabled": False}, set()),
    ],
)
async def test_thresholds_are_settings(
    make: Make, values: dict[str, object], reported: set[str]
) -> None:
    world = make({"a.py": COMPLEX + LONG}, **values)
    assert rules(world, (await world.scan())["a.py"]) == reported


@pytest.mark.parametrize(
    ("files", "reported"),
    [
        ({"complexipy.toml": "max-complexity-allowed = 20"}, {"CC001"}),
        ({".complexipy.toml": "max-complexity-allowed = 99"}, set()),
        ({"pyproject.toml": "[tool.complexipy]\nmax-complexity-allowed = 20"}, {"CC001"}),
        ({"pyproject.toml": "[tool.other]"}, {"CC001"}),
    ],
)
async def test_complexipys_own_limit_holds(
    make: Make, files: dict[str, str], reported: set[str]
) -> None:
    world = make({"pkg/a.py": NESTED} | files)
    assert rules(world, (await world.scan())["pkg/a.py"]) & {"CC001"} == reported


@pytest.mark.parametrize(
    ("tool", "name"), [("complexipy", "complexipy.toml"), ("radon", "radon.cfg")]
)
async def test_a_configuration_that_cannot_be_read_is_a_failure(
    make: Make, tool: str, name: str
) -> None:
    world = make({"a.py": NESTED, name: "[radon]\nno_assert = x = ="})
    report = (await world.scan())["a.py"][tool]
    assert report.state is State.FAILED
    assert f"{name} cannot be read" in report.why


ASSERTING = "def f(x):\n" + "    assert x\n" * 3


@pytest.mark.parametrize(
    ("files", "complexity"),
    [
        ({}, 4),
        ({"radon.cfg": "[radon]\nno_assert = true"}, 1),
        ({"setup.cfg": "[metadata]\nname = %(x)s\n[radon]\nno_assert = yes"}, 1),
        ({"setup.cfg": "[radon]\nno_assert = yes", "pkg/radon.cfg": "[radon]\nno_assert = no"}, 4),
    ],
)
async def test_radons_own_configuration_holds(
    make: Make, files: dict[str, str], complexity: int
) -> None:
    world = make({"pkg/a.py": ASSERTING} | files)
    report = (await world.scan())["pkg/a.py"]["radon"]
    assert [each.value for each in report.figures if each.name] == [complexity]


DEEP = "x = " + "(" * 5_000 + ")" * 5_000
TALL = "x = " + " + ".join(["y"] * 3_000)
GOOD = "def f(x):\n    return x\n"

HARD: dict[str, tuple[str | bytes, State, str, State, str]] = {
    # content, Radon's state and words, complexipy's state and words
    "empty": ("", State.CLEAN, "", State.CLEAN, ""),
    "good": (GOOD, State.CLEAN, "", State.CLEAN, ""),
    "syntax error": ("def f(:\n", State.NOT_ANALYSED, "line 1", State.NOT_ANALYSED, "line 1"),
    "further down": (GOOD + "x = )\n", State.NOT_ANALYSED, "line 3", State.NOT_ANALYSED, "line 3"),
    "null bytes": (
        "x = 1\0\n",
        State.NOT_ANALYSED,
        "null bytes",
        State.NOT_ANALYSED,
        "cannot parse",
    ),
    "byte order mark": (f"\ufeff{GOOD}", State.CLEAN, "", State.CLEAN, ""),
    "CRLF": (COMPLEX.replace("\n", "\r\n"), State.FINDINGS, "", State.CLEAN, ""),
    "CR": (COMPLEX.replace("\n", "\r"), State.FINDINGS, "", State.CLEAN, ""),
    "emoji": (COMPLEX.replace("print", f"'{SMILE}'; print"), State.FINDINGS, "", State.CLEAN, ""),
    "no encoding": (
        b"x = '\xff'\n",
        State.NOT_ANALYSED,
        "not text",
        State.NOT_ANALYSED,
        "not text",
    ),
    "cookie": ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), State.CLEAN, "", State.CLEAN, ""),
    "deep": (DEEP, State.NOT_ANALYSED, "nested", State.NOT_ANALYSED, "parse"),
    "tall": (TALL, State.FAILED, "nested too deeply", State.CLEAN, ""),
    "form feed": (f"\f\n{GOOD}\f\n", State.CLEAN, "", State.CLEAN, ""),
    "huge": (GOOD * 40_000, State.FINDINGS, "", State.CLEAN, ""),
}


@pytest.mark.parametrize("case", HARD)
async def test_hard_files(make: Make, case: str) -> None:
    content, *expected = HARD[case]
    world = make({"a.py": content, "b.py": GOOD}, analysis__maxFileBytes=10_000_000)
    found = await world.scan()
    radon, complexipy = found["a.py"]["radon"], found["a.py"]["complexipy"]
    assert (radon.state, complexipy.state) == (expected[0], expected[2]), (radon, complexipy)
    assert expected[1] in radon.why
    assert expected[3] in complexipy.why
    assert {found["b.py"][tool].state for tool in ("radon", "complexipy")} == {State.CLEAN}
    assert bool(radon.why) is not radon.state.is_verdict
    text = content if isinstance(content, str) else content.decode("latin-1")
    rows = re.split("\r\n|\r|\n", text)
    for report in (radon, complexipy):
        named = [each for each in report.figures if each.name]
        assert bool(named) is ("def " in text and report.state.is_verdict)
        for each in named:
            assert f"def {each.name}(" in rows[each.range.start.line]


async def test_code_for_a_newer_python_is_not_analysed(make: Make) -> None:
    newer = 't = f"{"a"}"\n' if sys.version_info < (3, 12) else "def f[T = int](x: T): pass\n"
    if sys.version_info >= (3, 13):
        newer = "try: pass\nexcept OSError, ValueError: pass\n"
    world = make({"a.py": newer})
    reports = (await world.scan())["a.py"]
    assert reports["radon"].state is State.NOT_ANALYSED
    assert "run Understudy on that one" in reports["radon"].why
    assert reports["complexipy"].state is State.CLEAN
    assert ("not-analysed",) in [each.rules for each in problems(world, reports)]


async def test_several_tools_that_cannot_look_are_one_diagnostic(make: Make) -> None:
    world = make({"a.py": "x = )\n"}, bandit__enabled=True, ruff__enabled=False)
    (problem,) = problems(world, (await world.scan())["a.py"])
    assert set(problem.tools) == {"bandit", "complexipy", "radon"}


def lines_of(report: Report) -> list[Figure]:
    return [each for each in report.figures if each.metric is Metric.LINES]


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("x = 1", 1), ("x = 1\n", 1), ("x = 1\r\ny = 2\r\n", 2), ("\n\n", 2), ("x = )\n", 1)],
)
async def test_lines_are_counted_even_of_what_cannot_be_parsed(
    make: Make, text: str, count: int
) -> None:
    world = make({"a.py": text.encode()})
    (figure,) = lines_of((await world.scan())["a.py"]["radon"])
    assert figure.value == count


def test_ruff_and_radon_point_at_the_same_place(tmp_path: Path) -> None:
    """Else what they say would be two diagnostics: C901 stands at the name."""
    path = tmp_path / "a.py"
    path.write_text(COMPLEX)
    argv = [executable(""), "check", "--isolated", "--no-cache", "--select=C901", str(path)]
    done = subprocess.run([*argv, "--output-format=concise"], capture_output=True, check=False)
    assert b"a.py:1:5: C901" in done.stdout
