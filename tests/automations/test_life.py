"""What is offered, dismissed, active, disabled and proposed for retirement; whoever learns beside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from understudy.app.trials import Tried
from understudy.sandbox.trial import Status
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
    """Those that were tried with a script that is as it was then."""
    runs = here.learned.runs
    for each in automations:
        digest = each.script
        if each.state in {State.TRIED, State.OFFERED}:
            draft = runs.script_of(each)
            draft.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(script("pass"))
            digest = runs.read(each).digest
        assert await here.learned.store.put(replace(each, script=digest))
    await here.learned.load()


async def tasks(here: World, count: int) -> None:
    for number in range(count):
        here.now += 60
        done = Activity(here.now, Did.COMMAND, f"make part-{number}", f"s{number}")
        await here.learned.watching.note([done])


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


async def test_what_nothing_is_made_of_adds_nothing_to_the_budget(here: World) -> None:
    here.set(offers_per_hundred=2)
    await add(here, automation(1), automation(2))
    await here.cycle()
    assert offered(here) == 1
    for did in (Did.SAVED, Did.FIXED, Did.EDITOR):
        await here.learned.watching.note(
            Activity(here.now + n, did, f"f{n}.py") for n in range(200)
        )
    await here.cycle()
    assert offered(here) == 1
    await tasks(here, 100)
    await here.cycle()
    assert offered(here) == 2


async def test_all_kinds_have_one_budget(here: World) -> None:
    """Of which the last offer is for commands only where they are sure."""
    await add(
        here,
        automation(1, template="workflow", score=0.8),
        automation(2, template="workflow", score=0.95),
        automation(3, score=0.8),
    )
    await here.cycle()
    states = {each.name: each.state for each in here.learned.automations}
    assert states == {"own-1": State.TRIED, "own-2": State.OFFERED, "own-3": State.TRIED}


async def test_what_was_only_asked_is_offered_after_what_was_run(here: World) -> None:
    """However much it would save."""
    asked = automation(1, template="workflow", score=0.99, high=90.0, is_asked=True)
    await add(here, asked, automation(2, template="workflow", score=0.95))
    await here.cycle()
    assert [each.name for each in here.learned.automations] == ["own-1", "own-2"]
    assert [each.state for each in here.learned.automations] == [State.TRIED, State.OFFERED]
    await tasks(here, 400)
    await here.cycle()
    assert offered(here) == 2


async def test_an_automation_follows_its_pattern(here: World) -> None:
    """Also while it is being tried; what became unlikely is not offered any more."""
    await here.past()
    await here.cycle()
    before = await here.found()
    assert (before.seen, len(await here.learned.offers(str(here.root / "src/shop/new.py")))) == (
        5,
        1,
    )
    await here.past("refund", "tax")
    await here.cycle()
    after = await here.found()
    assert after.seen == 7
    assert after.score > before.score
    assert after.a_week != before.a_week
    assert await here.learned.store.put(replace(before, told="x"), before)
    for number in range(12):
        here.now += DAY
        alone = Activity(here.now, Did.CREATED, f"src/shop/alone{number}.py", "s")
        await here.learned.watching.note([alone])
    await here.cycle()
    unlikely = await here.found()
    assert unlikely.score < 0.7
    assert unlikely.state is State.OFFERED
    assert await here.learned.offers(str(here.root / "src/shop/new.py")) == []


async def test_only_what_came_since_is_read(here: World) -> None:
    """All is read anew where something was forgotten, much had to go, or something older came; what
    is found is always the same as from all that there is."""

    async def look() -> bool:
        """Whether it was read anew."""
        before = here.learned.grown
        await here.cycle()
        found, is_new = here.learned.patterns, here.learned.grown is not before
        here.learned.grown = None
        await here.cycle()
        assert here.learned.patterns == found
        return is_new

    here.set(offers_per_hundred=0.0)
    await here.past()
    assert await look()
    assert not await look()
    await here.past("refund")
    assert not await look()
    old = Activity(here.now - 3 * DAY, Did.COMMAND, "make", "import")
    await here.learned.log.add([old], 10_000)
    assert await look()
    await here.past("tax", "price")
    assert not await look()
    assert await here.learned.log.forget(here.now - DAY + 30) == 1
    assert await look()
    await here.learned.log.add([Activity(here.now, Did.SAVED, "x.py", "s")], 12)
    assert await look()


async def test_a_longer_one_is_not_made_of_what_is_active(here: World) -> None:
    async def week(*lines: str) -> None:
        for _ in range(7):
            here.now += DAY
            await here.learned.watching.note(
                Activity(here.now + n * 20, Did.COMMAND, line, f"s{here.now}", seconds=2.0)
                for n, line in enumerate(lines)
            )

    first, last = "touch made-by-hand-of-somebody.txt", "touch another-file-beside-it.txt"
    await week(first, last)
    await here.cycle()
    assert (await here.found()).state is not State.DISABLED
    await here.learned.accept(await here.found())
    await week(first, last, "mkdir -p what-comes-after-that")
    await here.cycle()
    assert (await here.found()).seen == 14


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
        assert len(await here.learned.offers(path)) == 1
        await here.learned.dismiss(await here.found(), never=False)
        await here.restart()
        await here.learned.load()
        here.now += (days - 0.1) * DAY
        assert await here.learned.offers(path) == []
        here.now += 0.2 * DAY
    await here.learned.dismiss(await here.found(), never=False)
    found = await here.found()
    assert (found.state, found.why) == (State.RETIRED, "you did not want it")


async def test_a_value_that_no_program_takes_is_told_of(here: World) -> None:
    await here.past()
    await here.cycle()
    found = await here.found()
    with pytest.raises(ValueError, match=r"the value of file is too long: .* 100,000 bytes"):
        await here.learned.ready(
            found, {"file": f"src/{'x' * 1_000_000}"}, here.machine, Purpose.PREVIEW
        )


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
    assert await here.learned.offers(str(here.root / "src/shop/new.py")) == []


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
        trial = await here.run(ready.trial.argv, ready.trial.policy, None)
        await other.learned.remove(active)
        await here.learned.ran(ready, Tried(here.root, here.now, ready.trial.argv, trial))
        assert trial.is_clean, trial.why
        again = await here.run(ready.trial.argv, ready.trial.policy, None)
        assert (again.status, again.why.rpartition(" is ")[2]) == (
            Status.REFUSED,
            "not there to be read",
        )
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
