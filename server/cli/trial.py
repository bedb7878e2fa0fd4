"""What is told of a trial in a terminal, and asked: what the command prints, what it would change,
what stands against that, and whether it is wanted."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Callable, Collection, Coroutine, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from ..app import undoing
from ..app.changes import NO_CHANGE, printable
from ..app.sandboxing import Trial
from .answering import agreed
from .diff import echo_diff
from .exits import Exit
from .terminal import RESET, Harmless

_NAMED = 5
"""So many files are named where there may be thousands."""


class Output:
    """What the command prints, on its way to where we print: a terminal gets text and colours of
    it alone, and at its end a line that has ``mark``, which the command cannot know; anything else
    gets every byte."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._harmless = Harmless() if sys.stdout.isatty() else None

    def begin(self) -> None:
        if self._harmless:
            click.echo(f"It prints, up to the line with {self._mark}:", err=True)

    def write(self, chunk: bytes) -> None:
        """Raises BrokenPipeError when nobody reads any more."""
        out = self._harmless(chunk).encode() if self._harmless else chunk
        sys.stdout.buffer.write(out)
        sys.stdout.buffer.flush()

    def end(self, how: str) -> None:
        if self._harmless:
            rest = self._harmless(b"", final=True)
            click.echo(f"{rest}{RESET}\n── {self._mark} · {how} ──", color=True)


async def watched(
    run: Callable[[Callable[[bytes], object] | None], Coroutine[Any, Any, Trial]], *, quiet: bool
) -> Trial:
    """``run``, with what it prints on its way here unless ``quiet``. Raises BrokenPipeError when
    nobody reads any more."""
    if quiet:
        return await run(None)
    unread: list[BrokenPipeError] = []

    def listen(chunk: bytes) -> None:
        try:
            output.write(chunk)
        except BrokenPipeError as error:
            unread.append(error)
            running.cancel()

    output = Output(secrets.token_hex(3))
    output.begin()
    running = asyncio.ensure_future(run(listen))
    try:
        trial = await running
    except asyncio.CancelledError:
        if unread:
            raise unread[0] from None
        output.end("interrupted")
        click.echo("What it wrote is not kept; when its time is over, it is.", err=True)
        raise
    number = f" · trial {trial.id}" if trial.id else ""
    output.end(f"level {trial.level}{number}")
    return trial


def show_trial(trial: Trial, root: Path, *, everything: bool) -> bool:
    """Its changes and how it ended; whether it can be applied. ``everything``: with what git
    ignores."""
    for note in trial.notes:
        click.echo(f"Note: {printable(note)}.", err=True)
    echo_diff((*trial.seen, *(trial.passed_over if everything else ())))
    if trial.passed_over and not everything:
        click.echo("What git ignores is not shown; --all shows it, too.", err=True)
    click.echo(trial.said, err=True)
    if not (trial.is_clean and trial.changes):
        return False
    refused = undoing.refused(trial, root)
    if refused:
        click.echo("It cannot be applied:", err=True)
        _list(refused)
    return not refused


NOT_CLEAN = (
    "Not applied: only what ended clean is. Where its exit code is no failure, "
    "`sh -c '… || true'` says so."
)


class Applied(NamedTuple):
    """``made``: all is so now; ``entry``: the journal's number of it, 0 where it was so before."""

    exit: Exit
    made: bool = False
    entry: int = 0


def offer(trial: Trial, root: Path, what: str, *, yes: bool, consents: Collection[str]) -> Applied:
    """What can be applied, when the user wants it: ``yes`` and ``consents`` are what was said of
    that beforehand."""
    awake = undoing.run_by_others(trial, root)
    if awake:
        click.echo("It changes files that programs run by themselves:", err=True)
        _list([f"{path} is run by {who}" for path, who in awake])
    missing = sorted(undoing.needed(trial, root) - set(consents))
    if yes and missing:
        options = " ".join(f"--consent {each}" for each in missing)
        click.echo(f"Not applied: for these files, --yes takes {options}, too.", err=True)
        return Applied(Exit.FAILED)
    if not yes:
        those = ", these files too" if awake else ""
        wanted = agreed(f"Apply it{those}? It {undoing.does(trial.changes)}.")
        if wanted is None:
            told = "There is no terminal to ask on: nothing was applied; --yes applies it."
            click.echo(f"\n{told}", err=True)
            return Applied(Exit.FAILED)
        if not wanted:
            click.echo("Not applied.", err=True)
            return Applied(Exit.FINDINGS)
    record = undoing.apply(trial, root, what, undoing.needed(trial, root))
    if record is None:
        click.echo(NO_CHANGE, err=True)
        return Applied(Exit.CLEAN, made=True)
    for path in record.merged:
        click.echo(f"{printable(path)}: what was edited meanwhile stays.", err=True)
    click.echo(f"Applied; `understudy undo {record.id}` takes it back.", err=True)
    return Applied(Exit.CLEAN, True, record.id)


def _list(lines: Sequence[str]) -> None:
    for line in lines[:_NAMED]:
        click.echo(f"  {line}", err=True)
    if len(lines) > _NAMED:
        click.echo(f"  and {len(lines) - _NAMED} more", err=True)
