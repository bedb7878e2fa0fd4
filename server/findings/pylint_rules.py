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


def ruff_rule(message: str) -> str:
    """The Ruff rule, which need not exist, for a Pylint message."""
    return OUTSIDE.get(message, f"PL{message}")
