"""The analyzers of docs/how-to-add-an-analyzer.md, set up as the page says; and those that a
workspace nobody trusts would like to run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from understudy.analyzers.programs.declared import problems
from understudy.settings import Layer, Origin, load

from .programs import program
from .support import own_environment, tree, understudy, understudy_here

PAGE = Path(__file__).parents[2] / "docs" / "how-to-add-an-analyzer.md"
BLOCKS = re.findall(r"```(toml|python|yaml)\n(.*?)```", PAGE.read_text(), re.DOTALL)
DECLARED, NESTED, PLUGGED = (text for kind, text in BLOCKS if kind == "yaml")
(TOML,) = (text for kind, text in BLOCKS if kind == "toml")
(PYTHON,) = (text for kind, text in BLOCKS if kind == "python")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    root = tree(tmp_path / "shop", {})

    def run(
        *words: str, config: str = "", site: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        if config:
            tree(root, {".understudy/config.yaml": config})
        environment = own_environment(tmp_path, **({"PYTHONPATH": str(site)} if site else {}))
        how = understudy if site else understudy_here
        return how(*words, cwd=root, environment=environment)

    return run


def found(run: Run, **more: Any) -> list[tuple[str, str, int, int]]:
    done = run("scan", "--format", "json", **more)
    assert done.returncode in (0, 1), done.stderr + done.stdout
    problems = json.loads(done.stdout)["problems"]
    return [
        (each["path"], each["message"], each["start"]["line"], each["start"]["column"])
        for each in problems
    ]


def test_the_examples_are_short() -> None:
    assert DECLARED.count("\n") <= 30
    assert PYTHON.count("\n") + TOML.count("\n") + PLUGGED.count("\n") <= 2 * 30


def test_the_declared_command(run: Run, tmp_path: Path) -> None:
    tree(
        tmp_path / "shop",
        {"-a b😀.md": "x\nLorem ipsum: y\n", "c.txt": "fine\n", "d.py": "# lorem ipsum\n"},
    )
    run("trust", ".")
    assert found(run, config=DECLARED) == [("-a b😀.md", "Lorem ipsum: y", 2, 1)]


def test_the_command_with_a_nested_answer(run: Run, tmp_path: Path) -> None:
    root = tree(tmp_path / "shop", {"a.rst": "x\n", "b.rst": "y\n"})
    answer = {"pages": [{"page": "b.rst", "broken": [{"line": 1, "why": "404", "kind": "gone"}]}]}
    program(root / "tools/check-links", f"echo '{json.dumps(answer)}'; exit 1")
    run("trust", ".")
    assert found(run, config=NESTED) == [("b.rst", "404", 1, 1)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the distribution of the page is installed."""
    files = {"pyproject.toml": TOML, "stars_for_understudy.py": PYTHON}
    source = tree(tmp_path_factory.mktemp("source"), files)
    site = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--no-build-isolation", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run(
        [sys.executable, "-P", "-m", "pip", "install", *options, str(source)], check=True
    )
    return site


SQL = "-- 😀 select *\nSELECT a FROM b;\n"


def test_the_installed_class(run: Run, site: Path, tmp_path: Path) -> None:
    tree(tmp_path / "shop", {"a.sql": SQL, "b.sql": "SELECT a;\n"})
    run("trust", ".")
    told = "name the columns that are needed"
    assert found(run, config=PLUGGED, site=site) == [("a.sql", told, 1, 6)]


def test_a_class_that_is_not_installed_is_told(run: Run, tmp_path: Path) -> None:
    tree(tmp_path / "shop", {"a.sql": SQL})
    run("trust", ".")
    done = run("scan", config=PLUGGED)
    assert done.returncode == 3
    assert (
        "there is no 'stars' among the entry points understudy.analyzers"
        in done.stdout + done.stderr
    )


BROKEN = {
    "raise RuntimeError('worn out')": "RuntimeError: worn out",
    "yield 7": "TypeError",
    "import os; os._exit(3)": "",
}


@pytest.mark.parametrize("body", BROKEN)
def test_a_class_that_breaks_is_told(run: Run, site: Path, tmp_path: Path, body: str) -> None:
    tree(tmp_path / "shop", {"a.sql": SQL})
    copy = tree(
        tmp_path / "site",
        {
            "stars_for_understudy.py": f"class Stars:\n def __init__(self, word): pass\n def check(self, path, text):\n  {body}\n",
            "x-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: x\nVersion: 1\n",
            "x-1.dist-info/entry_points.txt": "[understudy.analyzers]\nstars = stars_for_understudy:Stars\n",
        },
    )
    run("trust", ".")
    done = run("scan", config=PLUGGED, site=copy)
    assert done.returncode == 3
    assert BROKEN[body] in done.stdout + done.stderr


# ── a workspace that nobody trusts ──────────────────────────────────────────────────────────────


