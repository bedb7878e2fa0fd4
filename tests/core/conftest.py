"""Fixtures of the core: a runner with real processes, and that nothing outlives a test."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from understudy.runner.execute import Runner

from .support import started_here

os.environ["KF_RULE_CACHE_DIR"] = str(Path(__file__).parents[2] / ".cache/kingfisher")
"""Where the real Kingfisher keeps its rules as it compiled them, which takes ten seconds."""


@pytest.fixture
def nothing_is_left() -> Iterator[None]:
    """Whatever the test starts is gone when it ends."""
    before = started_here()
    yield
    left = started_here() - before
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


@pytest.fixture
async def runner() -> AsyncIterator[Runner]:
    runner = Runner()
    yield runner
    await runner.close()
