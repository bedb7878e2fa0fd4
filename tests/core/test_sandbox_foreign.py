"""What is no part of the workspace, though a way in it leads there: what lies behind links, and what
Understudy keeps."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.runner.execute import Runner
from understudy.sandbox.diff import diff
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import BUBBLEWRAP, run
from understudy.sandbox.trial import Kind, Trial

from ..needs import missing
from ..sandbox.walls import NONE, WALLS, Walls


class World:
    def __init__(self, folder: Path, walls: Walls) -> None:
        self.root, self.outside = folder / "work", folder / "outside"
        (self.outside / "deep").mkdir(parents=True)
        (self.outside / "key").write_text("PRIVATE OUTSIDE\n")
        (self.outside / "deep/key").write_text("PRIVATE OUTSIDE\n")
        self.root.mkdir()
        self._walls, self.trials = walls, folder / "trials"
        self._runner = Runner()

    async def sh(self, script: str) -> Trial:
        argv = ("sh", "-c", script)
        how = self._walls._asdict()
        work = run(argv, self.root, Policy(), self._runner, self.trials, override=True, **how)
        return await asyncio.wait_for(work, 60)

    async def close(self) -> None:
        await self._runner.close()


@pytest.fixture(params=WALLS | NONE)
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    walls = (WALLS | NONE)[request.param]
    if walls.launcher == BUBBLEWRAP and shutil.which("bwrap") is None:
        missing("missing: bubblewrap: install it with the system's package manager")
    world = World(tmp_path, walls)
    yield world
    await world.close()


async def test_a_folder_takes_the_place_of_a_link(world: World) -> None:
    (world.root / "a").symlink_to(world.outside)
    trial = await world.sh(
        "rm a; mkdir a a/deep; echo x > a/key; echo y > a/deep/key; echo z > a/n"
    )
    assert trial.is_clean, trial.why
    assert [(each.kind, each.path) for each in trial.changes] == [
        (Kind.MODIFIED, "a"),
        (Kind.CREATED, "a/deep"),
        (Kind.CREATED, "a/deep/key"),
        (Kind.CREATED, "a/key"),
        (Kind.CREATED, "a/n"),
    ]
    assert "OUTSIDE" not in diff(trial.changes)


async def test_a_file_takes_the_place_of_a_link(world: World) -> None:
    (world.root / "a").symlink_to(world.outside / "key")
    (world.root / "b").symlink_to(world.outside)
    trial = await world.sh("rm a b; echo x > a; echo y > b")
    assert [(each.kind, each.path) for each in trial.changes] == [
        (Kind.MODIFIED, "a"),
        (Kind.MODIFIED, "b"),
    ]
    assert "OUTSIDE" not in diff(trial.changes)


async def test_what_never_ends_there_is_not_read(world: World) -> None:
    (world.root / "a").symlink_to("/proc/self")
    trial = await world.sh("rm a; mkdir a; echo x > a/pagemap; echo y > a/environ")
    assert trial.is_clean, trial.why
    assert [each.path for each in trial.changes] == ["a", "a/environ", "a/pagemap"]


async def test_what_understudy_keeps_is_not_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The home folder as a workspace, as for those who have its dotfiles in a repository."""
    state = world.root / ".local/state/understudy"
    (state / "workspaces/other/journal").mkdir(parents=True)
    (state / "workspaces/other/journal/secret").write_text("PRIVATE OUTSIDE\n")
    (world.root / ".local/kept").write_text("x" * 1000)
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(state))
    world.trials = state / "workspaces/own/trials"
    world.trials.parent.mkdir()
    for _ in range(2):
        trial = await world.sh("cat .local/kept; cat .local/state/understudy/*/*/*/*; echo > new")
        assert trial.is_clean, trial.why
        assert trial.output.startswith(b"x" * 1000)
        assert b"OUTSIDE" not in trial.output
        assert [each.path for each in trial.changes] == ["new"]
    sizes = [each.stat().st_size for each in world.trials.rglob("*") if each.is_file()]
    assert sum(sizes) < 20_000


async def test_a_secret_that_is_no_file_stops_nothing(world: World) -> None:
    os.mkfifo(world.root / ".env")
    (world.root / ".ssh").mkdir()
    trial = await world.sh("timeout 1 cat .env; ls .ssh; echo > new")
    assert trial.is_clean, trial.why
    assert [each.path for each in trial.changes] == ["new"]
