"""The log of what the developer did, in a real file: bounded, paused, forgotten, without secrets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from understudy.findings.redact_text import SECRET
from understudy.store.activity import ACTIVITY, FILE, Activity, Did, Log
from understudy.store.database import Database

from ..unit.test_redact_text import missed
from ..unit.unseen_commands import every_secret_command, only_secrets


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Log]:
    database = Database(folder / FILE, ACTIVITY)
    try:
        yield Log(database)
    finally:
        await database.close()


def commands(texts: Iterable[str], at: float = 0.0) -> list[Activity]:
    return [Activity(at + n, Did.COMMAND, text) for n, text in enumerate(texts)]


def texts(found: Iterable[Activity]) -> list[str]:
    return [each.text for each in found]


def bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


FULL = Activity(
    12.5, Did.MOVED, "b.py", "editor 1", "src", "a.py", 0.25, ok=False, detail='{"a": 1}'
)


async def test_what_is_added_is_found_again(tmp_path: Path) -> None:
    bare = Activity(13.0, Did.SAVED, "b.py")
    async with opened(tmp_path) as log:
        await log.add([FULL, bare], 10)
    async with opened(tmp_path) as log:
        assert await log.all() == [replace(FULL, id=1), replace(bare, id=2)]
        assert await log.after(1) == [replace(bare, id=2)]
        assert await log.all(since=13.0) == [replace(bare, id=2)]
        assert await log.all(most=1) == [replace(bare, id=2)]


async def test_the_last_by_time_are_kept(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        await log.add(commands("abc", at=100.0), 3)
        await log.add(commands("xyz", at=1.0), 3)
        assert texts(await log.all()) == ["a", "b", "c"]
        await log.add(commands("d", at=200.0), 3)
        assert texts(await log.all()) == ["b", "c", "d"]


async def test_nothing_is_added_while_it_is_paused(tmp_path: Path) -> None:
    async with opened(tmp_path) as log, opened(tmp_path) as other:
        assert not await log.paused()
        await log.pause(True)
        await log.pause(True)
        assert await other.paused()
        await other.add(commands("ab"), 10)
        assert await other.all() == []
        await other.pause(False)
        await log.add(commands("c"), 10)
        assert texts(await log.all()) == ["c"]


async def test_what_is_forgotten_is_in_no_file(tmp_path: Path) -> None:
    kept, gone = ([f"{word} number {n}" for n in range(500)] for word in ("stays", "leaves"))
    async with opened(tmp_path) as log, opened(tmp_path) as other:
        await log.add(commands(kept) + commands(gone, at=1_000.0), 10_000)
        assert await other.all()
        assert b"leaves" in bytes_in(tmp_path)
        assert await log.forget(1_000.0) == 500
        assert texts(await other.all()) == kept
        assert b"leaves" not in bytes_in(tmp_path)
        assert await log.forget() == 500
        assert b"stays" not in bytes_in(tmp_path)
        await log.add(commands("n"), 10)
        assert [each.id for each in await log.all()] == [1_001]


async def test_what_is_pushed_out_is_overwritten(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        await log.add(commands(["leaves this file"]), 10)
        await log.add(commands("abcdefghij", at=10.0), 10)
    assert b"leaves" not in bytes_in(tmp_path)


@pytest.mark.parametrize("field", ["text", "session", "cwd", "old", "detail"])
async def test_every_text_is_redacted(tmp_path: Path, field: str) -> None:
    texts: dict[str, Any] = {field: "x --password=swordfish y"}
    given = replace(Activity(1.0, Did.COMMAND, "ls"), **texts)
    async with opened(tmp_path) as log:
        await log.add([given], 10)
        (found,) = await log.all()
        assert getattr(found, field) == f"x --password={SECRET} y"
    assert b"swordfish" not in bytes_in(tmp_path)


async def test_the_hash_of_a_commit_stays(tmp_path: Path) -> None:
    commit = "3f786850e387550fdab836ed7e6dc881de23001b"
    async with opened(tmp_path) as log:
        await log.add([Activity(1.0, Did.COMMITTED, "Add it", old=commit)], 10)
        assert [each.old for each in await log.all()] == [commit]


async def test_no_secret_of_the_list_is_in_the_files(tmp_path: Path) -> None:
    """But those that are not recognised: what they are is told where recognition is tested."""
    listed = [each for each in every_secret_command() if not missed([each])]
    secrets = only_secrets(listed)
    assert len(listed) > 2_500
    assert len(secrets) > 1_000
    async with opened(tmp_path) as log:
        await log.add(commands(each.text for each in listed), 10_000)
        for _ in range(2):
            kept = bytes_in(tmp_path)
            assert not [each for each in secrets if each.encode() in kept]
            await log.forget(100.0)
