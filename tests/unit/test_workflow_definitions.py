"""Workflow definitions of each kind: what needs what, and what could be better, with its line."""

from __future__ import annotations

import json

import pytest

from understudy.insights.workflows.analysis import analyse
from understudy.insights.workflows.definitions import own, table
from understudy.insights.workflows.definitions.script_calls import called
from understudy.insights.workflows.definitions.tox import expanded
from understudy.insights.workflows.lived.runs import seen
from understudy.insights.workflows.model import Around, Kind, Workflow
from understudy.settings.tasks import CustomTask
from understudy.settings.triggers import Rule

CI = """\
name: CI
on:
  push: {branches: [main]}
  pull_request:
jobs:
  lint:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install -r requirements.txt
      - run: ruff check .
  test:
    needs: lint
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [ubuntu-latest, macos-latest]
        python: ["3.11", "3.12", "3.13"]
        exclude:
          - {os: macos-latest, python: "3.11"}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
      - name: first
        run: npm ci
      - run: npm test
      - name: again
        run: npm ci
  package:
    needs: [test, docs]
    runs-on: ubuntu-latest
    steps:
      - run: make dist
"""

MAKE = """\
include common.mk
SRC = src
CHECKS := lint types
.PHONY: all $(CHECKS) test clean old
all: $(CHECKS) test ## everything
lint:
\truff check $(SRC)
types:
\tmypy $(SRC)
test: build/app lost.txt
\tpytest
build/app: src/main.c
\tcc -o $@ $< \\
\t  -O2
clean: ; rm -rf build
old:
\techo old
every:
\t$(MAKE) lint
\t$(MAKE) types
docs:
\tmkdocs build
venv:
\tpython -m venv venv
out:
\ttar x -C $@
"""

SCRIPTS = """\
{
  "name": "shop",
  "scripts": {
    "prebuild": "npm run clean",
    "build": "tsc && vite build",
    "clean": "rm -rf dist",
    "lint": "eslint src",
    "types": "tsc --noEmit",
    "check": "npm run lint && tsc --noEmit && npm run lint",
    "all": "run-p lint types:*",
    "types:app": "tsc -p app",
    "ci": "npm run check && npm run missing",
    "a": "yarn b",
    "b": "npm run a"
  }
}
"""

PRE_COMMIT = """\
repos:
  - repo: https://github.com/astral-sh/ruff-pre-commit
    rev: v0.5.0
    hooks:
      - id: ruff
      - id: ruff-format
      - id: ruff
  - repo: local
    hooks:
      - id: tests
        name: all tests
        entry: uv run pytest -q
        language: system
        pass_filenames: false
      - id: types
        entry: mypy src
        language: system
        pass_filenames: false
        stages: [pre-push]
"""

TOX = """\
[tox]
envlist = py{311,312}, docs
[testenv]
deps = pytest
commands =
    pytest \\
      -q
[testenv:docs]
deps = sphinx
depends = py312, nowhere
commands = sphinx-build docs out
[testenv:pages]
deps = sphinx
commands = sphinx-build docs out
"""

TOX_CONDITIONS = """\
[tox]
envlist = py{311,312}, all-docs
[testenv]
depends =
    py{311,312},pypy: clean
    all-docs: py{311,312}
commands =
    pytest {posargs: -q}
    py312: mypy \\
        src
    docs-!py311: sphinx-build docs out
[testenv:clean]
deps = coverage
"""

TOX_TOML = """\
env_list = ["3.12", "lint"]
[env_run_base]
commands = [["pytest", "-q"]]
[env.lint]
depends = ["3.12"]
commands = [["ruff", "check", "."]]
"""

NOX = """\
import nox
nox.options.sessions = ["lint", "tests", "gone"]

@nox.session(python=["3.11", "3.12"])
@nox.parametrize("django", ["4.2", "5.0", "5.1"])
def tests(session, django):
    session.install("-r", "requirements.txt")
    session.run("pytest", *session.posargs)

@nox.session(requires=["tests"])
def lint(session: nox.Session) -> None:
    session.install("ruff")
    session.run("ruff", "check")
    session.notify("report")
"""


def read(path: str, text: str, *files: str, **included: str) -> Workflow:
    found = table.workflow(path, text, Around(frozenset(files), included))
    assert found is not None
    return found


