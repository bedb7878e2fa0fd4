"""``understudy run|tasks|logs|cancel|log``: the task engine from a terminal."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from ..app.presentation import job_line, job_payload
from ..app.service import Service, open_service
from .exits import Exit
from .scan import root_of

_FOLLOW_SECONDS = 0.2
FOLDER = click.option(
    "--in",
    "folder",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    default=".",
    metavar="FOLDER",
    help="The workspace; default: the one around the current folder.",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.command
@click.argument("task")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]…")
@click.option("--detach", is_flag=True, help="Do not wait for it.")
@FOLDER
@click.pass_context
def run(
    ctx: click.Context, task: str, parameters: tuple[str, ...], folder: Path, *, detach: bool
) -> None:
    """Run TASK and show what it prints.

    Ends with 0 when it succeeded and found nothing, 1 when it found issues, 2 when there is no such
    task, 3 when it failed.
    """
    given = _parameters(parameters)
    ctx.exit(asyncio.run(_run(root_of((folder,)), task, given, detach=detach)))


def _parameters(words: tuple[str, ...]) -> dict[str, Any]:
    """``NAME=VALUE`` as JSON where it is, else as text; a bare NAME is true."""
    given: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        try:
            given[name] = json.loads(value) if equals else True
        except ValueError:
            given[name] = value
    return given


async def _run(root: Path, task: str, parameters: dict[str, Any], *, detach: bool) -> int:
    async with open_service(root, "command", runs=not detach) as service:
        complain(service)
        engine = service.engine
        try:
            id_ = await engine.submit(task, parameters, cause=("manual", "on the command line"))
        except ValueError as error:
            raise click.UsageError(f"{error}. `understudy tasks` lists what there is.") from None
        if detach:
            waits = "" if engine.holder() else "; nothing runs it until `understudy start` does"
            click.echo(f"job {id_} is queued{waits}")
            return Exit.CLEAN
        following = asyncio.create_task(_follow(service, id_))
        record = await engine.result(id_)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await _print_rest(service, id_)
        click.echo(job_line(record), err=True)
        payload = job_payload(record)
        if record.status != "done":
            return Exit.FAILED
        return Exit.FINDINGS if payload["issues"] else Exit.CLEAN


_printed: dict[Path, int] = {}


async def _follow(service: Service, id_: int) -> None:
    """Print what the job prints, whoever runs it, and say what it waits for."""
    said = ""
    while True:
        await _print_rest(service, id_)
        if (why := service.engine.held_back) and why != said:
            said = why
            click.echo(f"waiting: {why}", err=True)
        await asyncio.sleep(_FOLLOW_SECONDS)


async def _print_rest(service: Service, id_: int) -> None:
    for path in sorted(service.engine.logs.glob(f"{id_}-*.log")):
        with path.open("rb") as file:
            file.seek(_printed.get(path, 0))
            piece = file.read()
            _printed[path] = file.tell()
        sys.stdout.write(piece.decode("utf-8", "replace"))
    sys.stdout.flush()


def complain(service: Service) -> None:
    """Say what is wrong with the settings and with the disk."""
    for problem in service.config_problems:
        line, column = problem.range.start
        click.echo(f"{problem.path}:{line + 1}:{column + 1}: {problem.message}", err=True)
    if service.engine.trouble:
        click.echo(service.engine.trouble, err=True)


@click.command
@click.option("--all", "everything", is_flag=True, help="All that is remembered.")
@FOLDER
@_as_json
def tasks(folder: Path, *, everything: bool, as_json: bool) -> None:
    """List the tasks that there are, and the newest jobs."""

    async def look() -> None:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            kinds = [t for t in service.engine.tasks.values() if not t.hidden]
            jobs = await service.engine.jobs.recent(limit=100_000 if everything else 20)
            if as_json:
                click.echo(
                    json.dumps(
                        {
                            "tasks": [{"name": t.name, "title": t.title} for t in kinds],
                            "jobs": [job_payload(job) for job in jobs],
                        },
                        indent=2,
                    )
                )
                return
            for task in kinds:
                click.echo(f"{task.name:<24} {task.title}")
            click.echo()
            for job in reversed(jobs):
                click.echo(job_line(job))

    asyncio.run(look())


@click.command
@click.argument("job", type=int)
@FOLDER
def logs(job: int, folder: Path) -> None:
    """Print what JOB printed, its newest attempt."""
    from ..app.chores import newest_log

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


@click.command("log")
@click.option("--job", type=int, help="Only of this job.")
@click.option("--most", type=int, default=50, show_default=True, help="So many entries.")
@FOLDER
@_as_json
def log(job: int | None, most: int, folder: Path, *, as_json: bool) -> None:
    """Show the audit trail: what the engine did, when, why, and for whom."""

    async def look() -> None:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            for entry in reversed(await service.engine.history.audit(most=most, job=job)):
                if as_json:
                    click.echo(json.dumps(entry._asdict()))
                    continue
                at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.at))
                number = f"#{entry.job}" if entry.job is not None else ""
                click.echo(f"{at}  {entry.kind:<14} {number:<6} {entry.task:<20} {entry.text}")

    asyncio.run(look())
