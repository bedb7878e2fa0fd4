"""Commands about tasks: run, listed, cancelled, and what they printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..app import commands
from .asking import asked, mapping, padded, ready, root_of
from .part import Part
from .server import Server


async def run_task(ls: Server, *given: Any) -> Any:
    """Arguments: a task's name, its parameters, a folder; the last two may be left out."""
    task, parameters, root = padded(given, 3)
    return await asked(
        ls, lambda: ls.core.background.run(str(task), mapping(parameters), root_of(root))
    )


async def task_parameters(ls: Server, *given: Any) -> Any:
    """Arguments: a task's name and a folder, which may be left out."""
    task, root = padded(given, 2)
    return await asked(ls, lambda: ls.core.background.parameters(str(task), root_of(root)))


async def run_tests(ls: Server, *given: Any) -> Any:
    """Arguments: parameters, a folder; both may be left out."""
    parameters, root = padded(given, 2)
    return await asked(ls, lambda: ls.core.background.run_tests(mapping(parameters), root_of(root)))


async def run_again(ls: Server) -> Any:
    return await asked(ls, ls.core.background.run_again)


async def cancel_task(ls: Server, *given: Any) -> Any:
    """Arguments: a folder and the number of a job. Whether there was something to cancel."""
    return await asked(ls, lambda: ls.core.background.cancel(*_job(given)))


async def show_tasks(ls: Server) -> list[dict[str, Any]]:
    await ready(ls)
    return await ls.core.background.listed()


async def task_output(ls: Server, *given: Any) -> Any:
    """Arguments: a folder and the number of a job."""
    return await asked(ls, lambda: ls.core.background.output(*_job(given)))


def _job(given: Sequence[Any]) -> tuple[Path, int]:
    """Raises ValueError, for people."""
    root, job = padded(given, 2)
    if (place := root_of(root)) is None or not isinstance(job, int):
        raise ValueError(f"a job is named by a folder and its number, not by {root!r} and {job!r}")
    return place, job


PART = Part(
    commands={
        commands.RUN_TASK: run_task,
        commands.PARAMETERS: task_parameters,
        commands.RUN_TESTS: run_tests,
        commands.RUN_AGAIN: run_again,
        commands.CANCEL_TASK: cancel_task,
        commands.TASKS: show_tasks,
        commands.TASK_OUTPUT: task_output,
    }
)
