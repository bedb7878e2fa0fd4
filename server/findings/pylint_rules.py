"""Which Ruff rule means what a Pylint message means: Ruff's ``PL`` rules have Pylint's numbers.

``tests/unit/test_pylint_rules.py`` holds that to both tools' own lists.
"""

from __future__ import annotations

from collections.abc import Mapping

OUTSIDE: Mapping[str, str] = {
    "C0121": "E712",
    "C0301": "E501",
    "C0303": "W291",
    "C0304": "W292",
    "C1804": "PLC1901",
    "E0602": "F821",
    "R1705": "RET505",
    "W0102": "B006",
    "W0122": "S102",
    "W0123": "S307",
    "W0611": "F401",
    "W0612": "F841",
    "W0622": "A001",
    "W0702": "E722",
    "W0707": "B904",
    "W0718": "BLE001",
    "W1309": "F541",
}
"""Messages whose rule has another number."""

CODES: Mapping[str, str] = {
    "singleton-comparison": "C0121",
    "line-too-long": "C0301",
    "trailing-whitespace": "C0303",
    "missing-final-newline": "C0304",
    "undefined-variable": "E0602",
    "no-else-return": "R1705",
    "dangerous-default-value": "W0102",
    "exec-used": "W0122",
    "eval-used": "W0123",
    "unused-import": "W0611",
    "unused-variable": "W0612",
    "redefined-builtin": "W0622",
    "bare-except": "W0702",
    "raise-missing-from": "W0707",
    "broad-exception-caught": "W0718",
    "f-string-without-interpolation": "W1309",
}
"""The numbers of messages that comments call by their names."""


def ruff_rule(message: str) -> str:
    """The Ruff rule, which need not exist, for a Pylint message."""
    return OUTSIDE.get(message, f"PL{message}")
