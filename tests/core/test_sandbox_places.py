"""Workspaces of any name and depth, and with folders that cannot be listed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.sandbox.outside import obstacle
from understudy.sandbox.trees import remove

from ..sandbox.walls import NONE, WALLS, installed
from .sandbox_world import World

_SECRET = b"c2VjcmV0"


@pytest.fixture(params=WALLS | NONE)
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with World(tmp_path, installed(request.param)) as world:
        yield world


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
        world.root, world.trials = root, state / "trials"
        trial = await world.sh("echo two >> file; cat .env; pwd")
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
async def test_a_secret_is_hidden_where_no_path_leads(world: World, levels: int) -> None:
    name = "d" * 200
    _deep(world.root, name, levels)
    down = f"for _ in $(seq {levels}); do chmod 700 {name}; cd -P {name} || break; done; "
    script = f"{down} chmod 600 .env; cat .env key.pem; ls -a; true"
    try:
        trial = await world.sh(script)
        assert trial.exit_code == 0, trial.why
        assert _SECRET not in trial.output
        without = subprocess.run(
            ["sh", "-c", script], cwd=world.root, capture_output=True, check=False
        )
        assert _SECRET in without.stdout
    finally:
        remove(world.root)


@pytest.mark.parametrize("mode", [0o300, 0o100])
async def test_what_cannot_be_listed_is_hidden(world: World, mode: int) -> None:
    """By its owner, who could have it listed. Root lists it, and sees what has no secret's name."""
    (locked := world.root / "locked").mkdir()
    (locked / ".env").write_bytes(_SECRET)
    (locked / "plain").write_text("CONTENT")
    locked.chmod(mode)
    script = (
        "chmod 700 locked; cat locked/.env; cat locked/plain; mv locked moved; cat */.env; true"
    )
    trial = await world.sh(script)
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
