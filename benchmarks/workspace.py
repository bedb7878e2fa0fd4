"""A whole workspace: cold, again after one changed file, and what typing feels meanwhile."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .client import Client
from .saves import tool_findings
from .world import SERVER, World, environment, workspace


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


async def family(root: Path, folder: Path, rounds: int) -> tuple[int, dict[str, list[float]]]:
    """All tools for Python on a project, each by its own command, and all of them by us: the
    number of files, and seconds by what was run. Only its Python files are there, so that all look
    at the same."""
    home = workspace(folder / "family")
    shutil.copytree(root, home, dirs_exist_ok=True, ignore=_but_python)
    files = sum(1 for _ in home.rglob("*.py"))
    config = "complexity:\n  enabled: true\nsecrets:\n  enabled: true\n"
    (home / ".understudy/config.yaml").write_text(config, encoding="utf-8")
    seconds: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, command in FAMILY.items():
            seconds.setdefault(name, []).append(await _timed((script(name), *command), home))
        ours = (sys.executable, "-P", "-m", "understudy", "scan", "--format", "json", str(home))
        state = environment(folder / f"state-family-{number}")
        seconds.setdefault("understudy scan", []).append(await _timed(ours, home, state))
        seconds.setdefault("understudy scan, again", []).append(await _timed(ours, home, state))
    return files, seconds


def _but_python(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".py") and Path(folder, name).is_file()]


FAMILY = {
    "ruff": ("check", "--no-cache", "--output-format", "json", "."),
    "bandit": ("-q", "-r", "-f", "json", "."),
    "radon": ("cc", "-j", "."),
    "complexipy": (".", "-q"),
    "detect-secrets": ("scan", "--no-verify", "--all-files", "."),
}


def script(name: str) -> str:
    """The command of this environment."""
    return str(Path(sysconfig.get_path("scripts"), name))


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


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
