"""All tools for Python on a project, each by its own command, and all of them by us."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .report import Aim, console, table
from .world import Run, environment, script, sources, workspace

FAMILY = {
    "ruff": ("check", "--no-cache", "--output-format", "json", "."),
    "bandit": ("-q", "-r", "-f", "json", "."),
    "radon": ("cc", "-j", "."),
    "complexipy": (".", "-q"),
    "detect-secrets": ("scan", "--no-verify", "--all-files", "."),
}


async def measure(root: Path, folder: Path, rounds: int) -> tuple[int, dict[str, list[float]]]:
    """All tools for Python on a project, each by its own command, and all of them by us: the
    number of files, and seconds by what was run. Only its Python files are there, so that all look
    at the same."""
    home = workspace(folder / "workspace")
    shutil.copytree(root, home, dirs_exist_ok=True, ignore=_but_python)
    files = sum(1 for _ in home.rglob("*.py"))
    config = "complexity:\n  enabled: true\nsecrets:\n  enabled: true\n"
    (home / ".understudy/config.yaml").write_text(config, encoding="utf-8")
    seconds: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, command in FAMILY.items():
            seconds.setdefault(name, []).append(await _timed((script(name), *command), home))
        ours = (sys.executable, "-P", "-m", "understudy", "scan", "--format", "json", str(home))
        state = environment(folder / f"state-{number}")
        seconds.setdefault("understudy scan", []).append(await _timed(ours, home, state))
        seconds.setdefault("understudy scan, again", []).append(await _timed(ours, home, state))
    return files, seconds


def _but_python(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".py") and Path(folder, name).is_file()]


async def _timed(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> float:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await process.wait()
    return time.perf_counter() - began


async def figures(run: Run) -> list[Aim]:
    files, seconds = await measure(sources(), run.folder, run.rounds(1, 3))
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    told = table(f"Django and its tests, {files:,} files", "", "seconds")
    for name, median in medians.items():
        told.add_row(name, f"{median:.2f}")
    alone = sum(medians[name] for name in FAMILY)
    told.add_row("the tools one after another", f"{alone:.2f}")
    console.print(told)
    scan, again = medians["understudy scan"], medians["understudy scan, again"]
    return [
        Aim("all Python tools, cold: faster than one after another", alone / scan, 1.6, "×", True),
        Aim("all Python tools, again: faster than one after another", alone / again, 20, "×", True),
    ]
