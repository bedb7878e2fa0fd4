"""All that repeats in a log, and what the answers of its user change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.automations.mining.groups import detail_of
from understudy.automations.mining.history import Op
from understudy.automations.mining.repeats import Repeats
from understudy.automations.pattern import Pattern, Shape
from understudy.store.activity import Activity, Did

DAY = 86_400.0


def patterns(
    done: Sequence[Activity], least: int, now: float, answers: Mapping[str, bool]
) -> list[Pattern]:
    repeats = Repeats(least)
    for each in done:
        repeats.add(each)
    return repeats.patterns(now, answers)


def commands(*lines: str, times: int, start: float = 0.0) -> list[Activity]:
    return [
        Activity(start + day * DAY + number * 20, Did.COMMAND, line, f"s{day}")
        for day in range(times)
        for number, line in enumerate(lines)
    ]


def created(times: int) -> list[Activity]:
    return [
        Activity(day * DAY + number, Did.CREATED, path, "e")
        for day, name in enumerate(("cart", "order", "invoice", "voucher")[:times])
        for number, path in enumerate((f"src/{name}.py", f"tests/test_{name}.py"))
    ]


def log(*parts: list[Activity]) -> list[Activity]:
    return sorted((each for part in parts for each in part), key=lambda each: each.at)


def test_commands_and_files_are_found_in_one_log() -> None:
    done = log(commands("ruff check src", "pytest -q", times=6), created(4))
    found = patterns(done, 3, 6 * DAY, {})
    assert {each.shape for each in found} == {Shape.SEQUENCE, Shape.FILES}
    assert {each.title for each in found} >= {
        "ruff check src → pytest -q",
        "create tests/test_{file.stem}.py",
    }


def test_what_works_on_one_path_fits_the_files_of_its_kind() -> None:
    lines = [
        Activity(day * DAY + number, Did.COMMAND, line.format(name), f"s{day}")
        for day, name in enumerate(("cart", "order", "invoice", "voucher"))
        for number, line in enumerate(("ruff format src/{}.py", "mypy src/{}.py"))
    ]
    (found,) = patterns(lines, 3, 4 * DAY, {})
    assert found.when == "/src/*.py"


@pytest.mark.parametrize("line", ["make -C {}", "mypy src/cart.py"])
def test_a_folder_or_always_the_same_file_fits_no_others(line: str) -> None:
    lines = [
        Activity(at + number, Did.COMMAND, each.format(f"lib/{name}"), "s")
        for day, name in enumerate(NAMES)
        for at in (day * DAY,)
        for number, each in enumerate((line, "hg push"))
    ]
    elsewhere = [
        Activity(n - 5_000, Did.COMMAND, f"mypy {name}.py", f"s{n}") for n, name in enumerate("abc")
    ]
    found = patterns([*elsewhere, *lines], 3, 4 * DAY, {})
    assert [(len(each.parameters), each.when) for each in found] == [(1, "")]


def test_what_has_a_default_needs_no_file() -> None:
    """So it fits those of the one that has none, wherever that stands."""
    lines = [
        Activity(day * DAY + number, Did.COMMAND, each.format(name), f"s{day}")
        for day, name in enumerate(NAMES)
        for number, each in enumerate(("mypy -p tests/all.py", "ruff format src/{}.py"))
    ]
    elsewhere = [
        Activity(n - 5_000, Did.COMMAND, f"mypy -p {name}.py", f"s{n}")
        for n, name in enumerate("abc")
    ]
    (found,) = patterns([*elsewhere, *lines], 3, 4 * DAY, {})
    assert [each.default for each in found.parameters] == ["tests/all.py", None]
    assert (found.takes, found.when) == (found.parameters[1].name, "/src/*.py")


def test_a_no_lowers_the_score_of_what_is_alike() -> None:
    done = log(
        *(commands(f"tool{n} a", f"other{n} b", times=4 + n, start=n * 3_600.0) for n in range(6))
    )
    before = {each.id: each.score for each in patterns(done, 3, 9 * DAY, {})}
    ids = sorted(before)
    after = {e.id: e.score for e in patterns(done, 3, 9 * DAY, dict.fromkeys(ids[:4], False))}
    wanted = {e.id: e.score for e in patterns(done, 3, 9 * DAY, dict.fromkeys(ids[:4], True))}
    for other in ids[4:]:
        assert after[other] < before[other] <= wanted[other]


def test_the_same_log_gives_the_same_patterns() -> None:
    done = log(commands("ruff check src", "pytest -q", times=6), created(4))
    assert patterns(done, 3, 6 * DAY, {}) == patterns(done, 3, 6 * DAY, {})


# ── what grows ──────────────────────────────────────────────────────────────────────────────────

NAMES = ("cart", "order", "invoice")
_LINES = st.sampled_from(("make", "ls", "ruff check {}.py", "mypy {}.py", "git add {}.py"))
_FOLDERS = ("src/{}.py", "tests/test_{}.py", "docs/{}.md")


@st.composite
def _activity(draw: st.DrawFn) -> Activity:
    """``at`` is the pause before it."""
    pause = draw(st.sampled_from((1.0, 20.0, 2_000.0, 0.6 * DAY, 2 * DAY)))
    name = draw(st.sampled_from(NAMES))
    paths = [each.format(name) for each in _FOLDERS]
    kind = draw(
        st.sampled_from((Did.COMMAND, Did.CREATED, Did.DELETED, Did.COMMITTED, Did.SWITCHED))
    )
    if kind is Did.COMMAND:
        return Activity(pause, kind, draw(_LINES).format(name), "s")
    if kind is Did.COMMITTED:
        detail = detail_of([Op(Did.CREATED, each) for each in draw(st.permutations(paths))[:2]])
        return Activity(pause, kind, "Add it", "git", old="1a2b", detail=detail)
    return Activity(pause, kind, draw(st.sampled_from(paths)), "s")


def _in_order(done: Sequence[Activity]) -> list[Activity]:
    """Done three times, so that there are patterns."""
    at, found = 0.0, []
    for number, each in enumerate([*done] * 3, 1):
        at += each.at
        found.append(replace(each, at=at, id=number))
    return found


@given(
    st.lists(_activity(), min_size=2, max_size=20).map(_in_order),
    st.sets(st.integers(0, 60)),
    st.sampled_from((False, True)),
)
def test_looked_at_in_between_or_only_at_the_end_it_is_the_same(
    done: list[Activity], looks: set[int], wanted: bool
) -> None:
    """Also with answers, by which the score is fitted at each look."""
    now = done[-1].at
    found = patterns(done, 2, now, {})
    offered = frozenset(each.id for each in found[::2])
    answers = dict.fromkeys(offered, wanted)
    at_once, by_and_by = Repeats(2, offered), Repeats(2, offered)
    for number, each in enumerate(done):
        at_once.add(each)
        by_and_by.add(each)
        if number in looks:
            by_and_by.patterns(each.at, answers)
    assert by_and_by.patterns(now, answers) == at_once.patterns(now, answers)


def test_files_that_were_counted_are_counted_once_when_they_are_committed() -> None:
    """Days after, and however often it was looked at before."""
    done = created(4)
    ops = [Op(each.did, each.text) for each in done[:4]]
    late = Activity(5 * DAY, Did.COMMITTED, "Add two", "git", old="1a2b", detail=detail_of(ops))
    repeats = Repeats(3)
    for each in done:
        repeats.add(each)
    for _ in range(3):
        assert [each.count for each in repeats.patterns(4 * DAY, {})] == [4]
    repeats.add(late)
    found = repeats.patterns(5 * DAY, {})
    assert found == patterns([*done, late], 3, 5 * DAY, {})
    assert [each.commit for each in found[0].occurrences] == ["", "", "1a2b"]


def test_what_is_offered_is_no_news_one_step_longer() -> None:
    done = log(
        commands("ruff check src", "pytest -q", times=6),
        commands("ruff check src", "pytest -q", "make docs", times=6, start=6 * DAY),
    )
    first, longer = ("ruff check src → pytest -q", "ruff check src → pytest -q → make docs")
    titles = {each.title: each.id for each in patterns(done, 3, 12 * DAY, {})}
    assert longer in titles
    repeats = Repeats(3)
    for each in done[:12]:
        repeats.add(each)
    (known,) = repeats.patterns(6 * DAY, {})
    assert known.title == first
    repeats = Repeats(3, {known.id})
    for each in done:
        repeats.add(each)
    found = repeats.patterns(12 * DAY, {})
    assert [(each.title, each.count) for each in found] == [(first, 12)]
