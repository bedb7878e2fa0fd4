"""Runs of something in the sandbox, or without it, as whoever runs this: a process of its own, so
that it can be another user's, and be ended. Prints what came of it as JSON.

    harness escape WALLS|control PLACE    every attempt to get out
    harness trials WALLS PLACE            what standard input, JSON, says, by name: argv, limits, …
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from understudy.runner.execute import Runner
from understudy.sandbox.policy import Limits, Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Status, Trial

from .inside.table import Control
from .planted import Line, Planted, chosen
from .walls import WALLS

_THROW_AWAY = (
    *("unshare", "--user", "--map-root-user", "--mount", "--uts", "--ipc", "--net"),
    *("--pid", "--fork", "--mount-proc"),
)
_POLICY = Policy(limits=Limits(seconds=60, processes=256))


class Bench:
    """Where commands are run, one after another or at the same time. A context manager."""

    async def __aenter__(self) -> Self:
        self._runner = Runner()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.close()

    async def run(
        self,
        walls: str,
        argv: Sequence[str],
        workspace: Path,
        policy: Policy,
        environ: Mapping[str, str] = os.environ,
    ) -> Trial:
        trials = workspace.parent / "trials"
        how = WALLS[walls]._asdict()
        return await run(argv, workspace, policy, self._runner, trials, environ=environ, **how)


class Answer(NamedTuple):
    """``through``: the names of the attempts that came to what they were after. ``refused``: why
    the walls, or the namespace for the control, cannot be had here."""

    through: list[str]
    refused: str = ""


def escape(walls: str, place: Path) -> Answer:
    place.chmod(0o700)
    own_run = os.environ.get("OWN_RUN") == "1"
    if walls not in WALLS:
        return _without(place, own_run)
    with Planted(place, chosen(None), own_run=own_run) as planted:
        line = planted.line
        os.environ["SERVER_SECRET"] = line.environment["SERVER_SECRET"]
        try:
            trial = asyncio.run(_alone(walls, line))
        except FileNotFoundError as error:
            return Answer([], str(error.strerror))
        if trial.status is Status.REFUSED:
            return Answer([], trial.why)
        return Answer(sorted(planted.got_out(trial.output, trial)))


async def _alone(walls: str, line: Line) -> Trial:
    async with Bench() as bench:
        return await bench.run(walls, line.argv, line.workspace, _POLICY, line.environment)


def _without(place: Path, own_run: bool) -> Answer:
    here = Control.ROOT if os.geteuid() == 0 else Control.USER
    found: set[str] = set()
    for controls, prefix in (((Control.ANYBODY, here), ()), ((Control.NAMESPACE,), _THROW_AWAY)):
        names = [name for each in controls for name in chosen(each)]
        part = place / controls[0].name
        part.mkdir()
        if prefix and (why := _run([*prefix, "true"]).stderr.decode()):
            return Answer(sorted(found), why)
        with Planted(part, names, own_run=own_run) as planted:
            done = _run(
                [*prefix, *planted.line.argv],
                cwd=planted.workspace,
                env=planted.line.environment,
                close_fds=False,
            )
            found |= planted.got_out(done.stdout, None)
    return Answer(sorted(found))


def _run(argv: list[str], **how: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, **how)


async def trials(walls: str, place: Path, table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """All of ``table`` at the same time, each in a workspace of its own, ``place/NAME/workspace``.
    What each is told: ``argv``, and what is not as usual in ``limits`` and ``read``."""
    async with Bench() as bench:
        came = [_came(bench, walls, place / name, told) for name, told in table.items()]
        return dict(zip(table, await asyncio.gather(*came), strict=True))


async def _came(bench: Bench, walls: str, place: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    workspace = place / "workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    limits = Limits()._replace(**told.get("limits", {}))
    policy = Policy(limits=limits, read=tuple(told.get("read", ())))
    try:
        came = await bench.run(walls, told["argv"], workspace, policy)
    except Exception as error:
        return {"status": "raised", "why": repr(error), "output": ""}
    return {
        "status": came.status,
        "why": came.why,
        "code": came.exit_code,
        "backend": came.backend,
        "notes": came.notes,
        "seconds": came.usage.seconds,
        "peak": came.usage.peak_bytes,
        "output": came.output.decode(errors="replace"),
        "changes": [[each.kind, each.path] for each in came.changes],
    }


def main() -> None:
    what, walls, place = sys.argv[1:]
    if what == "escape":
        answer: Any = escape(walls, Path(place))
    else:
        answer = asyncio.run(trials(walls, Path(place), json.load(sys.stdin)))
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
