"""What was marked is looked at by a look that began later, whatever else happens meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.app.folder.stale import Stale

CASES: dict[str, tuple[list[str], bool]] = {
    "never marked": (["begin"], False),
    "not looked at": (["mark"], True),
    "looked at": (["mark", "begin", "seen 1"], False),
    "marked after the look began": (["begin", "mark", "seen 1"], True),
    "marked again after the look began": (["mark", "begin", "mark", "seen 1"], True),
    "looked at again": (["begin", "mark", "begin", "seen 1", "seen 2"], False),
    "the older look is the last to answer": (["begin", "mark", "begin", "seen 2", "seen 1"], False),
    "the look was given up": (["mark", "begin", "begin"], True),
    "marked after it was seen": (["mark", "begin", "seen 1", "mark", "seen 1"], True),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_stale(case: str) -> None:
    steps, expected = CASES[case]
    stale = Stale()
    for step in steps:
        match step.split():
            case ["mark"]:
                stale.mark(["a"])
            case ["begin"]:
                stale.begin()
            case ["seen", number]:
                stale.seen("a", int(number))
    assert list(stale) == (["a"] if expected else [])
    assert bool(stale) is expected


STEPS = st.lists(st.tuples(st.sampled_from(["mark", "begin", "seen"]), st.sampled_from("abc")))


@given(STEPS, st.data())
def test_a_mark_outlives_the_looks_that_began_before_it(
    steps: list[tuple[str, str]], data: st.DataObject
) -> None:
    stale = Stale()
    looks: list[set[str]] = []
    """What each look is good for: what was stale when it began and was not marked since."""
    marked: set[str] = set()
    for what, path in steps:
        if what == "mark":
            stale.mark([path])
            marked.add(path)
            for look in looks:
                look.discard(path)
        elif what == "begin":
            looks.append(set(marked))
            assert stale.begin() == len(looks)
        elif looks:
            number = data.draw(st.integers(1, len(looks)))
            waited_for = path in looks[number - 1] and path in marked
            assert stale.seen(path, number) is waited_for
            if waited_for:
                marked.discard(path)
        assert set(stale) == marked
