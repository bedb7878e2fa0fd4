"""How texts get onto the page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from understudy.dashboard.rendering import prose


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Set `timeout-minutes`.", "Set <code>timeout-minutes</code>."),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("one ` alone", "one ` alone"),
        ("`<b>` & <i>", "<code>&lt;b&gt;</code> &amp; &lt;i&gt;"),
        ("`\u202ea`\u202e", "<code>\\u202ea</code>\\u202e"),
        ("", ""),
    ],
)
def test_what_stands_between_backticks_is_code(text: str, html: str) -> None:
    assert prose(text) == html


@given(st.text("a`<>&\"'{}\n "))
def test_all_else_is_as_it_was_and_escaped(text: str) -> None:
    told = re.sub(r"</?code>", "`", prose(text))
    assert told == escape(text)
