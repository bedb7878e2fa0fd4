"""The store on a real disk: what was kept is found again, and no trouble costs more than the cache."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from understudy.state import locked
from understudy.store import database as database_
from understudy.store import results as results_
from understudy.store.database import Closed, Database
from understudy.store.results import RESULTS, FileStamp, Results

from .support import AS_A_USER, until

REPORTS = {f"key{n}": json.dumps(["ruff", "clean", [], f"\U0001f600 {n}"]) for n in range(1_200)}
STAMP = FileStamp(1_700_000_000_123_456_789, 1 << 40, (1 << 63) - 1, "digest")


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[Results, Database]]:
    database = Database(path, RESULTS)
    results = Results(database)
    try:
        yield results, database
    finally:
        await results.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "results.db"


async def filled(path: Path) -> None:
    async with opened(path) as (results, _):
        results.put(REPORTS)
        results.stamp({"/srv/a.py": STAMP})


async def is_usable(path: Path) -> bool:
    """Whether what is kept now is found by the next one, who has no complaint."""
    async with opened(path) as (results, _):
        results.put({"new": "report"})
    async with opened(path) as (results, database):
        return await results.get(["new"]) == {"new": "report"} and not database.problem


# ── keeping ─────────────────────────────────────────────────────────────────────────────────────


async def test_results_survive(path: Path) -> None:
    await filled(path)
    async with opened(path) as (results, database):
        assert await results.get([*REPORTS, "unknown"]) == REPORTS
        assert await results.stamps() == {"/srv/a.py": STAMP}
        assert database.problem == results.problem == ""


async def test_what_was_put_is_seen_at_once(path: Path) -> None:
    """Before, while and after it is written."""
    async with opened(path) as (results, _):
        results.put(REPORTS)
        results.stamp({"/srv/a.py": STAMP})
        asked = [asyncio.create_task(results.get(list(REPORTS)))]
        flushing = asyncio.create_task(results.flush())
        for _ in range(5):
            await asyncio.sleep(0)
            asked.append(asyncio.create_task(results.get(list(REPORTS))))
            assert await results.stamps() == {"/srv/a.py": STAMP}
        await flushing
        asked.append(asyncio.create_task(results.get(list(REPORTS))))
        assert all(found == REPORTS for found in await asyncio.gather(*asked))


async def test_it_is_written_without_being_asked(path: Path) -> None:
    async with opened(path) as (results, _):
        results.put(REPORTS)

        def rows() -> int:
            if not path.exists():
                return 0
            with closing(sqlite3.connect(path)) as other:
                try:
                    return int(other.execute("SELECT count(*) FROM results").fetchone()[0])
                except sqlite3.OperationalError:
                    return 0

        assert await until(rows) == len(REPORTS)


async def test_the_last_report_and_the_last_stamp_win(path: Path) -> None:
    for report in ("old", "new"):
        async with opened(path) as (results, _):
            results.put({"key": report})
            results.stamp({"/srv/a.py": STAMP._replace(digest=report)})
    async with opened(path) as (results, _):
        assert await results.get(["key"]) == {"key": "new"}
        assert (await results.stamps())["/srv/a.py"].digest == "new"


async def test_a_forgotten_file_is_forgotten(path: Path) -> None:
    await filled(path)
    async with opened(path) as (results, _):
        results.forget(["/srv/a.py", "/srv/never.py"])
        assert await results.stamps() == {}
        await results.flush()
        assert await results.stamps() == {}
        results.stamp({"/srv/a.py": STAMP})
        assert await results.stamps() == {"/srv/a.py": STAMP}


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("asked", [0, 1, 499, 500, 900])
async def test_only_the_stamps_asked_for(path: Path, asked: int, written: bool) -> None:
    everything = {f"/srv/{n}.py": STAMP for n in range(1_000)}
    async with opened(path) as (results, _):
        results.stamp(everything)
        if written:
            await results.flush()
        paths = list(everything)[:asked]
        assert await results.stamps([*paths, "/srv/never.py"]) == dict.fromkeys(paths, STAMP)
        assert await results.stamps(paths) == dict.fromkeys(paths, STAMP)


async def test_a_few_stamps_are_looked_up_by_their_paths(path: Path) -> None:
    """A file's scan costs the same however many files are known."""
    asked: list[str] = []
    async with opened(path) as (results, database):
        results.stamp({"/srv/a.py": STAMP, "/srv/b.py": STAMP})
        await results.flush()

        def trace(connection: sqlite3.Connection) -> None:
            connection.set_trace_callback(asked.append)

        await database.run(trace)
        assert await results.stamps(["/srv/a.py"]) == {"/srv/a.py": STAMP}
    assert any("FROM files WHERE path IN" in statement for statement in asked)


