"""When it is offered that a rule is fixed after each save."""

from __future__ import annotations

import pytest

from understudy.app.learning.fixes import id_of, often
from understudy.store.automations import Answer

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
        (9, [(1.0, NEVER)], (), False),
        (9, [(1.0, NEVER), (2.0, NOT_NOW)], (), False),
        (9, [(1.0, Answer.ACCEPTED)], (), True),
    ],
)
def test_offers(
    count: int, said: list[tuple[float, Answer]], on_save: tuple[str, ...], offered: bool
) -> None:
    """Days from the beginning; now is the hundredth."""
    answers = [(day * DAY, id_of("F401"), answer) for day, answer in said]
    others = [(0.0, id_of("B307"), NEVER), (0.0, "an automation", NEVER)]
    found = often({"F401": count, "B307": 9}, 3, [*others, *answers], on_save, 100 * DAY)
    assert found == ({"F401": count} if offered else {})
