"""Values as literals: they come back as they were, and the formatter has nothing to change."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from understudy.automations.generate import Unfit
from understudy.automations.generate.literal import assigned, quoted
from understudy.automations.pattern import Create, Parameter, Place, Type

from .patterns import pattern, run
from .scripts import draft

_RUFF = str(Path(sys.executable).with_name("ruff"))
_TEXT = st.text(
    st.one_of(
        st.sampled_from("\"'\\{}\n\r\t\x1b\x7f\x85\u2028\ufeff漢é€ "),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=60,
)
_VALUE: st.SearchStrategy[Any] = st.recursive(
    st.one_of(_TEXT, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXT, inner, max_size=4)),
    max_leaves=12,
)


def _formatted(source: str) -> str:
    done = subprocess.run(
        [_RUFF, "format", "--isolated", "--target-version=py311", "-"],
        input=source.encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


@given(_VALUE)
def test_a_value_comes_back(value: object) -> None:
    line = assigned("V", "object", value)  # type: ignore[arg-type]
    [statement] = ast.parse(line).body
    assert isinstance(statement, ast.AnnAssign)
    assert statement.value
    assert ast.literal_eval(statement.value) == value


@settings(max_examples=60)
@given(st.lists(_VALUE, min_size=10, max_size=20))
def test_the_formatter_has_nothing_to_change(values: list[Any]) -> None:
    listed = [value if isinstance(value, list) else [value] for value in values]
    source = "".join(assigned(f"V{n}", "object", v) + "\n" for n, v in enumerate(listed))
    assert _formatted(source) == source


@settings(max_examples=30)
@given(_TEXT, _TEXT, _TEXT)
def test_nor_in_a_whole_script(path: str, word: str, default: str) -> None:
    steps = (Create(("a", Place("x"), path), (word,)), run("git", f"-m{word}"))
    try:
        made = draft(pattern(*steps, parameters=(Parameter("x", Type.TEXT, default),)))
    except Unfit:  # a path with control characters
        reject()
    assert _formatted(made.source) == made.source


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_no_source_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"U\+"):
        quoted(text)
