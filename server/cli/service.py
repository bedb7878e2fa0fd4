"""``understudy start|stop|status``: the chores of a workspace without an editor."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from ..app.chores.service import SERVICE, ServiceLock, open_service, wants_detached, work_off
from ..app.chores.triggering import Sources
from ..app.hooks.detached import LOCK
from ..app.insights.profiling import recorded
from ..app.notices.notices import DELIVER
from ..app.presentation.jobs import job_line, job_payload
from ..app.presentation.problems import config_line
from ..settings import project_file
from ..state import private_folder, state_dir, workspace_dir
from ..trust import Trust
from .exits import Exit
from .options import AS_JSON, FOLDER
from .roots import FOLDER as NAMED
from .roots import root_of, told_of, workspace
from .tasking import complain

_START_SECONDS = 20.0
_STOP_SECONDS = 30.0
_LOOK_SECONDS = 0.05


@click.command
@click.option("--foreground", is_flag=True, help="Stay in this terminal.")
@click.option(
    "--until-idle", is_flag=True, help="Stay in this terminal, and end when nothing is left to do."
)
@click.option("--lock", "descriptor", type=int, hidden=True)
@FOLDER
@click.pass_context
def start(
    ctx: click.Context, folder: Path, *, foreground: bool, until_idle: bool, descriptor: int | None
) -> None:
    """Run the workspace's chores: what its triggers start, and what is asked for.

    It goes on after you log out, until `understudy stop`. An editor on the workspace does the same
    by itself.
    """
    if until_idle:
        ctx.exit(asyncio.run(_until_idle(folder, descriptor)))
    root = root_of((folder,))
    lock = ServiceLock(workspace_dir(root))
    if (other := lock.holder()) is not None:
        click.echo(
            f"Understudy already runs for {told_of(root)}, as process {other.get('pid')}.", err=True
        )
        ctx.exit(Exit.USAGE)
    if foreground:
        ctx.exit(asyncio.run(_serve(root, lock)))
    ctx.exit(_detach(root, lock))


async def _until_idle(folder: Path, descriptor: int | None) -> int:
    """With a ``descriptor`` a git hook has started us, with a lock, at the workspace's root."""
    root = folder if descriptor is not None else root_of((folder,))
    lock = ServiceLock(workspace_dir(root), LOCK)
    if descriptor is not None:
        os.chdir("/")
        if not lock.adopt(descriptor, root) or not wants_detached(root):
            return Exit.CLEAN
    await work_off(root, lock, stopped(), _say)
    return Exit.CLEAN


