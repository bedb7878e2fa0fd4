"""Reports survive the way through JSON; anything else is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.findings.codec import dumps, loads, versioned
from understudy.model import (
    Category,
    Confidence,
    Edit,
    Figure,
    Finding,
    Fix,
    Metric,
    Position,
    Range,
    Report,
    Scope,
    Severity,
    State,
    Suppression,
    Tag,
)

TEXT = st.text(st.characters(), max_size=20)  # lone surrogates too: a file name can hold them
NUMBER = st.integers(0, 1 << 40)
RANGES = st.builds(Range, st.builds(Position, NUMBER, NUMBER), st.builds(Position, NUMBER, NUMBER))
EDITS = st.builds(Edit, RANGES, TEXT)
FIXES = st.builds(Fix, TEXT, st.lists(EDITS, max_size=3).map(tuple), st.booleans())
VALUES = st.one_of(NUMBER, st.floats(allow_nan=False, allow_infinity=False))
SUPPRESSIONS = st.builds(
    Suppression,
    RANGES,
    st.sampled_from(Scope),
    st.lists(TEXT, max_size=2).map(tuple),
    st.integers(0, 1),
    TEXT,
    TEXT,
    TEXT,
    TEXT,
)
FIGURES = st.builds(Figure, st.sampled_from(Metric), VALUES, TEXT, RANGES)


def reports() -> st.SearchStrategy[Report]:
    """A report and its findings name the same tool."""

    def of(tool: str) -> st.SearchStrategy[Report]:
        findings = st.builds(
            Finding,
            st.just(tool),
            TEXT,
            TEXT,
            RANGES,
            st.sampled_from(Severity),
            st.sampled_from(Category),
            st.sampled_from(Confidence),
            TEXT,
            NUMBER,
            st.lists(st.sampled_from(Tag), max_size=2).map(tuple),
            st.lists(FIXES, max_size=2).map(tuple),
            TEXT,
            st.lists(RANGES, max_size=2).map(tuple),
        )
        many = st.lists(findings, max_size=3).map(tuple)
        figures = st.lists(FIGURES, max_size=3).map(tuple)
        suppressions = st.lists(SUPPRESSIONS, max_size=2).map(tuple)
        states = st.sampled_from(State)
        return st.builds(Report, st.just(tool), states, many, TEXT, suppressions, figures, TEXT)

    return st.sampled_from(["ruff", "bandit", "é"]).flatmap(of)


@given(reports())
def test_a_report_comes_back_as_it_was(report: Report) -> None:
    again = loads(dumps(report))
    assert again == report
    assert hash(again) == hash(report), "a list where a tuple should be could not be a key"


@given(reports())
def test_equal_reports_are_stored_equally(report: Report) -> None:
    assert dumps(loads(dumps(report))) == dumps(report)


@given(reports(), TEXT)
def test_the_version_is_told_of_what_has_none(report: Report, version: str) -> None:
    told = versioned(dumps(replace(report, version="")), version)
    assert loads(told) == replace(report, version=version)


WHOLE = json.loads(
    dumps(
        Report.of(
            "ruff",
            (
                Finding(
                    "ruff",
                    "F401",
                    "unused",
                    Range(Position(0, 7), Position(0, 9)),
                    Severity.MEDIUM,
                    Category.QUALITY,
                ),
            ),
        )
    )
)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "null",
        "[]",
        "{}",
        '["ruff", "clean", []]',
        '["ruff", "spotless", [], ""]',
        '["ruff", "findings", [[]], ""]',
        '["ruff", "findings", [["F401", "unused"]], ""]',
        '["ruff", "findings", 1, ""]',
        json.dumps(WHOLE)[:-1],
        json.dumps(WHOLE).replace("[0, 7, 0, 9]", "[0, 7]"),
        json.dumps(WHOLE).replace('"quality"', '"beauty"'),
        json.dumps(WHOLE).replace("[0, 7, 0, 9], 2", "[0, 7, 0, 9], 99"),
    ],
)
def test_what_was_not_stored_by_us_is_refused(stored: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        loads(stored)
