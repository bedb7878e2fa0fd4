"""How often more could have been done to files: the same however often it is asked for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.automations import paths
from understudy.automations.mining import history
from understudy.automations.mining.history import FILE, Group, History, Op, Rule, Share
from understudy.automations.pattern import Part, Place, Text
from understudy.store.activity import Did

TEST: Text = ("tests/test_", Place(FILE, Part.NAME))
DOCS: Text = ("docs/", Place(FILE, Part.STEM), ".md")
RULES = [
    Rule(Did.CREATED, (TEST,), "/src/*.py", 1),
    Rule(Did.CREATED, (TEST, DOCS), "*.py", 40),
    Rule(Did.DELETED, (TEST,), "/src/*.py", 70),
]


def group(number: int, did: Did = Did.CREATED, *, tested: bool = True) -> Group:
    files = [f"src/m{number}.py", *([f"tests/test_m{number}.py"] if tested else [])]
    return Group(float(number), tuple(Op(did, each) for each in files))


@given(
    st.lists(st.tuples(st.sampled_from([Did.CREATED, Did.DELETED]), st.booleans()), max_size=300),
    st.sets(st.integers(0, 300)),
)
def test_looked_at_in_between_or_only_at_the_end_it_is_the_same(
    done: list[tuple[Did, bool]], looks: set[int]
) -> None:
    at_once, by_and_by = History(), History()
    for number, (did, tested) in enumerate(done):
        at_once.add(group(number, did, tested=tested))
        by_and_by.add(group(number, did, tested=tested))
        if number in looks:
            fork = by_and_by.fork()
            fork.add(group(number + 1_000))
            fork.shares(RULES)
            by_and_by.shares(RULES[:2])
    assert by_and_by.shares(RULES) == at_once.shares(RULES)


def test_what_did_not_follow_is_a_chance() -> None:
    found = History()
    for number in range(100):
        found.add(group(number, tested=number % 4 > 0))
    assert found.shares(RULES[:1]) == [Share(groups=100, chances=100, done=75)]
    later = RULES[0]._replace(first=61)
    assert found.shares([later]) == [Share(groups=40, chances=40, done=30)]


def test_the_oldest_are_forgotten() -> None:
    found = History()
    for number in range(6_000):
        found.add(group(number))
    (share,) = found.shares(RULES[:1])
    assert 5_000 <= share.groups == share.chances == share.done < 5_200


def test_a_look_counts_only_what_came_since(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def filled(text: Text, arguments: Mapping[str, str]) -> str:
        asked.append(text)
        return paths.filled(text, arguments)

    found = History()
    for number in range(1_000):
        found.add(group(number))
    found.shares(RULES)
    monkeypatch.setattr(history, "filled", filled)
    fork = found.fork()
    fork.add(group(1_000))
    assert fork.shares(RULES)[0] == Share(1_001, 1_001, 1_001)
    assert len(asked) < 500
