"""There is one way to let an automation be run, whoever asks for it: not before its trial."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from understudy.app import undoing
from understudy.app.learning.learned import Learned
from understudy.sandbox.levels import Machine
from understudy.sandbox.trial import Level
from understudy.settings.tasks import CustomTask
from understudy.store.automations import Answer, Automation, State

from .world import World, script, world

GOOD = script("Path('out').write_text('x')", write=["out"])
BAD = script("sys.exit(3)")
LESSER = Machine(
    Level.PARTIAL, failed=("x: no user namespaces",), raised_by=("install bubblewrap",)
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def own(here: World, state: State, source: str = GOOD) -> Automation:
    """A script in the workspace, of which is said that it is in this state."""
    here.write("own", GOOD)
    await here.cycle()
    tried = await here.found()
    assert tried.state is State.TRIED
    why = "an old reason" if state in (State.DISABLED, State.RETIRED) else ""
    digest = "" if state is State.GENERATED else tried.script
    changed = replace(tried, state=state, why=why, script=digest)
    assert await here.learned.store.put(changed, tried)
    here.write("own", source)
    return await here.found()


async def answers(here: World) -> list[Answer]:
    return [said for _, _, said in await here.learned.store.answers()]


@pytest.mark.parametrize("state", State)
async def test_one_that_stands_its_trial_is_accepted(here: World, state: State) -> None:
    accepted = await here.learned.accept(await own(here, state))
    assert accepted == await here.found()
    assert (accepted.state, accepted.why) == (State.ACTIVE, "")
    assert await answers(here) == [Answer.ACCEPTED] * (state is not State.ACTIVE)
    tried, _ = await here.ran(accepted)
    assert tried.trial.is_clean


@pytest.mark.parametrize("name", ["test_runner", "mine"])
async def test_one_that_is_called_as_a_task_is_not_accepted(here: World, name: str) -> None:
    """`understudy run` and saves would start the task."""
    settings = here.workspace.settings
    tasks = settings.tasks._replace(custom={"mine": CustomTask(("true",))})
    here.workspace.settings = settings._replace(tasks=tasks)
    here.write(name, GOOD)
    await here.cycle()
    with pytest.raises(ValueError, match="a task of that name is there"):
        await here.learned.accept(await here.found())
    assert (await here.found()).state is State.TRIED


@pytest.mark.parametrize("state", State)
async def test_one_that_does_not_is_disabled(here: World, state: State) -> None:
    """Edited, or disabled before."""
    before = await own(here, state, BAD)
    with pytest.raises(ValueError, match=r"own is not accepted, it is disabled: .*3"):
        await here.learned.accept(before)
    assert (await here.found()).state is State.DISABLED
    assert await answers(here) == []


@pytest.mark.parametrize(
    ("state", "source"),
    [
        (State.GENERATED, GOOD),
        (State.DISABLED, GOOD),
        (State.RETIRED, GOOD),
        (State.TRIED, GOOD + "# more\n"),
        (State.ACTIVE, GOOD + "# more\n"),
    ],
)
async def test_where_nothing_can_be_tried_nothing_is_accepted(
    here: World, state: State, source: str
) -> None:
    """And it is said that this is why; not what was the reason before."""
    before = await own(here, state, source)
    here.machine = LESSER
    as_before = f"own is {state} as before: it cannot be tried, as level A is wanted"
    with pytest.raises(ValueError, match=as_before) as refused:
        await here.learned.accept(before)
    assert "install bubblewrap" in str(refused.value)
    assert "an old reason" not in str(refused.value)
    assert await here.found() == before
    assert await answers(here) == []
    tested = await here.learned.test(before)
    assert (tested.state, tested.why) == (state, before.why)
    assert tested.told.startswith("not yet, as level A is wanted")


Say = Callable[[Learned, Automation], Awaitable[object]]
SAID: dict[str, tuple[Say, Answer, State]] = {
    "accept": (Learned.accept, Answer.ACCEPTED, State.ACTIVE),
    "not now": (
        lambda learned, each: learned.dismiss(each, never=False),
        Answer.DISMISSED,
        State.OFFERED,
    ),
    "never": (
        lambda learned, each: learned.dismiss(each, never=True),
        Answer.NEVER,
        State.RETIRED,
    ),
    "disable": (Learned.disable, Answer.DISMISSED, State.DISABLED),
    "remove": (Learned.remove, Answer.NEVER, State.RETIRED),
}


@pytest.mark.parametrize("what", SAID)
async def test_what_is_said_is_kept_with_what_becomes_of_it(here: World, what: str) -> None:
    """Both or none: another process may have been faster."""
    say, answer, state = SAID[what]
    await here.past()
    await here.cycle()
    before = await here.found()
    changed = replace(before, title="another")
    assert await here.learned.store.put(changed, before)
    with pytest.raises(ValueError, match="was changed meanwhile"):
        await say(here.learned, before)
    assert await here.found() == changed
    assert await answers(here) == []
    assert not [*here.scripts.rglob("*")]
    await say(here.learned, changed)
    assert {each.state for each in here.learned.automations} <= {state}
    assert bool(here.learned.automations) == (what != "remove")
    assert await answers(here) == [answer]


@pytest.mark.parametrize("seen", [False, True])
async def test_one_whose_script_was_taken_back_is_accepted_again(here: World, seen: bool) -> None:
    """Whether that was seen by then or not."""
    await here.past()
    await here.cycle()
    name = (await here.learned.accept(await here.found())).name
    script = here.scripts / f"{name}.py"
    source = script.read_text()
    (record, *_) = undoing.entries(here.root)
    (lost,) = undoing.plan(here.root, record).notes
    assert lost == f"without its script nothing runs the automation {name} any more"
    undoing.undo(here.root, record.id)
    assert not script.exists()
    if seen:
        await here.cycle()
        found = await here.found()
        assert found.state is State.DISABLED
        assert found.why.startswith("its script has gone: ")
        assert found.why.endswith(f"; `understudy automations enable {name}` accepts it again")
    assert (await here.learned.accept(await here.found())).state is State.ACTIVE
    assert script.read_text() == source


async def test_without_its_script_none_is_accepted(here: World) -> None:
    await here.past()
    await here.cycle()
    before = await here.found()
    (here.root / ".understudy").write_text("in the way\n")
    with pytest.raises(OSError, match=r"\.understudy"):
        await here.learned.accept(before)
    assert await here.found() == before


async def test_what_was_accepted_is_not_dismissed_by_an_offer_of_before(here: World) -> None:
    await here.past()
    await here.cycle()
    accepted = await here.learned.accept(await here.found())
    for never in (False, True):
        with pytest.raises(ValueError, match="is active: it can be disabled or removed"):
            await here.learned.dismiss(accepted, never=never)
    await here.learned.remove(accepted)
    with pytest.raises(ValueError, match="is retired, so nothing runs it: you removed it"):
        await here.learned.disable(await here.found())
