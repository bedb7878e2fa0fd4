"""From a save to the first finding and to all of them, at once and after a pause."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from .contenders import PAUSE, Contender, Timing, contenders, tool_findings
from .report import US, Aim, console, table
from .world import FILES, Run, World, environment, versions, workspace

SPAWNED = "one ruff + bandit process"
_MODES = {"at once": 0.0, "after a pause": PAUSE}


async def figures(run: Run) -> list[Aim]:
    world, rounds = run.world, run.rounds(3, 9)
    console.print(f"{versions()}\n")
    results: dict[tuple[int, str, str], Timing] = {}
    all_of_them = contenders(world, run.folder / "state")
    for mode, pause in _MODES.items():
        for size, source in FILES.items():
            files = {}
            for contender in all_of_them:
                root = workspace(run.folder / f"{mode}/{size}/{contender.name}")
                files[contender] = Path(shutil.copy(world.corpus / source, root))
            taken = rounds if not pause else rounds // 2 + 1
            timings = await compare(files, taken, pause)
            results |= {(size, name, mode): timing for name, timing in timings.items()}
        _print(world, results, [contender.name for contender in all_of_them], mode)
    await _equality(world, run.folder)
    return _aims(results)


def _print(
    world: World, results: dict[tuple[int, str, str], Timing], names: list[str], mode: str
) -> None:
    texts = [(world.corpus / source).read_text(encoding="utf-8") for source in FILES.values()]
    sizes = (f"{len(text.splitlines()):,} lines" for text in texts)
    told = table(f"Save {mode}: ms to the first / to all findings", "", *sizes)
    for name in names:
        timings = [results[size, name, mode] for size in FILES]
        told.add_row(name, *(f"{timing.first:.1f} / {timing.all:.1f}" for timing in timings))
    console.print(told)


def _aims(results: dict[tuple[int, str, str], Timing]) -> list[Aim]:
    aims = []
    for size in FILES:
        ours = results[size, US, "at once"]
        spawned = results[size, SPAWNED, "at once"]
        ruff = results[size, "one ruff process", "at once"]
        pylsp = results[size, "python-lsp-server", "at once"]
        paused = results[size, US, "after a pause"]
        aims += [
            Aim(
                f"{size} lines: first finding, against one ruff process",
                ours.first / ruff.first,
                1,
                "×",
            ),
            Aim(
                f"{size} lines: all findings, sooner than process-per-save",
                spawned.all / ours.all,
                3 if size <= 500 else 1.3,
                "×",
                least=True,
            ),
            Aim(
                f"{size} lines: all findings, sooner than python-lsp-server",
                pylsp.all / ours.all,
                10,
                "×",
                least=True,
            ),
            Aim(f"{size} lines: all findings after a pause", paused.all, 25, "ms"),
        ]
    return aims


async def compare(files: Mapping[Contender, Path], rounds: int, pause: float) -> dict[str, Timing]:
    """By contender. They take turns, so that what else the machine does meets all of them."""
    timings = {contender.name: Timing() for contender in files}
    async with contextlib.AsyncExitStack() as stack:
        sessions = {
            contender.name: await stack.enter_async_context(contender.session(file))
            for contender, file in files.items()
        }
        for number in range(rounds):
            for name, session in sessions.items():
                timings[name].samples.append(await session.save(number % 2, pause))
    return timings


async def _equality(world: World, folder: Path) -> None:
    """The findings by tool: a comparison of times is worth nothing where they differ."""
    told = table("Findings by tool: alone / in understudy", "", "Ruff", "Bandit", "")
    for source in FILES.values():
        root = workspace(folder / f"equality/{Path(source).stem}")
        file = Path(shutil.copy(world.corpus / source, root))
        ours = await _our_rules(root, folder / "state-equality")
        alone = {tool: await _alone(world, tool, file) for tool in ("ruff", "bandit")}
        equal = all(ours[tool] == alone[tool] for tool in alone)
        counts = [f"{alone[tool].total()} / {ours[tool].total()}" for tool in alone]
        told.add_row(source, *counts, "equal" if equal else "[red]different[/]")
    console.print(told)


async def _our_rules(root: Path, state: Path) -> dict[str, Counter[str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "understudy", "scan", "--format", "json", str(root)),
        env=environment(state),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    found: dict[str, Counter[str]] = {"ruff": Counter(), "bandit": Counter()}
    for problem in json.loads(output)["problems"]:
        for finding in problem["findings"]:
            found[finding["tool"]][finding["rule"]] += 1
    return found


async def _alone(world: World, tool: str, file: Path) -> Counter[str]:
    key = "test_id" if tool == "bandit" else "code"
    return Counter(row[key] for row in await tool_findings(world, tool, file))
