"""Ruff: quality, security and complexity findings for Python, with fixes.

The project's own Ruff configuration holds. The ``S`` (security) and ``C901`` (complexity) rules are
added where it does not speak of them.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from ..model import Category, Edit, Finding, Fix, Position, Range, Severity, Tag, Tier
from ..settings import Settings
from .base import Analyzer, Configuration, Files, fingerprint, inside, installed, upwards

NAME = "ruff"
_FILES = (".ruff.toml", "ruff.toml", "pyproject.toml")
_SELECTORS = ("select", "extend-select", "ignore", "extend-ignore")


def _configure(folder: Path, root: Path, settings: Settings, files: Files) -> Configuration:
    """Ruff's own search: the nearest file that configures it, up to the root of the disk."""
    source, table, problem = _nearest(folder, files)
    mentioned = _mentioned(table)
    wanted = [("S", True), ("C901", settings.complexity.enabled)]
    extra = tuple(rule for rule, on in wanted if on and not _covers(mentioned, rule))
    threshold = 0 if "mccabe" in table.get("lint", table) else settings.complexity.max
    context = (settings.ruff.path, str(root), extra, threshold)
    seen = fingerprint(_chain(source, table, files))
    return Configuration(
        context,
        hints=(str(source or ""), seen),
        key=fingerprint(context, seen),
        needs_trust=inside(settings.ruff.path, root),
        problem=problem,
    )


def _nearest(folder: Path, files: Files) -> tuple[Path | None, dict[str, Any], str]:
    problem = ""
    for place in upwards(folder):
        for name in _FILES:
            try:
                table = files.toml(place / name)
            except ValueError as error:
                problem = problem or f"{place / name} cannot be read: {error}"
                continue
            if table is not None and name == "pyproject.toml":
                table = table.get("tool", {}).get("ruff")
            if isinstance(table, dict):
                return place / name, table, problem
    return None, {}, problem


def _chain(source: Path | None, table: dict[str, Any], files: Files) -> tuple[bytes | None, ...]:
    """The contents of the configuration and of the files that ``extend`` names, one by one."""
    found: list[bytes | None] = []
    while source is not None and len(found) < 16:
        found.append(files.read(source))
        parent = table.get("extend")
        source = source.parent / os.path.expanduser(str(parent)) if parent else None
        try:
            table = (files.toml(source) if source else None) or {}
        except ValueError:
            table = {}
        table = table.get("tool", {}).get("ruff", table)
    return tuple(found)


def _mentioned(table: dict[str, Any]) -> set[str]:
    """The rule selectors that a configuration speaks of, for or against."""
    lint = table.get("lint", {})
    return {
        str(selector)
        for part in (table, lint if isinstance(lint, dict) else {})
        for key in _SELECTORS
        for selector in part.get(key) or ()
    }


def _covers(mentioned: set[str], rule: str) -> bool:
    """Whether a selector speaks of ``rule`` (``C`` and ``ALL`` do of C901, ``S1`` of S)."""
    letters = rule.rstrip("0123456789")
    return any(
        selector == "ALL"
        or rule.startswith(selector)
        or (selector.rstrip("0123456789") == letters and selector.startswith(rule))
        for selector in mentioned
    )


ANALYZER = Analyzer(
    name=NAME,
    title="Ruff",
    tier=Tier.FAST,
    suffixes=frozenset({".py", ".pyi", ".pyw"}),
    languages=frozenset({"python"}),
    check=f"{__package__}.ruff_child:check",
    configure=_configure,
    version=lambda: installed("ruff"),
    enabled=lambda settings: settings.ruff.enabled,
    timeout=lambda settings: 20.0,
    preload=(f"{__package__}.ruff_child",),
    sources=frozenset(_FILES),
)

_PERFORMANCE = re.compile(r"C901|PERF|PLR09|FURB")
_SERIOUS = re.compile(
    r"invalid-syntax|E9|F50|F52|F63|F70|F82|F811|PLE|B006|B008|B012|B017|B023|BLE|ASYNC|RUF006"
)
_NOTABLE = re.compile(r"F|B|C901|PLW|RUF|ARG|DTZ|SIM|TRY|PGH|PLR09|T10|LOG|G")
_HIGH_SECURITY = re.compile(
    r"S(201|202|301|302|307|501|502|503|505|506|507|601|602|604|605|609|701|702)"
)
_MEDIUM_SECURITY = re.compile(r"S(10[2-8]|11[013]|3|5|60[68]|61|7)")
_DEPRECATED = re.compile(r"UP00[58]|UP02[1-6]|NPY|PYI057|DOC|AIR3")


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
    """Read one LSP diagnostic of ``ruff server`` that speaks utf-32. Raises KeyError, TypeError."""
    rule = str(row.get("code") or "invalid-syntax")
    data = row.get("data") or {}
    edits = tuple(Edit(_lsp_range(e["range"]), e["newText"]) for e in data.get("edits") or ())
    fixes = (Fix(data["title"], edits, bool(data.get("is_preferred"))),) if edits else ()
    url = str((row.get("codeDescription") or {}).get("href", ""))
    return _finding(
        rule, row["message"], _lsp_range(row["range"]), url, fixes, row.get("tags") or ()
    )


def from_json(row: dict[str, Any]) -> Finding:
    """Read one entry of ``ruff check --output-format json``. Raises KeyError, TypeError."""
    rule = str(row["code"] or "invalid-syntax")
    place = Range(_json_position(row["location"]), _json_position(row["end_location"]))
    fixes: tuple[Fix, ...] = ()
    if fix := row.get("fix"):
        edits = tuple(
            Edit(
                Range(_json_position(e["location"]), _json_position(e["end_location"])),
                e["content"],
            )
            for e in fix["edits"]
        )
        fixes = (Fix(fix["message"], edits, fix["applicability"] == "safe"),)
    tags = (1,) if rule in _UNNECESSARY else ()
    return _finding(rule, row["message"], place, row.get("url") or "", fixes, tags)


_UNNECESSARY = frozenset({"F401", "F841", "F811"})


def _finding(
    rule: str, message: str, place: Range, url: str, fixes: tuple[Fix, ...], tags: tuple[int, ...]
) -> Finding:
    category, severity = classify(rule)
    shown = [Tag.UNNECESSARY] if 1 in tags else []
    if 2 in tags or _DEPRECATED.match(rule):
        shown.append(Tag.DEPRECATED)
    return Finding(
        tool=NAME,
        rule=rule,
        message=message.partition("\n\nhelp:")[0],
        range=place,
        severity=severity,
        category=category,
        url=url,
        tags=tuple(shown),
        fixes=fixes,
    )


def _lsp_range(range_: dict[str, dict[str, int]]) -> Range:
    start, end = range_["start"], range_["end"]
    return Range(
        Position(start["line"], start["character"]), Position(end["line"], end["character"])
    )


def _json_position(place: dict[str, int]) -> Position:
    return Position(place["row"] - 1, place["column"] - 1)
