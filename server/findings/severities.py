"""What others call severities, by word and by score. Pure."""

from __future__ import annotations

from ..model import Severity

WORDS = {each.label: each for each in Severity} | {
    "moderate": Severity.MEDIUM,
    "none": Severity.INFO,
}
"""Those of GitHub, npm and CVSS, in lower case."""

_SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))


def of_score(score: float) -> Severity:
    """CVSS's own words for its scores (section 5 of the specification)."""
    for least, severity in _SCORES:
        if score >= least:
            return severity
    return Severity.LOW if score > 0 else Severity.INFO
