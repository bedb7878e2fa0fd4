from __future__ import annotations

from ...model import Finding, Fix


def candidates(text: str, finding: Finding) -> tuple[Fix, ...]:
    return ()
