"""Source lines without their secrets: masked in place, all else as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.analyzers.discretion import discreet
from understudy.findings.codec import dumps
from understudy.findings.redact import redacted, secrets_of, without
from understudy.model import (
    Category,
    Edit,
    Finding,
    Fix,
    Position,
    Problem,
    Range,
    Report,
    Severity,
    State,
)
from understudy.text import Lines

WHOLE = Range(Position(0, 0), Position(0, 9))
KEY = "k = '''-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----'''\nabcd\n"


def problem(text: str, part: str, tool: str, rule: str) -> Problem:
    """Of what ``rule`` says of the first ``part`` of ``text``."""
    lines, start = Lines(text), text.index(part)
    place = Range(lines.position(start), lines.position(start + len(part)))
    return Problem((Finding(tool, rule, "", place, Severity.LOW, Category.SECURITY),))


@pytest.mark.parametrize(
    ("text", "part", "tool", "rule", "shown"),
    [
        ("p = 'hunter'", "hunter", "detect-secrets", "KeywordDetector", "p = '******'"),
        ("p = 'hunter'", "'hunter'", "bandit", "B105", "p = '******'"),
        ("f(p='hunter', q=1)", "f(p='hunter', q=1)", "bandit", "B106", "f(p='******', q=1)"),
        ('def f(p="hunter"): 0', '"hunter"', "ruff", "S107", 'def f(p="******"): 0'),
        ("p = 'a'; q = 'a'", "'a'", "ruff", "S105", "p = '*'; q = 'a'"),
        ("p = 'hunter'\nhunter()", "'hunter'", "ruff", "S105", "p = '******'\n******()"),
        ("p = '''a\r\nb'''", "'''a\r\nb'''", "bandit", "B105", "p = '''*\r\n*'''"),
        ("p = '🐙x'", "🐙x", "detect-secrets", "Custom", "p = '**'"),
        (
            KEY,
            "BEGIN RSA PRIVATE KEY",
            "detect-secrets",
            "PrivateKeyDetector",
            "k = '''-----*********************\n"[:12] + "*" * 26 + "\n***\n***\n"
            "-----END RSA PRIVATE KEY-----'''\nabcd\n",
        ),
        (
            KEY,
            "-----BEGIN RSA PRIVATE KEY---",
            "kingfisher",
            "betterleaks.private-key",
            "k = '''" + "*" * 31 + "\n***\n***\n-----END RSA PRIVATE KEY-----'''\nabcd\n",
        ),
        (
            "f(  # don't\n'hunter')",
            "f(  # don't\n'hunter')",
            "bandit",
            "B106",
            "f(  # don't\n'******')",
        ),
        ("f(u='', p='hunter')", "f(u='', p='hunter')", "bandit", "B106", "f(u='', p='******')"),
        ("p = 'hun\\'ter'", "'hun\\'ter'", "ruff", "S105", "p = '********'"),
        ("ip = '8.8.8.8'", "8.8.8.8", "detect-secrets", "IPPublicDetector", "ip = '8.8.8.8'"),
        ("eval('hunter')", "eval('hunter')", "bandit", "B307", "eval('hunter')"),
        ("p = hunter", "p = hunter", "bandit", "B105", "p = hunter"),
    ],
)
def test_what_is_masked(text: str, part: str, tool: str, rule: str, shown: str) -> None:
    assert redacted(text, [problem(text, part, tool, rule)]) == shown


@given(
    st.text(max_size=40),
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 20), st.integers(0, 4), st.integers(0, 20))
    ),
    st.sampled_from(["KeywordDetector", "PrivateKeyDetector"]),
)
def test_places_stay(text: str, places: list[tuple[int, int, int, int]], rule: str) -> None:
    """Whatever the ranges are: the text is as long, with the same lines."""
    found = [
        Problem(
            (
                Finding(
                    "detect-secrets",
                    rule,
                    "",
                    Range(Position(a, b), Position(c, d)),
                    Severity.LOW,
                    Category.SECURITY,
                ),
            )
        )
        for a, b, c, d in places
    ]
    shown = redacted(text, found)
    assert len(shown) == len(text)
    assert [each for each in shown if each in "\r\n"] == [each for each in text if each in "\r\n"]
    assert redacted(text, []) == text


@given(st.text(alphabet="'\"`#\\ \nx=", max_size=12), st.sampled_from("'\""))
def test_whatever_stands_before_it_a_value_is_not_told(before: str, quote: str) -> None:
    """Quotes that pair with none among it."""
    value = "hunter2hunter2"
    text = f"{before}\npassword = {quote}{value}{quote}\n"
    (secret,) = problem(text, f"{quote}{value}{quote}", "ruff", "S105").findings
    (other,) = problem(text, value, "ruff", "Q000").findings
    fix = Fix("Write it otherwise", (Edit(other.range, f"'{value}'"),), safe=True)
    told = replace(other, message=f"password = '{value}'", fixes=(fix,))
    report = discreet(Report.of("ruff", (secret, told)), text, "a.py", ())
    assert report.findings[1].message == f"password = '{'*' * len(value)}'"
    assert not report.findings[1].fixes


def test_a_value_in_other_quotes_is_not_told() -> None:
    """Where quotes need no escape, there is none."""
    text = "password = 'hunter\\'s own'\n"
    (secret,) = problem(text, "hunter\\'s own", "detect-secrets", "KeywordDetector").findings
    assert secrets_of(text, [secret]) == {"hunter\\'s own", "hunter's own"}


@pytest.mark.parametrize(
    ("message", "value", "told"),
    [
        ("a hardcoded password: pass", "pass", "a hardcoded password: ****"),
        ("'pass' is compared, passed", "pass", "'****' is compared, passed"),
        (r"'a\nhunter2b' is long", "hunter2", r"'a\n*******b' is long"),
        ("b'correcthorse1' and correcthorsebattery", "correcthorse", "b'************1' and ************battery"),
    ],
)  # fmt: skip
def test_a_short_word_is_masked_as_a_word(message: str, value: str, told: str) -> None:
    finding = Finding("pylint", "X1", message, WHOLE, Severity.LOW, Category.QUALITY)
    (shown,) = without(Report.of("pylint", (finding,)), [value]).findings
    assert shown.message == told


@pytest.mark.parametrize("tool", ["fake", "semgrep", "eslint", "pylint"])
def test_no_text_of_a_finding_tells_a_value(tool: str) -> None:
    """Of a tool whose rules are read in what it prints."""
    value = "hunter2-Pa55word!"
    fix = Fix(f"Write {value}", (Edit(WHOLE, value),), safe=True)
    finding = Finding(
        tool,
        f"said [{value}]",
        value,
        WHOLE,
        Severity.LOW,
        Category.QUALITY,
        url=f"https://r/{value}",
        fixes=(fix,),
    )
    told = without(Report(tool, State.FAILED, (finding,), value), [value])
    assert value not in dumps(told)
    (shown,) = told.findings
    assert (shown.rule, shown.url) == (f"said [{'*' * 17}]", f"https://r/{'*' * 17}")


@pytest.mark.parametrize(
    ("tool", "rule"), [("fake", "not-analysed"), ("bandit", "B608"), ("ruff", "analysed")]
)
def test_the_names_of_rules_that_are_known_stay(tool: str, rule: str) -> None:
    finding = Finding(tool, rule, "", WHOLE, Severity.LOW, Category.QUALITY)
    assert without(Report.of(tool, (finding,)), ["analysed", "B608"]).findings == (finding,)


def test_the_words_of_a_rule_about_secrets_stay() -> None:
    said = "Possible hardcoded password"
    finding = Finding("bandit", "B107", said, WHOLE, Severity.LOW, Category.SECURITY)
    (shown,) = without(Report.of("bandit", (finding,)), ["password"]).findings
    assert shown.message == said
