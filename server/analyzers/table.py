"""The analyzers that exist, in the order in which they are listed to people."""

from __future__ import annotations

from . import bandit, ruff
from .base import Analyzer

ANALYZERS: tuple[Analyzer, ...] = (ruff.ANALYZER, bandit.ANALYZER)
