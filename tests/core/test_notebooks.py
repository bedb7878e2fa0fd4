"""Notebooks in scans: what the tools themselves say of them, and where that is told to stand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from understudy.checks import compose
from understudy.checks.engine import subject_of
from understudy.ipython import code
from understudy.model import Finding, Priority, Report, Severity, State
from understudy.notebooks import Notebook, encode, read
from understudy.settings import Settings
from understudy.text import Lines

from ..unit.test_formats import SCHEMA
from ..unit.test_notebooks import IN_R, MARKDOWN, file, source
from .support import own_environment, tree, understudy_here
from .test_agreement import corpus
from .test_scan import Make, World, make

__all__ = ["corpus", "make"]

SHOP = file(
    [
        MARKDOWN,
        source("%matplotlib inline\nimport os\nimport subprocess as sp\n"),
        source("%%bash\nrm -rf /\n"),
        IN_R,
        source("é = '😀'; x = eval('1')\nfiles = !ls\nfiles?"),
        source("def pay(amount):\n    assert amount > 0\n    sp.call('ls', shell=True)\n\npay(1);"),
    ]
)


def run(root: Path, *words: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-P", "-m", *words], cwd=root, capture_output=True, check=False
    )
    return json.loads(done.stdout)


Place = tuple[int, int, int, int, int, str]
"""Cell, row and column of the start and of the end, rule."""


def in_cells(report: Report, content: bytes) -> list[Place]:
    book = read(content)
    return sorted(placed(finding, book) for finding in report.findings)


def placed(finding: Finding, book: Notebook) -> Place:
    cell = book.cell_at(finding.range.start.line)
    start, end = cell.within(finding.range)
    return (
        cell.number,
        start.line + 1,
        start.column + 1,
        end.line + 1,
        end.column + 1,
        finding.rule,
    )


def as_ruff_says(rows: list[dict[str, Any]]) -> list[Place]:
    def places(row: dict[str, Any]) -> tuple[int, int, int, int]:
        start, end = row["location"], row["end_location"]
        return start["row"], start["column"], end["row"], end["column"]

    return sorted((row["cell"], *places(row), row["code"]) for row in rows)


def examples(corpus: Path) -> bytes:
    """A notebook of real code, a file in each cell."""
    folder = corpus / "bandit-1.9.4/examples"
    names = sorted(path for path in folder.glob("*.py") if _parses(path))[::4]
    cells = [MARKDOWN]
    for path in names:
        cells += [source(path.read_text()), source("%pip list\n" + path.read_text()[:0])]
    return file(cells)


def _parses(path: Path) -> bool:
    if path.name == "long_set.py":
        return False
    try:
        compile(path.read_bytes(), path.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


@pytest.mark.parametrize("select", ["ALL", ""])
@pytest.mark.parametrize("which", ["shop", "examples"])
async def test_ruff_says_what_it_says_itself(
    make: Make, corpus: Path, which: str, select: str
) -> None:
    content = SHOP if which == "shop" else examples(corpus)
    options = f"[lint]\npreview = true\nselect = ['{select}']\n" if select else "\n"
    world = make({"a/b.ipynb": content, "ruff.toml": options, "c.py": "import os\n"})
    extra = [] if select else ["--extend-select=S,C901"]
    rows = run(world.root, "ruff", "check", "--output-format=json", *extra, "a/b.ipynb")
    told = as_ruff_says(rows)
    assert len(told) > 4

    scanned = await world.scan()
    assert in_cells(scanned["a/b.ipynb"]["ruff"], content) == told
    assert [each.rule for each in scanned["c.py"]["ruff"].findings].count("F401") == 1

    opened = await in_editor(world, "a/b.ipynb", content)
    book = read(content)
    numbers = {cell.number: at for at, cell in enumerate(book.cells, 1)}
    assert in_cells(opened["ruff"], encode(book.text)) == sorted(
        (numbers[row[0]], *row[1:]) for row in told
    )


async def in_editor(world: World, name: str, content: bytes) -> dict[str, Report]:
    path = str(world.root / name)
    subject = subject_of(path, world.root, read(content).text, "python")
    answers = world.checks.check(subject, world.policy, world.results, Priority.INTERACTIVE)
    return {report.tool: report async for reports in answers for report in reports}


@pytest.mark.parametrize("which", ["shop", "examples"])
async def test_bandit_says_what_it_says_of_the_cells_as_one_file(
    make: Make, corpus: Path, tmp_path: Path, which: str
) -> None:
    content = SHOP if which == "shop" else examples(corpus)
    (tmp_path / "whole.py").write_text(code(read(content).text))
    answer = run(tmp_path, "bandit", "-q", "-f", "json", "whole.py")
    assert answer["errors"] == []
    told = sorted((row["test_id"], min(row["line_range"]) - 1) for row in answer["results"])
    assert len(told) > 3

    world = make({"b.ipynb": content})
    for reports in ((await world.scan())["b.ipynb"], await in_editor(world, "b.ipynb", content)):
        found = [(each.rule, each.range.start.line) for each in reports["bandit"].findings]
        assert sorted(found) == told


async def test_functions_of_cells_are_measured(make: Make) -> None:
    deep = "def f(a):\n" + "".join(f"    if a == {n}:\n        print(a)\n" for n in range(12))
    world = make({"b.ipynb": file([source("!ls\n"), source(deep)])}, complexity__enabled=True)
    reports = (await world.scan())["b.ipynb"]
    book = read((world.root / "b.ipynb").read_bytes())
    found = {each.rule: placed(each, book)[:2] for r in reports.values() for each in r.findings}
    assert found["R701"] == found["C901"] == (2, 1)


async def test_a_second_scan_asks_nobody(make: Make) -> None:
    world = make({"b.ipynb": SHOP, "clean.ipynb": file([source("x = 1\n")])})
    first = await world.scan()
    assert first["clean.ipynb"]["ruff"].state is State.CLEAN
    assert world.runner.ran == {"ruff": 2, "bandit": 2}
    assert await world.scan() == first
    assert world.runner.ran == {}


REFUSED = {
    "r.ipynb": file([source("x <- 1")], metadata={"kernelspec": {"language": "R"}}),
    "old.ipynb": file([], nbformat=3),
    "bad.ipynb": b"{",
}


async def test_what_is_not_looked_at_is_told_and_spoils_nothing_else(make: Make) -> None:
    world = make({**REFUSED, "b.ipynb": SHOP})
    scanned = await world.scan()
    for name, words in (("r", "in r, not in Python"), ("old", "format 3"), ("bad", "not JSON")):
        for tool, report in scanned[f"{name}.ipynb"].items():
            if (name, tool) == ("bad", "ruff"):
                (flaw,) = report.findings
                assert (flaw.rule, flaw.severity) == ("invalid-syntax", Severity.HIGH)
                assert words in flaw.message
                continue
            assert report.state is State.NOT_ANALYSED
            assert words in report.why
    told = {name for name, each in scanned.items() if each["ruff"].findings}
    assert told == {"old.ipynb", "bad.ipynb", "b.ipynb"}, "R is nobody's fault"


async def test_ruffs_configuration_excludes_notebooks(make: Make) -> None:
    world = make({"b.ipynb": SHOP, "ruff.toml": "extend-exclude = ['*.ipynb']\n"})
    report = (await world.scan())["b.ipynb"]["ruff"]
    assert (report.state, report.why) == (
        State.NOT_ANALYSED,
        "Ruff's configuration excludes this file",
    )


async def test_comments_in_cells_let_findings_be(make: Make) -> None:
    cells = ["# understudy: ignore[B101, S101]\nassert 1\n", "assert 2  # noqa: S101\n"]
    cells += ["assert 3  # nosec B101\n", "!ls\nassert 4  # understudy: ignore[S101, B101] -- so\n"]
    world = make({"b.ipynb": file([source(each) for each in cells])})
    reports = (await world.scan())["b.ipynb"].values()
    here = compose.Circumstances("b.ipynb")
    shown = compose.problems(reports, Settings(), here)
    rows = sorted((problem.rules, problem.lead.range.start.line) for problem in shown)
    assert rows == []


# ── what a person sees ──────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a project with a notebook and a file."""
    root = tmp_path / "root"
    return tree(root, {".git/HEAD": "", "nb/b.ipynb": SHOP, "c.py": "print(eval('1'))\n"})


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    return own_environment(tmp_path)


