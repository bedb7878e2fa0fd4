"""What runs short is told once, to who wants to know: in a service and in an editor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from understudy.app.chores.machine import Machine, levels_in
from understudy.app.chores.relief import Relieving
from understudy.app.notices.notices import notice_of_shortage
from understudy.checks.engine import Checks
from understudy.resources import CALM, Pressure, Sample
from understudy.resources.pressure import judge
from understudy.resources.use import Kind, Use
from understudy.runner.execute import Runner
from understudy.settings import Settings
from understudy.store.levels import Level

from .support import tree, until

MB = 1 << 20
DISK = Pressure("only 10 MiB are left on the disk of /", resource="disk", percent=99.0)


def used(free: int, kind: Kind = Kind.MEMORY) -> Use:
    """Megabytes of 10,000."""
    return Use(kind, str(kind), str(kind), (10_000 - free) * MB, 10_000 * MB)


@pytest.mark.parametrize(
    ("free", "before", "short"),
    [
        (250, "", ""),
        (199, "", "memory"),
        (249, "memory", "memory"),  # it has not recovered
        (250, "memory", ""),
        (249, "disk", ""),
    ],
)
def test_an_episode_lasts_until_it_has_recovered(free: int, before: str, short: str) -> None:
    found = judge([used(free)], Pressure(resource=before))
    assert found.resource == short
    assert found.shortage == (f"only {free} MiB of memory are left" if short else "")
    assert found.percent == (round(100 - free / 100, 1) if short else 0)


class Course:
    """Looks of which somebody knows what they will see: megabytes left of memory and of a disk."""

    def __init__(self, seen: list[tuple[int, int]]) -> None:
        self._ahead = iter(seen)

    def look(self, now: float, *, closely: bool = False) -> Sample:
        memory, disk = next(self._ahead)
        return Sample(now, (used(memory), used(disk, Kind.DISK)))


WELL, MEMORY, FULL = (5_000, 5_000), (100, 5_000), (5_000, 100)


@pytest.mark.parametrize(
    ("course", "heeded", "told"),
    [
        ([MEMORY, MEMORY, WELL, MEMORY], True, ["memory", "memory"]),
        ([WELL, FULL, MEMORY, FULL], True, ["disk", "memory", "disk"]),
        ([FULL, FULL, WELL], False, ["disk", "disk"]),  # until somebody takes it
    ],
)
async def test_each_episode_is_told_once(
    course: list[tuple[int, int]], heeded: bool, told: list[str]
) -> None:
    heard: list[str] = []

    def short(pressure: Pressure) -> bool:
        heard.append(pressure.resource)
        return heeded

    runner = Runner()
    relieving = Relieving(runner, Checks(runner), lambda: (), heard.append)
    own = Settings().resources
    machine = Machine(Course(course), lambda: own, short, relieving)
    for memory, disk in course:
        await machine.look()
        assert (machine.pressure == CALM) == (memory == disk)
    assert heard == told
    await runner.close()


async def test_whoever_does_not_want_it_is_told_nothing_any_more() -> None:
    runner, settings = Runner(), [Settings().resources]
    relieving = Relieving(runner, Checks(runner), lambda: (), lambda _: None)
    machine = Machine(Course([MEMORY] * 3), lambda: settings[0], lambda _: True, relieving)
    looked = asyncio.Event()
    running = asyncio.create_task(machine.run(looked.set))
    await looked.wait()
    assert machine.strain is not None
    running.cancel()
    settings[0] = Settings.of({"resources.enabled": False}).resources
    looked.clear()
    running = asyncio.create_task(machine.run(looked.set))
    await looked.wait()
    assert machine.strain is None
    assert not machine.conditions().pressure
    running.cancel()
    await runner.close()


async def test_no_work_waits_where_nothing_is_to_be_given_back() -> None:
    """It is told all the same that something runs short."""
    runner, settings = Runner(), [Settings().resources]
    relieving = Relieving(runner, Checks(runner), lambda: (), lambda _: None)
    machine = Machine(Course([MEMORY] * 2), lambda: settings[0], lambda _: True, relieving)
    await machine.look()
    assert machine.conditions().pressure
    settings[0] = Settings.of({"resources.relieve": False}).resources
    assert not machine.conditions().pressure
    await machine.look()
    assert machine.strain is not None
    await runner.close()


async def test_it_is_looked_by_one_at_a_time() -> None:
    """Also when somebody asks while it is looked anyway."""
    overlaps: list[bool] = []
    inside, two = threading.Lock(), threading.Barrier(2)

    class Slow(Course):
        def look(self, now: float, *, closely: bool = False) -> Sample:
            overlaps.append(not inside.acquire(blocking=False))
            with contextlib.suppress(threading.BrokenBarrierError):
                two.wait(0.2)  # for a second one, which must not come
            inside.release()
            return super().look(now, closely=closely)

    runner, own = Runner(), Settings().resources
    relieving = Relieving(runner, Checks(runner), lambda: (), lambda _: None)
    machine = Machine(Slow([WELL] * 2), lambda: own, lambda _: True, relieving)
    await asyncio.gather(machine.look(), machine.look(closely=True))
    assert overlaps == [False, False]
    await runner.close()


async def test_the_past_is_kept_by_minutes_for_a_day(tmp_path: Path) -> None:
    """By several processes at once, each minute once."""
    runner, own, now = Runner(), Settings().resources, [0.0]
    relieving = Relieving(runner, Checks(runner), lambda: (), lambda _: None)
    machines = [
        Machine(
            Course([WELL] * 10),
            lambda: own,
            lambda _: True,
            relieving,
            levels_in(tmp_path),
            lambda: now[0],
        )
        for _ in range(2)
    ]
    for at in (100.0, 110.0, 130.0, 90_000.0):
        now[0] = at
        for machine in machines:
            await machine.look()
    levels = levels_in(tmp_path)
    kept = await levels.since(0)
    await asyncio.gather(levels.close(), runner.close(), *(each.close() for each in machines))
    assert [(each.at, each.name) for each in kept] == [
        (90_000 // 60 * 60, "disk"),
        (90_000 // 60 * 60, "memory"),
    ]
    assert kept[1].used == 5_000 * MB


async def test_what_is_called_the_same_elsewhere_has_a_past_of_its_own(tmp_path: Path) -> None:
    """As the disk of the workspace, of workspaces that lie on different ones."""
    levels = levels_in(tmp_path)
    for limit in (10, 20, 10):
        await levels.keep([Level(60.0, "disk of the workspace", 5, limit)])
    kept = await levels.since(0)
    await levels.close()
    assert [each.limit for each in kept] == [10, 20]


async def test_what_was_kept_while_the_clock_was_wrong_goes(tmp_path: Path) -> None:
    levels, now = levels_in(tmp_path), 1_700_000_040.0
    for at in (now, now + 365 * 86_400, now + 60):
        await levels.keep([Level(at, "memory", 1, 2)])
    kept = await levels.since(0)
    await levels.close()
    assert [each.at for each in kept] == [now + 60]


def test_its_words_can_be_ones_own_and_it_can_be_switched_off() -> None:
    own = Settings.of({})
    notice = notice_of_shortage(DISK, own, 7.0)
    assert notice is not None
    assert (notice.title, notice.message) == (
        "disk runs short",
        "disk is at 99 %. only 10 MiB are left on the disk of /",
    )
    assert (
        notice_of_shortage(DISK, Settings.of({"notifications.highResourceUse": False}), 7) is None
    )


CONFIG = """
notifications:
  file: {{enabled: true, events: [highResourceUse], path: {path}}}
  templates:
    highResourceUse: {{title: "$resource!", message: "$percent: $why"}}
"""


async def test_a_service_tells_of_a_disk_that_is_almost_full(tmp_path: Path) -> None:
    """A small disk of its own, in a namespace of its own."""
    path, state = tmp_path / "told.jsonl", tmp_path / "state"
    state.mkdir()
    root = tree(tmp_path / "shop", {".understudy/config.yaml": CONFIG.format(path=path)})
    script = (
        'mount -t tmpfs -o size=50m none "$UNDERSTUDY_STATE_DIR"; "$@" trust .;'
        ' head -c 48M /dev/zero > "$UNDERSTUDY_STATE_DIR/full"; exec "$@" start'
    )
    with subprocess.Popen(
        [
            *("unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"),
            *(f"{script} --foreground", "sh", sys.executable, "-P", "-m", "understudy"),
        ],
        cwd=root,
        env={**os.environ, "UNDERSTUDY_STATE_DIR": str(state), "HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
    ) as service:
        try:
            await until(lambda: path.exists() and path.read_text())
        finally:
            service.terminate()
    (told,) = map(json.loads, path.read_text().splitlines())
    assert (told["event"], told["level"]) == ("highResourceUse", "warning")
    assert told["title"] == "disk of Understudy's own files!"
    assert "MiB of the disk of Understudy's own files are left" in told["message"]
