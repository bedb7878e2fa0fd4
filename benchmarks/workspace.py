"""A whole workspace: cold, again after one changed file, and what typing feels meanwhile."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .client import Client
from .contenders import tool_findings
from .report import US, Aim, console, table
from .world import SERVER, Run, World, environment, versions, workspace


@dataclass(slots=True)
class Scans:
    """Seconds, by what was run; ``pings`` are milliseconds."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    pings: list[float] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, name: str, since: float) -> None:
        self.seconds.setdefault(name, []).append(time.perf_counter() - since)

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])


async def measure(world: World, folder: Path, rounds: int) -> Scans:
    root = workspace(folder / "workspace")
    shutil.copytree(world.corpus / "django", root / "django")
    scans = Scans()
    for number in range(rounds):
        for tool in ("bandit", "ruff"):
            started = time.perf_counter()
            rows = await tool_findings(world, tool, root)
            scans.note(tool, started)
            key = "test_id" if tool == "bandit" else "code"
            scans.counts[tool] = Counter(row[key] for row in rows)
        state = folder / f"state-{number}"
        await _command_line(root, state, scans)
        await _in_the_editor(root, folder / f"state-editor-{number}", scans)
    return scans


async def _command_line(root: Path, state: Path, scans: Scans) -> None:
    started = time.perf_counter()
    scans.counts["understudy"] = await _scan(root, state)
    scans.note("understudy scan", started)
    _touch(root)
    started = time.perf_counter()
    await _scan(root, state)
    scans.note("understudy scan, again", started)


async def _scan(root: Path, state: Path) -> Counter[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "understudy", "scan", "--format", "json", str(root)),
        cwd=root,
        env=environment(state),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    problems = json.loads(output)["problems"]
    return Counter(f["rule"] for problem in problems for f in problem["findings"])


async def _in_the_editor(root: Path, state: Path, scans: Scans) -> None:
    """A cold scan while someone types, and one after a file has changed."""
    command = {"command": "understudy.scanWorkspace"}
    file = root / "django/utils/html.py"
    async with Client.start(SERVER, root, environment(state)) as client:
        await client.initialize(root, {"trusted": True})
        client.open(file, file.read_text(encoding="utf-8"))
        started = time.perf_counter()
        scan = asyncio.create_task(client.request("workspace/executeCommand", command, 600))
        while not scan.done():
            scans.pings.append(await _ping(client, file))
            await asyncio.sleep(0.01)
        await scan
        scans.note("understudy in the editor", started)
        _touch(root)
        started = time.perf_counter()
        await client.request("workspace/executeCommand", command, 600)
        scans.note("understudy in the editor, again", started)


async def _ping(client: Client, file: Path) -> float:
    started = time.perf_counter()
    document = {"uri": file.as_uri()}
    position = {"line": 0, "character": 0}
    await client.request("textDocument/hover", {"textDocument": document, "position": position})
    return (time.perf_counter() - started) * 1000


def _touch(root: Path) -> None:
    """One file changes, in a way that no tool minds."""
    with (root / "django/utils/text.py").open("a", encoding="utf-8") as file:
        file.write(f"# {time.time_ns()}\n")


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def figures(run: Run) -> list[Aim]:
    scans = await measure(run.world, run.folder, run.rounds(1, 3))
    told = table("Django, 885 files: seconds, findings", "", "seconds", "of bandit -r")
    bandit = scans.median("bandit")
    for name in scans.seconds:
        told.add_row(
            name, f"{scans.median(name):.2f}", f"{bandit / scans.median(name):.1f}× faster"
        )
    console.print(told)
    alone = scans.counts["bandit"] + scans.counts["ruff"]
    both = "equal" if alone == scans.counts[US] else f"different: {_difference(alone, scans)}"
    console.print(
        f"{versions()}\n"
        f"Findings: Bandit {scans.counts['bandit'].total()}, Ruff {scans.counts['ruff'].total()},"
        f" Understudy {scans.counts[US].total()} ({both})\n"
    )
    again = scans.median("understudy in the editor, again")
    ping = _percentile(scans.pings, 0.95)
    return [
        Aim(
            "Django, cold: faster than bandit -r",
            bandit / scans.median("understudy scan"),
            1.6,
            "×",
            True,
        ),
        Aim("Django, again: faster than bandit -r", bandit / again, 100, "×", True),
        Aim("ping during a full scan, p95", ping, 20, "ms"),
    ]


def _difference(alone: Counter[str], scans: Scans) -> str:
    ours = scans.counts[US]
    return f"missing {dict(alone - ours)}, more {dict(ours - alone)}"