async def test_files_that_a_scan_did_not_meet_are_forgotten(path: Path) -> None:
    kept = ["/srv/a.py", "/srv-too/b.py", "/other/c.py"]
    async with opened(path) as (results, _):
        results.stamp(dict.fromkeys([*kept, "/srv/gone.py", "/srv/old/gone.py"], STAMP))
        await results.flush()
        results.stamp({"/srv/new-and-gone.py": STAMP})
        await results.forget_unseen(Path("/srv"), ["/srv/a.py"])
    async with opened(path) as (results, _):
        assert await results.stamps() == dict.fromkeys(kept, STAMP)


async def test_paths_that_are_no_unicode(path: Path) -> None:
    odd = {os.fsdecode(b"/srv/\xff\n'\".py"): STAMP, "/srv/\U0001f600.py": STAMP}
    async with opened(path) as (results, _):
        results.stamp(odd)
    async with opened(path) as (results, _):
        assert await results.stamps() == odd
        assert results.problem == ""


async def test_results_that_nobody_asks_for_go(path: Path) -> None:
    await filled(path)
    old = time.time() - 31 * 86_400
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE results SET used = ? WHERE key < 'key5'", (old,))
    async with opened(path) as (results, _):
        await results.get([key for key in REPORTS if key < "key3"])
    kept = {key for key in REPORTS if key < "key3" or key >= "key5"}
    async with opened(path) as (results, _):
        assert set(await results.get(list(REPORTS))) == kept


async def test_only_the_owner_can_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        async with opened(path) as (results, _):
            results.put(REPORTS)
            await results.flush()
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    kept = ("results.db", "results.db-wal", "results.db-shm", "results.lock")
    assert modes == dict.fromkeys(kept, 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


# ── a database that is broken ───────────────────────────────────────────────────────────────────

PAGE = 4096


def break_all(path: Path) -> None:
    path.write_bytes(b"this is no database, and never was" * 200)


def break_head(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * 100)


def break_schema(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (PAGE - 100))


def break_tables(path: Path) -> None:
    """Its head is whole: it shows only when it is read."""
    pages = path.stat().st_size // PAGE
    with path.open("r+b") as file:
        for page in range(1, pages):
            file.seek(page * PAGE)
            file.write(os.urandom(PAGE))


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [break_all, break_head, break_schema, break_tables, cut_off])
async def test_a_broken_database_is_moved_aside_and_reported(path: Path, damage: object) -> None:
    await filled(path)
    assert callable(damage)
    damage(path)
    broken = path.read_bytes()
    async with opened(path) as (results, database):
        await results.get(list(REPORTS))
        await results.stamps()
        results.put({"key": "report"})
        await results.flush()
        assert await results.get(["key"]) == {"key": "report"}
        assert "corrupt" in database.problem
        (aside,) = path.parent.glob("results.corrupt-*[0-9]")
        assert str(aside) in database.problem
    assert aside.read_bytes() == broken, "nothing is thrown away"
    assert await is_usable(path)


async def test_it_breaks_while_it_is_open(path: Path) -> None:
    async with opened(path) as (results, database):
        results.put(REPORTS)
        await results.flush()
        await database.run(lambda c: c.execute("SELECT count(*) FROM results").fetchone())
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        break_tables(path)
        await database.run(lambda c: c.execute("PRAGMA shrink_memory"))
        results.put({"another": "report"})
        await results.flush()
        await results.get(list(REPORTS))
        results.put({"key": "report"})
        await results.flush()
        assert await results.get(["key"]) == {"key": "report"}
    assert await is_usable(path)


