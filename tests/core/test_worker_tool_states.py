"""Every tool that is a module of the workers, in every state: Bandit, Radon, complexipy,
detect-secrets, and a class of another distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from understudy.model import State
from understudy.settings.analyzers import PluginAnalyzer

from .support import tree
from .tool_states import COLUMNS, Cell, Row, amiss, engine

# An environment in which the tools do what a file says.
_TROUBLE = """\
import os, signal, sys

def trouble():
    with open(os.environ["TOOL_STATE"]) as file:
        state = file.read()
    if state == "crashes":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif state == "hangs":
        signal.pause()
    elif state == "exits zero with an error":
        sys.exit(0)
    elif state == "non-UTF-8 output":
        for descriptor in (1, 2):
            os.write(descriptor, b"\\xff\\xfe not a text \\x00")
    return state
"""
_SITE = """\
import sys
from functools import reduce, wraps
from importlib.machinery import PathFinder
from trouble import trouble

TOOLS = {
    "bandit.core.manager": ("BanditManager", "_parse_file"),
    "complexipy": ("code_complexity",),
    "detect_secrets.core.scan": ("scan_file",),
    "radon.complexity": ("cc_visit_ast",),
}

def troubled(real):
    @wraps(real)
    def called(*args, **options):
        garbage = trouble() == "prints garbage"
        answer = real(*args, **options)
        if garbage and hasattr(args[0], "results"):
            args[0].results = [7]
        return 7 if garbage else answer
    return called

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path) if name in TOOLS else None
        if spec is None:
            return None
        execute = spec.loader.exec_module
        def exec_module(module):
            execute(module)
            *way, last = TOOLS[name]
            owner = reduce(getattr, way, module)
            setattr(owner, last, troubled(getattr(owner, last)))
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Finder)
"""
_PLUGIN = """\
from trouble import trouble
from understudy.model import Category, Finding, Position, Range, Severity

class Ours:
    def check(self, path, text):
        place = Range(Position(0, 0), Position(0, 1))
        yield Finding("", "X1", "b\\udcffd", place, Severity.LOW, Category.QUALITY)
        if trouble() == "prints garbage":
            yield 7

class Older:
    def run(self, path):
        return []
"""
_INSTALLED = "ours-1.dist-info"
_SITE_FILES = {
    "trouble.py": _TROUBLE,
    "sitecustomize.py": _SITE,
    "ours.py": _PLUGIN,
    f"{_INSTALLED}/METADATA": "Metadata-Version: 2.1\nName: ours\nVersion: 1\n",
    f"{_INSTALLED}/entry_points.txt": "[understudy.analyzers]\nours = ours:Ours\n"
    "older = ours:Older\n",
}

Now = Callable[[str], object]


@pytest.fixture
def now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Now:
    """Says in which state the tools of the workers are from now on."""
    site = tree(tmp_path / "site", _SITE_FILES)
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.setenv("TOOL_STATE", str(tmp_path / "now"))
    return (tmp_path / "now").write_text


_OURS = "it is installed with Understudy, in a version that is pinned"
_NO_STATUS = "a function has no exit status"


def _module(tool: str, file: str, content: str, rule: str, **more: object) -> Row:
    """The row of a tool that is called as a function."""

    def prepare(root: Path) -> Mapping[str, object]:
        return {key.replace("__", "."): value for key, value in more.items()}

    found = Cell(prepare, State.FINDINGS, rules=(rule,))
    cells: dict[str, Cell | str] = {
        "not installed": _OURS,
        "wrong version": _OURS,
        "crashes": Cell(prepare, State.FAILED, "Segmentation fault|SIGSEGV"),
        "hangs": Cell(prepare, State.TIMED_OUT, "1 s", within=1.0),
        "prints garbage": Cell(prepare, State.FAILED, "."),
        "exits non-zero with findings": _NO_STATUS,
        "exits zero with an error": Cell(prepare, State.FAILED, "its process ended"),
        "non-UTF-8 output": found,
        "a hard name": found,
    }
    return Row(tool, file, content, cells)


_BRANCHES = "".join(f"    if x == {n}:\n        return {n}\n" for n in range(20))
_LONG = f"def f(x):\n{_BRANCHES}"


def _plugin(name: str) -> Callable[[Path], Mapping[str, object]]:
    used = MappingProxyType({name: PluginAnalyzer(files=("*.sql",))})
    return lambda root: {"analyzers.plugins": used}


def _plugin_row() -> Row:
    row = _module("ours", "*.sql", "SELECT 1;\n", "X1", **_plugin("ours")(Path()))
    garbage = row.cells["prints garbage"]
    assert isinstance(garbage, Cell)
    return row._replace(cells={**row.cells, "prints garbage": garbage._replace(rules=("X1",))})


ROWS = {
    row.tool: row
    for row in (
        _module("bandit", "*.py", "eval(x)\n", "B307", bandit__enabled=True),
        _module("radon", "*.py", _LONG, "R701", complexity__enabled=True),
        _module("complexipy", "*.py", _LONG, "CC001", complexity__enabled=True),
        _module(
            "detect-secrets",
            "*.ini",
            "password = hunter2hunter\n",
            "KeywordDetector",
            secrets__enabled=True,
        ),
        _plugin_row(),
    )
}


@pytest.mark.parametrize("tool", ROWS)
async def test_every_state(tool: str, tmp_path: Path, now: Now, nothing_is_left: None) -> None:
    assert set(ROWS[tool].cells) == set(COLUMNS)
    async with engine(tmp_path / "state") as asked:
        assert await amiss(asked, ROWS[tool], tmp_path, now) == {}


@pytest.mark.parametrize(
    ("plugin", "state", "why"),
    [
        ("absent", State.MISSING, "there is no 'absent' among .* install it"),
        ("older", State.FAILED, "ours:Older has no 'def check"),
    ],
)
async def test_a_class_that_does_not_do(
    plugin: str, state: State, why: str, tmp_path: Path, now: Now
) -> None:
    row = Row(plugin, "*.sql", "SELECT 1;\n", {"crashes": Cell(_plugin(plugin), state, why)})
    async with engine(tmp_path / "state") as asked:
        assert await amiss(asked, row, tmp_path, now) == {}
