"""What is kept of recommendations: several processes look and answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.store.copied import Copied
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


async def test_a_copy_has_what_is_kept_and_keeps_nothing(
    tmp_path: Path, stores: tuple[Recommendations, Recommendations]
) -> None:
    here, _ = stores
    await here.turn({}, [ONE])  # its log is not in the file yet
    database = Copied(tmp_path / FILE, RECOMMENDATIONS)
    copy = Recommendations(database)
    assert await copy.all() == {"1": ONE}
    assert await copy.answer("1", "dismissed", 5.0)
    assert (await copy.all())["1"].state == "dismissed"
    await database.close()
    assert await here.all() == {"1": ONE}
    elsewhere = Copied(tmp_path / "gone" / FILE, RECOMMENDATIONS)
    assert await Recommendations(elsewhere).all() == {}
    await elsewhere.close()
    assert not (tmp_path / "gone").exists()


async def test_what_an_earlier_version_kept_is_read(tmp_path: Path) -> None:
    earlier = Database(tmp_path / FILE, RECOMMENDATIONS._replace(migrations=RECOMMENDATIONS[0][:1]))
    rows = [("1", "done", 5.0, 5.0), ("2", "done", 3.0, 7.0), ("3", "dismissed", 3.0, 0.0)]
    insert = (
        "INSERT INTO recommendations (id, rule, path, what, measure, state, proposed, answered, done)"
        " VALUES (?, 'dead', 'Makefile', 'what', '', ?, 1, ?, ?)"
    )
    await earlier.run(lambda c: c.executemany(insert, rows))
    await earlier.close()
    database = Database(tmp_path / FILE, RECOMMENDATIONS)
    kept = await Recommendations(database).all()
    assert {id_: row.done_by for id_, row in kept.items()} == {"1": "said", "2": "seen", "3": ""}
    await database.close()


async def test_secrets_are_left_out(stores: tuple[Recommendations, Recommendations]) -> None:
    here, _ = stores
    token = "ghp_" + "a1B2" * 9
    text = f"The job a runs `curl -H 'Authorization: {token}'`."
    await here.turn({}, [ONE._replace(what=text, measure=f'["", "make {token}", ""]')])
    (row,) = (await here.all()).values()
    assert token not in row.what
    assert row.measure == ""
