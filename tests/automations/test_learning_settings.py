"""Each setting of what is learned does something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from unittest.mock import AsyncMock, Mock, patch

import pytest

from understudy.app.learning.learning import Learning
from understudy.app.recorded import record
from understudy.settings.learning import Activity as ActivitySettings
from understudy.settings.learning import Automations
from understudy.state import workspace_dir
from understudy.store.activity import Activity, Did
from understudy.store.automations import Execution, State
from understudy.trust import Trust

from .world import World, script, world


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


def note(here: World, **changes: object) -> None:
    settings = here.workspace.settings
    here.workspace.settings = settings._replace(activity=settings.activity._replace(**changes))


async def kept(here: World) -> int:
    saved = (Activity(here.now + n, Did.SAVED, f"f{n}.py", "s") for n in range(150))
    await here.learned.watching.note(saved)
    return len(await here.learned.log.all())


async def enabled(here: World) -> object:
    return await kept(here)


async def max_tasks(here: World) -> object:
    return await kept(here)


async def terminal(here: World) -> object:
    is_on = here.workspace.settings.activity.terminal
    (here.root / ".understudy").mkdir()
    config = f"activity: {{terminal: {str(is_on).lower()}}}\n"
    (here.root / ".understudy/config.yaml").write_text(config)
    workspace_dir(here.root, here.workspace.state)
    Trust(here.workspace.state).decide(here.root, trusted=True)
    with patch.dict("os.environ", UNDERSTUDY_STATE_DIR=str(here.workspace.state)):
        return await asyncio.to_thread(record, "make", here.root, at=here.now, session="s")


async def learns(here: World) -> object:
    await here.past()
    await here.cycle()
    return [each.state for each in here.learned.automations], len(here.learned.patterns)


async def is_preferred(here: World) -> object:
    await here.past()
    await here.cycle()
    await here.learned.accept(await here.found())
    await here.learned.store.ran(Execution((await here.found()).id, here.now, "{}", "clean", 1.0))
    await here.learned.load()
    (offer,) = await here.learned.offers(str(here.root / "src/shop/new.py"))
    return offer.preferred


async def still_active(here: World, *statuses: str) -> object:
    for name in ("one", "two"):
        here.write(name, script("pass"))
    await here.cycle()
    for each in here.learned.automations:
        await here.learned.accept(each)
        for status in statuses:
            here.now += 1
            await here.learned.store.ran(Execution(each.id, here.now, "{}", status, 1.0))
    await here.cycle()
    return sum(each.state is State.ACTIVE for each in here.learned.automations)


async def with_failures(here: World) -> object:
    return await still_active(here, "clean", "clean", "clean", "clean", "failed", "failed")


async def with_two_at_last(here: World) -> object:
    return await still_active(here, *["clean"] * 8, "failed", "failed")


def runs(body: str) -> Callable[[World], Awaitable[object]]:
    async def check(here: World) -> object:
        here.write("own", script(body, write=["out"]))
        await here.cycle()
        return (await here.found()).state

    return check


async def pauses(here: World) -> object:
    """Seconds between two cycles."""
    learning = Learning(Mock(), Mock(), Mock(), Mock(), Mock(return_value=None), Mock())
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            raise asyncio.CancelledError

    with (
        patch("understudy.app.learning.learning.why_not_now", return_value=""),
        patch.object(learning, "cycle", AsyncMock()),
        patch("understudy.app.learning.learning.asyncio.sleep", sleep),
        pytest.raises(asyncio.CancelledError),
    ):
        await learning._again_and_again(here.learned)
    return slept[1]


async def test_learning_now_tells_what_is_so(here: World) -> None:
    learning = Learning(Mock(), Mock(), Mock(), Mock(), Mock(), Mock())
    learning._learned[here.root] = here.learned
    assert await learning.learn() == ["Nothing new repeats so far."]
    with patch.object(here.learned, "load", side_effect=OSError("no luck")):
        assert await learning.learn() == [f"Nothing is learned in {here.root}: no luck."]
    here.set(enabled=False)
    (told,) = await learning.learn()
    assert told.endswith("automations.enabled is off in the settings.")


async def template(here: World) -> object:
    folder = here.root / "templates"
    folder.mkdir()
    (folder / "manifest.yaml").write_text(
        "templates:\n  - {name: mine, file: own.jinja, steps: [create]}\n"
    )
    (folder / "own.jinja").write_text('{% include "file_operations.jinja" %}')
    await here.past()
    await here.cycle()
    return (await here.found()).template


LONG = runs("import time\ntime.sleep(4)")
LARGE = runs("Path('out').write_bytes(bytes(3 << 20))")
GREEDY = runs("Path('out').write_text(str(len(bytearray(200 << 20))))")
FORKS = runs(
    "import signal\npids = [os.fork() for _ in range(5)]\nif 0 in pids:\n    signal.pause()\n"
    "for pid in pids:\n    os.kill(pid, signal.SIGKILL)"
)

OF_ACTIVITY = {
    "enabled": (enabled, True, False),
    "terminal": (terminal, True, False),
    "max_tasks": (max_tasks, 100, 10_000),
}
OF_AUTOMATIONS = {
    "enabled": (learns, True, False),
    "min_occurrences": (learns, 3, 6),
    "min_score": (learns, 0.7, 0.99),
    "preferred_score": (is_preferred, 0.5, 1.0),
    "offers_per_hundred": (learns, 1.0, 0.0),
    "max_active": (still_active, 1, 2),
    "min_success_rate": (with_failures, 0.5, 0.7),
    "max_failures": (with_two_at_last, 2, 3),
    "cycle_minutes": (pauses, 5, 10),
    "timeout_seconds": (LONG, 2, 60),
    "memory_mb": (GREEDY, 64, 1_024),
    "disk_mb": (LARGE, 1, 256),
    "processes": (FORKS, 4, 64),
    "templates": (template, "", "templates"),
}


def test_all_are_looked_at() -> None:
    assert set(OF_ACTIVITY) == set(ActivitySettings._fields)
    assert set(OF_AUTOMATIONS) == set(Automations._fields)


@pytest.mark.parametrize("name", OF_ACTIVITY)
async def test_settings_of_activity(here: World, tmp_path: Path, name: str) -> None:
    check, one, other = OF_ACTIVITY[name]
    note(here, **{name: one})
    first = await check(here)
    async with world(tmp_path / "other") as beside:
        note(beside, **{name: other})
        assert await check(beside) != first


@pytest.mark.parametrize("name", OF_AUTOMATIONS)
async def test_settings_of_automations(here: World, tmp_path: Path, name: str) -> None:
    check, one, other = OF_AUTOMATIONS[name]
    here.set(**{name: one})
    first = await check(here)
    async with world(tmp_path / "other") as beside:
        beside.set(**{name: other})
        assert await check(beside) != first
