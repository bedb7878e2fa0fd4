"""The score, refits of it, the budget of offers, and what a use saves."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.automations.mining.budget import BEGINNING, BURST, Budget
from understudy.automations.mining.score import Features, Weights

_features = st.builds(
    Features,
    *(st.integers(1, 500) for _ in range(3)),
    *(st.integers(0, 10_000) for _ in range(3)),
    st.integers(1, 6),
)
_seen = st.lists(st.tuples(_features, st.booleans()), max_size=8)


def test_the_score_is_the_formula() -> None:
    z = (
        7.29 + 0.64 * math.log(4) + 0.94 * math.log(3) + 0.18 * math.log(2)
        - 0.30 * math.log(101) - 0.16 * math.log(31) - 0.75 * math.log(1_001) - 0.06 * 3
    )  # fmt: skip
    score = Weights().score(Features(4, 3, 2, 100, 30, 1_000, 3))
    assert score == pytest.approx(1 / (1 + math.exp(-z)))


def test_a_short_log_makes_nothing_certain() -> None:
    """The weights are those of long ones."""
    short, long = (Features(3, 1, 1, 10, 5, tasks, 2) for tasks in (20, 1_000))
    assert Weights().score(short) == Weights().score(long) < 0.85


def test_nothing_seen_changes_nothing() -> None:
    assert Weights().refitted([]) == pytest.approx(Weights())


@given(_features)
def test_a_no_lowers_and_a_yes_raises(features: Features) -> None:
    before = Weights().score(features)
    assert Weights().refitted([(features, False)]).score(features) <= before + 1e-9
    assert Weights().refitted([(features, True)]).score(features) >= before - 1e-9


@given(_seen, st.randoms())
def test_the_order_says_nothing(seen: list[tuple[Features, bool]], order: random.Random) -> None:
    shuffled = list(seen)
    order.shuffle(shuffled)
    assert Weights().refitted(shuffled) == Weights().refitted(seen)


@given(_seen)
def test_a_refit_is_the_best(seen: list[tuple[Features, bool]]) -> None:
    """No step of the bias makes what was seen, and the prior, more likely; the rest stays."""
    prior = 8.0
    start = Weights()

    def cost(weights: Weights) -> float:
        z = [sum(w * t for w, t in zip(weights, f.terms, strict=True)) for f, _ in seen]
        misses = (
            math.log1p(math.exp(-abs(z))) + max(0.0, -z if used else z)
            for z, (_, used) in zip(z, seen, strict=True)
        )
        apart = sum((a - b) ** 2 for a, b in zip(weights, start, strict=True))
        return math.fsum(misses) + prior / 2 * apart

    best = start.refitted(seen, prior)
    assert best[1:] == start[1:]
    for step in (-0.01, 0.01):
        assert cost(best) <= cost(best._replace(bias=best.bias + step)) + 1e-9


def test_who_wants_little_is_offered_less() -> None:
    features = Features(5, 4, 3, 200, 40, 1_000, 2)
    scores = [
        Weights().refitted([(features, False)] * count).score(features) for count in (0, 3, 30)
    ]
    assert scores == sorted(scores, reverse=True)
    assert scores[1] > 0.7  # a few say little
    assert scores[2] < 0.7  # so it is only listed


def _made(tasks: int, per_hundred: float = 1.0) -> list[int]:
    """After which tasks an offer was made, where there is always one to make."""
    budget, made = Budget(per_hundred), []
    for number in range(1, tasks + 1):
        budget.task()
        while budget.take(1.0):
            made.append(number)
    return made


def test_about_one_offer_in_a_hundred_tasks() -> None:
    assert _made(600) == [1, 200, 350, 450, 550]


def test_a_burst_is_bounded() -> None:
    budget = Budget()
    for _ in range(10_000):
        budget.task()
    assert [budget.take(1.0) for _ in range(5)] == [True] * int(BURST) + [False] * 2


@given(st.integers(0, 3_000), st.floats(0, 100))
def test_never_more_than_the_budget(tasks: int, per_hundred: float) -> None:
    most = 1 + per_hundred / 100 * (tasks - min(tasks, BEGINNING) / 2)
    assert len(_made(tasks, per_hundred)) <= most + 1e-6


@pytest.mark.parametrize(
    ("tasks", "score", "made"),
    [
        (1, 0.89, False),
        (1, 0.9, True),
        (200, 0.81, True),
        (200, 0.79, False),
        (1_000, 0.7, True),
        (1_000, 0.69, False),
    ],
)
def test_what_is_scarce_is_for_what_is_sure(tasks: int, score: float, made: bool) -> None:
    """With one, with two and with three offers left."""
    budget = Budget(least=0.7)
    for _ in range(tasks):
        budget.task()
    assert budget.take(score, 0.9) == made


def test_of_one_kind_the_last_may_be_less_sure_than_of_another() -> None:
    budget = Budget(least=0.7)
    assert not budget.take(0.8, 0.9)
    assert budget.take(0.8, 0.7)
    assert not budget.take(1.0, 0.7)


def test_no_budget_no_offer() -> None:
    assert not _made(500, per_hundred=0)
