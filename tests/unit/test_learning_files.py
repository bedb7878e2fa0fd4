"""Files that come, move or go together."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from understudy.automations import paths
from understudy.automations.mining import history
from understudy.automations.mining.files import Files
from understudy.automations.mining.groups import detail_of, groups
from understudy.automations.mining.history import Group, Op
from understudy.automations.mining.when import as_gitignore, fits
from understudy.automations.pattern import Pattern, Text
from understudy.gitignore import gitignore
from understudy.store.activity import Activity, Did

DAY = 86_400.0
NAMES = ("cart", "order", "invoice", "voucher", "customer")


def came(*paths: str) -> tuple[Op, ...]:
    return tuple(Op(Did.CREATED, path) for path in paths)


def mined(*done: tuple[Op, ...], apart: float = DAY) -> list[Pattern]:
    files = Files()
    for number, ops in enumerate(done):
        files.add(Group(number * apart, ops))
    return files.patterns(len(done) * apart)


def with_test(name: str) -> tuple[Op, ...]:
    return came(f"src/shop/{name}.py", f"tests/test_{name}.py")


def test_each_new_file_gets_a_test() -> None:
    (found,) = mined(*map(with_test, NAMES))
    assert found.title == "create tests/test_{file.stem}.py"
    assert (found.when, found.count) == ("/src/shop/*.py", 5)
    assert found.occurrences[-1].arguments == {"file": "src/shop/customer.py"}
    assert found.score > 0.8


def test_twice_is_no_pattern() -> None:
    assert mined(*map(with_test, NAMES[:2])) == []
    assert len(mined(*map(with_test, NAMES[:3]))) == 1


def test_what_is_done_together_is_one_pattern() -> None:
    done = [(*with_test(name), *came(f"docs/{name}.md")) for name in NAMES]
    first = mined(*done)[0]
    assert first.title == "create docs/{file.stem}.md → create tests/test_{file.stem}.py"


def test_files_that_come_alone_lower_the_score() -> None:
    alone = [came(f"src/shop/{name}_alone.py") for name in NAMES]
    sure, unsure = mined(*map(with_test, NAMES)), mined(*map(with_test, NAMES), *alone)
    assert unsure[0].score < 0.6 < sure[0].score


def test_a_burst_scores_low() -> None:
    (found,) = mined(*map(with_test, NAMES), apart=10.0)
    assert found.score <= 0.6


def test_what_is_seldom_done_scores_low() -> None:
    others = [came(f"docs/{number}/page") for number in range(200)]
    (found,) = mined(*map(with_test, NAMES), *others)
    assert found.score <= 0.6


def test_one_file_again_and_again_is_no_pattern() -> None:
    assert mined(*(came("src/cart.py", "tests/test_cart.py") for _ in range(5))) == []


@pytest.mark.parametrize(("count", "is_found"), [(20, True), (21, False)])
def test_what_was_generated_is_passed_over(count: int, *, is_found: bool) -> None:
    many = [came(*(f"out/{n}/{name}.{n}" for n in range(count))) for name in NAMES]
    assert bool(mined(*many)) is is_found


def test_each_file_of_a_group_is_looked_at_once_for_a_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And not once more for each of the others."""
    asked: list[object] = []

    def filled(text: Text, arguments: Mapping[str, str]) -> str:
        asked.append(text)
        return paths.filled(text, arguments)

    count, names = 20, [f"{letter}{letter}x" for letter in "abcdefghijklmnopqrst"]
    found = Files()
    for number, name in enumerate(names):
        alone = (f"src/shop/{number}z{n}.py" for n in range(count - 2))
        found.add(Group(number * DAY, (*with_test(name), *came(*alone))))
    monkeypatch.setattr(history, "filled", filled)
    patterns = found.patterns(len(names) * DAY)
    assert patterns
    assert len(asked) < len(patterns) * len(names) * count * 6


def test_a_test_moves_with_its_file() -> None:
    done = [
        (
            Op(Did.MOVED, f"src/new_{name}.py", f"src/{name}.py"),
            Op(Did.MOVED, f"tests/test_new_{name}.py", f"tests/test_{name}.py"),
        )
        for name in NAMES
    ]
    (found,) = mined(*done)
    assert found.title == "move tests/test_{file.stem}.py to tests/test_{to.stem}.py"
    assert found.occurrences[0].arguments == {"file": "src/cart.py", "to": "src/new_cart.py"}


def test_what_moves_elsewhere_follows_from_nothing() -> None:
    done = [
        (
            Op(Did.MOVED, f"src/new_{name}.py", f"src/{name}.py"),
            Op(Did.MOVED, f"attic/{number}.py", f"tests/test_{name}.py"),
        )
        for number, name in enumerate(NAMES)
    ]
    assert mined(*done) == []


def test_a_test_goes_with_its_file() -> None:
    done = [
        (Op(Did.DELETED, f"src/{name}.py"), Op(Did.DELETED, f"tests/test_{name}.py"))
        for name in NAMES
    ]
    assert [each.title for each in mined(*done)] == ["delete tests/test_{file.stem}.py"]


def test_the_id_is_the_same_wherever_it_is_found() -> None:
    assert mined(*map(with_test, NAMES))[0].id == mined(*map(with_test, NAMES[1:]), apart=9e5)[0].id


