"""All workflow files of a repository with many: how long a look takes, and what the loop feels.

Of the size of a large monorepo: packages with scripts, makefiles and tox files, and as many GitHub
workflows as the largest public projects have.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from understudy.app.insights.recommending import Recommending
from understudy.settings import Settings
from understudy.state import workspace_dir

from .report import Aim, console, table
from .world import Run, environment

_PACKAGES, _WORKFLOWS, _JOBS = 200, 100, 12
_SECONDS = 5.0
_LATE = 0.1


async def figures(run: Run) -> list[Aim]:
    root = run.folder / "monorepo"
    count = sum(1 for _ in _files(root))
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    looks, late = [], 0.0
    gc.freeze()  # as the server does with what it has imported
    with patch.dict(os.environ, environment(run.folder / "state")):
        for _ in range(run.rounds(1, 5)):
            recommending = Recommending(root, workspace_dir(root), Settings)
            try:
                seconds, delay, analysed, found = await _look(recommending)
            finally:
                await recommending.close()
            looks.append(seconds)
            late = max(late, delay)
    told = table(f"{count} workflow files", "", "seconds")
    told.add_row("look at all of them (median)", f"{statistics.median(looks):.2f}")
    told.add_row("latest the loop was meanwhile", f"{late:.3f}")
    console.print(told)
    console.print(f"{analysed} workflows, {found} recommendations")
    return [
        Aim(f"all of {count} workflow files", statistics.median(looks), _SECONDS, "s"),
        Aim("the loop meanwhile", late, _LATE, "s"),
    ]


async def _look(recommending: Recommending) -> tuple[float, float, int, int]:
    # Nobody keeps what a look found, as the server does not.
    late = 0.0

    async def watch() -> None:
        nonlocal late
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            late = max(late, time.perf_counter() - before - 0.005)

    watching = asyncio.create_task(watch())
    before = time.perf_counter()
    try:
        outlook = await recommending.look()
    finally:
        watching.cancel()
    seconds = time.perf_counter() - before
    return seconds, late, len(outlook.analyses), len(outlook.stand.open)


def _files(root: Path) -> Iterator[Path]:
    for number in range(_WORKFLOWS):
        yield _write(root / f".github/workflows/w{number}.yml", _workflow(number))
    for number in range(_PACKAGES):
        folder = root / f"packages/p{number}"
        yield _write(folder / "package.json", _SCRIPTS)
        yield _write(folder / "Makefile", _MAKE)
        yield _write(folder / "tox.ini", _TOX)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _workflow(number: int) -> str:
    jobs = "".join(
        f"  j{job}:\n    needs: [{f'j{job - 1}' if job else ''}]\n    runs-on: ubuntu-latest\n"
        "    steps:\n      - uses: actions/checkout@v4\n      - uses: actions/setup-python@v5\n"
        "        with: {python-version: '3.12'}\n      - name: install\n        run: |\n"
        "          python -m pip install -U pip\n          pip install -r requirements.txt\n"
        f"      - run: make -C packages/p{job} test\n"
        for job in range(_JOBS)
    )
    return f"name: W{number}\non: [push, pull_request]\njobs:\n{jobs}"


_SCRIPTS = (
    '{"scripts": {"build": "tsc -b && vite build", "lint": "eslint .", "test": "vitest run",'
    ' "check": "npm run lint && npm run test", "prebuild": "npm run clean", "clean": "rm -rf x"}}'
)
_MAKE = (
    ".PHONY: all test lint\nall: lint test\n"
    + "".join(f"t{n}: t{n + 1}\n\techo {n} && true\n" for n in range(40))
    + "t40:\n\techo\ntest:\n\tpytest -q\nlint:\n\truff check .\n"
)
_TOX = """\
[tox]
envlist = py{311,312,313}-{a,b}, lint
[testenv]
deps = pytest
commands = pytest {posargs}
[testenv:lint]
commands = ruff check .
"""
