"""Runs of something in the sandbox, or without it, as whoever runs this: a process of its own, so
that it can be another user's, and be ended. Prints what came of it as JSON.

    harness escape WALLS|control PLACE    every attempt to get out
    harness trials WALLS PLACE            what standard input, JSON, says, by name: argv, limits, …
    harness applied WALLS PLACE           what it did is made so: script, meanwhile, moments
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from understudy.runner.execute import Runner
from understudy.sandbox.policy import Limits, Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Change, Status, Trial

from .applying import Moment, filled, make_so
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
        listen: Callable[[bytes], object] | None = None,
    ) -> Trial:
        trials = workspace.parent / "trials"
        how = {**WALLS[walls]._asdict(), "environ": environ, "listen": listen}
        return await run(argv, workspace, policy, self._runner, trials, **how)


class Answer(NamedTuple):
    """``through``: the names of the attempts that came to what they were after. ``failed``: the
    errors of others. ``refused``: why the walls, or the namespace for the control, cannot be had
    here."""

    through: list[str]
    failed: dict[str, str]
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
            trial = asyncio.run(_alone(walls, line, planted.hear))
        except FileNotFoundError as error:
            return Answer([], {}, str(error.strerror))
        if trial.status is Status.REFUSED:
            return Answer([], {}, trial.why)
        return Answer(sorted(planted.got_out(trial)), planted.failed())


async def _alone(walls: str, line: Line, listen: Callable[[bytes], object]) -> Trial:
    async with Bench() as bench:
        environ = line.environment
        return await bench.run(walls, line.argv, line.workspace, _POLICY, environ, listen)


def _without(place: Path, own_run: bool) -> Answer:
    here = Control.ROOT if os.geteuid() == 0 else Control.USER
    found: set[str] = set()
    failed: dict[str, str] = {}
    for controls, prefix in (((Control.ANYBODY, here), ()), ((Control.NAMESPACE,), _THROW_AWAY)):
        names = [name for each in controls for name in chosen(each)]
        part = place / controls[0].name
        part.mkdir()
        if prefix and (why := _refused([*prefix, "true"])):
            return Answer(sorted(found), failed, why)
        with Planted(part, names, own_run=own_run) as planted:
            line = planted.line
            with subprocess.Popen(
                [*prefix, *line.argv],
                cwd=line.workspace,
                env=line.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                close_fds=False,
            ) as process:
                assert process.stdout
                for printed in process.stdout:
                    planted.hear(printed)
            found |= planted.got_out(None)
            failed |= planted.failed()
    return Answer(sorted(found), failed)


def _refused(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=False).stderr


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


async def applied(
    walls: str, place: Path, table: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What each ``script`` changed is made so at each of its ``moments``, ``place/NAME/MOMENT``;
    ``not_made`` says by moment why not."""

    async def tried(bench: Bench, name: str) -> Trial:
        argv = ["sh", "-ec", table[name]["script"]]
        return await bench.run(walls, argv, filled(place / name / "tried"), Policy())

    def made(changes: Sequence[Change], name: str, told: Mapping[str, Any]) -> dict[str, str]:
        return {
            moment: make_so(changes, place / name / moment, Moment(moment), told["meanwhile"])
            for moment in told["moments"]
        }

    async with Bench() as bench:
        came = await asyncio.gather(*(tried(bench, name) for name in table))
    return {
        name: {
            "status": trial.status,
            "why": trial.why,
            "not_made": made(trial.changes, name, told) if trial.is_clean else {},
        }
        for (name, told), trial in zip(table.items(), came, strict=True)
    }


def main() -> None:
    what, walls, place = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    if what == "escape":
        answer: Any = escape(walls, place)
    else:
        asked = applied if what == "applied" else trials
        answer = asyncio.run(asked(walls, place, json.load(sys.stdin)))
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
