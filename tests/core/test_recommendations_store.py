"""What is kept of recommendations: several processes look and answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.store.database import Database
from understudy.store.recommendations import FILE, RECOMMENDATIONS, Recommendations, Row

ONE = Row("1", "dead", "Makefile", "what", "", "proposed", 1.0)
OTHER = ONE._replace(id="2")


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[tuple[Recommendations, Recommendations]]:
    databases = [Database(tmp_path / FILE, RECOMMENDATIONS) for _ in range(2)]
    here, there = map(Recommendations, databases)
    yield here, there
    for each in databases:
        await each.close()


async def test_an_answer_is_not_lost_to_somebody_who_looked_before(
    stores: tuple[Recommendations, Recommendations],
) -> None:
    here, there = stores
    await here.turn({}, [ONE, OTHER])
    was = await here.all()
    assert await there.answer("1", "dismissed", 5.0)
    await here.turn(was, [row._replace(what="new") for row in was.values()])
    now = await there.all()
    assert (now["1"].state, now["1"].answered, now["1"].what) == ("dismissed", 5.0, "what")
    assert now["2"].what == "new"
    was = now
    assert await there.answer("2", "done", 7.0)
    await here.turn(was, (), ["1", "2"])
    assert {id_: (row.state, row.done) for id_, row in (await here.all()).items()} == {
        "2": ("done", 7.0)
    }
    assert not await here.answer("1", "done", 8.0)


async def test_what_nobody_answered_is_bounded(
    stores: tuple[Recommendations, Recommendations],
) -> None:
    here, _ = stores
    rows = [ONE._replace(id=str(n), proposed=float(n)) for n in range(2_100)]
    await here.turn({}, [*rows, ONE._replace(id="kept", state="dismissed", proposed=0.0)])
    now = await here.all()
    assert len(now) == 2_001
    assert {"kept", "2099", "100"} <= now.keys()
    assert "99" not in now


async def test_secrets_are_left_out(stores: tuple[Recommendations, Recommendations]) -> None:
    here, _ = stores
    token = "ghp_" + "a1B2" * 9
    await here.turn({}, [ONE._replace(what=f"The job a runs `curl -H 'Authorization: {token}'`.")])
    assert token not in (await here.all())["1"].what
