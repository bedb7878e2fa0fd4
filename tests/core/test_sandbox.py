"""Commands in the sandbox: what is told of them, and that nothing of it came about."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.runner.execute import Runner
from understudy.sandbox.policy import Limits, Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Entry, Kind, Status, Trial, diff


class World:
    def __init__(self, folder: Path, launcher: str) -> None:
        self._launcher = launcher
        self.root = folder / "work space"
        self.root.mkdir()
        self._trials = folder / "trials"
        self._runner = Runner()

    async def sh(self, script: str, policy: Policy | None = None) -> Trial:
        return await run(
            ("sh", "-c", script),
            self.root,
            policy or Policy(),
            self._runner,
            self._trials,
            launcher=self._launcher,
        )

    async def close(self) -> None:
        await self._runner.close()


@pytest.fixture(params=["bubblewrap", "built-in"])
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    world = World(tmp_path, request.param)
    yield world
    await world.close()


async def test_every_kind_of_change_is_told_and_none_made(world: World) -> None:
    (world.root / "old").mkdir()
    for name in ("a", "gone", "moved", "old/inner", "run.sh"):
        (world.root / name).write_text(f"{name}\n")
    trial = await world.sh(
        "echo more >> a; rm gone; mv moved away; rm -r old; chmod +x run.sh; mkdir -p n; echo x > n/y"
        "; ln -s a link; touch run.sh"
    )
    assert (trial.status, trial.why, trial.output) == (Status.CLEAN, "", b"")
    assert [(each.kind, each.path, each.old) for each in trial.changes] == [
        (Kind.MODIFIED, "a", ""),
        (Kind.RENAMED, "away", "moved"),
        (Kind.DELETED, "gone", ""),
        (Kind.CREATED, "link", ""),
        (Kind.CREATED, "n", ""),
        (Kind.CREATED, "n/y", ""),
        (Kind.DELETED, "old", ""),
        (Kind.DELETED, "old/inner", ""),
        (Kind.MODE, "run.sh", ""),
    ]
    assert "+more\n" in diff(trial.changes)
    assert sorted(os.listdir(world.root)) == ["a", "gone", "moved", "old", "run.sh"]
    assert (world.root / "a").read_text() == "a\n"
    after = {each.path: each.after for each in trial.changes}
    assert after["a"] is not None
    assert after["a"].read() == b"a\nmore\n"
    assert after["link"] is not None
    assert (after["link"].entry, after["link"].target) == (Entry.LINK, "a")


async def test_a_folder_in_the_place_of_another_holds_only_what_is_new(world: World) -> None:
    (world.root / "d").mkdir()
    (world.root / "d/old").write_text("1")
    trial = await world.sh("rm -r d; mkdir d; echo 2 > d/new")
    assert [(each.kind, each.path) for each in trial.changes] == [
        (Kind.CREATED, "d/new"),
        (Kind.DELETED, "d/old"),
    ]


async def test_secrets_are_not_seen_and_git_is_not_written(world: World) -> None:
    (world.root / "deep/er").mkdir(parents=True)
    (world.root / "deep/er/.env").write_text("TOKEN=1")
    (world.root / ".git").mkdir()
    (world.root / ".git/config").write_text("[core]\n")
    trial = await world.sh(
        "cat deep/er/.env; cat .git/config; echo x >> .git/config; echo y > .git/new; true"
    )
    assert b"TOKEN" not in trial.output
    assert b"[core]" in trial.output
    assert trial.changes == ()


async def test_how_it_ended_is_told(world: World) -> None:
    failed = await world.sh("exit 7")
    assert (failed.status, failed.exit_code) == (Status.FAILED, 7)
    assert not failed.is_clean
    slow = await world.sh("while :; do :; done", Policy(limits=Limits(seconds=1)))
    assert slow.status is Status.TIMED_OUT
    full = await world.sh(
        "head -c 9000000 /dev/zero > big; true", Policy(limits=Limits(disk=8 << 20))
    )
    assert full.status is Status.LIMITED
    beyond = await world.sh("echo > other", Policy(write=("src/**",)))
    assert beyond.status is Status.VIOLATED
    assert "other" in beyond.why
    pipe = await world.sh("mkfifo pipe")
    assert pipe.status is Status.VIOLATED


async def test_nothing_of_the_machine_is_reached(world: World, tmp_path: Path) -> None:
    outside = tmp_path / "victim"
    outside.write_text("mine")
    trial = await world.sh(f"echo > {outside}; cat {outside}; echo > /usr/x; echo > /etc/x; id -u")
    assert outside.read_text() == "mine"
    assert b"mine" not in trial.output
    assert trial.output.endswith(b"1000\n")
    assert trial.changes == ()