@pytest.mark.parametrize(
    ("path", "when", "does"),
    [
        ("src/a.py", "/src/*.py", True),
        ("src/b/a.py", "/src/*.py", False),
        ("src/b/a.py", "/src/**/*.py", True),
        ("src/a.py", "/src/**/*.py", True),
        ("other/a.py", "/src/**/*.py", False),
        ("a.py", "/*.py", True),
        ("b/a.py", "/*.py", False),
        ("b/a.py", "*.py", True),
        ("b/a.ts", "*.py", False),
    ],
)
def test_what_a_pattern_is_for(path: str, when: str, does: bool) -> None:
    assert fits(path, when) is does


def by_hand(at: float, did: Did, text: str, old: str = "", id_: int = 1) -> Activity:
    return Activity(at, did, text, "s", old=old, id=id_)


def test_groups_are_commits_and_what_comes_shortly_after_each_other() -> None:
    ops = came("c.py", "test_c.py")
    log = [
        by_hand(0, Did.CREATED, "a.py", id_=1),
        by_hand(60, Did.CREATED, "test_a.py", id_=2),
        by_hand(90, Did.SAVED, "a.py", id_=3),
        by_hand(5_000, Did.CREATED, "b.py", id_=4),
        Activity(9_000, Did.COMMITTED, "Add c", old="1234", detail=detail_of(ops), id=5),
    ]
    first, second, third = groups(log)
    assert (first.ops, first.seconds, first.tasks) == (came("a.py", "test_a.py"), 60, (1, 2))
    assert second.ops == came("b.py")
    assert (third.ops, third.commit) == (ops, "1234")


def test_what_is_committed_counts_once() -> None:
    ops = came("c.py", "test_c.py")
    log = [
        by_hand(0, Did.CREATED, "c.py"),
        by_hand(60, Did.CREATED, "test_c.py"),
        Activity(90, Did.COMMITTED, "Add c", old="1234", detail=detail_of(ops)),
    ]
    assert [each.commit for each in groups(log)] == ["1234"]


def committed(at: float, *paths: str) -> Activity:
    return Activity(at, Did.COMMITTED, "Add it", old="1234", detail=detail_of(came(*paths)))


PAIR = ("a.py", "test_a.py")


@pytest.mark.parametrize(
    ("made", "commits", "left"),
    [
        ((*PAIR, "b.py", "test_b.py"), [committed(90, *PAIR)], ("b.py", "test_b.py")),
        (PAIR, [committed(90, "a.py"), committed(100, "test_a.py")], ()),
        (PAIR, [committed(-100, *PAIR)], PAIR),
        (PAIR, [committed(-100, *PAIR), committed(6 * DAY, *PAIR)], ()),
        (PAIR, [committed(30 * DAY, *PAIR)], PAIR),
        (PAIR, [committed(0, "a.py")], ("test_a.py",)),  # in the same second, which git cuts
    ],
)
def test_of_what_is_done_by_hand_only_that_is_left_out_which_is_committed_then(
    made: tuple[str, ...], commits: list[Activity], left: tuple[str, ...]
) -> None:
    done = [by_hand(0.5 + n, Did.CREATED, path, id_=n) for n, path in enumerate(made)]
    log = sorted((*done, *commits), key=lambda each: each.at)
    open_ = [each for each in groups(log) if not each.commit]
    assert [each.ops for each in open_] == ([came(*left)] if left else [])
    for each in open_:
        assert each.tasks == tuple(n for n, path in enumerate(made) if path in left)
        assert each.seconds == len(left) - 1
        assert each.at == 0.5 + made.index(left[0])


def test_many_switches_cost_little() -> None:
    count = 10_000
    log = []
    for number in range(count):
        log.append(by_hand(number * 100.0, Did.CREATED, f"{number}.py"))
        log.append(by_hand(number * 100.0 + 50, Did.SWITCHED, "main", "topic"))
    begin = time.process_time()
    assert sum(len(each.ops) for each in groups(log)) == count
    assert time.process_time() - begin < 2.0  # to look at each for each takes many


def test_a_switch_of_branches_makes_no_files() -> None:
    log = [by_hand(10, Did.CREATED, "a.py"), by_hand(11, Did.SWITCHED, "main", "topic")]
    assert groups(log) == []


def test_what_came_and_went_is_nothing() -> None:
    assert groups([by_hand(0, Did.CREATED, "a"), by_hand(1, Did.DELETED, "a")]) == []


def test_a_commit_that_cannot_be_read_is_nothing() -> None:
    assert groups([Activity(0, Did.COMMITTED, "x", detail="[1]")]) == []


@pytest.mark.parametrize(
    ("when", "path"),
    [
        ("/app/[id]/*.tsx", "app/[id]/page.tsx"),
        ("/a b/**/*.py", "a b/c/d.py"),
        ("/#x/*.py", "#x/a.py"),
        ("/x?/*.py", "x?/a.py"),
        ("/a\\b/*.py", "a\\b/c.py"),
        ("*.py", "a/b.py"),
        ("/*.py ", "a.py "),
    ],
)
def test_what_fits_is_the_same_as_a_gitignore_pattern(when: str, path: str) -> None:
    pattern = gitignore([as_gitignore(when)])
    assert fits(path, when)
    assert pattern.match_file(path)
    others = ("app/i/page.tsx", "xy/a.py", "other/a.tsx", "a b.py")
    assert [fits(each, when) for each in others] == [pattern.match_file(each) for each in others]
