"""Which automations fit where, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from understudy.app.learning.offers import Offer, at, brief, nothing_new, seen, span
from understudy.automations.codec import dumps
from understudy.automations.pattern import Part, Place
from understudy.settings.learning import Automations
from understudy.store.automations import Automation, State

ROOT = Path("/home/me/shop")
MAKES = dumps([("tests/test_", Place("file", Part.STEM), ".py")])
OFFERED = Automation(
    "1", "a", State.OFFERED, "create a test", "file_operations", 0.0, "/src/*.py", makes=MAKES,
    score=0.95, seen=6, low=30.0, high=60.0, a_week=2.0,
)  # fmt: skip
ACTIVE = replace(OFFERED, state=State.ACTIVE)
SETTINGS = Automations()


def found(
    automation: Automation, path: str = "/home/me/shop/src/cart.py", *there: str, now: float = 100.0
) -> list[tuple[bool, bool]]:
    given = SETTINGS, now, there.__contains__, frozenset({"1"})
    return [(each.is_new, each.preferred) for each in at(path, ROOT, [automation], *given)]


@pytest.mark.parametrize(
    ("automation", "path", "offered"),
    [
        (OFFERED, "/home/me/shop/src/cart.py", [(True, False)]),
        (ACTIVE, "/home/me/shop/src/cart.py", [(False, True)]),
        (replace(ACTIVE, score=0.85), "/home/me/shop/src/cart.py", [(False, False)]),
        (replace(ACTIVE, id="2"), "/home/me/shop/src/cart.py", [(False, False)]),  # no clean record
        (OFFERED, "/home/me/shop/cart.py", []),
        (OFFERED, "/home/me/shop/src/cart.js", []),
        (OFFERED, "/elsewhere/src/cart.py", []),
        (replace(OFFERED, when=""), "/home/me/shop/src/cart.py", []),
        (replace(OFFERED, score=0.69), "/home/me/shop/src/cart.py", []),
        (replace(OFFERED, later=101.0), "/home/me/shop/src/cart.py", []),
        (replace(OFFERED, later=99.0), "/home/me/shop/src/cart.py", [(True, False)]),
        *((replace(OFFERED, state=state), "/home/me/shop/src/cart.py", []) for state in State
          if state not in (State.OFFERED, State.ACTIVE)),
    ],
)  # fmt: skip
def test_where_one_fits(
    automation: Automation, path: str, offered: list[tuple[bool, bool]]
) -> None:
    assert found(automation, path) == offered


def test_what_is_there_already_is_not_offered() -> None:
    assert found(OFFERED, "/home/me/shop/src/cart.py", "/home/me/shop/tests/test_cart.py") == []
    everywhere = replace(OFFERED, when="*.py")
    assert found(everywhere, "/home/me/shop/tests/test_cart.py") == [(True, False)]
    for broken in (dumps([(Place("other"),)]), "no JSON", "[[1]]"):
        assert found(replace(everywhere, makes=broken)) == [(True, False)]
    same = replace(everywhere, makes=dumps([(Place("file"),)]))
    assert found(same) == []


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0, 30, "0–30 s"),
        (20, 20.4, "20 s"),
        (60, 180, "1–3 min"),
        (600, 840, "10–14 min"),
        (3_600, 7_200, "1–2 h"),
        (20, 150, "20 s–2 min"),
        (600, 9_000, "10 min–2 h"),
    ],
)
def test_spans(low: float, high: float, told: str) -> None:
    assert span(low, high) == told


def test_what_is_said_of_one() -> None:
    assert seen(OFFERED) == "seen 6×, saves about 1–2 min a week"
    assert seen(replace(OFFERED, high=0.0, low=0.0)) == "seen 6×"


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("create tests/test_{file.stem}.py", "create tests/test_{file.stem}.py"),
        ("sed -i " + "x" * 60, "sed -i " + "x" * 53 + " …"),
        (
            "ruff check --fix {file} → mypy --strict --no-incremental {file} → git log --oneline",
            "ruff check → mypy → git log (3 steps)",
        ),
        (
            "ruff check --fix {file} → ls → ls -l → python3 -m json.tool a/{file.stem}.json",
            "ruff check → … → python3 (4 steps)",
        ),
    ],
)
def test_a_menu_has_room_for_it(title: str, told: str) -> None:
    assert brief(title) == told


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("create tests/test_{file.stem}.py", "create tests/test_cart.py"),
        ("ruff format {file} → mypy {file}", "ruff format src/cart.py → mypy src/cart.py"),
        ("awk {print} {file.none} {other}", "awk {print} {file.none} {other}"),
    ],
)
def test_in_a_file_it_is_told_what_is_done_for_it(title: str, told: str) -> None:
    offer = Offer(ROOT, replace(ACTIVE, title=title), {"file": "src/cart.py"}, is_new=False)
    assert offer.here == told


TRIED = replace(OFFERED, state=State.TRIED)


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ([], ""),
        ([ACTIVE, replace(TRIED, why="a reason")], ""),
        ([OFFERED], "; 1 is offered"),
        ([TRIED, TRIED], "; 2 wait to be: about one in a hundred tasks is"),
        ([OFFERED, OFFERED, TRIED], "; 2 are offered, 1 waits to be: about one in"),
    ],
)
def test_where_nothing_is_new_it_is_told_what_there_is(known: list[Automation], told: str) -> None:
    said = nothing_new(known)
    assert said.startswith(f"Nothing new repeats so far{told}")
    assert told or said.endswith("far.")