def traps(root: Path) -> Path:
    """Everything that a workspace can bring along to be run; each leaves a mark."""
    mark = root.parent / "mark"
    trap = f"echo $0 >> {mark}"
    for place in ("tools/check", "tools/zizmor", ".venv/bin/mypy", "bin/semgrep"):
        program(root / place, trap)
    config = {
        "analyzers": {
            "custom": {
                "shell": {"command": ["sh", "-c", trap, "sh"], "files": ["*.py", "*.yml"]},
                "tool": {"command": ["tools/check"], "files": ["*.py"], "output": "gcc"},
            },
            "plugins": {"stars": {"files": ["*.py"]}},
        },
        "zizmor": {"enabled": True, "path": "tools/zizmor"},
        "mypy": {"enabled": True},
        "semgrep": {"enabled": True, "path": "bin/semgrep"},
    }
    marking = f"open({str(mark)!r}, 'a').write('module ' + __name__)"
    tree(
        root,
        {
            ".understudy/config.yaml": json.dumps(config),
            ".github/workflows/a.yml": "on: push\n",
            "app.py": "x = 1\n",
            "mypy.ini": "[mypy]\nplugins = trap.py\n",
            "trap.py": marking,
            "stars_for_understudy.py": marking,
            "x-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: x\nVersion: 1\n",
            "x-1.dist-info/entry_points.txt": "[understudy.analyzers]\nstars = stars_for_understudy:Stars\n",
        },
    )
    return mark


def test_nothing_of_an_untrusted_workspace_runs(run: Run, tmp_path: Path) -> None:
    mark = traps(tmp_path / "shop")
    done = run("scan")
    assert not mark.exists()
    assert "not trusted" in done.stdout + done.stderr
    run("doctor")
    assert not mark.exists()


def test_in_a_trusted_one_it_does(run: Run, tmp_path: Path) -> None:
    mark = traps(tmp_path / "shop")
    run("trust", ".")
    run("scan")
    ran = mark.read_text()
    for each in ("sh", "tools/check", "tools/zizmor", ".venv/bin/mypy", "bin/semgrep"):
        assert each in ran


def test_code_of_the_workspace_is_no_plug_in(run: Run, tmp_path: Path) -> None:
    """Not even in a trusted one, where its folder is on the path of our modules."""
    root = tmp_path / "shop"
    mark = traps(root)
    run("trust", ".")
    done = run("scan", site=root)
    assert "module" not in mark.read_text()
    assert "its code is the workspace's" in done.stdout + done.stderr


# ── what is wrong in a declaration ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("{command: [x, '${{ fil }}'], files: ['*']}", "`${{ fil }}` stands for nothing"),
        ("{command: [x], files: ['*'], output: json, mapping: {ln: a}}", "there is no `ln`"),
        ("{command: [x], files: ['*'], mapping: {line: a}}", "there is no `line`"),
        ("{command: [x], files: ['*'], output: '(?P<what>x)'}", "unknown group 'what'"),
        (
            "{command: [x], files: ['*'], output: jsno}",
            "jsno is none of json, jsonl, sarif, and no",
        ),
        ("{command: [x], files: ['*'], output: ''}", "no expression has a named group"),
        ("{command: [x], files: ['*'], output: '(?P<file', }", "regular expression"),
        ("{command: [x], files: ['*'], input: files, output: '(?P<line>1)'}", "named 'file'"),
        ("{command: [x], files: ['/etc/*']}", "the end of a path"),
        ("{command: [x], files: ['']}", "the end of a path"),
        ("{command: [x], files: ['.']}", "the end of a path"),
        ("{command: [x], files: []}", "at least one"),
        ("{command: [x], files: ['*'], okCodes: [zero]}", "a whole number from 0 to 255"),
        ("{command: [x], files: ['*'], okCodes: [256]}", "a whole number from 0 to 255"),
        ("{command: [x], files: ['*'], severity: {error: grave}}", "critical, high, medium"),
        ("{files: ['*']}", "`command`"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(own: str, told: str) -> None:
    text = f"analyzers:\n  custom:\n    mine: {own}\n"
    loaded = load([Layer(Origin.PROJECT, text, Path("config.yaml"))], trusted=True)
    problem, *_ = (*loaded.problems, *problems(loaded))
    assert told in problem.message
    assert problem.range.start.line == 2


def test_the_names_of_ours_are_taken(run: Run, tmp_path: Path) -> None:
    tree(tmp_path / "shop", {"app.py": "import os\n"})
    run("trust", ".")
    own = "{command: ['false'], files: ['*.py'], output: gcc}"
    done = run("scan", config=f"analyzers:\n  custom:\n    ruff: {own}\n")
    assert (
        "`ruff` is the name of an analyzer that comes with Understudy" in done.stdout + done.stderr
    )
    assert "F401" in done.stdout


@pytest.mark.parametrize("config", [DECLARED, PLUGGED])
def test_one_that_may_not_run_is_never_clean(run: Run, config: str) -> None:
    done = run("scan", config=config)
    assert done.returncode == 3
    assert ": not trusted (.): the workspace is not trusted" in done.stdout
    document = json.loads(run("scan", "--format", "json").stdout)
    assert [each["why"] for each in document["withoutVerdict"]] == ["the workspace is not trusted"]
