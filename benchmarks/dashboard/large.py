"""A workspace with thousands of findings and a long history, and changes in it that others make."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from understudy.app.folder.workspace import Workspace
from understudy.checks.engine import Checks
from understudy.cli.exits import Exit
from understudy.link import LINK, poke
from understudy.model import Cost
from understudy.runner.execute import Runner
from understudy.state import workspace_dir
from understudy.store.database import Database
from understudy.store.job_rows import JOBS, Cause, Ended, NewJob
from understudy.store.jobs import Jobs

FILES, EACH, HISTORY = 500, 20, 1_000
_FOLDERS = ("api", "billing", "jobs", "shop", "tools", "web")
_LINES = "exec('1')\n" * EACH


def files() -> Mapping[str, str]:
    """In which a scan finds ``FILES * EACH`` problems."""
    return {
        f"{_FOLDERS[number % len(_FOLDERS)]}/module_{number:03}.py": f"# {number}\n{_LINES}"
        for number in range(FILES)
    }


def scanned(root: Path, environment: Mapping[str, str]) -> None:
    """Make the workspace, and have it looked at."""
    for name, text in files().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    words = [sys.executable, "-P", "-m", "understudy", "scan"]
    done = subprocess.run(words, cwd=root, env=dict(environment), capture_output=True, check=False)
    assert done.returncode == Exit.FINDINGS, done.stderr


@asynccontextmanager
async def jobs(root: Path, state: Path) -> AsyncIterator[Jobs]:
    """The queue, as another process has it."""
    database = Database(workspace_dir(root, state) / "jobs.db", JOBS)
    try:
        yield Jobs(database)
    finally:
        await database.close()


async def add_history(root: Path, state: Path, many: int = HISTORY) -> None:
    async with jobs(root, state) as queue:
        now = time.time()
        for number in range(many):
            at = now - 60.0 * (many - number)
            cause = Cause("save", f"module_{number % FILES:03}.py was saved", at)
            task = ("code_analysis", "tests", "security_scan")[number % 3]
            added = await queue.add(NewJob(task, {"n": number}, cause), at, many)
            await queue.claim([added.id], "here", at)
            status = "failed" if number % 9 == 4 else "done"
            why = "it ended with 1" if status == "failed" else ""
            value = {"summary": f"{number % 40} passed", "issues": 0}
            ended = Ended(
                status, why, value=value, seconds=number % 50 / 7, cost=Cost(0.1, 1 << 26)
            )
            await queue.finish(added.id, "here", ended, at + 5)


async def add_job(root: Path, state: Path, task: str) -> float:
    """Have one queued as a terminal does; when that began, in seconds since the epoch."""
    async with jobs(root, state) as queue:
        began = time.time()
        await queue.add(NewJob(task, {}, Cause("manual", "on the command line", began)), began, 100)
        poke(workspace_dir(root, state) / LINK)
        return began


async def analyse_again(root: Path, state: Path, name: str, text: str) -> float:
    """Change a file, and have it looked at as another process does; when what was found began to
    be written, in seconds since the epoch."""
    (root / name).write_text(text)
    workspace = Workspace(root, workspace_dir(root, state), trusted=False)
    runner = Runner()
    try:
        await workspace.load(None)
        await workspace.scan(Checks(runner), [root / name], lambda _: None)
        began = time.time()
        await workspace.results.flush()
        return began
    finally:
        await runner.close()
        await workspace.close()