async def test_an_empty_file_is_a_new_database(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert await is_usable(path)


async def test_a_newer_database_is_left_alone(path: Path) -> None:
    await filled(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
        other.execute("PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    async with opened(path) as (results, database):
        results.put({"key": "report"})
        await results.flush()
        assert await results.get(["key", "key1"]) == {"key": "report"}, "in memory, meanwhile"
        assert "newer" in database.problem
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
    assert path.read_bytes() == before


# ── a disk that does not take it ────────────────────────────────────────────────────────────────


async def works_without_keeping(path: Path) -> str:
    """What it complains of; results are there as long as it is."""
    async with opened(path) as (results, database):
        results.put({"key": "report"})
        results.stamp({"/srv/a.py": STAMP})
        assert await results.get(["key"]) == {"key": "report"}
        await results.flush()
        await results.stamps()
        return database.problem or results.problem


async def test_a_folder_where_the_file_should_be(path: Path) -> None:
    path.mkdir(parents=True)
    assert "results are not kept" in await works_without_keeping(path)


async def test_a_file_where_the_folder_should_be(path: Path) -> None:
    path.parent.touch()
    assert "results are not kept" in await works_without_keeping(path)


READ_ONLY = """
import asyncio, sys
from pathlib import Path
from tests.core.test_store import works_without_keeping
print(asyncio.run(works_without_keeping(Path(sys.argv[1]))))
"""


def elsewhere(code: str, path: Path, rootdir: Path, *prefix: str) -> subprocess.Popen[str]:
    command = [*prefix, sys.executable, "-c", code, str(path)]
    return subprocess.Popen(command, cwd=rootdir, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("shut", ["folder", "file", "both"])
async def test_it_is_read_only(shut: str, path: Path, pytestconfig: pytest.Config) -> None:
    await filled(path)
    if shut != "folder":
        path.chmod(0o400)
    if shut != "file":
        path.parent.chmod(0o500)
    with elsewhere(READ_ONLY, path, pytestconfig.rootpath, *AS_A_USER) as other:
        answer, _ = other.communicate()
    path.parent.chmod(0o700)
    assert other.returncode == 0
    assert "results are not kept" in answer
    assert "readonly" in answer or "Permission denied" in answer or "unable to open" in answer
    path.chmod(0o600)
    async with opened(path) as (results, database):
        assert await results.get(list(REPORTS)) == REPORTS
        assert database.problem == ""


FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from tests.core.test_store import REPORTS, opened

async def main(path):
    async with opened(path) as (results, database):
        results.put({"small": "report"})
        await results.flush()
        limit = path.with_name(path.name + "-wal").stat().st_size + 4096
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        results.put(REPORTS)
        await results.flush()
        full = results.problem
        assert await results.get(["small"]) == {"small": "report"}, "what is kept can be read"
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        results.put({"later": "report"})
        await results.flush()
        print(full, "|", results.problem or database.problem or "well again")

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
asyncio.run(main(Path(sys.argv[1])))
"""


async def test_the_disk_is_full(path: Path, pytestconfig: pytest.Config) -> None:
    with elsewhere(FULL, path, pytestconfig.rootpath) as other:
        answer, _ = other.communicate()
    assert other.returncode == 0
    full, _, later = answer.partition(" | ")
    assert "results are not kept" in full
    assert "full" in full or "I/O" in full
    assert later == "well again\n"
    async with opened(path) as (results, database):
        everything = ["small", "later", *REPORTS]
        assert set(await results.get(everything)) == set(everything), "it was tried again"
        assert database.problem == ""


async def test_what_waits_for_the_disk_is_bounded(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_, "_MOST_WAITING", 100)
    async with opened(path) as (results, database):
        await database.run(lambda c: c.execute("PRAGMA query_only = 1"))
        results.put(REPORTS)
        results.stamp({"/srv/a.py": STAMP})
        await results.flush()
        assert "results are not kept" in results.problem
        await database.run(lambda c: c.execute("PRAGMA query_only = 0"))
    async with opened(path) as (results, _):
        assert list(await results.get(list(REPORTS))) == list(REPORTS)[-100:]
        assert await results.stamps() == {"/srv/a.py": STAMP}


async def test_what_no_disk_can_take_is_not_tried_for_ever(path: Path) -> None:
    async with opened(path) as (results, _):
        results.stamp({"/srv/a.py": STAMP._replace(inode=1 << 64)})
        await results.flush()
        assert "results are not kept" in results.problem
        results.put({"key": "report"})
        await results.flush()
        assert results.problem == ""
    assert await is_usable(path)


# ── closing ─────────────────────────────────────────────────────────────────────────────────────


async def test_closing_waits_for_what_is_being_written(path: Path) -> None:
    """The timed write has taken the batch, and the disk is not ready for it yet."""
    async with opened(path) as (results, database):
        busy = threading.Event()
        blocker = asyncio.create_task(database.run(lambda _: busy.wait(10)))
        await asyncio.sleep(0)
        results.put({"key": "report"})
        assert await until(lambda: not results._reports)
        closing = asyncio.create_task(results.close())
        for _ in range(3):
            await asyncio.sleep(0)
        busy.set()
        await asyncio.gather(blocker, closing)
    async with opened(path) as (results, _):
        assert await results.get(["key"]) == {"key": "report"}


async def test_closing_does_not_wait_for_the_next_attempt(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_, "_FLUSH_SECONDS", 600.0)
    async with opened(path) as (results, _):
        results.put({"key": "report"})
        await asyncio.sleep(0)
        await asyncio.wait_for(results.close(), 10)
    assert await is_usable(path)


async def test_after_closing_nothing_is_known_and_nothing_is_taken(path: Path) -> None:
    await filled(path)
    async with opened(path) as (results, _):
        await results.close()
        results.put({"late": "report"})
        results.stamp({"/srv/late.py": STAMP})
        results.forget(["/srv/a.py"])
        await results.forget_unseen(Path("/srv"), [])
        await results.flush()
        assert await results.get(["key1", "late"]) == {}
        assert await results.stamps() == await results.stamps(["/srv/a.py"]) == {}
        assert results.problem == ""
    async with opened(path) as (results, _):
        assert await results.stamps() == {"/srv/a.py": STAMP}
        assert await results.get(["late"]) == {}


async def test_a_database_that_was_closed_says_so(path: Path) -> None:
    """Whoever asks too late is told, and does not wait for ever."""
    database = Database(path, RESULTS)
    asked = asyncio.create_task(database.run(lambda _: "in time"))
    await asyncio.sleep(0)
    ending = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    for late in (database.run(lambda _: "late"), database.compact()):
        with pytest.raises(Closed, match="was closed"):
            await asyncio.wait_for(late, 10)
    await ending
    assert await asked == "in time"


# ── several processes ───────────────────────────────────────────────────────────────────────────

SEVERAL = """
import asyncio, sys
from pathlib import Path
from tests.core.test_store import STAMP, opened

async def main(path, name):
    print("ready", flush=True)
    sys.stdin.read()
    async with opened(path) as (results, database):
        for n in range(40):
            results.put({f"{name}{n}": "report" * 100})
            results.stamp({f"/{name}/{n}.py": STAMP})
            await results.flush()
        found = await results.get([f"{name}{n}" for n in range(40)])
        print(len(found), database.problem, results.problem)

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


async def test_several_processes_share_it(path: Path, pytestconfig: pytest.Config) -> None:
    """They make it together, too: nobody finds it half made."""
    others = [
        subprocess.Popen(
            [sys.executable, "-c", SEVERAL, str(path), name],
            cwd=pytestconfig.rootpath,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b", "c", "d")
    ]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
    for other in others:
        assert other.stdin is not None
        other.stdin.close()
        other.stdin = None
    answers = [other.communicate()[0] for other in others]
    assert answers == ["40  \n"] * 4
    async with opened(path) as (results, database):
        assert len(await results.stamps()) == 160
        assert database.problem == ""


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.core.test_store import opened

async def main(path):
    async with opened(path) as (results, _):
        for n in range(100_000):
            results.put({f"key{n}": "report" * 1000})
            await results.flush()
            print(n, flush=True)

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_kill_loses_nothing_that_was_flushed(
    path: Path, pytestconfig: pytest.Config
) -> None:
    with elsewhere(KILLED, path, pytestconfig.rootpath) as other:
        assert other.stdout is not None
        last = 0
        while last < 50:
            last = int(other.stdout.readline())
        other.send_signal(signal.SIGKILL)
    async with opened(path) as (results, database):
        keys = [f"key{n}" for n in range(last + 1)]
        assert set(await results.get(keys)) == set(keys)
        assert database.problem == ""


async def test_another_process_does_not_let_go_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stopped: work goes on, and results are kept again as soon as it lets go."""
    monkeypatch.setattr(database_, "LOCK_SECONDS", 0.1)
    await filled(path)
    with locked(path.with_suffix(".lock"), 0):
        assert "results.lock is held by another process" in await works_without_keeping(path)
    assert await is_usable(path)


async def test_another_process_holds_it_for_a_while(path: Path) -> None:
    """The loop goes on meanwhile, and nothing is lost."""
    await filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with opened(path) as (results, database):
            results.put({"key": "report"})
            flushing = asyncio.create_task(results.flush())
            for _ in range(3):
                await asyncio.to_thread(lambda: None)
            assert not flushing.done()
            other.execute("ROLLBACK")
            await flushing
            assert await results.get(["key"]) == {"key": "report"}
            assert results.problem == database.problem == ""


LEAVES = """\
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT * FROM sqlite_master").fetchall()
connection.close()
"""


async def test_what_is_written_after_another_process_left_is_kept(path: Path) -> None:
    """Where this one has it open twice: SQLite's locks on it are those of the process."""
    one, other = Database(path, RESULTS), Database(path, RESULTS)
    create = "CREATE TABLE more (number INTEGER)"
    await one.run(lambda c: c.execute(create), write=True)
    await other.run(lambda c: c.execute("SELECT * FROM more").fetchall())
    command = (sys.executable, "-P", "-c", LEAVES, str(path))
    await asyncio.to_thread(subprocess.run, command, check=True)
    await one.run(lambda c: c.execute("INSERT INTO more VALUES (7)"), write=True)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM more").fetchall() == [(7,)]
    await one.close()
    await other.close()
