"""``understudy profile``: where the time of a program goes, and that of the engine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ..app.changes import printable
from ..app.insights import programs
from ..app.insights.confined import Trial, profiled_inside
from ..app.insights.profiling import engine, timeline, trace
from ..app.sandboxing import Machine
from ..disk import why
from ..settings import load, read_layers
from ..state import state_dir
from ..trust import Trust
from .exits import Exit
from .options import FOLDER, MOST_DAYS, formats, output
from .output import write
from .profile_text import compared, engine_told, program_told
from .roots import root_of, told_of

_FORMATS = ("text", "json", "chrome", "speedscope")


# What comes behind the options is the program's own.
@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="[-- PROGRAM…]")
@click.option(
    "--engine", "of_engine", is_flag=True, help="Of Understudy itself, in this workspace."
)
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=7,
    show_default=True,
    help="With --engine: so many.",
)
@click.option("--runs", type=click.IntRange(1, 100), default=1, help="Run it so often.")
@click.option(
    "--rate",
    type=click.IntRange(1, 1_000),
    default=programs.RATE,
    show_default=True,
    help="Samples a second.",
)
@click.option("--sandbox", is_flag=True, help="In the sandbox: what it writes changes nothing.")
@click.option("--compare", is_flag=True, help="With the profile of the same program before.")
@click.option("--clear", is_flag=True, help="Forget the profiles of programs.")
@formats(_FORMATS)
@output("Write to FILE; by default a report goes to standard error while a program is run.")
@FOLDER
@click.pass_context
def profile(
    ctx: click.Context,
    program: tuple[str, ...],
    days: int,
    runs: int,
    rate: int,
    format_: str,
    output: Path | None,
    folder: Path,
    *,
    of_engine: bool,
    sandbox: bool,
    compare: bool,
    clear: bool,
) -> None:
    """Run PROGRAM as it is, and tell which of its lines take the time; or tell of the last profile.

    As in `understudy profile -- pytest tests/test_one.py`. The program has your terminal, its
    output and its exit code are its own. A sampling profiler looks at it, and at what it starts,
    from outside: nothing in it is changed. Ends with 3 when it was not run.
    """
    root = root_of((folder,))
    _are_one({"--clear": clear, "--engine": of_engine, "a program": bool(program)})
    if clear:
        many = asyncio.run(programs.forget(root))
        click.echo(f"Forgot {many} {'profile' if many == 1 else 'profiles'}.")
        return
    if of_engine:
        _print(asyncio.run(_of_engine(root, days, format_)), output)
        return
    if sandbox and runs > 1:
        raise click.UsageError("In the sandbox a program is run once.")
    if program and format_ != "text" and output is None:
        raise click.UsageError(f"Beside what a program prints, {format_} needs --output FILE.")
    if not program:
        found = asyncio.run(programs.newest(root))
        if found is None:
            raise click.UsageError("Nothing was profiled here; see `understudy profile --help`.")
        _print(_all_told(root, found, format_, compare=compare), output)
        return
    if output is not None and not output.absolute().parent.is_dir():
        raise click.UsageError(f"There is no folder for {output}, so nothing was run.")
    ran = _run(ctx, root, program, runs, rate, sandbox=sandbox)
    try:
        if ran.trouble:
            click.echo(f"Note: {ran.trouble}.", err=True)
        _print(_all_told(root, ran, format_, compare=compare), output, err=True)
    except (click.ClickException, OSError, sqlite3.Error) as error:
        said = error.format_message() if isinstance(error, click.ClickException) else why(error)
        with suppress(OSError):  # standard error may be what cannot be written
            click.echo(f"Error: {said}", err=True)
    ctx.exit(ran.runs[-1].exit_code)  # its own, whatever came of the report


def _are_one(asked: Mapping[str, bool]) -> None:
    """Whoever asks for more than one of these would be given the first alone."""
    first, *others = [name for name, is_asked in asked.items() if is_asked] or [""]
    if others:
        raise click.UsageError(f"{first} and {others[0]} do not go together; nothing was done.")


def _all_told(root: Path, found: programs.Program, format_: str, *, compare: bool) -> str:
    told = _told(root, found, format_)
    return f"{told}{_compared(root, found)}" if compare else told


def _run(
    ctx: click.Context,
    root: Path,
    program: Sequence[str],
    runs: int,
    rate: int,
    *,
    sandbox: bool,
) -> programs.Program:
    if not Trust(state_dir()).decision(root):
        click.echo(
            f"{told_of(root)} is not trusted, so nothing runs; `understudy trust` lets it.",
            err=True,
        )
        ctx.exit(Exit.FAILED)
    setting = load(read_layers(root), trusted=True).settings.tasks.test_runner.interpreter
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the program's
    try:
        asked = programs.prepare(root, program, Path.cwd(), setting, os.environ, rate)
        if sandbox:
            trial, ran = asyncio.run(profiled_inside(asked, _listen, _say))
            click.echo(_changes(trial), err=True)
            return ran
        return asyncio.run(programs.profiled(asked, runs, _in_the_terminal))
    except programs.Unable as error:
        click.echo(f"Not profiled: {error}.", err=True)
        ctx.exit(Exit.FAILED)
    finally:
        signal.signal(signal.SIGINT, before)


def _changes(trial: Trial) -> str:
    ended = "ended well" if trial.is_clean else f"did not end well ({trial.why or trial.status})"
    return printable(f"In the sandbox it {ended}, and would change {trial.many or 'nothing'}.")


async def _in_the_terminal(argv: Sequence[str]) -> str:
    """Who ends this command means the program: it is waited for, and nothing is left of both."""
    process = await asyncio.create_subprocess_exec(*argv)
    loop, told = asyncio.get_running_loop(), list[int]()

    def pass_on(number: int) -> None:
        told.append(number)
        with suppress(ProcessLookupError):  # it has ended by itself meanwhile
            process.send_signal(number)

    heeded = [e for e in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(e) != signal.SIG_IGN]
    for number in heeded:
        loop.add_signal_handler(number, pass_on, number)
    await process.wait()
    for number in heeded:
        loop.remove_signal_handler(number)
    if told:
        raise SystemExit(128 + told[0])
    return ""


def _listen(chunk: bytes) -> None:
    sys.stdout.buffer.write(chunk)
    sys.stdout.flush()


def _say(machine: Machine) -> None:
    click.echo(f"Level {machine.level}. {machine.said()}", err=True)


def _told(root: Path, found: programs.Program, format_: str) -> str:
    if format_ == "text":
        return program_told(root, found)
    if format_ == "json":
        return json.dumps(found.payload, indent=2) + "\n"
    samples = asyncio.run(programs.samples_of(root, found))
    if not samples:
        raise click.UsageError(f"No samples are kept of it: {format_} has nothing to tell.")
    if format_ == "speedscope":
        return samples.decode()
    return json.dumps(programs.sampled_trace(samples)) + "\n"


def _compared(root: Path, found: programs.Program) -> str:
    before = asyncio.run(programs.newest(root, found.key, found.id or None))
    if before is None:
        return "\nThere is no profile of it before this one: nothing is compared.\n"
    return compared(before, found)


async def _of_engine(root: Path, days: int, format_: str) -> str:
    if format_ == "speedscope":
        raise click.UsageError("With --engine the formats are text, json and chrome.")
    if format_ == "chrome":
        return json.dumps(trace(await timeline(root))) + "\n"
    found, since = await engine(root, days, datetime.now().astimezone().date())
    if format_ == "json":
        return json.dumps({"since": since, **_payload(found)}, indent=2) + "\n"
    return engine_told(found, since)


def _payload(value: Any) -> Any:
    """Named tuples as JSON objects."""
    if hasattr(value, "_asdict"):
        return {name: _payload(each) for name, each in value._asdict().items()}
    return [_payload(each) for each in value] if isinstance(value, tuple) else value


def _print(text: str, output: Path | None, *, err: bool = False) -> None:
    if output is None:
        click.echo(text, nl=False, err=err)
        return
    write(output, lambda file: file.write(text))
    click.echo(f"The profile is in {output}.", err=True)
