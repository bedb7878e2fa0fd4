"""Workspaces of any name and depth, and with folders that cannot be listed."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.runner.execute import Runner
from understudy.sandbox.outside import obstacle
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import BUBBLEWRAP, run
from understudy.sandbox.trees import remove
from understudy.sandbox.trial import Trial

from ..needs import missing
from ..sandbox.walls import NONE, WALLS, Walls

_SECRET = b"c2VjcmV0"


class World:
    def __init__(self, walls: Walls) -> None:
        self.walls = walls
        self._runner = Runner()

    async def sh(self, script: str, root: Path, trials: Path) -> Trial:
        how = self.walls._asdict()
        argv = ("sh", "-c", script)
        return await run(argv, root, Policy(), self._runner, trials, override=True, **how)

    async def close(self) -> None:
        await self._runner.close()


@pytest.fixture(params=WALLS | NONE)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    walls = (WALLS | NONE)[request.param]
    if walls.launcher == BUBBLEWRAP and shutil.which("bwrap") is None:
        missing("missing: bubblewrap: install it with the system's package manager")
    world = World(walls)
    yield world
    await world.close()


async def test_neither_folder_has_a_name_that_means_something_else(
    world: World, tmp_path: Path
) -> None:
    for number, name in enumerate(
        (
            "a,b",
            "a:b",
            "a\\b",
            "a\\,b\\:c",
            "a\\",
            "a b",
            "a\nb",
            "a\\012b",
            "a,upperdir=b",
            "\udcff",
        )
    ):
        root, state = (tmp_path / f"{number}{each}" / name for each in ("root", "state"))
        root.mkdir(parents=True)
        (root / "file").write_text("one\n")
        (root / ".env").write_bytes(_SECRET)
        trial = await world.sh("echo two >> file; cat .env; pwd", root, state / "trials")
        told = name, trial.is_clean, trial.backend, [each.path for each in trial.changes]
        assert told == (name, True, world.walls.backend, ["file"]), trial
        assert _SECRET not in trial.output
        shown = b"" if world.walls.backend != "overlay" else os.fsencode(f"{root}\n")
        assert trial.output.endswith(shown)


def _deep(root: Path, name: str, levels: int) -> None:
    """As no path names it: each folder below the descriptor of the one before."""
    folder = os.open(root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=folder)
        inner = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    for secret in (".env", "key.pem"):
        file = os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=folder)
        os.write(file, _SECRET)
        os.close(file)
    os.close(folder)


@pytest.mark.parametrize("levels", [10, 15, 16, 17, 18, 19, 20, 21, 30])
async def test_a_secret_is_hidden_where_no_path_leads(
    world: World, tmp_path: Path, levels: int
) -> None:
    (root := tmp_path / "root").mkdir()
    name = "d" * 200
    _deep(root, name, levels)
    down = f"for _ in $(seq {levels}); do chmod 700 {name}; cd -P {name} || break; done; "
    try:
        trial = await world.sh(
            f"{down} chmod 600 .env; cat .env key.pem; ls -a; true", root, tmp_path / "trials"
        )
        assert trial.exit_code == 0, trial.why
        assert _SECRET not in trial.output
    finally:
        remove(root)


@pytest.mark.parametrize("mode", [0o300, 0o100])
async def test_what_cannot_be_listed_is_hidden(world: World, tmp_path: Path, mode: int) -> None:
    """By its owner, who could have it listed. Root lists it, and sees what has no secret's name."""
    (locked := tmp_path / "root/locked").mkdir(parents=True)
    (locked / ".env").write_bytes(_SECRET)
    (locked / "plain").write_text("CONTENT")
    locked.chmod(mode)
    script = (
        "chmod 700 locked; cat locked/.env; cat locked/plain; mv locked moved; cat */.env; true"
    )
    trial = await world.sh(script, tmp_path / "root", tmp_path / "trials")
    locked.chmod(0o700)
    assert trial.exit_code == 0, trial.why
    assert _SECRET not in trial.output
    assert (b"CONTENT" in trial.output) == (os.geteuid() == 0)


def test_what_may_have_a_socket_where_no_path_leads_is_not_shown(tmp_path: Path) -> None:
    (root := tmp_path / "root").mkdir()
    _deep(root, "d" * 200, 18)
    assert obstacle((str(root),)) == ""
    _deep(root, "e" * 200, 30)
    assert obstacle((str(root),)) == f"{root} cannot be looked through: File name too long"
    remove(root)
