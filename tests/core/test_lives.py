"""When findings came and went, with real tools and the real git."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.app.folder.workspace import Workspace
from understudy.checks.engine import Checks
from understudy.findings.lives import End
from understudy.runner.execute import Runner
from understudy.settings import Settings
from understudy.store.database import Database
from understudy.store.lives import FILE, LIVES, Life, lives

from .repositories import Git
from .support import PATIENCE, tree, until

EVAL = "def one(a):\n    return eval(a)\n"
EXEC = "def two(b):\n    exec(b)\n"
SAFE = "def one(a):\n    return a\n"
SETTINGS = {"ruff.enabled": False, "complexity.enabled": False, "secrets.enabled": False}


class World:
    """One workspace, looked at again and again, each time as by a new process."""

    def __init__(self, folder: Path) -> None:
        self.git = Git.new(folder)
        self.root = self.git.root
        self._state = folder / "state"
        self._state.mkdir()
        self._runner = Runner()
        self.settings = Settings.of(SETTINGS)

    async def scan(
        self, files: dict[str, str] | None = None, then: dict[str, str] | None = None
    ) -> list[Life]:
        """``then``: what is written after the look, before that is written down."""
        tree(self.root, files or {})
        workspace = Workspace(self.root, self._state, trusted=True)
        workspace.settings = self.settings
        await workspace.scan(Checks(self._runner), [self.root], lambda _: None)
        tree(self.root, then or {})
        await workspace.close()
        return await self.kept()

    async def kept(self) -> list[Life]:
        database = Database(self._state / FILE, LIVES)
        try:
            return await lives(database)
        finally:
            await database.close()

    async def close(self) -> None:
        await self._runner.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    made.git.commit({"app.py": EVAL})
    yield made
    await made.close()


def ends(found: list[Life]) -> Counter[tuple[str, bool, str]]:
    """By rule, whether it was made here, and how it ended."""
    return Counter((each.rule.partition(":")[2], each.new, each.how) for each in found)


async def test_what_is_there_at_first_was_not_made_here(world: World) -> None:
    assert ends(await world.scan()) == {("B307", False, ""): 1}


async def test_made_and_fixed(world: World) -> None:
    await world.scan()
    found = await world.scan({"app.py": EVAL + EXEC})
    assert ends(found) == {("B307", False, ""): 1, ("B102", True, ""): 1}
    found = await world.scan({"app.py": SAFE + EXEC})
    assert ends(found) == {("B307", False, End.FIXED): 1, ("B102", True, ""): 1}
    (fixed,) = [each for each in found if each.how]
    assert fixed.gone is not None
    assert fixed.gone > fixed.came
    assert await world.scan() == found  # nothing else happened


async def test_what_is_saved_again_at_once_is_another_content(world: World) -> None:
    """Between a look and the moment when that is written down."""
    await world.scan(then={"app.py": SAFE + EXEC})
    assert ends(await world.scan()) == {("B307", False, End.FIXED): 1, ("B102", True, ""): 1}


async def test_a_new_file_has_new_findings(world: World) -> None:
    await world.scan()
    assert ("B102", True, "") in ends(await world.scan({"new.py": EXEC}))


async def test_a_commit_is_no_switch(world: World) -> None:
    await world.scan()
    world.git.commit({"app.py": SAFE})
    assert ends(await world.scan()) == {("B307", False, End.FIXED): 1}


async def test_another_branch_fixes_nothing(world: World) -> None:
    world.git("checkout", "--quiet", "-b", "other")
    world.git.commit({"app.py": SAFE, "more.py": EXEC})
    world.git("checkout", "--quiet", "main")
    first = await world.scan()
    world.git("checkout", "--quiet", "other")
    away = await world.scan()
    assert ends(away) == {("B307", False, End.AWAY): 1, ("B102", False, ""): 1}
    world.git("checkout", "--quiet", "main")
    back = await world.scan()
    assert ends(back) == {("B307", False, ""): 1, ("B102", False, End.AWAY): 1}
    assert back[0] == first[0]


async def test_what_is_fixed_on_a_branch_is_fixed_when_it_is_merged(world: World) -> None:
    await world.scan()
    world.git("checkout", "--quiet", "-b", "other")
    await world.scan()
    await world.scan({"app.py": SAFE})
    world.git.commit({})
    assert ends(await world.scan()) == {("B307", False, End.FIXED): 1}
    world.git("checkout", "--quiet", "main")
    assert ends(await world.scan()) == {("B307", False, ""): 1}
    world.git("merge", "--quiet", "other")
    assert ends(await world.scan()) == {("B307", False, End.FIXED): 1}


async def test_what_is_hidden_is_not_fixed(world: World) -> None:
    await world.scan()
    hidden = EVAL.replace("eval(a)", "eval(a)  # nosec B307")
    assert ends(await world.scan({"app.py": hidden})) == {("B307", False, End.HIDDEN): 1}
    assert ends(await world.scan({"app.py": EVAL})) == {("B307", False, ""): 1}
    ours = EVAL.replace("eval(a)", "eval(a)  # understudy: ignore[B307] -- it is ours")
    assert ends(await world.scan({"app.py": ours})) == {("B307", False, End.HIDDEN): 1}


async def test_settings_fix_nothing_and_make_nothing(world: World) -> None:
    await world.scan()
    world.settings = Settings.of(SETTINGS | {"rules.ignore": ["B307"]})
    assert ends(await world.scan()) == {("B307", False, End.HIDDEN): 1}
    world.settings = Settings.of(SETTINGS | {"ruff.enabled": True, "rules.ignore": ["B307"]})
    found = ends(await world.scan())
    assert found[("B307", False, End.HIDDEN)] == 1
    assert not any(new for _, new, _ in found)


async def test_a_file_that_is_called_otherwise(world: World) -> None:
    await world.scan()
    (world.root / "app.py").rename(world.root / "other.py")
    (found,) = await world.scan()
    assert (found.path, found.how) == (str(world.root / "other.py"), "")


async def test_a_file_that_is_deleted_takes_its_findings_along(world: World) -> None:
    await world.scan()
    (world.root / "app.py").unlink()
    assert ends(await world.scan()) == {("B307", False, End.FIXED): 1}


async def test_a_name_that_is_no_text_is_that_of_a_file(world: World) -> None:
    """Which is not taken for gone when all is looked at anew."""
    file = world.root / os.fsdecode(b"\xff\xc3\xa9.py")
    file.write_text(EVAL)

    async def looked_at() -> Life:
        (found,) = [each for each in await world.scan() if each.path.endswith("\\xffé.py")]
        return found

    assert (await looked_at()).gone is None
    assert (await looked_at()).gone is None
    file.unlink()
    assert (await looked_at()).how == End.FIXED


async def test_a_tool_that_did_not_look_says_nothing(world: World) -> None:
    await world.scan()
    found = await world.scan({"app.py": "def one(a:\n    return eval(a)\n"})
    assert [each.how for each in found if each.rule == "bandit:B307"] == [""]


async def test_what_is_noted_while_something_is_written_is_written_too(world: World) -> None:
    """By itself, a moment later: nobody has to close the workspace."""
    await world.scan()
    state = world.root.parent / "state"
    workspace = Workspace(world.root, state, trusted=True)
    workspace.settings = world.settings
    checks = Checks(world._runner)
    other = sqlite3.connect(state / FILE, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")  # who writes meanwhile waits for it
        tree(world.root, {"one.py": EXEC})
        await workspace.scan(checks, [world.root], lambda _: None)
        await until(lambda: not workspace.lives._views)
        tree(world.root, {"two.py": EXEC})
        await workspace.scan(checks, [world.root / "two.py"], lambda _: None)
        other.execute("ROLLBACK")

        async with asyncio.timeout(PATIENCE):
            while True:
                if ends(await world.kept())["B102", True, ""] == 2:
                    return
                await asyncio.sleep(0.05)
    finally:
        other.close()
        await workspace.close()
