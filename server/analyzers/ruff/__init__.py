"""Ruff: quality, security and complexity findings for Python, with fixes.

The project's own Ruff configuration holds. The ``S`` (security) and ``C901`` (complexity) rules are
added where it does not speak of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...model import Tier
from ...settings import Settings
from ...trust import inside
from ..base import Analyzer, As, Configuration, Files, fingerprint, nested, upwards
from ..installations import Installation, installed, resolve_program, stamp_of

NAME = "ruff"
_FILES = (".ruff.toml", "ruff.toml", "pyproject.toml")
_LONGEST_CHAIN = 16
_LEAST = (0, 5, 3)
"""The first with a server that is no preview."""
_IGNORING = ("ignore", "extend-ignore")
_SELECTORS = ("select", "extend-select", *_IGNORING)
_USUAL_COMPLEXITY = 10
"""Ruff's own limit, where ``mccabe`` is configured without one."""


class Context(NamedTuple):
    """``program`` is ``ruff.path`` resolved, ``extra`` the rules to add, ``threshold`` the highest
    complexity (0: the project says). ``special`` is a file that Ruff would read and that may have
    no end (empty: none). ``loose``: what lies below the root is not Ruff's to read."""

    program: str
    root: str
    extra: tuple[str, ...]
    threshold: int
    special: str = ""
    loose: bool = False


def _configure(folder: Path, root: Path, settings: Settings, files: Files) -> Configuration:
    """Ruff's own search: the nearest file that configures it, up to the root of the disk, else the
    user's own. Beside it or above, ``requires-python`` says for which Python the code is."""
    source, place, links = _search(folder, root, files)
    tables = [link.table for link in links]
    mentioned = {rule for each in tables for rule in _mentioned(each)}
    wanted = [("S", True), ("C901", settings.complexity.enabled)]
    extra = tuple(rule for rule, on in wanted if on and not _covers(mentioned, rule))
    told = any("mccabe" in each or "mccabe" in nested(each, "lint") for each in tables)
    threshold = 0 if told else settings.complexity.max
    program = resolve_program(settings.ruff.path, root)
    programs = (installation(program),) if program else ()
    special = _special(place, links, files)
    below = place != root and place.is_relative_to(root)
    if not special and below:  # whatever it is asked about, Ruff looks at its root, too
        special = _special(*_search(root, root, files)[1:], files)
    contents = [link.content for link in links]
    seen = fingerprint(contents, _required(place, files))
    context = Context(program, str(root), extra, threshold, special)
    return Configuration(
        context,
        source=str(source or ""),
        note=_added(extra, source),
        loose=context._replace(loose=True),
        hints=(str(source or ""), fingerprint(*contents[:1]), seen),
        key=fingerprint(context, seen, [each.stamps for each in programs]),
        programs=programs,
        needs_trust=inside(program, root),
        mode_counts=True,  # EXE001 and EXE002, which Ruff has on by itself
    )


def installation(program: str) -> Installation:
    """Of a Ruff that the settings name."""
    return Installation(
        (program, "--version"),
        (stamp_of(program),),
        _LEAST,
        called=program,
        missing=f"ruff.path names {program}, which is no program; correct or clear the setting",
        remedy="upgrade it, or clear ruff.path",
    )


def complexity_limit(folder: Path, root: Path, settings: Settings, files: Files) -> int | None:
    """The highest cyclomatic complexity that C901 lets pass in a folder: the project's, where its
    Ruff configuration speaks of it, else that of the settings. None: it is not to be reported."""
    tables = [link.table for link in _search(folder, root, files)[2]]
    if _covers({rule for each in tables for rule in _mentioned(each, _IGNORING)}, "C901"):
        return None
    for part in (part for each in tables for part in (nested(each, "lint"), each)):
        if "mccabe" in part:
            told = nested(part, "mccabe").get("max-complexity", _USUAL_COMPLEXITY)
            return told if isinstance(told, int) else settings.complexity.max
    return settings.complexity.max


