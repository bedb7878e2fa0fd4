"""What samples say of lines and functions, and when two profiles differ by more than chance."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.insights.profile import sampled
from understudy.insights.profile.comparison import compare, margin
from understudy.insights.profile.functions import around, functions
from understudy.insights.profile.sampled import Frame, HotFunction, Samples, Told

_SOURCE = b"""\
import math

class A:
    @staticmethod
    def run(n):
        def inner(v):
            return v * 2
        return [inner(v) for v in range(n)]

async def \xc3\xa4lter():
    return A.run(3)
"""


def test_functions_are_found_with_their_names_and_lines() -> None:
    found = functions(_SOURCE)
    assert [(each.name, each.first, each.last) for each in found] == [
        ("A.run", 3, 7),
        ("A.run.inner", 5, 6),
        ("\u00e4lter", 9, 10),
    ]
    assert found[2].range == ((9, 0), (9, 15))
    inside = [around(found, line) for line in range(12)]
    assert [each.name if each else "" for each in inside] == [
        *("", "", "", "A.run", "A.run", "A.run.inner", "A.run.inner", "A.run"),
        *("", "\u00e4lter", "\u00e4lter", ""),
    ]


def test_a_function_is_known_by_its_text_wherever_it_stands() -> None:
    moved = functions(b"# a line\n" + _SOURCE)
    changed = functions(_SOURCE.replace(b"v * 2", b"v * 3"))
    before = functions(_SOURCE)
    assert [each.digest for each in moved] == [each.digest for each in before]
    assert [a.digest == b.digest for a, b in zip(before, changed, strict=True)] == [
        *(False, False, True)
    ]
    assert functions(b"def broken(:") == ()


def _frames(*lines: tuple[str, int]) -> tuple[Frame, ...]:
    return tuple(Frame("f", file, line) for file, line in lines)


def test_the_time_of_a_library_is_that_of_the_line_that_called_it() -> None:
    stacks = {
        _frames(("/w/a.py", 11), ("/w/a.py", 8)): 3,
        _frames(("/w/a.py", 11), ("/w/a.py", 8), ("/usr/lib/json.py", 5)): 4,
        _frames(("/w/a.py", 11), ("/w/.venv/lib/x.py", 5)): 2,
        _frames(("/usr/lib/site.py", 1)): 1,
    }
    found = sampled.told([Samples(stacks, 0.01)], "/w", {"a.py": _SOURCE}.get)
    assert [(each.line, each.function, each.own, each.total) for each in found.lines] == [
        (8, "A.run", 7, 7),
        (11, "\u00e4lter", 2, 9),
    ]
    assert [(each.name, each.line, each.own, each.total) for each in found.functions] == [
        ("A.run", 5, (7,), (7,)),
        ("\u00e4lter", 10, (2,), (9,)),
    ]
    assert (found.outside, found.many) == (1, 10)
    assert found.seconds == pytest.approx(0.1)


def test_a_function_that_calls_itself_counts_once_a_sample() -> None:
    stack = _frames(("/w/a.py", 8), ("/w/a.py", 8), ("/w/a.py", 8))
    found = sampled.told([Samples({stack: 5}, 0.01)], "/w", lambda _: None)
    (function,) = found.functions
    assert (function.name, function.line, function.digest) == ("f", 0, "")
    assert (function.own, function.total, found.lines[0].total) == ((5,), (5,), 5)


def test_what_was_kept_is_read_again() -> None:
    stacks = {_frames(("/w/a.py", 11), ("/w/a.py", 8)): 3}
    found = sampled.told([Samples(stacks, 0.01)] * 2, "/w", {"a.py": _SOURCE}.get)
    assert sampled.loads(json.loads(json.dumps(sampled.dumps(found)))) == found


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"shared": {"frames": [{}]}}', b"null"])
def test_what_is_no_profile_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting value|no samples"):
        sampled.read(content)


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_more_samples_are_surer(share: float, samples: int) -> None:
    assert margin(share, samples * 4) < margin(share, samples) <= 1.0
    assert margin(share, 0) == 1.0


# ── before and after ────────────────────────────────────────────────────────────────────────────


def _told(*counts: int, interval: float = 0.01) -> Told:
    function = HotFunction("a.py", "hot", 1, "", counts, counts)
    return Told(interval, counts, 0, (), (function,))


def test_a_difference_of_one_run_each_is_judged_by_its_samples() -> None:
    walls = ([1.0], [2.0])
    small = compare(_told(100), _told(110), *walls)
    (change,) = small.functions
    assert change.is_noise
    assert change.difference == pytest.approx(0.1)
    large = compare(_told(100), _told(200), *walls)
    assert not large.functions[0].is_noise
    assert not large.repeated
    assert large.whole.is_noise  # of one run each nothing is known of how much runs differ
    assert (large.whole.low, large.whole.difference) == (None, 1.0)


def test_of_several_runs_their_differences_count() -> None:
    scattered = compare(
        _told(100, 300, 200), _told(250, 150, 330), [1.0, 3.0, 2.0], [2.5, 1.5, 3.3]
    )
    assert scattered.functions[0].is_noise
    assert scattered.whole.is_noise
    steady = compare(
        _told(200, 201, 199), _told(300, 301, 299), [2.0, 2.01, 1.99], [3.0, 3.01, 2.99]
    )
    assert not steady.functions[0].is_noise
    assert not steady.whole.is_noise
    assert steady.repeated


def test_what_is_new_or_gone_is_compared_with_nothing() -> None:
    after = Told(0.01, (100,), 0, (), (HotFunction("a.py", "new", 1, "", (100,), (100,)),))
    found = compare(_told(100), after, [1.0], [1.0])
    assert {(each.name, round(each.difference, 3)) for each in found.functions} == {
        ("hot", -1.0),
        ("new", 1.0),
    }


def _poisson(chance: random.Random, mean: float) -> int:
    count, left = 0, chance.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + chance.expovariate(1.0)
    return count


@pytest.mark.parametrize("runs", [1, 5])
def test_chance_alone_is_called_a_difference_one_time_in_twenty(runs: int) -> None:
    chance = random.Random(7)

    def ran() -> Told:
        return _told(*(_poisson(chance, 200) for _ in range(runs)))

    walls: Sequence[float] = [1.0] * runs
    found = [compare(ran(), ran(), walls, walls).functions[0] for _ in range(600)]
    wrong = sum(not each.is_noise for each in found) / len(found)
    assert wrong <= 0.08
