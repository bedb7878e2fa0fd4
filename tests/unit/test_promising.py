"""What has to occur in a text for a plug-in of detect-secrets to find something does occur there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.analyzers.secrets import Context, promising
from understudy.analyzers.secrets.scan import prepare


@pytest.fixture(autouse=True)
def prepared() -> None:
    assert not prepare(Context("/")).problem


def with_words() -> Iterator[tuple[promising.Plugin, re.Pattern[str]]]:
    assert not prepare(Context("/")).problem
    for each in promising.plugins():
        if each.words is not None:
            assert each.expressions
            yield from ((each, expression) for expression in each.expressions)


EXPRESSIONS = list(with_words())
NAMES = {type(each.plugin).__name__ for each, _ in EXPRESSIONS}


def test_each_that_has_words_is_one_of_detect_secrets() -> None:
    assert promising._WORDS.keys() | {"KeywordDetector"} == NAMES


@pytest.mark.parametrize(("plugin", "expression"), EXPRESSIONS)
@settings(max_examples=30)
@given(st.data())
def test_where_an_expression_occurs_so_do_its_words(
    plugin: promising.Plugin, expression: re.Pattern[str], data: st.DataObject
) -> None:
    text = data.draw(st.from_regex(expression))
    kind = type(plugin.plugin)
    found = [each for each in promising.plugins_for(text) if type(each.plugin) is kind]
    assert [expression in (each.expressions or ()) for each in found] == [True]


@pytest.mark.parametrize("text", ["PASSWORD = 'x'", "pa\N{LATIN SMALL LETTER LONG S}sword = 'x'"])
def test_letters_that_are_others_in_either_case_are_known(text: str) -> None:
    names = [type(each.plugin).__name__ for each in promising.plugins_for(text)]
    assert "KeywordDetector" in names


def test_what_cannot_find_anything_is_not_asked() -> None:
    assert promising.plugins_for("import os\nclass Apache:\n    shape = 10.5\n") == []