def _added(extra: tuple[str, ...], source: Path | None) -> str:
    if not extra:
        return ""
    rules = " and ".join(extra)
    of = "Its configuration does not speak of" if source else "Its defaults do not have"
    return f"{of} {rules}, which it is asked for here as well."


class _Link(NamedTuple):
    """One of the files that configure a folder: the one that is found, or one that is extended."""

    path: Path
    content: bytes | None
    table: dict[str, Any]


def _search(folder: Path, root: Path, files: Files) -> tuple[Path | None, Path, list[_Link]]:
    """The file that configures a folder, from where a required Python is looked for, and the file
    with those that it extends."""
    source, table = _nearest(folder, files)
    place = source.parent if source else root
    if source is None:
        source, table = _users(files)
    return source, place, _chain(source, table, files)


def _special(place: Path, links: list[_Link], files: Files) -> str:
    """The first of the files that Ruff reads which may have no end; empty when there is none."""
    read = [*(link.path for link in links), *(each / "pyproject.toml" for each in upwards(place))]
    return next((str(path) for path in read if files.is_special(path)), "")


def _nearest(folder: Path, files: Files) -> tuple[Path | None, dict[str, Any]]:
    """A file that is no TOML is the nearest, too: Ruff says what is wrong with it."""
    for place in upwards(folder):
        for name in _FILES:
            try:
                table = files.toml(place / name)
            except ValueError:
                return place / name, {}
            if table is None:
                continue
            if name != "pyproject.toml":
                return place / name, table
            if "ruff" in nested(table, "tool"):
                return place / name, nested(table, "tool", "ruff")
    return None, {}


def _users(files: Files) -> tuple[Path | None, dict[str, Any]]:
    """The user's configuration, which holds where a project has none."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    place = Path(home if os.path.isabs(home) else os.path.expanduser("~/.config")) / "ruff"
    for name in _FILES:
        try:
            table = files.toml(place / name)
        except ValueError:
            return place / name, {}
        if table is not None:
            return place / name, nested(table, "tool", "ruff") or table
    return None, {}


def _required(place: Path, files: Files) -> list[str]:
    """Each ``requires-python`` at or above ``place``; Ruff takes the nearest that it understands.
    It sees none below the file that configures it, or below the root when there is none."""
    found: list[str] = []
    for each in upwards(place):
        try:
            project = nested(files.toml(each / "pyproject.toml"), "project")
        except ValueError:
            found.append(fingerprint(files.read(each / "pyproject.toml")))
            continue
        if "requires-python" in project:
            found.append(str(project["requires-python"]))
    return found


def _chain(source: Path | None, table: dict[str, Any], files: Files) -> list[_Link]:
    """The configuration and those that ``extend`` names, one by one."""
    links: list[_Link] = []
    while source is not None and len(links) < _LONGEST_CHAIN:
        links.append(_Link(source, files.read(source), table))
        parent = table.get("extend")
        named = os.path.expanduser(os.path.expandvars(str(parent)))
        source = source.parent / named if parent else None
        try:
            table = (files.toml(source) if source else None) or {}
        except ValueError:
            table = {}
        table = nested(table, "tool", "ruff") or table
    return links


def _mentioned(table: dict[str, Any], keys: Sequence[str] = _SELECTORS) -> set[str]:
    """The rule selectors that a configuration speaks of, for or against."""
    lists = (part.get(key) for part in (table, nested(table, "lint")) for key in keys)
    return {str(selector) for each in lists if isinstance(each, list) for selector in each}


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
    notebooks=As.FILE,
    languages=frozenset({"python"}),
    check=f"{__name__}.child:check",
    explain=f"{__name__}.child:explain",
    why=f"{__name__}.why:why",
    configure=_configure,
    version=lambda: installed("ruff"),
    enabled=lambda settings: settings.ruff.enabled,
    timeout=lambda settings: 20.0,
    preload=(f"{__name__}.child",),
    sources=frozenset(_FILES),
)
