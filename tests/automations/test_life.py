"""What is offered, dismissed, active, disabled and proposed for retirement; whoever learns beside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from understudy.app.trials import Tried
from understudy.store.activity import Activity, Did
from understudy.store.automations import Automation, Execution, Purpose, State

from .world import DAY, World, script, world


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


def automation(number: int, state: State = State.TRIED, **more: Any) -> Automation:
    values: dict[str, Any] = {"score": 0.95, "high": 10.0, "a_week": 1.0, **more}
    template = values.pop("template", "file_operations")
    return Automation(
        f"id-{number}", f"own-{number}", state, f"own {number}", template, 0.0, **values
    )


async def add(here: World, *automations: Automation) -> None:
    for each in automations:
        assert await here.learned.store.put(each)
    await here.learned.load()


async def tasks(here: World, count: int) -> None:
    for number in range(count):
        here.now += 60
        await here.learned.note([Activity(here.now, Did.SAVED, f"f{number}.py", "s")])


def offered(here: World) -> int:
    return sum(each.state is State.OFFERED for each in here.learned.automations)


async def test_never_more_is_offered_than_the_budget_has(here: World) -> None:
    """Whenever each was made, also after a restart, and after all was forgotten."""
    here.set(offers_per_hundred=2)
    await add(here, *(automation(number) for number in range(20)))
    await tasks(here, 1)
    await here.cycle()
    assert offered(here) == 1
    for _ in range(4):
        await here.restart()
        await here.cycle()
    assert offered(here) == 1
    await tasks(here, 100)
    for _ in range(4):
        await here.cycle()
    assert offered(here) == 2
    await here.learned.log.forget()
    await tasks(here, 1)
    await here.cycle()
    assert offered(here) == 2


async def test_a_low_score_is_only_listed(here: World) -> None:
    await add(here, automation(1, score=0.69), automation(2, score=0.95))
    await tasks(here, 1)
    await here.cycle()
    states = {each.name: each.state for each in here.learned.automations}
    assert states == {"own-1": State.TRIED, "own-2": State.OFFERED}
    assert "own 1" in here.learned.page()


async def test_one_that_is_dismissed_comes_back_ever_later(here: World) -> None:
    await here.past()
    await here.cycle()
    path = str(here.root / "src/shop/new.py")
    for days in (1, 7, 30):
        assert len(here.learned.offers(path)) == 1
        await here.learned.dismiss(await here.found(), never=False)
        await here.restart()
        await here.learned.load()
        here.now += (days - 0.1) * DAY
        assert here.learned.offers(path) == []
        here.now += 0.2 * DAY
    await here.learned.dismiss(await here.found(), never=False)
    found = await here.found()
    assert (found.state, found.why) == (State.RETIRED, "you did not want it")


async def test_never_is_for_good(here: World) -> None:
    """Also when it is found again with another count, and after all was forgotten."""
    await here.past()
    await here.cycle()
    await here.learned.dismiss(await here.found(), never=True)
    await here.past("refund", "tax")
    await here.restart()
    await here.cycle()
    assert here.learned.patterns[0].count == 7
    assert (await here.found()).state is State.RETIRED
    await here.learned.log.forget()
    await here.past("price", "stock", "label", "parcel", "return_")
    await here.cycle()
    assert here.learned.patterns[0].count == 5
    assert (await here.found()).state is State.RETIRED
    assert here.learned.offers(str(here.root / "src/shop/new.py")) == []


async def test_the_least_useful_are_proposed_for_retirement(here: World) -> None:
    await here.past()
    await here.cycle()
    kept = await here.learned.accept(await here.found())
    source = (here.scripts / f"{kept.name}.py").read_text()
    for number in range(3):
        here.write(f"own-{number}", source)
    more = (
        automation(n, State.ACTIVE, script=kept.script, high=kept.high * (2 + n) * 100)
        for n in range(3)
    )
    await add(here, *more)
    here.set(max_active=2)
    told = await here.cycle()
    states = {each.name: each.state for each in here.learned.automations}
    assert states == {
        kept.name: State.DISABLED,
        "own-0": State.DISABLED,
        "own-1": State.ACTIVE,
        "own-2": State.ACTIVE,
    }
    assert told.count("is proposed for retirement: of more than 2 that were active") == 2
    assert here.learned.page().count("proposed for retirement") == 2


def run(id_: str, at: float, status: str = "failed", **more: Any) -> Execution:
    return Execution(id_, at, "{}", status, 1.0, **more)


async def accepted(here: World) -> Automation:
    await here.past()
    await here.cycle()
    await here.learned.accept(await here.found())
    return await here.found()


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        (["failed"] * 3, "its last 3 runs failed or were undone"),
        (["clean", "failed", "failed"], ""),
        (["failed", "failed", "clean"], ""),
        (["failed", "clean", "failed", "clean", "clean"], "3 of 5 runs succeeded"),
        (["failed", "clean", "clean", "clean", "clean"], ""),
    ],
)
async def test_who_fails_too_often_is_disabled(here: World, runs: list[str], why: str) -> None:
    active = await accepted(here)
    for status in runs:
        here.now += 60
        await here.learned.store.ran(run(active.id, here.now, status))
    await here.cycle()
    found = await here.found()
    assert found.why.startswith(why)
    assert bool(found.why) is bool(why)
    assert (found.state is State.DISABLED) is bool(why)


async def test_try_again_forgives(here: World) -> None:
    active = await accepted(here)
    for _ in range(3):
        here.now += 60
        await here.learned.store.ran(run(active.id, here.now))
    await here.cycle()
    here.now += 60
    assert (await here.learned.accept(await here.found())).state is State.ACTIVE
    await here.cycle()
    assert (await here.found()).state is State.ACTIVE
    assert here.learned.record(active).runs == 3
    for _ in range(3):
        here.now += 60
        await here.learned.store.ran(run(active.id, here.now))
    await here.cycle()
    assert (await here.found()).state is State.DISABLED


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("purpose", Purpose)
async def test_what_is_run_in_which_state(here: World, state: State, purpose: Purpose) -> None:
    """What its user has not accepted is only looked at."""
    here.write("own", script("Path('out').write_text('x')", write=["out"]))
    await here.cycle()
    tried = await here.found()
    assert await here.learned.store.put(replace(tried, state=state, why="a reason"), tried)
    found, able = await here.found(), {State.ACTIVE}
    able |= {State.TRIED, State.OFFERED} if purpose is Purpose.PREVIEW else set()
    assert len(await here.learned.runnable(purpose)) == (state in able)
    if state not in able:
        with pytest.raises(ValueError, match=r"^own (is|was) .*`understudy automations \w+ own`"):
            await here.learned.ready(found, {}, here.machine, purpose)
        return
    ready = await here.learned.ready(found, {}, here.machine, purpose)
    trial = await here.run(ready.trial.argv, ready.trial.policy, None)
    await here.learned.ran(ready, Tried(here.root, here.now, ready.trial.argv, trial))
    (kept,) = await here.learned.store.executions()
    assert (kept.status, kept.purpose) == ("clean", purpose)


async def test_a_run_that_changes_nothing_saves_nothing(here: World) -> None:
    active = await accepted(here)
    given = {"file": "src/shop/new.py"}
    ready = await here.learned.ready(active, given, here.machine, Purpose.PREVIEW)
    trial = await here.run(ready.trial.argv, ready.trial.policy, None)
    tried = Tried(here.root, here.now, ready.trial.argv, trial)
    number = await here.learned.ran(ready, tried)
    await here.learned.applied(number, ready, 0)
    (kept,) = await here.learned.store.executions()
    assert (kept.purpose, kept.applied, kept.high) == (Purpose.PREVIEW, False, 0.0)
    assert here.learned.record(active).runs == 0
    await here.learned.applied(number, ready, 7)
    (kept,) = await here.learned.store.executions()
    assert (kept.purpose, kept.applied, kept.high) == (Purpose.RUN, True, active.high)
    assert here.learned.record(active).saved.high == active.high > 0


async def test_two_editors_learn_at_the_same_time(here: World, tmp_path: Path) -> None:
    await here.past()
    async with world(tmp_path, here.workspace.state) as other:
        other.now = here.now
        await asyncio.gather(here.cycle(), other.cycle())
        assert (await here.found()) == (await other.found())
        one, two = await here.found(), await other.found()
        assert one.state in (State.TRIED, State.OFFERED)
        await here.cycle()
        one = await here.found()
        done = await asyncio.gather(
            here.learned.accept(one), other.learned.accept(two), return_exceptions=True
        )
        assert sum(isinstance(each, Automation) for each in done) == 1
        active = await here.found()
        assert active.state is State.ACTIVE
        ready = await here.learned.ready(active, {"file": "src/shop/new.py"}, here.machine)
        await other.learned.load()
        await other.learned.remove(active)
        trial = await here.run(ready.trial.argv, ready.trial.policy, None)
        await here.learned.ran(ready, Tried(here.root, here.now, ready.trial.argv, trial))
        assert not trial.is_clean
        await asyncio.gather(here.cycle(), other.cycle())
        found = await here.found()
        assert (found.state, found.why) == (State.RETIRED, "you removed it")


async def test_what_was_said_in_another_editor_stands(here: World, tmp_path: Path) -> None:
    """Also while a trial is under way that began before."""
    await here.past()
    await here.cycle()
    before = await here.found()
    async with world(tmp_path, here.workspace.state) as other:
        await other.learned.dismiss(await other.found(), never=True)
        tested = await here.learned.test(before)
        assert tested.state is State.OFFERED
        assert (await here.found()).state is State.RETIRED
        with pytest.raises(ValueError, match="was changed meanwhile"):
            await here.learned.accept(before)
        assert (await here.found()).state is State.RETIRED
