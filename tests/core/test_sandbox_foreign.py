"""What is no part of the workspace, though a way in it leads there: what lies behind links, and what
Understudy keeps."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.sandbox.diff import diff
from understudy.sandbox.trial import Kind

from ..sandbox.walls import NONE, WALLS, Walls, installed
from .sandbox_world import World


class Surrounded(World):
    def __init__(self, folder: Path, walls: Walls) -> None:
        super().__init__(folder, walls)
        self.outside = folder / "outside"
        (self.outside / "deep").mkdir(parents=True)
        (self.outside / "key").write_text("PRIVATE OUTSIDE\n")
        (self.outside / "deep/key").write_text("PRIVATE OUTSIDE\n")


@pytest.fixture(params=WALLS | NONE)
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Surrounded]:
    async with Surrounded(tmp_path, installed(request.param)) as world:
        yield world


async def test_a_folder_takes_the_place_of_a_link(world: Surrounded) -> None:
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


async def test_a_file_takes_the_place_of_a_link(world: Surrounded) -> None:
    (world.root / "a").symlink_to(world.outside / "key")
    (world.root / "b").symlink_to(world.outside)
    trial = await world.sh("rm a b; echo x > a; echo y > b")
    assert [(each.kind, each.path) for each in trial.changes] == [
        (Kind.MODIFIED, "a"),
        (Kind.MODIFIED, "b"),
    ]
    assert "OUTSIDE" not in diff(trial.changes)


async def test_what_never_ends_there_is_not_read(world: Surrounded) -> None:
    (world.root / "a").symlink_to("/proc/self")
    trial = await world.sh("rm a; mkdir a; echo x > a/pagemap; echo y > a/environ")
    assert trial.is_clean, trial.why
    assert [each.path for each in trial.changes] == ["a", "a/environ", "a/pagemap"]


async def test_what_understudy_keeps_is_not_seen(
    world: Surrounded, monkeypatch: pytest.MonkeyPatch
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


async def test_a_secret_that_is_no_file_stops_nothing(world: Surrounded) -> None:
    os.mkfifo(world.root / ".env")
    (world.root / ".ssh").mkdir()
    trial = await world.sh("timeout 1 cat .env; ls .ssh; echo > new")
    assert trial.is_clean, trial.why
    assert [each.path for each in trial.changes] == ["new"]
