"""Many short jobs: how many a second, and that nothing grows."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from understudy.runner.calls import Status
from understudy.runner.engine import Engine, Setting
from understudy.runner.execute import Runner
from understudy.runner.scheduler import Options
from understudy.runner.task import Context, Result, Task

from .support import resident, watching_the_loop

_WINDOW = 500


async def nothing(context: Context) -> Result:
    return Result()


async def through(folder: Path, count: int) -> tuple[float, float, int]:
    """Jobs a second (of this process's CPU time), the longest the loop was late, and by how much
    memory grew after the first tenth."""
    runner = Runner()
    engine = Engine(folder, [Task("nothing", nothing)], runner, Setting(Options(percent=100.0)))
    await engine.start()
    before, grown_from = time.process_time(), 0
    async with watching_the_loop() as late:
        for start in range(0, count, _WINDOW):
            ids = await asyncio.gather(
                *(engine.submit("nothing", {"n": n}) for n in range(start, start + _WINDOW))
            )
            records = await asyncio.gather(*map(engine.result, ids))
            assert {record.status for record in records} == {Status.DONE}
            if start <= count // 10:
                grown_from = resident()
    seconds = time.process_time() - before
    await engine.close()
    await runner.close()
    return count / seconds, late(), resident() - grown_from


@pytest.mark.alone
async def test_a_thousand_jobs(tmp_path: Path) -> None:
    a_second, late, _ = await through(tmp_path, 1_000)
    assert a_second >= 300, "of one processor; 500 a second are aimed at"
    assert late < 0.5


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_twenty_thousand_jobs(tmp_path: Path) -> None:
    a_second, late, grown = await through(tmp_path, 20_000)
    print(
        f"{a_second:.0f} jobs a second, the loop {late * 1_000:.0f} ms late, {grown >> 20} MB more"
    )
    assert a_second >= 500
    assert late < 0.5
    assert grown < 20 << 20
