"""With which code a command in the sandbox ends: a shell's, whatever keeps it in."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from understudy.runner.execute import Runner
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Status, Trial

from ..sandbox.walls import NONE, WALLS, installed


class Case(NamedTuple):
    """``code``: None when it is not run. ``says``: what is among its output, reason and notes.
    ``read`` and ``cwd``: from the folder around the workspace."""

    argv: Sequence[str]
    code: int | None
    says: str = ""
    read: tuple[str, ...] = ()
    cwd: str = "workspace"


CASES = {
    "a code": Case(("sh", "-c", "exit 7"), 7),
    "the code of no sandbox": Case(("sh", "-c", "exit 125"), 125),
    "no such program": Case(("nowhere-to-be-found", "x"), 127, "nowhere-to-be-found"),
    "no such file": Case(("./nowhere", "x"), 127, "./nowhere"),
    "no interpreter": Case(("./lost",), 127, "lost"),
    "a hidden one": Case(("./.env/tool",), 126, "tool"),
    "not executable": Case(("./plain",), 126, "plain"),
    "a folder": Case(("./folder",), 126, "folder"),
    "an odd name": Case(("./a=b",), 9, "odd"),
    "a line": Case(("true && true",), 127, "sh -c"),
    "ended by TERM": Case(("sh", "-c", "kill -TERM $$"), 143),
    "ended by KILL": Case(("sh", "-c", "kill -KILL $$"), 137),
    "a shell's of an ended one": Case(("sh", "-c", "sh -c 'kill -SEGV $$'"), 139),
    "nothing to be read": Case(("true",), None, "nonexistent is not there", read=("nonexistent",)),
    "a socket to be read": Case(("true",), None, "shared/deep/it is a socket", read=("shared",)),
    "a pipe to be read": Case(("true",), None, "pipe is a socket, pipe", read=("pipe",)),
    "a hidden folder": Case(("true",), None, "", cwd="workspace/.env"),
    "a folder that went": Case(("true",), None, "", cwd="workspace/gone"),
}


def _made(place: Path) -> Path:
    workspace = place / "workspace"
    for name in ("folder", ".env"):
        (workspace / name).mkdir(parents=True)
    for name, content, mode in (
        ("lost", "#!/nowhere/interpreter\n", 0o755),
        ("plain", "#!/bin/sh\n", 0o644),
        ("a=b", "#!/bin/sh\necho odd; exit 9\n", 0o755),
        (".env/tool", "#!/bin/sh\n", 0o755),
    ):
        (workspace / name).write_text(content)
        (workspace / name).chmod(mode)
    (place / "shared/deep").mkdir(parents=True)
    os.mkfifo(place / "pipe")
    return workspace


@pytest.mark.parametrize("walls", WALLS | NONE)
async def test_it_ends_as_a_shell_tells_it(walls: str, tmp_path: Path) -> None:
    how = installed(walls)._asdict()
    workspace = _made(tmp_path)
    runner = Runner()

    async def came(case: Case) -> Trial:
        return await run(
            case.argv,
            workspace,
            Policy(read=tuple(str(tmp_path / each) for each in case.read)),
            runner,
            tmp_path / "trials",
            cwd=tmp_path / case.cwd,
            override=True,
            **how,
        )

    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(tmp_path / "shared/deep", os.O_PATH)
        listener.bind(f"/proc/self/fd/{here}/it")  # whole, its name may be too long for a socket
        os.close(here)
        try:
            trials = await asyncio.gather(*map(came, CASES.values()))
        finally:
            await runner.close()
    wrong: dict[str, Any] = {}
    for (name, case), trial in zip(CASES.items(), trials, strict=True):
        status = Status.REFUSED if case.code is None else Status.FAILED
        told = f"{trial.output.decode()} {trial.why} {trial.notes}"
        if (trial.status, trial.exit_code) != (status, case.code) or case.says not in told:
            wrong[name] = (trial.status, trial.exit_code, told)
    assert wrong == {}