def stopped() -> asyncio.Event:
    """Set when this process is asked to end."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    return asked


async def _serve(root: Path, lock: ServiceLock) -> int:
    if not lock.take(root):
        click.echo(f"Understudy already runs for {told_of(root)}.", err=True)
        return Exit.USAGE
    ended = stopped()
    heard: list[Callable[[], None]] = []

    def told(change: Any) -> None:
        _say(change)
        for each in heard:
            each()

    async with (
        open_service(root, "service", told, triggers=Sources.ALL) as service,
        recorded(root, service.settings) as keeping,
    ):
        heard.append(keeping.soon)
        complain(service)
        ready = asyncio.ensure_future(service.chores.triggering.watches.wait())
        ending = asyncio.ensure_future(ended.wait())
        await asyncio.wait((ready, ending), return_when=asyncio.FIRST_COMPLETED)
        lock.ready(root)
        click.echo(f"Understudy runs for {told_of(root)}.", err=True)
        await ending
        ready.cancel()
    return Exit.CLEAN


def _say(change: Any) -> None:
    if change.kind in ("ended", "retrying", "asking"):
        at = time.strftime("%H:%M:%S")
        click.echo(f"{at} {job_line(change.job)}", err=True)


def _detach(root: Path, lock: ServiceLock) -> int:
    log = private_folder(workspace_dir(root)) / "service.log"
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "understudy", "start", "--foreground", "--in", str(root)],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        holder = lock.holder()
        if holder is not None and holder.get("pid") == process.pid and holder.get("ready"):
            click.echo(f"Understudy runs for {told_of(root)}, as process {process.pid}.")
            return Exit.CLEAN
        if process.poll() is not None:
            break
        time.sleep(_LOOK_SECONDS)  # another process takes the lock
    click.echo(f"Understudy did not start; see {told_of(log)}.", err=True)
    return Exit.FAILED


@click.command
@FOLDER
@click.pass_context
def stop(ctx: click.Context, folder: Path) -> None:
    """End what `understudy start` or a git hook began; what runs is ended, and what waits goes on
    waiting."""
    root = root_of((folder,))
    locks = [ServiceLock(workspace_dir(root), name) for name in (SERVICE, LOCK)]
    running = [lock for lock in locks if lock.holder() is not None]
    if not running:
        click.echo(f"Understudy does not run for {told_of(root)}.")
        ctx.exit(Exit.CLEAN)
    for lock in running:
        _stop(ctx, lock)
    click.echo(f"Understudy no longer runs for {told_of(root)}.")


def _stop(ctx: click.Context, lock: ServiceLock) -> None:
    holder = lock.holder() or {}
    pid = holder.get("pid")
    if not isinstance(pid, int):
        click.echo("It is about to start; try again in a moment.", err=True)
        ctx.exit(Exit.FAILED)
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while lock.holder() is not None:
        if time.monotonic() > deadline:
            click.echo(f"Process {pid} has not ended yet.", err=True)
            ctx.exit(Exit.FAILED)
        time.sleep(_LOOK_SECONDS)  # another process gives the lock up


@click.command
@NAMED
@AS_JSON
def status(folder: Path | None, *, as_json: bool) -> None:
    """Tell whether FOLDER (default: the workspace around the current folder) is trusted, which
    settings hold there, who runs its chores, and what runs and waits."""
    root = workspace(folder)
    told = asyncio.run(_status(root))
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    words = {True: "trusted", False: "not trusted", None: "not trusted (nobody has decided)"}
    click.echo(f"{told_of(root)}: {words[told['trusted']]}")
    if told["trusted"] is None:
        click.echo(
            "It is checked, but no program that it brings along is run: see `understudy trust`."
        )
    config = project_file(root)
    click.echo(f"Settings of the project: {told_of(config) if config.exists() else 'none'}")
    holder = told["holder"]
    runs = f"{holder.get('kind')}, process {holder.get('pid')}" if holder else "nobody"
    click.echo(f"Its chores are run by: {runs}")
    if told["jobs"] is None:
        click.echo("Tasks: not known")
    else:
        counts = ", ".join(f"{count} {state}" for state, count in told["jobs"].items()) or "none"
        click.echo(f"Tasks: {counts}")
        for line in told["open"]:
            click.echo(f"  {line['line']}")
    if told["multiplier"] is not None:
        click.echo(f"Throughput: {told['multiplier']:.1f} × one after another, in the last hour")
    for problem in told["problems"]:
        click.echo(problem, err=True)


async def _status(root: Path) -> dict[str, Any]:
    decisions = Trust(state_dir())
    decided = decisions.decision(root)
    async with open_service(root, "command", runs=False) as service:
        engine = service.engine
        known: dict[str, Any] = {"jobs": None, "open": [], "multiplier": None}
        with suppress(sqlite3.OperationalError):  # the engine's trouble tells
            known = await _jobs(engine)
        return {
            "root": str(root),
            "trusted": decided,
            "holder": engine.holder(),
            **known,
            "problems": [
                *(p for p in (decisions.problem, engine.trouble) if p),
                *map(config_line, service.config_problems),
            ],
        }


async def _jobs(engine: Any) -> dict[str, Any]:
    counts = await engine.jobs.count((DELIVER,))
    still = [state for state in counts if state != "ended"]
    newest = await engine.jobs.recent(still, 20, but=(DELIVER,))
    return {
        "jobs": {str(state): counts[state] for state in still if counts[state]},
        "open": [{**job_payload(job), "line": job_line(job)} for job in newest],
        "multiplier": await engine.multiplier(),
    }
