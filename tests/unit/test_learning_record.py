"""What the runs of an automation say of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.automations.record import Record, record
from understudy.settings.learning import Automations as Settings
from understudy.store.automations import AUTOMATIONS, Answer, Automations, Execution, Purpose
from understudy.store.database import Database
from understudy.store.rates import wilson
from understudy.store.standing import Tally, standing, together

LIMITS = Settings()


class World:
    """What was kept of automations, in a database of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = Automations(database)

    async def ran(self, told: str, of: str = "a", purpose: Purpose = Purpose.RUN) -> None:
        """The oldest first: ``+`` applied, ``=`` succeeded, ``-`` failed, ``u`` undone. The first
        was at 0, and each of the others a second later."""
        for number, each in enumerate(told):
            run = Execution(
                of,
                float(number),
                "{}",
                "failed" if each == "-" else "clean",
                1.0,
                applied=each in "+u",
                undone=each == "u",
                low=10.0,
                high=20.0,
                purpose=purpose,
            )
            await self._store.ran(run)

    async def accepted(self, at: float) -> None:
        await self._store.answer(at, "a", Answer.ACCEPTED)

    async def tally(self, of: str = "a") -> Tally:
        return (await standing(self._database)).runs.get(of, Tally())

    async def record(self, of: str = "a") -> Record:
        return record(await self.tally(of))

    async def since(self) -> Record:
        """What came since it was last accepted."""
        return record((await standing(self._database)).since("a"))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    database = Database(tmp_path / "automations.db", AUTOMATIONS)
    yield World(database)
    await database.close()


@pytest.mark.parametrize(
    ("told", "against"),
    [
        ("", ""),
        ("--", ""),
        ("---", "its last 3 runs failed or were undone"),
        ("+---", "its last 3 runs failed or were undone"),
        ("uuu", "its last 3 runs failed or were undone"),
        ("---+", ""),  # four runs say too little for a rate
        ("-+-+-+", "3 of 6 runs succeeded, and at least 70% have to"),
        ("+++++++--+", ""),
        ("-+--+", "2 of 5 runs succeeded, and at least 70% have to"),
    ],
)
async def test_who_fails_too_often_is_told_so(world: World, told: str, against: str) -> None:
    await world.ran("+-+", of="another")
    await world.ran(told)
    assert (await world.record()).against(LIMITS) == against
    assert await world.since() == await world.record()


async def test_what_was_undone_or_not_made_saved_nothing(world: World) -> None:
    await world.ran("+u=-+")
    found = await world.tally()
    assert (found.low, found.high) == (20.0, 40.0)
    assert (found.runs, found.successes, found.is_clean) == (5, 3, False)


async def test_what_was_only_looked_at_is_no_run(world: World) -> None:
    await world.ran("---=", purpose=Purpose.PREVIEW)
    assert await world.record() == record(Tally())
    await world.ran("-+", of="another")
    await world.ran("-+")
    assert await world.record() == await world.record("another")


async def test_what_was_before_it_was_accepted_is_forgiven(world: World) -> None:
    """Also where nothing came since; what counts is when it was accepted last."""
    await world.ran("-----")
    await world.accepted(4.0)
    assert (await world.since()).failures == 1
    await world.accepted(5.0)
    assert await world.since() == record(Tally())
    assert (await world.record()).failures == 5


def test_several_together() -> None:
    assert together([]) == Tally()
    both = together([Tally(3, 2, 1, 10.0, 20.0), Tally(4, 4, 0, 1.0, 2.0)])
    assert both == Tally(7, 6, 0, 11.0, 22.0)


async def test_no_run_is_no_clean_record(world: World) -> None:
    assert not (await world.tally()).is_clean
    await world.ran("+")
    assert (await world.tally()).is_clean


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    # As R's binom::binom.confint(method = "wilson") has them.
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilsons_interval(successes: int, count: int, low: float, high: float) -> None:
    assert wilson(successes, count) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_rate_lies_within_its_interval(successes: int, failures: int) -> None:
    count = successes + failures
    low, high = wilson(successes, count)
    assert 0 <= low <= high <= 1
    if count:
        assert low <= successes / count + 1e-9
        assert successes / count <= high + 1e-9
