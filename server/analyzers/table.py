"""The analyzers that exist, in the order in which they are listed to people."""

from __future__ import annotations

from ..settings import Settings
from . import bandit, complexipy, eslint, pylint, radon, ruff, secrets
from .base import Analyzer

BUILT_IN: tuple[Analyzer, ...] = (
    ruff.ANALYZER,
    complexipy.ANALYZER,
    bandit.ANALYZER,
    radon.ANALYZER,
    eslint.ANALYZER,
    secrets.ANALYZER,
    pylint.ANALYZER,
)
MEASURING = frozenset({complexipy.NAME, radon.NAME})
"""Those whose reports have figures."""
SOURCES = frozenset(name for analyzer in BUILT_IN for name in analyzer.sources)


def analyzers(settings: Settings) -> tuple[Analyzer, ...]:
    """Those that are switched on."""
    return tuple(each for each in BUILT_IN if each.enabled(settings))


def endings(settings: Settings) -> frozenset[str]:
    """How the paths of all files end that one of them may look at."""
    return frozenset(end for each in analyzers(settings) for end in (*each.suffixes, *each.names))
