"""``understudy run|tasks|logs|cancel|log``: the task engine from a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from ..app.chores.planning import IN_A_TERMINAL, Kind, kinds_of, took
from ..app.chores.service import Service, open_service
from ..app.insights.profiling import recorded
from ..app.notices.notices import DELIVER
from ..app.presentation.jobs import (
    interrupted,
    job_line,
    job_payload,
    plan_lines,
    plan_payload,
    task_payload,
    took_line,
    waiting_in,
)
from ..app.presentation.problems import config_line
from .exits import Exit
from .options import AS_JSON, FOLDER
from .roots import root_of

_FOLLOW_SECONDS = 0.2
_END_SECONDS = 15.0
_PIECE = 1 << 20
_LISTED, _ALL = 20, 100_000


@click.command
@click.argument("task")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]…")
@click.option("--detach", is_flag=True, help="Do not wait for it.")
@FOLDER
@click.option(
    "--json", "as_json", is_flag=True, help="The plan and the results, as JSON, a line each."
)
@click.pass_context
def run(
    ctx: click.Context,
    task: str,
    parameters: tuple[str, ...],
    folder: Path,
    *,
    detach: bool,
    as_json: bool,
) -> None:
    """Run TASK and show what it prints.

    Where it needs other tasks, what is expected of them all is told before, and what came of them
    after. Ends with 0 when it succeeded and nothing was found, 1 when issues were found, 2 when
    there is no such task, 3 when it failed.
    """
    root = root_of((folder,))
    if detach:
        ctx.exit(asyncio.run(_hand_over(root, task, parameters, as_json=as_json)))
    code, automation = asyncio.run(_run(root, task, parameters, as_json=as_json))
    if automation and sys.stdin.isatty():
        from .automating import apply_newest

        code = apply_newest(root, automation)
    ctx.exit(code)


def _parameters(words: tuple[str, ...], texts: Collection[str]) -> dict[str, Any]:
    """``NAME=VALUE`` as JSON where it is, else as text; a bare NAME is true. What is in ``texts``
    is left as it is: 1.10 is no number when it is a version."""
    given: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name in texts and equals:
            given[name] = value
            continue
        try:
            given[name] = json.loads(value) if equals else True
        except ValueError:
            given[name] = value
    return given


async def _hand_over(root: Path, task: str, words: tuple[str, ...], *, as_json: bool) -> int:
    async with open_service(root, "command", runs=False) as service:
        complain(service)
        given = await _given(service, task, words)
        holder = service.engine.holder()
        if not holder and (names := service.engine.withholds(given)):
            raise click.UsageError(
                f"The value of {', '.join(names)} looks like a secret, so the queue does not keep"
                " it, and nobody is there who would run it now. Run it without --detach."
            )
        with _refusing():
            id_ = await service.engine.submit(task, given, cause=IN_A_TERMINAL)
        waits = "" if holder else "; nothing runs it until `understudy start` does"
        click.echo(json.dumps({"job": id_}) if as_json else f"job {id_} is queued{waits}")
        return Exit.CLEAN


async def _given(service: Service, task: str, words: tuple[str, ...]) -> dict[str, Any]:
    known = service.engine.tasks.get(task)
    if known is None and (against := await service.chores.automated.against(task)):
        raise click.UsageError(f"There is no task {task!r}: {against}.")
    texts = {each.name for each in known.parameters} if known else ()
    given = _parameters(words, texts)
    if known and (complaint := known.complaint(given)):
        raise click.UsageError(f"{complaint}. Parameters are given as NAME=VALUE.")
    if doubt := service.chores.automated.misfit(task, given):
        click.echo(f"Note: {doubt}.", err=True)
    return given


async def _run(root: Path, task: str, words: tuple[str, ...], *, as_json: bool) -> tuple[int, str]:
    """How it ended, and the automation whose changes its user can be asked about."""
    async with (
        open_service(root, "command") as service,
        recorded(root, service.settings),
    ):
        complain(service)
        engine = service.engine
        given = await _given(service, task, words)
        with _refusing():
            plan = await engine.plan(task)
            ids = await engine.submit_all(task, given, cause=IN_A_TERMINAL)
        if as_json:
            click.echo(json.dumps({"plan": plan_payload(plan)}))
        elif len(ids) > 1:
            click.echo("\n".join(plan_lines(plan)), err=True)
        records = await _await(service, task, ids, aloud=not as_json)
        if records is None:
            return Exit.FAILED, ""
        if not as_json:
            await _print_rest(service, ids[task])
            for record in records.values():
                click.echo(job_line(record), err=True)
        measured = await took(service, {name: record.id for name, record in records.items()})
        payloads = [job_payload(record) for record in records.values()]
        issues = sum(payload["issues"] for payload in payloads)
        if as_json:
            told = {"jobs": payloads, "issues": issues}
            click.echo(json.dumps(told | {"took": plan_payload(measured)}))
        elif len(ids) > 1:
            click.echo(took_line(measured), err=True)
        if records[task].status != "done":
            return Exit.FAILED, ""
        waits = "" if as_json else waiting_in(records[task])
        return Exit.FINDINGS if issues else Exit.CLEAN, waits


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """A task that there is not, or that cannot be ordered, is the caller's mistake."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(f"{error}. `understudy tasks` lists what there is.") from None


