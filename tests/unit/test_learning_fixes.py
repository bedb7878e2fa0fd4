"""When it is offered that a rule is fixed after each save."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.app.learning.fixes import id_of, often
from understudy.store.automations import AUTOMATIONS, Answer, Automations
from understudy.store.database import Database
from understudy.store.standing import standing

DAY = 86_400.0
NOT_NOW, NEVER = Answer.DISMISSED, Answer.NEVER


@pytest.mark.parametrize(
    ("count", "said", "on_save", "offered"),
    [
        (3, [], (), True),
        (2, [], (), False),
        (3, [], ("F401",), False),
        (3, [], ("E711",), True),
        (9, [(99.5, NOT_NOW)], (), False),
        (9, [(98.9, NOT_NOW)], (), True),
        (9, [(50.0, NOT_NOW), (93.5, NOT_NOW)], (), False),
        (9, [(50.0, NOT_NOW), (92.9, NOT_NOW)], (), True),
        (9, [(1.0, NOT_NOW), (2.0, NOT_NOW), (69.9, NOT_NOW)], (), True),
        (9, [(1.0, NOT_NOW), (2.0, NOT_NOW), (3.0, NOT_NOW), (4.0, NOT_NOW)], (), False),
        (9, [(9e9, NOT_NOW)], (), True),  # by a clock that was ahead
        (9, [(1.0, NEVER)], (), False),
        (9, [(1.0, NEVER), (2.0, NOT_NOW)], (), False),
        (9, [(1.0, Answer.ACCEPTED)], (), True),
    ],
)
async def test_offers(
    tmp_path: Path,
    count: int,
    said: list[tuple[float, Answer]],
    on_save: tuple[str, ...],
    offered: bool,
) -> None:
    """Days from the beginning; now is the hundredth."""
    database = Database(tmp_path / "automations.db", AUTOMATIONS)
    store = Automations(database)
    for id_ in (id_of("B307"), "an automation"):
        await store.answer(0.0, id_, NEVER)
    for day, answer in said:
        await store.answer(day * DAY, id_of("F401"), answer)
    known = (await standing(database)).said
    await database.close()
    found = often({"F401": count, "B307": 9}, 3, known, on_save, 100 * DAY)
    assert found == ({"F401": count} if offered else {})
