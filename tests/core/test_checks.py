"""The engine with real workers: what is asked twice is computed once, what is given up is not joined."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from understudy.checks.engine import Checks, subject_of
from understudy.checks.jobs import Policy
from understudy.model import Priority, Report, State
from understudy.runner.calls import Job, Outcome
from understudy.runner.execute import Runner
from understudy.settings import Settings
from understudy.store.database import Database
from understudy.store.results import RESULTS, Results

from .support import until

SOURCE = "import os\n" + "print(eval('1'))\n" * 400


class Counting(Runner):
    """A real runner that remembers which tools were run, and can be held back."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []
        self.jobs: list[Job] = []
        self.may_run = asyncio.Event()
        self.may_run.set()
        self.meanwhile: Callable[[], object] = lambda: None

    async def execute(self, job: Job) -> Outcome:
        self.ran.append(job.task)
        self.jobs.append(job)
        self.meanwhile()
        await self.may_run.wait()
        return await super().execute(job)


class World:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.runner = Counting()
        self.checks = Checks(self.runner)
        self.results = Results(Database(root / "state" / "results.db", RESULTS))
        self.policy = Policy(Settings.of({"complexity.enabled": False}), trusted=True)

    async def check(
        self,
        text: str = SOURCE,
        *,
        keep: bool = True,
        priority: Priority = Priority.INTERACTIVE,
    ) -> dict[str, Report]:
        subject = subject_of(str(self.root / "app.py"), self.root, text, "python")
        answers = self.checks.check(subject, self.policy, self.results, priority, keep=keep)
        return {report.tool: report async for reports in answers for report in reports}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    yield world
    await world.runner.close()
    await world.results.close()


async def test_a_text_is_analysed_once(world: World) -> None:
    first, second = await asyncio.gather(world.check(), world.check())
    third = await world.check()
    assert first == second == third
    assert {tool: report.state for tool, report in first.items()} == {
        "ruff": State.FINDINGS,
        "bandit": State.FINDINGS,
    }
    assert sorted(world.runner.ran) == ["bandit", "ruff"]


async def test_a_save_makes_the_speculation_that_it_joins_urgent(world: World) -> None:
    def waiting(priority: Priority) -> bool:
        return [job.urgency.priority for job in world.runner.jobs] == [priority] * 2

    world.runner.may_run.clear()
    speculation = asyncio.ensure_future(world.check(priority=Priority.IDLE))
    await until(lambda: waiting(Priority.IDLE))
    save = asyncio.ensure_future(world.check())
    await until(lambda: waiting(Priority.INTERACTIVE))
    world.runner.may_run.set()
    assert await speculation == await save
    assert sorted(world.runner.ran) == ["bandit", "ruff"]


async def test_the_fast_tier_has_a_head_start(world: World) -> None:
    world.runner.may_run.clear()
    save = asyncio.ensure_future(world.check())
    await until(lambda: world.runner.ran == ["ruff"])
    await until(lambda: world.runner.ran == ["ruff", "bandit"])  # which does not wait for ever
    world.runner.may_run.set()
    assert set(await save) == {"ruff", "bandit"}


async def test_what_comes_during_the_head_start_is_not_computed_again(world: World) -> None:
    """Bandit's speculation ends while the save still waits for Ruff."""
    (world.root / "pyproject.toml").write_text('[tool.ruff]\nexclude = ["app.py"]\n')
    await world.check(keep=False)
    world.runner.ran.clear()
    known, world.checks._known = world.checks._known, type(world.checks._known)()

    def meanwhile() -> None:
        world.checks._known = known

    world.runner.meanwhile = meanwhile
    reports = await world.check()
    assert {tool: report.state for tool, report in reports.items()} == {
        "ruff": State.NOT_ANALYSED,
        "bandit": State.FINDINGS,
    }
    assert world.runner.ran == ["ruff"]


