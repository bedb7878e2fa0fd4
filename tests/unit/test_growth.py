"""How far a file is above its own past: what counts, and what is told of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.analyzers.complexity.growth import (
    LEAST_COMPLEXITY,
    LEAST_LINES,
    Past,
    Size,
    finding,
    growth_of,
    is_far_above,
    measure,
)
from understudy.findings import codec
from understudy.model import Figure, Metric, Report, Severity

sizes = st.builds(Size, st.integers(0, 5_000), st.integers(0, 900))
lengths = st.dictionaries(st.sampled_from("abcdefg"), st.integers(1, 400))


@pytest.mark.parametrize(
    ("now", "then", "factor", "far"),
    [
        (Size(912, 40), Size(400, 40), 1.5, True),
        (Size(600, 40), Size(400, 40), 1.5, False),
        (Size(601, 40), Size(400, 40), 1.5, True),
        (Size(601, 40), Size(400, 40), 2, False),
        (Size(199, 40), Size(20, 20), 1.5, False),
        (Size(200, 40), Size(20, 20), 1.5, True),
        (Size(400, 80), Size(400, 50), 1.5, True),
        (Size(400, 49), Size(400, 10), 1.5, False),
        (Size(199, 80), Size(199, 10), 1.5, False),
        (Size(400, 80), Size(400, 0), 1.5, False),
        (Size(400, 0), Size(0, 0), 1.5, False),
        (Size(300, 80), Size(900, 90), 1, False),
    ],
)
def test_what_is_far_above(now: Size, then: Size, factor: float, far: bool) -> None:
    assert is_far_above(now, then, factor) is far


@given(sizes, sizes, st.floats(1, 100))
def test_only_what_is_large_and_has_grown(now: Size, then: Size, factor: float) -> None:
    if is_far_above(now, then, factor):
        assert now.lines >= LEAST_LINES
        assert now.lines > then.lines or now.complexity > max(then.complexity, LEAST_COMPLEXITY - 1)
    assert not is_far_above(now, now, factor)


def told(now: Size, then: Size, **came: int) -> str:
    return finding(now, Past(then, 20, 90), 1.5, came).message


def test_what_is_told() -> None:
    found = finding(Size(912, 80), Past(Size(400, 70), 20, 90), 1.5, {"f": 120, "A.g": 33})
    assert found.message == (
        "This file has 912 lines, 2.3 times the 400 of its median over the last 90 days"
        " (20 versions). What came: `f` (+120 lines), `A.g` (+33 lines): what belongs together may"
        " be a module."
    )
    assert (found.tool, found.rule, found.severity) == ("growth", "growth", Severity.LOW)
    assert found.range == ((0, 0), (1, 0))
    assert told(Size(400, 120), Size(400, 60)) == (
        "The functions of this file have a complexity of 120 together, 2.0 times the 60 of its"
        " median over the last 90 days (20 versions)."
    )
    assert told(Size(1_200, 120), Size(400, 60)) == (
        "This file has 1,200 lines, 3.0 times the 400 of its median over the last 90 days"
        " (20 versions). Its functions have a complexity of 120 together, 2.0 times the 60 before."
    )


def figures(of: dict[str, int]) -> tuple[Figure, ...]:
    return tuple(Figure(Metric.LINES, count, name) for name, count in of.items())


def test_what_came() -> None:
    then = {"same": 10, "shorter": 50, "longer": 10, "gone": 99}
    now = {"same": 10, "shorter": 5, "longer": 31, "new": 40, "newer": 2, "newest": 3}
    assert list(growth_of(figures(now), figures(then)).items()) == [
        ("new", 40), ("longer", 21), ("newest", 3),
    ]  # fmt: skip


@given(lengths, lengths)
def test_what_came_is_longer_than_before(now: dict[str, int], then: dict[str, int]) -> None:
    came = growth_of(figures(now), figures(then))
    assert all(now[name] - then.get(name, 0) == more > 0 for name, more in came.items())
    assert list(came.values()) == sorted(came.values(), reverse=True)
    assert growth_of(figures(now), figures(now)) == {}


def measured(content: bytes, *, no_assert: bool = False) -> Report:
    ((_, text),) = measure((no_assert,), (("/a.py", content, ()),))
    return codec.loads(text)


SOURCE = b"def f(x):\n    assert x\n\nclass A:\n    def g(self):\n        if 1:\n            pass\n"


def test_measuring() -> None:
    report = measured(SOURCE)
    assert Size.of(report) == (7, 4)
    assert Size.of(measured(SOURCE, no_assert=True)) == (7, 3)
    assert growth_of(report.figures, ()) == {"A.g": 3, "f": 2}


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (b"", (0, 0)),
        (b"x = 1", (1, 0)),
        (b"print 1\nexec 2\n", (2, 0)),
        (b"x = '\xff'\n", (0, 0)),
        (b"x = " + b"(" * 5_000, (1, 0)),
    ],
)
def test_a_version_that_cannot_be_parsed_has_no_more_than_lines(
    content: bytes, size: tuple[int, int]
) -> None:
    assert Size.of(measured(content)) == size