def told(workflow: Workflow) -> set[tuple[str, int]]:
    return {(each.rule, each.place.line) for each in workflow.issues}


def needs(workflow: Workflow) -> dict[str, tuple[str, ...]]:
    return {each.name: each.needs + each.calls for each in workflow.jobs}


def test_github_actions() -> None:
    ci = read(".github/workflows/ci.yml", CI, "requirements.txt", "package-lock.json")
    assert (ci.kind, ci.name, ci.problems) == (Kind.ACTIONS, "CI", ())
    assert needs(ci) == {"lint": (), "test": ("lint",), "package": ("test", "docs")}
    assert [each.times for each in ci.jobs] == [1, 5, 1]
    assert [each.place.line for each in ci.jobs[1].steps] == [26, 27, 28, 30, 31]
    assert [each.title for each in ci.jobs[1].steps][2:] == ["first", "npm test", "again"]
    assert told(ci) == {
        ("no-concurrency", 2),
        ("no-timeout", 16),
        ("no-cache", 11),
        ("no-cache", 27),
        ("duplicate-step", 31),
        ("missing-need", 34),
        ("needless-need", 17),
        ("needless-need", 34),
    }


@pytest.mark.parametrize(
    ("change", "without"),
    [
        (('python-version: "3.12"', 'python-version: "3.12"\n          cache: pip'), "no-cache 11"),
        (("name: CI", "name: Publish"), "no-cache 11"),  # a cache could be poisoned
        (("pip install -r requirements.txt", "pip install ruff"), "no-cache 11"),
        (("run: npm ci", "run: npm install ajv"), "no-cache 27"),
        (
            (
                "        run: npm ci\n      - run: npm test",
                "        run: A=1 npm ci\n      - run: npm test",
            ),
            "duplicate-step 31",
        ),
        (("  pull_request:\n", ""), "no-concurrency 2"),
        (("jobs:", "concurrency: ci\njobs:"), "no-concurrency 2"),
        (("run: npm test", "run: echo ${{ needs.lint.result }}"), "needless-need 17"),
        (("run: npm test", "uses: actions/download-artifact@v4"), "needless-need 17"),
        (("name: again", "if: always()"), "duplicate-step 31"),
    ],
)
def test_what_is_well_done_is_not_told(change: tuple[str, str], without: str) -> None:
    files = ("requirements.txt", "package-lock.json")
    before = read(".github/workflows/ci.yml", CI, *files)
    after = read(".github/workflows/ci.yml", CI.replace(*change), *files)
    rule, line = without.split()
    own = next(e for e in before.issues if (e.rule, e.place.line) == (rule, int(line)))
    left = {(each.rule, each.subject) for each in after.issues}
    assert (own.rule, own.subject) not in left
    assert len(left) == len(before.issues) - 1 or "Publish" in change[1]


def test_a_cache_is_offered_only_where_it_would_be_found() -> None:
    def remedies(*files: str) -> list[str]:
        found = read(".github/workflows/ci.yml", CI, *files).issues
        return [e.subject for e in found if e.rule == "no-cache" and e.remedy]

    assert remedies() == []
    assert remedies("pyproject.toml") == ["lint pip"]
    assert remedies("package-lock.json", "requirements.txt") == ["lint pip", "test npm"]


def test_a_makefile() -> None:
    common = {"common.mk": "build/%.o: src/%.c\n\tcc\n"}
    found = table.workflow(
        "Makefile", MAKE, Around(frozenset({"src/main.c", "docs", "venv", "out"}), common)
    )
    assert found is not None
    assert found.problems == ()
    assert needs(found)["all"] == ("lint", "types", "test")
    assert needs(found)["every"] == ("lint", "types")
    steps = {each.name: [step.command for step in each.steps] for each in found.jobs}
    assert steps["lint"] == ["ruff check src"]
    assert steps["clean"] == ["rm -rf build"]
    assert steps["build/app"] == ["cc -o $@ $<  \t  -O2"]
    lines = {each.name: each.place.line for each in found.jobs}
    assert (lines["all"], lines["every"]) == (5, 18)
    assert [each.name for each in found.jobs if each.is_entry] == ["all"]
    assert told(found) == {
        ("phony", 21),
        ("in-sequence", 18),
        ("dead", 15),
        ("dead", 16),
    }