async def _await(
    service: Service, task: str, ids: Mapping[str, int], *, aloud: bool
) -> dict[str, Any] | None:
    """What became of the jobs; None when one was interrupted and waits for the user's word. Who is
    cancelled, by Ctrl-C, cancels them."""
    following = asyncio.create_task(_follow(service, ids, task if aloud else ""))
    results = asyncio.gather(*map(service.engine.result, ids.values()))
    try:
        await asyncio.wait((results, following), return_when=asyncio.FIRST_COMPLETED)
        if not results.done():
            return following.result()
        return dict(zip(ids, results.result(), strict=True))
    except asyncio.CancelledError:
        await _give_up(service, ids.values())
        raise
    finally:
        results.cancel()
        following.cancel()
        await asyncio.gather(results, following, return_exceptions=True)


async def _give_up(service: Service, ids: Collection[int]) -> None:
    for id_ in ids:
        await service.engine.cancel(id_)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            await asyncio.gather(*map(service.engine.result, ids))


_printed: dict[Path, int] = {}


async def _follow(service: Service, ids: Mapping[str, int], task: str) -> None:
    """Print what the job of ``task`` prints, whoever runs it, and say what it waits for. Returns
    when one of the jobs was interrupted."""
    said = ""
    jobs = service.engine.jobs
    while True:
        records = [await jobs.get(id_) for id_ in ids.values()]
        if asking := [word for each in records if each and (word := interrupted(each))]:
            click.echo("\n".join(asking), err=True)
            return
        if task:
            await _print_rest(service, ids[task])
        if (why := service.engine.held_back) and why != said:
            said = why
            click.echo(f"waiting: {why}", err=True)
        await asyncio.sleep(_FOLLOW_SECONDS)


async def _print_rest(service: Service, id_: int) -> None:
    for path in sorted(service.engine.logs.glob(f"{id_}-*.log")):
        while piece := await asyncio.to_thread(_read_on, path):
            sys.stdout.write(piece.decode("utf-8", "replace"))
    sys.stdout.flush()


def _read_on(path: Path) -> bytes:
    """The next piece of a log; nothing of one that was set aside meanwhile."""
    try:
        with path.open("rb") as file:
            file.seek(_printed.get(path, 0))
            piece = file.read(_PIECE)
            _printed[path] = file.tell()
            return piece
    except FileNotFoundError:
        return b""


def complain(service: Service) -> None:
    """Say what is wrong with the settings and with the disk."""
    for problem in service.config_problems:
        click.echo(config_line(problem), err=True)
    if service.engine.trouble:
        click.echo(service.engine.trouble, err=True)


