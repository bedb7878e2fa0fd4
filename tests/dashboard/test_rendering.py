"""How texts get onto the page."""

from __future__ import annotations

import math
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from understudy.dashboard.rendering import as_text, clock, prose

NOW = time.mktime((2026, 11, 27, 12, 0, 0, 0, 0, -1))


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


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (None, ""),
        (NOW - 61, "11:58:59"),
        (NOW - 86_400, "2026-11-26 12:00"),
        *((at, "?") for at in (1e18, -1e18, math.inf, math.nan)),
    ],
)
def test_a_moment_as_a_clock_has_it(at: float | None, told: str) -> None:
    """What no calendar has was written by a broken disk or clock, and is one row of many."""
    assert clock(at, NOW) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("füße/日本.py\n\t", "füße/日本.py\n\t"),
        ("\udce9", r"\udce9"),
        ("a\u202egnp.py", r"a\u202egnp.py"),
        ("\u2066\u200f\u061c", r"\u2066\u200f\u061c"),
        ("👩\u200d👩", "👩\u200d👩"),
    ],
)
def test_what_is_no_text_or_turns_it_is_seen(text: str, told: str) -> None:
    assert as_text(text) == told