@pytest.mark.parametrize(
    ("needs_", "missing"),
    [
        ("a.o lib.a", ""),  # make compiles by itself
        ("tool", ""),  # from tool.c
        ("x.txt", "x.txt"),
        ("x y.h z w", "x, y.h, z …"),
        ("../x /y $(shell z) *.c %", ""),
        ("src/x.c", ""),
    ],
)
def test_what_make_would_not_know_how_to_make(needs_: str, missing: str) -> None:
    found = read("Makefile", f"all: {needs_}\n\techo\n", "tool.c", "src/x.c")
    told_ = [each.text for each in found.issues if each.rule == "missing-need"]
    there = "there is no such target and no such file."
    assert told_ == ([f"all needs {missing}: {there}"] if missing else [])
    any_ = read("Makefile", f"all: {needs_}\n\techo\n.DEFAULT:\n\tcd src && $(MAKE) $@\n")
    assert "missing-need" not in {each.rule for each in any_.issues}


def test_what_make_would_miss_is_told_only_where_all_is_known() -> None:
    plain = MAKE.replace("include common.mk\n", "")
    files = ("src/main.c", "docs")
    assert ("missing-need", 9) in told(read("Makefile", plain, *files))
    assert "missing-need" not in {rule for rule, _ in told(read("Makefile", MAKE, *files))}
    generated = plain.replace("lost.txt", "$(shell ls)")
    assert "missing-need" not in {rule for rule, _ in told(read("Makefile", generated, *files))}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("a: b\n\techo\nb: a\n", True),
        ("clean: clean\n\trm x\n", True),
        ("a:\n\tcd sub && $(MAKE) a\n", False),
        ("a:\n\t$(MAKE) -C sub a\n", False),
        ("a: b\nb: c\nc:\n", False),
        ("A = a\n$(A): b\nb: ${A}\n", True),
        ("A := $(shell uname | tr '[:a:]' b)/$(B)\n$(A): get\nget: $(A).x\n", False),
        ("A := $(shell uname)\nall: $(A)\n$(A): all\n", True),
        ("$(foreach x,a:b c:d,$(x)): e\ne: f\n", False),
    ],
)
def test_circles_of_targets(text: str, is_one: bool) -> None:
    found = read("Makefile", text)
    assert ("cycle" in {each.rule for each in found.issues}) is is_one


@pytest.mark.parametrize("program", ["yarn", "jlpm", "pnpm", "bun"])
def test_what_runs_scripts_by_their_name(program: str) -> None:
    assert called((program, "b"), {"b": ""}) == called((program, "run", "b"), {}) == ["b"]
    assert not called((program, "add"), {"b": ""})


def test_scripts() -> None:
    found = read("web/package.json", SCRIPTS)
    assert needs(found)["build"] == ("prebuild",)
    assert needs(found)["all"] == ("lint", "types:app")
    assert found.by_name["b"].place.line == 14
    assert told(found) == {
        ("duplicate-step", 9),
        ("in-sequence", 9),
        ("missing-need", 12),
        ("cycle", 13),
        *(("dead", line) for line in (8, 9, 10, 11, 12, 13, 14)),
    }


def test_a_step_that_says_nothing_has_a_title() -> None:
    ci = "on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{if: always()}, {run: make}]\n"
    (job,) = read(".github/workflows/ci.yml", ci).jobs
    assert [each.title for each in job.steps] == ["step", "make"]


@pytest.mark.parametrize(("many", "pattern"), [(9, "b:*:*:*:*"), (300, "b:*")])
def test_what_a_pattern_stands_for_is_not_always_looked_up(many: int, pattern: str) -> None:
    """Then nothing is missing, and nothing is dead: it may run any of them."""
    scripts = {"build": f"run-p {pattern}", "b:lone": "x", "test": "run-s gone"}
    scripts |= {f"b:{n}": f"echo {n}" for n in range(many)}
    found = read("package.json", json.dumps({"scripts": scripts}))
    assert [each.text for each in found.issues] == [
        "The script test runs gone, and there is no such script."
    ]


