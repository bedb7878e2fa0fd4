"""Which findings say: here stands a secret. Their rules are one family, for which of a tool's rules
speaks depends on how the secret is written; and whoever shows their lines masks it there."""

from __future__ import annotations

from collections.abc import Mapping

FAMILY = "hardcoded-secret"

SECRET_RULES: Mapping[str, frozenset[str]] = {
    "bandit": frozenset({"B105", "B106", "B107"}),
    "ruff": frozenset({"S105", "S106", "S107"}),
}
NO_SECRETS: Mapping[str, frozenset[str]] = {
    "detect-secrets": frozenset({"IPPublicDetector"}),
    "kingfisher": frozenset(),
}
"""Of tools that look for nothing else, the rules that do."""


def tells_of_secret(tool: str, rule: str) -> bool:
    if (others := NO_SECRETS.get(tool)) is not None:
        return rule not in others
    return rule in SECRET_RULES.get(tool, ())