@click.command
@click.option("--all", "everything", is_flag=True, help="All that is remembered.")
@FOLDER
@AS_JSON
def tasks(folder: Path, *, everything: bool, as_json: bool) -> None:
    """List the tasks that there are, and the newest jobs."""

    async def look() -> None:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            kinds = await kinds_of(service)
            limit, but = (_ALL, ()) if everything else (_LISTED, (DELIVER,))
            jobs = await service.engine.jobs.recent(limit=limit, but=but)
            waiting = await service.chores.automated.waiting()
            if as_json:
                click.echo(
                    json.dumps(
                        {
                            "tasks": [
                                task_payload(kind.task)
                                | {"needs": kind.needs, "seconds": kind.seconds}
                                for kind in kinds
                            ],
                            "jobs": [job_payload(job, waiting) for job in jobs],
                        },
                        indent=2,
                    )
                )
                return
            for kind in kinds:
                click.echo(f"{kind.task.name:<24} {kind.task.title}{_about(kind)}")
            click.echo()
            for job in reversed(jobs):
                click.echo(interrupted(job) or job_line(job, waiting))

    asyncio.run(look())


def _about(kind: Kind) -> str:
    parts = [f"{each.name}={each.default or '…'}" for each in kind.task.parameters]
    parts += [f"about {kind.seconds:.1f} s"] if kind.seconds is not None else []
    parts += [f"needs {', '.join(kind.needs)}"] if kind.needs else []
    return f" ({'; '.join(parts)})" if parts else ""


@click.command
@click.argument("job", type=int)
@FOLDER
def logs(job: int, folder: Path) -> None:
    """Print what JOB printed, its newest attempt."""
    from ..app.chores.chores import newest_log

    async def look() -> None:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            record = await service.engine.jobs.get(job)
            if record is None:
                raise click.UsageError(f"There is no job {job}.")
            click.echo(job_line(record), err=True)
            click.echo(newest_log(service.engine, record), nl=False)

    asyncio.run(look())


@click.command
@click.argument("job", type=int)
@FOLDER
def cancel(job: int, folder: Path) -> None:
    """Cancel JOB, whether it waits or runs, here or in an editor."""

    async def tell() -> bool:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            return await service.engine.cancel(job)

    if not asyncio.run(tell()):
        raise click.UsageError(f"There is no job {job} that waits or runs.")
    click.echo(f"job {job} is cancelled")


@click.command
@click.argument("job", type=int)
@FOLDER
def retry(job: int, folder: Path) -> None:
    """Run JOB again, which was interrupted and is not simply to be repeated."""

    async def tell() -> bool:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            return await service.engine.answer(job, again=True)

    if not asyncio.run(tell()):
        raise click.UsageError(f"There is no job {job} that was interrupted.")
    click.echo(f"job {job} is queued again")


@click.command("log")
@click.option("--job", type=int, help="Only of this job.")
@click.option(
    "--most", type=click.IntRange(1), default=50, show_default=True, help="So many entries."
)
@FOLDER
@AS_JSON
def log(job: int | None, most: int, folder: Path, *, as_json: bool) -> None:
    """Show the audit trail: what the engine did, when, why, and for whom."""

    async def look() -> None:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            entries = await service.engine.history.audit(most=most, job=job)
            if not (entries or as_json):
                of = "" if job is None else f" as job {job}"
                told = (
                    f"No task ran{of} so far; `understudy journal` has what was written into files."
                )
                click.echo(told, err=True)
            for entry in reversed(entries):
                if as_json:
                    click.echo(json.dumps(entry._asdict()))
                    continue
                at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.at))
                number = f"#{entry.job}" if entry.job is not None else ""
                click.echo(f"{at}  {entry.kind:<14} {number:<6} {entry.task:<20} {entry.text}")

    asyncio.run(look())
