"""What is in the state folder: its owner's alone, without secrets, and gone when it is forgotten."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from understudy.store.activity import ACTIVITY, Activity, Did, Log
from understudy.store.database import Database
from understudy.store.lease import ENGINE, Lease

from .support import tree
from .test_automations_command_line import NAMES, World

MARK = b"greenhouse"
TOKEN = "gh" + "p_" + "a1B2c3D4" * 5
CONFIG = """
tasks:
  custom:
    say:
      command: [sh, -c, "echo ${{ text }}; echo ${{ text }} | base64; echo greenhouse"]
"""


@pytest.fixture
def mask() -> Iterator[None]:
    """Others may do everything with what is made and nobody thinks of."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def world(mask: None, tmp_path: Path) -> World:
    """One in which everything was used."""
    made = World(tmp_path)
    tree(made.root, {".understudy/config.yaml": CONFIG, "src/shop/greenhouse.py": "x = 1\n"})
    asyncio.run(remembered(made))
    made.automations("learn")
    name = str(made.listed()["name"])
    made.automations("preview", name, "file=src/shop/greenhouse.py")
    made.automations("enable", name)
    made.automations("run", name, "file=src/shop/greenhouse.py", "--yes")
    made("run", "say", f"text={TOKEN}")
    command = f"echo {TOKEN} greenhouse; touch greenhouse"
    made("sandbox", "run", "--yes", "--", "sh", "-c", command)
    for name in ("automations.corrupt-1", "activity.corrupt-1-wal"):
        (made.state / name).write_bytes(b"of old: greenhouse")
        (made.state / name).chmod(0o600)
    return made


async def remembered(world: World) -> None:
    database = Database(world.state / "activity.db", ACTIVITY)
    done = [Activity(time.time(), Did.COMMAND, f"cat greenhouse {n}", "s") for n in range(300)]
    await Log(database).add(done, 10_000)
    await database.close()


def holding(folder: Path, mark: bytes = MARK) -> set[str]:
    """The files and links that have it in a byte or in their names."""
    found = {each for each in folder.rglob("*") if mark in os.fsencode(each.name)}
    files = (each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
    found |= {each for each in files if mark in each.read_bytes()}
    return {each.relative_to(folder).as_posix() for each in found}


def test_nobody_else_can_read_it_and_no_secret_is_in_it(world: World, tmp_path: Path) -> None:
    state = tmp_path / "state"
    parts = {each.relative_to(world.state).parts[0] for each in world.state.rglob("*")}
    assert parts >= {"journal", "trials", "automation-trials", "logs", "jobs.db", "drafts"}
    # What was copied there keeps its mode, in folders that are closed.
    shut = {each for each in state.rglob("*") if "blobs" not in each.parts}
    assert [each for each in shut if stat.S_IMODE(each.lstat().st_mode) & 0o077] == []
    assert holding(state, TOKEN.encode()) == set()
    assert any(name.startswith("logs/") for name in holding(world.state))


def test_what_is_forgotten_is_in_no_file(world: World) -> None:
    assert "Automations that stay: 1;" in world("activity", "forget", "--yes").stderr
    left = {name.partition("/")[0] for name in holding(world.state)}
    # What was accepted, what tasks and trials of the user's own left, and what undo needs.
    assert left == {"automations.db", "logs", "trials", "journal"}


def test_what_is_removed_is_in_no_file(world: World) -> None:
    world.automations("remove", str(world.listed()["name"]), "--yes")
    world("activity", "forget", "--yes")
    left = {name.partition("/")[0] for name in holding(world.state)}
    assert left == {"logs", "trials", "journal"}
    assert not [*(world.state / "automation-copies").iterdir()]


def test_all_is_forgotten(world: World) -> None:
    scripts = [*(world.root / ".understudy/automations").iterdir()]
    test = world.root / "tests/test_greenhouse.py"
    assert test.exists()
    assert "takes no --since" in world("activity", "forget", "--all", "--since", "2h").stderr
    assert world("activity", "forget", "--all").returncode == 3  # nobody answers
    assert holding(world.state)
    done = world("activity", "forget", "--all", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert {each.name for each in world.state.iterdir()} <= {ENGINE, "link"}
    assert holding(world.state) == set()
    assert all(each.exists() for each in (*scripts, test))
    assert "Nothing is left to undo." in world("undo", "--yes").stdout
    assert world("status").stdout.startswith(f"{world.root}: trusted")
    assert world.listed()["state"] == "generated"


def test_nothing_is_forgotten_while_somebody_works_there(world: World) -> None:
    lease = Lease(world.state / ENGINE)
    assert lease.take({"pid": 77, "kind": "editor"})
    done = world("activity", "forget", "--all", "--yes")
    lease.give_up()
    assert done.returncode == 3
    assert f"Nothing was forgotten: process 77 (editor) works on {world.root}," in done.stderr
    assert "activity.db" in holding(world.state)


def test_what_was_taken_in_and_not_accepted_goes(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.automations("learn")
    name = str(world.listed()["name"])
    script = world.automations("export", name, "--script")
    world("activity", "forget", "--yes")
    file = tree(tmp_path / "elsewhere", {"greenhouse.py": script + "# greenhouse\n"})
    world.automations("import", str(file / "greenhouse.py"), "file=src/shop/cart.py")
    assert world.listed()["name"] == "greenhouse"
    world("activity", "forget", "--yes")
    assert holding(world.state) == set()


def test_a_moved_aside_database_goes_when_it_was_written_since(world: World) -> None:
    old, new = world.state / "automations.corrupt-1", world.state / "activity.corrupt-1-wal"
    os.utime(old, (1.0, 1.0))
    world("activity", "forget", "--since", "1h", "--yes")
    assert (old.exists(), new.exists()) == (True, False)


@pytest.mark.parametrize("content", [None, b"no database" * 1_000])
def test_a_database_that_others_could_read_is_closed(tmp_path: Path, content: bytes | None) -> None:
    """Also one that is moved aside."""
    world = World(tmp_path)
    file = world.state / "activity.db"
    if content:
        file.write_bytes(content)
        (world.state / "activity.db-wal").write_bytes(b"")
    for each in world.state.glob("activity.db*"):
        each.chmod(0o664)
    world("activity", "show")
    found = [*world.state.glob("activity.*")]
    assert any(".corrupt-" in each.name for each in found) == bool(content)
    assert [each.name for each in found if stat.S_IMODE(each.stat().st_mode) != 0o600] == []


def test_a_secret_is_run_at_once_or_not_at_all(tmp_path: Path) -> None:
    world = World(tmp_path)
    tree(world.root, {".understudy/config.yaml": CONFIG})
    done = world("run", "say", f"text={TOKEN}", "--detach")
    assert done.returncode == 2
    assert "The value of text looks like a secret, so the queue does not keep it" in done.stderr
    assert world("run", "say", "text=plain", "--detach").returncode == 0
    assert len(NAMES) == 5
