"""Who owns a file: what CODEOWNERS says, else the folder that it lies in. Pure but for ``read``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from ...disk import read_regular
from ...gitignore import gitignore

_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_MOST_BYTES = 3 << 20
TOP = "(top)"
"""Of files that lie in the root itself."""
NOBODY = "(nobody)"


class Rule(NamedTuple):
    """``owns`` takes a path below the root, with slashes; None: it does not own it."""

    owns: Callable[[str], object]
    owners: str


def read(root: Path) -> tuple[Rule, ...]:
    """Of the first file that there is; empty where there is none that can be read. Blocks."""
    for place in _PLACES:
        try:
            return parsed(read_regular(root / place, _MOST_BYTES).decode("utf-8", "replace"))
        except OSError:
            continue
    return ()


def parsed(text: str) -> tuple[Rule, ...]:
    """Patterns as in .gitignore, but for ``!`` and ``[…]``, which are none there. What cannot be
    understood owns nothing."""
    rules = []
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if not words or words[0].startswith(("[", "^[", "!")):
            continue
        try:
            (pattern,) = gitignore([words[0]]).patterns
        except ValueError:
            continue
        rules.append(Rule(pattern.match_file, " ".join(words[1:]) or NOBODY))
    return tuple(rules)


def owner_of(path: str, rules: Sequence[Rule]) -> str:
    """Of a path below the root, with slashes. The last rule that fits holds; without any rules the
    first folder does. Of thousands of rules it takes milliseconds."""
    if not rules:
        folder, slash, _ = path.partition("/")
        return folder if slash else TOP
    return next((rule.owners for rule in reversed(rules) if rule.owns(path) is not None), NOBODY)
