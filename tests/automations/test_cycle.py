"""A cycle: what nothing can be made of starves nobody, one at a time, whatever goes wrong."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from understudy.app.learning import drafts
from understudy.app.learning.cycle import cycle
from understudy.app.learning.learning import Learning
from understudy.app.learning.listing import pattern_lines
from understudy.sandbox.levels import Machine
from understudy.sandbox.trial import Level
from understudy.state import take
from understudy.store.activity import Activity, Did
from understudy.store.automations import Answer, Automation, State

from .world import DAY, World, script, world


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def typed(here: World, *lines: str, times: int = 8) -> None:
    """The lines one after the other, in so many sessions."""
    for number in range(times):
        await here.learned.watching.note(
            [
                Activity(here.now + at * 20, Did.COMMAND, line, f"s{here.now}", seconds=1.0)
                for at, line in enumerate(lines)
            ]
        )
        here.now += DAY / times * (1 + number % 2)


# ── drafts ──────────────────────────────────────────────────────────────────────────────────────


async def test_of_what_no_script_can_be_made_is_listed_and_keeps_nobody_back(here: World) -> None:
    """More such patterns than are tried in one cycle, and each of more use than the last."""
    for number in range(5):
        await typed(here, f"'my tool{number}' check", f"make a-long-target-{number} b{number}c")
    await here.past()
    told = await here.cycle()
    assert (await here.found()).template == "file_operations"
    assert "No script" not in told
    unfit = [each for each in here.learned.patterns if each.why_not]
    assert len(unfit) == 5
    assert here.learned.patterns[0] in unfit
    settings = here.workspace.settings.automations
    for each in unfit:
        listed = "\n".join(pattern_lines(each, settings))
        assert "only listed: no script can be made of it: Which program" in listed


async def two_of_a_kind(here: World) -> None:
    for suffix in (".txt", ".cfg"):
        for name in ("cart", "order", "invoice", "voucher", "customer"):
            paths = f"in{suffix}/{name}{suffix}", f"tests/test_{name}.py"
            for path in paths:
                (here.root / path).parent.mkdir(parents=True, exist_ok=True)
                (here.root / path).write_text("x = 1\n")
            await here.learned.watching.note(
                [Activity(here.now + n, Did.CREATED, path, "s") for n, path in enumerate(paths)]
            )
            here.now += DAY


async def test_two_that_do_the_like_are_told_apart_by_a_number(here: World) -> None:
    await two_of_a_kind(here)
    await here.cycle()
    names = sorted(each.name for each in here.learned.automations)
    assert names == ["create-tests-test-py", "create-tests-test-py-2"]
    scripts = {here.learned.runs.source_of(each) for each in here.learned.automations}
    assert len(scripts) == 2


async def test_no_automation_takes_the_name_of_a_task(here: World) -> None:
    settings = here.workspace.settings
    tasks = settings.tasks._replace(custom={"create-tests-test-py": Mock()})
    here.workspace.settings = settings._replace(tasks=tasks)
    await here.past()
    await here.cycle()
    assert (await here.found()).name == "create-tests-test-py-2"


# ── trials ──────────────────────────────────────────────────────────────────────────────────────


async def test_each_gets_its_turn_where_nothing_can_be_tried(here: World) -> None:
    here.machine = Machine(Level.PARTIAL)
    for number in range(7):
        here.write(f"own-{number}", script("pass"))
    asked: list[str] = []
    for _ in range(3):
        here.now += 300
        told = await here.cycle()
        asked += [line.split()[0] for line in told.splitlines() if "was tried" in line]
        await here.restart()
    assert len(asked) == 9
    assert len(set(asked)) == 7


async def test_one_trial_that_goes_wrong_keeps_no_other_from_being_made(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tried = drafts.test, []

    async def test(automation: Automation, *given: Any) -> Any:
        tried.append(automation.name)
        if len(tried) == 1:
            raise RuntimeError("not foreseen")
        return await real(automation, *given)

    monkeypatch.setattr(drafts, "test", test)
    await two_of_a_kind(here)
    told = await here.cycle()
    assert "could not be tried: not foreseen." in told
    states = [each.state for each in here.learned.automations]
    assert sorted(states) == [State.GENERATED, State.OFFERED]


async def test_that_one_was_edited_is_an_answer_once_it_is_tried(here: World) -> None:
    for number in range(4):
        here.write(f"own-{number}", script("pass"))
    await here.cycle()
    await here.cycle()
    for each in here.learned.automations:
        await here.learned.accept(each)
        here.write(each.name, script("print()"))

    async def edited() -> int:
        said = [answer for _, _, answer in await here.learned.store.answers()]
        return said.count(Answer.EDITED)

    able = here.machine
    here.machine = Machine(Level.PARTIAL)
    await here.cycle()
    assert await edited() == 0
    here.machine = able
    for expected in (3, 4, 4):
        here.now += 300
        await here.cycle()
        assert await edited() == expected
    assert {each.state for each in here.learned.automations} == {State.ACTIVE}


@pytest.mark.parametrize("change", ["edited", "harmful", "gone"])
async def test_a_draft_that_is_otherwise_is_tried_before_it_is_offered(
    here: World, change: str
) -> None:
    await here.past()
    here.set(offers_per_hundred=0)
    await here.cycle()
    before = await here.found()
    assert before.state is State.TRIED
    draft = here.learned.runs.script_of(before)
    match change:
        case "edited":
            draft.write_text(draft.read_text() + "# more\n")
        case "harmful":
            draft.write_text(script("sys.exit(3)"))
        case "gone":
            draft.unlink()
    here.set(offers_per_hundred=1)
    await here.cycle()
    found = await here.found()
    assert found.state is (State.OFFERED if change == "edited" else State.DISABLED)
    assert (found.script != before.script) is (change != "gone")


async def test_many_scripts_are_noted_at_once(here: World) -> None:
    """With one write to the disk, not one for each."""
    for number in range(300):
        here.write(f"own-{number}", "pass")
    await here.learned.load()
    transactions = Mock(wraps=here.learned._database._transaction)
    here.learned._database._transaction = transactions  # type: ignore[method-assign]
    await here.learned.take_note()
    assert len(here.learned.automations) == 300
    assert transactions.call_count < 10


# ── one at a time ───────────────────────────────────────────────────────────────────────────────


async def test_nobody_looks_through_a_folder_beside_another(here: World) -> None:
    await here.past()
    held = take(here.workspace.state / "learning.lock")
    assert held is not None
    assert await here.cycle() == ""
    assert here.learned.patterns == ()
    asked = asyncio.create_task(here.cycle(wait=True))
    assert await here.cycle() == ""
    os.close(held)
    assert "is offered" in await asked


async def test_two_at_once_make_one_automation(here: World) -> None:
    """By the timer and by hand, in one process."""
    await here.past()
    first, second = await asyncio.gather(here.cycle(), cycle(here.learned, wait=True))
    assert "is offered" in first
    assert not [line for line in second if "was tried" in line]
    assert (await here.found()).state is State.OFFERED


async def test_one_that_goes_wrong_ends_nothing(
    here: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning = Learning(Mock(), Mock(), Mock(), Mock(), Mock(), Mock())
    await here.past()
    monkeypatch.setattr(here.learned, "heed_undone", Mock(side_effect=RuntimeError("a bug")))
    (told,) = await learning.cycle(here.learned)
    assert told.endswith("by a mistake of Understudy's own: a bug")
    (record,) = [each for each in caplog.records if each.exc_info]
    assert str(here.root) in record.message
    monkeypatch.undo()
    assert "was tried" in "\n".join(await learning.cycle(here.learned))
