"""What becomes of recommendations while they are accepted, taken back, dismissed and looked for, by
several, with files that go and come back, and where nothing can be written."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.app import undoing
from understudy.app.insights.recommending import (
    Recommending,
    Rewritten,
    State,
    open_recommending,
)
from understudy.settings import Settings

from ..needs import small_disk
from .support import own_environment, tree, understudy_here
from .test_disk import remount

MAKE = "all:\n\techo\ndocs: # x\n\techo\n"
FILES = {"Makefile": MAKE, "docs/index": ""}


@contextmanager
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        tree(root, FILES)
        with patch.dict(os.environ, {"UNDERSTUDY_STATE_DIR": f"{folder}/state"}):
            yield root


class Told:
    """What is to be told of the one recommendation there is, whoever looks at whatever moment."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_dismissed = False
        self.written: list[int] = []
        self.is_away = False

    @property
    def state(self) -> str:
        if self.is_dismissed:
            return "dismissed"
        return "done" if self.written or self.is_away else "proposed"

    async def go_through(self, steps: list[str]) -> None:
        async with open_recommending(self.root, Settings()) as found:
            (one,) = (await found.look()).stand.open
            own = one.recommendation
            for step in steps:
                is_there = not (self.is_away or self.written)
                if step == "accept" and is_there:
                    await found.accept(own.id, await found.change(own))
                    self.written.append(undoing.entries(self.root)[0].id)
                    self.is_dismissed = False
                elif step == "undo" and self.written and not self.is_away:
                    undoing.undo(self.root, self.written.pop())
                elif step == "dismiss" and is_there:
                    await found.answer(own.id, State.DISMISSED)
                    self.is_dismissed = True
                elif step == "switch":
                    self._switch()
                elif step == "look":
                    stand = (await found.look()).stand
                    told = {
                        **{each.id: each.state for each in stand.done},
                        **{e.recommendation.id: str(e.state) for e in stand.open},
                        **{e.recommendation.id: str(e.state) for e in stand.dismissed},
                    }
                    shown = {} if self.is_dismissed and self.is_away else {own.id: self.state}
                    assert told == shown, steps

    def _switch(self) -> None:
        """To a branch that has not the file, or back."""
        here, there = self.root / "Makefile", self.root.parent / "Makefile"
        (there if self.is_away else here).rename(here if self.is_away else there)
        self.is_away = not self.is_away


_STEPS = st.sampled_from(["accept", "undo", "dismiss", "look", "switch"])


@settings(max_examples=25)
@given(st.lists(_STEPS, min_size=2, max_size=8).map(lambda steps: [*steps, "look"]))
def test_every_look_tells_what_is_so(steps: list[str]) -> None:
    with place() as root:
        asyncio.run(Told(root).go_through(steps))


@pytest.mark.parametrize(
    "steps",
    [
        ["accept", "undo", "look"],
        ["dismiss", "switch", "look", "switch", "look"],
        ["dismiss", "accept", "undo", "look"],
    ],
)
def test_what_once_was_told_otherwise(steps: list[str]) -> None:
    with place() as root:
        asyncio.run(Told(root).go_through(steps))


async def test_one_that_was_accepted_by_word_still_is_when_its_file_is_back() -> None:
    with place() as root:
        told = Told(root)
        async with open_recommending(root, Settings()) as found:
            (one,) = (await found.look()).stand.open
            await found.accept(one.recommendation.id, None)
            told._switch()
            assert [each.state for each in (await found.look()).stand.done] == ["done"]
            told._switch()
            assert [str(e.state) for e in (await found.look()).stand.open] == ["accepted"]


async def test_two_accept_at_once() -> None:
    with place() as root:
        async with (
            open_recommending(root, Settings()) as here,
            open_recommending(root, Settings()) as there,
        ):
            (one,) = (await here.look()).stand.open
            id_ = one.recommendation.id
            changes = [await each.change(one.recommendation) for each in (here, there)]
            await asyncio.gather(*map(_accept, (here, there), (id_, id_), changes))
            assert (root / "Makefile").read_text().count(".PHONY: docs\n") == 1
            assert [each.state for each in (await there.look()).stand.done] == ["done"]
            (entry,) = undoing.standing(undoing.entries(root))
            undoing.undo(root, entry.id)
            assert (root / "Makefile").read_text() == MAKE
            assert [str(e.state) for e in (await here.look()).stand.open] == ["proposed"]


async def _accept(found: Recommending, id_: str, new: Rewritten | None) -> None:
    await found.accept(id_, new)


# ── where nothing can be written ────────────────────────────────────────────────────────────────

RUN = """
import sys
from pathlib import Path
from tests.core import test_recommendations_states as tests
tests.look_without_writing(Path(sys.argv[1]))
"""


def look_without_writing(disk: Path) -> None:
    """In a process that may mount: the state folder is read-only, with and without what was kept."""
    root = disk.parent / "shop"
    tree(root, {".git/HEAD": "", **FILES, "package.json": '{"scripts": {"a": "npm run gone"}}'})
    environment = own_environment(disk)

    def ran(*words: str) -> subprocess.CompletedProcess[str]:
        return understudy_here(*words, cwd=root, environment=environment)

    def listed() -> dict[str, str]:
        done = ran("recommendations", "list", "--json")
        assert done.returncode == 0, done.stderr
        return {each["rule"]: each["state"] for each in json.loads(done.stdout)}

    (one,) = [
        e["id"]
        for e in json.loads(ran("recommendations", "list", "--json").stdout)
        if e["rule"] == "phony"
    ]
    assert ran("recommendations", "dismiss", one).returncode == 0
    remount(disk, "ro")
    assert listed() == {"phony": "dismissed", "missing-need": "proposed"}
    told = ran("workflows")
    assert told.returncode == 0
    assert "Makefile (make): " in told.stdout
    assert "can be written; what is told here is not kept." in told.stderr
    answered = ran("recommendations", "accept", one, "--yes")
    assert answered.returncode == 3
    assert "Read-only file system" in answered.stderr
    assert (root / "Makefile").read_text() == MAKE
    environment["UNDERSTUDY_STATE_DIR"] = str(disk / "none")
    assert listed() == {"phony": "proposed", "missing-need": "proposed"}
    dismissed = ran("recommendations", "dismiss", one)
    assert dismissed.returncode == 3
    assert "what you said to recommendations is not remembered" in dismissed.stderr


def test_to_look_needs_no_writing(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    argv = [*small_disk(disk, "size=8m"), sys.executable, "-c", RUN, str(disk)]
    done = subprocess.run(
        argv, check=False, cwd=pytestconfig.rootpath, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
