"""Which automations fit where, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from understudy.app.learning.offers import at, seen, span
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
    ],
)
def test_spans(low: float, high: float, told: str) -> None:
    assert span(low, high) == told


def test_what_is_said_of_one() -> None:
    assert seen(OFFERED) == "seen 6×, saves about 1–2 min a week"
    assert seen(replace(OFFERED, high=0.0, low=0.0)) == "seen 6×"
