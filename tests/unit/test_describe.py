"""What a person reads of a problem."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from understudy.analyzers.base import Analyzer
from understudy.analyzers.table import BUILT_IN, OPTIONAL
from understudy.findings import describe
from understudy.model import (
    Category,
    Confidence,
    Finding,
    Position,
    Problem,
    Range,
    Severity,
)

HERE = Range(Position(0, 0), Position(0, 4))
BANDIT = Finding(
    "bandit",
    "B608",
    "Possible SQL injection.",
    HERE,
    Severity.MEDIUM,
    Category.SECURITY,
    Confidence.LOW,
    "https://bandit.readthedocs.io/b608.html",
    89,
)
RUFF = Finding(
    "ruff",
    "S608",
    "Possible SQL injection vector",
    HERE,
    Severity.HIGH,
    Category.SECURITY,
    url="https://docs.astral.sh/ruff/rules/hardcoded-sql-expression",
)


def said(message: str, url: str = "") -> str:
    finding = Finding("ruff", "F401", message, HERE, Severity.LOW, Category.QUALITY, url=url)
    return describe.hover(Problem((finding,)))


def test_it_names_the_versions_that_are_known() -> None:
    told = describe.hover(Problem((RUFF, BANDIT)), versions={"ruff": "0.17.5"})
    assert " · Ruff 0.17.5 [S608](<" in told
    assert ", Bandit [B608](<" in told


def rendered(markdown: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).render(markdown))


def test_the_hover_of_a_merged_problem() -> None:
    assert describe.hover(Problem((RUFF, BANDIT))) == (
        "Possible SQL injection vector\n\n"
        "Possible SQL injection.\n\n"
        "**high** severity, high confidence"
        " · [CWE-89](https://cwe.mitre.org/data/definitions/89.html) (SQL injection)"
        " · OWASP A05:2025 Injection"
        " · Ruff [S608](<https://docs.astral.sh/ruff/rules/hardcoded-sql-expression>)"
        ", Bandit [B608](<https://bandit.readthedocs.io/b608.html>)"
    )


def test_an_explanation_follows_what_was_said() -> None:
    told = describe.hover(Problem((RUFF,)), "Use `%s`, not <b>this</b>.")
    assert told.split("\n\n")[:2] == [RUFF.message, r"Use `%s`, not \<b\>this\</b\>."]
    assert describe.hover(Problem((RUFF,)), RUFF.message) == describe.hover(Problem((RUFF,)))


def test_the_code_is_the_leading_rule() -> None:
    assert describe.code(Problem((RUFF, BANDIT))) == "S608"


def test_a_rule_without_weakness_takes_it_from_its_documentation() -> None:
    finding = Finding("ruff", "S602", "shell", HERE, Severity.HIGH, Category.SECURITY)
    assert "[CWE-78](" in describe.hover(Problem((finding,)))


def test_one_message_is_said_once() -> None:
    twin = Finding("bandit", "B608", RUFF.message, HERE, Severity.LOW, Category.SECURITY)
    assert describe.hover(Problem((RUFF, twin))).count("vector") == 1


@pytest.mark.parametrize(
    ("message", "html"),
    [
        ("`os` imported but unused", "<code>os</code> imported but unused"),
        ("password: '![](https://x.example/a.png)'", "password: '![](https://x.example/a.png)'"),
        ("``[x](y)` and **bold**", "`<code>[x](y)</code> and **bold**"),
        ("<img src=x> &lt;", "&lt;img src=x&gt; &amp;lt;"),
        ("one\n\n# two", "one # two"),
    ],
)
def test_words_of_a_tool_never_become_markup(message: str, html: str) -> None:
    assert rendered(said(message)).startswith(f"<p>{html}</p>")


@given(st.text(alphabet="`\\[]()!<>*_#a \n&:/", max_size=40))
def test_no_message_makes_a_link_or_a_picture(message: str) -> None:
    html = rendered(said(f"x{message}"))
    assert "<a" not in html
    assert "<img" not in html


def test_long_messages_are_cut() -> None:
    assert len(said("`" + "long " * 1_000)) < 500


@pytest.mark.parametrize("url", ["javascript:alert(1)", "command:x", "http://plain.example", ""])
def test_only_https_is_linked(url: str) -> None:
    assert "<a" not in rendered(said("x", url))


@pytest.mark.parametrize("analyzer", [*BUILT_IN, *OPTIONAL], ids=lambda each: each.name)
def test_a_tool_is_called_the_same_everywhere(analyzer: Analyzer) -> None:
    assert describe.title(analyzer.name) == analyzer.title


@pytest.mark.parametrize("name", ["myLint", "stars", "my-own"])
def test_what_others_declare_is_called_as_they_wrote_it(name: str) -> None:
    assert describe.title(name) == name
    assert f" · {name} [B608]" in describe.hover(Problem((replace(BANDIT, tool=name),)))
