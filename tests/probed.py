"""Which level this machine forms, found once: what is tested elsewhere begins with that known. That
it is found, and when anew, is the matter of ``core/test_sandbox_probe.py``."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from understudy.runner.execute import Runner
from understudy.sandbox.probe import probe

_KEPT = "sandbox.json"


def know_the_machine(state: Path) -> None:
    """Put the answer of the probe into a state folder, which is made where there is none."""
    state.mkdir(mode=0o700, exist_ok=True)
    (state / _KEPT).touch(0o600)
    (state / _KEPT).write_bytes(_answer())


@cache
def _answer() -> bytes:
    """In a thread of its own, as a test may have a loop in this one."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _ask(Path(folder))).result()
        return Path(folder, _KEPT).read_bytes()


async def _ask(folder: Path) -> None:
    runner = Runner()
    try:
        await probe(runner, folder)
    finally:
        await runner.close()
