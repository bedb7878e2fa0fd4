"""Reading what Ruff answers, as a server or as a command."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ...findings.families import SYNTAX_ERROR
from ...model import Category, Edit, Finding, Fix, Range, Severity, Tag
from ..parsing import position_of, text_of
from . import NAME

_PERFORMANCE = re.compile(r"C901|PERF|PLR09|FURB")
_SERIOUS = re.compile(
    r"invalid-syntax|E9|F50|F52|F63|F70|F82|F811|PLE|B006|B008|B012|B017|B023|BLE|ASYNC|RUF006"
)
_NOTABLE = re.compile(r"F|B|C901|PLW|RUF|ARG|DTZ|SIM|TRY|PGH|PLR09|T10|LOG|G")
_HIGH_SECURITY = re.compile(
    r"S(201|202|301|302|307|501|502|503|505|506|507|601|602|604|605|609|701|702)"
)
_MEDIUM_SECURITY = re.compile(r"S(10[2-8]|11[013]|3|5|60[68]|61|7)")
# Only ruff server tells these, for fewer rules; what is read from disk is to look the same.
_TAGS = {
    Tag.UNNECESSARY: re.compile(r"F401|F811|F841|ARG00[1-5]|B007|RUF059|RUF100"),
    Tag.DEPRECATED: re.compile(r"UP00[58]|UP02[1-6]|UP035|NPY.*|PYI057|AIR3.*|S306"),
}


@cache
def classify(rule: str) -> tuple[Category, Severity]:
    """Ruff itself grades nothing. Errors in the program are high, likely bugs medium, style low."""
    if re.fullmatch(r"S\d+", rule):
        if _HIGH_SECURITY.match(rule):
            return Category.SECURITY, Severity.HIGH
        medium = _MEDIUM_SECURITY.match(rule)
        return Category.SECURITY, Severity.MEDIUM if medium else Severity.LOW
    if _PERFORMANCE.match(rule):
        return Category.PERFORMANCE, Severity.MEDIUM if rule == "C901" else Severity.LOW
    if _SERIOUS.match(rule):
        return Category.QUALITY, Severity.HIGH
    if _NOTABLE.match(rule):
        return Category.QUALITY, Severity.MEDIUM
    return Category.QUALITY, Severity.LOW


def from_server(row: dict[str, Any]) -> Finding:
    """Read one LSP diagnostic of ``ruff server`` that speaks utf-32. Raises ``MALFORMED``."""
    data = row.get("data") or {}
    edits = tuple(
        Edit(_lsp_range(e["range"]), text_of(e["newText"])) for e in data.get("edits") or ()
    )
    title = text_of(data.get("title") or "").removesuffix(" (suggestion)")
    fixes = (Fix(title, edits, bool(data.get("is_preferred"))),) if edits else ()
    url = (row.get("codeDescription") or {}).get("href")
    return _finding(row, _lsp_range(row["range"]), url, fixes)


def from_json(row: dict[str, Any], above: int = 0) -> Finding:
    """Read one entry of ``ruff check --output-format json``. Of a notebook it counts the rows of
    a cell, ``above`` which there are others. Raises ``MALFORMED``."""
    fixes: tuple[Fix, ...] = ()
    if fix := row.get("fix"):
        edits = tuple(Edit(_json_range(e, above), text_of(e["content"])) for e in fix["edits"])
        title = text_of(fix["message"] or row["name"])
        fixes = (Fix(title, edits, fix["applicability"] == "safe"),)
    return _finding(row, _json_range(row, above), row.get("url"), fixes)


# What ruff server adds to a message; its JSON keeps to the matter.
_ADVICE = re.compile("\n\n(?:info|help): ")


def _finding(row: dict[str, Any], place: Range, url: object, fixes: tuple[Fix, ...]) -> Finding:
    rule = text_of(row.get("code") or row.get("name") or SYNTAX_ERROR)
    category, severity = classify(rule)
    tags = tuple(tag for tag, rules in _TAGS.items() if rules.fullmatch(rule))
    return Finding(
        tool=NAME,
        rule=rule,
        message=_ADVICE.split(text_of(row["message"]), maxsplit=1)[0],
        range=place,
        severity=severity,
        category=category,
        url=text_of(url or ""),
        tags=tags,
        fixes=fixes,
    )


def _lsp_range(range_: dict[str, dict[str, int]]) -> Range:
    start, end = range_["start"], range_["end"]
    return Range(
        position_of(start["line"], start["character"]), position_of(end["line"], end["character"])
    )


def _json_range(row: dict[str, dict[str, int]], above: int) -> Range:
    start, end = row["location"], row["end_location"]
    return Range(
        position_of(above + start["row"] - 1, start["column"] - 1),
        position_of(above + end["row"] - 1, end["column"] - 1),
    )
