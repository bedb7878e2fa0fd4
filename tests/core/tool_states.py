"""How tools go wrong: the columns of a table whose rows are tools, and the engine that each cell
goes through."""

from __future__ import annotations

import math
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from understudy.checks.engine import Checks, subject_of
from understudy.checks.jobs import Policy
from understudy.checks.workspace_scan import WorkspaceScan
from understudy.discover import found_at
from understudy.model import Priority, Report, State
from understudy.runner.calls import Job, Outcome
from understudy.runner.execute import Runner
from understudy.settings import Settings
from understudy.store.database import Database
from understudy.store.results import RESULTS, Results

from .support import tree

COLUMNS = (
    "not installed",
    "wrong version",
    "crashes",
    "hangs",
    "prints garbage",
    "exits non-zero with findings",
    "exits zero with an error",
    "non-UTF-8 output",
    "a hard name",
)
ALONE = {
    "ruff.enabled": False,
    "bandit.enabled": False,
    "complexity.enabled": False,
    "eslint.enabled": False,
}
"""Of what is on by itself, nothing else is looked at."""


class Cell(NamedTuple):
    """``prepare`` makes the tool behave so: given the root, it gives the settings, and may write
    there and beside it. ``why`` is an expression that the report's reason has, ``rules`` is what
    the tool itself found. ``within``: seconds that it is given, where no setting tells."""

    prepare: Callable[[Path], Mapping[str, object]]
    state: State
    why: str = ""
    rules: tuple[str, ...] = ()
    within: float = math.inf


class Row(NamedTuple):
    """A tool, a file that it looks at (``*`` stands for a part of its name), the file's content,
    and the cells. A text in place of a cell tells why there is none."""

    tool: str
    file: str
    content: str
    cells: Mapping[str, Cell | str]

    def name(self, column: str) -> str:
        hard = column == "a hard name"
        return f"-a b😀/{self.file}".replace("*", "-c d😀") if hard else self.file.replace("*", "a")


def beside(root: Path) -> Path:
    """Where the stand-in for a tool is: in no workspace."""
    return root.parent / "bin" / "tool"


class _Hurried(Runner):
    """Gives no job longer than so many seconds."""

    within = math.inf

    async def execute(self, job: Job) -> Outcome:
        return await super().execute(replace(job, timeout=min(job.timeout, self.within)))


class Engine:
    """Asks as an editor does, of a text in memory, and as a scan does, of a file."""

    def __init__(self, state: Path) -> None:
        self._runner = _Hurried()
        self._checks = Checks(self._runner)
        self._results = Results(Database(state / "results.db", RESULTS))

    async def ask(
        self, tool: str, root: Path, path: Path, settings: Settings, within: float
    ) -> list[Report]:
        """What the tool says both ways."""
        self._runner.within = within
        policy = Policy(settings, trusted=True)
        subject = subject_of(str(path), root, path.read_text(), "")
        asked = self._checks.check(
            subject, policy, self._results, Priority.INTERACTIVE, tools={tool}
        )
        reports = [report async for some in asked for report in some]
        scan = WorkspaceScan(self._checks, root, policy, self._results)
        async for scanned in scan.run([found_at(str(path), os.stat(path))]):
            reports += scanned.reports
        return [report for report in reports if report.tool == tool]

    async def close(self) -> None:
        await self._runner.close()
        await self._results.close()


@asynccontextmanager
async def engine(state: Path) -> AsyncIterator[Engine]:
    made = Engine(state)
    try:
        yield made
    finally:
        await made.close()


async def amiss(
    engine: Engine, row: Row, folder: Path, now: Callable[[str], object] = str
) -> dict[str, list[str]]:
    """By column, what is not as the table has it; ``now`` is told of each before it is tried."""
    found: dict[str, list[str]] = {}
    for column, cell in row.cells.items():
        if isinstance(cell, str):
            continue
        now(column)
        root = folder / column.replace(" ", "-") / "shop"
        path = tree(root, {row.name(column): row.content}) / row.name(column)
        settings = Settings.of({**ALONE, **cell.prepare(root)})
        reports = await engine.ask(row.tool, root, path, settings, cell.within)
        if wrong := [*_differences(cell, reports)]:
            found[column] = wrong
    return found


def _differences(cell: Cell, reports: Sequence[Report]) -> list[str]:
    if len(reports) != 2:
        return [f"{len(reports)} reports"]
    wrong: list[str] = []
    for way, report in zip(("memory", "disk"), reports, strict=True):
        rules = tuple(each.rule for each in report.findings if each.rule != "not-analysed")
        if (report.state, rules) != (cell.state, cell.rules) or not re.search(cell.why, report.why):
            wrong.append(f"{way}: {report.state}, {rules}: {report.why}")
        if cell.state not in (State.CLEAN, State.FINDINGS) and not report.why:
            wrong.append(f"{way}: without a word")
        for text in (report.why, *(each.message for each in report.findings)):
            text.encode()  # a half of a character can be neither stored nor sent
    return wrong
