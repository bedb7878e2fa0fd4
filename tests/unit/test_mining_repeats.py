"""All that repeats in a log, and what the answers of its user change."""

from __future__ import annotations

from understudy.automations.mining.repeats import patterns
from understudy.automations.pattern import Shape
from understudy.store.activity import Activity, Did

DAY = 86_400.0


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
