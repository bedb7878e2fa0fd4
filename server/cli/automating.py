"""``understudy automations run|preview|apply|test``: what runs a script, in the sandbox first."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from ..app import undoing
from ..app.changes import printable
from ..app.learning.listing import example, metadata_of, standing
from ..app.learning.offers import span
from ..app.learning.opening import Automation, Opened, Prepared, Purpose, open_learned
from ..app.sandboxing import Level, Trial, history, payload
from ..app.scripts.runs import misfit
from .answering import agreed, completed
from .exits import Exit
from .options import AS_JSON, FOLDER
from .roots import root_of
from .trial import NOT_CLEAN, offer, show_trial, watched

_T = TypeVar("_T")

NAME = click.argument("name")
PARAMETERS = click.argument("parameters", nargs=-1, metavar="[PARAMETER=VALUE]…")
_YES = click.option("--yes", is_flag=True, help="Apply it without a question.")
_CONSENT = click.option(
    "--consent",
    multiple=True,
    type=click.Choice(undoing.CONSENTS),
    help="With --yes: also files that these run by themselves.",
)
_ALL = click.option("--all", "everything", is_flag=True, help="Show what git ignores, too.")


def opened(root: Path, work: Callable[[Opened], Awaitable[_T]]) -> _T:
    """``work``, with what is learned there. What it raises as ValueError is the caller's mistake,
    and told as one."""

    async def run() -> _T:
        async with open_learned(root) as found:
            try:
                return await work(found)
            finally:
                if problem := found.learned.problem:
                    click.echo(printable(f"{problem}."), err=True)

    try:
        return asyncio.run(run())
    except ValueError as error:
        raise click.UsageError(printable(str(error))) from None


def values(words: tuple[str, ...]) -> dict[str, str]:
    """``PARAMETER=VALUE``; of one that is named again, all values, one a line."""
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise click.UsageError(f"{word!r} is no PARAMETER=VALUE.")
        given[name] = f"{given[name]}\n{value}" if name in given else value
    return given


class _Tried(NamedTuple):
    """``run``: the number under which it is kept."""

    prepared: Prepared
    trial: Trial
    run: int


async def _try(
    found: Opened, name: str, given: dict[str, str], purpose: Purpose, *, quiet: bool
) -> _Tried | None:
    """None when its user does not agree to the level."""
    runs, automation = found.learned.runs, found.learned.find(name)
    if not quiet:
        given = dict(completed(runs.parameters_of(automation), given))
    prepared = await runs.prepare(automation, given, purpose)
    machine, root = found.machine, found.learned.workspace.root
    if doubt := misfit(prepared.automation, given, root):
        click.echo(printable(f"Note: {doubt}."), err=True)
    if not quiet:
        said = machine.said(prepared.policy.hosts)
        click.echo(f"Level {machine.level}. {said}", err=True)
    if machine.level is not Level.ISOLATED and not agreed("Run it all the same?"):
        return None
    at = time.time()

    def running(listen: Callable[[bytes], object] | None) -> Coroutine[Any, Any, Trial]:
        return found.run(prepared, listen)

    trial = await watched(running, quiet=quiet)
    return _Tried(prepared, trial, await runs.ran(prepared, at, trial))


@click.command
@NAME
@PARAMETERS
@_YES
@_CONSENT
@_ALL
@FOLDER
@click.pass_context
def run(
    ctx: click.Context,
    name: str,
    parameters: tuple[str, ...],
    folder: Path,
    *,
    yes: bool,
    consent: tuple[str, ...],
    everything: bool,
) -> None:
    """Run an automation: in the sandbox, then what it would change is shown, and made so when you
    want it. `understudy undo` takes it back."""
    root, given = root_of((folder,)), values(parameters)
    undoing.recover(root)

    async def work(found: Opened) -> _Tried | None:
        found.active(name)
        return await _try(found, name, given, Purpose.RUN, quiet=False)

    tried = opened(root, work)
    if tried is None:
        click.echo("It was not run.", err=True)
        ctx.exit(Exit.FAILED)
    trial = tried.trial
    fits = show_trial(trial, root, everything=everything)
    if trial.is_clean and not trial.changes:
        return
    if not fits:
        click.echo("" if trial.is_clean else NOT_CLEAN, err=True)
        ctx.exit(Exit.FAILED)
    automation = tried.prepared.automation
    ctx.exit(_apply(root, automation, trial, tried.run, yes=yes, consents=consent))


def _apply(
    root: Path,
    automation: Automation,
    trial: Trial,
    run: int,
    *,
    yes: bool,
    consents: Collection[str],
) -> Exit:
    """Ask, and make it so; kept with the ``run``."""
    what = f"automation: {automation.name}"
    applied = offer(trial, root, what, yes=yes, consents=consents)
    entry = applied.entry
    saves = opened(root, lambda found: found.learned.runs.applied(run, automation, entry))
    if saves and automation.high >= 1:
        saved = span(automation.low, automation.high)
        click.echo(f"That saved about {saved} of work by hand, an estimate.", err=True)
    return applied.exit


@click.command
@NAME
@PARAMETERS
@_ALL
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="As JSON, and nothing else.")
@click.pass_context
def preview(
    ctx: click.Context,
    name: str,
    parameters: tuple[str, ...],
    folder: Path,
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """Show what an automation would change, and change nothing."""
    root, given = root_of((folder,)), values(parameters)
    tried = opened(root, lambda found: _try(found, name, given, Purpose.PREVIEW, quiet=as_json))
    if tried is None:
        click.echo("It was not run.", err=True)
        ctx.exit(Exit.FAILED)
    if as_json:
        click.echo(json.dumps(payload(tried.trial), indent=2))
    elif show_trial(tried.trial, root, everything=everything):
        click.echo(_how_on(tried.prepared.automation), err=True)
    ctx.exit(Exit.CLEAN if tried.trial.is_clean else Exit.FAILED)


def _how_on(automation: Automation) -> str:
    make = f"`understudy automations apply {automation.name}` makes it so"
    if automation.is_active:
        return f"{make}."
    return f"`understudy automations enable {automation.name}` accepts it; then {make}."


@click.command
@NAME
@_YES
@_CONSENT
@_ALL
@FOLDER
@click.pass_context
def apply(
    ctx: click.Context,
    name: str,
    folder: Path,
    *,
    yes: bool,
    consent: tuple[str, ...],
    everything: bool,
) -> None:
    """Make what the newest run of an automation would change so, after a question."""
    root = root_of((folder,))
    ctx.exit(apply_newest(root, name, yes=yes, consents=consent, everything=everything))


def apply_newest(
    root: Path,
    name: str,
    *,
    yes: bool = False,
    consents: Collection[str] = (),
    everything: bool = False,
) -> Exit:
    """As ``apply``."""
    automation, run, trial = opened(root, lambda found: _newest(found, root, name))
    if not show_trial(trial, root, everything=everything):
        return Exit.FAILED if trial.changes else Exit.CLEAN
    return _apply(root, automation, trial, run, yes=yes, consents=consents)


async def _newest(found: Opened, root: Path, name: str) -> tuple[Automation, int, Trial]:
    automation = found.active(name)
    again = f"`understudy automations preview {name}` makes one"
    run = await found.newest(automation)
    if run is None:
        raise ValueError(f"nothing of {name} waits to be applied; {again}")
    try:
        past = history(root).load(run.trial)
    except LookupError:
        raise ValueError(f"the newest preview of {name} is not kept any more; {again}") from None
    return automation, run.id, past.trial


@click.command
@NAME
@PARAMETERS
@FOLDER
@AS_JSON
@click.pass_context
def test(
    ctx: click.Context, name: str, parameters: tuple[str, ...], folder: Path, *, as_json: bool
) -> None:
    """Try an automation anew: where it was done before, or for the parameters that are given.
    Ends with 3 where it failed, and where it could not be tried."""
    root, given = root_of((folder,)), values(parameters)

    async def work(found: Opened) -> tuple[Automation, str, str, bool]:
        tested, untried = await found.test(found.learned.find(name), given)
        return tested, untried, example_of(found, tested), found.learned.workspace.trusted

    tested, untried, words, trusted = opened(root, work)
    if as_json:
        told = {"name": tested.name, "state": tested.state, "why": tested.why, "tried": tested.told}
        click.echo(json.dumps(told, indent=2))
    else:
        tell_test(tested, words, trusted=trusted)
    ctx.exit(Exit.FAILED if tested.is_disabled or untried else Exit.CLEAN)


def example_of(found: Opened, automation: Automation) -> str:
    """As ``listing.example``, from its script; its name alone where that cannot be read."""
    try:
        metadata = metadata_of(found.learned.runs.source_of(automation))
    except (OSError, ValueError):
        metadata = None
    return example(automation, metadata)


def tell_test(tested: Automation, words: str, *, trusted: bool, still: str = "") -> None:
    """What came of a trial, and how to go on where it does not hold. ``words``: what is typed to
    try it; ``trusted``: its workspace; ``still``: stands before its state where that is as it
    was."""
    click.echo(printable(f"{tested.name} is {still}{tested.state}: {standing(tested)}."))
    if tested.is_disabled or tested.is_untried:
        before = "" if trusted else "`understudy trust` lets it be run; then "
        again = f"{before}`understudy automations test {words}` tries it."
        click.echo(printable(again), err=True)
