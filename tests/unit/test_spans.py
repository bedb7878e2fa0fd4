"""Spans: what they are part of, what they took, how they are summed up, and that off is off."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy import spans
from understudy.spans import Key, Recorder, Span, Sum


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    spans.stop()
    yield spans.record(50)
    spans.stop()


def _named(recorder: Recorder) -> dict[str, Span]:
    return {each.name: each for each in recorder.newest()}


def test_a_span_knows_what_it_is_a_part_of(recorder: Recorder) -> None:
    with spans.span("outer", file="/r/a.py", root="/r"), spans.span("inner", tool="ruff") as inner:
        inner.set(outcome="done")
    found = _named(recorder)
    outer, seen = found["outer"], found["inner"]
    assert (seen.parent, seen.trace, outer.parent) == (outer.id, outer.id, 0)
    assert seen.key == Key("inner", "/r", "/r/a.py", (("outcome", "done"), ("tool", "ruff")))
    assert outer.began <= seen.began <= seen.ended <= outer.ended
    assert outer.own == pytest.approx(outer.seconds - seen.seconds)


async def test_tasks_that_run_at_once_do_not_become_parts_of_each_other(recorder: Recorder) -> None:
    met = asyncio.Barrier(2)

    async def work(name: str) -> None:
        async with spans.span(name):
            await met.wait()
            async with spans.span(f"{name} inside"):
                await met.wait()
            await met.wait()

    async with spans.span("above"):
        await asyncio.gather(work("one"), work("two"))
    found = _named(recorder)
    for name in ("one", "two"):
        assert found[name].parent == found["above"].id
        assert found[f"{name} inside"].parent == found[name].id
        assert found[f"{name} inside"].trace == found["above"].id
    assert found["above"].own == 0.0  # both took all of it, at the same time


async def test_what_goes_on_after_its_cause_has_ended_is_still_a_part_of_it(
    recorder: Recorder,
) -> None:
    async def later() -> None:
        async with spans.span("effect"):
            await asyncio.sleep(0)

    async with spans.span("cause"):
        task = asyncio.create_task(later())
    await task
    found = _named(recorder)
    assert found["effect"].parent == found["cause"].id
    assert found["cause"].inner == 0.0


def test_work_on_one_thread_has_its_processor_time(recorder: Recorder) -> None:
    before = time.thread_time()
    with spans.span("busy"):
        began = time.thread_time()
        sum(number * number for number in range(200_000))
        inside = time.thread_time() - began
    around = time.thread_time() - before
    with spans.span("elsewhere") as elsewhere:
        elsewhere.cost(2.5, 1 << 20)
    found = _named(recorder)
    assert 0 < inside <= found["busy"].cpu <= around
    assert found["elsewhere"].cpu == pytest.approx(2.5, abs=0.1)
    assert found["elsewhere"].memory == 1 << 20


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ValueError, "failed"), (asyncio.CancelledError, "cancelled"), (KeyboardInterrupt, "failed")],
)
def test_how_a_span_broke_off_is_told(
    recorder: Recorder, error: type[BaseException], outcome: str
) -> None:
    with pytest.raises(error), spans.span("work"):
        raise error
    assert _named(recorder)["work"].attributes == {"outcome": outcome}
    with spans.span("next"):
        pass
    assert _named(recorder)["next"].parent == 0


async def test_functions_of_both_kinds_can_be_decorated(recorder: Recorder) -> None:
    @spans.timed(tool="mine")
    def plain(number: int) -> int:
        """Doubles."""
        return number * 2

    @spans.timed("slow")
    async def coroutine() -> str:
        await asyncio.sleep(0)
        return "done"

    assert (plain(2), await coroutine()) == (4, "done")
    assert plain.__doc__ == "Doubles."
    plain_span, slow = recorder.newest()
    assert plain_span.name.endswith("plain")
    assert plain_span.attributes == {"tool": "mine"}
    assert slow.name == "slow"


def test_a_span_can_be_told_of_afterwards(recorder: Recorder) -> None:
    began = spans.mark()
    with spans.span("around"):
        spans.add("queue", began, tool="ruff")
        spans.add("never begun", 0.0)
    queue, around = recorder.newest()
    assert (queue.name, queue.parent, queue.began) == ("queue", around.id, began)


def test_off_records_nothing_and_makes_nothing() -> None:
    spans.stop()
    one, two = spans.span("a"), spans.span("b", tool="x")
    assert one is two  # nothing is made
    with one as inside:
        inside.set(outcome="done")
        inside.cost(1.0, 1)
    spans.add("c", spans.mark())
    assert spans.recorder() is None
    assert spans.mark() == 0.0


def test_only_the_newest_are_kept_and_all_are_summed_up(recorder: Recorder) -> None:
    for number in range(1_000):
        with spans.span("work", tool=str(number % 3)):
            pass
    kept = recorder.newest()
    assert len(kept) == 50
    assert [each.id for each in kept] == sorted(each.id for each in kept)
    assert len(recorder.newest(after=kept[-3].id)) == 2
    sums = recorder.sums()
    assert {key.get("tool"): each.count for key, each in sums.items()} == {
        "0": 334,
        "1": 333,
        "2": 333,
    }
    assert recorder.sums() == {}
    assert len(recorder.newest()) == 50


def test_sums_do_not_grow_without_end(recorder: Recorder) -> None:
    for number in range(3_000):
        with spans.span("work", file=f"/r/{number}.py"):
            pass
    sums = recorder.sums()
    assert len(sums) <= 2_001
    assert sum(each.count for each in sums.values()) == 3_000
    assert sums[Key("work")].count == 1_000


def test_names_without_end_do_not_grow_without_end_either(recorder: Recorder) -> None:
    """As a plug-in may make them."""
    for number in range(6_000):
        with spans.span(f"work {number}", root="/r"):
            pass
    sums = recorder.sums()
    assert len(sums) <= 4_001
    assert sum(each.count for each in sums.values()) == 6_000
    assert sums[Key(spans.REST)].count == 2_000


async def test_a_generator_is_not_timed_as_if_its_call_were_its_work(recorder: Recorder) -> None:
    def plain() -> Iterator[int]:
        yield 1

    async def asynchronous() -> AsyncIterator[int]:
        yield 1

    for each in (plain, asynchronous):
        with pytest.raises(TypeError, match="generator function: time what it does with mark"):
            spans.timed()(each)
    assert not recorder.newest()


async def test_a_hundred_tasks_at_once_end_in_every_way(recorder: Recorder) -> None:
    recorder.resize(200)

    async def work(number: int) -> None:
        async with spans.span("task", number=str(number)) as outer:
            await asyncio.sleep(0)
            with contextlib.suppress(ZeroDivisionError), spans.span("inside") as inner:
                assert inner.parent == outer.id
                if number % 3 == 1:
                    _ = 1 / 0
            if number % 3 == 2:
                await asyncio.Event().wait()

    tasks = [asyncio.create_task(work(number)) for number in range(100)]
    await asyncio.wait(tasks[::3])
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    kept = recorder.newest()
    assert len(kept) == 200
    with spans.span("after") as after:
        assert after.parent == 0
    outcomes = Counter((each.name, each.attributes.get("outcome")) for each in kept)
    assert outcomes == {
        ("task", None): 67,
        ("task", "cancelled"): 33,
        ("inside", None): 67,
        ("inside", "failed"): 33,
    }


def test_switched_off_while_a_span_is_open(recorder: Recorder) -> None:
    with spans.span("open"):
        spans.stop()
        with spans.span("later"):
            pass
        again = spans.record()
        with spans.span("anew"):
            pass
    with spans.span("after") as after:
        assert after.parent == 0
    assert [each.name for each in again.newest()] == ["anew", "after"]
    assert [each.name for each in recorder.newest()] == ["open"]


def test_what_a_plug_in_gives_breaks_nothing_and_does_not_grow(
    recorder: Recorder, tmp_path: Path
) -> None:
    """Where all is summed up, and where it is written down."""
    odd: Any = {"list": [1], "dict": {"a": 1}, "number": 5, "long": "x" * 1_000_000}
    file: Any = tmp_path / "a.py"
    with spans.span("n" * 1_000, file=file, root=tmp_path, **odd) as span:  # type: ignore[arg-type]
        span.set(**odd)
        with spans.span("inside", file=file):
            pass
    spans.add("added", spans.mark(), file=file, **odd)
    kept = recorder.newest()
    assert len(recorder.sums()) == 3
    told = {"list": "[1]", "dict": "{'a': 1}", "number": "5", "long": "x" * 200}
    assert [len(each.name) for each in kept] == [6, 200, 5]
    assert kept[1].attributes == kept[2].attributes == told
    assert {(type(e.file), type(e.root)) for e in kept} == {(str, str)}


@given(st.lists(st.floats(2e-6, 1e3), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_a_quantile_is_right_to_within_a_tenth(seconds: list[float], share: float) -> None:
    sums = Sum()
    for each in seconds:
        sums.add(each, each)
    rank = max(0, min(len(seconds) - 1, -int(-share * len(seconds) // 1) - 1))
    assert sums.quantile(share) == pytest.approx(sorted(seconds)[rank], rel=0.1)
    assert sums.most == max(seconds)
    assert sums.total / sums.count == pytest.approx(statistics.fmean(seconds))


@given(st.lists(st.floats(0, 1e6), max_size=50), st.integers(0, 50))
def test_sums_that_are_joined_are_the_sum_of_all(seconds: list[float], place: int) -> None:
    parts, whole = (Sum(), Sum()), Sum()
    for number, each in enumerate(seconds):
        parts[number >= place].add(each, each / 2, each / 4, int(each))
        whole.add(each, each / 2, each / 4, int(each))
    parts[0].join(parts[1])
    assert parts[0].buckets == whole.buckets
    assert (parts[0].count, parts[0].most, parts[0].memory) == (
        whole.count,
        whole.most,
        whole.memory,
    )
    assert parts[0].total == pytest.approx(whole.total)


async def test_what_begins_within_a_root_belongs_to_it(recorder: Recorder) -> None:
    async def later() -> None:
        with spans.span("task"):
            pass
        with spans.span("elsewhere", root="/other"):
            pass

    with spans.within("/r"):
        task = asyncio.create_task(later())
    with spans.span("outside"):
        pass
    await task
    roots = {key.name: key.root for key in recorder.sums()}
    assert roots == {"task": "/r", "elsewhere": "/other", "outside": ""}
