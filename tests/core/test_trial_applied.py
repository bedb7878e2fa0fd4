"""From a trial in the sandbox into the workspace, and back."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.journal import apply as journal
from understudy.journal.check import Refused
from understudy.journal.record import Record
from understudy.runner.execute import Runner
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Status, Trial

from .trees import FIRST, act, photograph, times


class World:
    def __init__(self, folder: Path) -> None:
        self.root, self.store = folder / "root", folder / "journal"
        self.root.mkdir()
        act(self.root, FIRST)
        self._trials = folder / "trials"
        self._runner = Runner()

    async def tried(self, script: str) -> Trial:
        argv = ("sh", "-c", script)
        return await run(argv, self.root, Policy(), self._runner, self._trials)

    async def sh(self, script: str) -> Trial:
        trial = await self.tried(script)
        assert trial.is_clean, trial.why
        return trial

    def apply(self, trial: Trial) -> Record | None:
        return journal.apply(trial.changes, self.root, self.store, by="a test", what="sh")

    async def close(self) -> None:
        await self._runner.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    yield world
    await world.close()


async def test_what_a_command_did_is_applied_and_taken_back(world: World) -> None:
    before, modified = photograph(world.root), times(world.root)
    trial = await world.sh(
        "echo two > text; mv moved away; chmod 755 gone; rm -r gone; rm turned; mkdir turned;"
        "echo x > turned/x; rmdir 'into file'; echo y > 'into file'; chmod +x script;"
        "ln -sfn kept link; mkdir -p n/m; echo z > \"$(printf 'n/m/\\377 \\033')\""
    )
    assert photograph(world.root) == before
    record = world.apply(trial)
    assert record
    after = photograph(world.root)
    assert after["text"] == ("file", 0o755, b"two\n")
    assert after["away"] == before["moved"]
    assert after["script"] == ("file", 0o755, b"#!/bin/sh\n")
    assert after["link"] == ("link", 0, "kept")
    assert after["into file"] == ("file", 0o644, b"y\n")
    assert after[os.fsdecode(b"n/m/\xff \x1b")] == ("file", 0o644, b"z\n")
    assert not {"moved", "gone", "gone/inner"} & set(after)
    journal.undo(world.store, record.id, by="a test")
    assert (photograph(world.root), times(world.root)) == (before, modified)


async def test_what_was_typed_during_the_preview_is_merged(world: World) -> None:
    text = world.root / "long"
    text.write_text("".join(f"{n}\n" for n in range(9)))
    trial = await world.sh("sed -i s/1/one/ long; rm text")
    text.write_text(text.read_text().replace("7", "seven"))
    record = world.apply(trial)
    assert record
    assert record.merged == ("long",)
    assert text.read_text() == "0\none\n2\n3\n4\n5\n6\nseven\n8\n"
    trial = await world.sh("sed -i s/one/uno/ long; echo new > text")
    text.write_text(text.read_text().replace("one", "eins"))
    with pytest.raises(Refused, match="both changes touch the same lines"):
        world.apply(trial)
    assert not (world.root / "text").exists()


async def test_another_folder_of_the_same_name_is_changed_where_it_holds_the_same(
    world: World,
) -> None:
    for folder, content in (("work", "1\n"), ("same", "1\n"), ("other", "2\n")):
        (world.root / folder).mkdir()
        (world.root / folder / "file").write_text(content)
    trial = await world.sh("echo x >> work/file; echo y > work/new")
    (world.root / "work").rename(world.root / "first")
    for folder in ("other", "same"):
        (world.root / folder).rename(world.root / "work")
        before = photograph(world.root)
        if folder == "other":
            with pytest.raises(Refused, match="work/file: it was changed meanwhile"):
                world.apply(trial)
            assert photograph(world.root) == before
            (world.root / "work").rename(world.root / "other")
        else:
            record = world.apply(trial)
            assert record
            assert (world.root / "work/file").read_text() == "1\nx\n"
            assert (world.root / "work/new").read_text() == "y\n"
            assert (world.root / "first/file").read_text() == "1\n"
            journal.undo(world.store, record.id, by="a test")
            assert photograph(world.root) == before


async def test_nothing_is_made_where_a_folder_was(world: World) -> None:
    (world.root / "work").mkdir()
    trial = await world.sh("echo y > work/new")
    (world.root / "work").rename(world.root / "first")
    for is_link in (False, True):
        if is_link:
            (world.root / "work").symlink_to("first")
        before = photograph(world.root)
        with pytest.raises(Refused, match="work is no folder"):
            world.apply(trial)
        assert photograph(world.root) == before


async def test_what_a_command_leaves_in_wait_is_not_applied(world: World) -> None:
    for script, why in (
        ("ln -s /etc/passwd out", "leads out"),
        ("mkdir .vscode; echo x > .vscode/tasks.json", "consent"),
        ("cp script root; chmod 4755 root", "set-id"),
    ):
        before = photograph(world.root)
        with pytest.raises(Refused, match=why):
            world.apply(await world.sh(f"{script}; echo two > text"))
        assert photograph(world.root) == before


async def test_what_lies_deeper_than_a_path_can_be_named_is_whole_or_refused(world: World) -> None:
    script = 'n=$(printf "%0200d" 0); for _ in $(seq {}); do mkdir $n; cd $n; done; echo x > file'
    before = photograph(world.root)
    record = world.apply(await world.sh(script.format(15)))
    assert record
    assert (world.root / "/".join(["0" * 200] * 15) / "file").read_text() == "x\n"
    journal.undo(world.store, record.id, by="a test")
    assert photograph(world.root) == before
    deeper = await world.tried(script.format(25))
    assert (deeper.status, deeper.changes) == (Status.VIOLATED, ())
    assert deeper.why == "what it changed cannot be told: File name too long"