def test_text_names_the_cell(folder: Path, environment: Mapping[str, str]) -> None:
    done = understudy_here("scan", cwd=folder, environment=environment)
    assert done.returncode == 1
    assert re.search(
        r"^nb/b.ipynb:cell 5:1:14  high .*\n  1 │ é = '😀'; x = eval\('1'\)\n    │ {15}\^{9}$",
        done.stdout,
        re.MULTILINE,
    )
    assert "\nnb/b.ipynb:cell 6:2:5  low" in done.stdout
    assert "c.py:1:7  high" in done.stdout


def test_json_has_the_cell_and_the_line_of_the_file(
    folder: Path, environment: Mapping[str, str]
) -> None:
    done = understudy_here("scan", "--format", "json", cwd=folder, environment=environment)
    problems = json.loads(done.stdout)["problems"]
    (found,) = (each for each in problems if each["path"] == "nb/b.ipynb" and is_eval(each))
    assert found["cell"] == {
        "number": 5,
        "start": {"line": 1, "column": 14},
        "end": {"line": 1, "column": 23},
    }
    written = Lines(SHOP.decode()).line(found["start"]["line"] - 1)
    place = slice(found["start"]["column"] - 1, found["end"]["column"] - 1)
    assert written[place] == "eval('1')"
    (plain,) = (each for each in problems if each["path"] == "c.py" and is_eval(each))
    assert "cell" not in plain


