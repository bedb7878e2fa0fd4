"""Notices while the disk does not take what they become."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from understudy.app.notices import notices
from understudy.app.notices.channels import Channels
from understudy.app.notices.notices import Notices, Queued
from understudy.notifications.base import Event, Level, Notice
from understudy.settings import Settings

from .support import PATIENCE, until

SETTINGS = Settings.of({"notifications.console.enabled": True})
NOTICE = Notice("1", Event.TASK_COMPLETED, Level.CRITICAL, "tests completed", "")


class Disk:
    def __init__(self) -> None:
        self.full = True
        self.asked: list[Queued] = []
        self.taken: list[Queued] = []

    async def submit(self, queued: Queued) -> int:
        self.asked.append(queued)
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        self.taken.append(queued)
        return len(self.taken)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def told(disk: Disk, tmp_path: Path) -> Notices:
    channels = Channels(lambda: SETTINGS, tmp_path, tmp_path, {})
    return Notices(disk.submit, lambda: SETTINGS, channels, lambda: float("-inf"))


async def test_a_notice_waits_for_the_disk(
    disk: Disk, told: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_AGAIN_SECONDS", 0.01)
    assert told.take(NOTICE)
    await until(lambda: len(disk.asked) > 2)
    assert not told.is_idle
    disk.full = False
    await until(lambda: told.is_idle)
    assert [each.parameters["channel"] for each in disk.taken] == ["console"]
    await told.close()


async def test_a_full_disk_keeps_nothing_from_closing(disk: Disk, told: Notices) -> None:
    assert told.take(NOTICE)
    await until(lambda: disk.asked)
    await asyncio.wait_for(told.close(), PATIENCE / 10)
    assert told.is_idle
    assert not disk.taken
