"""Fake programs that are run as analyzers, and how they are declared."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from understudy.analyzers.base import Analyzer
from understudy.analyzers.table import NAMES, analyzers
from understudy.settings import Settings
from understudy.settings.analyzers import DeclaredAnalyzer

EXPRESSION = (
    r"^(?P<file>.+?):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<severity>\w+): (?P<message>.*)$"
)


def program(path: Path, body: str) -> Path:
    """A shell script that runs ``body``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def declaring(*command: str | Path, **fields: Any) -> Settings:
    """Settings with the analyzer ``fake``."""
    words = tuple(map(str, command))
    given = {"files": ("*.txt",), "output": EXPRESSION, **fields}
    own = MappingProxyType({"fake": DeclaredAnalyzer(command=words, **given)})
    return Settings.of({"analyzers.custom": own})


def only(settings: Settings) -> Analyzer:
    """The one that is not ours."""
    (own,) = (each for each in analyzers(settings) if each.name not in NAMES)
    return own