def is_eval(problem: dict[str, Any]) -> bool:
    return any(each["rule"] == "B307" for each in problem["findings"])


def test_sarif_has_both_and_is_valid(folder: Path, environment: Mapping[str, str]) -> None:
    (folder / "bad.ipynb").write_text("{")
    done = understudy_here("scan", "--format", "sarif", cwd=folder, environment=environment)
    document = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA)
    cells = set()
    for result in document["runs"][0]["results"]:
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        if physical["artifactLocation"]["uri"] != "nb/b.ipynb":
            assert "logicalLocations" not in location
            continue
        (logical,) = location["logicalLocations"]
        cells.add((result["ruleId"], logical["name"], logical["fullyQualifiedName"]))
        written = Lines(SHOP.decode()).line(physical["region"]["startLine"] - 1)
        assert written.startswith('    "'), "a line of a cell"
    assert ("B307", "cell 5, line 1", "/cells/4/source") in cells


def test_github_is_told_of_lines_in_the_file(folder: Path, environment: Mapping[str, str]) -> None:
    done = understudy_here("scan", "--format", "github", cwd=folder, environment=environment)
    (row,) = (line for line in done.stdout.splitlines() if "B307" in line and "ipynb" in line)
    found = re.search(r"file=nb/b.ipynb,line=(\d+),.*::cell 5, line 1: ", row)
    assert found
    assert "eval('1')" in Lines(SHOP.decode()).line(int(found[1]) - 1)


def test_outputs_change_nothing_of_what_the_baseline_knows(
    folder: Path, environment: Mapping[str, str]
) -> None:
    done = understudy_here("baseline", "create", cwd=folder, environment=environment)
    assert done.returncode == 0, done.stderr
    table = json.loads(SHOP)
    table["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["a\n"]}]
    table["cells"].insert(0, MARKDOWN)
    (folder / "nb/b.ipynb").write_text(json.dumps(table))
    done = understudy_here("scan", cwd=folder, environment=environment)
    assert done.returncode == 0, done.stdout


def test_a_fix_in_a_terminal_leaves_notebooks_as_they_are(
    folder: Path, environment: Mapping[str, str]
) -> None:
    done = understudy_here("fix", "F401", cwd=folder, environment=environment)
    assert done.returncode == 3
    assert "b.ipynb was left as it is" in done.stderr
    assert (folder / "nb/b.ipynb").read_bytes() == SHOP


def test_only_what_changed_in_a_cell(folder: Path, environment: Mapping[str, str]) -> None:
    (folder / ".git/HEAD").unlink()
    (folder / ".git").rmdir()

    def git(*words: str) -> None:
        own = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *own, *words], cwd=folder, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    table = json.loads(SHOP)
    table["cells"][4]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["a\n"]}]
    table["cells"][5]["source"].append("\nprint(eval('2'))")
    (folder / "nb/b.ipynb").write_text(json.dumps(table, indent=1))
    done = understudy_here("scan", "--changed", cwd=folder, environment=environment)
    assert re.findall(r"^\S+:cell \d+:\d+:\d+  high", done.stdout, re.MULTILINE) == [
        "nb/b.ipynb:cell 6:6:7  high"
    ]


@pytest.mark.parametrize(
    ("comment", "rule", "kind"),
    [("", "B101", "found"), ("  # noqa: S101", "S101", "noqa"), ("  # nosec", "B101", "nosec")],
)
def test_reasons_speak_of_cells(
    folder: Path, environment: Mapping[str, str], comment: str, rule: str, kind: str
) -> None:
    cells = [MARKDOWN, source("!ls"), source(f"x = 1\nassert x{comment}")]
    (folder / "nb/b.ipynb").write_bytes(file(cells))
    words = ("explain", "--json", "nb/b.ipynb:cell 3:2", rule)
    done = understudy_here(*words, cwd=folder, environment=environment)
    reasons = {each["kind"]: each["text"] for each in json.loads(done.stdout)["reasons"]}
    assert "in line 2 of cell 3" in reasons[kind]
    for place in ("nb/b.ipynb:2", "nb/b.ipynb:cell 1:2"):
        done = understudy_here("explain", place, rule, cwd=folder, environment=environment)
        assert done.returncode == 2
        assert "cell" in done.stderr
