"""What somebody does in the workspace while a command runs there in the sandbox."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from understudy.runner.execute import Runner
from understudy.sandbox.policy import Limits, Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Status, Trial

from ..sandbox.walls import NONE, WALLS
from .support import until
from .test_sandbox import commands

_WAIT = "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"


class Case(NamedTuple):
    """``program``: what the command does, in Python, after ``meanwhile`` was done to its workspace.
    ``moved``: the path that is not what it saw; ``came``: what it may have seen, and should not;
    ``changes``: what is told. ``unsure``: of what it is told that somebody may have removed it."""

    program: str
    meanwhile: Callable[[Path], object]
    moved: str = ""
    came: str = ""
    changes: tuple[tuple[str, str], ...] = ()
    unsure: str = ""


def _edit(name: str) -> Callable[[Path], object]:
    return lambda root: (root / name).write_text("by somebody else\n")


def _replace(root: Path) -> None:
    """As many editors save."""
    (root / "a.tmp").write_text("by somebody else\n")
    (root / "a.tmp").rename(root / "a")


def _swap(root: Path) -> None:
    """For one that has been there for as long."""
    (root / "folder").rename(root / "away")
    (root / "spare").rename(root / "folder")


def _new_workspace(root: Path) -> None:
    root.rename(root.with_name("away"))
    root.mkdir()


def _token(root: Path) -> None:
    (root / ".git/config").write_text("[http]\n\textraheader = t\n")


_WRITE = "open('a', 'a').write('more')"
_CREATE = "open('new', 'w').write('new')"
_CASES = {
    "both edit it": Case(_WRITE, _edit("a"), "a"),
    "it is edited and saved as a new file": Case(_WRITE, _replace, "a"),
    "its mode is set": Case(_WRITE, lambda root: (root / "a").chmod(0o600), "a"),
    "both make it": Case(_CREATE, _edit("new"), "new"),
    "one removes what the other edits": Case("os.remove('a')", _edit("a"), "a"),
    "one renames what the other edits": Case("os.rename('a', 'b')", _edit("a"), "a"),
    "one edits below what the other removes": Case(
        "os.remove('folder/inner'); os.rmdir('folder')", _edit("folder/inner"), "folder/inner"
    ),
    "another file is edited": Case(_WRITE, _edit("other"), changes=(("modified", "a"),)),
    "another file is made elsewhere": Case(
        _CREATE, _edit("folder/another"), changes=(("created", "new"),)
    ),
    "one removes what the other edits then": Case(
        _WRITE, lambda root: (root / "a").unlink(), changes=(("created", "a"),), unsure="a"
    ),
    "the folder is another one": Case("open('folder/inner', 'a').write('x')", _swap, "folder"),
    "the folder of a new file is another one": Case("open('folder/n', 'w')", _swap, "folder"),
    "the folder above is another one": Case("os.mkdir('folder/n')", _swap, "folder"),
    "what it renames is in another folder": Case(
        "os.rename('folder/inner', 'inner')", _swap, "folder"
    ),
    "the folder is gone": Case(
        "os.makedirs('folder', exist_ok=True); open('folder/n', 'w')",
        lambda root: (root / "folder").rename(root / "away"),
        "folder",
    ),
    "the workspace is another one": Case(_CREATE, _new_workspace, "the workspace"),
    "another folder is another one": Case(_WRITE, _swap, changes=(("modified", "a"),)),
    "a secret comes": Case("pass", _edit(".env"), came=".env"),
    "a secret comes into a folder": Case(
        "os.remove('a')", _edit("folder/x.pem"), came="folder/x.pem"
    ),
    "an editor opens a secret": Case("pass", _edit(".x.pem.swp"), came=".x.pem.swp"),
    "an editor opens a text": Case(_WRITE, _edit(".a.swp"), changes=(("modified", "a"),)),
    "a secret is another one": Case(_WRITE, _edit("x.key"), changes=(("modified", "a"),)),
    "a token comes into a configuration": Case("pass", _token, came=".git/config"),
    "both remove it": Case(
        "if os.path.exists('a'): os.remove('a')", lambda root: (root / "a").unlink()
    ),
}


@pytest.mark.parametrize("walls", WALLS | NONE)
async def test_what_the_command_has_not_seen_is_not_overwritten(tmp_path: Path, walls: str) -> None:
    (seen := tmp_path / "seen").mkdir()
    start = str(seen / "start")
    runner = Runner()

    async def tried(name: str, case: Case) -> Trial:
        argv = (sys.executable, "-I", "-S", "-c", _WAIT + case.program, start, f"{tmp_path} {name}")
        return await run(
            argv,
            tmp_path / name,
            Policy(read=(str(seen),)),
            runner,
            tmp_path / "trials" / name,
            override=True,
            **(WALLS | NONE)[walls]._asdict(),
        )

    for name in _CASES:
        (tmp_path / name / "folder").mkdir(parents=True)
        for folder in ("spare", ".git"):
            (tmp_path / name / folder).mkdir()
        for file in ("a", "other", "x.key", "folder/inner", "spare/inner", ".git/config"):
            (tmp_path / name / file).write_text(f"{file}\n")
    running = [asyncio.create_task(tried(*each)) for each in _CASES.items()]
    await until(lambda: {f"{tmp_path} {name}" for name in _CASES} <= set(commands()), 60)
    for name, case in _CASES.items():
        case.meanwhile(tmp_path / name)
    Path(start).touch()
    trials = dict(zip(_CASES, await asyncio.gather(*running), strict=True))
    await runner.close()
    for name, case in _CASES.items():
        trial = trials[name]
        if case.moved or case.came:
            why = f"{case.moved} was changed by someone else while it ran; run it again"
            if case.came:
                why = f"{case.came} came while it ran, and may have been seen; run it again"
            assert (name, trial.status, trial.why) == (name, Status.OUTDATED, why)
        else:
            told = tuple((each.kind, each.path) for each in trial.changes)
            assert (name, trial.status, told) == (name, Status.CLEAN, case.changes)
            unsure = f"{case.unsure} may have been there, and removed by someone else while it ran"
            assert (name, unsure in trial.notes) == (name, bool(case.unsure))
            assert (name, "may have been there" in str(trial.notes)) == (name, bool(case.unsure))


async def test_a_secret_that_comes_is_told_of_what_was_ended_too(tmp_path: Path) -> None:
    (root := tmp_path / "root").mkdir()
    runner = Runner()
    try:
        trial = await run(
            ("sh", "-c", "echo ready; while :; do :; done"),
            root,
            Policy(limits=Limits(seconds=2)),
            runner,
            tmp_path / "trials",
            listen=lambda _: (root / ".env").touch(),
        )
    finally:
        await runner.close()
    why = "no end within 2 s; .env came while it ran, and may have been seen"
    assert (trial.status, trial.why) == (Status.TIMED_OUT, why)
