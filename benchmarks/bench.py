"""``make bench``: side by side with what a user would pick instead, in one run.

Medians, ratios, and what was aimed at; an aim that is not reached is printed as such. ``--quick``
takes fewer rounds: to see that everything works, not to quote. ``--only PART`` measures one part:
saves, workspace, startup, tasks, tools, family, sandbox, learning.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from . import learning, learning_files, sandbox, saves, startup, tasks, tools, workspace
from .world import CACHE, FILES, World, environment, peer_versions, prepare, sources
from .world import workspace as make_workspace

console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)

PARTS = ("saves", "workspace", "startup", "tasks", "tools", "family", "sandbox", "learning")
US = "understudy"
SPAWNED = "one ruff + bandit process"
_MODES = {"at once": 0.0, "after a pause": saves.PAUSE}


class Aim(NamedTuple):
    """What the figure has to be at most (or at least, where ``least``)."""

    name: str
    value: float
    limit: float
    unit: str
    least: bool = False

    @property
    def reached(self) -> bool:
        return self.value >= self.limit if self.least else self.value <= self.limit


async def bench(folder: Path, parts: AbstractSet[str], *, quick: bool) -> list[Aim]:
    aims: list[Aim] = []
    if parts - {"tasks", "family", "sandbox", "learning"}:
        world = _world()
    if "saves" in parts:
        aims += await _saves(world, folder, rounds=3 if quick else 9)
        await _equality(world, folder)
    if "workspace" in parts:
        aims += await _workspace(world, folder, rounds=1 if quick else 3)
    if "startup" in parts:
        aims += await _startup(world, folder, rounds=3 if quick else 11, seconds=5 if quick else 30)
    if "tasks" in parts:
        aims += await _tasks(folder, quick=quick)
    if "tools" in parts:
        aims += await _tools(world, folder / "tools", rounds=3 if quick else 11)
    if "family" in parts:
        aims += await _family(folder, rounds=1 if quick else 3)
    if "sandbox" in parts:
        aims += await _sandbox(folder / "sandbox", rounds=3 if quick else 11)
    if "learning" in parts:
        aims += _learning()
    return aims


def _world() -> World:
    world = prepare()
    ours = ", ".join(f"{name} {version(name)}" for name in ("ruff", "bandit"))
    console.print(f"Ours: {ours}. Peers: {', '.join(peer_versions())}\n")
    return world


async def _saves(world: World, folder: Path, rounds: int) -> list[Aim]:
    results: dict[tuple[int, str, str], saves.Timing] = {}
    contenders = saves.contenders(world, folder / "state")
    for mode, pause in _MODES.items():
        for size, source in FILES.items():
            files = {}
            for contender in contenders:
                root = make_workspace(folder / f"saves/{mode}/{size}/{contender.name}")
                files[contender] = Path(shutil.copy(world.corpus / source, root))
            taken = rounds if not pause else rounds // 2 + 1
            timings = await saves.compare(files, taken, pause)
            results |= {(size, name, mode): timing for name, timing in timings.items()}
        _print_saves(world, results, [contender.name for contender in contenders], mode)
    return _save_aims(results)


def _print_saves(
    world: World, results: dict[tuple[int, str, str], saves.Timing], names: list[str], mode: str
) -> None:
    table = Table(title=f"Save {mode}: ms to the first / to all findings", title_justify="left")
    table.add_column("")
    for source in FILES.values():
        lines = len((world.corpus / source).read_text(encoding="utf-8").splitlines())
        table.add_column(f"{lines:,} lines", justify="right")
    for name in names:
        timings = [results[size, name, mode] for size in FILES]
        table.add_row(name, *(f"{timing.first:.1f} / {timing.all:.1f}" for timing in timings))
    console.print(table)


def _save_aims(results: dict[tuple[int, str, str], saves.Timing]) -> list[Aim]:
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


async def _equality(world: World, folder: Path) -> None:
    """The findings by tool: a comparison of times is worth nothing where they differ."""
    table = Table(title="Findings by tool: alone / in understudy", title_justify="left")
    for column in ("file", "Ruff", "Bandit", ""):
        table.add_column(column)
    for source in FILES.values():
        root = make_workspace(folder / f"equality/{Path(source).stem}")
        file = Path(shutil.copy(world.corpus / source, root))
        ours = await _our_rules(root, folder / "state-equality")
        alone = {tool: await _alone(world, tool, file) for tool in ("ruff", "bandit")}
        equal = all(ours[tool] == alone[tool] for tool in alone)
        counts = [f"{alone[tool].total()} / {ours[tool].total()}" for tool in alone]
        table.add_row(source, *counts, "equal" if equal else "[red]different[/]")
    console.print(table)


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
    return Counter(row[key] for row in await saves.tool_findings(world, tool, file))


async def _workspace(world: World, folder: Path, rounds: int) -> list[Aim]:
    scans = await workspace.measure(world, folder / "scan", rounds)
    table = Table(title="Django, 885 files: seconds, findings", title_justify="left")
    for column in ("", "seconds", "of bandit -r"):
        table.add_column(column, justify="right" if column else "left")
    bandit = scans.median("bandit")
    for name in scans.seconds:
        table.add_row(
            name, f"{scans.median(name):.2f}", f"{bandit / scans.median(name):.1f}× faster"
        )
    console.print(table)
    alone = scans.counts["bandit"] + scans.counts["ruff"]
    both = "equal" if alone == scans.counts[US] else f"different: {_difference(alone, scans)}"
    console.print(
        f"Findings: Bandit {scans.counts['bandit'].total()}, Ruff {scans.counts['ruff'].total()},"
        f" Understudy {scans.counts[US].total()} ({both})\n"
    )
    again = scans.median("understudy in the editor, again")
    ping = workspace.percentile(scans.pings, 0.95)
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


def _difference(alone: Counter[str], scans: workspace.Scans) -> str:
    ours = scans.counts[US]
    return f"missing {dict(alone - ours)}, more {dict(ours - alone)}"


async def _startup(world: World, folder: Path, rounds: int, seconds: float) -> list[Aim]:
    root = make_workspace(folder / "startup")
    file = Path(shutil.copy(world.corpus / FILES[500], root))
    starts = await startup.measure(root, folder / "state-startup", rounds)
    cpu, memory = await startup.idle(root, file, folder / "state-startup", seconds)
    console.print(
        f"Start → initialize: {starts[US]:.0f} ms;"
        f" a bare pygls server {starts['bare pygls']:.0f} ms.\n"
        f"Idle: {cpu:.2f} % of a CPU, {memory:.0f} MB (server, supervisor and workers).\n"
    )
    return [
        Aim("start → initialize, against bare pygls", starts[US] / starts["bare pygls"], 1.3, "×"),
        Aim("idle CPU", cpu, 0.3, "%"),
    ]


async def _tasks(folder: Path, *, quick: bool) -> list[Aim]:
    rounds = 1 if quick else 3
    cpu = await tasks.throughput(folder / "tasks-cpu", rounds, waiting=False)
    waits = await tasks.throughput(folder / "tasks-wait", rounds, waiting=True)
    queue = await tasks.queue(folder / "tasks-queue", 1_000 if quick else 5_000, 5 if quick else 25)
    root = make_workspace(folder / "hook")
    hook = tasks.hook(root, folder / "state-hook", 5 if quick else 25)
    table = Table(
        title=f"Tasks: seconds ({tasks.OPTIONS.most} at once,"
        f" {tasks.OPTIONS.percent:.0f} % of the processors)",
        title_justify="left",
    )
    for column in ("", "one after another", "engine", ""):
        table.add_column(column, justify="right" if column else "left")
    for name, each in (("compute", cpu), ("wait", waits)):
        times = f"{each.times:.2f}× faster"
        table.add_row(f"{each.jobs} that {name}", f"{each.serial:.2f}", f"{each.engine:.2f}", times)
    console.print(table)
    console.print(
        f"Jobs that do nothing: {queue.a_second:.0f} a second"
        f" ({queue.a_processor_second:.0f} a second of processor time).\n"
        f"Ranking 1,000 that wait: {queue.rank:.1f} ms, {queue.rank_alone:.1f} without reading.\n"
        f"A commit waits {hook:.0f} ms for the hook.\n"
    )
    return [
        Aim("tasks that compute, against one after another", cpu.times, 1.8, "×", least=True),
        Aim("tasks that wait, against one after another", waits.times, 4, "×", least=True),
        Aim("jobs that do nothing, a second", queue.a_second, 500, "", least=True),
        Aim("ranking 1,000 jobs that wait", queue.rank, 10, "ms"),
        Aim("a commit waits for the hook", hook, 100, "ms"),
    ]


async def _tools(world: World, folder: Path, rounds: int) -> list[Aim]:
    costs = Table(title="One file: ms by the command, by us first, later", title_justify="left")
    for column in ("", "command", "first", "later", ""):
        costs.add_column(column, justify="right" if column else "left")
    table = Table(title="Many files: seconds in calls of one, in batches", title_justify="left")
    for column in ("", "files", "one by one", "batches", "again"):
        table.add_column(column, justify="right" if column else "left")
    aims = []
    for tool in tools.tools(world):
        root = folder / tool.name / "one"
        root.mkdir(parents=True)
        if tool.name == "eslint":
            tools.equip(root)
        cost = await tools.cost(tool, root, folder / tool.name / "state", rounds)
        milliseconds = (f"{each:.1f}" for each in (cost.command, cost.first, cost.later))
        costs.add_row(tool.name, *milliseconds, f"{cost.times:.1f}× sooner")
        if tool.name == "eslint":
            aims.append(Aim("ESLint, warm: sooner than `eslint`", cost.times, 5, "×", least=True))
        if tool.name in tools.BATCHED:
            many = await tools.batch(
                tool, tools.many_files(world, tool), folder / tool.name / "many"
            )
            seconds = (f"{each:.2f}" for each in (many.single, many.batched, many.again))
            table.add_row(tool.name, str(many.files), *seconds)
    console.print(costs)
    console.print(table)
    return aims


async def _family(folder: Path, rounds: int) -> list[Aim]:
    files, seconds = await workspace.family(sources(), folder / "family", rounds)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    table = Table(title=f"Django and its tests, {files:,} files", title_justify="left")
    table.add_column("")
    table.add_column("seconds", justify="right")
    for name, median in medians.items():
        table.add_row(name, f"{median:.2f}")
    alone = sum(medians[name] for name in workspace.FAMILY)
    table.add_row("the tools one after another", f"{alone:.2f}")
    console.print(table)
    scan, again = medians["understudy scan"], medians["understudy scan, again"]
    return [
        Aim("all Python tools, cold: faster than one after another", alone / scan, 1.6, "×", True),
        Aim("all Python tools, again: faster than one after another", alone / again, 20, "×", True),
    ]


async def _sandbox(folder: Path, rounds: int) -> list[Aim]:
    costs = [await sandbox.cost(folder / str(size), size, rounds) for size in sandbox.SIZES]
    table = Table(title="`true` on a workspace of so many files: ms", title_justify="left")
    table.add_column("")
    for each in costs:
        table.add_column(f"{each.files:,}", justify="right")
    for name in costs[0].milliseconds:
        table.add_row(name, *(f"{each.milliseconds[name]:.1f}" for each in costs))
    console.print(table)
    return [
        *(
            Aim(f"sandbox, {each.files:,} files: above a plain process", each.above, 60, "ms")
            for each in costs
        ),
        Aim("sandbox: memory of a run", max(each.memory for each in costs), 30, "MB"),
    ]


def _learning() -> list[Aim]:
    folder = os.environ.get("LEARNING_DATA")
    found = list(learning.sources(Path(folder))) if folder else []
    replays = [(source, _replayed(source)) for source in found]
    aims = [aim for _, (aims, _) in replays for aim in aims]
    unseen = [ours for source, (_, ours) in replays if source.use == "held out"]
    aims += _with_time([uses for each in unseen for uses in each.whole])
    aims += _together(Path(folder)) if folder else []
    if not found:
        console.print("LEARNING_DATA names no folder with data: nothing is replayed.\n")
    cost = learning.cost(learning.lines_of(found))
    console.print(f"A task, at 10,000: {cost.median:.0f} µs, 99 %: {cost.p99:.0f} µs\n")
    return [*aims, Aim("a task is counted, p99 at 10,000", cost.p99, 100, "µs")]


def _replayed(source: learning.Source) -> tuple[list[Aim], learning.Replay]:
    name = f"{source.name} ({source.use})"
    table = Table(
        title=f"{name}: {len(source.people)} people, {source.tasks:,} tasks, half of the people"
        f" with {source.median:,} or fewer",
        title_justify="left",
    )
    for column in ("", "offers in 1,000", "reused ≥ 1", "≥ 3", "commands saved"):
        table.add_column(column, justify="right" if column else "left")
    for contender in learning.CONTENDERS:
        each = learning.replay(source.people, contender)
        if contender.name == US:
            ours = each
        shares = (each.reused(1), each.reused(3))
        table.add_row(
            contender.name,
            f"{each.per_thousand:.1f}",
            *(f"{share:.3f}" for share in shares),
            f"{each.commands_saved:.1%}",
        )
    rest = [f"{ours.reused(least, whole=True):.3f}" for least in (1, 3)]
    table.add_row(f"{US}, {len(ours.whole):,} with all tasks after them", "", *rest, "")
    console.print(table)
    _calibration("Of those scored so, used twice more", ours.judged)
    whole = [each for each in ours.judged if each.whole]
    _calibration(f"… of those after which {learning.HORIZON:,} tasks came", whole)
    refit = learning.refit(source.people)
    console.print(
        f"Refitted on the first half of each person's: the mean surprise of the other"
        f" {refit.scores:,} scores is {refit.after:.3f}, and {refit.before:.3f} without."
    )
    fit = learning.fit(source.people)
    console.print(
        f"AUC {learning.auc(ours.judged):.3f}. Of {fit.later:,} later uses {fit.share:.1%} fit what"
        f" the first three say, {fit.demoting / max(1, fit.later):.1%} what those before it say,"
        f" {fit.verbatim / max(1, fit.later):.1%} are the third to the letter.\n"
    )
    aims = [
        Aim(f"{name}: offers in 1,000 tasks", ours.per_thousand, 10, ""),
        Aim(f"{name}: reused at least once", ours.reused(1), 0.94, "", least=True),
        Aim(f"{name}: reused at least three times", ours.reused(3), 0.82, "", least=True),
        Aim(f"{name}: commands saved", 100 * ours.commands_saved, 19, "%", least=True),
        Aim(f"{name}: parameters fit later uses", 100 * fit.share, 90, "%", least=True),
    ]
    return aims, ours


def _with_time(uses: Sequence[int]) -> list[Aim]:
    """Of what was held out, the offers after which all tasks came that a score speaks of."""
    if not uses:
        return []
    name = f"held out, {len(uses)} offers with {learning.HORIZON:,} tasks after them"
    least = [statistics.fmean(each >= number for each in uses) for number in (1, 3)]
    return [
        Aim(f"{name}: reused at least once", least[0], 0.94, "", least=True),
        Aim(f"{name}: reused at least three times", least[1], 0.82, "", least=True),
    ]


def _calibration(title: str, judged: Sequence[learning.Judged]) -> None:
    table = Table(title=title, title_justify="left")
    for column in ("score", "used", "scores"):
        table.add_column(column, justify="right")
    for decile in learning.deciles(judged):
        table.add_row(f"{decile.mean:.2f}", f"{decile.used:.2f}", f"{decile.scores:,}")
    console.print(table)


def _together(folder: Path) -> list[Aim]:
    """Files that come together."""
    people = learning_files.people(folder)
    if not people:
        return []
    table = Table(title=f"Files that come together: {len(people)} authors", title_justify="left")
    for column in ("", "offers", "reused ≥ 1", "≥ 3", "uses of an offer"):
        table.add_column(column, justify="right" if column else "left")
    ours = learning_files.replay(people)
    for name, each in ((US, ours), ("seen three times", learning_files.replay(people, 0.0))):
        shares = (f"{each.reused(1):.3f}", f"{each.reused(3):.3f}", f"{each.mean:.1f}")
        table.add_row(name, f"{len(each.uses):,}", *shares)
    console.print(table)
    return [Aim("files that come together: reused", ours.reused(1), 0.74, "", least=True)]


def _print_aims(aims: list[Aim]) -> None:
    table = Table(title="Aims", title_justify="left")
    for column in ("", "measured", "aim", ""):
        table.add_column(column, justify="right" if column in ("measured", "aim") else "left")
    for aim in aims:
        mark = "[green]reached[/]" if aim.reached else "[red]not reached[/]"
        limit = f"{'≥' if aim.least else '≤'} {aim.limit:g} {aim.unit}"
        table.add_row(aim.name, f"{aim.value:.2f} {aim.unit}", limit, mark)
    console.print(table)
    missed = sum(not aim.reached for aim in aims)
    console.print(f"{len(aims) - missed} of {len(aims)} aims reached.")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=PARTS, action="append")
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {load:.1f}")
    parts = frozenset(chosen.only or PARTS)
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        aims = asyncio.run(bench(Path(folder), parts, quick=chosen.quick))
    _print_aims(aims)
    if parts != frozenset(PARTS):
        return
    result = {aim.name: [aim.value, aim.limit, aim.reached] for aim in aims}
    (CACHE / "result.json").write_text(json.dumps(result, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
