"""Steps with their arguments are what was done, whatever was done."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.automations.mining.counts import Occurrence
from understudy.automations.mining.events import Event, Events
from understudy.automations.mining.parts import link
from understudy.automations.mining.unify import unify
from understudy.automations.paths import filled, part_of
from understudy.automations.pattern import Part, Place, Run
from understudy.store.activity import Activity, Did

_name = st.sampled_from(["cart", "order", "a", "src", "test", "x1"])
_path = st.builds("{}/{}.py".format, _name, _name) | st.builds("{}.py".format, _name)
_values = st.tuples(_path, _path, st.integers(0, 99).map(str), _name, _name)


def _occurrence(values: tuple[str, str, str, str, str]) -> Occurrence:
    first, second, number, message, folder = values
    lines = (f"black --line-length={number} {first}", f"git commit -m '{message} it' {second}")
    events = Events()
    found: list[Event] = []
    for line in lines:
        found += (event for _, event in events.of(Activity(0, Did.COMMAND, line, "s", folder)))
    return tuple(found)


@given(st.lists(_values, min_size=1, max_size=8))
def test_steps_with_the_arguments_are_what_was_done(rows: list[tuple[str, ...]]) -> None:
    occurrences = [_occurrence(row) for row in rows]  # type: ignore[arg-type]
    unified = unify(occurrences)
    for occurrence, arguments in zip(occurrences, unified.arguments, strict=True):
        assert len(unified.steps) == len(occurrence)
        for step, event in zip(unified.steps, occurrence, strict=True):
            assert isinstance(step, Run)
            words = tuple(filled(word, arguments) for word in step.words)
            assert words == event.command.words, shlex.join(words)
            assert filled(step.cwd, arguments) == event.cwd


@given(st.lists(_values, min_size=1, max_size=8))
def test_every_parameter_is_used_and_every_place_has_one(rows: list[tuple[str, ...]]) -> None:
    unified = unify([_occurrence(row) for row in rows])  # type: ignore[arg-type]
    runs = [step for step in unified.steps if isinstance(step, Run)]
    texts = [text for step in runs for text in (*step.words, step.cwd)]
    used = {each.parameter for text in texts for each in text if isinstance(each, Place)}
    assert used == {parameter.name for parameter in unified.parameters}


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("src/shop/cart.py", ["cart.py", "cart", ".py", "src/shop", "shop.cart"]),
        ("cart.py", ["cart.py", "cart", ".py", "", "cart"]),
        ("src/shop/__init__.py", ["__init__.py", "__init__", ".py", "src/shop", "shop"]),
        ("docs", ["docs", "docs", "", "", "docs"]),
        (".env", [".env", ".env", "", "", ".env"]),
    ],
)
def test_parts(path: str, parts: list[str]) -> None:
    which = (Part.NAME, Part.STEM, Part.SUFFIX, Part.FOLDER, Part.MODULE)
    assert [part_of(path, part) for part in which] == parts
    assert part_of(path, Part.WHOLE) == path


@pytest.mark.parametrize(
    ("sources", "targets", "text"),
    [
        (["a.py", "b.py"], ["test_a.py", "test_b.py"], ("test_", Place("f"))),
        (["a.py", "b.py"], ["a.md", "b.md"], (Place("f", Part.STEM), ".md")),
        (["x/a.py", "y/b.py"], ["x/t_a.py", "y/t_b.py"],
         (Place("f", Part.FOLDER), "/t_", Place("f", Part.NAME))),
        (["src/x/a.py", "src/y/b.py"], ["x.a", "y.b"], (Place("f", Part.MODULE),)),
        (["a.py", "b.py"], ["a.md", "c.md"], None),
        (["a.py", "a.py"], ["a.md", "a.md"], None),
    ],
)  # fmt: skip
def test_links(sources: list[str], targets: list[str], text: tuple[str | Place, ...]) -> None:
    assert link("f", sources, targets) == text
