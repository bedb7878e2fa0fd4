"""What is learned survives databases that fail, a clock that jumps, hostile names and kill -9."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psutil
import pytest

from understudy.app.events import FilesTouched
from understudy.app.folder.folders import Folders
from understudy.app.learning.recording import Recording
from understudy.app.open.documents import OpenDocuments
from understudy.automations.pattern import Create
from understudy.store.activity import Activity, Did
from understudy.store.automations import AUTOMATIONS, Automations, Execution, Purpose, State
from understudy.store.database import Database

from .patterns import FILE, pattern
from .world import DAY, World, git, world


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


# ── names ───────────────────────────────────────────────────────────────────────────────────────

HOSTILE = [
    "a\nb",
    "a'b\"c",
    "\x1b[31mred\x07",
    "x" * 120,
    "-rf",
    "$(touch x)",
    "a;b",
    "\u202ertl",
    "`x`",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_title_steers_a_terminal(name: str) -> None:
    title = pattern(Create((f"tests/{name}.py",)), parameters=(FILE,)).title
    assert title.isprintable()
    assert len(title) < 400


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names(here: World, name: str) -> None:
    """All the way: what is said, the name of the script, and what it makes."""
    for number in range(5):
        source, test = f"src/{name}{number}/a{number}cd.py", f"tests/{name}/test_a{number}cd.py"
        for path in (source, test):
            (here.root / path).parent.mkdir(parents=True, exist_ok=True)
            (here.root / path).write_text("x = 1\n")
        done = [Activity(here.now + n, Did.CREATED, p, "s") for n, p in enumerate((source, test))]
        await here.learned.watching.note(done)
        here.now += DAY
    told = await here.cycle()
    assert all(line.isprintable() for line in told.split("\n"))
    assert here.learned.automations or "no script can be made" in here.learned.patterns[0].why_not
    for each in here.learned.automations:
        assert each.title.isprintable()
        assert each.name.replace("-", "").isalnum()
        assert "as you had done it in 3 of 3" in each.told or each.why
    page = here.learned.page()
    assert all(line.isprintable() for line in page.splitlines())
    assert not (here.root / "x").exists()


@pytest.mark.parametrize("path", ["../x.py", "/etc/x.py", "/dev/zero"])
async def test_paths_that_lead_out_are_not_taken(here: World, path: str) -> None:
    for number in range(5):
        test = f"tests/test_{number}abc.py"
        (here.root / "tests").mkdir(exist_ok=True)
        (here.root / test).write_text("x = 1\n")
        source = path.replace("x", f"{number}abc")
        done = [
            Activity(here.now + n, Did.CREATED, each, "s") for n, each in enumerate((source, test))
        ]
        await here.learned.watching.note(done)
        here.now += DAY
    before = sorted(os.listdir(here.root.parent))
    await here.cycle()
    assert sorted(os.listdir(here.root.parent)) == before
    assert all(each.state is not State.ACTIVE for each in here.learned.automations)


# ── the clock ───────────────────────────────────────────────────────────────────────────────────


async def test_a_clock_that_jumps_back(here: World) -> None:
    here.now += 10_000 * DAY
    await here.past("cart", "order")
    here.now -= 10_000 * DAY
    await here.past("invoice", "voucher", "customer")
    await here.cycle()
    assert here.learned.patterns[0].count == 5


async def test_a_file_that_comes_again_is_seen_after_a_clock_jumped_back(here: World) -> None:
    recording = recorded(here)
    for _ in range(2):
        (here.root / "a.py").write_text("")
        recording.happened(FilesTouched(created=(here.root / "a.py",)))
        await recording.settled()
        here.now -= DAY
    assert [each.at for each in await here.learned.log.all()] == [
        here.now + DAY,
        here.now + 2 * DAY,
    ]


async def test_files_are_seen_after_git_wrote_by_a_clock_that_was_ahead(here: World) -> None:
    git(here.root, "init", "-q")
    git(here.root, "commit", "-q", "--allow-empty", "-m", "one", at=here.now)
    git(here.root, "switch", "-q", "-c", "side", at=here.now + DAY)
    (here.root / "a.py").write_text("")
    recording = recorded(here)
    recording.happened(FilesTouched(created=(here.root / "a.py",)))
    await recording.settled()
    assert "a.py" in [each.text for each in await here.learned.log.all()]


def recorded(here: World) -> Recording:
    folders = SimpleNamespace(around=lambda _: here.workspace)
    known: Any = {here.root: here.learned}
    return Recording(cast("Folders", folders), cast("OpenDocuments", {}), known, lambda: here.now)


async def test_what_was_dismissed_by_a_clock_that_was_ahead_comes_back(here: World) -> None:
    await here.past()
    await here.cycle()
    here.now += 1_000 * DAY
    await here.learned.dismiss(await here.found(), never=False)
    assert not await here.learned.offers(str(here.root / "src/shop/new.py"))
    here.now -= 1_000 * DAY
    (offer,) = await here.learned.offers(str(here.root / "src/shop/new.py"))
    assert offer.is_new
    await here.learned.dismiss(await here.found(), never=False)
    assert not await here.learned.offers(str(here.root / "src/shop/new.py"))


async def test_commits_are_seen_after_a_clock_was_wrong(here: World) -> None:
    git(here.root, "init", "-q")
    git(here.root, "commit", "-q", "--allow-empty", "-m", "later", at=here.now + 1_000 * DAY)
    await here.cycle()
    git(here.root, "commit", "-q", "--allow-empty", "-m", "now", at=here.now)
    await here.restart()
    here.now += 60
    await here.cycle()
    assert "now" in [each.text for each in await here.learned.log.all()]


async def test_what_git_notes_and_nobody_can_read_is_told_and_ends_nothing(here: World) -> None:
    git(here.root, "init", "-q")
    git(here.root, "commit", "-q", "--allow-empty", "-m", "first", at=here.now)
    notes = here.root / ".git/logs/HEAD"
    notes.rename(notes.with_name("before"))
    os.mkfifo(notes)
    await here.past()
    await here.cycle()
    assert (await here.found()).state is State.OFFERED
    assert f"the commits of {here.root} are not seen: " in here.learned.problem
    assert not await here.learned.watching.git_wrote(0, inf)
    notes.unlink()
    notes.with_name("before").rename(notes)
    await here.cycle()
    assert here.learned.problem == ""
    assert "first" in [each.text for each in await here.learned.log.all()]


# ── databases ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("file", ["automations.db", "activity.db"])
async def test_a_corrupt_database_is_moved_aside(here: World, file: str) -> None:
    await here.past()
    await here.cycle()
    await here.learned.close()
    for each in here.workspace.state.glob(f"{file}*"):
        each.write_bytes(b"no database" * 1_000)
    await here.restart(closed=True)
    await here.cycle()
    (aside,) = here.workspace.state.glob(f"{Path(file).stem}.corrupt-*[0-9]")
    assert f"it was moved to {aside}" in here.learned.problem
    await here.past()
    await here.cycle()
    assert (await here.found()).state is State.OFFERED


async def test_a_log_that_was_begun_anew_is_read_from_its_beginning(here: World) -> None:
    """Its numbers are those of the one before."""
    await here.past()
    await here.cycle()
    await here.cycle()
    for each in here.workspace.state.glob("activity.db*"):
        each.unlink()
    here.now += DAY
    await here.past("flour", "sugar", "butter", "water", "honey")
    await here.cycle()
    (found,) = here.learned.patterns
    assert {each.arguments["file"] for each in found.occurrences} == {
        f"src/shop/{name}.py" for name in ("flour", "sugar", "butter", "water", "honey")
    }


async def test_each_database_is_told_of_in_a_sentence(here: World) -> None:
    for name in ("activity.db", "automations.db"):
        (here.workspace.state / name).write_bytes(b"no database" * 1_000)
    await here.learned.load()
    first, second = here.learned.problem.split(". ")
    assert first.startswith("the database was corrupt")
    assert second.startswith("the database was corrupt")


@pytest.mark.parametrize("file", ["automations.db", "activity.db"])
async def test_a_newer_database_is_let_be(here: World, file: str) -> None:
    await here.past()
    await here.cycle()
    await here.learned.close()
    with sqlite3.connect(here.workspace.state / file) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    await here.restart(closed=True)
    with pytest.raises(sqlite3.Error, match="made by a newer Understudy"):
        await here.cycle()
    connection = sqlite3.connect(here.workspace.state / file)
    assert connection.execute("PRAGMA user_version").fetchone() == (99,)
    connection.close()


async def test_what_ran_before_purposes_were_kept_was_run(tmp_path: Path) -> None:
    path = tmp_path / "automations.db"
    before = Database(path, AUTOMATIONS._replace(migrations=AUTOMATIONS.migrations[:1]))
    row = "('a', 1.0, '{}', 'clean', 0.5, 1, 1, 0, 7, 2.0, 3.0, 'done', 4, 5)"
    insert = f"INSERT INTO executions VALUES {row}"
    await before.run(lambda c: c.execute(insert), write=True)
    await before.close()
    database = Database(path, AUTOMATIONS)
    store = Automations(database)
    old = Execution("a", 1.0, "{}", "clean", 0.5, 1, True, False, 7, 2.0, 3.0, "done", 4, 5)
    assert await store.executions() == [old]
    new = replace(old, id=6, purpose=Purpose.TASK)
    assert await store.ran(new) == 6
    assert await store.executions() == [new, old]
    await database.close()


async def test_a_locked_database_is_told_of_and_used_again(here: World) -> None:
    await here.past()
    await here.learned.load()
    connection = sqlite3.connect(here.workspace.state / "automations.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.Error, match=r"automations\.db is locked by another process: what"):
        await here.cycle()
    assert "is locked by another process" in here.learned.problem
    connection.execute("ROLLBACK")
    connection.close()
    await here.cycle()
    assert (await here.found()).state is State.OFFERED
    assert here.learned.problem == ""


async def test_a_state_folder_that_went_and_came_back_is_used_again(here: World) -> None:
    """Also by who only reads then."""
    await here.past()
    await here.cycle()
    aside = here.workspace.state.rename(here.root.parent / "aside")
    here.workspace.state.write_text("")
    with pytest.raises(sqlite3.OperationalError, match=r"until .* can be written"):
        await here.learned.load()
    assert here.learned.problem
    here.workspace.state.unlink()
    aside.rename(here.workspace.state)
    await here.learned.load()
    assert here.learned.problem == ""
    assert (await here.found()).state is State.OFFERED


async def test_a_full_database_loses_nothing_that_was_there(here: World) -> None:
    await here.past("cart", "order")
    await here.cycle()
    limit = "PRAGMA max_page_count=1"
    await here.learned.watching._database.run(lambda c: c.execute(limit))
    big = (Activity(here.now + n, Did.CREATED, f"f{n}.py " * 400, "s") for n in range(100))
    with pytest.raises(sqlite3.Error, match=r"full.*what you do is not remembered"):
        await here.learned.watching.note(big)
    await here.restart()
    await here.past("invoice", "voucher", "customer")
    await here.cycle()
    assert (await here.found()).state is State.OFFERED


async def test_a_million_activities_are_looked_through_in_time(here: World) -> None:
    """Of them the last ones."""
    await here.learned.log.all()
    insert = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)"
        " INSERT INTO activity (at, did, text, session, cwd, old, detail)"
        " SELECT i, 'saved', 'f' || i || '.py', 's', '', '', '' FROM n"
    )
    connection = sqlite3.connect(here.workspace.state / "activity.db")
    with connection:
        connection.execute(insert)
    connection.close()
    rows = [
        Activity(here.now + number * DAY + n, Did.CREATED, path, "s")
        for number, name in enumerate(("cart", "order", "invoice"))
        for n, path in enumerate((f"src/shop/{name}.py", f"tests/test_{name}.py"))
    ]
    await here.learned.log.add(rows, 2_000_000)
    began = time.monotonic()
    await here.cycle()
    assert time.monotonic() - began < 30
    assert here.learned.patterns[0].count == 3


# ── kill -9 ─────────────────────────────────────────────────────────────────────────────────────

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.automations import world as w
from understudy.app.learning import drafts
from understudy.app.scripts import files
from understudy.store.automations import Automations

def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

async def main(folder, where):
    async with w.world(Path(folder)) as here:
        await here.past()
        if where == "draft":
            drafts.trying.test = kill
        elif where == "trial":
            run = here.learned._run
            async def slow(argv, policy, folder):
                asyncio.get_running_loop().call_later(0.2, kill)
                return await run(("sleep", "60"), policy, folder)
            here.learned._run = slow
        await here.cycle()
        offered = await here.found()
        if where == "create":
            files.write_script = kill
        await here.learned.accept(offered)
        if where == "run":
            Automations.ran = kill
            await here.ran(await here.found(), file="src/shop/new.py")
        kill()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("where", ["draft", "trial", "create", "run"])
async def test_after_a_kill_the_next_start_is_fine(tmp_path: Path, where: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(tmp_path), where, cwd=Path(__file__).parents[2]
    )
    assert await process.wait() == -signal.SIGKILL
    async with world(tmp_path) as here:
        here.now += 10 * DAY
        await here.cycle()
        found = await here.found()
        if where in ("draft", "trial"):
            assert found.state is State.OFFERED
        if where != "run":
            await here.learned.accept(found)
        found = await here.found()
        assert found.state is State.ACTIVE
        tried, _ = await here.ran(found, file="src/shop/new.py")
        assert tried.trial.is_clean
        assert not (here.root / "tests/test_new.py").exists()
        mine = str(tmp_path)
        left = [p for p in psutil.process_iter(["cmdline"]) if mine in str(p.info["cmdline"])]
        assert [p for p in left if "sleep" in str(p.info["cmdline"])] == []