async def test_what_comes_while_others_are_told_is_not_computed_again(world: World) -> None:
    """Ruff's is known; Bandit's speculation ends while that is shown."""
    subject = subject_of(str(world.root / "app.py"), world.root, SOURCE, "python")
    ((ruff,),) = [
        reports
        async for reports in world.checks.check(
            subject, world.policy, world.results, Priority.IDLE, keep=False, tools={"ruff"}
        )
    ]
    speculation = asyncio.ensure_future(world.check(keep=False))
    told = []
    async for reports in world.checks.check(
        subject, world.policy, world.results, Priority.INTERACTIVE
    ):
        told.append([report.tool for report in reports])
        await speculation
    assert (ruff.tool, told) == ("ruff", [["ruff"], ["bandit"]])
    assert sorted(world.runner.ran) == ["bandit", "ruff"]
    assert await stored(world) == 2


async def test_results_outlive_the_process(world: World, tmp_path: Path) -> None:
    before = await world.check()
    await world.results.flush()
    again = World(tmp_path)
    assert await again.check() == before
    assert again.runner.ran == []
    await again.runner.close()
    await again.results.close()


async def test_what_came_while_the_store_was_asked_is_not_computed_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    get = world.results.get

    async def slowly_at_first(keys: Sequence[str]) -> dict[str, str]:
        found = await get(keys)
        if not asked.is_set():
            asked.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(world.results, "get", slowly_at_first)
    slow = asyncio.create_task(world.check())
    await asked.wait()
    quick = await world.check()
    go_on.set()
    assert await slow == quick
    assert sorted(world.runner.ran) == ["bandit", "ruff"]


async def stored(world: World) -> int:
    await world.results.flush()
    database = Database(world.root / "state" / "results.db", RESULTS)
    try:
        count = "SELECT count(*) FROM results"
        return int(await database.run(lambda c: c.execute(count).fetchone()[0]))
    finally:
        await database.close()


async def test_what_is_not_kept_is_stored_once_someone_keeps_it(world: World) -> None:
    tried = await world.check(keep=False)
    assert await world.check(keep=False) == tried
    assert await stored(world) == 0
    assert await world.check() == tried
    assert await stored(world) == 2
    assert sorted(world.runner.ran) == ["bandit", "ruff"]


@pytest.mark.parametrize("keeps", [(True, False), (False, True)])
async def test_one_of_two_keeps_what_they_share(world: World, keeps: tuple[bool, bool]) -> None:
    await asyncio.gather(*(world.check(keep=keep) for keep in keeps))
    assert sorted(world.runner.ran) == ["bandit", "ruff"]
    assert await stored(world) == 2


async def test_given_up_work_is_not_joined(world: World) -> None:
    """Who asks in the moment in which the last one gave up gets an answer all the same."""
    for number in range(10):
        text = f"{SOURCE}# {number}\n"
        world.runner.ran.clear()
        given_up = asyncio.create_task(world.check(text))
        while len(world.runner.ran) < 2:
            await asyncio.sleep(0)
        given_up.cancel()
        assert set(await world.check(text)) == {"ruff", "bandit"}
        assert given_up.cancelled()


async def test_another_setting_is_another_result(world: World) -> None:
    without_complexity = await world.check()
    world.policy = Policy(Settings(), trusted=True)
    world.runner.ran.clear()
    assert (await world.check())["bandit"] == without_complexity["bandit"]
    assert sorted(world.runner.ran) == ["complexipy", "radon", "ruff"]


async def test_what_a_tool_said_under_another_configuration_is_not_kept(world: World) -> None:
    """It changes between our look and the tool's, and back again afterwards."""
    config = world.root / "ruff.toml"
    config.write_text('lint.select = ["E7"]')
    world.runner.meanwhile = lambda: config.write_text('lint.select = ["F"]')
    await world.check("import os\n")
    world.runner.meanwhile = lambda: None
    config.write_text('lint.select = ["E7"]')
    assert (await world.check("import os\n"))["ruff"].state is State.CLEAN


async def test_an_excluded_file_is_not_clean(world: World) -> None:
    world.policy = Policy(Settings.of({"analysis.exclude": ("app.py",)}), trusted=True)
    reports = await world.check()
    assert {report.state for report in reports.values()} == {State.NOT_ANALYSED}
    assert all("analysis.exclude" in report.why for report in reports.values())
    assert world.runner.ran == []
