"""What a comment of one tool's own means to the others: the same matter, where it names rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from .families import matter, matters_of
from .pylint_rules import CODES

MARKS = re.compile("understudy:|noqa|nosec|pylint:", re.IGNORECASE)
"""A text without one of these has no comment that lets findings be, as far as we obey it."""
_NOQA = re.compile(r"#\s*(?i:noqa)\s*:\s*(?P<rules>[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)")
_NOSEC = re.compile(r"#\s*nosec(?:\s*(?:$|#)|:?\s*(?P<rules>B\d{3}(?:[\s,]+B\d{3})*))")
_PYLINT = re.compile(r"#\s*pylint:\s*disable=(?P<rules>[\w-]+(?:\s*,\s*[\w-]+)*)")
_READ = (("ruff", _NOQA), ("bandit", _NOSEC), ("pylint", _PYLINT))
_BETWEEN = re.compile(r"[\s,]+")


def said(comment: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The parts of a comment that a tool obeys, and the matters of which they are. ``# nosec``
    alone is of all of Bandit's."""
    for tool, pattern in _READ:
        for found in pattern.finditer(comment):
            if named := found["rules"]:
                rules = (CODES.get(each, each) for each in _BETWEEN.split(named))
                yield found[0].strip("# "), tuple(matter(tool, rule) for rule in rules)
            else:
                yield found[0].strip("# "), _all_of(tool)


@cache
def _all_of(tool: str) -> tuple[str, ...]:
    return tuple(sorted(matters_of(tool)))