def test_hooks_of_pre_commit() -> None:
    found = read(".pre-commit-config.yaml", PRE_COMMIT)
    names = [each.name for each in found.jobs]
    assert names == ["ruff", "ruff-format", "ruff", "tests", "types"]
    assert told(found) == {("duplicate-step", 7), ("slow-hook", 10)}


def test_environments_of_tox() -> None:
    found = read("tox.ini", TOX)
    assert needs(found) == {"py311": (), "py312": (), "docs": ("py312", "nowhere"), "pages": ()}
    assert [each.command for each in found.by_name["py311"].steps] == ["", "pytest  -q"]
    assert told(found) == {("missing-need", 8), ("duplicate-step", 12), ("dead", 12)}
    native = read("tox.toml", TOX_TOML)
    assert needs(native) == {"3.12": (), "lint": ("3.12",)}
    assert native.by_name["lint"].steps[1].command == "ruff check ."
    assert table.workflow("pyproject.toml", "[project]\nname = 'a'\n", Around()) is None
    conditions = read("tox.ini", TOX_CONDITIONS)
    assert needs(conditions) == {
        "py311": ("clean",),
        "py312": ("clean",),
        "all-docs": ("py311", "py312"),
        "clean": (),
    }
    commands = {job.name: [each.command for each in job.steps[1:]] for job in conditions.jobs}
    assert commands["py311"] == commands["clean"] == ["pytest {posargs: -q}"]
    assert commands["py312"] == ["pytest {posargs: -q}", "mypy  src"]
    assert commands["all-docs"] == ["pytest {posargs: -q}", "sphinx-build docs out"]
    assert analyse([conditions], seen([], []))[0].path.names == ("clean", "py312", "all-docs")
    legacy = f"[tool.tox]\nlegacy_tox_ini = '''\n{TOX}'''\n"
    assert needs(read("pyproject.toml", legacy)) == needs(found)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("py{311,312}-{a,b}, docs", "py311-a py311-b py312-a py312-b docs"),
        ("a\nb # c\n\n", "a b"),
        ("{py3, pypy3}", "py3 pypy3"),
        ("", ""),
        ("{{,}}", ""),
    ],
)
def test_lists_of_tox(text: str, names: str) -> None:
    assert " ".join(expanded(text)) == names


def test_sessions_of_nox() -> None:
    found = read("noxfile.py", NOX)
    assert needs(found) == {"tests": (), "lint": ("tests", "report")}
    assert [each.times for each in found.jobs] == [6, 1]
    assert [each.command for each in found.jobs[0].steps] == [
        "pip install -r requirements.txt",
        "pytest …",
    ]
    assert told(found) == {("missing-need", 2), ("missing-need", 11), ("new-environment", 6)}


def test_own_tasks() -> None:
    text = "tasks:\n  custom:\n    a: {command: [x], needs: [b]}\n    b:\n      command: [x]\n"
    custom = {
        "a": CustomTask(command=("x",), needs=("b", "c")),
        "b": CustomTask(command=("x",), when=("save",)),
    }
    found = own.workflow(text, custom, {"r": Rule(tasks=("a",))})
    assert found is not None
    assert needs(found) == {"a": ("b", "c"), "b": ()}
    assert [(e.place.line, e.is_entry) for e in found.jobs] == [(3, True), (4, True)]
    assert {each.rule for each in found.issues} == {"duplicate-step"}
    assert own.workflow("", {}, {}) is None


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (".github/workflows/a.yml", "jobs:\n  a: [\n", 3),
        (".github/workflows/a.yml", "", 1),
        (".github/workflows/a.yml", "- a\n", 1),
        (".github/workflows/a.yml", "on: push\n", 1),
        (".pre-commit-config.yaml", "repos:\n\t- a\n", 2),
        ("package.json", '{"scripts":\n  {"a": }', 2),
        ("tox.ini", "a\n[tox]\n", 1),
        ("tox.toml", "a = \n", 1),
        ("noxfile.py", "import nox\ndef a(:\n", 2),
        ("Makefile", "include gone.mk\n", 1),
    ],
)
def test_what_is_wrong_has_a_place(path: str, text: str, line: int) -> None:
    (problem,) = read(path, text).problems
    assert (problem.place.path, problem.place.line) == (path, line)
    assert problem.text.endswith(".")
