"""How bad an advisory says it is, in our words; docs/audits.md has the tables. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ...findings.severities import WORDS, of_score
from ...model import Severity

_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {
    "U": {"N": 0.85, "L": 0.62, "H": 0.27},
    "C": {"N": 0.85, "L": 0.68, "H": 0.5},
}


def of_word(word: object) -> Severity | None:
    return WORDS.get(word.lower()) if isinstance(word, str) else None


def base_score(vector: str) -> float | None:
    """The base score of a CVSS 3.0 or 3.1 vector (section 7.1 of the specification); None for what
    is none."""
    version, *metrics = vector.split("/")
    if version not in ("CVSS:3.0", "CVSS:3.1"):
        return None
    value = dict(metric.split(":", 1) for metric in metrics if ":" in metric)
    try:
        weight = {name: weights[value[name]] for name, weights in _WEIGHTS.items()}
        changed = {"U": False, "C": True}[value["S"]]
        privileges = _PRIVILEGES[value["S"]][value["PR"]]
    except KeyError:
        return None
    lost = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    whole = impact + exploitability
    return _rounded_up(min(1.08 * whole if changed else whole, 10.0))


def _rounded_up(score: float) -> float:
    """To one decimal, as appendix A of the specification has it."""
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (math.floor(whole / 10_000) + 1) / 10


def cwe(ids: object) -> int:
    """The first weakness of a list such as ``["CWE-79"]``; 0 where there is none."""
    named = ids if isinstance(ids, list) else []
    found = [re.fullmatch(r"CWE-(\d{1,6})", each) for each in named if isinstance(each, str)]
    return next((int(match[1]) for match in found if match), 0)


def of_osv(record: Mapping[str, Any]) -> Severity | None:
    """Of a record in OSV's format: the word of its database, else its CVSS vector."""
    specific = record.get("database_specific")
    if isinstance(specific, dict) and (known := of_word(specific.get("severity"))) is not None:
        return known
    listed = record.get("severity")
    for each in listed if isinstance(listed, list) else ():
        vector = each.get("score") if isinstance(each, dict) else None
        if isinstance(vector, str) and (score := base_score(vector)) is not None:
            return of_score(score)
    return None
